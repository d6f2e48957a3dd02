// SPDX-License-Identifier: GPL-2.0-only
/* Order of the arms: a permutation each time, reversed in pairs, balanced, reproducible. */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>

#include "bench/controller/schedule.h"

#define MAX_NR 9

Test(controller_schedule, every_block_holds_every_arm_once)
{
	for (unsigned int nr = 1; nr <= MAX_NR; nr++) {
		struct schedule s;

		schedule_init(&s, nr, 42);
		for (int block = 0; block < 100; block++) {
			unsigned int order[MAX_NR], seen[MAX_NR] = { 0 };

			schedule_next(&s, order);
			for (unsigned int i = 0; i < nr; i++) {
				cr_assert_lt(order[i], nr);
				seen[order[i]]++;
			}
			for (unsigned int i = 0; i < nr; i++)
				cr_assert_eq(seen[i], 1);
		}
	}
}

Test(controller_schedule, the_second_block_of_a_pair_is_the_first_reversed)
{
	unsigned int a[MAX_NR], b[MAX_NR];
	struct schedule s;

	schedule_init(&s, 5, 7);
	for (int pair = 0; pair < 50; pair++) {
		schedule_next(&s, a);
		schedule_next(&s, b);
		for (int i = 0; i < 5; i++)
			cr_assert_eq(a[i], b[4 - i]);
	}
}

/* In each round of nr pairs, every arm stands in every place as often as every other. */
Test(controller_schedule, places_are_balanced_after_as_many_pairs_as_arms)
{
	for (unsigned int nr = 1; nr <= MAX_NR; nr++) {
		struct schedule s;

		schedule_init(&s, nr, 99);
		for (int round = 0; round < 5; round++) {
			unsigned int place[MAX_NR][MAX_NR] = { { 0 } }, order[MAX_NR];

			for (unsigned int block = 0; block < 2 * nr; block++) {
				schedule_next(&s, order);
				for (unsigned int i = 0; i < nr; i++)
					place[order[i]][i]++;
			}
			for (unsigned int arm = 0; arm < nr; arm++)
				for (unsigned int i = 0; i < nr; i++)
					cr_assert_eq(place[arm][i], 2,
						     "%u arms, arm %u, place %u: %u", nr, arm, i,
						     place[arm][i]);
		}
	}
}

static bool same_order(uint64_t seed_a, uint64_t seed_b)
{
	unsigned int a[MAX_NR], b[MAX_NR];
	struct schedule x, y;
	bool same = true;

	schedule_init(&x, MAX_NR, seed_a);
	schedule_init(&y, MAX_NR, seed_b);
	for (int i = 0; i < 40; i++) {
		schedule_next(&x, a);
		schedule_next(&y, b);
		same = same && !memcmp(a, b, sizeof(a));
	}
	return same;
}

Test(controller_schedule, the_seed_decides)
{
	cr_expect(same_order(1, 1));
	cr_expect(same_order(0, 0));
	cr_expect_not(same_order(1, 2));
	cr_expect_not(same_order(0, UINT64_MAX));
}

Test(controller_schedule, each_question_has_an_order_of_its_own_that_a_filter_does_not_change)
{
	uint64_t park = schedule_seed(1, "park/cpu=same"),
		 cross = schedule_seed(1, "park/cpu=cross");

	cr_expect_neq(park, cross);
	cr_expect_eq(park, schedule_seed(1, "park/cpu=same"));
	cr_expect_neq(park, schedule_seed(2, "park/cpu=same"));
}

Test(controller_schedule, first_places_are_drawn_from_all_arms)
{
	unsigned int order[4], first[4] = { 0 };
	struct schedule s;

	for (uint64_t seed = 0; seed < 400; seed++) {
		schedule_init(&s, 4, seed);
		schedule_next(&s, order);
		first[order[0]]++;
	}
	/* 100 each on average; the seeds are fixed, so this is one known outcome and no lottery. */
	for (int i = 0; i < 4; i++)
		cr_expect(first[i] > 60 && first[i] < 140, "arm %d: %u", i, first[i]);
}

Test(controller_schedule, numbers_are_drawn_below_a_bound_each_as_likely)
{
	unsigned int seen[5] = { 0 }, n;
	struct schedule s;

	schedule_init(&s, 1, 3);
	for (int i = 0; i < 1000; i++) {
		n = schedule_draw(&s, 5);
		cr_assert_lt(n, 5);
		seen[n]++;
	}
	for (int i = 0; i < 5; i++)
		cr_expect(seen[i] > 150 && seen[i] < 250, "%d: %u", i, seen[i]);
	cr_expect_eq(schedule_draw(&s, 1), 0);
}
