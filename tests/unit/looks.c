// SPDX-License-Identifier: GPL-2.0-only
/* When an arm is decided: looks at made-up instances. */
#include "lib/measure/looks.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define MAX  140
#define ZONE 0.01

static double effect[MAX];
static struct judge_instance instance[MAX];
static struct judge_sample sample[2][MAX];
static void *memory;

static void begin(void)
{
	memory = malloc(judge_memory(MAX));
	cr_assert_not_null(memory);
	for (size_t i = 0; i < MAX; i++)
		instance[i] = (struct judge_instance){ .a = &sample[0][i],
						       .b = &sample[1][i],
						       .nr_pairs = 1,
						       .log_ratio = &effect[i] };
}

static void end(void)
{
	free(memory);
}

TestSuite(looks, .init = begin, .fini = end, .timeout = 60);

/* Instances @from to @to - 1 have this ratio, and spread around it, up and down in turn. */
static void fill(size_t from, size_t to, double ratio, double spread)
{
	for (size_t i = from; i < to; i++) {
		effect[i] = log(ratio) + (i % 2 ? spread : -spread);
		sample[0][i] = (struct judge_sample){ .sum = 1000, .count = 1 };
		sample[1][i] = (struct judge_sample){ .sum = 1000 * exp(effect[i]), .count = 1 };
	}
}

static struct looks at(size_t nr)
{
	return looks_at(instance, nr, ZONE, memory);
}

Test(looks, equal_arms_are_equivalent_at_the_first_look)
{
	fill(0, MAX, 1, 0.001);
	cr_expect_not(at(7).decided);
	cr_expect(at(8).decided);
	cr_expect_eq(at(8).verdict, VERDICT_EQUIVALENT);
	cr_expect_eq(at(100).verdict, VERDICT_EQUIVALENT);
}

Test(looks, a_call_counts_once_fresh_instances_confirm_it)
{
	for (int slower = 0; slower < 2; slower++) {
		enum verdict want = slower ? VERDICT_SLOWER : VERDICT_FASTER;

		fill(0, MAX, slower ? 1.1 : 0.9, 0.001);
		for (size_t nr = 8; nr < 16; nr++) {
			cr_expect_not(at(nr).decided, "%zu", nr);
			cr_expect_eq(at(nr).verdict, VERDICT_INCONCLUSIVE);
			cr_expect_eq(at(nr).called_at, 8);
			cr_expect_eq(at(nr).call, want);
		}
		cr_expect(at(16).decided);
		cr_expect_eq(at(16).verdict, want);
		cr_expect_eq(at(16).called_at, 0);
	}
}

/* They wander slowly around a ratio of @ratio, by @share. */
static void wander(size_t from, size_t to, double ratio, double share)
{
	fill(from, to, ratio, 0);
	for (size_t i = from; i < to; i++)
		effect[i] += share * sin((double)i * 0.7);
}

Test(looks, instances_that_go_together_confirm_what_is_far_beyond_them)
{
	wander(0, MAX, 2, 0.02);
	fill(0, 8, 2, 0.001);
	cr_expect_eq(at(8).called_at, 8);
	cr_expect_not(at(15).decided);
	cr_expect(at(16).decided, "twice as slow, give or take 2 %");
	cr_expect_eq(at(16).verdict, VERDICT_SLOWER);

	wander(0, MAX, 0.5, 0.02);
	fill(0, 8, 0.5, 0.001);
	cr_expect_eq(at(16).verdict, VERDICT_FASTER);

	wander(0, MAX, 1.03, 0.02);
	fill(0, 8, 1.03, 0.001);
	cr_expect_eq(at(8).called_at, 8);
	cr_expect_not(at(16).decided, "as far away as they lie apart: they say nothing");
}

Test(looks, luck_that_does_not_last_is_not_confirmed)
{
	fill(0, 8, 1.1, 0.001);
	fill(8, MAX, 1, 0.001);
	for (size_t nr = 8; nr <= MAX; nr++)
		cr_expect_neq(at(nr).verdict, VERDICT_SLOWER, "%zu", nr);
	cr_expect_eq(at(MAX).verdict, VERDICT_EQUIVALENT);
}

Test(looks, fresh_instances_that_say_the_opposite_withdraw_the_call)
{
	fill(0, 8, 1.1, 0.001);
	fill(8, MAX, 0.9, 0.001);
	cr_expect_eq(at(15).called_at, 8);
	cr_expect_not(at(16).called_at);
	for (size_t nr = 8; nr <= MAX; nr++)
		cr_expect_neq(at(nr).verdict, VERDICT_SLOWER, "%zu", nr);
}

/* Inside the zone but on its side: the direction would be confirmed, the size is not. */
Test(looks, the_size_is_what_all_instances_say)
{
	fill(0, 8, 1.02, 0.001);
	fill(8, MAX, 1.005, 0.001);
	for (size_t nr = 8; nr <= MAX; nr++)
		cr_expect_neq(at(nr).verdict, VERDICT_SLOWER, "%zu", nr);
}

