/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WORK_STATE_H
#define KT_BPF_WORK_STATE_H
/*
 * What the work events of one worker add up to: plain C, compiled into BPF and into a unit test.
 *
 * A work's address names an item only from queue to start: the worker unlinks it there and its
 * function may free, reuse or requeue it. So what waits is kept by address (the caller's map of
 * struct work_item), and what runs is kept by the worker's thread (struct work_thread), never by
 * address.
 *
 * Idle or busy: a delay belongs to DELAY_BUSY when the worker finished something else between queue
 * and start, that is, it was executing when the item was queued or earlier items went first. A
 * cancelled item ahead makes nobody busy, and a worker whose thread was already executing when
 * tracing began is seen correctly.
 *
 * Barriers are the items by which a flush waits. They count apart, in no histogram, but they keep
 * the worker busy. All times are CLOCK_MONOTONIC ns and may step back by a few ns between CPUs.
 */
#include "lib/probe/types.h"

/* An item between queue and start. */
struct work_item {
	uint64_t queued_ns;
	uint64_t func;
	uint64_t worker;
	uint32_t barrier;
	uint32_t
		epoch; /* of the counting it was queued in; when counting stops, what waits is dropped */
};

/* A thread that executes works. Zeroed: nothing is known of it. */
struct work_thread {
	uint64_t start_ns; /* of what it executes, 0: nothing known */
	uint64_t end_ns;   /* of the last one it executed */
	uint64_t func;	   /* of what it executes */
	uint32_t barrier;
	uint32_t epoch;
};

enum work_outcome {
	WORK_NOTHING,
	WORK_IDLE,	 /* a delay; the worker was idle */
	WORK_BUSY,	 /* a delay; the worker was executing, or earlier items went first */
	WORK_RAN,	 /* a run interval */
	WORK_BARRIER,	 /* a barrier started or ended */
	WORK_SUPERSEDED, /* queued again without a start: cancelled before, or a start was missed */
	WORK_UNMATCHED,	 /* start without queue, or end without start */
	WORK_NEGATIVE,	 /* the clock went back between the two */
};

/*
 * work_queued - an item is queued
 * @i: what the map holds for this address, or a zeroed item
 *
 * Return: WORK_SUPERSEDED when @i was still waiting, else WORK_NOTHING. @i is the new item either
 * way.
 */
static inline __attribute__((always_inline)) enum work_outcome
work_queued(struct work_item *i, uint64_t now_ns, uint64_t func, uint64_t worker, uint32_t barrier,
	    uint32_t epoch)
{
	enum work_outcome o =
		i->queued_ns && i->epoch == epoch && !i->barrier ? WORK_SUPERSEDED : WORK_NOTHING;

	i->queued_ns = now_ns;
	i->func = func;
	i->worker = worker;
	i->barrier = barrier;
	i->epoch = epoch;
	return o;
}

/*
 * work_begun - an item of @t was queued at @queued_ns (0: not known) and began at @start_ns
 * @delay_ns: queue to start, when the return is WORK_IDLE or WORK_BUSY
 */
static inline __attribute__((always_inline)) enum work_outcome
work_begun(const struct work_thread *t, uint64_t queued_ns, uint64_t start_ns, uint32_t barrier,
	   uint64_t *delay_ns)
{
	*delay_ns = 0;
	if (barrier)
		return WORK_BARRIER;
	if (!queued_ns)
		return WORK_UNMATCHED;
	if (start_ns < queued_ns)
		return WORK_NEGATIVE;
	*delay_ns = start_ns - queued_ns;
	return t->end_ns > queued_ns ? WORK_BUSY : WORK_IDLE;
}

/*
 * work_over - an item of @t that began at @start_ns (0: not known) ended at @end_ns
 * @run_ns: start to end, when the return is WORK_RAN
 */
static inline __attribute__((always_inline)) enum work_outcome
work_over(struct work_thread *t, uint64_t start_ns, uint64_t end_ns, uint32_t barrier,
	  uint64_t *run_ns)
{
	*run_ns = 0;
	t->end_ns = end_ns;
	if (!start_ns)
		return WORK_UNMATCHED;
	if (barrier)
		return WORK_BARRIER;
	if (end_ns < start_ns)
		return WORK_NEGATIVE;
	*run_ns = end_ns - start_ns;
	return WORK_RAN;
}

/*
 * work_started - thread @t begins to execute an item
 * @i: the item found by its address, or NULL; the caller deletes it from its map
 * @func, @barrier: what the event itself says, for an item that is not known
 * @delay_ns: queue to start, when the return is WORK_IDLE or WORK_BUSY
 */
static inline __attribute__((always_inline)) enum work_outcome
work_started(struct work_thread *t, const struct work_item *i, uint64_t now_ns, uint64_t func,
	     uint32_t barrier, uint32_t epoch, uint64_t *delay_ns)
{
	*delay_ns = 0;
	t->start_ns = now_ns;
	t->func = func;
	t->barrier = barrier;
	t->epoch = epoch;
	if (!i || i->epoch != epoch)
		return barrier ? WORK_BARRIER : WORK_UNMATCHED;
	t->barrier = i->barrier;
	return work_begun(t, i->queued_ns, now_ns, i->barrier, delay_ns);
}

/*
 * work_ended - thread @t has executed its item
 * @run_ns: start to end, when the return is WORK_RAN
 */
static inline __attribute__((always_inline)) enum work_outcome
work_ended(struct work_thread *t, uint64_t now_ns, uint32_t epoch, uint64_t *run_ns)
{
	uint64_t start = t->start_ns;

	t->start_ns = 0;
	return work_over(t, t->epoch == epoch ? start : 0, now_ns, t->barrier, run_ns);
}
#endif
