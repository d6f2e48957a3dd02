// SPDX-License-Identifier: GPL-2.0-only
/* What disturbs is told from what kt and its workers do themselves. */
#include <criterion/criterion.h>
#include <math.h>
#include <time.h>

#include "bench/controller/child.h"
#include "bench/controller/noise.h"
#include "lib/probe/slot.h"

#define ENOUGH_NS   50000000ULL
#define PATIENCE_NS 30000000000ULL

TestSuite(controller_noise, .timeout = 60);

static pid_t busy_child(void)
{
	char *argv[] = { "sh", "-c", "while :; do :; done", NULL };
	struct child_start start = { .path = "/bin/sh", .argv = argv, .out = 1 };
	char err[200];
	pid_t pid;

	cr_assert_eq(child_spawn(&pid, &start, err, sizeof(err)), 0, "%s", err);
	return pid;
}

Test(controller_noise, a_child_is_our_own_while_it_lives_and_after)
{
	uint64_t deadline = slot_clock_ns() + PATIENCE_NS;
	struct noise before, during, after;
	pid_t pid;

	noise_start(&before);
	pid = busy_child();
	while (child_cpu_ns() < ENOUGH_NS && slot_clock_ns() < deadline)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	noise_start(&during);
	child_kill(pid);
	noise_start(&after);

	cr_expect_geq(during.own_ns - before.own_ns, ENOUGH_NS);
	cr_expect_geq(after.own_ns + 1000000, during.own_ns, "reaped, it does not get lost");
	cr_expect_eq(child_cpu_ns(), 0);
}

Test(controller_noise, what_is_recorded_lies_in_its_bounds)
{
	struct record_noise told;
	struct noise n;

	noise_start(&n);
	cr_assert_gt(n.nr_cpus, 0);
	nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	told = noise_take(&n);

	cr_expect_geq(told.wall_ns, 200000000ULL);
	cr_expect(told.canary_ns > 0);
	cr_expect(isnan(told.steal) || (told.steal >= 0 && told.steal <= 1), "%g", told.steal);
	/* Ticks are 10 ms, of three kinds. */
	cr_expect(isnan(told.foreign) ||
			  (told.foreign > -0.2 * n.nr_cpus && told.foreign <= n.nr_cpus + 0.01),
		  "%g", told.foreign);
}
