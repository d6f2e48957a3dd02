// SPDX-License-Identifier: GPL-2.0-only
/* The loop, its outcome, and what the two ends of a wake leave behind. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/harness/state.h"

static struct wire *wire;
static struct bench_cpus cpus = { .nr = 1, .cpu = { 0 } };
static struct bench_question_param params[] = { { "n", "12" }, { "cpu", "same" } };
static const char *const arms[] = { "a", "b", NULL };
static struct bench_def def;
static struct bench_question question = {
	.def = &def, .name = "q/n=12/cpu=same", .nr_arms = 2, .nr_params = 2, .param = params
};
static struct bench_state st;
static uint64_t rounds;

static void init(void)
{
	wire = calloc(1, sizeof(*wire));
	def = (struct bench_def){ .name = "q", .file = "x.c", .arms = arms };
	rounds = 0;
}

static void fini(void)
{
	bench_state_teardown(&st);
	free(wire);
}

TestSuite(harness_state, .init = init, .fini = fini, .timeout = 30);

static void set_up(uint32_t arm)
{
	struct bench_place at = {
		.question = &question, .number = 5, .arm = arm, .cpus = &cpus, .wire = wire
	};

	bench_state_setup(&st, &at);
}

static void count_rounds(struct bench_state *s)
{
	while (bench_keep_running(s))
		rounds++;
}

Test(harness_state, the_loop_runs_exactly_as_often_as_asked)
{
	static const uint64_t asked[] = { 1, 2, 3, 1000, 12345 };

	def.body = count_rounds;
	set_up(0);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		rounds = 0;
		bench_state_run(&st, asked[i], false);
		cr_expect_eq(st.status, WIRE_OK, "%s", st.reason);
		cr_expect_eq(rounds, asked[i]);
		cr_expect(wire->end_ns >= wire->start_ns && wire->start_ns > 0);
		cr_expect_eq(wire->hist.count, 1, "one value per epoch: ns per iteration");
	}
}

static void leave_early(struct bench_state *s)
{
	while (bench_keep_running(s))
		if (++rounds == 3)
			break;
}

static void never_loop(struct bench_state *s)
{
	(void)s;
}

Test(harness_state, a_body_that_leaves_its_loop_early_or_never_enters_it_has_failed)
{
	def.body = leave_early;
	set_up(0);
	bench_state_run(&st, 10, false);
	cr_expect_eq(st.status, WIRE_FAILED);
	cr_expect(strstr(st.reason, "left its loop"), "%s", st.reason);
	bench_state_teardown(&st);

	def.body = never_loop;
	set_up(0);
	bench_state_run(&st, 10, false);
	cr_expect_eq(st.status, WIRE_FAILED);
	cr_expect(strstr(st.reason, "never called"), "%s", st.reason);
}

static void fail_at_3(struct bench_state *s)
{
	while (bench_keep_running(s))
		if (++rounds == 3)
			bench_fail(s, "lost wake %d", 3);
}

Test(harness_state, bench_fail_in_the_body_ends_the_loop_and_its_first_reason_counts)
{
	def.body = fail_at_3;
	set_up(0);
	bench_state_run(&st, 1000, false);
	cr_expect_eq(rounds, 3);
	cr_expect_eq(st.status, WIRE_FAILED);
	cr_expect_str_eq(st.reason, "lost wake 3");
}

static int torn_down;

static int setup_skips(struct bench_state *s)
{
	return bench_skip(s, "needs %s", "two CPUs");
}

static int setup_errs(struct bench_state *s)
{
	(void)s;
	return -ENOMEM;
}

static void count_teardown(struct bench_state *s)
{
	(void)s;
	torn_down++;
}

Test(harness_state, setup_may_skip_or_fail_and_then_has_no_teardown)
{
	torn_down = 0;
	def.teardown = count_teardown;
	def.setup = setup_skips;
	set_up(0);
	cr_expect_eq(st.status, WIRE_SKIPPED);
	cr_expect_str_eq(st.reason, "needs two CPUs");
	bench_state_teardown(&st);

	def.setup = setup_errs;
	set_up(0);
	cr_expect_eq(st.status, WIRE_FAILED);
	cr_expect(strstr(st.reason, strerror(ENOMEM)), "%s", st.reason);
	bench_state_teardown(&st);
	cr_expect_eq(torn_down, 0);

	def.setup = NULL;
	set_up(0);
	bench_state_teardown(&st);
	bench_state_teardown(&st);
	cr_expect_eq(torn_down, 1, "once, also when asked twice");
}

static void no_latency(struct bench_state *s)
{
	while (bench_keep_running(s))
		;
}

static void some_latency(struct bench_state *s)
{
	while (bench_keep_running(s)) {
		bench_lat_record(s, 700);
		bench_counter(s, "ops", 2);
		bench_counter(s, "other", 0.5);
	}
}

Test(harness_state, latency_mode_records_what_the_body_does_and_nothing_is_a_failure)
{
	def.mode = BENCH_LATENCY;
	def.body = some_latency;
	set_up(0);
	bench_state_run(&st, 50, false);
	cr_expect_eq(st.status, WIRE_OK);
	cr_expect_eq(wire->hist.count, 50);
	cr_expect_eq(wire->hist.min, 700);
	cr_expect_eq(wire->nr_counters, 2);
	cr_expect_eq(wire->counter[0].value, 100.0);

	bench_state_run(&st, 10, false);
	cr_expect_eq(wire->hist.count, 10, "each epoch starts empty");
	cr_expect_eq(wire->counter[0].value, 20.0);

	def.body = no_latency;
	bench_state_run(&st, 10, false);
	cr_expect_eq(st.status, WIRE_FAILED);
}

/* An end before its beginning is 2^63 or more as a difference; below that it may be a latency. */
static const uint64_t odd_values[] = { 0, 1, INT64_MAX, 1ULL << 63, UINT64_MAX, UINT64_MAX - 4 };

