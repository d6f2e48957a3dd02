// SPDX-License-Identifier: GPL-2.0-only
/* Lists of process ids, thread ids, names and CPUs, as people type them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "bpf/filter.h"
#include "bpf/glob.h"

TestSuite(filter, .timeout = 10);

typedef int (*add_fn)(struct filter *f, const char *text, char *err, size_t errlen);

static void refuses(add_fn add, const char *text, const char *says)
{
	struct filter f = { 0 };
	char err[512] = "";

	cr_expect_eq(add(&f, text, err, sizeof(err)), -EINVAL, "'%s'", text);
	cr_expect(strstr(err, says), "'%s': %s", text, err);
	filter_free(&f);
}

static void takes(add_fn add, struct filter *f, const char *text)
{
	char err[512] = "";

	cr_assert_eq(add(f, text, err, sizeof(err)), 0, "'%s': %s", text, err);
}

Test(filter, ids_add_up_and_count_once)
{
	struct filter f = { 0 };

	takes(filter_add_tgids, &f, "1,22");
	takes(filter_add_tgids, &f, "3,22");
	takes(filter_add_tids, &f, "7");
	cr_assert_eq(f.nr_tgids, 3);
	cr_expect_eq(f.tgid[0], 1);
	cr_expect_eq(f.tgid[1], 22);
	cr_expect_eq(f.tgid[2], 3);
	cr_assert_eq(f.nr_tids, 1);
	cr_expect_eq(f.tid[0], 7);
	filter_free(&f);
	cr_expect_eq(f.nr_tgids, 0);
}

Test(filter, what_is_not_an_id_is_named)
{
	refuses(filter_add_tgids, "", "'' is not a process id");
	refuses(filter_add_tgids, "1,", "'' is not a process id");
	refuses(filter_add_tgids, "1,x,3", "'x' is not a process id");
	refuses(filter_add_tgids, "0", "'0' is not a process id");
	refuses(filter_add_tids, "1 2", "'1 2' is not a thread id");
	refuses(filter_add_tids, "-4", "'-4' is not a thread id");
	refuses(filter_add_tids, "4294967297", "'4294967297' is not a thread id");
}

Test(filter, a_comma_ends_a_pattern_unless_it_is_part_of_it)
{
	static const char *const want[] = { "a*", "[,]x", "b\\,c", "[]]\\,", "[!,]\\,", "\\[" };
	struct filter f = { 0 };

	takes(filter_add_globs, &f, "a*,[,]x,b\\,c");
	takes(filter_add_globs, &f, "[]]\\,,[!,]\\,,\\[");
	cr_assert_eq(f.nr_globs, 6);
	for (int i = 0; i < 6; i++)
		cr_expect_str_eq(f.glob[i], want[i]);
	filter_free(&f);
	refuses(filter_add_globs, "a,[b", "'[b'");
	refuses(filter_add_globs, "", "'' is not a pattern");
	refuses(filter_add_globs, "a,,b", "'' is not a pattern");
}

static bool has_cpu(const struct filter *f, int cpu)
{
	return f->cpus[cpu / 64] >> cpu % 64 & 1;
}

Test(filter, cpus_are_numbers_and_ranges)
{
	struct filter f = { 0 };
	int nr = 0;

	takes(filter_add_cpus, &f, "0,62-65");
	takes(filter_add_cpus, &f, "8191");
	for (int cpu = 0; cpu < FILTER_MAX_CPUS; cpu++)
		nr += has_cpu(&f, cpu);
	cr_expect_eq(nr, 6);
	cr_expect(has_cpu(&f, 0) && has_cpu(&f, 62) && has_cpu(&f, 65) && has_cpu(&f, 8191));
	filter_free(&f);
	refuses(filter_add_cpus, "3-1", "'3-1'");
	refuses(filter_add_cpus, "1,,2", "such as 0,2-3");
	refuses(filter_add_cpus, "8192", "such as");
	refuses(filter_add_cpus, "-1", "such as");
	refuses(filter_add_cpus, "all", "such as");
}

Test(filter, a_copy_stands_alone)
{
	struct filter f = { 0 }, copy;

	takes(filter_add_tgids, &f, "1");
	takes(filter_add_globs, &f, "a,b");
	takes(filter_add_cgroup, &f, "/sys/fs/cgroup/a,b");
	takes(filter_add_cpus, &f, "5");
	cr_assert_eq(filter_copy(&copy, &f), 0);
	filter_free(&f);
	cr_expect_eq(copy.tgid[0], 1);
	cr_expect_str_eq(copy.glob[1], "b");
	cr_expect_eq(copy.nr_cgroups, 1);
	cr_expect_str_eq(copy.cgroup[0], "/sys/fs/cgroup/a,b");
	cr_expect(has_cpu(&copy, 5));
	filter_free(&copy);
}

/* Several patterns in one word match what each alone matches, and nothing else. */
Test(filter, patterns_share_a_word)
{
	static const char *const pattern[] = {
		"a*", "?b", "", "*", "c[0-9]*x", "abcdefghij", "*z*"
	};
	static const char *const text[] = { "",	   "a",	   "ab",	 "b",		"bb",
					    "c1x", "cx",   "abcdefghij", "abcdefghijk", "zz",
					    "xzx", "c12x", "c1xy" };
	enum { NR = sizeof(pattern) / sizeof(pattern[0]) };

	/* every subset */
	for (unsigned int set = 1; set < 1U << NR; set++) {
		struct glob all = { 0 };

		for (int p = 0; p < NR; p++)
			if (set >> p & 1)
				cr_assert_eq(glob_add(&all, pattern[p]), 0);
		for (size_t t = 0; t < sizeof(text) / sizeof(text[0]); t++) {
			bool any = false;

			for (int p = 0; p < NR; p++) {
				struct glob one;

				cr_assert_eq(glob_compile(&one, pattern[p]), 0);
				any |= set >> p & 1 && glob_match(&one, text[t]);
			}
			cr_expect_eq(!!glob_match(&all, text[t]), any, "set %x, '%s'", set,
				     text[t]);
		}
	}
}

Test(filter, a_full_word_stays_as_it_is)
{
	static const char many[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct glob g = { 0 }, before;

	cr_assert_eq(glob_add(&g, many), 0);
	cr_assert_eq(glob_add(&g, "b*"), 0);
	before = g;
	cr_expect_eq(glob_add(&g, many), -ENOSPC);
	cr_expect_eq(glob_add(&g, "[c"), -EINVAL);
	cr_expect_arr_eq(&g, &before, sizeof(g));
	cr_expect(glob_match(&g, many) && glob_match(&g, "bcd"));
	cr_expect(!glob_match(&g, "a") && !glob_match(&g, ""));
}
