// SPDX-License-Identifier: GPL-2.0-only
/* report: the page tells arms apart, however many there are */
#include "tests/unit/report_records.h"

#include "lib/report/page.h"

TestSuite(report_page, .init = begin, .fini = finish, .timeout = 120);

#define NR_ARMS 13

static struct report *many_arms(void)
{
	json_t *arms = json_array();
	char name[16];

	for (int i = 0; i < NR_ARMS; i++) {
		sprintf(name, "arm%d", i);
		json_array_append_new(arms, json_string(name));
	}
	json_array_append_new(arms, json_string("futex"));
	emit(json_pack("{s:s, s:s, s:s, s:o}", "type", "question", "question", "q", "mode",
		       "latency", "arms", arms));
	for (int i = 0; i < NR_ARMS; i++) {
		sprintf(name, "arm%d", i);
		block("q", false, epoch(name, 1000 * (uint64_t)(i + 1), 50), NULL, 0);
	}
	return read_back();
}

Test(report_page, each_arm_has_a_colour_of_its_own)
{
	struct report *r = many_arms();
	struct page p = { .r = r };
	bool taken[64] = { false };

	cr_assert(page_choose_colours(&p));
	cr_expect_eq(p.nr_arms, NR_ARMS + 1);
	for (size_t i = 0; i < r->nr_results; i++) {
		unsigned int colour = page_colour(&p, r->result[i].name);

		cr_assert_lt(colour, p.nr_arms);
		cr_expect_not(taken[colour], "%s", r->result[i].name);
		taken[colour] = true;
	}
	cr_expect_eq(page_colour(&p, "futex"), 1, "that of the suite's own arms is fixed");
	free(p.arm);
	report_free(r);
}

static size_t count(const char *text, const char *what)
{
	size_t nr = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		nr++;
	return nr;
}

Test(report_page, colours_beyond_ten_are_made_for_light_and_dark)
{
	struct report *r = many_arms();
	char *html = rendered(r, report_html);

	cr_expect_eq(count(html, "--a13:hsl("), 2);
	cr_expect_neq(strncmp(strstr(html, "--a11:") + 6, strstr(html, "--a10:") + 6, 12), 0);
	cr_expect_eq(count(html, "--a14:"), 0);
	cr_expect_gt(count(html, ".k13{background:repeating"), 0, "a mark with a pattern");
	if (system("command -v gnuplot >/dev/null") == 0)
		cr_expect_gt(count(html, "stroke:var(--a13)"), 0, "and its curve");
	free(html);
	report_free(r);
}
