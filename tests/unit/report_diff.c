// SPDX-License-Identifier: GPL-2.0-only
/*
 * kt diff: which runs are on which side, what becomes of their arms, and in what the sides differ.
 *
 * The golden records are made by tests/golden/make_run.py; after a wanted change read the difference,
 * then
 *   build/kt diff --full tests/golden/runs_base.jsonl -- tests/golden/runs_new.jsonl >tests/golden/runs.txt
 *   build/kt diff -f json tests/golden/runs_base.jsonl -- tests/golden/runs_new.jsonl >tests/golden/runs.json
 */
#include "tests/unit/report_records.h"

#include <math.h>

#include "lib/measure/ranks.h"
#include "lib/report/diff.h"

#define A     "old" /* the arms of question() */
#define B     "new"
#define NS    100000
#define QUIET 0.0

static char file[NR_DIFF_SIDES][64];
static FILE *stream[NR_DIFF_SIDES];
static unsigned int nr_ids;
static struct diff *d;

static void begin_sides(void)
{
	for (int s = 0; s < NR_DIFF_SIDES; s++) {
		int fd;

		strcpy(file[s], "/tmp/kt-diff-XXXXXX");
		fd = mkstemp(file[s]);
		cr_assert_geq(fd, 0);
		stream[s] = fdopen(fd, "w");
	}
	clock_ns = 1000;
}

static void finish_sides(void)
{
	diff_free(d);
	for (int s = 0; s < NR_DIFF_SIDES; s++)
		unlink(file[s]);
}

TestSuite(report_diff, .init = begin_sides, .fini = finish_sides, .timeout = 120);

/* The next run goes to side @s. */
static void begin_run_of(enum diff_side s, const char *kernel)
{
	char id[64];

	out = stream[s];
	snprintf(id, sizeof(id), "00000000-0000-4000-8000-%012u", ++nr_ids);
	header(id, 1);
	environment("host", kernel);
}

/* In mode "time" a figure is exactly what it was given. */
static void measure(const char *name, uint64_t a, uint64_t b, double steal)
{
	question(name, "time");
	for (int i = 0; i < 2; i++)
		block(name, false, epoch(A, a, 50), epoch(B, b, 50), steal);
}

static void run_of(enum diff_side s, uint64_t a, uint64_t b)
{
	begin_run_of(s, "6.1");
	measure("q", a, b, QUIET);
	end("complete");
}

static int read_sides(char *err, size_t errlen)
{
	int ret = 0;

	d = diff_new();
	cr_assert_not_null(d);
	for (int s = 0; s < NR_DIFF_SIDES; s++) {
		fclose(stream[s]);
		if (!ret)
			ret = diff_read(d, (enum diff_side)s, file[s], err, errlen);
	}
	return ret ? ret : diff_finish(d, err, errlen);
}

static void compare_sides(void)
{
	char err[512] = "";

	cr_assert_eq(read_sides(err, sizeof(err)), 0, "%s", err);
}

static const struct diff_row *row_of(const char *question_name, const char *arm)
{
	for (size_t i = 0; i < d->nr_rows; i++)
		if (!strcmp(d->row[i].question, question_name) && !strcmp(d->row[i].arm, arm))
			return &d->row[i];
	cr_assert_fail("no row %s %s", question_name, arm);
	return NULL;
}

static const struct diff_fact *fact_of(const char *name)
{
	for (size_t i = 0; i < d->nr_facts; i++)
		if (!strcmp(d->fact[i].name, name))
			return &d->fact[i];
	return NULL;
}

static int render_text(FILE *to, const struct report *unused)
{
	(void)unused;
	d->full = true;
	return diff_format_named("text")->render(to, d, NULL);
}

static int render_json(FILE *to, const struct report *unused)
{
	(void)unused;
	return diff_format_named("json")->render(to, d, NULL);
}

static void says(const char *what)
{
	char *text = rendered(NULL, render_text);

	cr_expect(strstr(text, what), "no \"%s\" in\n%s", what, text);
	free(text);
}

