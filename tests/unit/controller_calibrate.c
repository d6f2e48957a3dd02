// SPDX-License-Identifier: GPL-2.0-only
/* The iteration counts, against arms whose cost is made up. */
#include <criterion/criterion.h>
#include <errno.h>

#include "bench/controller/calibrate.h"

#define MAX_ARMS 8

struct fake {
	double cost_ns[MAX_ARMS]; /* per iteration */
	int calls;
	int spike_at;	  /* this call takes SPIKE_NS longer; -1: none */
	int every;	  /* and all but each so-many-th take twice as long; 0: none */
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
	*ns = (uint64_t)(f->cost_ns[arm] * (double)iterations);
	if (f->every && call % f->every)
		*ns *= 2;
	if (call == f->spike_at)
		*ns += SPIKE_NS;
	return 0;
}

static struct fake no_trouble(double a, double b, double c)
{
	return (struct fake){ .cost_ns = { a, b, c }, .spike_at = -1, .fail_at = -1 };
}

static uint64_t counts[MAX_ARMS], epochs[MAX_ARMS];

static void find(struct fake *f, unsigned int nr, bool latency)
{
	cr_assert_eq(calibrate(nr, latency, fake_epoch, f, counts, epochs), 0);
	for (unsigned int i = 0; i < nr; i++) {
		double ns = f->cost_ns[i] * (double)counts[i];

		cr_expect(counts[i] >= 1 && counts[i] <= CALIBRATE_MAX);
		cr_expect(counts[i] == 1 || ns >= CALIBRATE_FLOOR_NS * 0.99 || f->cost_ns[i] == 0,
			  "arm %u of %g ns: epochs of %g ns", i, f->cost_ns[i], ns);
	}
}

Test(controller_calibrate, epochs_are_a_quarter_of_a_millisecond_long_or_a_half)
{
	static const double cost[] = { 0.5, 1, 40, 1000, 7000, 9000 };

	for (size_t i = 0; i < sizeof(cost) / sizeof(cost[0]); i++) {
		struct fake f = no_trouble(cost[i], cost[i], cost[i]);
		double epoch;

		find(&f, 3, false);
		epoch = cost[i] * (double)counts[0];
		cr_expect(epoch > 2e5 && epoch <= 2.6e5, "%g ns each: %g ns", cost[i], epoch);
	}
	for (double each = 10000; each < 200000; each *= 1.7) {
		struct fake f = no_trouble(each, each, each);
		double epoch;

		find(&f, 3, false);
		epoch = each * (double)counts[0];
		cr_expect(epoch > 3e5 && epoch <= 5.1e5, "%g ns each: %g ns", each, epoch);
	}
}

Test(controller_calibrate, with_latencies_there_are_thirty_operations_up_to_ten_milliseconds)
{
	struct fake f = no_trouble(50000, 50000, 50000), slow = no_trouble(1e6, 1e6, 1e6),
		    one = no_trouble(5e7, 5e7, 5e7);

	find(&f, 3, true);
	cr_expect_eq(counts[0], 30);
	find(&slow, 3, true);
	cr_expect_eq(counts[0], 10);
	find(&one, 3, true);
	cr_expect_eq(counts[0], 1);
	find(&f, 3, false);
	cr_expect_eq(counts[0], 10, "an epoch of mode time is one value");
}

Test(controller_calibrate, arms_that_are_not_very_far_apart_have_the_same_count)
{
	struct fake f = no_trouble(900, 2300, 9000);

	find(&f, 3, true);
	cr_expect_eq(counts[0], counts[1]);
	cr_expect_eq(counts[0], counts[2]);
	cr_expect(counts[0] > 250, "%llu: the fastest one's", (unsigned long long)counts[0]);
}

Test(controller_calibrate, arms_that_are_far_apart_have_their_own)
{
	struct fake f = no_trouble(50, 4000, 50 * 1.02), far = no_trouble(100, 1e6, 2e7);

	find(&f, 3, true);
	cr_expect_eq(counts[0], counts[2], "a pair keeps one count");
	cr_expect(counts[0] > 20 * counts[1]);
	find(&far, 3, true);
	cr_expect_eq(counts[2], 1);
	cr_expect_eq(counts[1], 10);
	cr_expect(counts[0] > 2000);
}

