// SPDX-License-Identifier: GPL-2.0-only
/* report: the page's first screen says what is so, of all questions, and where it is unsure */
#include "tests/unit/report_arms.h"

#include "lib/report/page.h"

TestSuite(report_screen, .init = begin_sides, .fini = finish, .timeout = 120);

static size_t count(const char *text, const char *what)
{
	size_t nr = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		nr++;
	return nr;
}

/* The first part of the page from @begin up to @end; the caller frees it. */
static char *part(const char *html, const char *begin, const char *end)
{
	const char *from = strstr(html, begin), *to = from ? strstr(from, end) : NULL;

	cr_assert(from && to, "no %s up to %s", begin, end);
	return strndup(from, (size_t)(to - from));
}

static char *effects_of(const char *html)
{
	return part(html, "<section id=effects>", "</section>");
}

static char *page_of(struct report **r)
{
	end("complete");
	*r = read_back();
	return rendered(*r, report_html);
}

static bool follows(const char *text, const char *first, const char *second)
{
	const char *at = strstr(text, first);

	return at && strstr(at, second);
}

/* ---- effects --------------------------------------------------------------------------------- */

static const struct arms_arm small[] = { { "base", 1 }, { "mine", 1.05 }, { "peer", 2 }, { 0 } };
static const struct arms_arm large[] = { { "base", 1 }, { "mine", 0.15 }, { 0 } };
static const struct arms_arm none[] = { { "base", 1 }, { "mine", 0 }, { "peer", 4 }, { 0 } };

static char *three_questions(struct report **r)
{
	arms_header("here");
	arms_question("q/small", "base", small);
	arms_instances("q/small", small, 20);
	arms_question("q/large", "base", large);
	arms_instances("q/large", large, 20);
	arms_question("q/none", "base", none);
	arms_instances("q/none", none, 20);
	return page_of(r);
}

Test(report_screen, the_largest_effect_comes_first_and_links_to_its_question)
{
	struct report *r;
	char *html = three_questions(&r), *effects = effects_of(html);

	cr_expect(follows(effects, "<a href=\"#q-q/large\">", "<a href=\"#q-q/small\">"));
	cr_expect(strstr(effects, "▼</span> <b>÷6.6"), "%s", effects);
	cr_expect(strstr(effects, "▲</span> <b>+5.0 %</b> slower"), "%s", effects);
	cr_expect_eq(count(html, " id=\"q-q/large\""), 1);
	free(effects);
	free(html);
	report_free(r);
}

Test(report_screen, a_question_that_is_not_compared_is_listed_with_the_reason)
{
	struct report *r;
	char *html = three_questions(&r), *effects = effects_of(html);

	cr_expect(strstr(effects, "Not compared: 1 question<"), "%s", effects);
	cr_expect(follows(effects, "<a href=\"#q-q/none\">", "mine was not measured"), "%s",
		  effects);
	free(effects);
	free(html);
	report_free(r);
}

Test(report_screen, of_one_question_all_arms_are_on_the_axis)
{
	struct report *r;
	char *html, *effects;

	arms_header("here");
	arms_question("only", "base", small);
	arms_instances("only", small, 20);
	html = page_of(&r);
	effects = effects_of(html);
	cr_expect_eq(count(effects, "<th scope=row>"), 2);
	cr_expect(strstr(effects, "<span class=arm>peer</span>"), "%s", effects);
	cr_expect(strstr(effects, "<b>×2.0"), "%s", effects);
	free(effects);
	free(html);
	report_free(r);
}

Test(report_screen, a_hundred_questions_are_all_there_and_most_are_folded)
{
	struct report *r;
	char *html, *effects, *first, name[16];

	arms_header("here");
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "q%d/a", i);
		arms_question(name, "base", small);
		arms_instances(name, small, 12);
	}
	setenv("PATH", "/nonexistent", 1);
	html = page_of(&r);
	effects = effects_of(html);
	first = part(effects, "<table", "</table>");
	cr_expect_eq(count(effects, "<tr><th scope=row>"), 100);
	cr_expect_eq(count(first, "<tr><th scope=row>"), 40);
	cr_expect(strstr(effects, "<details><summary>60 more effects<"));
	cr_expect_lt(strlen(html), 3u << 20);
	free(first);
	free(effects);
	free(html);
	report_free(r);
}

