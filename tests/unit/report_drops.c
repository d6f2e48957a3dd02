// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: what goes wrong costs itself only: it is left out by name and reason, and the rest is
 * there, aligned
 */
#include "tests/unit/report_records.h"

#include <criterion/parameterized.h>
#include <math.h>

#include "lib/report/render.h"

TestSuite(report_drops, .init = begin, .fini = finish, .timeout = 60);

#define Q      "{\"type\":\"question\",\"question\":\"q\",\"mode\":\"latency\",\"arms\":[\"a\"]}\n"
#define B(...) "{\"type\":\"block\",\"question\":\"q\",\"epochs\":[" __VA_ARGS__ "]}\n"

struct bad_record {
	char lines[300];
	enum report_drop_kind kind;
	char question[8], arm[8], reason[60]; /* "" stands for none */
};

ParameterizedTestParameters(report_drops, each_costs_what_it_is)
{
	static struct bad_record records[] = {
		{ "{\"type\":\"question\"}\n", DROP_QUESTION, "", "", "question is not a string" },
		{ "{\"type\":\"question\",\"question\":7}\n", DROP_QUESTION, "", "",
		  "question is not a string" },
		{ "{\"type\":\"question\",\"question\":\"\",\"mode\":\"time\",\"arms\":[]}\n",
		  DROP_QUESTION, "", "", "its name is empty" },
		{ "{\"type\":\"question\",\"question\":\"q\",\"mode\":\"odd\",\"arms\":[]}\n",
		  DROP_QUESTION, "q", "", "mode is neither latency nor time" },
		{ "{\"type\":\"question\",\"question\":\"q\",\"mode\":\"time\",\"arms\":{}}\n",
		  DROP_QUESTION, "q", "", "arms is not a list" },
		{ "{\"type\":\"question\",\"question\":\"q\",\"mode\":\"time\",\"arms\":[1]}\n",
		  DROP_QUESTION, "q", "", "the name of an arm is not a string" },
		{ Q "{\"type\":\"question\",\"question\":\"q\",\"mode\":\"time\",\"arms\":[]}\n",
		  DROP_QUESTION, "q", "", "it comes back in another mode" },
		{ B(), DROP_QUESTION, "q", "", "no record of its own announces it" },
		{ "{\"type\":\"trace\",\"question\":\"q\",\"metrics\":{}}\n", DROP_QUESTION, "q",
		  "", "no record of its own announces it" },
		{ "{\"type\":\"block\",\"epochs\":[]}\n", DROP_BLOCK, "", "",
		  "question is not a string" },
		{ Q "{\"type\":\"block\",\"question\":\"q\"}\n", DROP_BLOCK, "q", "",
		  "epochs is not a list" },
		{ Q "{\"type\":\"block\",\"question\":\"q\",\"epochs\":[],\"noise\":\"loud\"}\n",
		  DROP_BLOCK, "q", "", "noise is not an object" },
		{ Q B("7"), DROP_EPOCH, "q", "", "arm is not a string" },
		{ Q B("{\"arm\":\"b\",\"hist\":{\"k\":7,\"count\":0,\"sum\":0,\"overflow\":0,\"runs\":[]}}"),
		  DROP_EPOCH, "q", "b", "its question does not name this arm" },
		{ Q B("{\"arm\":\"a\",\"iterations\":-1}"), DROP_EPOCH, "q", "a",
		  "iterations is negative" },
		{ Q B("{\"arm\":\"a\",\"iterations\":1}"), DROP_EPOCH, "q", "a",
		  "hist: it is not an object" },
		{ Q B("{\"arm\":\"a\",\"hist\":{\"k\":7,\"count\":9,\"sum\":5,\"min\":5,\"max\":5,"
		      "\"overflow\":0,\"runs\":[[5,1]]}}"),
		  DROP_EPOCH, "q", "a", "hist: it does not add up" },
		{ "{\"type\":\"trace\",\"metrics\":{}}\n", DROP_RECORD, "", "",
		  "trace: neither question nor kind is a string" },
		{ "{\"type\":\"trace\",\"kind\":\"work\",\"metrics\":[]}\n", DROP_RECORD, "work",
		  "", "trace: metrics is not an object" },
		{ "{\"type\":\"trace\",\"kind\":\"work\",\"subject\":\"s\",\"metrics\":{\"run\":{}}}\n",
		  DROP_RECORD, "work", "s", "trace: run: k is not a whole number up to 2^64-1" },
		{ "{\"type\":\"failed\"}\n", DROP_RECORD, "", "",
		  "failed: question is not a string" },
		{ "{\"type\":\"losses\",\"losses\":[]}\n", DROP_RECORD, "", "",
		  "losses: losses is not an object" },
		{ "{\"type\":\"end\",\"status\":\"fine\"}\n", DROP_RECORD, "", "",
		  "end: status is neither complete nor interrupted" },
		{ "{\"type\":\"environment\",\"host_id\":7}\n", DROP_RECORD, "", "",
		  "environment: host_id is not a string" },
		{ "{\"type\":\"header\",\"schema\":1,\"id\":7}\n", DROP_RUN, "", "",
		  "id is not a string" },
		{ "{\"type\":\"header\",\"schema\":9}\n", DROP_RUN, "", "",
		  "schema is not one of 1 to 2" },
		{ "[1,2]\n", DROP_LINE, "", "", "not a JSON object" },
		{ "{\"type\":\"trace\",\"kind\":\n", DROP_LINE, "", "", "malformed JSON" },
	};

	return cr_make_param_array(struct bad_record, records,
				   sizeof(records) / sizeof(records[0]));
}

