// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wakeup state machine on synthetic event sequences: each case of a task's life, each way in
 * which a tool can get a wakeup wrong. The same source runs in the BPF object.
 */
#include <criterion/criterion.h>

#include "bpf/wake_state.h"

#define NONE NR_COUNTERS

static struct wake_state s;
static struct wake_out o;
static struct kthread_slot slot;

static void begin(void)
{
	memset(&s, 0, sizeof(s));
	memset(&slot, 0, sizeof(slot));
	wake_out_init(&o);
}

TestSuite(wake_state, .init = begin, .timeout = 10);

static void waking(uint64_t now, enum wake_stamp stamp)
{
	wake_out_init(&o);
	wake_waking(&s, now, stamp, &slot);
}

static void wakeup(uint64_t now)
{
	wake_out_init(&o);
	wake_wakeup(&s, now, &o);
}

static void migrate(uint64_t now)
{
	wake_out_init(&o);
	wake_migrate(&s, now, &o);
}

static void in(uint64_t now)
{
	wake_out_init(&o);
	wake_switch_in(&s, now, &o);
}

/* as the BPF side does: the slot is read only while it can help */
static void out_at(uint64_t at, enum wake_leave how)
{
	wake_out_init(&o);
	wake_switch_out(&s, at, how, wake_awaits_stamp(&s) ? &slot : NULL, &o);
}

/* ... at a time of no interest: with what the task ran until then left out */
static void out(enum wake_leave how)
{
	out_at(s.since, how);
	o.record &= ~WAKE_BIT(METRIC_RAN);
}

static void stamped(void)
{
	wake_out_init(&o);
	wake_stamped(&s, &slot, &o);
}

/* a thread that is asleep and known */
static void asleep(void)
{
	in(1);
	out(WAKE_LEAVE_BLOCKED);
	wake_out_init(&o);
}

static void request(uint64_t t0)
{
	slot.t0_ns = t0;
}

static void answer(uint64_t t4, uint64_t e2e)
{
	slot.seq++;
	slot.t4_ns = t4;
	slot.e2e_ns = e2e;
}

/* what comes with each link of a wake */
#define LINK (WAKE_BIT(METRIC_WOKEN) | WAKE_BIT(METRIC_WAKE) | WAKE_BIT(METRIC_RUNQ))

static void check_value(enum wakeup_metric m, uint64_t v)
{
	cr_expect(o.record & WAKE_BIT(m), "metric %d missing", m);
	cr_expect_eq(o.value[m], v, "metric %d: %llu, not %llu", m, (unsigned long long)o.value[m],
		     (unsigned long long)v);
}

static void check_nothing(void)
{
	cr_expect_eq(o.fate, NONE);
	cr_expect_eq(o.edge, NONE);
	cr_expect_eq(o.spun, 0);
	cr_expect_eq(o.record, 0);
}

/* what a whole wake is told to consist of is what its metrics were */
static void check_whole(void)
{
	cr_expect(o.whole);
	for (uint32_t m = METRIC_CALL; m <= METRIC_UNATTRIBUTED; m++)
		cr_expect_eq(o.of_whole.value[m], o.record & WAKE_BIT(m) ? o.value[m] : 0,
			     "metric %u", m);
}

/* ---- the cases of a task's life -------------------------------------------------------------- */

Test(wake_state, ordinary_wake_gives_all_phases_at_once)
{
	asleep();
	request(100);
	waking(110, WAKE_STAMP_OK);
	check_nothing();
	wakeup(130);
	check_nothing();
	in(170);
	cr_expect_eq(o.record, LINK, "only the link before T4");
	cr_expect_not(o.whole);
	check_value(METRIC_WOKEN, 60);
	check_value(METRIC_WAKE, 20);
	check_value(METRIC_RUNQ, 40);
	answer(250, 0);
	out(WAKE_LEAVE_BLOCKED);
	check_value(METRIC_CALL, 10);
	check_value(METRIC_WAKE, 20);
	check_value(METRIC_RUNQ, 40);
	check_value(METRIC_RESUME, 80);
	check_value(METRIC_END_TO_END, 150);
	check_whole();
	cr_expect_not(o.record & WAKE_BIT(METRIC_UNATTRIBUTED), "no clock of its own");
	cr_expect_not(o.record & (WAKE_BIT(METRIC_WOKEN) | WAKE_BIT(METRIC_PREMIG)));
	cr_expect_eq(o.fate, NONE);
}