/* Each is less than twice the one before: one group, bounded by the cap and then by the floor. */
Test(controller_calibrate, a_long_row_of_arms_stays_below_the_cap)
{
	struct fake f = { .spike_at = -1, .fail_at = -1 };
	double slowest;

	for (int i = 0; i < MAX_ARMS; i++)
		f.cost_ns[i] = 100.0 * (double)(1 << i) * 0.9;
	find(&f, MAX_ARMS, false);
	slowest = f.cost_ns[MAX_ARMS - 1] * (double)counts[MAX_ARMS - 1];
	cr_expect(slowest <= 1.01 * CALIBRATE_CAP_NS || counts[0] * 90 <= 1.01 * CALIBRATE_FLOOR_NS,
		  "%g", slowest);
}

/* One preempted epoch, at any point of the search, must not decide the count. */
Test(controller_calibrate, one_preempted_epoch_changes_nothing)
{
	struct fake f = no_trouble(900, 1000, 1100);
	uint64_t before;

	find(&f, 3, true);
	before = counts[0];
	for (int at = 0; at < 30; at++) {
		f = no_trouble(900, 1000, 1100);
		f.spike_at = at;
		find(&f, 3, true);
		cr_expect(counts[0] >= before * 3 / 4 && counts[0] <= before * 5 / 4,
			  "spike at call %d: %llu instead of %llu", at,
			  (unsigned long long)counts[0], (unsigned long long)before);
		cr_expect_eq(counts[0], counts[1]);
	}
}

/* Under load most epochs are disturbed: what counts is the one that was not. */
Test(controller_calibrate, the_least_of_several_epochs_counts)
{
	struct fake f = no_trouble(1000, 0, 0);

	f.every = 4;
	find(&f, 1, true);
	cr_expect(counts[0] >= 200 && counts[0] <= 260, "%llu", (unsigned long long)counts[0]);
}

Test(controller_calibrate, arms_that_take_no_time_end_it)
{
	struct fake f = no_trouble(0, 0, 0);

	find(&f, 3, false);
}

Test(controller_calibrate, a_very_long_operation_is_tried_twice)
{
	struct fake f = no_trouble(11e9, 0, 0);

	find(&f, 1, true);
	cr_expect_eq(counts[0], 1);
	cr_expect_eq(epochs[0], 11000000000ULL);
	cr_expect_eq(f.calls, 2);
}

Test(controller_calibrate, growth_is_by_ten_at_most)
{
	struct fake f = no_trouble(0.1, 0.1, 0.1);

	f.fail_at = 3 * 2 * 3; /* after the rounds at 1, 10 and 100 */
	cr_expect_eq(calibrate(3, true, fake_epoch, &f, counts, epochs), -EPIPE);
	cr_expect_eq(f.longest, 100);
}

Test(controller_calibrate, a_failed_epoch_ends_it_with_its_error)
{
	struct fake f = no_trouble(1, 1, 1);

	f.fail_at = 4;
	cr_expect_eq(calibrate(3, true, fake_epoch, &f, counts, epochs), -EPIPE);
	cr_expect_eq(f.calls, 5);
}

/* ---- two sides ------------------------------------------------------------------------------- */

struct two_sides {
	uint64_t iterations[2], epoch_ns[2], same, longest_ns;
};

Test(controller_calibrate, two_sides_have_the_count_of_the_faster_one)
{
	static const struct two_sides cases[] = {
		{ { 100, 100 }, { 250000, 250000 }, 100, 250000 },
		{ { 100, 103 }, { 250000, 250000 }, 103, 257500 },
		{ { 500, 100 }, { 250000, 250000 }, 500, 1250000 },
		/* the slower one's epochs would be too long: then those of the faster are shorter */
		{ { 10000, 100 }, { 250000, 250000 }, 4000, 10000000 },
		/* but never too short */
		{ { 1000000, 1 }, { 250000, 20000000 }, 400000, 8000000000000 },
		{ { 1, 1 }, { 20000000, 30000000 }, 1, 30000000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int swap = 0; swap < 2; swap++) {
			const struct two_sides *c = &cases[i];
			uint64_t n[2] = { c->iterations[swap], c->iterations[!swap] };
			uint64_t ns[2] = { c->epoch_ns[swap], c->epoch_ns[!swap] };

			calibrate_same(n, ns);
			cr_expect_eq(n[0], c->same, "case %zu: %llu", i, (unsigned long long)n[0]);
			cr_expect_eq(n[1], n[0]);
			cr_expect_eq(ns[0] > ns[1] ? ns[0] : ns[1], c->longest_ns, "case %zu: %llu",
				     i, (unsigned long long)(ns[0] > ns[1] ? ns[0] : ns[1]));
		}
	}
}
