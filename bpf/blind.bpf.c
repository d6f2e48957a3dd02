// SPDX-License-Identifier: GPL-2.0-only
/* blind: how often each CPU leaves its idle task, for blind.c. */
#include "bpf/kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* By CPU; sized by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} from_idle SEC(".maps");

SEC("tp_btf/sched_switch")
int BPF_PROG(on_idle_left, bool preempt, struct task_struct *prev)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 *n;

	if (prev->pid)
		return 0;
	n = bpf_map_lookup_elem(&from_idle, &cpu);
	if (n)
		(*n)++;
	return 0;
}