Test(wake_state, t4_is_picked_up_when_the_woken_thread_wakes_another)
{
	asleep();
	request(100);
	waking(110, WAKE_STAMP_OK);
	wakeup(130);
	in(170);
	stamped(); /* too early */
	check_nothing();
	answer(250, 0);
	stamped();
	check_value(METRIC_END_TO_END, 150);
	out(WAKE_LEAVE_BLOCKED);
	check_nothing();
}

Test(wake_state, drivers_own_clock_is_end_to_end_and_the_rest_is_unattributed)
{
	static const struct {
		uint64_t e2e, rest;
	} row[] = { { 150, 0 }, { 163, 13 }, { 141, 9 } };
	size_t i;

	for (i = 0; i < 3; i++) {
		begin();
		asleep();
		request(100);
		waking(110, WAKE_STAMP_OK);
		wakeup(130);
		in(170);
		answer(250, row[i].e2e);
		out(WAKE_LEAVE_BLOCKED);
		check_value(METRIC_END_TO_END, row[i].e2e);
		check_value(METRIC_UNATTRIBUTED, row[i].rest);
	}
}

Test(wake_state, without_stamps_phases_end_at_t3)
{
	asleep();
	waking(110, WAKE_STAMP_NONE);
	wakeup(130);
	in(170);
	cr_expect_eq(o.record, LINK);
	check_value(METRIC_WOKEN, 60);
	check_value(METRIC_WAKE, 20);
	check_value(METRIC_RUNQ, 40);
	out(WAKE_LEAVE_BLOCKED);
	check_nothing();
}

Test(wake_state, new_task_waits_for_its_first_run)
{
	wake_new(&s, 20, &o);
	cr_expect_eq(o.fate, COUNTER_new_task);
	migrate(30);
	check_nothing();
	in(50);
	cr_expect_eq(o.record, WAKE_BIT(METRIC_FIRST_RUN));
	check_value(METRIC_FIRST_RUN, 30);
	out_at(57, WAKE_LEAVE_BLOCKED);
	cr_expect_eq(o.record, WAKE_BIT(METRIC_RAN));
	check_value(METRIC_RAN, 7);
}

Test(wake_state, preempted_with_a_sleep_state_is_queued_not_blocked)
{
	cr_expect_eq(wake_leave_how(true, 1, 0x40), WAKE_LEAVE_PREEMPTED);
	cr_expect_eq(wake_leave_how(true, 0x100, 0x40), WAKE_LEAVE_PREEMPTED);
	in(1);
	out_at(4, WAKE_LEAVE_PREEMPTED);
	cr_expect_eq(o.edge, COUNTER_preempted);
	check_value(METRIC_RAN, 3);
	in(9);
	cr_expect_eq(o.record, WAKE_BIT(METRIC_PREEMPTED));
	check_value(METRIC_PREEMPTED, 5);
	/* a wake in between changed its state only: one wait, from its beginning */
	out_at(10, WAKE_LEAVE_PREEMPTED);
	waking(14, WAKE_STAMP_NONE);
	wakeup(15);
	cr_expect_eq(o.fate, COUNTER_absorbed);
	in(22);
	cr_expect_eq(o.record, WAKE_BIT(METRIC_PREEMPTED));
	check_value(METRIC_PREEMPTED, 12);
}

Test(wake_state, requeued_is_told_from_preempted)
{
	cr_expect_eq(wake_leave_how(false, 0, 0x40), WAKE_LEAVE_REQUEUED);
	in(1);
	out_at(2, WAKE_LEAVE_REQUEUED);
	cr_expect_eq(o.edge, COUNTER_requeued);
	in(8);
	cr_expect_eq(o.record, WAKE_BIT(METRIC_REQUEUED));
	check_value(METRIC_REQUEUED, 6);
}

