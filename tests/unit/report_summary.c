// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: the summary for a terminal: as committed, of no width too wide, and nothing more than the verdicts.
 *
 * After a wanted change read the difference of what
 *   build/tests/unit/report_summary --filter '*as_committed'
 * says; KT_GOLDEN_WRITE=1 before it writes the files of tests/golden/summary anew.
 */
#include "tests/unit/report_arms.h"

#include <criterion/parameterized.h>

#include "lib/report/diff.h"
#include "lib/report/summary.h"
#include "lib/report/targets.h"

TestSuite(report_summary, .timeout = 60);

/* What report_summary() makes of @r; the caller frees it. */
static char *summary_of(const struct report *r, int width, bool colour)
{
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	cr_assert_not_null(to);
	cr_assert_eq(report_summary(to, r,
				    &(struct terminal_style){ .width = width, .colour = colour }),
		     0);
	fclose(to);
	cr_assert_eq(strlen(text), length, "no NUL in the output");
	return text;
}

static char *diff_of(int width, bool colour)
{
	struct diff *d = diff_new();
	char err[512] = "", *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	cr_assert(d && to);
	d->more = "kt diff --full BASE -- NEW";
	cr_assert_eq(diff_read(d, DIFF_BASE, GOLDEN("runs_base.jsonl"), err, sizeof(err)), 0, "%s",
		     err);
	cr_assert_eq(diff_read(d, DIFF_NEW, GOLDEN("runs_new.jsonl"), err, sizeof(err)), 0, "%s",
		     err);
	cr_assert_eq(diff_finish(d, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(diff_summary(to, d,
				  &(struct terminal_style){ .width = width, .colour = colour }),
		     0);
	fclose(to);
	diff_free(d);
	return text;
}

static void says(const struct report *r, int width, const char *part, bool wanted)
{
	char *text = summary_of(r, width, false);

	cr_expect_eq(strstr(text, part) != NULL, wanted, "\"%s\" in\n%s", part, text);
	free(text);
}

/* ---- as committed ---------------------------------------------------------------------------- */

struct golden {
	char record[24]; /* "": kt diff of runs_base and runs_new */
	int width;
	bool colour;
};

static struct golden goldens[] = {
	{ "suite", 80, false },	    { "suite", 140, false },  { "suite", 80, true },
	{ "suite", 200, true },	    { "small", 80, false },   { "small", 140, false },
	{ "instances", 80, false }, { "builds", 80, false },  { "builds", 140, true },
	{ "moved", 80, false },	    { "settings", 80, true }, { "apart", 80, false },
	{ "v1", 80, false },	    { "hostile", 80, false }, { "hostile_sides", 80, false },
	{ "hostile", 140, true },   { "", 80, false },	      { "", 140, true },
};

static void golden_path(char *to, size_t size, const struct golden *g)
{
	snprintf(to, size, GOLDEN("summary/%s-%d%s.txt"), *g->record ? g->record : "diff", g->width,
		 g->colour ? "-colour" : "");
}

static char *golden_text(const struct golden *g)
{
	char record[64], err[512];
	struct report *r;
	char *text;

	if (!*g->record)
		return diff_of(g->width, g->colour);
	snprintf(record, sizeof(record), GOLDEN("%s.jsonl"), g->record);
	r = load(record);
	r->more = "kt report --full RECORD";
	r->page = "-o page.html";
	if (!strcmp(g->record, "suite")) {
		struct report_targets *t;

		cr_assert_eq(report_targets_read(&t, r, GOLDEN("targets.txt"), err, sizeof(err)), 0,
			     "%s", err);
		r->targets = t;
	}
	text = summary_of(r, g->width, g->colour);
	report_targets_free((struct report_targets *)r->targets);
	report_free(r);
	return text;
}

ParameterizedTestParameters(report_summary, as_committed)
{
	return cr_make_param_array(struct golden, goldens, sizeof(goldens) / sizeof(goldens[0]));
}

ParameterizedTest(struct golden *g, report_summary, as_committed)
{
	char path_of[96], *text = golden_text(g), *expected;
	FILE *to;

	golden_path(path_of, sizeof(path_of), g);
	if (getenv("KT_GOLDEN_WRITE")) {
		to = fopen(path_of, "w");
		cr_assert_not_null(to);
		fputs(text, to);
		fclose(to);
	}
	expected = file_text(path_of);
	cr_expect_str_eq(text, expected, "%s differs", path_of);
	free(expected);
	free(text);
}

/* ---- width ----------------------------------------------------------------------------------- */

static int columns_of_line(const char *line, size_t length)
{
	int columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += (line[i] & 0xc0) != 0x80;
	return columns;
}

/* Names and commands that are longer than the line by themselves are not cut into pieces. */
static bool has_long_word(const char *line, size_t length, int width)
{
	int columns = 0;

	for (size_t i = 0; i < length; i++) {
		columns = line[i] == ' ' ? 0 : columns + ((line[i] & 0xc0) != 0x80);
		if (columns + SUMMARY_LABEL > width)
			return true;
	}
	return false;
}

static void fits(const char *text, int width, const char *what)
{
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		cr_expect(columns_of_line(line, length) <= width ||
				  has_long_word(line, length, width),
			  "%s at %d: %.*s", what, width, (int)length, line);
		cr_expect(!length || line[length - 1] != ' ', "%s at %d ends in a blank: %.*s",
			  what, width, (int)length, line);
		line += length + (line[length] != '\0');
	}
}

ParameterizedTestParameters(report_summary, no_line_is_wider_than_the_terminal)
{
	return cr_make_param_array(struct golden, goldens, sizeof(goldens) / sizeof(goldens[0]));
}

ParameterizedTest(struct golden *g, report_summary, no_line_is_wider_than_the_terminal)
{
	for (int width = 60; width <= 260; width += 4) {
		struct golden at = { .width = width };
		char *text;

		memcpy(at.record, g->record, sizeof(at.record));
		text = golden_text(&at);
		fits(text, width, g->record);
		free(text);
	}
}

/* A terminal of 20 columns has lines that are too long, and nothing else goes wrong. */
Test(report_summary, of_any_width)
{
	for (int width = 20; width < 60; width++)
		for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
			struct golden at = { .width = width };
			char *text;

			memcpy(at.record, goldens[i].record, sizeof(at.record));
			text = golden_text(&at);
			cr_expect_gt(strlen(text), 100);
			free(text);
		}
}

