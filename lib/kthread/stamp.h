/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_STAMP_H
#define KT_KTHREAD_STAMP_H
/* The stamps that a wake leaves in the slot of its thread, while anybody observes. */
#include "lib/kthread/internal.h"

/*
 * A foreign thread may give its slot back and live on, and another gets it: do not stamp that one.
 */
static inline struct kthread_slot *kt_slot_of(struct kt_task *t)
{
	struct kthread_slot *s = __atomic_load_n(&t->slot, __ATOMIC_RELAXED);

	return s && __atomic_load_n(&s->tid, __ATOMIC_RELAXED) == (uint32_t)t->task.pid ? s : NULL;
}

/*
 * Stamps. T0 only for a thread that sleeps or is about to: a request to a running one would be
 * taken for the beginning of its next wake.
 */
static inline void kt_slot_request(struct kt_task *t, uint32_t states)
{
	if (__builtin_expect(slot_observed(), 0) &&
	    __atomic_load_n(&t->phase, __ATOMIC_RELAXED) & states)
		slot_request(kt_slot_of(t));
}

/*
 * Stamp T0 on behalf of the thread that ends a park or freeze. A request still pending here was
 * stamped late: the target was already running.
 */
static inline void kt_slot_request_held(struct kt_task *t, uint32_t state)
{
	struct kthread_slot *s;

	if (__builtin_expect(slot_observed(), 0) &&
	    __atomic_load_n(&t->phase, __ATOMIC_RELAXED) & state) {
		s = kt_slot_of(t);
		if (s)
			__atomic_store_n(&s->t0_ns, slot_clock_ns(), __ATOMIC_RELAXED);
	}
}

static inline bool kt_slot_pending(const struct kthread_slot *s)
{
	return s && __atomic_load_n(&s->t0_ns, __ATOMIC_RELAXED) >
			    __atomic_load_n(&s->t4_ns, __ATOMIC_RELAXED);
}

/* The caller's own slot; the harness may have registered it after the handle was made. */
static inline struct kthread_slot *kt_slot_own(struct kt_task *t)
{
	if (!kt_slot_of(t))
		__atomic_store_n(&t->slot, slot_self(), __ATOMIC_RELAXED);
	return t->slot;
}

static inline void kt_slot_resume(struct kt_task *t)
{
	if (__builtin_expect(slot_observed(), 0) && kt_slot_pending(kt_slot_own(t)))
		slot_resume(t->slot);
}

/*
 * A request that found the thread running is over; not counted as a wake. Before the state is set.
 */
static inline void kt_slot_absorb(struct kt_task *t)
{
	if (__builtin_expect(slot_observed(), 0) && kt_slot_pending(kt_slot_own(t)))
		__atomic_store_n(&t->slot->t4_ns,
				 __atomic_load_n(&t->slot->t0_ns, __ATOMIC_RELAXED),
				 __ATOMIC_RELAXED);
}
#endif
