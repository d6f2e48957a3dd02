// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/measure/verdict.h"

#include <math.h>

static const struct {
	const char *arm, *change;
} names[] = {
	[VERDICT_SLOWER] = { "slower", "regressed" },
	[VERDICT_FASTER] = { "faster", "improved" },
	[VERDICT_EQUIVALENT] = { "equivalent", "unchanged" },
	[VERDICT_INCONCLUSIVE] = { "inconclusive", "inconclusive" },
};

const char *verdict_name(enum verdict v)
{
	return names[v].arm;
}

const char *verdict_change_name(enum verdict v)
{
	return names[v].change;
}

bool verdict_is_call(enum verdict v)
{
	return v == VERDICT_SLOWER || v == VERDICT_FASTER;
}

static void sift_down(double *v, size_t root, size_t nr)
{
	double moved = v[root];

	for (size_t child; (child = 2 * root + 1) < nr; root = child) {
		if (child + 1 < nr && v[child + 1] > v[child])
			child++;
		if (v[child] <= moved)
			break;
		v[root] = v[child];
	}
	v[root] = moved;
}

/* Heapsort: in place, because qsort() of glibc allocates. */
static void sort_rising(double *v, size_t nr)
{
	for (size_t i = nr / 2; i-- > 0;)
		sift_down(v, i, nr);
	for (size_t end = nr; end-- > 1;) {
		double largest = v[0];

		v[0] = v[end];
		v[end] = largest;
		sift_down(v, 0, end);
	}
}

static double median_of_sorted(const double *v, size_t nr)
{
	return nr % 2 ? v[nr / 2] : (v[nr / 2 - 1] + v[nr / 2]) / 2;
}

double stat_median(double *v, size_t nr)
{
	if (!nr)
		return NAN;
	sort_rising(v, nr);
	return median_of_sorted(v, nr);
}

/*
 * The interval from the value of rank l to that of rank n-1-l misses the median when at most l of n
 * fair coins fall heads, or tails: coverage = 1 - 2 P(Bin(n, 1/2) <= l), exact for any continuous
 * distribution. The largest l that keeps @confidence gives the shortest interval. Terms are kept as
 * logarithms: 2^-n underflows at n = 1075.
 */
double stat_median_interval(size_t nr, double confidence, size_t *lo, size_t *hi)
{
	double log_term = -(double)nr * M_LN2, tail = 0, coverage = 0;

	for (size_t l = 0; 2 * l + 1 < nr; l++) {
		double c;

		tail += exp(log_term);
		c = 1 - 2 * tail;
		if (c < confidence)
			break;
		coverage = c;
		*lo = l;
		*hi = nr - 1 - l;
		log_term += log((double)(nr - l)) - log((double)(l + 1));
	}
	return coverage;
}

bool stat_moved(double *v, size_t nr, double by, double *drift)
{
	double *second = v + nr / 2, first_median = stat_median(v, nr / 2);
	size_t nr_second = nr - nr / 2, lo, hi, second_lo, second_hi;

	*drift = stat_median(second, nr_second) / first_median - 1;
	if (!(fabs(*drift) > by) || !(stat_median_interval(nr / 2, 0.99, &lo, &hi) > 0) ||
	    !(stat_median_interval(nr_second, 0.99, &second_lo, &second_hi) > 0))
		return false;
	return second[second_lo] > v[hi] || second[second_hi] < v[lo];
}

double stat_lag1(const double *v, size_t nr)
{
	double mean = 0, cov = 0, var = 0, largest = 0;

	if (nr < 3)
		return 0;
	for (size_t i = 0; i < nr; i++) {
		mean += v[i] / (double)nr;
		largest = fmax(largest, fabs(v[i]));
	}
	for (size_t i = 0; i < nr; i++) {
		var += (v[i] - mean) * (v[i] - mean);
		if (i)
			cov += (v[i] - mean) * (v[i - 1] - mean);
	}
	/* What is left of constants is how they were rounded, and goes together. */
	return var > (double)nr * (1e-12 * largest) * (1e-12 * largest) ? cov / var : 0;
}

