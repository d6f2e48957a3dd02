// SPDX-License-Identifier: GPL-2.0-only
/* report: from records to results: what is merged, what is compared, what is refused */
#include "tests/unit/report_test.h"

#include <criterion/parameterized.h>
#include <errno.h>
#include <math.h>

#include "lib/report/render.h"
#include "lib/record/record.h"

static char path[64], err[512];
static FILE *out;
static uint64_t clock_ns;

static void emit(json_t *record)
{
	cr_assert_not_null(record);
	cr_assert_eq(json_dumpf(record, out, JSON_COMPACT), 0);
	fputc('\n', out);
	json_decref(record);
}

static void begin(void)
{
	int fd;

	strcpy(path, "/tmp/kt-model-XXXXXX");
	fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	out = fdopen(fd, "w");
	clock_ns = 1000;
	emit(json_pack("{s:s, s:i, s:s, s:b}", "type", "header", "schema", 1, "tool", "bench",
		       "trace", 0));
}

static void finish(void)
{
	unlink(path);
}

TestSuite(report_model, .init = begin, .fini = finish, .timeout = 60);

static struct report *read_back(void)
{
	fclose(out);
	return load(path);
}

static void question(const char *name, const char *mode)
{
	emit(json_pack("{s:s, s:s, s:s, s:s, s:f, s:[s,s], s:{s:s}}", "type", "question",
		       "question", name, "mode", mode, "baseline", "old", "zone", 0.01, "arms",
		       "old", "new", "skipped", "gone", "not built in"));
}

/*
 * An epoch of @nr operations that all take about @ns; hist NULL stands for one that was not taken.
 */
static json_t *epoch(const char *arm, uint64_t ns, size_t nr)
{
	static struct hist h;
	uint64_t start = clock_ns;

	hist_init(&h, HIST_K_USER);
	for (size_t i = 0; i < nr; i++)
		hist_add(&h, ns + i % 3);
	clock_ns += ns * nr;
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:{s:i}, s:o}", "arm", arm, "iterations",
			 (json_int_t)nr, "start_ns", (json_int_t)start, "end_ns",
			 (json_int_t)clock_ns, "cpu_ns", (json_int_t)(ns * nr / 2), "counters",
			 "calls", 2, "hist", hist_to_json(&h));
}

static void block(const char *name, bool traced, json_t *old, json_t *new, double steal)
{
	json_t *epochs = json_array();

	if (old)
		json_array_append_new(epochs, old);
	if (new)
		json_array_append_new(epochs, new);
	emit(json_pack("{s:s, s:s, s:b, s:o, s:{s:f, s:n, s:i}}", "type", "block", "question", name,
		       "traced", traced, "epochs", epochs, "noise", "steal", steal, "psi_cpu",
		       "canary_ns", 1000));
}

/* Medians that go up and down a little, so that no two blocks agree and no neighbours correlate */
static uint64_t wobble(int i, uint64_t ns)
{
	static const int step[] = { 0, 7, -4, 3, -8, 5, 1, -6, 8, -2, 6, -5 };

	return ns + (uint64_t)((int64_t)ns * step[(i * 5) % 12] / 4000);
}

