// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: what is said of a self-test, in the reports of runs that carry one and in its own.
 */
#include "tests/unit/report_records.h"

#include <math.h>

#include "lib/report/render.h"

TestSuite(report_selftest, .init = begin, .fini = finish, .timeout = 60);

static json_t *rate(const char *operation, const char *metric, double shift, int compared,
		    int slower, int faster, int equivalent)
{
	return json_pack("{s:s, s:s, s:f, s:i, s:i, s:i, s:i}", "operation", operation, "metric",
			 metric, "shift", shift, "compared", compared, "slower", slower, "faster",
			 faster, "equivalent", equivalent);
}

/* Of @operation: 1 false alarm of 200, 2 % seen 8 of 10, 3 % and 5 % always. */
static void selftest(const char *operation, const char *kernel)
{
	json_t *rates = json_array();

	json_array_append_new(rates, rate(operation, "p50", 0, 200, 0, 0, 190));
	json_array_append_new(rates, rate(operation, "any", 0, 200, 1, 0, 120));
	json_array_append_new(rates, rate(operation, "p50", 0.02, 10, 8, 0, 0));
	json_array_append_new(rates, rate(operation, "p50", 0.03, 10, 10, 0, 0));
	json_array_append_new(rates, rate(operation, "p50", 0.05, 10, 10, 0, 0));
	emit(json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:o}", "type", "selftest", "start",
		       "2026-11-20T10:00:00Z", "host_id", "here", "cpu", "a CPU", "kernel", kernel,
		       "complete", 1, "questions", 40, "unsteady", 3, "rates", rates));
}

static bool says(const struct report *r, int (*render)(FILE *, const struct report *),
		 const char *text)
{
	char *all = rendered(r, render);
	bool found = strstr(all, text) != NULL;

	if (!found)
		fprintf(stderr, "%s\n", all);
	free(all);
	return found;
}

Test(report_selftest, a_line_says_rates_and_the_least_that_is_seen)
{
	static const char line[] =
		"2026-11-20, Linux 6.12: false alarms 1 of 200 [0.01, 2.8 %], sees 3 % of loop";
	struct report *r;

	environment("here", "6.12");
	selftest("loop", "6.12");
	end("complete");
	r = read_back();

	cr_expect(says(r, as_text, line));
	cr_expect(says(r, report_html, line));
	cr_expect(says(r, report_json, "\"compared\": 200"));
	cr_expect_eq(r->nr_drops, 0);
	report_free(r);
}

Test(report_selftest, rates_of_a_machine_that_was_busy_say_so)
{
	static struct record_selftest t = { .start = "2026-11-20",
					    .complete = true,
					    .questions = 10 };
	static struct report_run run = { .selftest = &t };

	for (t.unsteady = 2; t.unsteady <= 3; t.unsteady++) {
		char *text = NULL;
		size_t length;
		FILE *to = open_memstream(&text, &length);

		report_write_selftest(to, &run, escape_terminal_word);
		fclose(to);
		cr_expect_eq(strstr(text, " of 10 questions on an unsteady machine: false") != NULL,
			     t.unsteady == 3, "%s", text);
		free(text);
	}
}

Test(report_selftest, another_kernel_or_machine_than_the_runs_is_said)
{
	struct report *r;

	environment("here", "6.18");
	selftest("loop", "6.12");
	end("complete");
	r = read_back();
	cr_expect(says(r, as_text, "Linux 6.12, another kernel than this run's: false alarms"));
	report_free(r);

	begin();
	environment("there", "6.12");
	selftest("loop", "6.12");
	end("complete");
	r = read_back();
	cr_expect(says(r, as_text, "Linux 6.12, of another machine than this run: false alarms"));
	report_free(r);
}

Test(report_selftest, a_second_one_and_a_bad_one_cost_themselves)
{
	struct report *r;

	environment("here", "6.12");
	emit(json_pack("{s:s, s:[{s:s, s:s, s:i, s:i}]}", "type", "selftest", "rates", "operation",
		       "o", "metric", "p50", "compared", 1, "slower", 2));
	selftest("first", "6.12");
	selftest("second", "6.12");
	end("complete");
	r = read_back();

	cr_expect(says(r, as_text, "sees 3 % of first"));
	cr_expect(says(r, as_text, "a second self-test"));
	cr_expect(says(r, as_text, "rates: more verdicts than comparisons"));
	report_free(r);
}

Test(report_selftest, names_are_harmless_in_every_format)
{
	struct report *r;
	char *text;

	environment("here", "6.12");
	selftest("\x1b[31m<mine>", "<script>");
	end("complete");
	r = read_back();

	text = rendered(r, as_text);
	cr_expect_null(strchr(text, '\x1b'));
	free(text);
	text = rendered(r, report_html);
	cr_expect_null(strstr(text, "Linux <script>"));
	cr_expect_not_null(strstr(text, "Linux &lt;script&gt;"));
	cr_expect_null(strstr(text, "<mine>"));
	free(text);
	report_free(r);
}

Test(report_selftest, nothing_is_said_of_a_shift_that_was_hardly_tried)
{
	static struct record_selftest t = {
		.nr_rates = 2,
		.rate = { { "loop", "p50", 0.02, .compared = 4, .slower = 4 },
			  { "loop", "p50", 0.05, .compared = 50, .slower = 45 } },
	};

	cr_expect_eq(report_selftest_sees(&t, "loop"), 0.05);
	t.rate[0].compared = t.rate[0].slower = 5;
	cr_expect_eq(report_selftest_sees(&t, "loop"), 0.02);
	t.rate[1].slower = 44;
	cr_expect(isnan(report_selftest_sees(&t, "loop")), "what is larger is not seen");
	cr_expect(isnan(report_selftest_sees(&t, "wake")));
}

/* Its own report has it all. */
Test(report_selftest, the_tables_have_every_operation_and_shift)
{
	static struct record_selftest t = {
		.complete = true,
		.questions = 7,
		.nr_rates = 4,
		.rate = { { "loop", "p50", 0, .compared = 10, .slower = 1, .faster = 1,
			    .equivalent = 8 },
			  { "wake", "p50", 0, .compared = 10, .equivalent = 10 },
			  { "wake", "p50", 0.05, .compared = 10, .slower = 9, .added = 0.049 },
			  { "tail", "mean or p99.9", NAN, .compared = 5, .slower = 4 } },
	};
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	report_selftest_text(to, &t);
	fclose(to);
	cr_expect(strstr(text, "loop            2/10 [2.5, 56 %]"), "%s", text);
	cr_expect(strstr(text, "all             2/20 [1.2, 32 %]"), "%s", text);
	cr_expect(strstr(text, "called equivalent: 18 of 20"), "%s", text);
	cr_expect(strstr(text, "+5 %      9/10 [55, 100 %]"), "%s", text);
	cr_expect(strstr(text, "4.9 % added on average; the least that is seen"), "%s", text);
	cr_expect(strstr(text, "tail            4/5 [28, 99 %]"), "%s", text);
	free(text);
}
