// SPDX-License-Identifier: GPL-2.0-only
/* controller_join: two suites as one, and what is said of what they do not have in common */
#include "bench/controller/join.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char lines[8][256];
static size_t nr_lines;

static void keep_line(const char *line, void *arg)
{
	cr_expect_eq(arg, lines);
	cr_assert_lt(nr_lines, 8);
	snprintf(lines[nr_lines++], sizeof(lines[0]), "%s", line);
}

static struct suite joined(const char *old, const char *new, enum record_kind kind)
{
	char text[2][4096], err[200] = "";
	struct suite suite[2], both;

	nr_lines = 0;
	snprintf(text[0], sizeof(text[0]), "%s", old);
	snprintf(text[1], sizeof(text[1]), "%s", new);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(suite_parse(&suite[i], text[i], err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(join_suites(&both, &suite[0], &suite[1], kind, keep_line, lines), 0);
	suite_free(&suite[0]);
	suite_free(&suite[1]);
	return both;
}

static void expect_arm(const struct suite_question *q, unsigned int i, const char *name,
		       struct suite_source from)
{
	const struct suite_source *s = &q->source[i];

	cr_expect_str_eq(q->arm[i], name);
	cr_expect_str_eq(s->of, from.of, "%s", name);
	cr_expect_eq(s->side, from.side, "%s", name);
	cr_expect_eq(s->question, from.question, "%s", name);
	cr_expect_eq(s->arm, from.arm, "%s", name);
	cr_expect_eq(s->against, from.against, "%s", name);
}

/* Each knows its own numbers: both lists are in another order here. */
Test(controller_join, each_arm_stands_twice_and_the_second_is_compared_with_the_first)
{
	struct suite s =
		joined("p\ttime\t0\t0.01\t-\tx\nq\tlatency\t0\t0.02\ta\ta,b\n",
		       "q\tlatency\t1\t0.03\tb\tb,a\np\ttime\t0\t0.01\t-\tx\n", RECORD_BUILDS);
	const struct suite_question *q = &s.question[0];

	cr_assert_eq(s.nr, 2);
	cr_expect_eq(nr_lines, 0);
	cr_expect_str_eq(q->name, "q");
	cr_expect(q->latency && q->phases);
	cr_expect_eq(q->zone, 0.03, "the new suite's");
	cr_expect_null(q->baseline);
	cr_assert_eq(q->nr_arms, 4);
	expect_arm(q, 0, "b (old)", (struct suite_source){ 0, 1, 1, "b", -1 });
	expect_arm(q, 1, "b (new)", (struct suite_source){ 1, 0, 0, "b", 0 });
	expect_arm(q, 2, "a (old)", (struct suite_source){ 0, 1, 0, "a", -1 });
	expect_arm(q, 3, "a (new)", (struct suite_source){ 1, 0, 1, "a", 2 });
	expect_arm(&s.question[1], 1, "x (new)", (struct suite_source){ 1, 1, 0, "x", 0 });
	suite_free(&s);
}

Test(controller_join, settings_are_called_A_and_B)
{
	struct suite s = joined("q\ttime\t0\t0\t-\ta\n", "q\ttime\t0\t0\t-\ta\n", RECORD_SETTINGS);

	expect_arm(&s.question[0], 0, "a (A)", (struct suite_source){ 0, 0, 0, "a", -1 });
	expect_arm(&s.question[0], 1, "a (B)", (struct suite_source){ 1, 0, 0, "a", 0 });
	suite_free(&s);
}

struct difference {
	const char *old, *new, *line;
};

Test(controller_join, what_only_one_side_has_is_named_and_left_out)
{
	static const struct difference cases[] = {
		{ "p\ttime\t0\t0\t-\tx\n", "p\ttime\t0\t0\t-\tx\nq\ttime\t0\t0\t-\ta\n",
		  "q: left out: only new has it" },
		{ "p\ttime\t0\t0\t-\tx\nq\ttime\t0\t0\t-\ta\n", "p\ttime\t0\t0\t-\tx\n",
		  "q: left out: only old has it" },
		{ "p\ttime\t0\t0\t-\tx\n", "p\ttime\t0\t0\t-\tx,y\n",
		  "p: y: left out: only new has it" },
		{ "p\ttime\t0\t0\t-\tx,y\n", "p\ttime\t0\t0\t-\tx\n",
		  "p: y: left out: only old has it" },
		{ "p\ttime\t0\t0\t-\tx\nq\ttime\t0\t0\t-\ta\n",
		  "p\ttime\t0\t0\t-\tx\nq\tlatency\t0\t0\t-\ta\n",
		  "q: left out: its mode is time in old and latency in new" },
		{ "p\ttime\t0\t0\t-\tx\nq\ttime\t0\t0\t-\ta\tbatch=2\n",
		  "p\ttime\t0\t0\t-\tx\nq\ttime\t0\t0\t-\ta\n",
		  "q: left out: a value is of 2 operations in old and of 1 in new" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct suite s = joined(cases[i].old, cases[i].new, RECORD_BUILDS);

		cr_expect_eq(s.nr, 1);
		cr_expect_str_eq(s.question[0].name, "p");
		cr_expect_eq(s.question[0].nr_arms, 2);
		cr_expect_eq(nr_lines, 1, "case %zu", i);
		cr_expect_str_eq(lines[0], cases[i].line);
		suite_free(&s);
	}
}

Test(controller_join, of_a_question_without_a_common_arm_nothing_is_left)
{
	struct suite s = joined("q\ttime\t0\t0\t-\ta\n", "q\ttime\t0\t0\t-\tb\n", RECORD_BUILDS);

	cr_expect_eq(s.nr, 0);
	cr_expect_eq(nr_lines, 2);
	suite_free(&s);
}

/* Twice as many arms as a question can have do not fit. */
Test(controller_join, arms_that_do_not_fit_are_named)
{
	char text[2048] = "q\ttime\t0\t0\t-\ta0";
	struct suite s;

	for (int i = 1; i < 34; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ",a%d", i);
	strcat(text, "\n");
	s = joined(text, text, RECORD_BUILDS);
	cr_expect_eq(s.question[0].nr_arms, 64);
	cr_expect_eq(nr_lines, 2);
	cr_expect_str_eq(lines[1], "q: a33: left out: more than 32 arms of two sides");
	suite_free(&s);
}