/* ---- verdicts -------------------------------------------------------------------------------- */

Test(report_diff, an_arm_that_became_slower_has_regressed_and_only_that_arm)
{
	const struct diff_figure *f;

	for (int i = 0; i < 6; i++) {
		run_of(DIFF_BASE, wobble(i, NS), wobble(i + 3, NS));
		run_of(DIFF_NEW, wobble(i + 2, NS), wobble(i + 1, NS * 104 / 100));
	}
	compare_sides();

	cr_expect_eq(d->nr_compared, 2);
	cr_expect_eq(d->nr_changes[DIFF_REGRESSED], 1);
	cr_expect_eq(d->nr_changes[DIFF_UNCHANGED], 1);
	cr_expect_eq(row_of("q", A)->change, DIFF_UNCHANGED);
	cr_expect_eq(row_of("q", B)->change, DIFF_REGRESSED);
	f = &row_of("q", B)->figure[JUDGE_P50];
	cr_expect(fabs(f->ratio - 1.04) < 0.002, "%g", f->ratio);
	cr_expect(f->lo < f->ratio && f->ratio < f->hi && f->lo > 1.03 && f->hi < 1.05);
	cr_expect(f->confidence >= 0.95 && f->q <= 0.05);
	cr_expect_eq(f->nr[DIFF_BASE], 6);
	says("1 of 2 regressed: q new p50 1.04");
	says("; 1 unchanged\n");
}

Test(report_diff, an_arm_that_became_faster_has_improved)
{
	for (int i = 0; i < 6; i++) {
		run_of(DIFF_BASE, wobble(i, NS), wobble(i, NS));
		run_of(DIFF_NEW, wobble(i + 2, NS), wobble(i + 1, NS * 96 / 100));
	}
	compare_sides();

	cr_expect_eq(row_of("q", B)->change, DIFF_IMPROVED);
	says("0 of 2 regressed; 1 improved, 1 unchanged\n");
}

Test(report_diff, within_the_zone_nothing_is_called_however_sure_it_is)
{
	for (int i = 0; i < 8; i++) {
		run_of(DIFF_BASE, NS + (uint64_t)i, NS);
		run_of(DIFF_NEW, NS * 1005 / 1000 + (uint64_t)i, NS);
	}
	compare_sides();

	cr_expect(row_of("q", A)->figure[JUDGE_P50].q < 0.001);
	cr_expect_eq(row_of("q", A)->change, DIFF_UNCHANGED);
}

Test(report_diff, single_runs_are_advice_and_no_verdict)
{
	run_of(DIFF_BASE, NS, NS);
	for (int i = 0; i < 40; i++)
		run_of(DIFF_NEW, wobble(i, NS), wobble(i, 2 * NS));
	compare_sides();

	cr_expect(d->advisory);
	cr_expect_eq(d->nr_changes[DIFF_REGRESSED], 0);
	cr_expect_eq(d->nr_moved, 1);
	cr_expect_eq(row_of("q", B)->figure[JUDGE_P50].reason, DIFF_ADVISORY);
	cr_expect(isnan(row_of("q", B)->figure[JUDGE_P50].lo), "whatever the other side has");
	says("advisory, 1 run against 40: 1 of 2 moved by more than their zone");
}

Test(report_diff, few_runs_have_no_interval_and_how_many_are_missing_is_said)
{
	for (int i = 0; i < 2; i++) {
		run_of(DIFF_BASE, wobble(i, NS), NS);
		run_of(DIFF_NEW, wobble(i, 2 * NS), NS);
	}
	compare_sides();

	cr_expect_not(d->advisory);
	cr_expect_eq(row_of("q", A)->change, DIFF_INCONCLUSIVE);
	cr_expect_eq(row_of("q", A)->figure[JUDGE_P50].reason, DIFF_FEW_RUNS);
	cr_expect_eq(row_of("q", A)->figure[JUDGE_P50].runs_needed, 4);
	says("2 runs a side give no interval: 2 more would");
}

#define MANY 30

