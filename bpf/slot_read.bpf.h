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

enum slot_answer { SLOT_OK, SLOT_NONE, SLOT_FAULT };

struct slot_place {
	__u64 addr;	 /* 0: not found */
	__u64 registry;	 /* of which addr is part */
	__u32 changes;	 /* control.process_changes + 1 when registry was asked for */
	__u64 search_ns; /* no search before */
	__u32 searches;
	__u32 tid; /* as the task's own pid namespace shows it, 0: not asked yet */
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

/* slot_read - @p's slot into @to; current shares @p's address space */
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
		if (bpf_probe_read_user(to, sizeof(*to), (void *)s->addr))
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
	if (bpf_probe_read_user(to, sizeof(*to), (void *)s->addr))
		return SLOT_FAULT;
	return to->tid == s->tid ? SLOT_OK : SLOT_NONE;
}
#endif
