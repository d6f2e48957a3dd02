// SPDX-License-Identifier: GPL-2.0-only
/* The common iteration count, against arms whose cost is made up. */
#include <criterion/criterion.h>
#include <errno.h>

#include "bench/controller/calibrate.h"

#define MAX_ARMS 8

struct fake {
	double cost_ns[MAX_ARMS];  /* per iteration */
	double fixed_ns[MAX_ARMS]; /* per epoch */
	int calls;
	int spike_at;	  /* this call takes SPIKE_NS longer; -1: none */
	int fail_at;	  /* this call fails; -1: none */
	uint64_t longest; /* largest count asked for */
};

#define SPIKE_NS 400000000ULL

static int fake_epoch(void *arg, unsigned int arm, uint64_t iterations, uint64_t *ns)
{
	struct fake *f = arg;
	int call = f->calls++;

	if (call == f->fail_at)
		return -EPIPE;
	if (iterations > f->longest)
		f->longest = iterations;
	*ns = (uint64_t)(f->fixed_ns[arm] + f->cost_ns[arm] * (double)iterations);
	if (call == f->spike_at)
		*ns += SPIKE_NS;
	return 0;
}

static struct fake no_trouble(double a, double b, double c)
{
	return (struct fake){ .cost_ns = { a, b, c }, .spike_at = -1, .fail_at = -1 };
}

static uint64_t count_of(struct fake *f, unsigned int nr)
{
	uint64_t n = 0, epochs[MAX_ARMS];

	cr_assert_eq(calibrate(nr, fake_epoch, f, &n, epochs), 0);
	for (unsigned int i = 0; i < nr; i++)
		cr_expect_eq(epochs[i], (uint64_t)(f->fixed_ns[i] + f->cost_ns[i] * (double)n));
	return n;
}

Test(controller_calibrate, the_median_arms_epoch_is_near_the_target)
{
	static const double cost[] = { 1, 40, 1000, 7000, 100000 };

	for (size_t i = 0; i < sizeof(cost) / sizeof(cost[0]); i++) {
		struct fake f = no_trouble(cost[i] * 0.9, cost[i], cost[i] * 1.2);
		double epoch = (double)count_of(&f, 3) * cost[i];

		cr_expect(epoch > 2e6 && epoch < 1e7, "%g ns each: epoch of %g ns", cost[i], epoch);
	}
}

Test(controller_calibrate, the_slowest_arms_epoch_stays_near_the_cap)
{
	struct fake f = no_trouble(100, 120, 100000);
	double slowest = (double)count_of(&f, 3) * 100000;

	cr_expect(slowest > 1e7 && slowest <= 1.5 * CALIBRATE_CAP_NS, "%g", slowest);
}

Test(controller_calibrate, slow_arms_get_at_least_twenty_iterations_while_that_is_bearable)
{
	struct fake slow = no_trouble(1e6, 2e6, 3e6), very_slow = no_trouble(1e6, 2e6, 5e7);
	struct fake hopeless = no_trouble(1e6, 2e6, 1e9);

	cr_expect_eq(count_of(&slow, 3), 20);
	cr_expect_eq(count_of(&very_slow, 3), 2, "two of 50 ms are all that 100 ms hold");
	cr_expect_eq(count_of(&hopeless, 3), 1);
}

Test(controller_calibrate, a_fixed_cost_per_epoch_does_not_end_the_growth_early)
{
	struct fake f = no_trouble(10, 10, 10);
	double epoch;

	for (int i = 0; i < 3; i++)
		f.fixed_ns[i] = 500000;
	epoch = 10.0 * (double)count_of(&f, 3) + 500000;
	cr_expect(epoch > 2e6 && epoch < 1e7, "%g", epoch);
}

/* One preempted epoch, at any point of the search, must not decide the count. */
Test(controller_calibrate, one_preempted_epoch_changes_nothing)
{
	for (int at = 0; at < 30; at++) {
		struct fake f = no_trouble(900, 1000, 1100);
		double epoch;
		uint64_t n = 0, epochs[MAX_ARMS];

		f.spike_at = at;
		cr_assert_eq(calibrate(3, fake_epoch, &f, &n, epochs), 0);
		epoch = (double)n * 1000;
		cr_expect(epoch > 2e6 && epoch < 1e7, "spike at call %d: epoch of %g ns", at,
			  epoch);
	}
}

Test(controller_calibrate, arms_that_take_no_time_end_it_too)
{
	struct fake f = no_trouble(0, 0, 0);
	uint64_t n = 0, epochs[MAX_ARMS];

	cr_assert_eq(calibrate(3, fake_epoch, &f, &n, epochs), 0);
	cr_expect(n >= 1 && n <= CALIBRATE_MAX);
}

Test(controller_calibrate, growth_is_by_ten_at_most)
{
	struct fake f = no_trouble(0.1, 0.1, 0.1);
	uint64_t n = 0, epochs[MAX_ARMS];

	f.fail_at = 3 * 3; /* after the rounds at 1, 10 and 100 */
	cr_expect_eq(calibrate(3, fake_epoch, &f, &n, epochs), -EPIPE);
	cr_expect_eq(f.longest, 100);
}

Test(controller_calibrate, a_failed_epoch_ends_it_with_its_error)
{
	struct fake f = no_trouble(1, 1, 1);
	uint64_t n = 0, epochs[MAX_ARMS];

	f.fail_at = 4;
	cr_expect_eq(calibrate(3, fake_epoch, &f, &n, epochs), -EPIPE);
	cr_expect_eq(f.calls, 5);
}