/* One of many that moved may be chance, when so few runs are all that is there. */
static void many_questions(int runs, int shifted)
{
	for (int i = 0; i < runs; i++)
		for (int s = 0; s < NR_DIFF_SIDES; s++) {
			begin_run_of((enum diff_side)s, "6.1");
			for (int q = 0; q < MANY; q++) {
				uint64_t ns = s && q < shifted ? NS * 11 / 10 : NS;
				char name[16];

				snprintf(name, sizeof(name), "q%d", q);
				measure(name, wobble(i + q + s, ns), wobble(i * 2 + q + s, ns),
					QUIET);
			}
			end("complete");
		}
	compare_sides();
	cr_expect_eq(d->family, 4 * MANY, "two arms, p50 and mean");
}

Test(report_diff, one_of_many_is_not_called_with_few_runs)
{
	const struct diff_figure *f;

	many_questions(5, 1);

	f = &row_of("q0", A)->figure[JUDGE_P50];
	cr_expect(f->lo > 1.05, "the interval alone would call it");
	cr_expect_eq(f->verdict, VERDICT_INCONCLUSIVE);
	cr_expect_eq(f->reason, DIFF_FAMILY);
	cr_expect_eq(f->runs_needed, ranks_least_side(0.05 / (4 * MANY)));
	says("with 5 runs a side one of 120 figures cannot be told from chance: 3 more would do, or --filter");
}

Test(report_diff, when_all_of_them_move_few_runs_do)
{
	many_questions(5, MANY);

	cr_expect_eq(d->nr_changes[DIFF_REGRESSED], 2 * MANY);
	says("60 of 60 regressed: ");
	says("; and 57 more");
}

Test(report_diff, more_runs_call_the_one)
{
	many_questions(8, 1);

	cr_expect_eq(d->nr_changes[DIFF_REGRESSED], 2);
	cr_expect_eq(row_of("q0", A)->change, DIFF_REGRESSED);
	cr_expect_eq(row_of("q1", A)->change, DIFF_UNCHANGED);
}

static bool is_q3(const char *name, void *arg)
{
	return !strcmp(name, arg);
}

Test(report_diff, a_filter_makes_the_family_small)
{
	char err[512];

	for (int i = 0; i < 4; i++)
		for (int s = 0; s < NR_DIFF_SIDES; s++) {
			begin_run_of((enum diff_side)s, "6.1");
			for (int q = 0; q < 6; q++) {
				char name[16];

				snprintf(name, sizeof(name), "q%d", q);
				measure(name, NS + (uint64_t)(i + s * (q == 3 ? NS / 4 : 0)), NS,
					QUIET);
			}
			end("complete");
		}
	d = diff_new();
	d->wanted = is_q3;
	d->wanted_arg = (void *)"q3";
	for (int s = 0; s < NR_DIFF_SIDES; s++) {
		fclose(stream[s]);
		cr_assert_eq(diff_read(d, (enum diff_side)s, file[s], err, sizeof(err)), 0);
	}
	cr_assert_eq(diff_finish(d, err, sizeof(err)), 0);

	cr_expect_eq(d->nr_compared, 2);
	cr_expect_eq(row_of("q3", A)->figure[JUDGE_P50].reason, DIFF_FAMILY, "p 0.029 of four");
}

Test(report_diff, on_an_unsteady_machine_nothing_counts_as_regressed)
{
	for (int i = 0; i < 6; i++) {
		run_of(DIFF_BASE, wobble(i, NS), NS);
		begin_run_of(DIFF_NEW, "6.1");
		/* Long enough for windows of half a second. */
		for (int k = 0; k < 32; k++)
			measure("q", wobble(i, 2 * NS), NS, i < 4 ? 0.5 : QUIET);
		end("complete");
	}
	compare_sides();

	cr_expect_eq(row_of("q", A)->nr_unsteady[DIFF_NEW], 4);
	cr_expect_eq(row_of("q", A)->change, DIFF_UNSTABLE);
	cr_expect_eq(d->nr_changes[DIFF_REGRESSED], 0);
	cr_expect_eq(d->nr_changes[DIFF_UNSTABLE], 2);
	says("unsteady in 4 of 6 new runs");
	says("unstable: regressed");
}