Test(wake_state, each_wait_is_of_one_population)
{
	asleep();
	waking(10, WAKE_STAMP_NONE);
	wakeup(12);
	in(15);
	cr_expect_eq(o.record, LINK, "after a wake");
	out_at(20, WAKE_LEAVE_REQUEUED);
	in(23);
	cr_expect_eq(o.record, WAKE_BIT(METRIC_REQUEUED));
	out_at(30, WAKE_LEAVE_PREEMPTED);
	in(34);
	cr_expect_eq(o.record, WAKE_BIT(METRIC_PREEMPTED));
	out_at(40, WAKE_LEAVE_BLOCKED);
	check_value(METRIC_RAN, 6);
	waking(50, WAKE_STAMP_NONE);
	wakeup(52);
	in(58);
	cr_expect_eq(o.record, LINK, "the wait before it is over");
	check_value(METRIC_WOKEN, 8);
}

Test(wake_state, wait_whose_beginning_was_not_seen_is_not_recorded)
{
	wakeup(5); /* its sched_waking came before the tracing */
	in(9);
	cr_expect_eq(o.record, 0);
	out_at(12, WAKE_LEAVE_PREEMPTED);
	check_value(METRIC_RAN, 3);
	begin();
	out_at(7,
	       WAKE_LEAVE_PREEMPTED); /* since when it ran is not known, since when it waits is */
	cr_expect_eq(o.record, 0);
	in(10);
	check_value(METRIC_PREEMPTED, 3);
}

Test(wake_state, blocked_and_parked)
{
	cr_expect_eq(wake_leave_how(false, 1, 0x40), WAKE_LEAVE_BLOCKED);
	cr_expect_eq(wake_leave_how(false, 0x40, 0x40), WAKE_LEAVE_PARKED);
	in(1);
	out(WAKE_LEAVE_PARKED);
	cr_expect_eq(o.edge, COUNTER_parked);
	waking(10, WAKE_STAMP_NONE);
	wakeup(20);
	in(30);
	check_value(METRIC_WOKEN, 20);
}

Test(wake_state, wake_of_a_running_task_is_absorbed)
{
	asleep();
	waking(2, WAKE_STAMP_NONE);
	wakeup(3);
	in(4);
	waking(10, WAKE_STAMP_NONE);
	wakeup(11);
	cr_expect_eq(o.fate, COUNTER_absorbed);
	cr_expect_eq(o.record, 0);
	out(WAKE_LEAVE_BLOCKED);
	check_nothing();
	/* the next one counts, from its own T1 */
	waking(20, WAKE_STAMP_NONE);
	wakeup(21);
	in(22);
	check_value(METRIC_WOKEN, 2);
}

Test(wake_state, waking_that_overlaps_the_blocking_is_a_wake)
{
	in(1);
	waking(10, WAKE_STAMP_NONE); /* its waker was faster than its switch */
	out(WAKE_LEAVE_BLOCKED);
	wakeup(14);
	in(20);
	check_value(METRIC_WOKEN, 10);
	check_value(METRIC_WAKE, 4);
}

Test(wake_state, delayed_dequeue_is_an_ordinary_wake)
{
	asleep(); /* still queued, but it had blocked */
	waking(10, WAKE_STAMP_NONE);
	wakeup(10);
	in(15);
	check_value(METRIC_WAKE, 0);
	check_value(METRIC_RUNQ, 5);
}

Test(wake_state, signal_pending_turns_the_block_into_a_requeue)
{
	in(1);
	out(wake_leave_how(false, 0, 0x40)); /* the argument says 0 whatever the field said */
	cr_expect_eq(o.edge, COUNTER_requeued);
	in(2);
	cr_expect_eq(o.record, WAKE_BIT(METRIC_REQUEUED));
}

Test(wake_state, migrated_at_wake_is_placement)
{
	asleep();
	waking(10, WAKE_STAMP_NONE);
	migrate(12);
	check_nothing();
	wakeup(20);
	in(30);
	check_value(METRIC_WAKE, 10);
	cr_expect_not(o.record & WAKE_BIT(METRIC_PREMIG));
}

Test(wake_state, migrated_while_queued_is_premig_up_to_the_last_move)
{
	asleep();
	request(5);
	waking(10, WAKE_STAMP_OK);
	wakeup(20);
	migrate(25);
	cr_expect_eq(o.edge, COUNTER_migrated);
	migrate(28);
	in(40);
	check_value(METRIC_PREMIG, 8);
	answer(50, 0);
	out(WAKE_LEAVE_BLOCKED);
	check_value(METRIC_RUNQ, 20);
	check_value(METRIC_PREMIG, 8);
	/* a move without a wake means nothing */
	migrate(60);
	check_nothing();
}