Test(report_summary, where_the_width_is_not_known_it_is_80)
{
	struct report *r = load(GOLDEN("suite.jsonl"));
	char *unknown = summary_of(r, 0, false), *known = summary_of(r, 80, false);

	cr_expect_str_eq(unknown, known);
	free(known);
	free(unknown);
	report_free(r);
}

Test(report_summary, thirteen_questions_are_about_25_lines)
{
	struct report *r = load("results/reference/vm-2cpu-x86_64/run.jsonl");
	char *text = summary_of(r, 80, false);
	int lines = 0;

	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	cr_expect_eq(r->nr_questions, 13);
	cr_expect_leq(lines, 27, "%d", lines);
	free(text);
	report_free(r);
}

/* ---- no more than the verdicts --------------------------------------------------------------- */

TestSuite(report_summary_of_arms, .init = begin_sides, .fini = finish, .timeout = 60);

Test(report_summary_of_arms, an_unsteady_machine_is_said_and_calls_nothing)
{
	struct report *r;

	arms_header("host");
	sides_steal = 0.5;
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 2 }, { "libuv", 3 }));
	r = read_back();
	says(r, 100, "UNSTEADY in 1 of 1 question", true);
	says(r, 100, "unstable", true);
	says(r, 100, "3.00~", true);
	says(r, 100, "x slower", false);
	says(r, 100, "3.00^", false);
	report_free(r);
}