Test(report_diff, zeros_have_no_ratio)
{
	for (int i = 0; i < 4; i++) {
		begin_run_of(DIFF_BASE, "6.1");
		question("q", "latency");
		block("q", false, epoch(A, 0, 1), epoch(B, NS, 50), QUIET);
		end("complete");
		begin_run_of(DIFF_NEW, "6.1");
		question("q", "latency");
		block("q", false, epoch(A, NS, 50), epoch(B, NS, 50), QUIET);
		end("complete");
	}
	compare_sides();

	cr_expect_eq(row_of("q", A)->figure[JUDGE_P50].reason, DIFF_ZEROS);
	says("zeros have no ratio");
}

/* Their interval is a single point, which the ratio of the medians misses by how it was rounded. */
Test(report_diff, runs_that_are_all_alike_do_not_come_in_groups)
{
	for (uint64_t ns = NS; ns < NS + 20; ns++) {
		for (int i = 0; i < 4; i++) {
			run_of(DIFF_BASE, ns, NS);
			run_of(DIFF_NEW, ns * 13 / 10, NS + 7);
		}
		compare_sides();
		cr_expect_not(row_of("q", A)->figure[JUDGE_P50].apart);
		cr_expect_not(row_of("q", B)->figure[JUDGE_P50].apart);
		finish_sides();
		d = NULL;
		begin_sides();
	}
}

/* Whatever the runs are, the ratio lies in its interval and on the side that the verdict says. */
Test(report_diff, no_verdict_contradicts_its_figures)
{
	unsigned int seed = 7;

	for (int trial = 0; trial < 40; trial++) {
		size_t nr[NR_DIFF_SIDES] = { 2 + (size_t)rand_r(&seed) % 8,
					     2 + (size_t)rand_r(&seed) % 8 };
		int kind = trial % 4;

		for (int s = 0; s < NR_DIFF_SIDES; s++)
			for (size_t i = 0; i < nr[s]; i++) {
				uint64_t noise = (uint64_t)rand_r(&seed) % 3000;
				uint64_t group = kind == 1 && rand_r(&seed) % 2 ? NS : 0;
				uint64_t shift = kind == 2 && s ? NS / 20 : 0;

				run_of((enum diff_side)s, NS + noise + group + shift,
				       kind == 3 ? NS : NS + noise % 5 * 600);
			}
		compare_sides();
		for (size_t i = 0; i < d->nr_rows; i++) {
			const struct diff_figure *f = &d->row[i].figure[JUDGE_P50];

			cr_expect(isnan(f->lo) || (f->lo <= f->ratio && f->ratio <= f->hi));
			cr_expect(f->verdict != VERDICT_SLOWER || f->ratio > 1 + f->zone);
			cr_expect(f->verdict != VERDICT_FASTER || f->ratio < 1 - f->zone / 2);
			cr_expect(f->verdict == VERDICT_INCONCLUSIVE || f->reason == DIFF_DECIDED);
			cr_expect(f->apart || f->verdict != VERDICT_SLOWER || f->shown > 1);
		}
		finish_sides();
		d = NULL;
		begin_sides();
	}
}

/* ---- runs ------------------------------------------------------------------------------------ */

Test(report_diff, a_run_that_stands_twice_counts_once_and_the_whole_copy_counts)
{
	char *whole, *last;

	for (int i = 0; i < 4; i++) {
		run_of(DIFF_BASE, wobble(i, NS), NS);
		run_of(DIFF_NEW, wobble(i + 1, NS), NS);
	}
	fflush(stream[DIFF_BASE]);
	whole = file_text(file[DIFF_BASE]);
	/* Once more, the last run torn; then whole again. */
	last = strrchr(whole, '\n');
	fwrite(whole, 1, (size_t)(last - whole) - 60, stream[DIFF_BASE]);
	fputc('\n', stream[DIFF_BASE]);
	fputs(whole, stream[DIFF_BASE]);
	free(whole);
	compare_sides();

	cr_expect_eq(d->nr[DIFF_BASE], 4);
	cr_expect_eq(row_of("q", A)->nr[DIFF_BASE], 4);
	cr_expect_eq(d->run[0].copies, 3);
	says("; 4 stand there more than once and count once");
}

