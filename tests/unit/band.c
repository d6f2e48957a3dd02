// SPDX-License-Identifier: GPL-2.0-only
/* band: how far a quantile of all values would lie elsewhere, with groups of values as the unit */
#include "lib/measure/band.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define Z99	   2.5758293
#define PER_GROUP  200
#define MAX_VALUES (BAND_MAX_GROUPS * PER_GROUP)
#define NR_TRIALS  1500

static struct band_value value[MAX_VALUES];
static struct band_edge edge[2 * MAX_VALUES + 1];
static size_t nr_values;

static void add(double lo, double hi, double count, uint32_t group)
{
	value[nr_values++] = (struct band_value){ lo, hi, count, group };
}

static struct band made(size_t nr_groups)
{
	struct band b;

	qsort(value, nr_values, sizeof(value[0]), band_compare);
	band_make(&b, value, nr_values, nr_groups, edge);
	cr_assert_leq(b.nr_edges, band_edges(nr_values));
	return b;
}

/* ---- what can be worked out by hand ---------------------------------------------------------- */

/*
 * Nine groups; in group g the values 1 to 100, of which those of g = 0 to 8 are g higher. Above x = 54
 * lie 46 + g - ... of each: sum a_g = sum (e_g - 50) is 0 there.
 */
Test(band, its_interval_is_where_the_score_says)
{
	struct band_interval v;
	struct band b;
	double sum, squares, x;

	nr_values = 0;
	for (uint32_t g = 0; g < 9; g++)
		for (int i = 1; i <= 100; i++)
			add(i + (double)g * (g % 2 ? 1 : -1), i + (double)g * (g % 2 ? 1 : -1), 1,
			    g);
	b = made(9);
	cr_expect_eq(b.total, 900);
	v = band_at(&b, 0.5, Z99);
	cr_assert(!isnan(v.lo) && !isnan(v.hi));
	for (int side = 0; side < 2; side++) {
		x = side ? v.hi : v.lo;
		sum = squares = 0;
		for (int g = 0; g < 9; g++) {
			double above = 100 - (x - g * (g % 2 ? 1 : -1)), a = above - 50;

			sum += a;
			squares += a * a;
		}
		/* Groups alternate here, so that neighbours add nothing. Values are steps of 1. */
		cr_expect_float_eq(fabs(sum) / sqrt(squares), Z99, 0.2, "%g: %g", x,
				   sum / sqrt(squares));
	}
}

Test(band, buckets_are_spread_evenly)
{
	struct band b;
	struct band_interval v;

	nr_values = 0;
	for (uint32_t g = 0; g < 10; g++)
		add(100, 200, 50 + g % 2, g);
	b = made(10);
	v = band_at(&b, 0.5, Z99);
	cr_expect(v.lo < 150 && v.hi > 150, "[%g, %g]", v.lo, v.hi);
	cr_expect(v.lo > 148 && v.hi < 152, "groups that agree leave little open: [%g, %g]", v.lo,
		  v.hi);
}

Test(band, is_not_known_with_fewer_than_eight_groups)
{
	struct band b;

	for (uint32_t nr = 1; nr <= BAND_MIN_GROUPS; nr++) {
		nr_values = 0;
		for (uint32_t g = 0; g < nr; g++)
			for (int i = 0; i < PER_GROUP; i++)
				add(i, i, 1, g);
		b = made(nr);
		cr_expect_eq(isnan(band_at(&b, 0.5, Z99).lo), nr < BAND_MIN_GROUPS, "%u", nr);
	}
}

Test(band, is_not_known_with_fewer_than_ten_values_beyond)
{
	struct band b;

	nr_values = 0;
	for (uint32_t g = 0; g < 10; g++)
		for (int i = 0; i < 100; i++)
			add(i * 10 + g, i * 10 + g, 1, g);
	b = made(10);
	cr_expect(!isnan(band_at(&b, 0.99, Z99).lo));
	cr_expect(isnan(band_at(&b, 0.9901, Z99).lo));
}

