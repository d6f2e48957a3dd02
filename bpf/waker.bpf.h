/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WAKER_BPF_H
#define KT_BPF_WAKER_BPF_H
/*
 * Who wakes: the current task, or an interrupt that only interrupted it. Right at sched_waking
 * alone: a wakeup that is queued to another CPU finds the idle task there.
 */
#include "bpf/common.bpf.h"

#include "bpf/events_shared.h"

_Static_assert(EVENTS_COMM_LEN == 2 * sizeof(__u64) && EVENTS_COMM_LEN == TASK_COMM_LEN,
	       "copied as two words");

/* who_is - @p, by name and ids */
static __always_inline void who_is(struct events_who *who, struct task_struct *p)
{
	__u64 *to = (__u64 *)who->comm;
	const __u64 *from = (const __u64 *)p->comm;

	who->tid = p->pid;
	who->tgid = p->tgid;
	to[0] = from[0];
	to[1] = from[1];
}

/* Until 5.16 the CPU is a member of the task itself. */
struct task_struct___cpu {
	unsigned int cpu;
} __attribute__((preserve_access_index));

/* cpu_of - where @p runs or is queued; EVENTS_NO_CPU: not known */
static __always_inline __u32 cpu_of(struct task_struct *p)
{
	if (bpf_core_field_exists(p->thread_info.cpu))
		return p->thread_info.cpu;
	if (bpf_core_field_exists(struct task_struct___cpu, cpu))
		return ((struct task_struct___cpu *)p)->cpu;
	return EVENTS_NO_CPU;
}

/* As include/linux/preempt.h cuts the count; macros, hence not in BTF. */
#define PREEMPT_SOFTIRQ 0x00000100 /* serving one; with softirqs off it is twice that */
#define PREEMPT_HARDIRQ 0x00ff0000 /* and an NMI's bits */

/* Where arm64 keeps it. */
struct thread_info___count {
	__u64 preempt_count;
} __attribute__((preserve_access_index));

struct task_struct___count {
	struct thread_info___count thread_info;
} __attribute__((preserve_access_index));

/* With PREEMPT_RT softirqs are counted by task. */
struct task_struct___rt {
	int softirq_disable_cnt;
} __attribute__((preserve_access_index));

/*
 * preempt_count_now - false: this kernel does not show it
 *
 * x86 has it in a per-CPU variable. Not every kernel lets us ask for its address, but a task leads
 * to the run queue of its CPU, and the kernel's types say how far the one lies from the other.
 */
static __always_inline bool preempt_count_now(struct task_struct *current, __u32 *count)
{
	struct task_struct___count *at = (void *)current;

	if (bpf_core_field_exists(at->thread_info.preempt_count)) {
		*count = at->thread_info.preempt_count;
	} else if (settings.events.preempt_count) {
		struct rq *rq = current->se.cfs_rq->rq;

		if (bpf_probe_read_kernel(count, sizeof(*count),
					  (void *)rq + settings.events.preempt_count))
			return false;
	} else {
		return false;
	}
	if (bpf_core_field_exists(struct task_struct___rt, softirq_disable_cnt))
		*count |=
			((struct task_struct___rt *)current)->softirq_disable_cnt & PREEMPT_SOFTIRQ;
	return true;
}

/* waker_context - enum events_context; @waker is current */
static __always_inline __u32 waker_context(struct task_struct *waker)
{
	__u32 count;

	if (!preempt_count_now(waker, &count))
		return EVENTS_CONTEXT_UNKNOWN;
	if (count & PREEMPT_HARDIRQ)
		return EVENTS_CONTEXT_INTERRUPT;
	if (count & PREEMPT_SOFTIRQ)
		return EVENTS_CONTEXT_SOFTIRQ;
	return waker->pid ? EVENTS_CONTEXT_TASK : EVENTS_CONTEXT_IDLE;
}
#endif
