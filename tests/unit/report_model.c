// SPDX-License-Identifier: GPL-2.0-only
/* report: from records to results: what is merged, what is compared */
#include "tests/unit/report_records.h"

#include <math.h>

TestSuite(report_model, .init = begin, .fini = finish, .timeout = 60);

Test(report_model, blocks_merge_and_stay_aligned)
{
	struct report *r;

	question("q", "latency");
	for (int i = 0; i < 10; i++)
		block("q", false, epoch("old", 1000, 50),
		      i == 4 ? NULL : epoch("new", 2000 + 100 * (uint64_t)i, 50), 0);
	block("q", true, epoch("old", 5000, 30), epoch("new", 5000, 30), 0);
	end("complete");
	r = read_back();

	cr_assert_eq(r->nr_questions, 1);
	cr_assert_eq(r->nr_results, 2);
	cr_expect(r->complete);
	cr_expect_eq(r->question[0].nr_blocks, 10);
	cr_expect_eq(r->question[0].nr_traced_blocks, 1);
	cr_expect_eq(r->result[0].stats.count, 500);
	cr_expect_eq(r->result[1].stats.count, 450);
	cr_expect_eq(r->result[0].iterations, 500);
	cr_expect_eq(r->result[0].cpu_ns, 500 * 500);
	cr_expect_eq(r->result[0].traced->count, 30, "traced blocks stay apart");
	cr_expect_lt(r->result[0].stats.max, 1010);
	cr_assert_eq(r->result[0].nr_counters, 1);
	cr_expect_str_eq(r->result[0].counter[0].name, "calls");
	cr_expect_eq(r->result[0].counter[0].value, 20);
	cr_assert_eq(r->result[0].nr_p50, 10);
	cr_assert_eq(r->result[1].nr_p50, 10);
	cr_expect(isnan(r->result[1].block_p50[4]), "the missing arm leaves a hole");
	cr_expect(fabs(r->result[1].block_p50[5] - 2500) < 20, "%g", r->result[1].block_p50[5]);
	cr_assert_eq(r->nr_comparisons, NR_JUDGE_METRICS);
	for (int m = 0; m < NR_JUDGE_METRICS; m++) {
		cr_expect_eq((int)r->comparison[m].j.metric, m);
		cr_expect(r->comparison[m].of_blocks);
		cr_expect_eq(r->comparison[m].j.nr, m ? 9 : r->comparison[m].j.nr);
	}
	cr_expect_str_eq(r->comparison[0].baseline, "old");
	cr_expect_str_eq(r->comparison[0].candidate, "new");
	cr_assert_eq(r->question[0].nr_skipped, 1);
	cr_expect_str_eq(r->question[0].skipped[0].arm, "gone");
	cr_expect_str_eq(r->question[0].skipped[0].reason, "not built in");
	report_free(r);
}

/*
 * p99 of a block needs 1000 operations: with 250 four blocks are taken together, 40 blocks are 10
 * pairs
 */
Test(report_model, tails_take_neighbouring_blocks_together)
{
	struct report *r;

	question("q", "latency");
	for (int i = 0; i < 42; i++)
		block("q", false, epoch("old", wobble(i, 100000), 250),
		      epoch("new", wobble(i + 3, 120000), 250), 0);
	r = read_back();

	cr_expect_eq(r->result[0].nr_p50, 42);
	cr_expect_eq(r->result[0].nr_p99, 10);
	cr_expect_eq(r->result[1].nr_p99, 10);
	cr_expect_eq(r->comparison[JUDGE_P99].j.nr, 42, "its verdict is of all operations");
	cr_expect_eq(r->comparison[0].j.verdict, VERDICT_SLOWER);
	cr_expect(fabs(r->comparison[0].j.ratio - 1.2) < 0.01, "%g", r->comparison[0].j.ratio);
	cr_expect_not(r->complete, "no end");
	report_free(r);
}