Test(report_summary_of_arms, what_is_not_confirmed_is_not_called)
{
	struct report *r;

	arms_header("host");
	arms_question("a", "futex", ARMS({ "futex", 1 }, { "kt", 2 }));
	arms_instances("a", ARMS({ "futex", 1 }, { "kt", 2 }), 8);
	r = read_back();
	cr_assert_eq(r->comparison[0].j.reason, JUDGE_UNCONFIRMED);
	says(r, 80, "1.999 unconfirmed", true);
	says(r, 80, "kt against futex in a (p50): unconfirmed, ratio 1.999", true);
	report_free(r);
}

Test(report_summary_of_arms, a_small_effect_that_was_called_is_not_drawn_at_1)
{
	struct report *r;

	arms_zone = 0.001;
	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 1.003 }));
	arms_measured("b", "futex", ARMS({ "futex", 1 }, { "kt", 0.997 }));
	arms_zone = 0.01;
	r = read_back();
	cr_assert_eq(r->comparison[0].j.verdict, VERDICT_SLOWER);
	says(r, 80, "|*", true);
	says(r, 80, "*|", true);
	report_free(r);
}

Test(report_summary_of_arms, an_effect_beyond_the_axis_points_outwards)
{
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 50 }));
	arms_measured("b", "futex", ARMS({ "futex", 1 }, { "kt", 0.02 }));
	r = read_back();
	says(r, 80, ">", true);
	says(r, 80, "<", true);
	says(r, 80, "50.0 x slower", true);
	says(r, 80, "50.0 x faster", true);
	says(r, 80, "*", false);
	report_free(r);
}

/* ---- what is left out is counted ------------------------------------------------------------- */

Test(report_summary_of_arms, of_more_than_forty_the_called_ones_come_first)
{
	struct report *r;
	char name[16], *text;

	arms_header("host");
	for (int i = 0; i < 45; i++) {
		bool called = i == 44;

		snprintf(name, sizeof(name), "q%02d", i);
		arms_question(name, "futex", ARMS({ "futex", 1 }, { "kt", 1.1 }));
		arms_instances(name, ARMS({ "futex", 1 }, { "kt", called ? 1.05 : 1.1 + 0.01 * i }),
			       called ? 24 : 3);
	}
	r = read_back();
	text = summary_of(r, 80, false);
	cr_expect(strstr(text, "\n q44 "), "called, though it is the smallest:\n%s", text);
	cr_expect(strstr(text, "\n q43 ") && strstr(text, "\n q05 "), "%s", text);
	cr_expect_null(strstr(text, "\n q04 "), "%s", text);
	cr_expect(strstr(text, "\n and 5 more: smaller effects, inconclusive or not compared\n"),
		  "%s", text);
	free(text);
	report_free(r);
}

Test(report_summary_of_arms, a_question_without_the_subject_names_its_arm)
{
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 1.1 }));
	arms_measured("b", "futex", ARMS({ "futex", 1 }, { "kt", 1.1 }));
	arms_measured("c", "old", ARMS({ "old", 1 }, { "new", 3 }));
	r = read_back();
	says(r, 80, "new to old", true);
	report_free(r);
}

Test(report_summary_of_arms, arms_without_room_are_counted)
{
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex",
		      ARMS({ "futex", 1 }, { "kt", 1.1 }, { "libuv", 2 }, { "glib", 2 },
			   { "condvar", 2 }, { "eventfd", 3 }, { "pthread", 4 }));
	r = read_back();
	r->more = "kt report --full x";
	says(r, 80, "more       kt report --full x  (1 other arm)", true);
	says(r, 140, "other arm", false);
	says(r, 140, "4.00^", true);
	report_free(r);
}

Test(report_summary_of_arms, a_command_is_never_wrapped)
{
	struct report *r;
	char command[200];

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 1.1 }));
	r = read_back();
	snprintf(command, sizeof(command), "kt report --full %0150d", 0);
	r->more = command;
	r->page = "-o page.html";
	says(r, 80, command, true);
	says(r, 80, "\n           (as a page: -o page.html)\n", true);
	report_free(r);
}

/* ---- names ----------------------------------------------------------------------------------- */

