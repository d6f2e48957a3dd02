// SPDX-License-Identifier: GPL-2.0-only
/* tail: quantiles and means of all operations, from groups of stretches */
#include "lib/measure/tail.h"

#include "tests/unit/judge_series.h"

#define Z 2.5758293035489004

static struct tail_interval compared(double q)
{
	static const struct tail_sample *a[MAX_INSTANCES], *b[MAX_INSTANCES];
	struct tail_stretches s = { .nr = nr_instances, .a = a, .b = b };
	struct tail_interval t;
	void *memory = malloc(tail_memory());

	cr_assert_not_null(memory);
	for (size_t i = 0; i < nr_instances; i++) {
		a[i] = &instance[i].a->tail;
		b[i] = &instance[i].b->tail;
	}
	t = tail_compare(&s, q, Z, memory);
	free(memory);
	return t;
}

/* 200 operations each; in one stretch of @every_a a tenth of A's are ten times as slow. */
static void run_of_bursts(size_t nr, size_t every_a, size_t every_b)
{
	double a[200], b[200];

	start_run(7);
	for (size_t i = 0; i < nr; i++) {
		for (size_t k = 0; k < 200; k++) {
			a[k] = floor(1000 * exp(0.05 * gauss()));
			b[k] = floor(1000 * exp(0.05 * gauss()));
			if (i % every_a == 0 && k < 20)
				a[k] *= 10;
			if (i % every_b == 0 && k < 20)
				b[k] *= 10;
		}
		add_instance(a, b, 4, 50);
	}
}

Test(tail, a_longer_tail_is_seen_and_lies_in_its_interval)
{
	struct tail_interval t;

	run_of_bursts(24, 100, 1);
	/* One burst of A in 24: nothing beyond 1 % of its own. */
	t = compared(0.95);
	cr_expect_eq(t.gate, TAIL_OK, "%d", t.gate);
	cr_expect(t.lo > 3 && t.lo <= t.ratio && t.ratio <= t.hi, "%g [%g, %g]", t.ratio, t.lo,
		  t.hi);
}

/*
 * The quantile of all operations, not the typical quantile of stretches: 10 % of B's are ten times
 * as slow in every third one.
 */
Test(tail, clusters_are_in_the_ratio)
{
	struct tail_interval t;

	run_of_bursts(48, 100, 3);
	t = compared(0.99);
	cr_expect_gt(t.ratio, 5);
}

Test(tail, few_bursts_decide_nothing_and_are_counted)
{
	struct tail_interval t;

	/* Four of 48: instances 0, 15, 30, 45 */
	run_of_bursts(48, 15, 1);
	t = compared(0.99);
	cr_expect_eq(t.gate, TAIL_FEW_BURSTS, "%d", t.gate);
	cr_expect(t.bursts > 3 && t.bursts < 7, "%g", t.bursts);
	cr_expect(isnan(t.lo) && isnan(t.hi));
}

/* Both arms slow in the same stretches: the difference is spread, so little is enough. */
Test(tail, bursts_that_both_arms_share_can_be_judged)
{
	struct tail_interval t;

	run_of_bursts(48, 6, 6);
	t = compared(0.99);
	cr_expect_lt(t.bursts, 10);
	cr_expect(t.gate == TAIL_OK || t.gate == TAIL_FEW_BURSTS);
	cr_expect(fabs(log(t.ratio)) < 0.1, "%g", t.ratio);
}

Test(tail, needs_groups_values_and_something_above_zero)
{
	double zeros[200] = { 0 }, ones[200];

	run_of_bursts(7, 1, 1);
	cr_expect_eq(compared(0.99).gate, TAIL_FEW_GROUPS);
	run_of_bursts(24, 1, 1);
	cr_expect_eq(compared(0.99).gate, TAIL_OK);
	cr_expect_eq(compared(0.9999).gate, TAIL_FEW_VALUES);
	cr_expect(fabs(compared(0.9999).beyond - 0.48) < 0.01);
	start_run(1);
	cr_expect_eq(compared(0.99).gate, TAIL_FEW_GROUPS);
	for (int i = 0; i < 12; i++)
		add_instance(zeros, zeros, 4, 50);
	cr_expect_eq(compared(0.99).gate, TAIL_ZEROS);
	start_run(1);
	for (int i = 0; i < 200; i++)
		ones[i] = 1;
	for (int i = 0; i < 12; i++)
		add_instance(zeros, ones, 4, 50);
	cr_expect_gt(compared(0.99).ratio, 1);
	cr_expect(isfinite(compared(0.99).ratio));
}

/* A heavier half of the run does not become half of the groups. */
Test(tail, stretches_become_neighbouring_groups)
{
	for (size_t nr = TAIL_MIN_GROUPS; nr <= MAX_INSTANCES; nr++) {
		run_of_bursts(nr, 1, 1);
		cr_expect_eq(compared(0.95).gate, TAIL_OK, "%zu", nr);
	}
}

/* ---- means ----------------------------------------------------------------------------------- */

Test(tail, mean_of_constants_is_bounded_and_exact)
{
	struct mean_group g[40];

	for (size_t nr = TAIL_MIN_GROUPS; nr <= 40; nr++) {
		struct mean_interval m;

		for (size_t i = 0; i < nr; i++)
			g[i] = (struct mean_group){ 1000.0 / (3 + nr), 1050.0 / (3 + nr) };
		m = mean_compare(g, nr, 100, 100, Z);
		cr_expect_eq(m.gate, TAIL_OK, "%zu: %d", nr, m.gate);
		cr_expect(m.lo <= m.ratio && m.ratio <= m.hi && m.hi / m.lo < 1.000001);
		cr_expect(fabs(m.ratio - 1.05) < 1e-9);
	}
}

/* Operations, not sums: B did twice as many. */
Test(tail, mean_is_of_operations)
{
	struct mean_group g[12];
	struct mean_interval m;

	for (int i = 0; i < 12; i++)
		g[i] = (struct mean_group){ 1000 + i % 3, 2000 - i % 5 };
	m = mean_compare(g, 12, 10, 20, Z);
	cr_expect(fabs(m.ratio - 1) < 0.01, "%g", m.ratio);
	cr_expect_eq(m.gate, TAIL_OK);
}

Test(tail, mean_says_why_not)
{
	struct mean_group g[48];

	for (int i = 0; i < 48; i++)
		g[i] = (struct mean_group){ 1000, 1000 };
	cr_expect_eq(mean_compare(g, 7, 1, 1, Z).gate, TAIL_FEW_GROUPS);
	cr_expect_eq(mean_compare(g, 0, 0, 0, Z).gate, TAIL_ZEROS);
	/* One burst is the whole difference. */
	g[20].b = 9000;
	cr_expect_eq(mean_compare(g, 48, 1, 1, Z).gate, TAIL_FEW_BURSTS);
	cr_expect(mean_compare(g, 48, 1, 1, Z).bursts < 7);
	/* B drifts away from A: the halves of the run say opposite things. */
	for (int i = 0; i < 16; i++)
		g[i] = (struct mean_group){ 1000, 900 + 13.0 * i };
	cr_expect_eq(mean_compare(g, 16, 1, 1, Z).gate, TAIL_TOGETHER);
	for (int i = 0; i < 16; i++)
		g[i] = (struct mean_group){ 0, 100 };
	cr_expect_eq(mean_compare(g, 16, 1, 1, Z).gate, TAIL_ZEROS);
}
