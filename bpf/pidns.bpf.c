// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ids of threads between two pid namespaces: the kernel's initial one, in which BPF sees every
 * task, and that of the tracing process, in which its user speaks.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* Deepest nesting the kernel allows, plus the initial one (MAX_PID_NS_LEVEL). */
#define MAX_LEVELS 33

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 local_ns = 0; /* inode number of the tracing process's namespace */

__u32 wanted = 0, wanted_is_local = 0; /* set before a run */
__u32 found = 0;		       /* the other id, 0: no such thread */

static __always_inline __u32 id_in_local_ns(struct task_struct *p)
{
	struct pid *pid = p->thread_pid;
	unsigned int level = 0, i;

	if (!pid)
		return 0;
	bpf_core_read(&level, sizeof(level), &pid->level);
	for (i = 0; i < MAX_LEVELS && i <= level; i++) {
		struct upid *at = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				  i * bpf_core_type_size(struct upid);

		if (BPF_CORE_READ(at, ns, ns.inum) == local_ns)
			return BPF_CORE_READ(at, nr);
	}
	return 0;
}

SEC("iter/task")
int find_id(struct bpf_iter__task *ctx)
{
	struct task_struct *p = ctx->task;
	__u32 local;

	if (!p || found)
		return 0;
	local = id_in_local_ns(p);
	if (!local)
		return 0;
	if (wanted_is_local && local == wanted)
		found = p->pid;
	else if (!wanted_is_local && (__u32)p->pid == wanted)
		found = local;
	return 0;
}
