// SPDX-License-Identifier: GPL-2.0-only
/* workqueue_state.h: sequences of a workqueue's events, and what they must add up to. */
#include "bpf/workqueue_state.h"

#include <criterion/criterion.h>

enum { SESSION = 3, FUNC = 0xf, OTHER = 0xe, TID = 71, PENDING = 1 };

static struct workqueue_item queue_at(uint64_t ns)
{
	struct workqueue_item i = { 0 };

	workqueue_queued(&i, ns, 0, SESSION);
	return i;
}

/* Of the last start: waits that it shows to be cancelled. */
static uint32_t superseded;

/* As the programs do. */
static struct workqueue_started expect_start(struct workqueue_run *r, struct workqueue_item *i,
					     uint32_t pending, uint64_t ns,
					     enum workqueue_outcome o, uint64_t wait)
{
	uint32_t nr_open = i ? workqueue_nr_open(i, SESSION) : 0;
	struct workqueue_started s;
	struct workqueue_wait w;

	superseded = nr_open ? workqueue_take(i, nr_open, pending, &w) : 0;
	cr_expect_eq(workqueue_started(r, nr_open ? &w : NULL, ns, FUNC, 0, SESSION, &s), o,
		     "at %lu", ns);
	cr_expect_eq(s.wait_ns, wait, "at %lu: %lu", ns, s.wait_ns);
	return s;
}

static void expect_end(struct workqueue_run *r, uint64_t ns, enum workqueue_outcome o, uint64_t run)
{
	uint64_t ran;

	cr_expect_eq(workqueue_ended(r, FUNC, ns, SESSION, &ran), o, "at %lu", ns);
	cr_expect_eq(ran, run, "at %lu: %lu", ns, ran);
}

Test(workqueue_state, a_worker_is_woken_for_it)
{
	struct workqueue_item i = queue_at(100);
	struct workqueue_run r = { .tid = TID };
	struct workqueue_started s = expect_start(&r, &i, 0, 130, WORKQUEUE_IDLE, 30);

	cr_expect(!s.was_held && !superseded);
	expect_end(&r, 150, WORKQUEUE_RAN, 20);
}

Test(workqueue_state, the_worker_ended_another_meanwhile)
{
	struct workqueue_item a = queue_at(100), b = queue_at(105);
	struct workqueue_run r = { .tid = TID };

	expect_start(&r, &a, 0, 110, WORKQUEUE_IDLE, 10);
	expect_end(&r, 120, WORKQUEUE_RAN, 10);
	expect_start(&r, &b, 0, 121, WORKQUEUE_BUSY, 16);
}

Test(workqueue_state, the_pool_wakes_nobody)
{
	struct workqueue_item i = { 0 };
	struct workqueue_run r = { .tid = TID };

	workqueue_queued(&i, 100, 1, SESSION);
	expect_start(&r, &i, 0, 130, WORKQUEUE_BUSY, 30);
}

Test(workqueue_state, held_back_and_taken_on_by_who_made_room)
{
	struct workqueue_item i = queue_at(100);
	struct workqueue_run r = { .tid = TID };
	struct workqueue_started s;

	workqueue_readied(&i, 180, 0, TID);
	s = expect_start(&r, &i, 0, 182, WORKQUEUE_BUSY, 2);
	cr_expect(s.was_held);
	cr_expect_eq(s.held_ns, 80);
}

Test(workqueue_state, held_back_and_given_to_a_worker_that_is_woken)
{
	struct workqueue_item i = queue_at(100);
	struct workqueue_run r = { .tid = TID };
	struct workqueue_started s;

	workqueue_readied(&i, 180, 0, TID + 1);
	s = expect_start(&r, &i, 0, 190, WORKQUEUE_IDLE, 10);
	cr_expect_eq(s.held_ns, 80);
	/* While it was held back this worker ended another one: that is not a wait for it. */
	i = queue_at(195);
	expect_end(&r, 200, WORKQUEUE_RAN, 10);
	workqueue_readied(&i, 210, 0, TID + 1);
	expect_start(&r, &i, 0, 215, WORKQUEUE_IDLE, 5);
}

Test(workqueue_state, a_softirq_is_not_taken_for_who_made_room)
{
	struct workqueue_item i = queue_at(100);
	struct workqueue_run r = { 0 };

	workqueue_readied(&i, 180, 0, 0);
	expect_start(&r, &i, 0, 182, WORKQUEUE_IDLE, 2);
}

Test(workqueue_state, queued_again_while_it_runs)
{
	struct workqueue_item first = queue_at(100), again;
	struct workqueue_run r = { .tid = TID };

	expect_start(&r, &first, 0, 110, WORKQUEUE_IDLE, 10);
	again = queue_at(115);
	expect_end(&r, 130, WORKQUEUE_RAN, 20);
	expect_start(&r, &again, 0, 131, WORKQUEUE_BUSY, 16);
	expect_end(&r, 140, WORKQUEUE_RAN, 9);
}