Test(wake_state, spinning_answers_are_counted_apart)
{
	asleep();
	slot.seq = 7;
	request(5);
	waking(10, WAKE_STAMP_OK);
	wakeup(20);
	cr_expect_eq(o.spun, 0, "the first look only primes");
	in(30);
	answer(40, 0);
	out(WAKE_LEAVE_BLOCKED);
	slot.seq += 3; /* answered without sched_waking */
	slot.t4_ns = 90;
	request(100);
	waking(110, WAKE_STAMP_OK);
	wakeup(120);
	cr_expect_eq(o.spun, 3);
	in(130);
	answer(140, 0);
	out(WAKE_LEAVE_BLOCKED);
	check_value(METRIC_END_TO_END, 40);
}

Test(wake_state, exit_drops_what_is_pending)
{
	asleep();
	request(5);
	waking(10, WAKE_STAMP_OK);
	wakeup(20);
	in(30);
	wake_out_init(&o);
	wake_switch_out(&s, 40, WAKE_LEAVE_BLOCKED, NULL, &o); /* its memory is gone */
	cr_expect_eq(o.fate, COUNTER_no_t4);
	cr_expect_eq(o.record, WAKE_BIT(METRIC_RAN));
}

Test(wake_state, first_edges_of_an_unknown_task_prime_only)
{
	wakeup(5);
	cr_expect_eq(o.fate, COUNTER_unmatched);
	in(6);
	cr_expect_eq(o.record, 0);
	begin();
	in(6);
	cr_expect_eq(o.fate, COUNTER_unmatched);
	begin();
	out(WAKE_LEAVE_BLOCKED);
	cr_expect_eq(o.edge, COUNTER_unmatched);
	waking(10, WAKE_STAMP_NONE);
	wakeup(20);
	in(30);
	check_value(METRIC_WOKEN, 20);
}

Test(wake_state, wake_of_a_task_of_unknown_place)
{
	waking(10, WAKE_STAMP_NONE);
	wakeup(20);
	in(30);
	check_value(METRIC_WOKEN, 20);
	/* it was running all the time: no switch in follows */
	begin();
	waking(10, WAKE_STAMP_NONE);
	wakeup(20);
	out(WAKE_LEAVE_BLOCKED);
	cr_expect_eq(o.fate, COUNTER_absorbed);
	cr_expect_eq(o.record, 0);
}

/* ---- events that never came ------------------------------------------------------------------ */

Test(wake_state, missing_switch_in_is_a_loss_not_a_latency)
{
	asleep();
	request(5);
	waking(10, WAKE_STAMP_OK);
	wakeup(20);
	answer(40, 0);
	out(WAKE_LEAVE_BLOCKED);
	cr_expect_eq(o.fate, COUNTER_switch_missed);
	cr_expect_eq(o.record, 0);
	cr_expect_eq(o.spun, 0, "that answer belonged to the lost wake");
	request(50);
	waking(60, WAKE_STAMP_OK);
	wakeup(70);
	cr_expect_eq(o.spun, 0, "nor is it counted later");
	in(80);
	check_value(METRIC_WOKEN, 20);
}

Test(wake_state, missing_switch_out_is_a_loss)
{
	in(1);
	in(2);
	cr_expect_eq(o.fate, COUNTER_switch_missed);
	out(WAKE_LEAVE_BLOCKED);
	out(WAKE_LEAVE_BLOCKED);
	cr_expect_eq(o.fate, COUNTER_switch_missed);
}

Test(wake_state, missing_wakeup_is_superseded_and_its_stamp_is_gone)
{
	asleep();
	waking(10, WAKE_STAMP_NONE);
	in(20);
	cr_expect_eq(o.fate, COUNTER_unmatched);
	cr_expect_eq(o.record, 0);
	out(WAKE_LEAVE_BLOCKED);
	waking(30, WAKE_STAMP_NONE);
	wakeup(31);
	cr_expect_eq(o.superseded, 1);
	in(32);
	check_value(METRIC_WOKEN, 2);
}

