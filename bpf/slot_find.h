/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_SLOT_FIND_H
#define KT_BPF_SLOT_FIND_H
/*
 * Where a thread's slot lies in its process's memory: plain C, compiled into BPF and into a fuzzer,
 * since that memory is the process's to write.
 *
 * Before the include SLOT_USER_READ(to, size, at) is defined: 0, or the memory is not readable.
 */
#include "lib/probe/slot.h"

/*
 * A thread usually registers before its first wait; one that never does must not cost a search per
 * wake.
 */
#define SLOT_EAGER_SEARCHES  8
#define SLOT_SEARCH_PAUSE_NS 1000000

/* Of a slot: to the end of arm, which lies before what no stamp needs. */
#define SLOT_READ_BYTES __builtin_offsetof(struct kthread_slot, reserved)

#define SLOT_FN static inline __attribute__((always_inline))

enum slot_answer { SLOT_OK, SLOT_NONE, SLOT_FAULT };

struct slot_place {
	uint64_t addr;	    /* 0: not found */
	uint64_t registry;  /* of which addr is part */
	uint32_t changes;   /* control.process_changes + 1 when registry was asked for */
	uint64_t search_ns; /* no search before */
	uint32_t searches;
	uint32_t tid;	    /* as the task's own pid namespace shows it, 0: not asked yet */
	uint64_t nsproxy;   /* of which the offset is */
	uint64_t offset_ns; /* what the task's clock is ahead, modulo 2^64 */
};

SLOT_FN uint64_t slot_address(uint64_t registry, uint32_t index)
{
	return registry + __builtin_offsetof(struct kthread_slot_registry, slot) +
	       (index & (KTHREAD_SLOT_NR - 1)) * sizeof(struct kthread_slot);
}

SLOT_FN bool slot_search(struct slot_place *s, uint64_t registry)
{
	uint32_t first = slot_hash(s->tid), i;

	for (i = 0; i < KTHREAD_SLOT_PROBES; i++) {
		uint64_t at = slot_address(registry, first + i);
		uint32_t tid = 0;

		if (SLOT_USER_READ(&tid, sizeof(tid), at))
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
SLOT_FN uint64_t slot_registry_of(uint32_t tid, uint64_t slot)
{
	uint32_t first = slot_hash(tid), i;

	for (i = 0; i < KTHREAD_SLOT_PROBES; i++) {
		uint64_t at = slot - slot_address(0, first + i), magic = 0;

		if (!SLOT_USER_READ(&magic, sizeof(magic), at) && magic == KTHREAD_SLOT_MAGIC)
			return at;
	}
	return 0;
}

/*
 * slot_find - the part of the slot that stamps need, into @to; @s->tid and @registry are not 0
 */
SLOT_FN enum slot_answer slot_find(struct slot_place *s, uint64_t registry, uint64_t now,
				   struct kthread_slot *to)
{
	if (s->addr) {
		if (SLOT_USER_READ(to, SLOT_READ_BYTES, s->addr))
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
	if (SLOT_USER_READ(to, SLOT_READ_BYTES, s->addr))
		return SLOT_FAULT;
	return to->tid == s->tid ? SLOT_OK : SLOT_NONE;
}

/* Stamps as the thread's clock has them become those of the kernel's. */
SLOT_FN void slot_shift(struct kthread_slot *s, uint64_t ahead_ns)
{
	if (s->t0_ns)
		s->t0_ns -= ahead_ns;
	if (s->t4_ns)
		s->t4_ns -= ahead_ns;
}
#endif