/* Averages neighbours in place; an odd last value joins the last pair, so that none is lost. */
static size_t merge_neighbours(double *d, size_t nr)
{
	size_t half = nr / 2;

	for (size_t i = 0; i < half; i++)
		d[i] = (d[2 * i] + d[2 * i + 1]) / 2;
	if (nr % 2 && half)
		d[half - 1] = (2 * d[half - 1] + d[nr - 1]) / 3;
	return half;
}

struct interval {
	double median, lo, hi; /* lo and hi NAN: too few values */
	double coverage;
};

static struct interval median_interval(const double *d, size_t nr, double *sorted)
{
	struct interval iv = { .lo = NAN, .hi = NAN };
	size_t lo = 0, hi = 0;

	for (size_t i = 0; i < nr; i++)
		sorted[i] = d[i];
	iv.median = stat_median(sorted, nr);
	iv.coverage = stat_median_interval(nr, 0.95, &lo, &hi);
	if (iv.coverage > 0) {
		iv.lo = sorted[lo];
		iv.hi = sorted[hi];
	}
	return iv;
}

/*
 * The effect of the first half of the run against that of the second: intervals that do not touch,
 * and a distance that matters. On steady data this happens in about 0.5 % of the comparisons.
 */
static bool halves_disagree(const double *d, size_t nr, double log_zone, double *sorted)
{
	size_t half = nr / 2;
	struct interval a, b;

	if (half < VERDICT_MIN_PAIRS)
		return false;
	a = median_interval(d, half, sorted);
	b = median_interval(d + (nr - half), half, sorted);
	return (a.hi < b.lo || b.hi < a.lo) && fabs(a.median - b.median) > log_zone;
}

static bool is_correlated(const double *d, size_t nr)
{
	return nr && fabs(stat_lag1(d, nr)) > 2 / sqrt((double)nr);
}

/* The zone is symmetric in the logarithm, so that swapping the two sides mirrors the verdict. */
static enum verdict decide(double lo, double hi, double log_zone)
{
	if (isnan(lo) || isnan(hi))
		return VERDICT_INCONCLUSIVE;
	if (lo > log_zone)
		return VERDICT_SLOWER;
	if (hi < -log_zone)
		return VERDICT_FASTER;
	if (lo >= -log_zone && hi <= log_zone)
		return VERDICT_EQUIVALENT;
	return VERDICT_INCONCLUSIVE;
}

struct comparison compare_pairs(const double *baseline, const double *candidate, size_t nr,
				double zone, double *scratch)
{
	struct comparison c = {
		.ratio = NAN, .lo = NAN, .hi = NAN, .verdict = VERDICT_INCONCLUSIVE
	};
	double *d = scratch, *sorted = scratch + nr, log_zone = log1p(zone > 0 ? zone : 0);
	size_t m, n = 0;
	struct interval iv;
	bool halves;

	for (size_t i = 0; i < nr; i++) {
		double r = candidate[i] / baseline[i];

		if (baseline[i] > 0 && candidate[i] > 0 && isfinite(r) && r > 0)
			d[n++] = log(r);
	}
	c.nr_pairs = c.nr_merged = n;
	c.lag1 = stat_lag1(d, n);
	if (!n)
		return c;

	halves = halves_disagree(d, n, log_zone, sorted);
	iv = median_interval(d, n, sorted);
	m = n;
	while (m >= VERDICT_MIN_PAIRS && is_correlated(d, m)) {
		m = merge_neighbours(d, m);
		/*
		 * Too few left for an interval: the one before is kept for display, and nothing is
		 * decided.
		 */
		if (m < VERDICT_MIN_PAIRS) {
			c.unstable = true;
			break;
		}
		iv = median_interval(d, m, sorted);
		c.nr_merged = m;
	}
	c.ratio = exp(iv.median);
	c.lo = exp(iv.lo);
	c.hi = exp(iv.hi);
	c.confidence = iv.coverage;
	if (!c.unstable)
		c.verdict = decide(iv.lo, iv.hi, log_zone);
	c.unstable |= halves;
	return c;
}
