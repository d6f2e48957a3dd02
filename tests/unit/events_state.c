// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes a single wait: which one ends at a switch, in whose queues the task was, and who ran
 * there meanwhile. The same source runs in the BPF object.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "bpf/events_state.h"

static struct wake_state s;
static struct wake_out o;
static struct events_span span;
static struct events_task task;
static struct events_cpu log_;
static struct events_around around;

static void begin(void)
{
	memset(&s, 0, sizeof(s));
	memset(&span, 0, sizeof(span));
	memset(&task, 0, sizeof(task));
	memset(&log_, 0, sizeof(log_));
	memset(&around, 0, sizeof(around));
	wake_out_init(&o);
}

TestSuite(events_state, .init = begin, .timeout = 10);

/* ---- which wait ends ------------------------------------------------------------------------- */

static void waking(uint64_t now)
{
	wake_waking(&s, now, WAKE_STAMP_NONE, NULL);
}

static void leave(uint64_t now, enum wake_leave how)
{
	wake_switch_out(&s, now, how, NULL, &o);
}

/* What events_ending() says must be what the sums get. */
static bool in(uint64_t now)
{
	static const uint32_t metric[NR_EVENTS_POPULATIONS] = {
		[EVENTS_WOKEN] = METRIC_WOKEN,
		[EVENTS_PREEMPTED] = METRIC_PREEMPTED,
		[EVENTS_REQUEUED] = METRIC_REQUEUED,
		[EVENTS_FIRST_RUN] = METRIC_FIRST_RUN,
	};
	bool ending = events_ending(&s, now, &span);
	uint32_t expected = ending ? WAKE_BIT(metric[span.population]) : 0;

	wake_out_init(&o);
	wake_switch_in(&s, now, &o);
	o.record &= WAKE_BIT(METRIC_WOKEN) | WAKE_BIT(METRIC_PREEMPTED) |
		    WAKE_BIT(METRIC_REQUEUED) | WAKE_BIT(METRIC_FIRST_RUN);
	cr_expect_eq(o.record, expected, "recorded %#x, ended %#x", o.record, expected);
	if (ending)
		cr_expect_eq(o.value[metric[span.population]], span.ns);
	return ending;
}

Test(events_state, a_wake_ends_with_its_parts)
{
	in(1);
	leave(2, WAKE_LEAVE_BLOCKED);
	waking(100);
	wake_wakeup(&s, 130, &o);
	wake_migrate(&s, 150, &o);
	cr_assert(in(200));
	cr_expect_eq(span.population, EVENTS_WOKEN);
	cr_expect_eq(span.end_ns, 200);
	cr_expect_eq(span.ns, 100);
	cr_expect_eq(span.wake_ns, 30);
	cr_expect_eq(span.queued_ns, 130);
	cr_expect_eq(span.premig_ns, 20);
}

Test(events_state, each_other_wait_has_its_population)
{
	in(1);
	leave(10, WAKE_LEAVE_PREEMPTED);
	cr_assert(in(15));
	cr_expect_eq(span.population, EVENTS_PREEMPTED);
	cr_expect_eq(span.queued_ns, 10);
	cr_expect_eq(span.wake_ns, 0);

	leave(20, WAKE_LEAVE_REQUEUED);
	cr_assert(in(27));
	cr_expect_eq(span.population, EVENTS_REQUEUED);
	cr_expect_eq(span.ns, 7);

	wake_new(&s, 30, &o);
	cr_assert(in(31));
	cr_expect_eq(span.population, EVENTS_FIRST_RUN);
}

Test(events_state, a_wait_whose_beginning_was_not_seen_is_none)
{
	cr_expect_not(in(5), "nothing is known of it");
	cr_expect_not(in(6), "it was running");
	leave(7, WAKE_LEAVE_BLOCKED);
	cr_expect_not(in(8), "its wake was not seen");
	/* A sched_wakeup alone: queued, and nobody knows after what. */
	leave(9, WAKE_LEAVE_BLOCKED);
	wake_wakeup(&s, 10, &o);
	cr_expect_not(in(11));
}

Test(events_state, a_waking_in_a_queue_ends_no_sleep)
{
	cr_expect(events_wakes(&s), "nothing is known of it yet");
	in(10);
	cr_expect(events_wakes(&s), "it runs, and may block before it is woken");
	leave(20, WAKE_LEAVE_PREEMPTED);
	cr_expect(!events_wakes(&s), "preempted with a sleep state set");
	waking(30);
	wake_wakeup(&s, 40, &o);
	cr_expect(in(50) && span.population == EVENTS_PREEMPTED, "and that wait ends");
	leave(60, WAKE_LEAVE_BLOCKED);
	cr_expect(events_wakes(&s));
}

Test(events_state, stamps_out_of_order_are_no_wait)
{
	in(1);
	leave(100, WAKE_LEAVE_PREEMPTED);
	cr_expect_not(in(99));
	leave(200, WAKE_LEAVE_BLOCKED);
	waking(300);
	wake_wakeup(&s, 310, &o);
	cr_expect_not(in(305));
}

/* Any order of events: both sides must always agree; in() says so. */
Test(events_state, it_agrees_with_the_sums_whatever_comes)
{
	uint64_t now = 1000, seed = 1;

	for (int i = 0; i < 200000; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		now += seed >> 60;
		now -= (seed >> 52 & 31) == 31 ? 5 : 0; /* clocks of two CPUs */
		switch (seed >> 40 & 7) {
		case 0:
		case 1:
			waking(now);
			break;
		case 2:
			wake_wakeup(&s, now, &o);
			break;
		case 3:
			wake_migrate(&s, now, &o);
			break;
		case 4:
			leave(now, seed >> 30 & 3);
			break;
		case 5:
			if (!(seed >> 20 & 15))
				wake_new(&s, now, &o);
			break;
		default:
			in(now);
		}
	}
}

