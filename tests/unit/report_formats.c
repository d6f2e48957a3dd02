// SPDX-License-Identifier: GPL-2.0-only
/* report: the table of formats: names, suffixes, and that each of them renders */
#include "tests/unit/report_test.h"

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
	report_format_names(names, sizeof(names));
	cr_expect_str_eq(names, expected);
	report_format_names(small, sizeof(small));
	cr_expect_str_eq(small, "text, h");
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