Test(report_model, blocks_merge_and_stay_aligned)
{
	struct report *r;

	question("q", "latency");
	for (int i = 0; i < 10; i++)
		block("q", false, epoch("old", 1000, 50),
		      i == 4 ? NULL : epoch("new", 2000 + 100 * (uint64_t)i, 50), 0);
	block("q", true, epoch("old", 5000, 30), epoch("new", 5000, 30), 0);
	emit(json_pack("{s:s, s:s}", "type", "end", "status", "complete"));
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
	cr_expect_eq(json_number_value(json_object_get(r->result[0].counters, "calls")), 20);
	cr_assert_eq(r->result[0].nr_p50, 10);
	cr_assert_eq(r->result[1].nr_p50, 10);
	cr_expect(isnan(r->result[1].block_p50[4]), "the missing arm leaves a hole");
	cr_expect(fabs(r->result[1].block_p50[5] - 2500) < 20, "%g", r->result[1].block_p50[5]);
	cr_assert_eq(r->nr_comparisons, 2);
	cr_expect_eq(r->comparison[0].c.nr_pairs, 9);
	cr_expect_str_eq(r->comparison[0].metric, "p50");
	cr_expect_str_eq(r->comparison[0].baseline, "old");
	cr_expect_str_eq(r->comparison[0].candidate, "new");
	cr_expect_str_eq(json_string_value(json_object_get(r->question[0].skipped, "gone")),
			 "not built in");
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
	cr_expect_eq(r->comparison[1].c.nr_pairs, 10);
	cr_expect_str_eq(r->comparison[1].metric, "p99");
	cr_expect_eq(r->comparison[0].c.verdict, VERDICT_REGRESSED);
	cr_expect(fabs(r->comparison[0].c.ratio - 1.2) < 0.01, "%g", r->comparison[0].c.ratio);
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

	cr_assert_eq(r->nr_comparisons, 2);
	cr_expect_eq(r->comparison[0].c.verdict, VERDICT_REGRESSED, "the median can be told");
	cr_expect_eq(r->comparison[1].c.verdict, VERDICT_INCONCLUSIVE);
	cr_expect(isnan(r->comparison[1].c.lo) && isnan(r->comparison[1].c.ratio));
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
	cr_assert_eq(r->nr_comparisons, 1, "no p99 of one value per block");
	cr_expect(fabs(r->comparison[0].c.ratio - 24.0 / 25) < 0.0001);
	cr_expect_eq(r->comparison[0].c.verdict, VERDICT_IMPROVED);
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
		block("calm", false, epoch("old", wobble(i, 90000), 50),
		      epoch("new", wobble(i, 99000), 50), 0.001);
		block("shaken", false, epoch("old", wobble(i, 90000), 50),
		      epoch("new", wobble(i, 99000), 50), i % 3 ? 0 : 0.05);
	}
	r = read_back();

	cr_assert_eq(r->nr_questions, 2);
	cr_expect_not(r->question[0].noise.unsteady);
	cr_expect_not(r->comparison[0].c.unstable);
	cr_expect(r->question[1].noise.unsteady);
	cr_expect_eq(r->question[1].noise.nr_noisy, 4);
	cr_expect(r->comparison[2].c.unstable);
	cr_expect_eq(r->question[1].nr_blocks, 12, "no block is left out");
	text = rendered(r, as_text);
	cr_expect(strstr(text, "unsteady machine: 4 of 12 blocks"), "and the text says why");
	free(text);
	report_free(r);
}

static json_t *trace_of(const char *question_name, const char *kind, const char *subject,
			const char *metric, uint64_t ns, size_t nr)
{
	static struct hist h;
	json_t *j = json_pack("{s:s, s:s}", "type", "trace", "subject", subject);

	hist_init(&h, HIST_K_BPF);
	for (size_t i = 0; i < nr; i++)
		hist_add(&h, ns);
	if (question_name)
		json_object_set_new(j, "question", json_string(question_name));
	if (kind)
		json_object_set_new(j, "kind", json_string(kind));
	json_object_set_new(j, "metrics", json_pack("{s:o}", metric, hist_to_json(&h)));
	return j;
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
	cr_expect_eq(r->nr_comparisons, 2, "what only the tracer saw has no verdict");
	report_free(r);
}

