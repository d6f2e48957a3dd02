// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/measure/ranks.h"

#include <math.h>

#include "lib/measure/verdict.h"

/* Of the smaller side times all values: counting takes at most twice the square of it. */
#define MOST_COUNTED 800

/* The larger of two sums that are the same but for how they were rounded. */
#define ROUNDING 1e-9

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_counted(size_t nr_base, size_t nr_new)
{
	return smaller(nr_base, nr_new) * (nr_base + nr_new) <= MOST_COUNTED;
}

/* Sums of the doubled ranks of the smaller side go up to this. */
static size_t largest_sum(size_t nr_base, size_t nr_new)
{
	return 2 * smaller(nr_base, nr_new) * (nr_base + nr_new);
}

struct memory {
	double *difference; /* all of them */
	double *value;	    /* of both samples, rising */
	double *twice_rank; /* of value; equal ones have their mean */
	double *ways;	    /* row by row, see count_ways() */
};

static size_t table_size(size_t nr_base, size_t nr_new)
{
	if (!is_counted(nr_base, nr_new))
		return 0;
	return (smaller(nr_base, nr_new) + 1) * (largest_sum(nr_base, nr_new) + 1);
}

size_t ranks_memory(size_t nr_base, size_t nr_new)
{
	return (nr_base * nr_new + 2 * (nr_base + nr_new) + table_size(nr_base, nr_new) + 1) *
	       sizeof(double);
}

/* ---- ranks ----------------------------------------------------------------------------------- */

/* The ranks of equal values are whole numbers when they are doubled. Return: sum of t^3 - t */
static double rank_values(const struct memory *m, size_t nr)
{
	double ties = 0;

	for (size_t i = 0, end; i < nr; i = end) {
		double t;

		for (end = i + 1; end < nr && !(m->value[end] > m->value[i]);)
			end++;
		t = (double)(end - i);
		ties += t * t * t - t;
		for (size_t k = i; k < end; k++)
			m->twice_rank[k] = (double)(i + end + 1);
	}
	return ties;
}

static double twice_rank_of(const struct memory *m, size_t nr, double value)
{
	size_t from = 0, to = nr;

	while (to - from > 1) {
		size_t middle = from + (to - from) / 2;

		if (m->value[middle] > value)
			to = middle;
		else
			from = middle;
	}
	return m->twice_rank[from];
}

static double sum_of_ranks(const struct memory *m, const double *v, size_t nr, size_t nr_all)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += twice_rank_of(m, nr_all, v[i]);
	return sum;
}

/* ---- the exact distribution ------------------------------------------------------------------ */

/*
 * ways[k][s]: in how many ways k of the values have doubled ranks whose sum is s. Value by value:
 * those with it are those without it that have one value and its rank less. Numbers beyond 2^53 are
 * rounded in their sixteenth digit.
 */
static void count_ways(const struct memory *m, size_t nr, size_t most, size_t largest)
{
	size_t width = largest + 1;

	for (size_t i = 0; i < (most + 1) * width; i++)
		m->ways[i] = 0;
	m->ways[0] = 1;
	for (size_t i = 0; i < nr; i++) {
		size_t rank = (size_t)m->twice_rank[i];

		for (size_t k = smaller(most, i + 1); k >= 1; k--)
			for (size_t s = largest; s >= rank; s--)
				m->ways[k * width + s] += m->ways[(k - 1) * width + s - rank];
	}
}

/* The share of all ways to deal @k of @nr values whose doubled ranks are as far off as @sum. */
static double share_as_far(const struct memory *m, size_t nr, size_t k, size_t largest, double sum)
{
	const double *ways = m->ways + k * (largest + 1);
	double mean = (double)k * (double)(nr + 1), far = fabs(sum - mean), all = 0, as_far = 0;

	for (size_t s = 0; s <= largest; s++) {
		all += ways[s];
		if (fabs((double)s - mean) >= far)
			as_far += ways[s];
	}
	return as_far / all;
}

/*
 * The most ordered differences that may be left out at either end: number c and number c from the
 * end enclose the shift unless fewer than c differences lie on one side of it. Without ties, and
 * m->ways is of ranks without, their number is the sum of ranks less its smallest value.
 * Return: c, 0: not even one
 */
static size_t left_out_counted(const struct memory *m, size_t nr_base, size_t nr_new,
			       double confidence, double *coverage)
{
	size_t k = smaller(nr_base, nr_new), largest = largest_sum(nr_base, nr_new), c = 0;
	const double *ways = m->ways + k * (largest + 1);
	double all = 0, below = 0;

	for (size_t s = 0; s <= largest; s++)
		all += ways[s];
	for (size_t s = k * (k + 1); s <= largest && 2 * (c + 1) <= nr_base * nr_new + 1; s += 2) {
		below += ways[s];
		if (1 - 2 * below / all < confidence - ROUNDING)
			break;
		*coverage = 1 - 2 * below / all;
		c++;
	}
	return c;
}

/* ---- the normal approximation ---------------------------------------------------------------- */

static double normal_tail(double z)
{
	return erfc(z / M_SQRT2) / 2;
}