/* ---- T0 -------------------------------------------------------------------------------------- */

static void check_dropped_for(enum wake_stamp stamp, uint32_t counter)
{
	waking(110, stamp);
	wakeup(120);
	cr_expect_eq(o.edge, counter);
	in(130);
	cr_expect_eq(o.record, LINK, "the kernel's part and nothing else");
	answer(140, 0);
	out(WAKE_LEAVE_BLOCKED);
	cr_expect_eq(o.record, 0);
}

Test(wake_state, without_a_usable_t0_the_kernels_part_is_recorded)
{
	static const struct {
		enum wake_stamp stamp;
		uint32_t counter;
	} row[] = {
		{ WAKE_STAMP_OK, COUNTER_no_t0 },
		{ WAKE_STAMP_NO_SLOT, COUNTER_no_slot },
		{ WAKE_STAMP_IDLE, COUNTER_idle_waker },
		{ WAKE_STAMP_FOREIGN, COUNTER_foreign_waker },
		{ WAKE_STAMP_FAULT, COUNTER_slot_fault },
		{ WAKE_STAMP_UNTAGGED, COUNTER_untagged },
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin();
		asleep();
		check_dropped_for(row[i].stamp, row[i].counter);
	}
}

Test(wake_state, t0_older_than_the_last_answer_is_stale)
{
	asleep();
	slot.t0_ns = 50;
	slot.t4_ns = 60;
	check_dropped_for(WAKE_STAMP_OK, COUNTER_stale_t0);
	begin();
	asleep();
	slot.t0_ns = slot.t4_ns = 60;
	check_dropped_for(WAKE_STAMP_OK, COUNTER_stale_t0);
	begin();
	asleep();
	slot.t4_ns = 60;
	request(61);
	waking(62, WAKE_STAMP_OK);
	wakeup(63);
	cr_expect_eq(o.edge, NONE);
}

/* one more link of a chain: woken at @t1 and blocked again before T4 */
static void link_of_chain(uint64_t t1, enum wake_stamp stamp)
{
	waking(t1, stamp);
	wakeup(t1 + 10);
	in(t1 + 30);
	check_value(METRIC_WOKEN, 30);
	out(WAKE_LEAVE_BLOCKED);
}

Test(wake_state, blocking_again_before_t4_is_one_request_of_several_wakes)
{
	asleep();
	request(100);
	link_of_chain(105, WAKE_STAMP_OK); /* on a lock that the waker holds */
	cr_expect_eq(o.fate, COUNTER_reblocked);
	cr_expect_eq(o.record, 0);
	link_of_chain(200, WAKE_STAMP_FOREIGN); /* a fault, ended by an interrupt */
	cr_expect_eq(o.fate, COUNTER_reblocked);
	waking(300, WAKE_STAMP_OK);
	wakeup(310);
	cr_expect_eq(o.edge, NONE);
	migrate(315);
	in(330);
	answer(337, 237);
	out(WAKE_LEAVE_BLOCKED);
	check_value(METRIC_WAKE, 30);
	check_value(METRIC_RUNQ, 60);
	check_value(METRIC_PREMIG, 5);
	check_value(METRIC_RESUME, 7);
	check_value(METRIC_CALL, 237 - 30 - 60 - 7);
	check_value(METRIC_END_TO_END, 237);
	check_value(METRIC_UNATTRIBUTED, 0);
	/* nothing of it is left for the next one */
	request(400);
	waking(410, WAKE_STAMP_OK);
	wakeup(420);
	cr_expect_eq(o.spun, 0);
	in(430);
	answer(440, 0);
	out(WAKE_LEAVE_BLOCKED);
	check_value(METRIC_WAKE, 10);
	check_value(METRIC_RUNQ, 10);
	check_value(METRIC_CALL, 10);
}

Test(wake_state, another_request_begins_another_chain)
{
	asleep();
	request(100);
	link_of_chain(105, WAKE_STAMP_OK);
	request(190);
	waking(200, WAKE_STAMP_OK);
	wakeup(210);
	cr_expect_eq(o.fate, COUNTER_no_t4);
	in(220);
	answer(230, 0);
	out(WAKE_LEAVE_BLOCKED);
	check_value(METRIC_CALL, 10);
	check_value(METRIC_WAKE, 10);
}