/* What came before it, and what comes after it, is there. */
ParameterizedTest(struct bad_record *bad, report_drops, each_costs_what_it_is)
{
	const struct report_drop *d;
	struct report *r;
	size_t line = 1;

	question("before", "latency");
	block("before", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	fputs(bad->lines, out);
	for (const char *c = bad->lines; *c; c++)
		line += *c == '\n';
	if (bad->kind != DROP_RUN)
		block("before", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	r = read_back();

	cr_assert_eq(r->nr_drops, 1, "%s", bad->lines);
	d = &r->drop[0];
	cr_expect_eq(d->kind, bad->kind, "%s: %d", bad->lines, d->kind);
	cr_expect_str_eq(d->reason, bad->reason);
	cr_expect_str_eq(d->question ? d->question : "", bad->question);
	cr_expect_str_eq(d->arm ? d->arm : "", bad->arm);
	cr_expect_eq(d->line, line + 2, "%s: line %zu", bad->lines, d->line);
	cr_expect_eq(d->count, 1);
	cr_expect_eq(r->lost_question, bad->kind == DROP_RUN || bad->kind == DROP_QUESTION);
	cr_expect_str_eq(r->result[0].name, "old");
	cr_expect_eq(r->result[0].stats.count, bad->kind == DROP_RUN ? 50 : 100);
	cr_expect_eq(r->result[1].stats.count, bad->kind == DROP_RUN ? 50 : 100);
	report_free(r);
}

/* The pairs of the other blocks stay pairs: the bad epoch leaves a hole in its arm. */
Test(report_drops, a_bad_epoch_leaves_the_block_to_the_others)
{
	struct report *r;
	char *text;

	question("q", "latency");
	for (int i = 0; i < 10; i++) {
		json_t *new = epoch("new", 2000 + 100 * (uint64_t)i, 50);

		if (i == 4 || i == 6)
			json_object_set_new(json_object_get(new, "hist"), "count", json_integer(7));
		block("q", false, epoch("old", 1000 + 100 * (uint64_t)i, 50), new, 0);
	}
	end("complete");
	r = read_back();

	cr_assert_eq(r->nr_drops, 1, "equal ones are one");
	cr_expect_eq(r->drop[0].count, 2);
	cr_expect_eq(r->drop[0].line, 7, "the first of them");
	cr_assert_eq(r->nr_results, 2);
	cr_expect_eq(r->question[0].nr_blocks, 10);
	cr_expect_eq(r->result[0].stats.count, 500);
	cr_expect_eq(r->result[1].stats.count, 400);
	cr_assert_eq(r->result[0].nr_p50, 10);
	cr_assert_eq(r->result[1].nr_p50, 10);
	for (int i = 0; i < 10; i++) {
		cr_expect(fabs(r->result[0].block_p50[i] - 1000 - 100 * i) < 20, "block %d: %g", i,
			  r->result[0].block_p50[i]);
		if (i == 4 || i == 6)
			cr_expect(isnan(r->result[1].block_p50[i]));
		else
			cr_expect(fabs(r->result[1].block_p50[i] - 2000 - 100 * i) < 20);
	}
	cr_expect_eq(r->comparison[0].j.nr, 8);
	cr_expect_not(r->lost_question);
	cr_expect(r->complete);
	text = rendered(r, as_text);
	cr_expect(strstr(text,
			 "dropped: 2 epochs; everything else is shown\n"
			 "  2 epochs of new in q: hist: it does not add up (first at line 7)\n"),
		  "%s", text);
	free(text);
	report_free(r);
}

Test(report_drops, mode_time_keeps_the_block_of_the_other_arms)
{
	struct report *r;

	question("q", "time");
	for (int i = 0; i < 8; i++) {
		json_t *new = epoch("new", 25, 1);

		if (i == 3)
			json_object_set_new(new, "end_ns", json_integer(0));
		block("q", false, epoch("old", 25, 1), new, 0);
	}
	r = read_back();

	cr_assert_eq(r->nr_drops, 1);
	cr_expect_eq(r->drop[0].kind, DROP_EPOCH);
	cr_assert_eq(r->result[1].nr_p50, 8);
	cr_expect(isnan(r->result[1].block_p50[3]));
	cr_expect_not(isnan(r->result[1].block_p50[4]));
	cr_expect_not(isnan(r->result[0].block_p50[3]));
	report_free(r);
}

/*
 * An old writer cast 2^64-5, a time from an end before its begin, to -5: one value made the whole
 * file unreadable.
 */
Test(report_drops, one_value_of_minus_5_costs_its_epoch)
{
	struct report *r = load(GOLDEN("v1-negative.jsonl"));
	char *text = rendered(r, as_text), *json = rendered(r, report_json);

	cr_expect_eq(r->nr_questions, 3);
	cr_assert_eq(r->nr_drops, 1);
	cr_expect_eq(r->drop[0].kind, DROP_EPOCH);
	cr_expect_str_eq(r->drop[0].question, "wakeup/trip=oneway/cpu=same");
	cr_expect_str_eq(r->drop[0].arm, "libkthread");
	cr_expect_str_eq(r->drop[0].reason, "hist: max is negative");
	cr_expect_eq(r->drop[0].count, 1);
	for (size_t i = 0; i < r->nr_results; i++)
		cr_expect_gt(r->result[i].stats.count, 0, "%s of %s", r->result[i].name,
			     r->result[i].benchmark);
	cr_expect(strstr(text, "1 epoch of libkthread in wakeup/trip=oneway/cpu=same: "
			       "hist: max is negative (line "),
		  "%s", text);
	cr_expect(strstr(json, "\"reason\": \"hist: max is negative\""));
	free(json);
	free(text);
	report_free(r);
}

/* The blocks of a question that was dropped go with it, and are counted. */
Test(report_drops, a_question_takes_its_records_along)
{
	struct report *r;
	char *text;

	question("q", "odd");
	for (int i = 0; i < 3; i++)
		block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	emit(trace_of("q", NULL, "old", "end_to_end", 1200, 40));
	question("other", "latency");
	block("other", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	r = read_back();

	cr_assert_eq(r->nr_questions, 1);
	cr_expect_str_eq(r->question[0].name, "other");
	cr_assert_eq(r->nr_drops, 1);
	cr_expect_eq(r->drop[0].count, 5);
	cr_expect(r->lost_question);
	text = rendered(r, as_text);
	cr_expect(strstr(text, "  question q: mode is neither latency nor time "
			       "(line 2, with 4 more records)\n"),
		  "%s", text);
	free(text);
	report_free(r);
}

Test(report_drops, a_run_without_a_header_takes_its_records_along)
{
	struct report *r;

	question("q", "latency");
	emit(json_pack("{s:s, s:i, s:b}", "type", "header", "schema", 1, "start", 1));
	question("lost", "latency");
	block("lost", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	header("00000000-0000-4000-8000-00000000000b", 1);
	question("kept", "latency");
	r = read_back();

	cr_assert_eq(r->nr_runs, 2);
	cr_assert_eq(r->nr_questions, 2);
	cr_expect_str_eq(r->question[1].name, "kept");
	cr_assert_eq(r->nr_drops, 1);
	cr_expect_eq(r->drop[0].kind, DROP_RUN);
	cr_expect_eq(r->drop[0].count, 3);
	cr_expect(r->lost_question);
	report_free(r);
}

Test(report_drops, what_the_measurement_left_out_is_said)
{
	struct report *r;
	char *text, *html;

	question("q", "latency");
	for (int i = 0; i < 2; i++) {
		json_t *old = epoch("old", 1000, 50);

		json_object_set_new(old, "losses", json_pack("{s:i}", "impossible", 3));
		emit(json_pack("{s:s, s:s, s:[o], s:[{s:s, s:s}]}", "type", "block", "question",
			       "q", "epochs", old, "dropped", "arm", "new", "reason",
			       "its turn was not given back"));
	}
	r = read_back();

	cr_assert_eq(r->nr_drops, 1);
	cr_expect(r->drop[0].by_tool);
	cr_expect_eq(r->drop[0].kind, DROP_EPOCH);
	cr_expect_eq(r->drop[0].count, 2);
	cr_expect_not(r->lost_question);
	cr_assert_eq(r->result[0].nr_losses, 1);
	cr_expect_eq(r->result[0].loss[0].value, 6);
	text = rendered(r, as_text);
	cr_expect(
		strstr(text,
		       "2 epochs of new in q: left out when measured: its turn was not given back"),
		"%s", text);
	cr_expect(strstr(text, "6 of 106 values were impossible and left out\n"), "%s", text);
	html = rendered(r, report_html);
	cr_expect(strstr(html, "6 of 106 values were impossible and left out"));
	free(html);
	free(text);
	report_free(r);
}

/* Histograms that are fine alone and pass 2^64-1 together */
Test(report_drops, counts_that_cannot_be_added_up_are_left_out)
{
	struct report *r;

	question("q", "latency");
	for (int i = 0; i < 3; i++) {
		json_t *old = epoch("old", 10, 1);

		json_object_set_new(old, "hist",
				    json_pack("{s:i, s:s, s:s, s:i, s:i, s:i, s:[[i,s]]}", "k", 7,
					      "count", "12297829382473034410", "sum",
					      "12297829382473034410", "min", 1, "max", 1,
					      "overflow", 0, "runs", 1, "12297829382473034410"));
		block("q", false, old, epoch("new", 1000, 50), 0);
	}
	r = read_back();

	cr_assert_eq(r->nr_drops, 1);
	cr_expect_eq(r->drop[0].count, 2);
	cr_expect_eq(r->result[0].hist->count, 12297829382473034410u);
	cr_expect_eq(r->result[1].stats.count, 150);
	free(rendered(r, as_text));
	free(rendered(r, report_json));
	report_free(r);
}

/* A list of a million reasons would be a report of nothing else. */
Test(report_drops, many_different_ones_are_counted)
{
	struct report *r;
	char *text, *json;
	json_t *j;

	question("q", "latency");
	for (int i = 0; i < 1000; i++) {
		char arm[16];

		sprintf(arm, "arm%d", i);
		block("q", false, epoch("old", 1000, 50), epoch(arm, 1000, 50), 0);
	}
	r = read_back();

	cr_expect_eq(r->nr_drops, 200);
	cr_expect_eq(r->more_drops, 800);
	cr_expect_eq(r->result[0].stats.count, 50000);
	text = rendered(r, as_text);
	cr_expect(strstr(text, "dropped: 200 epochs and 800 more; everything else is shown"));
	cr_expect(strstr(text, "and 190 more reasons, in JSON"));
	json = rendered(r, report_json);
	j = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	cr_expect_eq(json_array_size(json_object_get(j, "dropped")), 200);
	cr_expect_eq(json_integer_value(json_object_get(j, "dropped_more")), 800);
	json_decref(j);
	free(json);
	free(text);
	report_free(r);
}

Test(report_drops, too_many_results_cost_those_beyond)
{
	struct report *r;

	for (int i = 0; i < 150; i++) {
		json_t *arms = json_array();
		char name[32];

		for (int k = 0; k < 64; k++) {
			sprintf(name, "arm%d", k);
			json_array_append_new(arms, json_string(name));
		}
		sprintf(name, "question%d", i);
		emit(json_pack("{s:s, s:s, s:s, s:o}", "type", "question", "question", name, "mode",
			       "latency", "arms", arms));
	}
	r = read_back();

	cr_expect_eq(r->nr_results, 8192);
	cr_expect_eq(r->nr_questions, 128);
	cr_assert_eq(r->nr_drops, 22);
	cr_expect_str_eq(r->drop[0].question, "question128");
	cr_expect_str_eq(r->drop[0].reason, "more than 8192 results");
	report_free(r);
}

/* Arms and blocks are short lines; what one is missing in the other must not take memory. */
Test(report_drops, arms_times_blocks_take_no_memory)
{
	struct report *r;
	json_t *last = json_array();
	char name[32];

	for (int i = 0; i < 8; i++) {
		json_t *arms = json_array();

		for (int k = 0; k < 64; k++) {
			sprintf(name, "arm%d", 64 * i + k);
			json_array_append_new(arms, json_string(name));
			if (k % 2)
				json_array_append_new(last, epoch(name, 25, 1));
		}
		emit(json_pack("{s:s, s:s, s:s, s:o}", "type", "question", "question", "q", "mode",
			       "time", "arms", arms));
	}
	for (int i = 0; i < 70000; i++)
		fputs("{\"type\":\"block\",\"question\":\"q\",\"epochs\":[]}\n", out);
	emit(json_pack("{s:s, s:s, s:o}", "type", "block", "question", "q", "epochs", last));
	r = read_back();

	cr_assert_eq(r->nr_results, 512);
	cr_expect_eq(r->result[0].nr_p50, 0, "never ran");
	cr_expect_eq(r->result[1].nr_p50, 70001);
	cr_expect_eq(r->result[511].nr_p50, 0, "one too many");
	cr_assert_eq(r->nr_drops, 1);
	cr_expect_eq(r->drop[0].kind, DROP_BLOCK);
	cr_expect_eq(r->drop[0].line, 70010);
	cr_expect(strstr(r->drop[0].reason, "more than 16777216 quantiles"));
	report_free(r);
}

static void skipped(int nr, const char *reason)
{
	fprintf(out,
		"{\"type\":\"question\",\"question\":\"q\",\"mode\":\"time\",\"arms\":[],"
		"\"skipped\":{\"gone\":\"%d%s\"}}\n",
		nr, reason);
}

/* A text that the next one replaces is kept all the same: not without end. */
Test(report_drops, texts_have_a_limit)
{
	static char reason[1 << 20];
	struct report *r = NULL;
	char err[512] = "";

	memset(reason, 'x', sizeof(reason) - 1);
	for (int i = 0; i < 70; i++)
		skipped(i, reason);
	fclose(out);
	cr_expect_eq(report_load(&r, path, err, sizeof(err)), -EFBIG);
	cr_expect(strstr(err, "names and reasons of more than 64 MiB"), "%s", err);
}

Test(report_drops, nothing_usable_is_refused)
{
	struct report *r;
	char err[512];

	fclose(out);
	out = fopen(path, "w");
	emit(json_pack("{s:s, s:i, s:i}", "type", "header", "schema", 2, "id", 7));
	question("q", "latency");
	fclose(out);

	cr_expect_eq(report_load(&r, path, err, sizeof(err)), -EINVAL);
	cr_expect_null(r);
	cr_expect(strstr(err, "line 1: id is not a string"), "%s", err);
}

Test(report_drops, sums_of_losses_stay_at_their_end)
{
	const struct report_tracing *t;
	struct report *r;

	for (int i = 0; i < 3; i++)
		emit(json_pack("{s:s, s:{s:i}, s:{s:I}, s:i}", "type", "losses", "losses", "a", 1,
			       "counters", "c", INT64_MAX, "events", 2));
	r = read_back();

	t = &r->run[0].tracing;
	cr_expect_eq(t->loss[0].value, 3);
	cr_expect_eq(t->counter[0].value, UINT64_MAX);
	cr_expect_eq(t->events, 6);
	free(rendered(r, as_text));
	free(rendered(r, report_json));
	report_free(r);
}

/* Whose mode the blocks after it have is not known. */
Test(report_drops, a_question_that_changes_its_mode_keeps_what_came_before)
{
	struct report *r;

	question("q", "latency");
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	question("q", "time");
	block("q", false, epoch("old", 1000, 50), epoch("new", 1000, 50), 0);
	r = read_back();

	cr_assert_eq(r->nr_questions, 1);
	cr_expect_eq(r->question[0].nr_blocks, 1);
	cr_assert_eq(r->nr_drops, 1);
	cr_expect_eq(r->drop[0].count, 2);
	cr_expect(r->lost_question);
	report_free(r);
}
