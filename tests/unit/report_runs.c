// SPDX-License-Identifier: GPL-2.0-only
/* report: which runs are pooled, which stay apart, and which are the same one */
#include "tests/unit/report_records.h"

#include <criterion/parameterized.h>
#include <math.h>

#include "lib/report/render.h"

#define ID_A "00000000-0000-4000-8000-00000000000a"
#define ID_B "00000000-0000-4000-8000-00000000000b"

TestSuite(report_runs, .init = begin, .fini = finish, .timeout = 60);

/* The body of a run of @nr blocks, whose operations take @ns. */
static void body(const char *host, const char *kernel, uint64_t ns, int nr)
{
	environment(host, kernel);
	question("q", "latency");
	for (int i = 0; i < nr; i++)
		block("q", false, epoch("old", ns, 50), epoch("new", ns, 50), 0);
	end("complete");
}

static char *file_of(void)
{
	fflush(out);
	return file_text(path);
}

static size_t lines_of(const char *text)
{
	size_t nr = 0;

	for (; *text; text++)
		nr += *text == '\n';
	return nr;
}

Test(report_runs, of_one_host_kernel_and_build_are_pooled)
{
	struct report *r;
	char *text;

	body("host", "6.1", 1000, 2);
	header(ID_B, 1);
	body("host", "6.1", 1000, 3);
	r = read_back();

	cr_assert_eq(r->nr_runs, 2);
	cr_expect_eq(r->run[1].group, 0);
	cr_expect_not(r->apart);
	cr_expect(r->complete);
	cr_expect_eq(r->nr_questions, 1);
	cr_expect_eq(r->question[0].nr_blocks, 5);
	cr_expect_eq(r->result[0].stats.count, 250);
	text = rendered(r, as_text);
	cr_expect(strstr(text, "kt bench  2 runs, 1 machine\n  run 1  00000000 "), "%s", text);
	cr_expect(strstr(text, "kt 0.1.0, pooled with run 1\n"), "%s", text);
	cr_expect_null(strstr(text, "q  run"), "one row needs no number");
	free(text);
	report_free(r);
}

struct other {
	char host[8], kernel[8], version[8], suite[8], summary[56];
};

ParameterizedTestParameters(report_runs, of_another_host_kernel_or_build_stay_apart)
{
	static struct other others[] = {
		{ "other", "6.1", "0.1.0", "s", "2 runs, 2 machines\n" },
		{ "host", "6.2", "0.1.0", "s", "2 runs, 1 machine, 2 kernels\n" },
		{ "host", "6.1", "0.2.0", "s", "2 runs, 1 machine, 2 builds\n" },
		{ "host", "6.1", "0.1.0", "t", "2 runs, 1 machine, 2 builds\n" },
		{ "other", "6.2", "0.2.0", "t", "2 runs, 2 machines, 2 kernels, 2 builds\n" },
	};

	return cr_make_param_array(struct other, others, sizeof(others) / sizeof(others[0]));
}

static void header_of(const char *id, const char *version, const char *suite)
{
	emit(json_pack("{s:s, s:i, s:s, s:s, s:s, s:{s:s, s:s}}", "type", "header", "schema", 2,
		       "tool", "bench", "version", version, "id", id, "suite", "name", "kt-suite",
		       "build_id", suite));
}

ParameterizedTest(struct other *o, report_runs, of_another_host_kernel_or_build_stay_apart)
{
	char *text, *json, *html;
	json_t *j, *row;
	struct report *r;
	size_t i;

	fclose(out);
	out = fopen(path, "w");
	header_of(ID_A, "0.1.0", "s");
	body("host", "6.1", 1000, 8);
	header_of(ID_B, o->version, o->suite);
	body(o->host, o->kernel, 2000, 8);
	r = read_back();

	cr_assert_eq(r->nr_runs, 2);
	cr_expect_eq(r->run[1].group, 1);
	cr_expect(r->apart);
	cr_assert_eq(r->nr_questions, 2, "a row of its own each");
	cr_expect_eq(r->question[0].run, 0);
	cr_expect_eq(r->question[1].run, 1);
	cr_expect_eq(r->result[0].stats.count, 400);
	cr_expect_eq(r->result[2].stats.count, 400);
	cr_expect_lt(r->result[0].stats.max, 1500, "nothing of the other");
	cr_assert_eq(r->nr_comparisons, 8);
	cr_expect_eq(r->comparison[4].j.ratio, 1, "compared within its run");

	text = rendered(r, as_text);
	cr_expect(strstr(text, o->summary), "%s", text);
	cr_expect(strstr(text, "\nq  run 1  ns per operation"));
	cr_expect(strstr(text, "\nq  run 2  ns per operation"));
	html = rendered(r, report_html);
	cr_expect(strstr(html, "<span class=run>run 2</span>"));
	json = rendered(r, report_json);
	j = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	json_array_foreach (json_object_get(j, "results"), i, row)
		cr_expect_eq(json_integer_value(json_object_get(row, "run")), i < 2 ? 1 : 2);
	json_array_foreach (json_object_get(j, "comparisons"), i, row)
		cr_expect_eq(json_integer_value(json_object_get(row, "run")), i < 4 ? 1 : 2);
	json_array_foreach (json_object_get(j, "questions"), i, row)
		cr_expect_eq(json_integer_value(json_object_get(row, "run")), (json_int_t)i + 1);
	row = json_array_get(json_object_get(j, "runs"), 1);
	cr_expect_str_eq(json_string_value(json_object_get(row, "id")), ID_B);
	cr_expect_str_eq(json_string_value(json_object_get(row, "host_id")), o->host);
	cr_expect_str_eq(json_string_value(
				 json_object_get(json_object_get(row, "suite"), "build_id")),
			 o->suite);
	json_decref(j);
	free(json);
	free(html);
	free(text);
	report_free(r);
}