/* ---- in whose queues ------------------------------------------------------------------------- */

Test(events_state, moves_before_the_queue_are_placement)
{
	cr_expect_eq(events_moves_since(&task, &s, 10), 0);
	events_moved(&task, &s, 3, 5);
	cr_expect_eq(events_moves_since(&task, &s, 10), 0, "between waking and wakeup");
	events_moved(&task, &s, 1, 12);
	cr_expect_eq(events_moves_since(&task, &s, 10), 1);
	events_moved(&task, &s, 0, 14);
	cr_expect_eq(events_moves_since(&task, &s, 10), 2);
	cr_expect_eq(events_moves_since(&task, &s, 5), 3);
}

Test(events_state, moves_that_are_no_longer_at_hand_count)
{
	for (uint32_t i = 0; i < 11; i++)
		events_moved(&task, &s, i & 1, 100 + i);
	cr_expect_eq(events_moves_since(&task, &s, 50), 11);
	cr_expect_eq(events_moves_since(&task, &s, 108), 3);
	cr_expect_eq(events_moves_since(&task, &s, 200), 0);
}

/* Also one that was not handed over: it may end on a CPU that is not looked at. */
Test(events_state, moves_of_an_earlier_wait_do_not_count)
{
	for (uint32_t i = 0; i < 7; i++)
		events_moved(&task, &s, i, 100 + i);
	events_over(&s);
	for (uint32_t i = 0; i < EVENTS_MAX_MOVES; i++)
		events_moved(&task, &s, i, 210 + i);
	cr_expect_eq(events_moves_since(&task, &s, 200), EVENTS_MAX_MOVES);
}

/* ---- who ran there --------------------------------------------------------------------------- */

static void ran(uint64_t since, uint32_t tid)
{
	struct events_ran *r = &log_.ran[log_.head++ % EVENTS_LOG_LEN];

	r->since_ns = since;
	r->who = (struct events_who){ .tid = tid, .tgid = tid };
	snprintf(r->who.comm, sizeof(r->who.comm), "t%u", tid);
}

static uint64_t time_of(uint32_t tid)
{
	for (uint32_t i = 0; i < EVENTS_MAX_BEHIND; i++)
		if (around.behind[i].ns && around.behind[i].who.tid == tid)
			return around.behind[i].ns;
	return 0;
}

static uint64_t time_of_all(void)
{
	uint64_t sum = around.other_ns;

	for (uint32_t i = 0; i < EVENTS_MAX_BEHIND; i++)
		sum += around.behind[i].ns;
	return sum;
}

Test(events_state, each_gets_the_time_that_it_ran)
{
	ran(10, 7);
	ran(50, 8);
	ran(60, 7);
	ran(90, 0);
	events_collect_log(&log_, 20, 100, &around);
	cr_expect_eq(time_of(7), 30 + 30);
	cr_expect_eq(time_of(8), 10);
	cr_expect_eq(time_of(0), 10, "the CPU was idle");
	cr_expect_eq(around.other_ns, 0);
	cr_expect_str_eq(events_place(&around, 8)->who.comm, "t8");
}

Test(events_state, what_ran_after_the_wait_is_not_in_its_way)
{
	ran(10, 7);
	ran(50, 8);
	ran(70, 9);
	events_collect_log(&log_, 20, 60, &around);
	cr_expect_eq(time_of(9), 0);
	cr_expect_eq(time_of(8), 10);
	cr_expect_eq(time_of_all(), 40);
}

Test(events_state, what_the_log_does_not_know_is_other)
{
	events_collect_log(&log_, 20, 60, &around);
	cr_expect_eq(around.other_ns, 40, "nothing was logged yet");
	ran(50, 8);
	events_collect_log(&log_, 20, 60, &around);
	cr_expect_eq(around.other_ns, 40 + 30, "tracing began in between");
	cr_expect_eq(time_of(8), 10);
}

Test(events_state, what_the_log_does_not_reach_is_other)
{
	for (uint32_t i = 0; i < 1000; i++)
		ran(i * 10, i % 5);
	events_collect_log(&log_, 0, 10000, &around);
	cr_expect_eq(time_of_all(), 10000, "nothing is lost");
	cr_expect_eq(around.other_ns, 10000 - 10 * EVENTS_LOG_REACH);
	/* One turn of ten more or less. */
	cr_expect_leq(time_of(3), 10 * (EVENTS_LOG_REACH / 5 + 1));
	cr_expect_geq(time_of(3), 10 * (EVENTS_LOG_REACH / 5));
}

Test(events_state, those_for_whom_there_is_no_place_are_other)
{
	for (uint32_t i = 0; i < 100; i++)
		ran(i * 10, i + 1);
	events_collect_log(&log_, 0, 1000, &around);
	cr_expect_eq(time_of_all(), 1000);
	cr_expect_gt(around.other_ns, 0);
	cr_expect_leq(around.other_ns, 1000 - 10 * EVENTS_MAX_BEHIND / 2);
}

Test(events_state, an_empty_time_has_nobody)
{
	ran(10, 7);
	events_collect_log(&log_, 20, 20, &around);
	cr_expect_eq(time_of_all(), 0);
}
