// SPDX-License-Identifier: GPL-2.0-only
/* report: which arm it is about, its effects by their size, the axis, and the one sentence of it all */
#include "tests/unit/report_arms.h"

#include "lib/report/changes.h"
#include "lib/report/effects.h"

TestSuite(report_effects, .init = begin_sides, .fini = finish, .timeout = 60);

static char *finding_of(const struct report *r)
{
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	cr_assert_not_null(to);
	report_write_finding(to, r, escape_terminal_word);
	fclose(to);
	return text;
}

static void says(const struct report *r, const char *sentence)
{
	char *text = finding_of(r);

	cr_expect_str_eq(text, sentence);
	free(text);
}

static void contains(const struct report *r, const char *part, bool wanted)
{
	char *text = finding_of(r);

	cr_expect_eq(strstr(text, part) != NULL, wanted, "\"%s\" in \"%s\"", part, text);
	free(text);
}

/* ---- the axis -------------------------------------------------------------------------------- */

Test(report_effects, the_axis_is_the_same_up_and_down_and_ends_at_30)
{
	static const double rising[] = { 1, 1.001, 1.01, 1.05, 1.5, 2.2, 9, 29 };

	cr_expect_eq(report_axis(1), 0);
	for (size_t i = 1; i < sizeof(rising) / sizeof(rising[0]); i++) {
		cr_expect_gt(report_axis(rising[i]), report_axis(rising[i - 1]));
		cr_expect_lt(fabs(report_axis(rising[i]) + report_axis(1 / rising[i])), 1e-9);
	}
	cr_expect_lt(report_axis(29), 1);
	cr_expect_lt(fabs(report_axis(30) - 1), 1e-9);
	cr_expect_eq(report_axis(87), 1);
	cr_expect_eq(report_axis(INFINITY), 1);
	cr_expect_eq(report_axis(0), -1);
	/* Twice as far from 1 is twice as far on the axis, while both are small. */
	cr_expect_lt(fabs(report_axis(1.002) / report_axis(1.001) - 2), 0.01);
	cr_expect(isnan(report_axis(NAN)));
	cr_expect(isnan(report_axis(-1)));
}

/* ---- the subject ----------------------------------------------------------------------------- */

Test(report_effects, the_subject_is_the_arm_of_most_questions)
{
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "condvar", 1 }, { "kt", 1 }));
	arms_measured("b", "futex", ARMS({ "futex", 1 }, { "kt", 1 }));
	arms_measured("c", "kt", ARMS({ "kt", 1 }, { "condvar", 1 }, { "libuv", 1 }));
	arms_measured("d", "futex", ARMS({ "futex", 1 }, { "kt", 1 }));
	r = read_back();
	cr_expect_str_eq(report_subject_arm(r), "kt");
	report_free(r);
}

Test(report_effects, of_several_such_arms_the_first_one_met)
{
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "z", 1 }, { "b", 1 }));
	arms_measured("b", "futex", ARMS({ "futex", 1 }, { "b", 1 }, { "z", 1 }));
	r = read_back();
	cr_expect_str_eq(report_subject_arm(r), "z");
	report_free(r);
}

Test(report_effects, builds_have_no_subject_and_an_effect_each)
{
	struct report_effect *e;
	struct report *r;

	builds_header(RECORD_CODE_CHANGED);
	sides_question("q", RECORD_BUILDS, "kt", NULL);
	sides_instances("q", "kt", 0, 16, 10000, 1, 0);
	sides_question("q2", RECORD_BUILDS, "futex", NULL);
	sides_instances("q2", "futex", 0, 16, 10000, 1.2, 0);
	r = read_back();
	cr_expect_null(report_subject_arm(r));
	cr_assert_eq(report_effects(r, &e), 2);
	cr_expect_str_eq(e[0].arm->name, "futex (new)");
	cr_expect_str_eq(e[0].base->name, "futex (old)");
	cr_expect_str_eq(e[1].c->arm, "kt");
	free(e);
	report_free(r);
}

