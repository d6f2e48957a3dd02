// SPDX-License-Identifier: GPL-2.0-only
/* park_state.h: sequences of events of one park and unpark, and what they must add up to. */
#include "bpf/park_state.h"

#include <criterion/criterion.h>

enum { ASKER = 7, OTHER = 8 };

static void expect_parked(struct park_target *t, uint64_t ns, enum park_answer a, uint64_t react,
			  uint32_t stale)
{
	uint64_t r;
	uint32_t s;

	cr_expect_eq(park_parked(t, ns, &r, &s), a, "at %lu", ns);
	cr_expect_eq(r, react, "at %lu: %lu", ns, r);
	cr_expect_eq(s, stale, "at %lu", ns);
}

static void expect_unparked(struct park_target *t, uint64_t ns, enum park_answer a, uint64_t unpark)
{
	uint64_t u;

	cr_expect_eq(park_unparked(t, ns, &u), a, "at %lu", ns);
	cr_expect_eq(u, unpark, "at %lu: %lu", ns, u);
}

Test(park_state, one_round)
{
	struct park_target t = { 0 };

	park_asked(&t, 100, ASKER);
	expect_parked(&t, 120, PARK_ANSWERED, 20, 0);
	park_released(&t, 200);
	expect_unparked(&t, 230, PARK_ANSWERED, 30);
	expect_unparked(&t, 231, PARK_UNASKED, 0);
}

Test(park_state, its_own_probe_comes_after_the_next_unpark_request)
{
	struct park_target t = { 0 };

	park_asked(&t, 100, ASKER);
	park_released(&t, 119);
	expect_parked(&t, 120, PARK_ANSWERED, 20, 0);
	expect_unparked(&t, 125, PARK_ANSWERED, 6);
}

Test(park_state, unpark_request_of_an_earlier_round_goes_stale)
{
	struct park_target t = { 0 };

	park_asked(&t, 100, ASKER);
	expect_parked(&t, 110, PARK_ANSWERED, 10, 0);
	park_released(&t, 120);
	park_asked(&t, 130, ASKER);
	expect_parked(&t, 150, PARK_ANSWERED, 20, 1);
	expect_unparked(&t, 160, PARK_UNASKED, 0);
}

Test(park_state, refused_second_asker_changes_nothing)
{
	struct park_target t = { 0 };

	park_asked(&t, 100, ASKER);
	park_asked(&t, 105, OTHER);
	park_refused(&t, OTHER);
	expect_parked(&t, 130, PARK_ANSWERED, 30, 0);
}

Test(park_state, refused_request_is_withdrawn)
{
	struct park_target t = { 0 };

	park_asked(&t, 100, ASKER);
	park_refused(&t, ASKER);
	expect_parked(&t, 130, PARK_UNASKED, 0, 0);
}

Test(park_state, tracing_begins_in_the_middle)
{
	struct park_target t = { 0 };

	expect_parked(&t, 100, PARK_UNASKED, 0, 0);
	expect_unparked(&t, 110, PARK_UNASKED, 0);
}

Test(park_state, clock_that_steps_back_is_counted_not_recorded)
{
	struct park_target t = { 0 };

	park_asked(&t, 100, ASKER);
	expect_parked(&t, 99, PARK_BACKWARDS, 0, 0);
	park_released(&t, 200);
	expect_unparked(&t, 199, PARK_BACKWARDS, 0);
}

Test(park_state, kernel_thread_one_round)
{
	struct park_kernel k = { 0 };
	uint64_t ns;

	cr_expect_eq(park_kernel_waking(&k, 100, 0, 1), PARK_WAKE_NUDGE);
	cr_expect_eq(park_kernel_waking(&k, 105, 0, 1), PARK_WAKE_NUDGE,
		     "woken again before it parks");
	cr_expect_eq(park_kernel_running(&k, 110, &ns), PARK_UNASKED, "runs to its park");
	cr_expect_eq(park_kernel_parked(&k, 120, &ns), PARK_ANSWERED);
	cr_expect_eq(ns, 20, "since the first nudge");
	cr_expect_eq(park_kernel_waking(&k, 200, 1, 0), PARK_WAKE_RELEASE);
	cr_expect_eq(park_kernel_running(&k, 207, &ns), PARK_ANSWERED);
	cr_expect_eq(ns, 7);
	cr_expect_eq(park_kernel_running(&k, 300, &ns), PARK_UNASKED);
}

Test(park_state, kernel_thread_that_was_awake_has_no_nudge)
{
	struct park_kernel k = { 0 };
	uint64_t ns;

	cr_expect_eq(park_kernel_waking(&k, 90, 0, 0), PARK_WAKE_OTHER);
	cr_expect_eq(park_kernel_parked(&k, 120, &ns), PARK_UNASKED);
}
