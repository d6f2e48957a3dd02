// SPDX-License-Identifier: GPL-2.0-only
/* report: the page's links stay true from run to run, and a long name does not fill it */
#include "tests/unit/report_records.h"

#include "lib/report/page.h"

TestSuite(report_first, .init = begin, .fini = finish, .timeout = 120);

#define LONG (1u << 20)

/* ---- permalinks ------------------------------------------------------------------------------ */

static void read_anchor(char text[200], const char *name, bool from_trace)
{
	struct report_question q = { .name = name, .from_trace = from_trace };
	struct report r = { .nr_questions = 1, .question = &q };
	struct page p = { .out = fmemopen(text, 200, "w"), .r = &r };

	page_anchor(&p, &q);
	fclose(p.out);
}

Test(report_first, an_anchor_is_made_of_the_name_alone)
{
	static const struct {
		const char *name, *anchor;
	} names[] = {
		{ "wakeup/trip=oneway/cpu=cross", "q-wakeup/trip=oneway/cpu=cross" },
		{ "a b", "q-a~20b" },
		{ "a~20b", "q-a~7e20b" },
		{ "\"><script>", "q-~22~3e~3cscript~3e" },
		{ "\xc3\xa9", "q-~c3~a9" },
		{ "", "q-" },
	};
	char text[200];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		read_anchor(text, names[i].name, false);
		cr_expect_str_eq(text, names[i].anchor);
	}
	read_anchor(text, "wakeup", true);
	cr_expect_str_eq(text, "t-wakeup", "a kind of event is not a question of that name");
}

Test(report_first, anchors_of_long_names_differ_and_are_short)
{
	char name[2][301], text[2][200];

	for (int i = 0; i < 2; i++) {
		memset(name[i], '"', 300);
		name[i][300] = '\0';
	}
	name[1][299] = 'x';
	for (int i = 0; i < 2; i++)
		read_anchor(text[i], name[i], false);
	cr_expect_str_neq(text[0], text[1]);
	cr_expect_eq(strncmp(text[0], text[1], 80), 0);
	cr_expect_lt(strlen(text[0]), 150u);
}

/* ---- long names ------------------------------------------------------------------------------ */

/* A run whose question and arm have these names. */
static struct report *named(const char *name, const char *arm)
{
	emit(json_pack("{s:s, s:s%, s:s, s:s, s:f, s:[s,s%]}", "type", "question", "question", name,
		       strlen(name), "mode", "latency", "baseline", "old", "zone", 0.01, "arms",
		       "old", arm, strlen(arm)));
	for (int i = 0; i < 12; i++)
		block(name, false, epoch("old", wobble(i, 100000), 50),
		      epoch(arm, wobble(i + 1, 120000), 50), 0);
	end("complete");
	return read_back();
}

static size_t page_size(const char *name, const char *arm)
{
	struct report *r;
	char *html;
	size_t size;

	finish();
	begin();
	r = named(name, arm);
	cr_assert_eq(r->nr_questions, 1);
	cr_assert_eq(r->nr_results, 2);
	html = rendered(r, report_html);
	size = strlen(html);
	free(html);
	report_free(r);
	return size;
}

Test(report_first, a_name_of_a_megabyte_costs_ten_kilobytes_at_most)
{
	static const char *const of[] = { "a", "/", "\"", "\\", "a/b=", "\xc3\xa9" };
	char *name = calloc(LONG + 8, 1);
	size_t plain;

	cr_assert_not_null(name);
	plain = page_size("name", "arm");
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		for (size_t at = 0; at < LONG; at += strlen(of[i]))
			strcpy(name + at, of[i]);
		cr_expect_leq(page_size(name, "arm"), plain + 10240, "a question of %s", of[i]);
		cr_expect_leq(page_size("name", name), plain + 10240, "an arm of %s", of[i]);
	}
	free(name);
}

static size_t trace_page_size(const char *subject)
{
	struct report *r;
	char *html;
	size_t size;

	finish();
	begin();
	emit(trace_of(NULL, "wakeup", subject, "woken", 1000, 50));
	end("complete");
	r = read_back();
	cr_assert_eq(r->nr_results, 1);
	html = rendered(r, report_html);
	size = strlen(html);
	free(html);
	report_free(r);
	return size;
}

Test(report_first, so_does_that_of_a_thread)
{
	char *name = calloc(LONG + 1, 1);

	cr_assert_not_null(name);
	memset(name, '<', LONG);
	cr_expect_leq(trace_page_size(name), trace_page_size("thread") + 10240);
	free(name);
}

Test(report_first, a_long_name_keeps_both_ends_and_says_its_length)
{
	static char name[5001];
	struct report *r;
	char *html;

	memset(name, 'x', 5000);
	memcpy(name, "begin", 5);
	memcpy(name + 4994, "finish", 6);
	r = named("q", name);
	html = rendered(r, report_html);
	cr_expect_not_null(strstr(html, "beginxxx"));
	cr_expect_not_null(strstr(html, "x … [5 000 bytes] … xx"));
	cr_expect_not_null(strstr(html, "xxfinish"));
	free(html);
	report_free(r);
}

/* ---- the script ------------------------------------------------------------------------------ */

static int base64_of(unsigned int bits)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return digits[bits & 63];
}

/* The 32 bytes of a digest as a content policy wants them. */
static void write_base64(char text[45], const unsigned char digest[33])
{
	for (int i = 0; i < 11; i++) {
		unsigned int three = (unsigned int)digest[3 * i] << 16 | digest[3 * i + 1] << 8 |
				     digest[3 * i + 2];

		for (int k = 0; k < 4; k++)
			text[4 * i + k] = (char)base64_of(three >> (18 - 6 * k));
	}
	text[43] = '=';
	text[44] = '\0';
}

Test(report_first, the_policy_allows_the_script_as_it_is)
{
	unsigned char digest[33] = { 0 };
	char command[80], expected[64] = "sha256-";
	FILE *sum;

	fclose(out);
	out = fopen(path, "w");
	cr_assert_not_null(out);
	fputs(page_script, out);
	cr_assert_eq(fclose(out), 0);
	snprintf(command, sizeof(command), "sha256sum <%s", path);
	sum = popen(command, "r");
	cr_assert_not_null(sum);
	for (int i = 0; i < 32; i++)
		cr_assert_eq(fscanf(sum, "%2hhx", &digest[i]), 1);
	pclose(sum);
	write_base64(expected + 7, digest);
	cr_expect_str_eq(page_script_hash, expected, "page_script_hash is to be \"%s\"", expected);
	cr_expect_null(strstr(page_script, "</"), "nothing ends it early");
	cr_expect_null(strstr(page_script, "<!--"));
}
