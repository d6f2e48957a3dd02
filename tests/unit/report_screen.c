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
	cr_expect(strstr(effects, "slower, but unsteady"), "%s", effects);
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