static void odd_latency(struct bench_state *s)
{
	while (bench_keep_running(s))
		bench_lat_record(s, odd_values[rounds++]);
}

Test(harness_state, an_impossible_value_is_counted_and_left_out)
{
	def.mode = BENCH_LATENCY;
	def.body = odd_latency;
	set_up(0);
	bench_state_run(&st, 6, false);
	cr_expect_eq(st.status, WIRE_OK, "%s", st.reason);
	cr_expect_eq(wire->nr_impossible, 3);
	cr_expect_eq(wire->hist.count, 3);
	cr_expect_eq(wire->hist.max, INT64_MAX);
	cr_expect_eq(wire->hist.sum, 1 + (uint64_t)INT64_MAX);
	cr_expect(hist_is_consistent(&wire->hist));

	rounds = 0;
	bench_state_run(&st, 3, false);
	cr_expect_eq(wire->nr_impossible, 0, "each epoch starts with none");
}

Test(harness_state, an_epoch_of_impossible_values_only_is_empty_and_no_failure_of_the_arm)
{
	def.mode = BENCH_LATENCY;
	def.body = odd_latency;
	set_up(0);
	rounds = 3;
	bench_state_run(&st, 3, false);
	cr_expect_eq(st.status, WIRE_OK, "%s", st.reason);
	cr_expect_eq(wire->hist.count, 0);
	cr_expect_eq(wire->nr_impossible, 3);

	rounds = 0;
	bench_state_run(&st, 3, false);
	cr_expect_eq(wire->hist.count, 3, "the next one may be better");
}

static uint64_t start_moved_by;

static void end_before_start(struct bench_state *s)
{
	while (bench_keep_running(s))
		s->wire->start_ns += start_moved_by;
}

Test(harness_state, an_epoch_that_ends_before_it_begins_has_no_value)
{
	def.body = end_before_start;
	set_up(0);
	start_moved_by = 1ULL << 40;
	bench_state_run(&st, 2, false);
	cr_expect_eq(wire->hist.count, 0, "half of a negative time is not a time");
	cr_expect_eq(wire->nr_impossible, 1);

	start_moved_by = 0;
	bench_state_run(&st, 1, false);
	cr_expect_eq(wire->hist.count, 1);
	cr_expect_eq(wire->nr_impossible, 0);
}

static uint64_t begin_seen, end_seen;
static struct kthread_slot slot_in_epoch;

static void one_wake(struct bench_state *s)
{
	struct kthread_slot *slot = bench_slot(s);

	while (bench_keep_running(s)) {
		begin_seen = bench_request(s, slot);
		end_seen = bench_resume(s, slot, begin_seen);
	}
	slot_in_epoch = *slot;
}