/* The same of the other metrics, and step by step as the controller does it. */
Test(looks, other_metrics_are_called_and_confirmed_alike)
{
	struct looks l = { .nr = 0 };

	fill(0, 8, 1.1, 0.001);
	fill(8, MAX, 1, 0.001);
	for (size_t nr = 8; nr <= MAX; nr++)
		cr_expect_neq(looks_of(JUDGE_MEAN, instance, nr, ZONE, memory).verdict,
			      VERDICT_SLOWER, "%zu", nr);
	fill(0, MAX, 1.1, 0.001);
	for (size_t nr = 1; nr <= MAX; nr++) {
		struct looks all = looks_of(JUDGE_MEAN, instance, nr, ZONE, memory);

		looks_go_on(&l, JUDGE_MEAN, instance, nr, ZONE, memory);
		cr_expect_eq(all.verdict, nr < 16 ? VERDICT_INCONCLUSIVE : VERDICT_SLOWER, "%zu",
			     nr);
		cr_expect_eq(all.nr, nr < 16 ? nr : 16);
		cr_expect_eq(l.verdict, all.verdict);
		cr_expect_eq(l.called_at, all.called_at);
		cr_expect_eq(l.nr, all.nr);
	}
}

Test(looks, wide_ones_stay_open)
{
	fill(0, MAX, 1, 0.5);
	cr_expect_not(at(MAX).decided);
	cr_expect_eq(at(MAX).verdict, VERDICT_INCONCLUSIVE);
}

/* The controller asks only when one is due, the report once: they say the same. */
Test(looks, nothing_changes_where_none_is_due)
{
	static const double ratio[] = { 1, 1.012, 1.02, 0.95 };

	for (size_t c = 0; c < sizeof(ratio) / sizeof(ratio[0]); c++) {
		struct looks l = { .verdict = VERDICT_INCONCLUSIVE };

		fill(0, MAX, ratio[c], 0.02);
		for (size_t nr = 1; nr <= MAX; nr++) {
			struct looks now = at(nr);

			if (looks_due(&l, nr))
				l = now;
			cr_expect_eq(now.verdict, l.verdict, "%zu", nr);
			cr_expect_eq(now.decided, l.decided, "%zu", nr);
			cr_expect_eq(now.called_at, l.called_at, "%zu", nr);
		}
	}
}

/* ---- measured again -------------------------------------------------------------------------- */

static bool confirmed(enum verdict call, size_t first, size_t nr, double confidence)
{
	return looks_confirmed(JUDGE_P50, instance, first, nr, call, ZONE, confidence, memory);
}

struct level {
	size_t flagged;
	double confidence;
	size_t instances; /* twice the least n with 2^(1-n) <= 1 - confidence */
};

Test(looks, the_more_are_flagged_the_more_instances_a_recheck_takes)
{
	static const struct level level[] = { { 0, 0.99, 16 },	   { 1, 0.99, 16 },
					      { 2, 0.995, 18 },	   { 10, 0.999, 22 },
					      { 100, 0.9999, 30 }, { 1000, 0.99999, 36 } };

	for (size_t i = 0; i < sizeof(level) / sizeof(level[0]); i++) {
		double c = looks_recheck_confidence(level[i].flagged);

		cr_expect_float_eq(c, level[i].confidence, 1e-12, "%zu", level[i].flagged);
		cr_expect_eq(looks_recheck_instances(c), level[i].instances, "%zu: %zu",
			     level[i].flagged, looks_recheck_instances(c));
	}
	cr_expect_eq(looks_recheck_instances(1), LOOKS_MAX_RECHECK, "bounded");
}

Test(looks, a_call_stands_once_it_is_measured_again)
{
	for (int slower = 0; slower < 2; slower++) {
		enum verdict call = slower ? VERDICT_SLOWER : VERDICT_FASTER;

		fill(0, MAX, slower ? 1.1 : 0.9, 0.001);
		cr_expect_eq(at(16).verdict, call);
		cr_expect_not(confirmed(call, 16, 16, 0.99), "not measured again yet");
		cr_expect(confirmed(call, 16, 16 + 30, 0.9999));
		cr_expect_not(confirmed(call, 16, 16 + 14, 0.9999), "too few for that level");
		cr_expect(confirmed(call, 16, 16 + 15, 0.9999));
		cr_expect_not(confirmed(slower ? VERDICT_FASTER : VERDICT_SLOWER, 16, 16 + 30,
					0.99),
			      "the opposite");
	}
}

Test(looks, a_call_that_the_second_measuring_does_not_see_is_not_confirmed)
{
	static const double second[] = { 1, 0.9, 1.0001 };

	for (size_t i = 0; i < sizeof(second) / sizeof(second[0]); i++) {
		fill(0, 16, 1.1, 0.001);
		fill(16, MAX, second[i], 0.001);
		cr_expect_eq(at(16).verdict, VERDICT_SLOWER);
		cr_expect_not(confirmed(VERDICT_SLOWER, 16, 32, 0.99), "%g", second[i]);
	}
}

/* The direction is the second one's, the size that of all. */
Test(looks, a_second_measuring_inside_the_zone_does_not_confirm_what_all_do_not_say)
{
	fill(0, 16, 1.02, 0.0001);
	fill(16, MAX, 1.005, 0.0001);
	cr_expect_eq(at(16).verdict, VERDICT_SLOWER);
	cr_expect_not(confirmed(VERDICT_SLOWER, 16, 60, 0.99));
	fill(0, 16, 1.02, 0.003);
	fill(16, MAX, 1.018, 0.003);
	cr_expect(confirmed(VERDICT_SLOWER, 16, 60, 0.99));
}

Test(looks, what_was_not_called_cannot_be_confirmed)
{
	fill(0, MAX, 1, 0.001);
	cr_expect_not(confirmed(VERDICT_EQUIVALENT, 10, 40, 0.99));
	cr_expect_not(confirmed(VERDICT_INCONCLUSIVE, 10, 40, 0.99));
}