Test(wake_state, link_not_seen_ends_the_chain)
{
	asleep();
	request(100);
	link_of_chain(105, WAKE_STAMP_OK);
	in(220); /* no waking, no wakeup */
	cr_expect_eq(o.fate, COUNTER_unmatched);
	answer(230, 0);
	out(WAKE_LEAVE_BLOCKED);
	cr_expect_eq(o.record, 0);
}

Test(wake_state, t0_of_a_chain_given_up_is_never_used_again)
{
	asleep();
	request(100);
	for (int i = 1; i < WAKE_LINKS_MAX; i++) {
		link_of_chain(100 * i + 5, WAKE_STAMP_OK);
		cr_expect_eq(o.fate, COUNTER_reblocked, "link %d", i);
	}
	link_of_chain(3000, WAKE_STAMP_OK); /* no T4 ever: the request stays open in the slot */
	cr_expect_eq(o.fate, COUNTER_no_t4);
	cr_expect_eq(o.record, 0);
	waking(3210, WAKE_STAMP_OK);
	wakeup(3220);
	cr_expect_eq(o.edge, COUNTER_t0_reused);
	in(3230);
	answer(3240, 0);
	out(WAKE_LEAVE_BLOCKED);
	cr_expect_eq(o.record, 0);
	request(3300);
	waking(3310, WAKE_STAMP_OK);
	wakeup(3320);
	cr_expect_eq(o.spun, 0, "that answer was one to a wake");
	cr_expect_eq(o.edge, NONE);
}

Test(wake_state, answer_to_an_absorbed_wake_is_no_spinning)
{
	asleep();
	request(100);
	waking(110, WAKE_STAMP_OK);
	wakeup(120);
	in(130);
	answer(140, 0);
	stamped();
	request(150);
	waking(160, WAKE_STAMP_OK);
	wakeup(170);
	cr_expect_eq(o.fate, COUNTER_absorbed);
	answer(180, 0);
	answer(190, 0); /* and this one is */
	out(WAKE_LEAVE_BLOCKED);
	request(200);
	waking(210, WAKE_STAMP_OK);
	wakeup(220);
	cr_expect_eq(o.spun, 1);
}

Test(wake_state, arm_is_the_one_of_the_request)
{
	asleep();
	slot.arm = 3;
	request(100);
	waking(110, WAKE_STAMP_OK);
	slot.arm = 5;
	wakeup(120);
	cr_expect_eq(wake_arm(&s), 3);
	in(130);
	answer(140, 0);
	out(WAKE_LEAVE_BLOCKED);
	waking(210, WAKE_STAMP_FOREIGN);
	wakeup(220);
	cr_expect_eq(wake_arm(&s), KTHREAD_SLOT_NONE);
}

/* ---- T4 -------------------------------------------------------------------------------------- */

Test(wake_state, preempted_before_t4_keeps_waiting)
{
	asleep();
	request(100);
	waking(110, WAKE_STAMP_OK);
	wakeup(120);
	in(130);
	out(WAKE_LEAVE_PREEMPTED);
	cr_expect_eq(o.edge, COUNTER_preempted);
	cr_expect_eq(o.record, 0);
	in(500);
	cr_expect_eq(o.record, WAKE_BIT(METRIC_PREEMPTED), "not a wake");
	answer(600, 0);
	out(WAKE_LEAVE_BLOCKED);
	check_value(METRIC_RUNQ, 10);
	check_value(METRIC_RESUME, 470);
	check_value(METRIC_END_TO_END, 500);
}

Test(wake_state, overrun_t4_is_dropped_and_the_others_counted)
{
	asleep();
	request(100);
	waking(110, WAKE_STAMP_OK);
	wakeup(120);
	in(130);
	answer(140, 0);
	answer(150, 0);
	answer(160, 0);
	out(WAKE_LEAVE_BLOCKED);
	cr_expect_eq(o.fate, COUNTER_t4_overrun);
	cr_expect_eq(o.spun, 2);
	cr_expect_eq(o.record, 0);
}