/* What may be another machine is not pooled. */
Test(report_runs, of_an_unknown_host_stay_apart)
{
	struct report *r;

	question("q", "latency");
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	header(ID_B, 1);
	question("q", "latency");
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	r = read_back();

	cr_expect_eq(r->nr_questions, 2);
	cr_expect(r->apart);
	report_free(r);
}

Test(report_runs, given_twice_count_once)
{
	char *once, *text;
	struct report *r;

	body("host", "6.1", 1000, 4);
	once = file_of();
	fputs(once, out);
	fputs(once, out);
	r = read_back();

	cr_assert_eq(r->nr_runs, 1);
	cr_expect_eq(r->run[0].copies, 3);
	cr_expect_eq(r->question[0].nr_blocks, 4);
	cr_expect_eq(r->result[0].stats.count, 200);
	cr_expect(r->complete);
	cr_expect_eq(r->nr_drops, 0);
	text = rendered(r, as_text);
	cr_expect(strstr(text, "stands in the input 3 times and counts once"), "%s", text);
	free(text);
	free(once);
	report_free(r);
}

/*
 * A torn copy and a whole one, in either order, cut at any byte after the header: each record is
 * taken once.
 */
Test(report_runs, torn_and_whole_copies_give_each_record_once)
{
	char *whole, other[64];
	size_t length, first, all;

	body("host", "6.1", 1000, 6);
	whole = file_of();
	length = strlen(whole);
	first = (size_t)(strchr(whole, '\n') - whole) + 1;
	all = lines_of(whole);
	cr_assert_eq(all, 10);
	fclose(out);
	strcpy(other, path);
	for (size_t cut = first; cut < length; cut += 1 + length / 97) {
		for (int order = 0; order < 2; order++) {
			struct report *r;

			out = fopen(path, "w");
			if (order)
				fputs(whole, out);
			fwrite(whole, 1, cut, out);
			if (!order)
				fputs(whole, out);
			r = read_back();
			cr_expect_eq(r->nr_runs, 1);
			cr_expect(r->complete, "cut at %zu", cut);
			cr_expect_eq(r->run[0].copies, 2);
			cr_expect_eq(r->question[0].nr_blocks, 6, "cut at %zu: %zu", cut,
				     r->question[0].nr_blocks);
			cr_expect_eq(r->result[0].stats.count, 300, "cut at %zu", cut);
			cr_expect_leq(r->nr_drops, 1);
			cr_expect(!r->nr_drops || r->drop[0].kind == DROP_LINE);
			cr_expect_not(r->lost_question);
			report_free(r);
		}
	}
	free(whole);
}

/* Another run that has its id, as a hand-made record may. */
Test(report_runs, of_one_id_and_another_header_are_two)
{
	struct report *r;

	body("host", "6.1", 1000, 4);
	header(ID_A, 2);
	body("host", "6.1", 1000, 4);
	r = read_back();

	cr_expect_eq(r->nr_runs, 2);
	cr_expect_eq(r->question[0].nr_blocks, 8);
	report_free(r);
}

/* A line that is damaged in the middle of a copy keeps its place: nothing is counted twice. */
Test(report_runs, a_damaged_line_keeps_its_place)
{
	char *whole, *damaged;
	struct report *r;

	environment("host", "6.1");
	question("q", "latency");
	for (int i = 0; i < 6; i++)
		block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	whole = file_of();
	damaged = strdup(whole);
	*(strstr(damaged, "\"block\"") + 8) = '}';
	fclose(out);
	out = fopen(path, "w");
	fputs(damaged, out);
	fputs(whole, out);
	r = read_back();

	cr_expect_eq(r->question[0].nr_blocks, 5, "the damaged one is lost, no other comes twice");
	cr_expect_eq(r->result[0].stats.count, 250);
	cr_assert_eq(r->nr_drops, 1);
	cr_expect_eq(r->drop[0].kind, DROP_LINE);
	free(damaged);
	free(whole);
	report_free(r);
}