/* ---- the list -------------------------------------------------------------------------------- */

Test(report_effects, the_largest_comes_first_up_or_down)
{
	static const char *const order[] = { "twice", "half less", "some", "same" };
	struct report_effect *e;
	struct report *r;

	arms_header("host");
	arms_measured("same", "futex", ARMS({ "futex", 1 }, { "kt", 1 }));
	arms_measured("some", "futex", ARMS({ "futex", 1 }, { "kt", 1.1 }, { "libuv", 9 }));
	arms_measured("twice", "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
	arms_measured("half less", "futex", ARMS({ "futex", 1 }, { "kt", 0.55 }));
	arms_measured("without", "futex", ARMS({ "futex", 1 }, { "libuv", 9 }));
	r = read_back();
	cr_assert_eq(report_effects(r, &e), 4, "one of each question that has the subject");
	for (size_t i = 0; i < 4; i++) {
		cr_expect_str_eq(e[i].q->name, order[i]);
		cr_expect_str_eq(e[i].arm->name, "kt");
		cr_expect_str_eq(e[i].base->name, "futex");
		cr_expect_eq(e[i].c->j.metric, JUDGE_P50);
	}
	free(e);
	report_free(r);
}

Test(report_effects, what_is_decided_comes_before_what_is_not)
{
	struct report_effect *e;
	struct report *r;

	arms_header("host");
	arms_question("few", "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
	arms_instances("few", ARMS({ "futex", 1 }, { "kt", 2 }), 1);
	arms_question("many", "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
	for (int i = 0; i < 24; i++)
		arms_instances("many", ARMS({ "futex", 1 }, { "kt", 2 }), 1);
	arms_question("nothing", "futex", ARMS({ "futex", 1 }, { "kt", 0 }));
	arms_instances("nothing", ARMS({ "futex", 1 }), 12);
	r = read_back();
	cr_assert_eq(report_effects(r, &e), 2);
	cr_assert_eq(e[0].c->j.ratio, e[1].c->j.ratio, "%.17g and %.17g", e[0].c->j.ratio,
		     e[1].c->j.ratio);
	cr_expect_str_eq(e[0].q->name, "many");
	cr_expect(report_effect_is_sure(e[0].c));
	cr_expect_not(report_effect_is_sure(e[1].c));
	free(e);
	report_free(r);
}

/* ---- the sentence of arms -------------------------------------------------------------------- */

Test(report_effects, the_sentence_counts_and_names_both_ends)
{
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 1 }));
	arms_measured("b", "pthread", ARMS({ "pthread", 1 }, { "kt", 1.1 }));
	arms_measured("c", "futex", ARMS({ "futex", 1 }, { "kt", 3 }));
	arms_measured("d", "futex", ARMS({ "futex", 1 }, { "kt", 0.9 }));
	arms_measured("e", "futex", ARMS({ "futex", 1 }, { "kt", 0.02 }));
	arms_question("f", "futex", ARMS({ "futex", 1 }, { "kt", 9 }));
	arms_instances("f", ARMS({ "futex", 1 }, { "kt", 9 }), 1);
	r = read_back();
	says(r,
	     "kt against each question's baseline (p50): 2 faster, 1 equivalent, 2 slower, 1 inconclusive; "
	     "fastest in e, where it is 50.0 times as fast as futex; "
	     "slowest in c, where it takes 3.00 times as long as futex");
	report_free(r);
}

Test(report_effects, small_effects_are_said_in_percent_and_one_baseline_by_its_name)
{
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 1.1 }));
	arms_measured("b", "futex", ARMS({ "futex", 1 }, { "kt", 0.9 }));
	r = read_back();
	contains(r, "kt against futex (p50): 1 faster, 1 slower; ", true);
	contains(r, "fastest in b, where it takes 10 % less than futex", true);
	contains(r, "slowest in a, where it takes 10 % longer than futex", true);
	report_free(r);
}

