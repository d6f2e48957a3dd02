// SPDX-License-Identifier: GPL-2.0-only
/* WARN_ON() and its kin. */
#include <criterion/criterion.h>
#include <signal.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_bug, .timeout = 60);

static unsigned int reports, looks;
static char last[256];

static void hook(enum kthread_warning w, const char *text)
{
	cr_expect_eq(w, KTHREAD_WARN_ON);
	reports++;
	snprintf(last, sizeof(last), "%s", text);
}

/* Mutation: H03: only the first of them is shown. */
Test(kthread_bug, each_is_shown_with_its_place)
{
	int i;

	kthread_warn_hook(hook);
	cr_expect_eq(WARN_ON(looks++ > 100), 0);
	cr_expect_eq(looks, 1, "evaluated once");
	cr_expect_eq(reports, 0);
	for (i = 0; i < 3; i++)
		cr_expect_eq(WARN_ON(i >= 0), 1);
	cr_expect_eq(reports, 3);
	cr_expect(strstr(last, "i >= 0"), "%s", last);
	cr_expect(strstr(last, __FILE__), "%s", last);
	cr_expect_eq(WARN(i == 3, "i is %d\n", i), 1);
	cr_expect(strstr(last, "i is 3"), "%s", last);
	cr_expect_null(strchr(last, 10), "one line");
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_ON), 4);
	if (WARN_ON(!last[0]))
		cr_expect(false, "an expression, false");
}

/* Mutation: H04: once is each time. */
Test(kthread_bug, once_for_each_place)
{
	int i, value = 0;

	kthread_warn_hook(hook);
	for (i = 0; i < 3; i++) {
		value += WARN_ON_ONCE(i > 0);
		value += WARN_ONCE(i > 1, "%d", i);
	}
	cr_expect_eq(value, 3, "the condition, each time");
	cr_expect_eq(reports, 2);
}

Test(kthread_bug, BUG_ON_aborts, .signal = SIGABRT)
{
	kthread_warn_hook(hook);
	BUG_ON(reports);
	BUG_ON(!reports);
}

Test(kthread_bug, BUG_aborts, .signal = SIGABRT)
{
	kthread_warn_hook(hook);
	BUG();
}

Test(kthread_bug, fatal_on_request, .signal = SIGABRT)
{
	kthread_warn_hook(hook);
	kthread_warn_abort(true);
	WARN_ON(true);
}
