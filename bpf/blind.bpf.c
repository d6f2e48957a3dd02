// SPDX-License-Identifier: GPL-2.0-only
/* blind: how often each CPU leaves its idle task, for blind.c. */
#include "bpf/kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} from_idle SEC(".maps");

SEC("tp_btf/sched_switch")
int BPF_PROG(on_idle_left, bool preempt, struct task_struct *prev)
{
	__u32 zero = 0;
	__u64 *n;

	if (prev->pid)
		return 0;
	n = bpf_map_lookup_elem(&from_idle, &zero);
	if (n)
		(*n)++;
	return 0;
}