/* The kernel takes the work off and only then says that it starts: an interrupt may come between. */
Test(workqueue_state, queued_again_just_before_its_start_is_said)
{
	struct workqueue_item i = queue_at(100);
	struct workqueue_run r = { .tid = TID };

	workqueue_queued(&i, 128, 0, SESSION);
	expect_start(&r, &i, PENDING, 130, WORKQUEUE_IDLE, 30);
	cr_expect_eq(superseded, 0);
	expect_end(&r, 150, WORKQUEUE_RAN, 20);
	expect_start(&r, &i, 0, 151, WORKQUEUE_BUSY, 23);
	cr_expect_eq(superseded, 0);
}

/* On another CPU: what is written then is of another number. */
Test(workqueue_state, queued_again_while_its_start_is_looked_at)
{
	struct workqueue_item i = queue_at(100);
	uint32_t nr_open = workqueue_nr_open(&i, SESSION);
	struct workqueue_run r = { .tid = TID };
	struct workqueue_wait w;

	workqueue_queued(&i, 129, 0, SESSION);
	cr_expect_eq(workqueue_take(&i, nr_open, PENDING, &w), 0);
	cr_expect_eq(w.queued_ns, 100);
	expect_start(&r, &i, 0, 151, WORKQUEUE_IDLE, 22);
	cr_expect_eq(superseded, 0);
	cr_expect_eq(workqueue_nr_open(&i, SESSION), 0);
}

Test(workqueue_state, cancelled_and_queued_again)
{
	struct workqueue_item i = queue_at(100);
	struct workqueue_run r = { .tid = TID };

	workqueue_queued(&i, 200, 0, SESSION);
	expect_start(&r, &i, 0, 205, WORKQUEUE_IDLE, 5);
	cr_expect_eq(superseded, 1);

	workqueue_queued(&i, 300, 0, SESSION);
	workqueue_queued(&i, 310, 0, SESSION);
	workqueue_queued(&i, 320, 0, SESSION);
	expect_start(&r, &i, PENDING, 330, WORKQUEUE_IDLE, 20);
	cr_expect_eq(superseded, 1, "of three waits the first one cannot be open");
	expect_start(&r, &i, 0, 340, WORKQUEUE_IDLE, 20);
	cr_expect_eq(superseded, 0);
}

Test(workqueue_state, a_timer_for_it_is_armed_when_it_starts)
{
	struct workqueue_item i = queue_at(100);
	struct workqueue_run r = { .tid = TID };

	expect_start(&r, &i, PENDING, 130, WORKQUEUE_IDLE, 30);
	cr_expect_eq(workqueue_nr_open(&i, SESSION), 0, "it is pending, but not queued");
}

Test(workqueue_state, start_without_queue_still_gives_a_run)
{
	struct workqueue_run r = { .tid = TID };

	expect_start(&r, NULL, 0, 100, WORKQUEUE_UNMATCHED, 0);
	expect_end(&r, 130, WORKQUEUE_RAN, 30);
	expect_end(&r, 140, WORKQUEUE_UNMATCHED, 0);
}

Test(workqueue_state, the_end_of_another_work_ends_nothing)
{
	struct workqueue_run r = { .tid = TID };
	uint64_t ran;

	expect_start(&r, NULL, 0, 100, WORKQUEUE_UNMATCHED, 0);
	cr_expect_eq(workqueue_ended(&r, OTHER, 110, SESSION, &ran), WORKQUEUE_UNMATCHED);
	expect_end(&r, 130, WORKQUEUE_RAN, 30);
}

Test(workqueue_state, a_barrier_is_in_no_histogram_but_keeps_the_worker_busy)
{
	struct workqueue_item i = queue_at(105);
	struct workqueue_run r = { .tid = TID };
	struct workqueue_started s;

	cr_expect_eq(workqueue_started(&r, NULL, 110, FUNC, 1, SESSION, &s), WORKQUEUE_BARRIER);
	expect_end(&r, 120, WORKQUEUE_BARRIER, 0);
	expect_start(&r, &i, 0, 121, WORKQUEUE_BUSY, 16);
}

Test(workqueue_state, a_clock_that_steps_back_is_counted_not_recorded)
{
	struct workqueue_item i = queue_at(100);
	struct workqueue_run r = { .tid = TID };
	struct workqueue_started s = expect_start(&r, &i, 0, 99, WORKQUEUE_NEGATIVE, 0);

	cr_expect_not(s.was_held);
	expect_end(&r, 98, WORKQUEUE_NEGATIVE, 0);
	i = queue_at(200);
	workqueue_readied(&i, 199, 0, TID);
	s = expect_start(&r, &i, 0, 210, WORKQUEUE_NEGATIVE, 0);
	cr_expect_not(s.was_held);
}

Test(workqueue_state, what_waits_when_counting_stops_is_dropped)
{
	struct workqueue_item i = queue_at(100);
	struct workqueue_run r = { .tid = TID };
	uint64_t ran;

	cr_expect_eq(workqueue_nr_open(&i, SESSION + 1), 0);
	expect_start(&r, NULL, 0, 110, WORKQUEUE_UNMATCHED, 0);
	cr_expect_eq(workqueue_ended(&r, FUNC, 120, SESSION + 1, &ran), WORKQUEUE_UNMATCHED);
	workqueue_queued(&i, 130, 0, SESSION + 1);
	cr_expect_eq(workqueue_nr_open(&i, SESSION + 1), 1,
		     "a wait of an earlier counting is not open");
}
