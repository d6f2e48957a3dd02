// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: recorded runs give the same text and JSON, byte by byte.
 *
 * The records are made by tests/golden/make_run.py; after a wanted change read the difference, then
 *   for f in small instances builds moved settings trace live threads hostile hostile_sides apart v1; do
 *           build/kt report --full tests/golden/$f.jsonl >tests/golden/$f.txt
 *           build/kt report tests/golden/$f.jsonl --format json >tests/golden/$f.json
 *   done
 */
#include "tests/unit/report_test.h"

#include <criterion/parameterized.h>

struct golden {
	char record[40], text[40], json[40];
};

static struct golden goldens[] = {
	{ GOLDEN("small.jsonl"), GOLDEN("small.txt"), GOLDEN("small.json") },
	{ GOLDEN("instances.jsonl"), GOLDEN("instances.txt"), GOLDEN("instances.json") },
	{ GOLDEN("builds.jsonl"), GOLDEN("builds.txt"), GOLDEN("builds.json") },
	{ GOLDEN("moved.jsonl"), GOLDEN("moved.txt"), GOLDEN("moved.json") },
	{ GOLDEN("settings.jsonl"), GOLDEN("settings.txt"), GOLDEN("settings.json") },
	{ GOLDEN("trace.jsonl"), GOLDEN("trace.txt"), GOLDEN("trace.json") },
	{ GOLDEN("live.jsonl"), GOLDEN("live.txt"), GOLDEN("live.json") },
	{ GOLDEN("threads.jsonl"), GOLDEN("threads.txt"), GOLDEN("threads.json") },
	{ GOLDEN("hostile_sides.jsonl"), GOLDEN("hostile_sides.txt"),
	  GOLDEN("hostile_sides.json") },
	{ GOLDEN("apart.jsonl"), GOLDEN("apart.txt"), GOLDEN("apart.json") },
	{ GOLDEN("hostile.jsonl"), GOLDEN("hostile.txt"), GOLDEN("hostile.json") },
	{ GOLDEN("v1.jsonl"), GOLDEN("v1.txt"), GOLDEN("v1.json") },
};

ParameterizedTestParameters(report_golden, text_is_as_committed)
{
	return cr_make_param_array(struct golden, goldens, sizeof(goldens) / sizeof(goldens[0]));
}

ParameterizedTest(struct golden *g, report_golden, text_is_as_committed)
{
	struct report *r = load(g->record);
	char *expected = file_text(g->text), *text = rendered(r, as_text);

	cr_expect_str_eq(text, expected, "%s differs", g->text);
	free(text);
	free(expected);
	report_free(r);
}

ParameterizedTestParameters(report_golden, json_is_as_committed_and_strict)
{
	return cr_make_param_array(struct golden, goldens, sizeof(goldens) / sizeof(goldens[0]));
}

ParameterizedTest(struct golden *g, report_golden, json_is_as_committed_and_strict)
{
	struct report *r = load(g->record);
	char *expected = file_text(g->json), *text = rendered(r, report_json);
	json_error_t why;
	json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, &why);

	cr_expect_not_null(j, "%s: %s at line %d", g->record, why.text, why.line);
	cr_expect_str_eq(text, expected, "%s differs", g->json);
	json_decref(j);
	free(text);
	free(expected);
	report_free(r);
}

static const char *const bench_row[] = { "source", "benchmark", "arm",		"unit", "count",
					 "mean",   "p50",	"p90",		"p99",	"p999",
					 "max",	   "phases",	"cpu_ns_per_op" };
static const char *const comparison_row[] = { "kind",	 "benchmark", "arm",	    "moved",
					      "metric",	 "baseline",  "candidate",  "ratio",
					      "lo",	 "hi",	      "confidence", "zone",
					      "verdict", "reason",    "instances",  "unit",
					      "bursts",	 "more_s",    "unstable" };
static const char *const phase_names[] = { "end_to_end", "call",   "wake",
					   "runq",	 "resume", "unattributed" };

