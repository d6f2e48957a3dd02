/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_SLOT_READ_BPF_H
#define KT_BPF_SLOT_READ_BPF_H
/*
 * Reading a task's state slot (lib/probe/slot.h) out of its process's memory.
 *
 * Only while current's address space is the task's: bpf_probe_read_user() reads current's. The
 * place is searched once and kept in task storage; each read checks the thread id in it again,
 * since a slot may be given back. A page that is not resident cannot be read here: that is not
 * the same as "has no slot".
 *
 * Stamps come out on the timeline of bpf_ktime_get_ns(). A thread in a time namespace reads its
 * clock with the namespace's offset, which is taken off here.
 */
#include "bpf/common.bpf.h"
#include "bpf/filters.bpf.h"

#define SLOT_USER_READ(to, size, at) bpf_probe_read_user(to, size, (void *)(at))
#include "bpf/slot_find.h"

/*
 * registry_of - address of the slots of @p's process, 0: none; asked for again only after a change
 */
static __always_inline __u64 registry_of(struct slot_place *s, struct task_struct *p)
{
	__u32 changes = *(volatile __u32 *)&control.process_changes + 1;
	struct tracer_process *process;
	__u64 registry;

	if (!control.stamped)
		return 0;
	if (s->changes == changes)
		return s->registry;
	process = process_of(p);
	registry = process ? process->registry : 0;
	if (s->registry != registry) { /* first time, or after exec */
		s->registry = registry;
		s->addr = 0;
		s->searches = 0;
		s->search_ns = 0;
		/* Exec gives whichever thread calls it the first one's id. */
		s->tid = 0;
	}
	s->changes = changes;
	return registry;
}

/* time_offset - what @p's CLOCK_MONOTONIC is ahead of the kernel's, modulo 2^64 */
static __always_inline __u64 time_offset(struct slot_place *s, struct task_struct *p)
{
	struct nsproxy *n = p->nsproxy;

	/* Offsets are fixed before the first task is in a namespace; a task may move to another. */
	if (s->nsproxy == (__u64)n)
		return s->offset_ns;
	s->nsproxy = (__u64)n;
	s->offset_ns = 0;
	if (n && bpf_core_field_exists(struct nsproxy, time_ns))
		s->offset_ns = BPF_CORE_READ(n, time_ns, offsets.monotonic.tv_sec) * 1000000000ULL +
			       BPF_CORE_READ(n, time_ns, offsets.monotonic.tv_nsec);
	return s->offset_ns;
}

/*
 * slot_read - of @p's slot the part that stamps need, into @to; current shares @p's address space
 */
static __always_inline enum slot_answer slot_read(struct slot_place *s, struct task_struct *p,
						  __u64 now, struct kthread_slot *to)
{
	__u64 registry = registry_of(s, p);
	enum slot_answer answer;

	if (!registry)
		return SLOT_NONE;
	if (!s->tid)
		s->tid = own_tid(p);
	if (!s->tid)
		return SLOT_NONE;
	answer = slot_find(s, registry, now, to);
	if (answer == SLOT_OK)
		slot_shift(to, time_offset(s, p));
	return answer;
}
#endif
