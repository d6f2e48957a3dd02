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
 * The kernel lets a work be queued again just before it says that the work starts, on another CPU at
 * that. Then two waits of one address are open, and the start belongs to the earlier one. Two are
 * also open when the earlier one was cancelled, which no event says. At the start the two cases
 * differ: in the first one the work is pending again, in the second it is not. An item has room for
 * two waits; who queues and who starts write different numbers of it, and neither waits for the
 * other one: a work is queued by one at a time, and started by one at a time.
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
	uint64_t queued_ns;
	uint64_t ready_ns; /* when what held it back was over, 0: it was not held back */
	uint32_t busy;	   /* when it became ready the pool woke no worker for it */
	uint32_t readier;  /* thread that made room for it, 0: it was not held back */
};

/* What waits at one address. Zeroed: nothing. */
struct workqueue_item {
	struct workqueue_wait wait[2]; /* the one numbered n in place n % 2 */
	uint32_t nr_queued;	       /* waits so far */
	uint32_t nr_over;	       /* of them: started or cancelled */
	uint64_t pool;		       /* address of its struct worker_pool */
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
	WORKQUEUE_IDLE,	     /* a wait for a worker that was woken for it */
	WORKQUEUE_BUSY,	     /* a wait for workers that were at other works */
	WORKQUEUE_RAN,	     /* a run interval */
	WORKQUEUE_BARRIER,   /* a barrier started or ended */
	WORKQUEUE_UNMATCHED, /* start without queue, or end without start */
	WORKQUEUE_NEGATIVE,  /* the clock went back between the two */
};

/* What a start says of the wait that it ends. */
struct workqueue_started {
	uint64_t held_ns; /* queued until ready; only where @was_held */
	uint64_t wait_ns; /* ready until started; 0 unless the outcome is IDLE or BUSY */
	uint32_t was_held;
};

/*
 * workqueue_queued - a work is queued
 * @i: what the map holds for this address, or a zeroed item; written in place
 */
static inline __attribute__((always_inline)) void
workqueue_queued(struct workqueue_item *i, uint64_t now_ns, uint32_t busy, uint32_t session)
{
	uint32_t nr = i->nr_queued;
	struct workqueue_wait *w = &i->wait[nr & 1];

	w->queued_ns = now_ns;
	w->ready_ns = 0;
	w->busy = busy;
	w->readier = 0;
	if (i->session != session)
		i->nr_over = nr;
	i->session = session;
	/*
	 * Last: who starts it at this moment on another CPU sees the wait whole, or not at all. An
	 * addition whose result nobody wants would order nothing in BPF.
	 */
	__sync_val_compare_and_swap(&i->nr_queued, nr, nr + 1);
}

/*
 * workqueue_readied - a work that max_active held back may start now
 * @tid: thread that made room for it
 */
static inline __attribute__((always_inline)) void
workqueue_readied(struct workqueue_item *i, uint64_t now_ns, uint32_t busy, uint32_t tid)
{
	struct workqueue_wait *w = &i->wait[(i->nr_queued - 1) & 1];

	w->ready_ns = now_ns;
	w->busy = busy;
	w->readier = tid;
}

/*
 * workqueue_nr_open - how many waits of @i are open, for workqueue_take(); to be asked before it is
 * found out whether the work is pending: whoever queues it makes it pending first
 */
static inline __attribute__((always_inline)) uint32_t workqueue_nr_open(struct workqueue_item *i,
									uint32_t session)
{
	/* Not a load: what is read next is read after it. BPF has no other barrier. */
	uint32_t nr = __sync_fetch_and_add(&i->nr_queued, 0);

	return i->session == session ? nr - i->nr_over : 0;
}

/*
 * workqueue_take - the wait of @i that a start ends
 * @nr_open: its open waits, at least one
 * @pending: the work is queued again, or is about to be. Otherwise nobody writes to @i, and the
 *	caller deletes it
 * @w: the wait
 *
 * Return: how many earlier waits were cancelled.
 */
static inline __attribute__((always_inline)) uint32_t workqueue_take(struct workqueue_item *i,
								     uint32_t nr_open,
								     uint32_t pending,
								     struct workqueue_wait *w)
{
	uint32_t later = pending && nr_open > 1;

	i->nr_over += nr_open - later;
	*w = i->wait[(i->nr_over - 1) & 1];
	return nr_open - later - 1;
}

/*
 * workqueue_started - @r begins to execute a work
 * @r: tid and group are the caller's to set
 * @w: the wait that this ends, NULL: it is not known
 */
static inline __attribute__((always_inline)) enum workqueue_outcome
workqueue_started(struct workqueue_run *r, const struct workqueue_wait *w, uint64_t now_ns,
		  uint64_t func, uint32_t barrier, uint32_t session, struct workqueue_started *s)
{
	const struct workqueue_started nothing = { 0 };
	uint64_t ready;

	*s = nothing;
	r->start_ns = now_ns;
	r->func = func;
	r->barrier = barrier;
	r->session = session;
	if (barrier)
		return WORKQUEUE_BARRIER;
	if (!w)
		return WORKQUEUE_UNMATCHED;
	ready = w->ready_ns ? w->ready_ns : w->queued_ns;
	if (ready < w->queued_ns || now_ns < ready)
		return WORKQUEUE_NEGATIVE;
	s->was_held = w->ready_ns != 0;
	s->held_ns = ready - w->queued_ns;
	s->wait_ns = now_ns - ready;
	if (w->busy || r->end_ns > ready || (w->readier && w->readier == r->tid))
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