Test(report_model, subjects_of_a_trace_merge_over_intervals_and_sort_by_count)
{
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
	cr_expect_eq(json_integer_value(json_object_get(r->losses, "ring_full")), 6);
	cr_expect_eq(json_integer_value(json_object_get(r->counters, "filtered")), 15);
	cr_expect_eq(json_integer_value(json_object_get(r->cost, "events")), 300);
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

Test(report_model, files_put_together_by_cat_are_one_run)
{
	struct report *r;

	question("q", "latency");
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	emit(json_pack("{s:s, s:s}", "type", "end", "status", "complete"));
	emit(json_pack("{s:s, s:i}", "type", "header", "schema", 1));
	question("q", "latency");
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	r = read_back();

	cr_expect_eq(r->nr_questions, 1);
	cr_expect_eq(r->result[0].stats.count, 100);
	cr_expect_not(r->complete, "the second has no end");
	report_free(r);
}

Test(report_model, an_interrupted_run_is_not_complete)
{
	struct report *r;

	question("q", "latency");
	emit(json_pack("{s:s, s:s}", "type", "end", "status", "interrupted"));
	r = read_back();
	cr_expect_not(r->complete);
	cr_expect_eq(r->result[0].stats.count, 0);
	report_free(r);
}

#define Q "{\"type\":\"question\",\"question\":\"q\",\"mode\":\"latency\",\"arms\":[\"a\"]}\n"

struct bad_record {
	char lines[300], says[60];
};

ParameterizedTestParameters(report_model, hostile_records_are_refused_with_their_line)
{
	static struct bad_record records[] = {
		{ "{\"type\":\"question\"}\n", "line 2: a question without a name" },
		{ "{\"type\":\"question\",\"question\":7}\n", "line 2" },
		{ "{\"type\":\"question\",\"question\":\"q\",\"mode\":\"odd\"}\n", "unknown mode" },
		{ "{\"type\":\"question\",\"question\":\"q\",\"mode\":\"time\",\"arms\":{}}\n",
		  "list" },
		{ "{\"type\":\"question\",\"question\":\"q\",\"mode\":\"time\",\"arms\":[1]}\n",
		  "no string" },
		{ "{\"type\":\"block\",\"question\":\"q\",\"epochs\":[]}\n", "not announced" },
		{ Q "{\"type\":\"block\",\"question\":\"q\"}\n", "line 3: a block without epochs" },
		{ Q "{\"type\":\"block\",\"question\":\"q\",\"epochs\":[7]}\n", "line 3" },
		{ Q "{\"type\":\"block\",\"question\":\"q\",\"epochs\":[{\"arm\":\"b\"}]}\n",
		  "does not name" },
		{ Q
		  "{\"type\":\"block\",\"question\":\"q\",\"epochs\":[{\"arm\":\"a\",\"iterations\":-1}]}\n",
		  "no numbers" },
		{ Q
		  "{\"type\":\"block\",\"question\":\"q\",\"epochs\":[{\"arm\":\"a\",\"iterations\":1}]}\n",
		  "does not add up" },
		{ Q
		  "{\"type\":\"block\",\"question\":\"q\",\"epochs\":[{\"arm\":\"a\",\"hist\":{\"k\":7,"
		  "\"count\":9,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[5,1]]}}]}\n",
		  "does not add up" },
		{ "{\"type\":\"trace\",\"metrics\":{}}\n", "neither" },
		{ "{\"type\":\"trace\",\"kind\":\"work\",\"metrics\":[]}\n", "without metrics" },
		{ "{\"type\":\"trace\",\"kind\":\"work\",\"metrics\":{\"run\":{}}}\n",
		  "does not add up" },
		{ "{\"type\":\"trace\",\"question\":\"x\",\"metrics\":{}}\n", "not announced" },
		{ "{\"type\":\"failed\"}\n", "no question" },
	};

	return cr_make_param_array(struct bad_record, records,
				   sizeof(records) / sizeof(records[0]));
}

ParameterizedTest(struct bad_record *b, report_model, hostile_records_are_refused_with_their_line)
{
	struct report *r;

	fputs(b->lines, out);
	fclose(out);
	cr_expect_eq(report_load(&r, path, err, sizeof(err)), -EINVAL, "%s", b->lines);
	cr_expect_null(r);
	cr_expect(strstr(err, b->says), "'%s' does not say '%s'", err, b->says);
}

Test(report_model, odd_but_harmless_records_are_read)
{
	struct report *r;

	fputs("{\"type\":\"of another time\",\"x\":[{}]}\n" Q, out);
	fputs("{\"type\":\"block\",\"question\":\"q\",\"epochs\":[],\"noise\":\"loud\"}\n", out);
	fputs("{\"type\":\"losses\",\"losses\":[],\"counters\":{\"a\":-1,\"b\":\"x\",\"c\":9223372036854775807}}\n",
	      out);
	fputs("{\"type\":\"losses\",\"counters\":{\"c\":9223372036854775807}}\n", out);
	r = read_back();
	cr_expect_eq(json_integer_value(json_object_get(r->counters, "c")), INT64_MAX, "saturates");
	free(rendered(r, as_text));
	free(rendered(r, report_json));
	report_free(r);
}