Test(report_model, tails_of_too_few_operations_are_inconclusive_without_interval)
{
	struct report *r;

	question("q", "latency");
	for (int i = 0; i < 20; i++)
		block("q", false, epoch("old", wobble(i, 100000), 40),
		      epoch("new", wobble(i, 150000), 40), 0);
	r = read_back();

	cr_assert_eq(r->nr_comparisons, NR_JUDGE_METRICS);
	cr_expect_eq(r->comparison[0].j.verdict, VERDICT_SLOWER, "the median can be told");
	cr_expect_eq(r->comparison[JUDGE_P99].j.verdict, VERDICT_INCONCLUSIVE);
	cr_expect_eq(r->comparison[JUDGE_P99].j.reason, JUDGE_FEW_VALUES);
	cr_expect(isnan(r->comparison[JUDGE_P99].j.lo));
	report_free(r);
}

/* 24.8 ns and 25 ns are the same in whole ns; the epochs' ends tell them apart */
Test(report_model, mode_time_is_exact_below_a_nanosecond)
{
	struct report *r;

	question("q", "time");
	for (int i = 0; i < 20; i++) {
		json_t *old = epoch("old", 25, 1), *new = epoch("new", 25, 1);
		uint64_t wob = wobble(i, 1000000) - 1000000;

		json_object_set_new(old, "iterations", json_integer(1000000));
		json_object_set_new(old, "start_ns", json_integer(0));
		json_object_set_new(old, "end_ns", json_integer(25000000 + (json_int_t)wob));
		json_object_set_new(new, "iterations", json_integer(1000000));
		json_object_set_new(new, "start_ns", json_integer(0));
		json_object_set_new(new, "end_ns", json_integer(24000000 + (json_int_t)wob));
		block("q", false, old, new, 0);
	}
	r = read_back();

	cr_expect(fabs(r->result[0].stats.p50 - 25) < 0.005, "%g", r->result[0].stats.p50);
	cr_expect(fabs(r->result[1].stats.mean - 24) < 0.005, "%g", r->result[1].stats.mean);
	cr_expect_eq(r->result[0].stats.count, 20, "one value per epoch");
	cr_assert_eq(r->nr_comparisons, 2, "no p99 of one value per block");
	cr_expect(fabs(r->comparison[0].j.ratio - 24.0 / 25) < 0.0001);
	cr_expect_eq(r->comparison[0].j.verdict, VERDICT_FASTER);
	cr_expect(fabs(r->comparison[JUDGE_MEAN].j.ratio - 24.0 / 25) < 0.0001);
	cr_expect_eq(r->comparison[JUDGE_MEAN].j.verdict, VERDICT_FASTER);
	report_free(r);
}

Test(report_model, quantiles_need_ten_values_beyond_them)
{
	static struct hist h;
	struct report_stats s;

	hist_init(&h, HIST_K_USER);
	s = report_stats(&h);
	cr_expect(isnan(s.p50) && isnan(s.mean) && isnan(s.max));
	for (int i = 0; i < 999; i++)
		hist_add(&h, 100);
	s = report_stats(&h);
	cr_expect_not(isnan(s.p90));
	cr_expect(isnan(s.p99));
	hist_add(&h, 100);
	s = report_stats(&h);
	cr_expect_not(isnan(s.p99));
	cr_expect(isnan(s.p999));
}

Test(report_model, a_machine_that_was_unsteady_makes_verdicts_unstable)
{
	struct report *r;
	char *text;

	question("calm", "latency");
	question("shaken", "latency");
	for (int i = 0; i < 12; i++) {
		block("calm", false, epoch("old", wobble(i, 9000000), 50),
		      epoch("new", wobble(i, 9900000), 50), 0.001);
		block("shaken", false, epoch("old", wobble(i, 9000000), 50),
		      epoch("new", wobble(i, 9900000), 50), i % 3 ? 0 : 0.05);
	}
	r = read_back();

	cr_assert_eq(r->nr_questions, 2);
	cr_expect_not(r->question[0].noise.unsteady);
	cr_expect_not(r->comparison[0].unstable);
	cr_expect(r->question[1].noise.unsteady);
	cr_expect_eq(r->question[1].noise.nr_noisy, 4);
	cr_expect(r->comparison[NR_JUDGE_METRICS].unstable);
	cr_expect_eq(r->question[1].nr_blocks, 12, "no block is left out");
	text = rendered(r, as_text);
	cr_expect(strstr(text, "unsteady machine: 4 of 12 half seconds"), "and the text says why");
	free(text);
	report_free(r);
}

