// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_noise: when the machine counts as unsteady. Blocks here last as long as their noise says,
 * not as long as their epochs.
 */
#include "tests/unit/report_records.h"

#include <math.h>

TestSuite(report_noise, .init = begin, .fini = finish, .timeout = 60);

static void stretch(const char *name, double foreign, double wall_ns, double canary_ns)
{
	json_t *epochs = json_array();

	json_array_append_new(epochs, epoch("old", 1000, 50));
	json_array_append_new(epochs, epoch("new", 1000, 50));
	emit(json_pack("{s:s, s:s, s:b, s:o, s:{s:f, s:f, s:f, s:I}}", "type", "block", "question",
		       name, "traced", 0, "epochs", epochs, "noise", "steal", 0.0, "canary_ns",
		       canary_ns, "foreign", foreign, "wall_ns", (json_int_t)wall_ns));
}

/* 40 ms each: twelve or thirteen are a window, as it takes ticks of 10 ms to see anything. */
Test(report_noise, other_programs_make_a_question_unsteady)
{
	const struct report_noise *n;
	struct report *r;
	char *text;

	question("alone", "latency");
	question("beside", "latency");
	question("now_and_then", "latency");
	for (int i = 0; i < 130; i++) {
		/* Ticks that one stretch has and the next one lacks. */
		stretch("alone", i % 2 ? 0.9 : -0.5, 40e6, 1000);
		stretch("beside", i % 65 < 26 ? 1.5 : 0.05, 40e6, 1000);
		stretch("now_and_then", i % 65 < 6 ? 2 : 0, 40e6, 1000);
	}
	r = read_back();

	n = &r->question[0].noise;
	cr_expect_eq(n->nr_windows, 10, "%zu", n->nr_windows);
	cr_expect_eq(n->nr_noisy, 0, "%zu", n->nr_noisy);
	cr_expect(fabs(n->foreign_mean - 0.2) < 0.01, "%g", n->foreign_mean);
	n = &r->question[1].noise;
	cr_expect_eq(n->nr_foreign, 4, "%zu", n->nr_foreign);
	cr_expect(n->unsteady);
	cr_expect(fabs(n->foreign_mean - 0.63) < 0.01, "%g", n->foreign_mean);
	cr_expect(fabs(n->foreign_max - 1.5) < 0.01, "%g", n->foreign_max);
	cr_expect(r->comparison[NR_JUDGE_METRICS].unstable);
	n = &r->question[2].noise;
	cr_expect_eq(n->nr_noisy, 2, "%zu", n->nr_noisy);
	cr_expect_not(n->unsteady, "a fifth is not over a fifth");
	text = rendered(r, as_text);
	cr_expect(strstr(text, "unsteady machine: 4 of 10 half seconds noisy: 0.6 CPUs of other "
			       "programs, most 1.5\n"),
		  "%s", text);
	cr_expect(strstr(text,
			 "noise: 6 of 30 half seconds noisy (steal at most 0 %, other programs "
			 "at most 1.5 CPUs)"),
		  "%s", text);
	free(text);
	report_free(r);
}

Test(report_noise, a_question_shorter_than_a_window_is_too_short_to_say)
{
	struct report *r;
	char *text;

	question("short", "latency");
	question("long", "latency");
	for (int i = 0; i < 8; i++) {
		stretch("short", 2, 60e6, 1000);
		stretch("long", 0, 70e6, 1000);
	}
	r = read_back();

	cr_expect_eq(r->question[0].noise.nr_windows, 0);
	cr_expect_not(r->question[0].noise.unsteady);
	cr_expect(fabs(r->question[0].noise.foreign_mean - 2) < 1e-9, "what is known is kept");
	cr_expect_eq(r->question[1].noise.nr_windows, 1);
	text = rendered(r, as_text);
	cr_expect(strstr(text, "0 of 2 questions unsteady, 1 too short to say"), "%s", text);
	free(text);
	text = rendered(r, report_html);
	cr_expect(strstr(text, "<span class=quiet>too short to say</span>"));
	free(text);
	report_free(r);
}

/* Records of before: nothing is said of other programs, and a stretch is as long as its epochs. */
Test(report_noise, a_record_that_does_not_know_other_programs)
{
	struct report *r;
	char *text;

	question("q", "latency");
	for (int i = 0; i < 12; i++)
		block("q", false, epoch("old", 9000000, 50), epoch("new", 9000000, 50), 0.001);
	r = read_back();

	cr_expect_eq(r->question[0].noise.nr_windows, 12);
	cr_expect(isnan(r->question[0].noise.foreign_mean));
	cr_expect_not(r->question[0].noise.unsteady);
	text = rendered(r, as_text);
	cr_expect_null(strstr(text, "other programs"));
	free(text);
	report_free(r);
}

Test(report_noise, a_canary_that_scatters_has_not_moved)
{
	/* The clock rates that one such CPU runs at, in no order. */
	static const double at[] = { 66.8, 77.5, 68.7, 80.1, 66.8, 75.1, 68.7, 66.8, 75.1, 66.8,
				     75.1, 77.6, 66.9, 75.2, 80.1, 77.6, 68.7, 75.1, 66.8, 77.5 };
	struct report *r;
	char *text;

	question("scatters", "latency");
	question("few", "latency");
	question("moves", "latency");
	for (int i = 0; i < 20; i++) {
		stretch("scatters", 0, 60e6, at[i] * 1000);
		stretch("moves", 0, 60e6, (i < 10 ? 70000 : 73000) + 10 * (i % 3));
		if (i % 2)
			stretch("few", 0, 60e6, i < 10 ? 70000 : 73000);
	}
	r = read_back();

	cr_expect(r->question[0].noise.canary_drift > 0.03, "%g",
		  r->question[0].noise.canary_drift);
	cr_expect_not(r->question[0].noise.unsteady, "half of it is chance");
	cr_expect_not(r->question[1].noise.unsteady, "five readings a half say nothing");
	cr_expect(r->question[2].noise.canary_moved);
	cr_expect(r->question[2].noise.unsteady);
	text = rendered(r, as_text);
	cr_expect(strstr(text, "0 of 2 half seconds noisy; a fixed loop's time moved by 4.3 %"),
		  "%s", text);
	free(text);
	report_free(r);
}
