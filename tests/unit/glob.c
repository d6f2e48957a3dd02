// SPDX-License-Identifier: GPL-2.0-only
/* Thread-name patterns: what BPF matches is what fnmatch() matches. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fnmatch.h>

#include "bpf/glob.h"

TestSuite(glob, .timeout = 10);

Test(glob, agrees_with_fnmatch)
{
	static const char *const pattern[] = {
		"",    "*",	"?",	   "a",		 "abc",	  "a*",	    "*c",    "a*c",
		"**",  "a?c",	"[abc]",   "[a-c]*",	 "[!a]*", "[]x]",   "[a-]",  "*[0-9]",
		"\\*", "a\\?c", "*a*b*c*", "k*/[0-9]:*", "rcu_*", "*?*?*?", "[\\]]", "[^a]",
	};
	static const char *const text[] = {
		"",
		"a",
		"b",
		"abc",
		"ac",
		"abbc",
		"]",
		"x",
		"-",
		"*",
		"a?c",
		"axbxc",
		"kworker/0:1",
		"kworker/u4:2",
		"rcu_preempt",
		"rcu",
		"\xc3\xa4",
	};
	size_t p, t;

	for (p = 0; p < sizeof(pattern) / sizeof(pattern[0]); p++) {
		struct glob g;

		cr_assert_eq(glob_compile(&g, pattern[p]), 0, "'%s'", pattern[p]);
		for (t = 0; t < sizeof(text) / sizeof(text[0]); t++)
			cr_expect_eq(glob_match(&g, text[t]), !fnmatch(pattern[p], text[t], 0),
				     "'%s' against '%s'", pattern[p], text[t]);
	}
}

Test(glob, refuses_what_is_no_pattern)
{
	struct glob g;

	cr_expect_eq(glob_compile(&g, "[a"), -EINVAL);
	cr_expect_eq(glob_compile(&g, "["), -EINVAL);
	cr_expect_eq(glob_compile(&g, "[]"), -EINVAL);
	cr_expect_eq(glob_compile(&g, "[a-"), -EINVAL);
	/* 63 single characters fit, 64 do not; stars cost nothing */
	cr_expect_eq(
		glob_compile(
			&g,
			"***************************************************************************"),
		0);
	cr_expect_eq(
		glob_compile(&g, "???????????????????????????????????????????????????????????????"),
		0);
	cr_expect_eq(
		glob_compile(&g,
			     "????????????????????????????????????????????????????????????????"),
		-EINVAL);
}
