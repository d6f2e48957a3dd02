// SPDX-License-Identifier: GPL-2.0-only
/* work_state.h: sequences of queue, start and end, and what they must add up to. */
#include "bpf/work_state.h"

#include <criterion/criterion.h>

enum { EPOCH = 3, FUNC = 0xf, OTHER = 0xe, WORKER = 0x3 };

static struct work_item queue_at(uint64_t ns)
{
	struct work_item i = { 0 };

	cr_expect_eq(work_queued(&i, ns, FUNC, WORKER, 0, EPOCH), WORK_NOTHING);
	return i;
}

static void expect_start(struct work_thread *t, const struct work_item *i, uint64_t ns,
			 enum work_outcome o, uint64_t delay)
{
	uint64_t d;

	cr_expect_eq(work_started(t, i, ns, FUNC, 0, EPOCH, &d), o, "at %lu", ns);
	cr_expect_eq(d, delay, "at %lu: %lu", ns, d);
}

static void expect_end(struct work_thread *t, uint64_t ns, enum work_outcome o, uint64_t run)
{
	uint64_t r;

	cr_expect_eq(work_ended(t, ns, EPOCH, &r), o, "at %lu", ns);
	cr_expect_eq(r, run, "at %lu: %lu", ns, r);
}

Test(work_state, idle_worker)
{
	struct work_item i = queue_at(100);
	struct work_thread t = { 0 };

	expect_start(&t, &i, 130, WORK_IDLE, 30);
	expect_end(&t, 150, WORK_RAN, 20);
	i = queue_at(151);
	expect_start(&t, &i, 160, WORK_IDLE, 9);
}

Test(work_state, queued_behind_a_running_one)
{
	struct work_item a = queue_at(100), b = queue_at(115), c = queue_at(116);
	struct work_thread t = { 0 };

	expect_start(&t, &a, 110, WORK_IDLE, 10);
	expect_end(&t, 120, WORK_RAN, 10);
	expect_start(&t, &b, 121, WORK_BUSY, 6);
	expect_end(&t, 130, WORK_RAN, 9);
	expect_start(&t, &c, 131, WORK_BUSY, 15);
}

Test(work_state, queued_together_only_the_first_finds_it_idle)
{
	struct work_item a = queue_at(100), b = queue_at(101);
	struct work_thread t = { 0 };

	expect_start(&t, &a, 110, WORK_IDLE, 10);
	expect_end(&t, 120, WORK_RAN, 10);
	expect_start(&t, &b, 121, WORK_BUSY, 20);
}

Test(work_state, tracing_begins_while_the_worker_executes)
{
	struct work_item i = queue_at(100);
	struct work_thread t = { 0 };

	expect_end(&t, 120, WORK_UNMATCHED, 0);
	expect_start(&t, &i, 121, WORK_BUSY, 21);
}

Test(work_state, start_without_queue_still_gives_a_run)
{
	struct work_thread t = { 0 };

	expect_start(&t, NULL, 100, WORK_UNMATCHED, 0);
	expect_end(&t, 130, WORK_RAN, 30);
	expect_end(&t, 140, WORK_UNMATCHED, 0);
}

Test(work_state, second_queue_of_a_waiting_item_is_superseded)
{
	struct work_item i = queue_at(100);
	struct work_thread t = { 0 };

	cr_expect_eq(work_queued(&i, 200, OTHER, WORKER, 0, EPOCH), WORK_SUPERSEDED);
	cr_expect_eq(i.func, OTHER);
	expect_start(&t, &i, 205, WORK_IDLE, 5);
}

Test(work_state, requeue_while_running_and_reuse_of_the_address)
{
	struct work_item first = queue_at(100), again;
	struct work_thread t = { 0 };

	expect_start(&t, &first, 110, WORK_IDLE, 10);
	/* The caller deleted the item at its start: the same address is a new one. */
	again = queue_at(115);
	expect_end(&t, 130, WORK_RAN, 20);
	expect_start(&t, &again, 131, WORK_BUSY, 16);
	expect_end(&t, 140, WORK_RAN, 9);
}

Test(work_state, barrier_is_in_no_histogram_but_keeps_the_worker_busy)
{
	struct work_item barrier = { 0 }, i;
	struct work_thread t = { 0 };
	uint64_t ns;

	work_queued(&barrier, 100, OTHER, WORKER, 1, EPOCH);
	i = queue_at(105);
	cr_expect_eq(work_started(&t, &barrier, 110, OTHER, 0, EPOCH, &ns), WORK_BARRIER);
	expect_end(&t, 120, WORK_BARRIER, 0);
	expect_start(&t, &i, 121, WORK_BUSY, 16);
	/* On a waiter's stack the address comes back at once: that is no cancel. */
	cr_expect_eq(work_queued(&barrier, 130, FUNC, WORKER, 0, EPOCH), WORK_NOTHING);
	/* Known only by what the start event says. */
	cr_expect_eq(work_started(&t, NULL, 140, OTHER, 1, EPOCH, &ns), WORK_BARRIER);
	expect_end(&t, 150, WORK_BARRIER, 0);
}

Test(work_state, clock_that_steps_back_is_counted_not_recorded)
{
	struct work_item i = queue_at(100);
	struct work_thread t = { 0 };

	expect_start(&t, &i, 99, WORK_NEGATIVE, 0);
	expect_end(&t, 98, WORK_NEGATIVE, 0);
}

Test(work_state, what_waits_when_counting_stops_is_dropped)
{
	struct work_item i = queue_at(100);
	struct work_thread t = { 0 };
	uint64_t ns;

	cr_expect_eq(work_started(&t, &i, 110, FUNC, 0, EPOCH + 1, &ns), WORK_UNMATCHED);
	cr_expect_eq(work_ended(&t, 120, EPOCH + 2, &ns), WORK_UNMATCHED);
	cr_expect_eq(work_queued(&i, 130, FUNC, WORKER, 0, EPOCH + 2), WORK_NOTHING,
		     "an item of an earlier counting is not superseded");
}
