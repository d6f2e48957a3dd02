// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: as a comment in Markdown. After a wanted change read the difference, then
 *   for f in small builds live hostile; do build/kt report tests/golden/$f.jsonl -f md >tests/golden/$f.md; done
 */
#include "tests/unit/report_test.h"

#include <criterion/parameterized.h>

#include "lib/report/md.h"
#include "lib/report/render.h"

static int as_md(FILE *out, const struct report *r)
{
	return report_format_named("md")->render(out, r, NULL);
}

struct word {
	char raw[48], name[160];
	bool plain;
};

ParameterizedTestParameters(report_md, names)
{
	static struct word words[] = {
		{ "libkthread", "`libkthread`", true },
		{ "wakeup/trip=oneway", "`wakeup/trip=oneway`", true },
		{ "a virtual machine: other guests, 2 %", "`a virtual machine: other guests, 2 %`",
		  true },
		{ "", "<code></code>", true },
		{ " a ", "<code>&#32;a&#32;</code>", true },
		/* code spans end at a backtick, cells at a bar */
		{ "a`b", "<code>a&#96;b</code>", false },
		{ "a|b\\|", "<code>a&#124;b&#92;&#124;</code>", false },
		{ "<img src=x>", "`<img src=x>`", false },
		{ "[x](http://y)", "`[x](http://y)`", false },
		{ "@all|", "<code>&#64;<!-- -->all&#124;</code>", false },
		/* links that need no brackets, in a sentence */
		{ "see http://x.y", "`see http://x.y`", false },
		{ "see www.x.y", "`see www.x.y`", false },
		{ "like :smile:", "`like :smile:`", false },
		{ "fixes GH-1", "`fixes GH-1`", false },
		{ "a_b_", "`a_b_`", false },
		{ "$x$ ~y~ *z*", "`$x$ ~y~ *z*`", false },
		{ "a\nb\t", "`a\\x0ab\\x09`", false },
		{ "\xe2\x80\xaetxt`\xff", "<code>&#92;xe2&#92;x80&#92;xaetxt&#96;&#92;xff</code>",
		  false },
		{ "\xc3\xa9", "`\xc3\xa9`", false },
	};

	return cr_make_param_array(struct word, words, sizeof(words) / sizeof(words[0]));
}

ParameterizedTest(struct word *w, report_md, names)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	escape_markdown(out, w->raw);
	fclose(out);
	cr_expect_str_eq(text, w->name);
	cr_expect_eq(escape_markdown_is_plain(w->raw), w->plain, "%s", w->raw);
	free(text);
}

Test(report_md, a_long_name_has_its_beginning_and_its_end)
{
	char name[1000] = "begin", *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	/* Characters of two bytes, so that neither cut is between characters by itself. */
	for (size_t i = 5; i < sizeof(name) - 4; i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	strcpy(name + sizeof(name) - 5, "-end");
	md_name(out, name);
	fclose(out);
	cr_expect_lt(length, MD_NAME + 20);
	cr_expect(!strncmp(text, "`begin", 6) && !strcmp(text + length - 5, "-end`"), "%s", text);
	cr_expect_null(strstr(text, "\\x"), "no half of a character: %s", text);
	free(text);
}

Test(report_md, a_part_keeps_whole_rows_and_counts_the_others)
{
	static const char *const column[] = { "a", "b" };
	struct md_part p;
	bool opened;

	cr_assert(md_begin(&p, 120));
	opened = md_open(&p, "Rows", column, 2, 1);
	cr_assert(opened);
	for (int i = 0; i < 10; i++) {
		/* The third is too long for what is left; short ones after it do not fill its place. */
		md_cell(p.out,
			i == 2 ? "a row that is longer than all the others, much longer than they are"
			       : "x");
		md_cell(p.out, "y");
		md_end_row(&p);
	}
	md_close(&p, opened, true, "row");
	cr_assert_eq(md_end(&p), 0);
	cr_expect_str_eq(
		p.text,
		"\n<details><summary>Rows</summary>\n\n| a | b |\n|---|---:|\n| x | y |\n| x | y |\n"
		"\n8 more rows are left out, since comments are short: `kt report -f html` shows "
		"everything.\n\n</details>\n");
	md_free(&p);
}

Test(report_md, a_table_without_room_is_not_begun)
{
	static const char *const column[] = { "a", "b" };
	struct md_part p;
	bool opened;

	cr_assert(md_begin(&p, 20));
	opened = md_open(&p, "Rows", column, 2, 1);
	cr_expect_not(opened);
	md_cell(p.out, "x");
	md_end_row(&p);
	md_close(&p, opened, true, "row");
	cr_assert_eq(md_end(&p), 0);
	cr_expect_str_eq(p.text,
			 "\n1 more row is left out, since comments are short: `kt report -f "
			 "html` shows everything.\n");
	md_free(&p);
}

Test(report_md, a_fence_is_longer_than_any_in_the_block)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	md_block(out, "kt bench '````'\n", 100);
	md_block(out, "0123456789", 5);
	fclose(out);
	cr_expect_str_eq(text, "`````\nkt bench '````'\n`````\n```\n01234…\n```\n");
	free(text);
}

struct golden {
	char record[40], md[40];
};

ParameterizedTestParameters(report_md, is_as_committed)
{
	static struct golden goldens[] = {
		{ GOLDEN("small.jsonl"), GOLDEN("small.md") },
		{ GOLDEN("builds.jsonl"), GOLDEN("builds.md") },
		{ GOLDEN("live.jsonl"), GOLDEN("live.md") },
		{ GOLDEN("hostile.jsonl"), GOLDEN("hostile.md") },
	};

	return cr_make_param_array(struct golden, goldens, sizeof(goldens) / sizeof(goldens[0]));
}

ParameterizedTest(struct golden *g, report_md, is_as_committed)
{
	struct report *r = load(g->record);
	char *expected = file_text(g->md), *now = rendered(r, as_md);

	cr_expect_str_eq(now, expected, "%s differs", g->md);
	cr_expect_leq(strlen(now), MD_LIMIT);
	free(now);
	free(expected);
	report_free(r);
}