Test(report_diff, a_torn_run_gives_way_to_its_whole_copy)
{
	char *whole, *cut;

	run_of(DIFF_BASE, NS, NS);
	run_of(DIFF_NEW, NS, NS);
	fflush(stream[DIFF_BASE]);
	whole = file_text(file[DIFF_BASE]);
	rewind(stream[DIFF_BASE]);
	cut = strstr(whole, "{\"type\": \"end\"");
	if (!cut)
		cut = strstr(whole, "{\"type\":\"end\"");
	cr_assert_not_null(cut);
	fwrite(whole, 1, (size_t)(cut - whole), stream[DIFF_BASE]);
	fputs(whole, stream[DIFF_BASE]);
	free(whole);
	compare_sides();

	cr_expect_eq(d->nr[DIFF_BASE], 1);
	cr_expect_eq(d->nr_runs, 3);
	cr_expect(d->run[0].left_out && !d->run[1].left_out && d->run[1].complete);
	cr_expect_eq(d->run[1].copies, 2);
	cr_expect_eq(row_of("q", A)->nr[DIFF_BASE], 1, "its figures count once");
}

Test(report_diff, a_run_on_both_sides_is_refused)
{
	char err[512] = "";

	run_of(DIFF_BASE, NS, NS);
	nr_ids--;
	run_of(DIFF_NEW, NS, NS);

	cr_expect_eq(read_sides(err, sizeof(err)), -EINVAL);
	cr_expect(strstr(err, "run 00000000-0000-4000-8000-000000000001 stands on both sides, in "),
		  "%s", err);
}

static void header_of(const char *tool, const char *kind)
{
	json_t *h =
		json_pack("{s:s, s:i, s:s, s:s, s:s}", "type", "header", "schema", 2, "tool", tool,
			  "id", "00000000-0000-4000-8000-00000000000f", "version", "0.1.0");

	if (kind)
		json_object_set_new(h, "kind", json_string(kind));
	emit(h);
}

static void drops_run(const char *tool, const char *kind, const char *reason)
{
	char err[512] = "";

	run_of(DIFF_BASE, NS, NS);
	run_of(DIFF_NEW, NS, NS);
	header_of(tool, kind);
	measure("q", NS, NS, QUIET);
	end("complete");
	cr_assert_eq(read_sides(err, sizeof(err)), 0, "%s", err);

	cr_expect_eq(d->nr[DIFF_NEW], 1);
	cr_expect_eq(d->store->nr_drops, 1);
	cr_expect_eq(d->store->drop[0].kind, DROP_RUN);
	cr_expect(strstr(d->store->drop[0].reason, reason), "%s", d->store->drop[0].reason);
	cr_expect(d->store->lost_question);
	says("dropped: 1 run; everything else is compared\n  run: it ");
}

Test(report_diff, a_trace_costs_itself)
{
	drops_run("trace", NULL, "a trace, not a run of kt bench");
}

Test(report_diff, a_run_of_two_builds_costs_itself)
{
	drops_run("bench", "builds", "compares two builds by itself");
}

Test(report_diff, a_run_of_two_settings_costs_itself)
{
	drops_run("bench", "settings", "compares two settings by itself");
}

Test(report_diff, a_side_without_a_run_is_refused_with_the_reason)
{
	char err[512] = "";

	run_of(DIFF_BASE, NS, NS);
	out = stream[DIFF_NEW];
	header_of("trace", NULL);

	cr_expect_eq(read_sides(err, sizeof(err)), -EINVAL);
	cr_expect(!strncmp(err, "new has no run to compare: ", 27) && strstr(err, "a trace"), "%s",
		  err);
}