Test(wake_state, slot_taken_anew_gives_no_t4)
{
	slot.seq = 1000;
	asleep();
	request(100);
	waking(110, WAKE_STAMP_OK);
	wakeup(120);
	in(130);
	slot.seq = 1;
	out(WAKE_LEAVE_BLOCKED);
	cr_expect_eq(o.fate, COUNTER_no_t4);
	cr_expect_eq(o.spun, 0);
	cr_expect_eq(o.record, 0);
}

/* ---- clocks ---------------------------------------------------------------------------------- */

Test(wake_state, stamps_out_of_order_are_counted_never_clamped)
{
	static const struct {
		uint64_t t0, t1, t2, t3, t4;
		bool kernel; /* T1..T3 are in order */
	} row[] = {
		{ 115, 110, 120, 130, 140, true },
		{ 100, 110, 105, 130, 140, false },
		{ 100, 110, 120, 115, 140, false },
		{ 100, 110, 120, 130, 125, true },
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin();
		asleep();
		request(row[i].t0);
		waking(row[i].t1, WAKE_STAMP_OK);
		wakeup(row[i].t2);
		in(row[i].t3);
		cr_expect_eq(o.record, row[i].kernel ? LINK : 0, "row %zu", i);
		if (!row[i].kernel)
			cr_expect_eq(o.fate, COUNTER_negative, "row %zu", i);
		answer(row[i].t4, 0);
		out(WAKE_LEAVE_BLOCKED);
		cr_expect_eq(o.record, 0, "row %zu", i);
		if (row[i].kernel)
			cr_expect_eq(o.fate, COUNTER_negative, "row %zu", i);
	}
}

Test(wake_state, counts_of_all_phases_agree_over_a_random_life)
{
	static const enum wakeup_metric whole[] = { METRIC_CALL, METRIC_RESUME, METRIC_END_TO_END };
	static const enum wakeup_metric link[] = { METRIC_WAKE, METRIC_RUNQ };
	uint64_t count[NR_METRICS] = { 0 }, now = 1, rnd = 42, nr_whole = 0;
	int i, m;

	for (i = 0; i < 200000; i++) {
		rnd = rnd * 6364136223846793005ULL + 1442695040888963407ULL;
		now += rnd >> 60;
		switch (rnd >> 33 & 7) {
		case 0:
			if (slot.t0_ns <= slot.t4_ns)
				request(now);
			break;
		case 1:
			waking(now, WAKE_STAMP_OK);
			break;
		case 2:
			wakeup(now);
			break;
		case 3:
			in(now);
			break;
		case 4:
			out_at(now, rnd >> 40 & 3);
			break;
		case 5:
			migrate(now);
			break;
		case 6:
			if (slot.t4_ns < slot.t0_ns)
				answer(now, 0);
			break;
		default:
			stamped();
		}
		for (m = 0; m <= METRIC_RAN; m++)
			count[m] += o.record >> m & 1;
		nr_whole += o.whole;
		if (o.whole)
			check_whole();
		cr_assert(o.whole == !!(o.record & WAKE_BIT(METRIC_CALL)));
		cr_assert(!o.whole || !(o.record & WAKE_BIT(METRIC_WOKEN)), "two wakes at once");
		if (o.record & WAKE_BIT(METRIC_END_TO_END)) {
			cr_assert_eq(o.value[METRIC_CALL] + o.value[METRIC_WAKE] +
					     o.value[METRIC_RUNQ] + o.value[METRIC_RESUME],
				     o.value[METRIC_END_TO_END]);
		}
		wake_out_init(&o);
	}
	cr_expect_gt(count[METRIC_CALL], 100);
	for (i = 0; i < 3; i++)
		cr_expect_eq(count[whole[i]], nr_whole, "metric %d", whole[i]);
	for (i = 0; i < 2; i++)
		cr_expect_eq(count[link[i]], count[METRIC_WOKEN] + nr_whole, "metric %d", link[i]);
	cr_expect_leq(nr_whole, count[METRIC_WOKEN]);
	cr_expect_leq(count[METRIC_PREMIG], count[METRIC_RUNQ]);
	cr_expect_gt(count[METRIC_PREEMPTED], 100);
	cr_expect_gt(count[METRIC_REQUEUED], 100);
}
