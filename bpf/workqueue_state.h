/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WORKQUEUE_STATE_H
#define KT_BPF_WORKQUEUE_STATE_H
/*
 * What the events of the kernel's workqueues add up to: plain C, compiled into BPF and into a unit
 * test.
 *
 * A work is queued, becomes ready (at once, unless max_active holds it back), starts and ends. Its
 * address names it only from queue to start: from there on its function may free, reuse or queue
 * it. So what waits is kept by address (struct workqueue_item) and what runs by the worker, never
 * by address (struct workqueue_run): a work may wait on one CPU and run on another.
 *
 * The kernel lets a work be queued again just before it says that the work starts. Then two waits
 * of one address are open, and the start belongs to the earlier one. Two are also open when the
 * earlier one was cancelled, which no event says. At the start the two cases differ: in the first
 * one the work is pending again, in the second it is not.
 *
 * Idle or busy: a wait is WORKQUEUE_BUSY when no worker was woken for the work because the pool had
 * one at work or none to spare, when its worker ended another work meanwhile, or when the worker
 * that made room for it took it on itself.
 *
 * Barriers, by which a flush waits, are never queued: they only start and end. They count apart,
 * but they keep their worker busy. All times are CLOCK_MONOTONIC ns and may step back by a few ns
 * between CPUs.
 */
#include "lib/probe/types.h"

#define WORKQUEUE_NAME_LEN 32

struct workqueue_wait {
	uint64_t queued_ns; /* 0: there is none */
	uint64_t ready_ns;  /* when what held it back was over, 0: it was not held back */
	uint32_t busy;	    /* when it became ready the pool woke no worker for it */
	uint32_t readier;   /* thread that made room for it, 0: it was not held back */
};

/* What waits at one address. Zeroed: nothing. */
struct workqueue_item {
	struct workqueue_wait last, earlier;
	uint64_t pool; /* address of its struct worker_pool */
	uint32_t session;
	uint32_t softirq; /* its workqueue is a BH one: it is executed by a softirq */
	char name[WORKQUEUE_NAME_LEN];
};

/* Who executes works: a worker, or the softirqs of a CPU. Zeroed: nothing is known of it. */
struct workqueue_run {
	uint64_t start_ns; /* of what it executes, 0: nothing known */
	uint64_t end_ns;   /* of the last one it executed */
	uint64_t func;	   /* of what it executes */
	uint32_t session;
	uint32_t tid; /* 0: a softirq */
	uint32_t barrier;
	uint32_t group; /* the caller's: where its run is recorded */
};

enum workqueue_outcome {
	WORKQUEUE_NOTHING,
	WORKQUEUE_IDLE,	      /* a wait for a worker that was woken for it */
	WORKQUEUE_BUSY,	      /* a wait for workers that were at other works */
	WORKQUEUE_RAN,	      /* a run interval */
	WORKQUEUE_BARRIER,    /* a barrier started or ended */
	WORKQUEUE_SUPERSEDED, /* queued again without a start: cancelled before */
	WORKQUEUE_UNMATCHED,  /* start without queue, or end without start */
	WORKQUEUE_NEGATIVE,   /* the clock went back between the two */
};

/* What a start says of the wait that it ends. */
struct workqueue_started {
	uint64_t held_ns; /* queued until ready; only where @was_held */
	uint64_t wait_ns; /* ready until started; 0 unless the outcome is IDLE or BUSY */
	uint32_t was_held;
	uint32_t superseded; /* an earlier wait of this address was cancelled */
	uint32_t keep;	     /* @i still holds a wait; else the caller deletes it */
};

/*
 * workqueue_queued - a work is queued
 * @i: what the map holds for this address, or a zeroed item; the new wait is in it afterwards
 *
 * Return: WORKQUEUE_SUPERSEDED when two waits were open already, so that the first one is known to
 * be cancelled, else WORKQUEUE_NOTHING.
 */