Test(report_diff, what_only_one_side_has_is_named_and_not_compared)
{
	begin_run_of(DIFF_BASE, "6.1");
	measure("both", NS, NS, QUIET);
	measure("gone", NS, NS, QUIET);
	end("complete");
	begin_run_of(DIFF_NEW, "6.1");
	measure("come", NS, NS, QUIET);
	measure("both", NS, NS, QUIET);
	end("complete");
	compare_sides();

	cr_expect_eq(d->nr_compared, 2);
	says("only in base, not compared: gone old, gone new\n");
	says("only in new, not compared: come old, come new\n");
}

Test(report_diff, nothing_in_common_is_no_error_of_the_input)
{
	begin_run_of(DIFF_BASE, "6.1");
	measure("gone", NS, NS, QUIET);
	begin_run_of(DIFF_NEW, "6.1");
	measure("come", NS, NS, QUIET);
	compare_sides();

	cr_expect_eq(d->nr_compared, 0);
	says("nothing to compare: ");
}

/* ---- in what the sides differ ---------------------------------------------------------------- */

Test(report_diff, kernels_that_differ_are_named_first)
{
	begin_run_of(DIFF_BASE, "6.1.0");
	measure("q", NS, NS, QUIET);
	begin_run_of(DIFF_NEW, "6.12.0");
	measure("q", NS, NS, QUIET);
	compare_sides();

	cr_expect_eq(d->nr_facts, 1);
	says("what differs between the sides:\n  kernel: 6.1.0 -> 6.12.0\n");
}

Test(report_diff, when_nothing_differs_that_is_said)
{
	run_of(DIFF_BASE, NS, NS);
	run_of(DIFF_NEW, NS, NS);
	compare_sides();

	cr_expect_eq(d->nr_facts, 0);
	says("nothing that is recorded of machine, kernel, settings and builds differs between the sides\n");
}

Test(report_diff, runs_of_a_side_that_differ_are_named)
{
	for (int i = 0; i < 3; i++) {
		begin_run_of(DIFF_BASE, i ? "6.1" : "6.2");
		measure("q", NS, NS, QUIET);
	}
	run_of(DIFF_NEW, NS, NS);
	compare_sides();

	cr_expect(fact_of("kernel")->between);
	says("  kernel: 6.2 (1 run), 6.1 (2 runs) -> 6.1\n");
	says("runs of base differ among themselves:\n  kernel: 6.2 (1 run), 6.1 (2 runs)\n");
}

static void environment_of(const char *governor, double load, const char *variable)
{
	emit(json_pack("{s:s, s:s, s:{s:s}, s:{s:s?}, s:{s:[f,f,f]}, s:{s:s*}, s:{s:f}, s:{s:s}}",
		       "type", "environment", "host_id", "h", "kernel", "release", "6.1",
		       "frequency", "governor", governor, "load", "average", load, load, load,
		       "variables", "LD_PRELOAD", variable, "clock", "read_ns", load, "news",
		       "of_next_year", governor ? "x" : "y"));
}

static void command_of(enum diff_side s, const char *word, const char *value, unsigned int seed)
{
	out = stream[s];
	emit(json_pack("{s:s, s:i, s:s, s:o, s:I, s:[s,s,s,s,s,s]}", "type", "header", "schema", 2,
		       "tool", "bench", "id", json_sprintf("%u", ++nr_ids), "seed",
		       (json_int_t)seed, "command", "bench", "-o", value, "--seed=1", "--time",
		       word));
}

Test(report_diff, whatever_is_recorded_is_compared_except_what_changes_each_time)
{
	command_of(DIFF_BASE, "1s", "a.jsonl", 1);
	environment_of(NULL, 0.5, NULL);
	measure("q", NS, NS, QUIET);
	command_of(DIFF_NEW, "2s", "b.jsonl", 2);
	environment_of("performance", 2.5, "/lib/x.so");
	measure("q", NS, NS, QUIET);
	compare_sides();

	cr_expect_eq(d->nr_facts, 4, "%zu", d->nr_facts);
	says("  governor: unknown -> performance\n");
	says("  command: kt --time 1s -> kt --time 2s\n");
	says("  news.of_next_year: y -> x\n");
	says("  variables.LD_PRELOAD: not set -> /lib/x.so\n");
}

