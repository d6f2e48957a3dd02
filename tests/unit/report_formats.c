// SPDX-License-Identifier: GPL-2.0-only
/* report: the table of formats: names, suffixes, and that each of them renders */
#include "tests/unit/report_test.h"

#include "lib/report/diff.h"
#include "lib/report/merge_table.h"

Test(report_formats, the_default_is_text_and_names_are_found)
{
	const struct report_format *f;

	cr_assert_not_null(report_format_at(0));
	cr_expect_str_eq(report_format_at(0)->name, "text");
	for (size_t i = 0; (f = report_format_at(i)); i++) {
		cr_expect_eq(report_format_named(f->name), f, "%s is the only one of its name",
			     f->name);
		cr_expect(*f->help, "%s says what it is", f->name);
	}
	cr_expect_null(report_format_named("pdf"));
	cr_expect_null(report_format_named(""));
}

Test(report_formats, a_suffix_decides_and_nothing_less)
{
	cr_expect_eq(report_format_of_file("x.html"), report_format_named("html"));
	cr_expect_eq(report_format_of_file("dir.json/x.htm"), report_format_named("html"));
	cr_expect_eq(report_format_of_file("x.json"), report_format_named("json"));
	cr_expect_eq(report_format_of_file("x.csv"), report_format_named("csv"));
	cr_expect_null(report_format_of_file("x.html.gz"));
	cr_expect_null(report_format_of_file(".json"), "a suffix alone is a name");
	cr_expect_null(report_format_of_file("html"));
}

Test(report_formats, the_list_of_names_is_that_of_the_table_cut_off_at_its_size)
{
	char names[128], expected[128] = "", small[8];
	const struct report_format *f;

	for (size_t i = 0; (f = report_format_at(i)); i++)
		snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%s%s",
			 !i			   ? ""
			 : report_format_at(i + 1) ? ", "
						   : " or ",
			 f->name);
	format_row_names(report_format_rows, names, sizeof(names));
	cr_expect_str_eq(names, expected);
	format_row_names(report_format_rows, small, sizeof(small));
	cr_expect_str_eq(small, "text, h");
}

/* What is one thing for all commands that have formats. */
Test(report_formats, every_table_is_looked_up_alike)
{
	format_rows *const table[] = { report_format_rows, diff_format_rows, merge_format_rows };
	struct format_row row;

	for (size_t t = 0; t < sizeof(table) / sizeof(table[0]); t++) {
		size_t nr = 0;

		for (; table[t](nr, &row); nr++) {
			char path[64];

			cr_expect_eq(format_row_named(table[t], row.name), nr, "%s", row.name);
			cr_expect_str_eq(format_row_name(table[t], nr), row.name);
			for (size_t k = 0; row.suffix && row.suffix[k]; k++) {
				snprintf(path, sizeof(path), "x%s", row.suffix[k]);
				cr_expect_eq(format_row_of_file(table[t], path), nr, "%s", path);
				cr_expect_eq(format_row_of_file(table[t], row.suffix[k]),
					     FORMAT_NONE);
			}
		}
		cr_expect_gt(nr, 1);
		cr_expect_null(format_row_name(table[t], nr));
		cr_expect_eq(format_row_named(table[t], "tex"), FORMAT_NONE, "no part of a name");
	}
	cr_expect_eq(format_row_of_file(merge_format_rows, "x.csv"), FORMAT_NONE);
	cr_expect_str_eq(diff_format_of_file("x.md")->name, "md");
	cr_expect_null(diff_format_of_file("x.csv"));
}

Test(report_formats, help_names_all_with_what_they_are_and_the_default)
{
	char *report = format_row_help(report_format_rows),
	     *merge = format_row_help(merge_format_rows);

	cr_assert(report && merge);
	cr_expect_eq(strncmp(report, "text (", 6), 0, "%s", report);
	cr_expect(strstr(report, "), default: from OUT's suffix, else text"), "%s", report);
	cr_expect(strstr(merge, "), default: text") && !strstr(merge, "suffix"), "%s", merge);
	free(report);
	free(merge);
}

Test(report_formats, each_renders, .timeout = 60)
{
	struct report *r = load(GOLDEN("small.jsonl"));
	const struct report_format *f;

	for (size_t i = 0; (f = report_format_at(i)); i++) {
		char *text = NULL;
		size_t length;
		FILE *out;

		if (f->refuses && f->refuses(r))
			continue;
		out = open_memstream(&text, &length);
		cr_assert_eq(f->render(out, r, NULL), 0, "%s", f->name);
		fclose(out);
		cr_expect(strstr(text, "work_queue"), "%s", f->name);
		free(text);
	}
	report_free(r);
}