/* Interleaved with another run, and gone on with. */
Test(report_runs, a_copy_goes_on_after_another_run)
{
	struct report *r;

	environment("host", "6.1");
	question("q", "latency");
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	header(ID_B, 1);
	body("other", "6.1", 1000, 7);
	header(ID_A, 1);
	environment("host", "6.1");
	question("q", "latency");
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	end("complete");
	r = read_back();

	cr_assert_eq(r->nr_runs, 2);
	cr_assert_eq(r->nr_questions, 2);
	cr_expect_eq(r->question[0].nr_blocks, 2);
	cr_expect_eq(r->question[1].nr_blocks, 7);
	cr_expect_eq(r->nr_drops, 0);
	report_free(r);
}

/* An arm that only a later run has stands beside the blocks of that run. */
Test(report_runs, an_arm_of_a_later_run_is_compared_with_its_blocks)
{
	struct report *r;

	environment("host", "6.1");
	for (int run = 0; run < 2; run++) {
		if (run) {
			header(ID_B, 1);
			environment("host", "6.1");
		}
		for (int mode = 0; mode < 2; mode++) {
			const char *name = mode ? "latency" : "time";

			emit(json_pack("{s:s, s:s, s:s, s:s, s:[s,s]}", "type", "question",
				       "question", name, "mode", name, "baseline", "old", "arms",
				       "old", run ? "late" : "early"));
			for (int i = 0; i < 8; i++)
				block(name, false, epoch("old", wobble(i, run ? 4000 : 1000), 1000),
				      epoch(run ? "late" : "early", wobble(i, 4000), 1000), 0);
		}
	}
	r = read_back();

	/* Four metrics of the latencies, two of the times, for each late and early. */
	cr_assert_eq(r->nr_comparisons, 12, "%zu", r->nr_comparisons);
	for (size_t i = 0; i < r->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[i];
		double expected = strcmp(c->candidate, "late") ? 4 : 1;

		cr_expect_eq(c->j.nr, 8);
		cr_expect(fabs(c->j.ratio - expected) < 0.1, "%s of %s in %s: %g",
			  judge_metric_name(c->j.metric), c->candidate, c->benchmark, c->j.ratio);
	}
	report_free(r);
}

/* A question that only an earlier run announced is not one of this run. */
Test(report_runs, each_announces_its_questions_itself)
{
	struct report *r;

	body("host", "6.1", 1000, 4);
	header(ID_B, 1);
	environment("host", "6.1");
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	r = read_back();

	cr_expect_eq(r->question[0].nr_blocks, 4);
	cr_assert_eq(r->nr_drops, 1);
	cr_expect_eq(r->drop[0].kind, DROP_QUESTION);
	cr_expect_eq(r->drop[0].run, 1);
	report_free(r);
}

Test(report_runs, several_files_are_read_like_one)
{
	const char *files[] = { path, GOLDEN("trace.jsonl"), path };
	struct report *r;
	char err[512] = "", *text;

	body("host", "6.1", 1000, 4);
	fputs("{\"type\":\"blo", out);
	fclose(out);
	cr_assert_eq(report_load_files(&r, files, 3, err, sizeof(err)), 0, "%s", err);

	cr_assert_eq(r->nr_runs, 2);
	cr_expect_eq(r->run[0].copies, 2);
	cr_expect_eq(r->question[0].nr_blocks, 4);
	cr_assert_eq(r->nr_drops, 1);
	cr_expect_eq(r->drop[0].count, 2);
	text = rendered(r, as_text);
	cr_expect(strstr(text, "2 lines: cut off (run 1, first at /tmp/kt-model-"), "%s", text);
	free(text);
	report_free(r);
	files[1] = "/nonexistent";
	cr_expect_eq(report_load_files(&r, files, 3, err, sizeof(err)), -ENOENT);
	cr_expect(strstr(err, "/nonexistent"));
}

/* Tracing of different machines is not added up in silence. */
Test(report_runs, losses_stand_with_their_machine)
{
	struct report *r;
	char *text;

	environment("host", "6.1");
	emit(json_pack("{s:s, s:{s:i}, s:i}", "type", "losses", "losses", "ring_full", 3, "events",
		       10));
	header(ID_B, 1);
	environment("other", "6.1");
	emit(json_pack("{s:s, s:{s:i}, s:i}", "type", "losses", "losses", "ring_full", 4, "events",
		       20));
	r = read_back();

	text = rendered(r, as_text);
	cr_expect(strstr(text, "run 1, losses: ring_full 3\n"), "%s", text);
	cr_expect(strstr(text, "run 2, losses: ring_full 4\n"), "%s", text);
	free(text);
	report_free(r);
}

Test(report_runs, too_many_are_counted)
{
	struct report *r;

	for (int i = 0; i < 1100; i++) {
		char id[40];

		sprintf(id, "run-%d", i);
		header(id, 1);
	}
	r = read_back();
	cr_expect_eq(r->nr_runs, 1024);
	cr_assert_eq(r->nr_drops, 1);
	cr_expect_eq(r->drop[0].count, 77);
	free(rendered(r, as_text));
	report_free(r);
}
