// SPDX-License-Identifier: GPL-2.0-only
/* What the controller believes of a binary's list of questions. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/controller/interrupt.h"
#include "bench/controller/suite.h"

TestSuite(controller_suite, .timeout = 60);

static int parse(struct suite *s, const char *text, char *err, size_t errlen)
{
	char copy[1024];

	snprintf(copy, sizeof(copy), "%s", text);
	return suite_parse(s, copy, err, errlen);
}

Test(controller_suite, a_list_is_read)
{
	struct suite s;
	char err[200];

	cr_assert_eq(parse(&s,
			   "wakeup/cpu=same\tlatency\t1\t0.01\tfutex\tlibkthread,futex\n"
			   "stop\ttime\t0\t0.05\t-\tone\n",
			   err, sizeof(err)),
		     0);
	cr_assert_eq(s.nr, 2);
	cr_expect_str_eq(s.question[0].name, "wakeup/cpu=same");
	cr_expect(s.question[0].latency && s.question[0].phases);
	cr_expect_str_eq(s.question[0].baseline, "futex");
	cr_expect_eq(s.question[0].nr_arms, 2);
	cr_expect_str_eq(s.question[0].arm[1], "futex");
	cr_expect_not(s.question[1].latency || s.question[1].phases);
	cr_expect_null(s.question[1].baseline);
	cr_expect_eq(s.question[1].number, 1);
	cr_expect_eq(s.question[1].zone, 0.05);
	suite_free(&s);
}

Test(controller_suite, what_follows_the_arms_may_be_there)
{
	struct suite s;
	char err[200];

	cr_assert_eq(parse(&s,
			   "a\tlatency\t0\t0\t-\tx\n"
			   "b\tlatency\t0\t0\t-\tx\tbatch=256\n"
			   "c\tlatency\t0\t0\t-\tx\tmanual\tbatch=7\n",
			   err, sizeof(err)),
		     0);
	cr_expect_eq(s.question[0].batch, 1);
	cr_expect_eq(s.question[1].batch, 256);
	cr_expect_not(s.question[1].manual);
	cr_expect_eq(s.question[2].batch, 7);
	cr_expect(s.question[2].manual);
	suite_free(&s);
}

Test(controller_suite, a_baseline_that_is_not_an_arm_is_refused_by_name)
{
	struct suite s;
	char err[200] = "";

	cr_expect_eq(parse(&s, "a\ttime\t0\t0\tx\tx,y\nb\ttime\t0\t0\tfutx\tfutex,x\n", err,
			   sizeof(err)),
		     -EINVAL);
	cr_expect_str_eq(err, "line 2 of its list: b has the baseline 'futx', which is not one of "
			      "its arms");
	cr_expect_eq(s.nr, 0);
}

Test(controller_suite, anything_else_is_refused_as_a_whole)
{
	static const char *const bad[] = {
		"hello\n",
		"a\tlatency\t1\t0.01\t-\n",
		"a\tlatency\t1\t0.01\t-\t\n",
		"a\tsomething\t1\t0.01\t-\tx\n",
		"a\ttime\t1\tnan\t-\tx\n",
		"a\ttime\t1\t-1\t-\tx\n",
		"a\ttime\t1\t0.01\t-\tx,,y\n",
		"a\ttime\t1\t0.01\t-\tx\tsomething\n",
		"a\ttime\t1\t0.01\t-\tx\tbatch=\n",
		"a\ttime\t1\t0.01\t-\tx\tbatch=0\n",
		"a\ttime\t1\t0.01\t-\tx\tbatch=-2\n",
		"a\ttime\t1\t0.01\t-\tx\tbatch=2x\n",
		"a\ttime\t1\t0.01\t-\tx\tbatch=99999999999999999999\n",
		"\ttime\t1\t0.01\t-\tx\n",
		"a\ttime\t1\t0.01\t-\tx\n\nb\ttime\t1\t0.01\t-\tx\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct suite s;
		char err[200];

		cr_expect_eq(parse(&s, bad[i], err, sizeof(err)), -EINVAL, "%s", bad[i]);
		cr_expect_eq(s.nr, 0);
	}
}

Test(controller_suite, names_tell_questions_and_arms_apart)
{
	struct suite s;
	char err[200] = "";

	cr_expect_eq(parse(&s, "a\ttime\t0\t0\t-\tx,y,x\n", err, sizeof(err)), -EEXIST);
	cr_expect_str_eq(err, "question a has two arms x");
	cr_expect_eq(parse(&s, "a\ttime\t0\t0\t-\tx\nb\ttime\t0\t0\t-\tx\na\ttime\t0\t0\t-\ty\n",
			   err, sizeof(err)),
		     -EEXIST);
	cr_expect_str_eq(err, "it has two questions a");
	cr_expect_eq(s.nr, 0);
}

Test(controller_suite, a_filter_keeps_numbers_and_a_bad_one_says_why)
{
	struct suite s;
	char err[200] = "";

	cr_assert_eq(parse(&s, "ab\ttime\t0\t0\t-\tx\nb\ttime\t0\t0\t-\tx\nc\ttime\t0\t0\t-\tx\n",
			   err, sizeof(err)),
		     0);
	cr_expect_eq(suite_filter(&s, "^(b|c)$", err, sizeof(err)), 0);
	cr_assert_eq(s.nr, 2);
	cr_expect_str_eq(s.question[0].name, "b");
	cr_expect_eq(s.question[0].number, 1, "the worker knows it by its line");
	cr_expect_eq(suite_filter(&s, "*[", err, sizeof(err)), -EINVAL);
	cr_expect(strstr(err, "*["), "%s", err);
	cr_expect_eq(s.nr, 2);
	cr_expect_eq(suite_filter(&s, "nothing", err, sizeof(err)), 0);
	cr_expect_eq(s.nr, 0);
	suite_free(&s);
}

Test(controller_suite, manual_questions_run_only_where_a_filter_matches)
{
	static const char text[] = "a\ttime\t0\t0\t-\tx\tmanual\nb\ttime\t0\t0\t-\tx\n";
	struct suite s;
	char err[200] = "";

	cr_assert_eq(parse(&s, text, err, sizeof(err)), 0);
	suite_drop_manual(&s);
	cr_assert_eq(s.nr, 1);
	cr_expect_str_eq(s.question[0].name, "b");
	cr_expect_eq(s.question[0].number, 1, "the worker knows it by its line");
	suite_free(&s);

	cr_assert_eq(parse(&s, text, err, sizeof(err)), 0);
	cr_expect_eq(suite_filter(&s, "a", err, sizeof(err)), 0);
	cr_assert_eq(s.nr, 1);
	cr_expect_str_eq(s.question[0].name, "a");
	suite_free(&s);
}

static int list(const char *path, char *err, size_t errlen)
{
	struct suite s;
	int r = suite_list(&s, path, err, errlen);

	suite_free(&s);
	cr_expect(strstr(err, path), "names the file: %s", err);
	cr_expect_null(strchr(err, '\n'));
	return r;
}

Test(controller_suite, what_is_no_benchmark_binary_gets_one_clear_sentence)
{
	char file[] = "/tmp/controller-suite-XXXXXX", err[400];
	int fd = mkstemp(file);

	cr_assert(fd >= 0);
	close(fd);
	cr_expect_eq(list("/nonexistent/suite", err, sizeof(err)), -ENOENT);
	cr_expect_eq(list("/tmp", err, sizeof(err)), -EISDIR);
	cr_expect_eq(list(file, err, sizeof(err)), -EACCES, "not executable: %s", err);
	chmod(file, 0700);
	cr_expect_eq(list(file, err, sizeof(err)), -ENOEXEC, "empty: %s", err);
	cr_expect_eq(list("/bin/true", err, sizeof(err)), -EINVAL);
	cr_expect_eq(list("/bin/false", err, sizeof(err)), -EINVAL);
	cr_expect(strstr(err, "status 1"), "%s", err);
	unlink(file);
}

/* It lists nothing and never ends; what it sends is what Ctrl-C sends. */
Test(controller_suite, a_binary_that_does_not_end_can_be_interrupted)
{
	static const char script[] =
		"#!/bin/sh\nexec >&-\nsleep 0.3\nkill -INT $PPID\nexec sleep 70\n";
	char file[] = "/tmp/controller-suite-XXXXXX", err[400];
	int fd = mkstemp(file);

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, script, sizeof(script) - 1), (ssize_t)sizeof(script) - 1);
	fchmod(fd, 0700);
	close(fd);
	interrupt_install();
	cr_expect_eq(list(file, err, sizeof(err)), -EINTR, "%s", err);
	unlink(file);
}

