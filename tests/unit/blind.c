// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/blind.h"

#include <criterion/criterion.h>

static enum blind_verdict judge(uint64_t bpf, uint64_t event)
{
	return blind_judge(&(struct blind_cpu){ .bpf = bpf, .event = event });
}

Test(blind, a_cpu_of_which_nothing_is_counted_is_blind)
{
	cr_expect_eq(judge(60, 0), BLIND_BLIND);
	cr_expect_eq(judge(5, 0), BLIND_BLIND);
	cr_expect_eq(judge(60, 29), BLIND_BLIND, "half of it missing is not chance");
}

Test(blind, a_cpu_of_which_all_is_counted_sees)
{
	cr_expect_eq(judge(60, 60), BLIND_SEES);
	/* The counter is on for a little longer. */
	cr_expect_eq(judge(60, 70), BLIND_SEES);
	cr_expect_eq(judge(60, 58), BLIND_SEES);
}

Test(blind, a_cpu_that_was_never_idle_cannot_be_judged)
{
	cr_expect_eq(judge(0, 0), BLIND_NEVER_IDLE);
	cr_expect_eq(judge(4, 0), BLIND_NEVER_IDLE);
	cr_expect_eq(judge(0, 3), BLIND_NEVER_IDLE);
}