static void has_all(const json_t *object, const char *const *keys, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		cr_expect_not_null(json_object_get(object, keys[i]), "no %s", keys[i]);
}

#define HAS_ALL(object, keys) has_all(object, keys, sizeof(keys) / sizeof((keys)[0]))

Test(report_golden, json_of_a_bench_run_has_the_documented_shape)
{
	struct report *r = load(GOLDEN("small.jsonl"));
	char *text = rendered(r, report_json);
	json_t *j = json_loads(text, 0, NULL), *row, *phases, *c;
	size_t i;

	cr_assert_not_null(j);
	cr_expect_eq(json_integer_value(json_object_get(j, "schema")), 6);
	cr_expect(json_is_true(json_object_get(j, "complete")));
	cr_expect(json_is_object(json_object_get(j, "context")));
	cr_assert_eq(json_array_size(json_object_get(j, "results")), 5);
	json_array_foreach (json_object_get(j, "results"), i, row) {
		HAS_ALL(row, bench_row);
		cr_expect_str_eq(json_string_value(json_object_get(row, "source")), "bench");
	}
	phases = json_object_get(json_array_get(json_object_get(j, "results"), 0), "phases");
	HAS_ALL(phases, phase_names);
	cr_expect_eq(json_integer_value(json_object_get(json_object_get(phases, "runq"), "count")),
		     1000);
	json_array_foreach (json_object_get(j, "comparisons"), i, c)
		HAS_ALL(c, comparison_row);
	cr_expect_eq(json_array_size(json_object_get(j, "comparisons")), 10);
	json_decref(j);
	free(text);
	report_free(r);
}

Test(report_golden, json_of_a_trace_has_subjects_and_no_comparisons)
{
	struct report *r = load(GOLDEN("trace.jsonl"));
	char *text = rendered(r, report_json);
	json_t *j = json_loads(text, 0, NULL), *row;
	size_t i;

	cr_assert_not_null(j);
	json_array_foreach (json_object_get(j, "results"), i, row) {
		cr_expect_str_eq(json_string_value(json_object_get(row, "source")), "trace");
		cr_expect_not_null(json_object_get(row, "subject"));
		cr_expect_null(json_object_get(row, "arm"));
	}
	cr_expect_eq(json_array_size(json_object_get(j, "results")), 4);
	cr_expect_eq(json_array_size(json_object_get(j, "comparisons")), 0);
	cr_expect_eq(json_integer_value(json_object_get(json_object_get(j, "losses"), "ring_full")),
		     6);
	cr_expect_eq(json_integer_value(
			     json_object_get(json_object_get(j, "counters"), "new_task")),
		     4);
	json_decref(j);
	free(text);
	report_free(r);
}

/* A killed run: the file cut at any byte is still rendered, marked, and as strict. */
Test(report_golden, a_record_cut_anywhere_is_rendered_as_interrupted, .timeout = 60)
{
	char *whole = file_text(GOLDEN("small.jsonl")), *header_end = strchr(whole, '\n');
	char path[] = "/tmp/kt-report-XXXXXX";
	size_t length = strlen(whole);
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
	for (size_t cut = (size_t)(header_end - whole) + 1; cut < length - 1;
	     cut += 1 + length / 150) {
		FILE *out = fopen(path, "w");
		struct report *r;
		char *text, *json;
		json_t *j;

		cr_assert_not_null(out);
		fwrite(whole, 1, cut, out);
		fclose(out);
		r = load(path);
		cr_expect_not(r->complete);
		text = rendered(r, as_text);
		json = rendered(r, report_json);
		j = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
		cr_expect(strstr(text, "interrupted"), "cut at %zu", cut);
		cr_expect(json_is_false(json_object_get(j, "complete")), "cut at %zu", cut);
		json_decref(j);
		free(json);
		free(text);
		report_free(r);
	}
	unlink(path);
	free(whole);
}