/* All slow values in one group of twelve: how often such a group comes nobody can say. */
Test(band, is_not_known_where_one_burst_is_all_the_tail)
{
	struct band b;
	struct band_interval v;

	nr_values = 0;
	for (uint32_t g = 0; g < 12; g++)
		for (int i = 0; i < 100; i++)
			add(g == 5 && i < 60 ? 1000 + i : i, g == 5 && i < 60 ? 1000 + i : i, 1, g);
	b = made(12);
	v = band_at(&b, 0.96, Z99);
	cr_expect(isnan(v.lo), "[%g, %g]", v.lo, v.hi);
	cr_expect_float_eq(v.bursts, 1, 1e-9);
	cr_expect(!isnan(band_at(&b, 0.5, Z99).lo), "and of the median it is");
}

Test(band, of_nothing_nothing_is_known)
{
	struct band b;

	nr_values = 0;
	b = made(0);
	cr_expect(isnan(band_at(&b, 0.5, Z99).lo));
	for (uint32_t g = 0; g < 12; g++)
		for (int i = 0; i < 100; i++)
			add(7, 7, 1, g);
	b = made(12);
	cr_expect(isnan(band_at(&b, 0.5, Z99).hi) || band_at(&b, 0.5, Z99).hi == 7,
		  "constants: nothing else than the constant");
}

/* ---- how often it misses what is true -------------------------------------------------------- */

static uint64_t state;

static double uniform(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	double u = uniform();

	return sqrt(-2 * log(u)) * cos(2 * M_PI * uniform());
}

/* Values are normal around a group's own place, which is normal and goes with its neighbour's. */
struct model {
	double between, together;
	uint32_t nr_groups;
};

/* How often an interval is shown that does not hold the truth. */
static double share_of_misses(const struct model *m, double q, double truth, double *width)
{
	size_t missed = 0, known = 0;

	*width = 0;
	for (int trial = 0; trial < NR_TRIALS; trial++) {
		struct band_interval v;
		struct band b;
		double place = normal();

		nr_values = 0;
		for (uint32_t g = 0; g < m->nr_groups; g++) {
			if (g)
				place = m->together * place +
					sqrt(1 - m->together * m->together) * normal();
			for (int i = 0; i < PER_GROUP / 4; i++) {
				double x = 100 + m->between * place + normal();

				add(x, x, 1, g);
			}
		}
		b = made(m->nr_groups);
		v = band_at(&b, q, Z99);
		if (isnan(v.lo))
			continue;
		known++;
		*width += v.hi - v.lo;
		missed += truth < v.lo || truth > v.hi;
	}
	*width /= (double)known;
	return (double)missed / NR_TRIALS;
}

/*
 * 99 % intervals of data whose groups have places of their own, up to three times as far apart as the
 * values inside one. An interval that takes all values for one sample misses up to nine times in ten
 * there. Seeded, so that it says the same each time.
 */
Test(band, it_misses_the_truth_as_rarely_as_it_says, .timeout = 300)
{
	static const struct model model[] = {
		{ 0, 0, 24 }, { 0.3, 0, 24 }, { 1, 0, 24 },   { 3, 0, 24 },
		{ 0, 0, 8 },  { 0.3, 0, 8 },  { 0.3, 0, 16 }, { 1, 0, 16 },
	};
	double width, narrow = 0;

	state = 12;
	for (size_t i = 0; i < sizeof(model) / sizeof(model[0]); i++) {
		double sd = sqrt(1 + model[i].between * model[i].between),
		       p50 = share_of_misses(&model[i], 0.5, 100, &width),
		       p90 = share_of_misses(&model[i], 0.9, 100 + 1.2815516 * sd, &width);

		cr_expect_leq(p50, 0.015, "model %zu, p50: %g", i, p50);
		cr_expect_leq(p90, 0.03, "model %zu, p90: %g", i, p90);
		if (!i)
			narrow = width;
	}
	cr_expect_lt(narrow, 0.5, "and where groups are alike it is narrow: %g", narrow);
}

/* Places that go with their neighbours' (0.3): without the second term it misses 4.3 %. */
Test(band, groups_that_go_together_widen_it, .timeout = 300)
{
	struct model m = { 2, 0.3, 24 };
	double width, p50;

	state = 21;
	p50 = share_of_misses(&m, 0.5, 100, &width);
	cr_expect_leq(p50, 0.032, "%g", p50);
}
