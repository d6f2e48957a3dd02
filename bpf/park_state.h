/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_PARK_STATE_H
#define KT_BPF_PARK_STATE_H
/*
 * What the events of one park and unpark add up to: plain C, compiled into BPF and into a unit
 * test.
 *
 * Library threads (struct park_target): the parked thread's own probe may come after the
 * controller's next ones, because it fires when the park can be seen already. So figures that are
 * complete before the thread is known are owed until then, and an unpark request belongs to the
 * park that was asked for before it.
 *
 * Kernel threads (struct park_kernel, struct park_parker): no event for park and unpark exists;
 * wakes, switches and two bits of the thread stand for them: a wake of a thread whose should-park
 * bit is set is the request, switching out in the parked state is the park, a wake in that state is
 * the release. A thread that was awake when it was asked has no request to be seen ("no nudge").
 */
#include "lib/probe/types.h"
#define PARK_INLINE static inline __attribute__((always_inline))

/* ---- library threads ------------------------------------------------------------------------- */

/* A thread that is asked to park. Zeroed: nothing is known. */
struct park_target {
	uint64_t asked_ns;    /* first request that stands, or the last one answered */
	uint64_t released_ns; /* unpark request, 0: none that was not answered */
	uint64_t owed_park_ns, owed_call_ns; /* figures that wait for the thread to be known */
	uint32_t asked;			     /* a request stands */
	uint32_t asker;			     /* thread id of the caller that asked */
	uint32_t known;			     /* group and wanted are valid */
	uint32_t wanted;
	uint32_t group;
	uint32_t session;
};

/* A request. That of a second asker does not replace the first. */
PARK_INLINE void park_asked(struct park_target *t, uint64_t now_ns, uint32_t asker)
{
	if (t->asked)
		return;
	t->asked = 1;
	t->asked_ns = now_ns;
	t->asker = asker;
}

/* The asker's call failed: its request, if it was its own, is withdrawn. */
PARK_INLINE void park_refused(struct park_target *t, uint32_t asker)
{
	if (t->asker == asker)
		t->asked = 0;
}

enum park_answer { PARK_ANSWERED, PARK_UNASKED, PARK_BACKWARDS };

/*
 * The thread is parked. @react_ns: since the request. @stale: an earlier unpark request that nobody
 * will answer.
 */
PARK_INLINE enum park_answer park_parked(struct park_target *t, uint64_t now_ns, uint64_t *react_ns,
					 uint32_t *stale)
{
	*react_ns = 0;
	*stale = 0;
	if (t->released_ns && t->released_ns < t->asked_ns) {
		t->released_ns = 0;
		*stale = 1;
	}
	if (!t->asked)
		return PARK_UNASKED;
	t->asked = 0;
	if (now_ns < t->asked_ns)
		return PARK_BACKWARDS;
	*react_ns = now_ns - t->asked_ns;
	return PARK_ANSWERED;
}

PARK_INLINE void park_released(struct park_target *t, uint64_t now_ns)
{
	t->released_ns = now_ns;
}

/* The thread runs again. @unpark_ns: since the unpark request. */
PARK_INLINE enum park_answer park_unparked(struct park_target *t, uint64_t now_ns,
					   uint64_t *unpark_ns)
{
	uint64_t from = t->released_ns;

	*unpark_ns = 0;
	t->released_ns = 0;
	if (!from)
		return PARK_UNASKED;
	if (now_ns < from)
		return PARK_BACKWARDS;
	*unpark_ns = now_ns - from;
	return PARK_ANSWERED;
}

/* ---- kernel threads -------------------------------------------------------------------------- */

struct park_kernel {
	uint64_t nudged_ns;   /* woken with its should-park bit set, 0: not */
	uint64_t released_ns; /* woken out of the parked state, 0: not */
	uint32_t session;
	uint32_t reserved;
};

/* The thread that asks: it waits for the answer after the nudge. */
struct park_parker {
	uint64_t asked_ns;
	uint32_t thread;   /* that is asked */
	uint32_t answered; /* woken by it */
	uint32_t session;
	uint32_t group; /* of the thread */
};

enum park_wake { PARK_WAKE_OTHER, PARK_WAKE_NUDGE, PARK_WAKE_RELEASE };

/* sched_waking of a kernel thread: @state is what it sleeps in */
PARK_INLINE enum park_wake park_kernel_waking(struct park_kernel *k, uint64_t now_ns,
					      uint32_t is_parked, uint32_t should_park)
{
	if (is_parked) {
		k->released_ns = now_ns;
		return PARK_WAKE_RELEASE;
	}
	if (!should_park)
		return PARK_WAKE_OTHER;
	/* Woken again before it parked: the first wake is the request. */
	if (!k->nudged_ns)
		k->nudged_ns = now_ns;
	return PARK_WAKE_NUDGE;
}

/* It switches out parked. PARK_UNASKED: it was awake when asked. */
PARK_INLINE enum park_answer park_kernel_parked(struct park_kernel *k, uint64_t now_ns,
						uint64_t *react_ns)
{
	uint64_t from = k->nudged_ns;

	*react_ns = 0;
	k->nudged_ns = 0;
	if (!from)
		return PARK_UNASKED;
	if (now_ns < from)
		return PARK_BACKWARDS;
	*react_ns = now_ns - from;
	return PARK_ANSWERED;
}

/* It is switched in. PARK_UNASKED: not out of a park. */
PARK_INLINE enum park_answer park_kernel_running(struct park_kernel *k, uint64_t now_ns,
						 uint64_t *unpark_ns)
{
	uint64_t from = k->released_ns;

	*unpark_ns = 0;
	k->released_ns = 0;
	if (!from)
		return PARK_UNASKED;
	if (now_ns < from)
		return PARK_BACKWARDS;
	*unpark_ns = now_ns - from;
	return PARK_ANSWERED;
}
#endif
