// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: as comma-separated values. After a wanted change read the difference, then
 *   for f in small builds live hostile; do build/kt report tests/golden/$f.jsonl -f csv >tests/golden/$f.csv; done
 *   build/kt report tests/golden/builds.jsonl -f csv --table comparisons >tests/golden/builds.comparisons.csv
 */
#include "tests/unit/report_test.h"

#include <criterion/parameterized.h>
#include <math.h>

#include "lib/report/csv.h"
#include "lib/report/render.h"

static char *text;
static size_t length;
static struct csv c;

static void begin(void)
{
	c = (struct csv){ .out = open_memstream(&text, &length) };
	cr_assert_not_null(c.out);
}

static void finish(void)
{
	fclose(c.out);
	free(text);
}

static const char *written(void)
{
	fflush(c.out);
	return text;
}

TestSuite(report_csv, .init = begin, .fini = finish);

struct cell {
	char raw[40], cell[60];
};

ParameterizedTestParameters(report_csv, text)
{
	static struct cell cells[] = {
		{ "libkthread", "libkthread" },
		{ "wakeup/trip=oneway", "wakeup/trip=oneway" },
		{ "", "\"\"" },
		{ "a,b", "\"a,b\"" },
		{ "a\"b", "\"a\"\"b\"" },
		{ "a b", "\"a b\"" },
		{ "a\r\nb\tc", "a\\x0d\\x0ab\\x09c" },
		{ "\xe2\x80\xaetxt", "\\xe2\\x80\\xaetxt" },
		{ "\xff", "\\xff" },
		{ "\xc3\xa9", "\xc3\xa9" },
		/* a spreadsheet's formulas, also after blanks and quotes that it drops */
		{ "=1+1", "'=1+1" },
		{ "+1", "'+1" },
		{ "-1", "'-1" },
		{ "@SUM(1)", "'@SUM(1)" },
		{ "  =1", "\"  '=1\"" },
		{ "\"=1", "\"\"\"'=1\"" },
		{ "\xef\xbc\x9d"
		  "1",
		  "'\xef\xbc\x9d"
		  "1" },
		{ "\t=1", "\\x09=1" },
		/* where commas are decimal points cells end at semicolons */
		{ "a;=1", "\"a;'=1\"" },
		{ "a; -1", "\"a; '-1\"" },
		{ "a=1", "a=1" },
	};

	return cr_make_param_array(struct cell, cells, sizeof(cells) / sizeof(cells[0]));
}

ParameterizedTest(struct cell *cell, report_csv, text)
{
	csv_text(&c, cell->raw);
	cr_expect_str_eq(written(), cell->cell);
}

Test(report_csv, numbers_have_the_digits_that_they_need_and_stay_numbers)
{
	csv_number(&c, 0.1);
	csv_number(&c, -3.25);
	csv_number(&c, 1.0 / 3);
	csv_number(&c, 4095);
	csv_number(&c, 1e-7);
	csv_number(&c, NAN);
	csv_number(&c, INFINITY);
	csv_count(&c, UINT64_MAX);
	csv_bool(&c, true);
	csv_text(&c, NULL);
	csv_end(&c);
	csv_count(&c, 1);
	csv_end(&c);
	cr_expect_str_eq(
		written(),
		"0.1,-3.25,0.3333333333333333,4095,1e-07,,,18446744073709551615,true,\n1\n");
}

/* Programs go by them. */
Test(report_csv, columns_are_those_of_the_manual)
{
	char *page = file_text("lib/report/man/kt-report.1");
	enum report_table t;

	for (int i = 0; i < NR_REPORT_TABLES; i++) {
		char *columns = strdup(csv_table[i].columns), *rest = columns, *name;
		char section[80], *at;

		snprintf(section, sizeof(section), "\n.TP\n.B %s\n", csv_table[i].name);
		at = strstr(page, section);
		cr_assert_not_null(at, "no %s", csv_table[i].name);
		while ((name = strsep(&rest, ","))) {
			char italic[40];

			snprintf(italic, sizeof(italic), "\\fI%s\\fR", name);
			cr_expect(strstr(page, italic), "no %s in the manual", italic);
		}
		free(columns);
		cr_expect(report_table_parse(csv_table[i].name, &t) && t == (enum report_table)i);
		cr_expect(strstr(REPORT_TABLE_NAMES, csv_table[i].name));
	}
	cr_expect_not(report_table_parse("figure", &t));
	free(page);
}

struct golden {
	char record[40], csv[48];
	enum report_table table;
};

ParameterizedTestParameters(report_csv, is_as_committed)
{
	static struct golden goldens[] = {
		{ GOLDEN("small.jsonl"), GOLDEN("small.csv"), TABLE_FIGURES },
		{ GOLDEN("builds.jsonl"), GOLDEN("builds.csv"), TABLE_FIGURES },
		{ GOLDEN("live.jsonl"), GOLDEN("live.csv"), TABLE_FIGURES },
		{ GOLDEN("hostile.jsonl"), GOLDEN("hostile.csv"), TABLE_FIGURES },
		{ GOLDEN("builds.jsonl"), GOLDEN("builds.comparisons.csv"), TABLE_COMPARISONS },
	};

	return cr_make_param_array(struct golden, goldens, sizeof(goldens) / sizeof(goldens[0]));
}

static int as_csv(FILE *out, const struct report *r)
{
	return report_format_named("csv")->render(out, r, NULL);
}

ParameterizedTest(struct golden *g, report_csv, is_as_committed)
{
	struct report *r = load(g->record);
	char *expected = file_text(g->csv), *now;

	r->table = g->table;
	now = rendered(r, as_csv);
	cr_expect_str_eq(now, expected, "%s differs", g->csv);
	free(now);
	free(expected);
	report_free(r);
}