/*
 * Steal comes in ticks of 10 ms: in blocks of 10 ms one tick is all of it, and a block in fifty that
 * had one is 2 % noisy at any length. Blocks are taken together to half seconds.
 */
Test(report_model, a_tick_of_steal_in_a_short_block_is_not_much)
{
	struct report *r;

	question("few", "latency");
	question("many", "latency");
	question("little", "latency");
	for (int i = 0; i < 400; i++) {
		block("few", false, epoch("old", wobble(i, 100000), 50),
		      epoch("new", wobble(i, 100000), 50), i % 4 ? 0 : 0.04);
		block("many", false, epoch("old", wobble(i, 100000), 50),
		      epoch("new", wobble(i, 100000), 50), i % 4 ? 0 : 0.4);
		/* 2.4 % of half a second are 12 ms: a tick, or two */
		block("little", false, epoch("old", wobble(i, 100000), 50),
		      epoch("new", wobble(i, 100000), 50), 0.024);
	}
	r = read_back();

	cr_expect_eq(r->question[0].noise.nr_windows, 8, "%zu", r->question[0].noise.nr_windows);
	cr_expect_eq(r->question[0].noise.nr_noisy, 0, "%zu", r->question[0].noise.nr_noisy);
	cr_expect_not(r->question[0].noise.unsteady);
	cr_expect_not(r->question[2].noise.unsteady);
	cr_expect_eq(r->question[1].noise.nr_noisy, 8, "%zu", r->question[1].noise.nr_noisy);
	cr_expect(r->question[1].noise.unsteady);
	cr_expect(fabs(r->question[1].noise.steal_max - 0.1) < 0.01);
	report_free(r);
}

Test(report_model, phases_go_to_their_arm_and_other_subjects_stand_beside)
{
	struct report *r;

	question("q", "latency");
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	block("q", true, epoch("old", 1200, 50), epoch("new", 1300, 50), 0);
	emit(trace_of("q", NULL, "old", "end_to_end", 1200, 40));
	emit(trace_of("q", NULL, "old", "runq", 700, 40));
	emit(trace_of("q", NULL, "old", "runq", 700, 2));
	emit(trace_of("q", NULL, "kernel", "delay_idle", 3000, 9));
	r = read_back();

	cr_assert_eq(r->nr_results, 3);
	cr_assert_not_null(r->result[0].phase[PHASE_RUNQ]);
	cr_expect_eq(r->result[0].phase[PHASE_RUNQ]->count, 42);
	cr_expect_eq(r->result[0].phase[PHASE_END_TO_END]->count, 40);
	cr_expect_null(r->result[0].phase[PHASE_CALL]);
	cr_expect_null(r->result[1].phase[PHASE_RUNQ]);
	cr_expect(r->result[2].from_trace);
	cr_expect_str_eq(r->result[2].main_metric, "delay_idle");
	cr_expect_eq(r->result[2].stats.count, 9);
	cr_expect_eq(r->nr_comparisons, NR_JUDGE_METRICS,
		     "what only the tracer saw has no verdict");
	report_free(r);
}