static inline __attribute__((always_inline)) enum workqueue_outcome
workqueue_queued(struct workqueue_item *i, uint64_t now_ns, uint32_t busy, uint32_t session)
{
	enum workqueue_outcome o = WORKQUEUE_NOTHING;
	const struct workqueue_wait none = { 0 };

	if (i->session != session)
		i->last = i->earlier = none;
	if (i->last.queued_ns && i->earlier.queued_ns)
		o = WORKQUEUE_SUPERSEDED;
	i->earlier = i->last;
	i->last = none;
	i->last.queued_ns = now_ns;
	i->last.busy = busy;
	i->session = session;
	return o;
}

/*
 * workqueue_readied - a work that max_active held back may start now
 * @tid: thread that made room for it
 */
static inline __attribute__((always_inline)) void
workqueue_readied(struct workqueue_item *i, uint64_t now_ns, uint32_t busy, uint32_t tid)
{
	i->last.ready_ns = now_ns;
	i->last.busy = busy;
	i->last.readier = tid;
}

/* The wait that a start ends, taken out of @i. */
static inline __attribute__((always_inline)) struct workqueue_wait
workqueue_take(struct workqueue_item *i, uint32_t pending, struct workqueue_started *s)
{
	const struct workqueue_wait none = { 0 };
	struct workqueue_wait w = i->last;

	if (i->earlier.queued_ns && pending) {
		w = i->earlier;
		s->keep = 1;
	} else {
		s->superseded = i->earlier.queued_ns != 0;
		i->last = none;
	}
	i->earlier = none;
	return w;
}

/*
 * workqueue_started - @r begins to execute a work
 * @i: the item found by its address, or NULL
 * @pending: the work is queued again, or is about to be
 * @r: tid and group are the caller's to set
 */
static inline __attribute__((always_inline)) enum workqueue_outcome
workqueue_started(struct workqueue_run *r, struct workqueue_item *i, uint64_t now_ns, uint64_t func,
		  uint32_t barrier, uint32_t pending, uint32_t session, struct workqueue_started *s)
{
	const struct workqueue_started nothing = { 0 };
	struct workqueue_wait w;
	uint64_t ready;

	*s = nothing;
	r->start_ns = now_ns;
	r->func = func;
	r->barrier = barrier;
	r->session = session;
	if (barrier)
		return WORKQUEUE_BARRIER;
	if (!i || i->session != session)
		return WORKQUEUE_UNMATCHED;
	w = workqueue_take(i, pending, s);
	if (!w.queued_ns)
		return WORKQUEUE_UNMATCHED;
	ready = w.ready_ns ? w.ready_ns : w.queued_ns;
	if (ready < w.queued_ns || now_ns < ready)
		return WORKQUEUE_NEGATIVE;
	s->was_held = w.ready_ns != 0;
	s->held_ns = ready - w.queued_ns;
	s->wait_ns = now_ns - ready;
	if (w.busy || r->end_ns > ready || (w.readier && w.readier == r->tid))
		return WORKQUEUE_BUSY;
	return WORKQUEUE_IDLE;
}

/*
 * workqueue_ended - @r has executed a work
 * @func: what the event says has ended. Another one than @r executes: this end is not of @r's work
 * (the start of a softirq's was missed), and @r stays as it is.
 * @run_ns: start to end, when the return is WORKQUEUE_RAN
 */
static inline __attribute__((always_inline)) enum workqueue_outcome
workqueue_ended(struct workqueue_run *r, uint64_t func, uint64_t now_ns, uint32_t session,
		uint64_t *run_ns)
{
	uint64_t start = r->start_ns;

	*run_ns = 0;
	if (start && r->session == session && r->func != func)
		return WORKQUEUE_UNMATCHED;
	r->start_ns = 0;
	r->end_ns = now_ns;
	if (!start || r->session != session)
		return WORKQUEUE_UNMATCHED;
	if (r->barrier)
		return WORKQUEUE_BARRIER;
	if (now_ns < start)
		return WORKQUEUE_NEGATIVE;
	*run_ns = now_ns - start;
	return WORKQUEUE_RAN;
}
#endif
