// SPDX-License-Identifier: GPL-2.0-only
/* refine_state.h: what a CPU is asked, when it switches, and by which interrupt it is told. */
#include "bpf/refine_state.h"

#include <criterion/criterion.h>

enum { SESSION = 2, RUNNABLE = 1, CPU = 3, TID = 70, OTHER = 71 };

static struct refine_out switch_at(struct refine_cpu *c, uint64_t ns, uint32_t runnable)
{
	struct refine_out o;

	refine_switched(c, ns, TID, TID, runnable, SESSION, &o);
	return o;
}

Test(refine_state, asked_to_reschedule_and_does)
{
	struct refine_cpu c = { 0 };
	struct refine_out o;

	switch_at(&c, 10, 0);
	refine_asked(&c, 100, SESSION);
	refine_asked(&c, 105, SESSION);
	o = switch_at(&c, 130, RUNNABLE);
	cr_expect_eq(o.resched_ns, 30, "the first request counts: %lu", o.resched_ns);
	cr_expect_not(o.yielded);
	o = switch_at(&c, 140, 0);
	cr_expect_eq(o.resched_ns, 0, "a request is carried out once");
}

Test(refine_state, a_request_that_ends_without_a_switch)
{
	struct refine_cpu c = { 0 };
	struct refine_out o;

	switch_at(&c, 10, 0);
	refine_asked(&c, 100, SESSION);
	refine_done(&c, 110, 0, SESSION);
	o = switch_at(&c, 900, RUNNABLE);
	cr_expect_eq(o.resched_ns, 0);
	cr_expect(o.yielded, "nobody asked for that switch");
}

Test(refine_state, who_blocks_or_is_the_first_seen_does_not_yield)
{
	struct refine_cpu c = { 0 };

	cr_expect_not(switch_at(&c, 10, RUNNABLE).yielded, "it may have been asked unseen");
	cr_expect_not(switch_at(&c, 20, 0).yielded);
	cr_expect(switch_at(&c, 30, RUNNABLE).yielded);
}

Test(refine_state, how_long_a_switch_takes_is_of_who_comes_in)
{
	struct refine_cpu c = { 0 };

	cr_expect_eq(switch_at(&c, 10, 0).switch_ns, 0);
	refine_done(&c, 12, 1, SESSION);
	/* It goes on: its place was found anew, nothing was switched. */
	refine_done(&c, 50, 0, SESSION);
	cr_expect_eq(switch_at(&c, 60, 0).switch_ns, 2);
	cr_expect_eq(switch_at(&c, 70, 0).switch_ns, 0, "its return was not seen");
	refine_done(&c, 75, 1, SESSION);
	refine_done(&c, 78, 1, SESSION);
	cr_expect_eq(switch_at(&c, 80, 0).switch_ns, 5, "the first return is that of the switch");
}

Test(refine_state, a_missed_switch_gives_nobody_what_is_of_another)
{
	struct refine_cpu c = { 0 };
	struct refine_out o;

	refine_switched(&c, 10, OTHER, TID, 0, SESSION, &o);
	refine_done(&c, 12, 1, SESSION);
	refine_switched(&c, 60, OTHER, TID, RUNNABLE, SESSION, &o);
	cr_expect_eq(o.switch_ns, 0);
	cr_expect_not(o.yielded);
	refine_done(&c, 65, 1, SESSION);
	refine_switched(&c, 70, TID, OTHER, RUNNABLE, SESSION, &o);
	cr_expect_eq(o.switch_ns, 5);
	cr_expect(o.yielded);
}

Test(refine_state, the_interrupt_is_of_the_last_wake)
{
	struct refine_cpu c = { .session = SESSION, .waking = TID };
	struct refine_kick k;

	cr_expect_eq(refine_kicked(&c, 100, CPU, SESSION, &k), TID);
	cr_expect_eq(refine_kick_ns(&k, 140, CPU, SESSION), 40);
	cr_expect_eq(refine_kick_ns(&k, 140, CPU + 1, SESSION), 0, "another CPU did it");
	cr_expect_eq(refine_kick_ns(&k, 140, CPU, SESSION + 1), 0, "of an earlier counting");
	cr_expect_eq(refine_kick_ns(&k, 99, CPU, SESSION), 0);
	cr_expect_eq(refine_kicked(&c, 150, CPU, SESSION, &k), 0, "a wake has one");
	c.waking = TID;
	switch_at(&c, 160, 0);
	cr_expect_eq(refine_kicked(&c, 170, CPU, SESSION, &k), 0, "the wake is long over");
}

Test(refine_state, what_a_pause_of_the_counting_leaves_is_void)
{
	struct refine_cpu c = { 0 };
	struct refine_kick k;
	struct refine_out o;

	switch_at(&c, 10, 0);
	refine_asked(&c, 20, SESSION);
	c.waking = TID;
	cr_expect_eq(refine_kicked(&c, 30, CPU, SESSION + 1, &k), 0);
	refine_switched(&c, 500, TID, TID, RUNNABLE, SESSION + 1, &o);
	cr_expect_eq(o.resched_ns, 0);
	cr_expect_not(o.yielded);
}

Test(refine_state, a_clock_that_steps_back_is_counted_not_recorded)
{
	struct refine_cpu c = { 0 };
	struct refine_out o;

	switch_at(&c, 10, 0);
	refine_asked(&c, 100, SESSION);
	o = switch_at(&c, 99, 0);
	cr_expect_eq(o.resched_ns, 0);
	cr_expect(o.negative);
	refine_done(&c, 98, 1, SESSION);
	cr_expect_eq(switch_at(&c, 120, 0).switch_ns, 0);
}