Test(controller_suite, an_ignored_hangup_stays_ignored)
{
	signal(SIGHUP, SIG_IGN);
	interrupt_install();
	raise(SIGHUP);
	cr_expect_not(interrupt_seen());
	interrupt_remove();
	raise(SIGHUP);
	interrupt_child();
	raise(SIGHUP);
	signal(SIGHUP, SIG_DFL);
	interrupt_install();
	raise(SIGHUP);
	cr_expect(interrupt_seen());
}

/* ---- what they are compared by --------------------------------------------------------------- */

#define TWO                                           \
	"a\tlatency\t0\t0\tfutex\tlibkthread,futex\n" \
	"b\ttime\t0\t0.05\tpthread\tpthread,keventd\n"

Test(controller_suite, another_baseline_counts_where_it_is_an_arm)
{
	struct suite s;
	char err[200];

	cr_assert_eq(parse(&s, TWO, err, sizeof(err)), 0);
	cr_assert_eq(suite_compare_by(&s, "keventd", 0, err, sizeof(err)), 0);
	cr_expect_str_eq(s.question[0].baseline, "futex");
	cr_expect_str_eq(s.question[1].baseline, "keventd");
	cr_expect_eq(s.question[1].zone, 0.05);
	suite_free(&s);
}

Test(controller_suite, a_zone_counts_everywhere)
{
	struct suite s;
	char err[200];

	cr_assert_eq(parse(&s, TWO, err, sizeof(err)), 0);
	cr_assert_eq(suite_compare_by(&s, NULL, 0.02, err, sizeof(err)), 0);
	cr_expect_eq(s.question[0].zone, 0.02);
	cr_expect_eq(s.question[1].zone, 0.02);
	cr_expect_str_eq(s.question[1].baseline, "pthread");
	suite_free(&s);
}

Test(controller_suite, a_baseline_that_is_not_an_arm_is_refused_with_those_there_are)
{
	struct suite s;
	char err[200], few[30];

	cr_assert_eq(parse(&s, TWO "c\ttime\t0\t0\t-\tfutex,other\n", err, sizeof(err)), 0);
	cr_assert_eq(suite_compare_by(&s, "futx", 0, err, sizeof(err)), -EINVAL);
	cr_expect_str_eq(err,
			 "no question has an arm 'futx'; there are libkthread, futex, pthread, "
			 "keventd, other");
	cr_assert_eq(suite_compare_by(&s, "futx", 0, few, sizeof(few)), -EINVAL);
	cr_expect_str_eq(few, "no question has an arm 'futx'");
	suite_free(&s);
}