Test(report_effects, one_question_says_its_ratio_instead_of_counts)
{
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 1.1 }));
	r = read_back();
	contains(r, "kt against futex in a (p50): slower, ratio 1.1", true);
	contains(r, "[1.0", true);
	report_free(r);
}

Test(report_effects, where_nothing_is_decided_nothing_is_fastest_or_slowest)
{
	struct report *r;

	arms_header("host");
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "b" : "a";

		arms_question(name, "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
		arms_instances(name, ARMS({ "futex", 1 }, { "kt", 2 }), 2);
	}
	r = read_back();
	says(r, "kt against futex (p50): 2 inconclusive");
	report_free(r);
}

Test(report_effects, an_unsteady_machine_has_called_nothing)
{
	struct report *r;

	arms_header("host");
	sides_steal = 0.5;
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
	arms_measured("b", "futex", ARMS({ "futex", 1 }, { "kt", 0.1 }));
	sides_steal = 0;
	arms_measured("c", "futex", ARMS({ "futex", 1 }, { "kt", 1.1 }));
	r = read_back();
	cr_assert(r->question[0].noise.unsteady && !r->question[2].noise.unsteady);
	contains(r, "(p50): 1 slower, 2 unstable; slowest in c,", true);
	contains(r, "fastest", false);
	report_free(r);
}

Test(report_effects, one_question_on_an_unsteady_machine)
{
	struct report *r;

	arms_header("host");
	sides_steal = 0.5;
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
	r = read_back();
	contains(r, "kt against futex in a (p50): slower, but unstable, ratio ", true);
	report_free(r);
}

Test(report_effects, what_was_not_compared_is_said)
{
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
	arms_measured("b", "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
	arms_measured("c", "nobody", ARMS({ "futex", 1 }, { "kt", 2 }));
	arms_question("d", "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
	arms_failed("d", "it was killed");
	r = read_back();
	contains(r, "(p50): 2 slower; ", true);
	contains(r, "; not compared in 2 of 4 questions; 1 question failed", true);
	report_free(r);
}

Test(report_effects, a_run_of_single_arms_compares_nothing)
{
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }));
	arms_question("b", "futex", ARMS({ "futex", 1 }));
	arms_failed("b", "it was killed");
	r = read_back();
	says(r, "no arm was compared with another: 1 arm measured; 1 question failed");
	report_free(r);
}

Test(report_effects, a_run_that_never_asked_anything)
{
	struct report *r;

	arms_header("host");
	r = read_back();
	says(r, "nothing was measured");
	report_free(r);
}

Test(report_effects, runs_that_stand_apart_are_named)
{
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
	arms_header("another");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 3 }));
	r = read_back();
	cr_assert(r->apart);
	contains(r, "kt against futex (p50): 2 slower; slowest in a run 2, where it takes 3.0",
		 true);
	report_free(r);
}

Test(report_effects, arms_beside_builds_have_a_sentence_of_their_own)
{
	struct report *r;

	builds_header(RECORD_CODE_CHANGED);
	sides_question("q", RECORD_BUILDS, "kt", NULL);
	sides_instances("q", "kt", 0, 16, 10000, 1, 0);
	arms_header("another");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
	r = read_back();
	contains(r, "0 of 1 regressed, 1 unchanged; kt against futex in a run 2 (p50): slower",
		 true);
	report_free(r);
}

/* ---- traces ---------------------------------------------------------------------------------- */

Test(report_effects, a_trace_says_how_much_was_waited)
{
	struct report *r = load(GOLDEN("live.jsonl"));

	says(r, "wakeup: waited 8.6 % of the time for a CPU, the longest wait 3.39 ms; "
		"redis-bgsave-23725 still waits, for 3.90 s so far; 0.6 % of the events lost");
	report_free(r);
}

Test(report_effects, an_old_trace_says_what_it_counted)
{
	struct report *r = load(GOLDEN("trace.jsonl"));

	says(r, "wakeup: 6 260 events, the longest 117 us; work: 120 events, the longest 152 us");
	report_free(r);
}