Test(report_model, subjects_of_a_trace_merge_over_intervals_and_sort_by_count)
{
	const struct report_tracing *tracing;
	struct report *r;

	for (int i = 0; i < 3; i++) {
		emit(trace_of(NULL, "work", "few", "delay_idle", 1000, 2));
		emit(trace_of(NULL, "work", "many", "delay_idle", 1000, 20));
		emit(trace_of(NULL, "work", "many", "delay_busy", 50000, 5));
		emit(json_pack("{s:s, s:n, s:{s:i}, s:{s:i}, s:i, s:i, s:i}", "type", "losses",
			       "question", "losses", "ring_full", 2, "counters", "filtered", 5,
			       "events", 100, "bpf_ns", 7, "cpu_ns", 9));
	}
	r = read_back();

	cr_assert_eq(r->nr_results, 2);
	cr_expect_str_eq(r->result[0].name, "many");
	cr_expect_str_eq(r->result[0].main_metric, "delay_idle");
	cr_expect_eq(r->result[0].stats.count, 60, "idle alone");
	cr_expect_float_eq(r->result[0].stats.max, 1000, 1e-9, "no busy one among them");
	cr_expect_eq(r->result[0].events, 75);
	cr_assert_not_null(report_metric_hist(&r->result[0], "delay_busy"));
	cr_expect_eq(report_metric_hist(&r->result[0], "delay_busy")->count, 15);
	cr_expect_eq(r->result[1].stats.count, 6);
	tracing = &r->run[0].tracing;
	cr_assert_eq(tracing->nr_losses, 1);
	cr_expect_str_eq(tracing->loss[0].name, "ring_full");
	cr_expect_eq(tracing->loss[0].value, 6);
	cr_assert_eq(tracing->nr_counters, 1);
	cr_expect_eq(tracing->counter[0].value, 15);
	cr_expect_eq(tracing->events, 300);
	cr_expect_eq(tracing->bpf_ns, 21);
	report_free(r);
}

Test(report_model, delays_on_a_busy_worker_never_stand_for_those_on_an_idle_one)
{
	struct report *r;

	question("q", "latency");
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	emit(trace_of("q", NULL, "kernel", "delay_busy", 90000, 9));
	emit(trace_of(NULL, "work", "only_busy", "delay_busy", 50000, 5));
	emit(trace_of(NULL, "work", "both", "delay_busy", 50000, 90));
	emit(trace_of(NULL, "work", "both", "delay_idle", 1000, 1));
	r = read_back();

	cr_assert_eq(r->nr_results, 5);
	cr_expect_str_eq(r->result[2].name, "kernel");
	cr_expect_str_eq(r->result[2].main_metric, "delay_idle");
	cr_expect_eq(r->result[2].stats.count, 0);
	cr_expect(isnan(r->result[2].stats.p50));
	cr_expect_eq(report_metric_hist(&r->result[2], "delay_busy")->count, 9);
	cr_expect_str_eq(r->result[3].name, "both", "sorted by all its works");
	cr_expect_str_eq(r->result[3].main_metric, "delay_idle");
	cr_expect_eq(r->result[3].stats.count, 1);
	cr_expect_str_eq(r->result[4].main_metric, "delay_busy");
	cr_expect_eq(r->result[4].stats.count, 5);
	report_free(r);
}

Test(report_model, an_interrupted_run_is_not_complete)
{
	struct report *r;

	question("q", "latency");
	end("interrupted");
	r = read_back();
	cr_expect_not(r->complete);
	cr_expect_eq(r->result[0].stats.count, 0);
	report_free(r);
}

/* What the record says stands for a subject; records of schema 1 do not say it. */
Test(report_model, the_main_metric_is_the_one_that_the_record_names)
{
	json_t *t = trace_of(NULL, "wakeup", "thread", "kernel", 1000, 9);
	struct report *r;

	json_object_set_new(t, "main_metric", json_string("end_to_end"));
	emit(t);
	emit(trace_of(NULL, "wakeup", "thread", "end_to_end", 3000, 5));
	emit(trace_of(NULL, "wakeup", "older", "kernel", 1000, 2));
	emit(trace_of(NULL, "wakeup", "older", "end_to_end", 3000, 1));
	r = read_back();

	cr_assert_eq(r->nr_results, 2);
	cr_expect_str_eq(r->result[0].name, "thread");
	cr_expect_str_eq(r->result[0].main_metric, "end_to_end");
	cr_expect_eq(r->result[0].stats.count, 5);
	cr_expect_str_eq(r->result[1].main_metric, "woken");
	report_free(r);
}