Test(report_screen, an_unsteady_machine_is_said_beside_the_effect)
{
	struct report *r;
	char *html, *effects;

	sides_steal = 0.5;
	three_questions(&r);
	html = rendered(r, report_html);
	effects = effects_of(html);
	cr_assert(r->question[0].noise.unsteady, "the record is of an unsteady machine");
	cr_expect(strstr(effects, "slower, but unstable"), "%s", effects);
	cr_expect(strstr(effects, "class=\"axis unstable\""));
	cr_expect(strstr(html, "<b>3 of 3 questions unsteady</b>"));
	free(effects);
	free(html);
	report_free(r);
}

/* ---- matrix ---------------------------------------------------------------------------------- */

Test(report_screen, the_matrix_says_size_and_direction_with_a_sign)
{
	struct report *r;
	char *html = three_questions(&r), *p50;

	p50 = part(html, "<div class=\"of m-p50\">", "</table>");
	cr_expect(strstr(p50, "<td class=hot4>2.0"), "%s", p50);
	cr_expect(strstr(p50, "<td class=hot4>4.0") || strstr(p50, "<td class=hot4>3.9"), "%s",
		  p50);
	cr_expect(strstr(p50, "<td class=cold5>0.150<i>▼</i>"), "%s", p50);
	cr_expect(follows(p50, "#q-q/none", "<td class=no>·"), "%s", p50);
	cr_expect_eq(count(html, "<input type=radio name=matrix"), 4, "CPU times are not recorded");
	free(p50);
	free(html);
	report_free(r);
}

/* ---- verdicts -------------------------------------------------------------------------------- */

Test(report_screen, every_verdict_is_there_with_its_interval)
{
	struct report *r;
	char *html = three_questions(&r),
	     *verdicts = part(html, "<section id=verdicts>", "</section>");

	cr_expect_eq(count(verdicts, "<td class=l><span class=\"chip"), r->nr_comparisons);
	cr_expect_eq(count(verdicts, "<td class=l>p50<"), 4);
	for (size_t i = 0; i < r->nr_comparisons; i++) {
		char interval[80], lo[FIGURE], hi[FIGURE];

		if (isnan(r->comparison[i].j.lo))
			continue;
		snprintf(interval, sizeof(interval), "<td>[%s, %s]",
			 format_ratio(lo, r->comparison[i].j.lo),
			 format_ratio(hi, r->comparison[i].j.hi));
		cr_expect(strstr(verdicts, interval), "no %s", interval);
	}
	free(verdicts);
	free(html);
	report_free(r);
}

/* ---- other records --------------------------------------------------------------------------- */

static char *page_of_golden(const char *record)
{
	struct report *r = load(record);
	char *html = rendered(r, report_html);

	report_free(r);
	return html;
}

Test(report_screen, of_two_builds_what_regressed_comes_first_and_both_are_named)
{
	char *html = page_of_golden(GOLDEN("builds.jsonl")), *effects = effects_of(html),
	     *first = part(effects, "<tbody>", "<tr><th scope=row><a href=\"#q-loop\">");

	cr_expect(strstr(html, "<h1>1 of 6 regressed: wakeup/<wbr>trip=oneway libkthread"));
	cr_expect(strstr(html, "<li>code: 23 of 412 functions differ: wake_up_process"));
	cr_expect(strstr(html, "<details><summary>The first "),
		  "and more of them than the line names");
	cr_expect(strstr(html, "<div class=\"tile bad\"><a href=\"#effects\">Changes</a>"));
	cr_expect(strstr(first, "<span class=arm>libkthread</span>"), "%s", first);
	cr_expect(strstr(first, "<b>+10.2 %</b> regressed"), "%s", first);
	cr_expect(strstr(effects, "<b>−10.4 %</b> improved"), "%s", effects);
	free(first);
	free(effects);
	free(html);
}