Test(report_diff, hostile_texts_move_no_cursor_and_json_stays_strict)
{
	const char *hostile = "evil\x1b[31m\n<b>";
	char *text, *json;
	json_t *j;

	for (int i = 0; i < 2; i++)
		for (int s = 0; s < NR_DIFF_SIDES; s++) {
			begin_run_of((enum diff_side)s, s ? hostile : "6.1");
			measure(hostile, NS, NS, QUIET);
			measure(s ? "evil new\x1b" : "evil base\x1b", NS, NS, QUIET);
		}
	compare_sides();

	text = rendered(NULL, render_text);
	cr_expect_null(strchr(text, '\x1b'), "%s", text);
	cr_expect(strstr(text, "  kernel: 6.1 -> evil\\x1b[31m\\x0a<b>\n"), "%s", text);
	json = rendered(NULL, render_json);
	j = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(j);
	cr_expect_str_eq(json_string_value(json_object_get(
				 json_array_get(json_object_get(j, "comparisons"), 0),
				 "benchmark")),
			 hostile);
	json_decref(j);
	free(text);
	free(json);
}

Test(report_diff, json_has_the_documented_shape)
{
	static const char *const keys[] = { "schema", "kind",	 "advisory",	"nr_runs",
					    "counts", "runs",	 "differences", "comparisons",
					    "only",   "dropped", "dropped_more" };
	static const char *const of_row[] = { "kind",	"benchmark", "arm",	 "mode",
					      "metric", "unit",	     "base",	 "new",
					      "ratio",	"lo",	     "hi",	 "confidence",
					      "p",	"q",	     "zone",	 "verdict",
					      "reason", "moved",     "unstable", "runs_needed",
					      "shown",	"apart" };
	json_t *j, *row;
	char *json;

	for (int i = 0; i < 4; i++) {
		run_of(DIFF_BASE, wobble(i, NS), NS);
		run_of(DIFF_NEW, wobble(i, 2 * NS), NS);
	}
	compare_sides();
	json = rendered(NULL, render_json);
	j = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(j);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		cr_expect_not_null(json_object_get(j, keys[i]), "%s", keys[i]);
	cr_expect_str_eq(json_string_value(json_object_get(j, "kind")), "runs");
	row = json_array_get(json_object_get(j, "comparisons"), 0);
	for (size_t i = 0; i < sizeof(of_row) / sizeof(of_row[0]); i++)
		cr_expect_not_null(json_object_get(row, of_row[i]), "%s", of_row[i]);
	cr_expect_eq(json_object_size(row), sizeof(of_row) / sizeof(of_row[0]));
	json_decref(j);
	free(json);
}

/* ---- as committed ---------------------------------------------------------------------------- */

static void is_as_committed(int (*render)(FILE *to, const struct report *r), const char *path_of)
{
	char *expected = file_text(path_of), *text;
	char err[512] = "";

	d = diff_new();
	cr_assert_not_null(d);
	cr_assert_eq(diff_read(d, DIFF_BASE, GOLDEN("runs_base.jsonl"), err, sizeof(err)), 0);
	cr_assert_eq(diff_read(d, DIFF_NEW, GOLDEN("runs_new.jsonl"), err, sizeof(err)), 0);
	cr_assert_eq(diff_finish(d, err, sizeof(err)), 0, "%s", err);
	text = rendered(NULL, render);
	cr_expect_str_eq(text, expected, "%s differs", path_of);
	free(text);
	free(expected);
}

Test(report_diff, text_is_as_committed)
{
	is_as_committed(render_text, GOLDEN("runs.txt"));
}

Test(report_diff, json_is_as_committed)
{
	is_as_committed(render_json, GOLDEN("runs.json"));
}
