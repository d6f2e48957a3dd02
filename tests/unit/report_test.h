/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_REPORT_TEST_H
#define KT_TESTS_REPORT_TEST_H
/*
 * For the report's tests: a renderer's output as a string. Tests run in the top directory, as `make
 * check` does.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/report/report.h"

#define GOLDEN(name) "tests/golden/" name

static inline struct report *load(const char *path)
{
	struct report *r = NULL;
	char err[512] = "";

	cr_assert_eq(report_load(&r, path, err, sizeof(err)), 0, "%s", err);
	cr_assert_not_null(r);
	return r;
}

static inline int as_text(FILE *out, const struct report *r)
{
	return report_text(out, r, &(struct terminal_style){ .width = 100 });
}

static inline int as_colour(FILE *out, const struct report *r)
{
	return report_text(out, r, &(struct terminal_style){ .width = 100, .colour = true });
}

/* What @render writes; the caller frees it. Inlined, gcc 12 takes its result for dangling. */
static __attribute__((noinline, unused)) char *
rendered(const struct report *r, int (*render)(FILE *out, const struct report *r))
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	cr_assert_not_null(out);
	cr_assert_eq(render(out, r), 0);
	fclose(out);
	cr_assert_eq(strlen(text), length, "no NUL in the output");
	return text;
}

static inline char *file_text(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;

	cr_assert_not_null(in, "%s: run the tests in the top directory", path);
	cr_assert_gt(getdelim(&text, &room, '\0', in), 0);
	fclose(in);
	return text;
}
#endif
