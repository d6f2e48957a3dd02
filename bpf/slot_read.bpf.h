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
#include "lib/probe/slot.h"

/*
 * A thread usually registers before its first wait; one that never does must not cost a search per
 * wake.
 */
#define SLOT_EAGER_SEARCHES  8
#define SLOT_SEARCH_PAUSE_NS 1000000

/* Of a slot: to the end of arm, which lies before what no stamp needs. */
#define SLOT_READ_BYTES __builtin_offsetof(struct kthread_slot, reserved)

enum slot_answer { SLOT_OK, SLOT_NONE, SLOT_FAULT };

struct slot_place {
	__u64 addr;	 /* 0: not found */
	__u64 registry;	 /* of which addr is part */
	__u32 changes;	 /* control.process_changes + 1 when registry was asked for */
	__u64 search_ns; /* no search before */
	__u32 searches;
	__u32 tid;	 /* as the task's own pid namespace shows it, 0: not asked yet */
	__u64 nsproxy;	 /* of which the offset is */
	__u64 offset_ns; /* what the task's clock is ahead, modulo 2^64 */
};

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
	}
	s->changes = changes;
	return registry;
}

static __always_inline bool slot_search(struct slot_place *s, __u64 registry)
{
	__u32 first = slot_hash(s->tid), i;

	for (i = 0; i < KTHREAD_SLOT_PROBES; i++) {
		__u64 at = registry + __builtin_offsetof(struct kthread_slot_registry, slot) +
			   ((first + i) & (KTHREAD_SLOT_NR - 1)) * sizeof(struct kthread_slot);
		__u32 tid = 0;

		if (bpf_probe_read_user(&tid, sizeof(tid), (void *)at))
			continue;
		if (tid == s->tid) {
			s->addr = at;
			return true;
		}
	}
	return false;
}

/*
 * slot_registry_of - the registry in which @tid has @slot, 0: none. It says so itself, and begins a
 * known number of places before. Current is @tid.
 */
static __always_inline __u64 slot_registry_of(__u32 tid, __u64 slot)
{
	__u32 first = slot_hash(tid), i;

	for (i = 0; i < KTHREAD_SLOT_PROBES; i++) {
		__u64 at = slot -
			   ((first + i) & (KTHREAD_SLOT_NR - 1)) * sizeof(struct kthread_slot) -
			   __builtin_offsetof(struct kthread_slot_registry, slot);
		__u64 magic = 0;

		if (!bpf_probe_read_user(&magic, sizeof(magic), (void *)at) &&
		    magic == KTHREAD_SLOT_MAGIC)
			return at;
	}
	return 0;
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

/* Into @to what lies at @s->addr; false: not readable. */
static __always_inline bool slot_take(struct slot_place *s, struct task_struct *p,
				      struct kthread_slot *to)
{
	__u64 offset;

	if (bpf_probe_read_user(to, SLOT_READ_BYTES, (void *)s->addr))
		return false;
	offset = time_offset(s, p);
	if (to->t0_ns)
		to->t0_ns -= offset;
	if (to->t4_ns)
		to->t4_ns -= offset;
	return true;
}

/*
 * slot_read - of @p's slot the part that stamps need, into @to; current shares @p's address space
 */
static __always_inline enum slot_answer slot_read(struct slot_place *s, struct task_struct *p,
						  __u64 now, struct kthread_slot *to)
{
	__u64 registry = registry_of(s, p);

	if (!registry)
		return SLOT_NONE;
	if (!s->tid)
		s->tid = own_tid(p);
	if (!s->tid)
		return SLOT_NONE;
	if (s->addr) {
		if (!slot_take(s, p, to))
			return SLOT_FAULT;
		if (to->tid == s->tid)
			return SLOT_OK;
		s->addr = 0;
	}
	if (s->searches >= SLOT_EAGER_SEARCHES && now < s->search_ns)
		return SLOT_NONE;
	s->searches++;
	s->search_ns = now + SLOT_SEARCH_PAUSE_NS;
	if (!slot_search(s, registry))
		return SLOT_NONE;
	if (!slot_take(s, p, to))
		return SLOT_FAULT;
	return to->tid == s->tid ? SLOT_OK : SLOT_NONE;
}
#endif