Test(report_screen, what_moved_with_the_same_code_is_no_regression)
{
	char *html = page_of_golden(GOLDEN("moved.jsonl")), *effects = effects_of(html);

	cr_expect(strstr(html, "<h1>0 of 2 regressed"));
	cr_expect(strstr(effects, "<b>+34.3 %</b> same code, moved"), "%s", effects);
	cr_expect(strstr(html, "<a href=\"#effects\">Changes</a><b>nothing changed</b>"));
	cr_expect_null(strstr(html, "tile bad"));
	free(effects);
	free(html);
}

Test(report_screen, of_two_settings_both_commands_are_shown)
{
	char *html = page_of_golden(GOLDEN("settings.jsonl")), *effects = effects_of(html);

	cr_expect(strstr(html, "<li>B: echo 1 &gt;/proc/sys/kernel/x"));
	cr_expect(strstr(effects, "<h2>Setting B against A</h2>"), "%s", effects);
	free(effects);
	free(html);
}

Test(report_screen, of_a_trace_losses_are_said_and_nothing_is_compared)
{
	char *html = page_of_golden(GOLDEN("trace.jsonl"));

	cr_expect(strstr(html, "<h1>wakeup: 6 260 events, the longest 117 µs<"));
	cr_expect(strstr(html, "<b>6 of 24 006 events lost (0.02 %)</b>"));
	cr_expect(strstr(html, "lost (0.02 %)") < strstr(html, ">p99<"), "before the percentiles");
	cr_expect_null(strstr(html, "<section id=effects>"));
	cr_expect_null(strstr(html, "href=\"#verdicts\""));
	cr_expect_null(strstr(html, "href=\"#noise\""));
	free(html);
}

Test(report_screen, values_left_out_are_said_before_the_figures_they_miss)
{
	char *html = page_of_golden(GOLDEN("apart.jsonl")), *effects = effects_of(html);
	const char *banner = strstr(html, "Left out: 6 values of 2 arms");

	cr_expect(banner && banner < strstr(html, "<section id=effects>"));
	cr_expect(strstr(effects, "libkthread: 3 of 183 values were impossible and left out</small>"
				  "<td data-v="),
		  "%s", effects);
	cr_expect(strstr(effects, "<span class=run>run 2</span>"), "runs apart are named");
	cr_expect(strstr(html, "id=\"q-wakeup/trip=oneway/cpu=cross~run2\""));
	free(effects);
	free(html);
}

Test(report_screen, a_selftest_has_its_rates)
{
	struct report *r;
	char *html;

	emit(json_pack("{s:s, s:i, s:s, s:s, s:s}", "type", "header", "schema", 2, "tool",
		       "selftest", "version", "0.1.0", "id",
		       "00000000-0000-4000-8000-00000000000b"));
	emit(json_pack("{s:s, s:s, s:b, s:i, s:i, s:[{s:s, s:s, s:f, s:i, s:i, s:i, s:i}]}", "type",
		       "selftest", "host_id", "here", "complete", 1, "questions", 40, "unsteady", 0,
		       "rates", "operation", "<loop>", "metric", "any", "shift", 0.0, "compared",
		       200, "slower", 1, "faster", 0, "equivalent", 0));
	html = page_of(&r);
	cr_expect(strstr(html, "false alarms 1 of 200 [0.01, 2.8 %]"));
	cr_expect(strstr(html, "  &lt;loop&gt;"), "a row of the table");
	cr_expect_null(strstr(html, "<section id=effects>"));
	cr_expect_null(strstr(html, "href=\"#noise\""));
	free(html);
	report_free(r);
}

Test(report_screen, a_failure_is_said_beside_what_was_measured_before)
{
	struct report *r;
	char *html, *effects;

	arms_header("here");
	arms_question("good", "base", small);
	arms_instances("good", small, 20);
	arms_question("bad", "base", small);
	arms_instances("bad", small, 20);
	arms_failed("bad", "it was <killed>");
	html = page_of(&r);
	effects = effects_of(html);
	cr_expect(follows(effects, "#q-bad",
			  "<small class=lost>failed: it was &lt;killed&gt;</small>"),
		  "%s", effects);
	free(effects);
	free(html);
	report_free(r);
}