Test(harness_state, stamps_are_written_in_observed_epochs_only)
{
	struct kthread_slot *slot;

	def.mode = BENCH_LATENCY;
	def.body = one_wake;
	set_up(1);
	bench_state_run(&st, 1, false);
	slot = slot_self();
	cr_assert_not_null(slot);
	cr_expect_eq(slot->t0_ns, 0);
	cr_expect_eq(slot->t4_ns, 0);
	cr_expect_not(slot_observed());

	bench_state_run(&st, 1, true);
	cr_expect_eq(slot->t0_ns, begin_seen);
	cr_expect_eq(slot->t4_ns, end_seen);
	cr_expect_eq(slot->e2e_ns, end_seen - begin_seen);
	cr_expect_eq(slot->seq, 1);
	cr_expect_not(slot_observed(), "interest ends with the epoch");
}

/* The waker's stamp is not there yet, or that of a later wake is. */
static void resume_before_request(struct bench_state *s)
{
	struct kthread_slot *slot = bench_slot(s);

	while (bench_keep_running(s)) {
		slot_request_at(slot, bench_now_ns());
		end_seen = bench_resume(s, slot, bench_now_ns() + (1ULL << 40));
	}
	slot_in_epoch = *slot;
}

Test(harness_state, a_resume_before_its_request_gives_the_tracer_its_stamp_and_no_figure)
{
	def.mode = BENCH_LATENCY;
	def.body = resume_before_request;
	set_up(0);
	bench_state_run(&st, 2, true);
	cr_expect_eq(st.status, WIRE_OK, "%s", st.reason);
	cr_expect_eq(wire->nr_impossible, 2);
	cr_expect_eq(wire->hist.count, 0);
	cr_expect_eq(slot_in_epoch.e2e_ns, 0, "nobody measured it");
	cr_expect_eq(slot_in_epoch.t4_ns, end_seen);
	cr_expect_eq(slot_in_epoch.seq, 2);
}

/* As `kt trace` does from outside, by the semaphore of kthread:slot. */
Test(harness_state, a_tracer_from_outside_gets_the_stamps_of_any_epoch)
{
	def.mode = BENCH_LATENCY;
	def.body = one_wake;
	set_up(0);
	slot_observe(1);
	bench_state_run(&st, 1, false);
	cr_expect(slot_observed(), "the epoch does not end the interest of others");
	slot_observe(-1);

	cr_expect_eq(slot_in_epoch.t0_ns, begin_seen);
	cr_expect_eq(slot_in_epoch.e2e_ns, end_seen - begin_seen);
}

/* The library may stamp first: the waker's earlier stamp stays, and one wake counts once. */
static void wake_with_library(struct bench_state *s)
{
	struct kthread_slot *slot = bench_slot(s);

	while (bench_keep_running(s)) {
		begin_seen = bench_request(s, slot);
		slot_request(slot);
		slot_resume(slot);
		end_seen = bench_resume(s, slot, begin_seen);
	}
	slot_in_epoch = *slot;
}

Test(harness_state, beside_the_librarys_stamps_the_drivers_own_figure_stands)
{
	def.mode = BENCH_LATENCY;
	def.body = wake_with_library;
	set_up(0);
	bench_state_run(&st, 1, true);

	cr_expect_eq(slot_in_epoch.t0_ns, begin_seen);
	cr_expect_eq(slot_in_epoch.t4_ns, end_seen);
	cr_expect_eq(slot_in_epoch.e2e_ns, end_seen - begin_seen);
	cr_expect_eq(slot_in_epoch.seq, 1);
}

Test(harness_state, the_driving_threads_slot_carries_the_arm_during_its_epochs_only)
{
	def.mode = BENCH_LATENCY;
	def.body = one_wake;
	set_up(1);
	bench_state_run(&st, 1, true);

	cr_expect_eq(slot_in_epoch.question, 5);
	cr_expect_eq(slot_in_epoch.arm, 1);
	cr_expect_eq(slot_self()->question, KTHREAD_SLOT_NONE);
	cr_expect_eq(slot_self()->arm, KTHREAD_SLOT_NONE);
}

Test(harness_state, parameters_and_cpus)
{
	def.body = count_rounds;
	set_up(0);

	cr_expect_str_eq(bench_param(&st, "cpu"), "same");
	cr_expect(bench_param_is(&st, "cpu", "same"));
	cr_expect_not(bench_param_is(&st, "nope", "same"));
	cr_expect_eq(bench_param_int(&st, "n"), 12);
	cr_expect_null(bench_param(&st, "nope"));
	cr_expect_eq(bench_cpu(&st, 0), 0);
	cr_expect_eq(bench_cpu(&st, 1), -1);
	cr_expect_str_eq(bench_arm(&st), "a");
	cr_expect_str_eq(bench_question(&st), "q/n=12/cpu=same");
}