Test(report_summary_of_arms, short_names_stay_different)
{
	const struct arms_arm *arms = ARMS({ "futex", 1 }, { "kt", 1.1 });
	struct report *r;

	arms_header("host");
	arms_measured("wakeup_of_a_thread/cpu=same/placement=any", "futex", arms);
	arms_measured("wakeup_of_a_thread/cpu=other/placement=same", "futex", arms);
	r = read_back();
	says(r, 80, " wakeup_of_a_thread/same/any ", true);
	says(r, 80, " wakeup_of_a_thread/other/same ", true);
	says(r, 80, "cpu=same", true); /* the sentence has the whole name */
	report_free(r);
	finish();
	begin_sides();
	arms_header("host");
	arms_measured("wakeup_of_a_thread/waker=same/placement=any", "futex", arms);
	arms_measured("wakeup_of_a_thread/wakee=same/placement=any", "futex", arms);
	r = read_back();
	says(r, 80, " wakeup_of_a_thread/same/any ", false);
	report_free(r);
}

/* The sentence and the row cut it; nothing is as long as it. */
Test(report_summary_of_arms, a_name_of_a_megabyte_costs_a_line)
{
	size_t length = 1 << 20;
	char *name = malloc(length + 1), *text;
	struct report *r;

	cr_assert_not_null(name);
	memset(name, 'x', length);
	name[length] = '\0';
	arms_header("host");
	arms_measured(name, "futex", ARMS({ "futex", 1 }, { "kt", 1.1 }));
	r = read_back();
	text = summary_of(r, 80, false);
	cr_expect_lt(strlen(text), 1500);
	fits(text, 80, "long");
	free(text);
	free(name);
	report_free(r);
}

/* ---- targets --------------------------------------------------------------------------------- */

static struct report_targets *held_against(const struct report *r, const char *lines)
{
	char list[] = "/tmp/kt-targets-XXXXXX", err[512] = "";
	struct report_targets *t;
	int fd = mkstemp(list);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, lines, strlen(lines)), (ssize_t)strlen(lines));
	close(fd);
	cr_assert_eq(report_targets_read(&t, r, list, err, sizeof(err)), 0, "%s", err);
	unlink(list);
	return t;
}

Test(report_summary_of_arms, targets_are_counted_by_what_is_certain)
{
	struct report_targets *t;
	struct report *r;

	arms_header("host");
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 1.5 }));
	arms_question("few", "futex", ARMS({ "futex", 1 }, { "kt", 1.5 }));
	arms_instances("few", ARMS({ "futex", 1 }, { "kt", 1.5 }), 2);
	r = read_back();
	t = held_against(r, "a kt p50 <= 1.6 futex\na kt p50 <= 1.4 futex\na kt p50 <= 1.5 futex\n"
			    "few kt p50 <= 9 futex\nno kt p50 <= 1 futex\n");
	cr_expect_eq(t->nr, 5);
	cr_expect_eq(t->nr_reached[TARGET_MET], 1);
	cr_expect_eq(t->nr_reached[TARGET_MISSED], 1);
	cr_expect_eq(t->nr_reached[TARGET_INCONCLUSIVE], 2, "on the edge, and without an interval");
	cr_expect_eq(t->nr_reached[TARGET_NOT_MEASURED], 1);
	r->targets = t;
	says(r, 80,
	     "targets    1 met, 2 inconclusive, 1 MISSED, 1 not measured here\n"
	     "           MISSED a p50 1.500 > 1.400 x futex\n",
	     true);
	report_targets_free(t);
	report_free(r);
}

Test(report_summary_of_arms, on_an_unsteady_machine_no_target_is_met_or_missed)
{
	struct report_targets *t;
	struct report *r;

	arms_header("host");
	sides_steal = 0.5;
	arms_measured("a", "futex", ARMS({ "futex", 1 }, { "kt", 1.5 }));
	r = read_back();
	t = held_against(r, "a kt p50 <= 1.6 futex\na kt p50 <= 1.4 futex\n");
	cr_expect_eq(t->nr_reached[TARGET_INCONCLUSIVE], 2);
	report_targets_free(t);
	report_free(r);
}
