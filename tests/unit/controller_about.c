// SPDX-License-Identifier: GPL-2.0-only
/* controller_about: what a benchmark binary was built as is read from its file; this is one. */
#define KT_SUITE_FLAGS "-O2 -march=native \"quoted\""

#include "bench/controller/about.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/harness/bench.h"

BENCH_BUILT();

/* Links the object that has the note with the version of libktbench. */
__attribute__((used)) static int (*const linked)(int argc, char **argv) = bench_main;

static const char self[] = "/proc/self/exe";

Test(controller_about, a_binary_says_how_it_was_built)
{
	struct record_header h = { 0 };
	struct record_build mine;
	struct about a;

	record_build_self(&mine);
	about_suite(&a, self, &h.suite_name, &h.suite);
	cr_expect_str_eq(h.suite_name, "exe");
	cr_expect_str_eq(h.suite.version, mine.version);
	cr_expect_str_eq(h.suite.build_id, mine.build_id);
	cr_expect_str_eq(h.suite.compiler, mine.compiler);
	cr_expect_str_eq(h.suite.flags, KT_SUITE_FLAGS);
}

Test(controller_about, what_is_not_said_is_not_known)
{
	struct record_header h = { 0 };
	struct about a;

	about_suite(&a, "/bin/sh", &h.suite_name, &h.suite);
	cr_expect_str_eq(h.suite_name, "sh");
	cr_expect_null(h.suite.version);
	cr_expect_null(h.suite.compiler);
	cr_expect_null(h.suite.flags);
	about_suite(&a, "missing", &h.suite_name, &h.suite);
	cr_expect_str_eq(h.suite_name, "missing");
	cr_expect_null(h.suite.build_id);
}