static double spread_of(double nr_base, double nr_new, double ties)
{
	double nr = nr_base + nr_new;

	return sqrt(nr_base * nr_new / 12 * (nr + 1 - ties / (nr * (nr - 1))));
}

/* @sum: of doubled ranks of the @k values of a side */
static double p_of_normal(size_t k, size_t nr, double sum, double ties)
{
	double far = fabs(sum - (double)k * (double)(nr + 1)) / 2 - 0.5;
	double spread = spread_of((double)k, (double)(nr - k), ties);

	/* All values are equal. */
	if (!(spread > 0) || far <= 0)
		return 1;
	return fmin(2 * normal_tail(far / spread), 1);
}

static size_t left_out_normal(size_t nr_base, size_t nr_new, double confidence, double *coverage)
{
	double middle = (double)nr_base * (double)nr_new / 2;
	double spread = spread_of((double)nr_base, (double)nr_new, 0);
	size_t from = 0, to = (size_t)middle + 1;

	/* The largest c that keeps the confidence: from does, or is 0; to does not. */
	while (to - from > 1) {
		size_t c = from + (to - from) / 2;
		double covers = 1 - 2 * normal_tail((middle - (double)c + 0.5) / spread);

		if (covers < confidence) {
			to = c;
		} else {
			from = c;
			*coverage = covers;
		}
	}
	return from;
}

/* ---- together -------------------------------------------------------------------------------- */

static void find_interval(const struct memory *m, size_t nr_base, size_t nr_new, double confidence,
			  struct ranks_shift *r)
{
	size_t nr = nr_base * nr_new, c;
	double coverage = 0;

	c = r->exact ? left_out_counted(m, nr_base, nr_new, confidence, &coverage)
		     : left_out_normal(nr_base, nr_new, confidence, &coverage);
	if (!c)
		return;
	r->lo = m->difference[c - 1];
	r->hi = m->difference[nr - c];
	r->confidence = coverage;
}

struct ranks_shift ranks_compare(const double *base, size_t nr_base, const double *new,
				 size_t nr_new, double confidence, void *memory)
{
	struct ranks_shift r = { NAN, NAN, NAN, 0, NAN, is_counted(nr_base, nr_new) };
	size_t nr = nr_base + nr_new, k = smaller(nr_base, nr_new);
	size_t largest = largest_sum(nr_base, nr_new);
	struct memory m = { .difference = memory };
	double sum, ties;

	if (!k)
		return r;
	m.value = m.difference + nr_base * nr_new;
	m.twice_rank = m.value + nr;
	m.ways = m.twice_rank + nr;

	for (size_t i = 0; i < nr_new; i++)
		for (size_t j = 0; j < nr_base; j++)
			m.difference[i * nr_base + j] = new[i] - base[j];
	r.shift = stat_median(m.difference, nr_base * nr_new); /* and sorts */

	for (size_t i = 0; i < nr_base; i++)
		m.value[i] = base[i];
	for (size_t i = 0; i < nr_new; i++)
		m.value[nr_base + i] = new[i];
	stat_median(m.value, nr);
	ties = rank_values(&m, nr);
	sum = nr_base < nr_new ? sum_of_ranks(&m, base, nr_base, nr)
			       : sum_of_ranks(&m, new, nr_new, nr);
	if (r.exact)
		count_ways(&m, nr, k, largest);
	r.p = r.exact ? share_as_far(&m, nr, k, largest, sum) : p_of_normal(k, nr, sum, ties);
	if (r.exact && ties > 0) {
		for (size_t i = 0; i < nr; i++)
			m.twice_rank[i] = 2 * (double)(i + 1);
		count_ways(&m, nr, k, largest);
	}
	find_interval(&m, nr_base, nr_new, confidence, &r);
	return r;
}

double ranks_least_p(size_t nr_base, size_t nr_new)
{
	double nr = (double)nr_base + (double)nr_new;

	if (!nr_base || !nr_new)
		return NAN;
	return fmin(2 * exp(lgamma((double)nr_base + 1) + lgamma((double)nr_new + 1) -
			    lgamma(nr + 1)),
		    1);
}

size_t ranks_least_side(double p)
{
	size_t nr = 1;

	while (ranks_least_p(nr, nr) > p + ROUNDING * p && nr < 500)
		nr++;
	return nr;
}

void ranks_q_values(const double *p, double *q, size_t nr, double *scratch)
{
	size_t known = 0;

	for (size_t i = 0; i < nr; i++)
		if (!isnan(p[i]))
			scratch[known++] = p[i];
	stat_median(scratch, known);
	for (size_t i = 0; i < nr; i++) {
		double least = 1;
		size_t from = 0;

		/* The number of those that are called with this one: equal ones are. */
		for (size_t to = known; from < to;) {
			size_t middle = from + (to - from) / 2;

			if (scratch[middle] > p[i])
				to = middle;
			else
				from = middle + 1;
		}
		/* To call more of them may make the expected share smaller: take the smallest. */
		for (size_t called = from; !isnan(p[i]) && called <= known; called++)
			least = fmin(least, scratch[called - 1] * (double)known / (double)called);
		q[i] = isnan(p[i]) ? NAN : least;
	}
}
