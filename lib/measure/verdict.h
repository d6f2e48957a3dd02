/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_MEASURE_VERDICT_H
#define KT_MEASURE_VERDICT_H
/*
 * Paired comparison: from the log ratios of interleaved epochs to one of four verdicts.
 *
 * Pure functions on the caller's arrays. Effect: median of d_i = ln(candidate_i / baseline_i), one
 * d per block. Interval: exact binomial order-statistic interval of the median (sign test
 * inverted), which needs independence and nothing else. Verdict: the interval against a zone of
 * indifference.
 */
#include <stdbool.h>
#include <stddef.h>

enum verdict { VERDICT_SLOWER, VERDICT_FASTER, VERDICT_EQUIVALENT, VERDICT_INCONCLUSIVE };

/* verdict_name - of arms of one run: "slower", "faster", "equivalent", "inconclusive" */
const char *verdict_name(enum verdict v);

/* verdict_change_name - of builds and of runs: "regressed", "improved", "unchanged", "inconclusive" */
const char *verdict_change_name(enum verdict v);

/* verdict_is_call - does @v say that the two differ? */
bool verdict_is_call(enum verdict v);

#define VERDICT_DEFAULT_ZONE 0.01
#define VERDICT_MIN_PAIRS    6 /* fewest for a two-sided 95 % interval of the median */

struct comparison {
	size_t nr_pairs;   /* pairs used */
	size_t nr_merged;  /* pairs left after correlated neighbours were merged */
	double ratio;	   /* exp(median of d, merged), candidate / baseline; NAN without pairs */
	double lo, hi;	   /* interval of the ratio; NAN below VERDICT_MIN_PAIRS */
	double confidence; /* exact coverage of the interval, >= 0.95 */
	double lag1;	   /* serial correlation of d as given */
	enum verdict verdict;
	bool unstable; /* correlation did not clear, or the halves of the run disagree */
};

/*
 * compare_pairs - compare @nr pairs of one statistic, e.g. per-epoch medians, both > 0
 * @zone: half width of the indifference zone as a share (0.01: ratios within 1 % count as equal)
 * @scratch: 2 * @nr doubles of working memory
 *
 * Pairs with a value that is not finite or not above 0 are left out: nr_pairs counts the rest.
 * Correlation that does not clear before VERDICT_MIN_PAIRS: inconclusive and unstable, with the
 * interval of the last merge for display.
 */
struct comparison compare_pairs(const double *baseline, const double *candidate, size_t nr,
				double zone, double *scratch);

/* stat_median - median of @nr values, sorts them; NAN when empty */
double stat_median(double *v, size_t nr);

/*
 * stat_median_interval - ranks (0-based, lo <= hi) of the order statistics that enclose the median
 * with at least @confidence; returns the exact coverage, or 0 when @nr is too small
 */
double stat_median_interval(size_t nr, double confidence, size_t *lo, size_t *hi);

/*
 * stat_moved - is the median of the second half of @nr values apart from that of the first by more
 * than the share @by, and do their 99 % intervals lie apart? Few values that scatter have medians
 * that differ by as much though nothing moved; below eight a half nothing is said. Sorts the halves.
 * @drift: gets second / first - 1, NAN without values
 */
bool stat_moved(double *v, size_t nr, double by, double *drift);

/* stat_lag1 - correlation of neighbours; 0 for fewer than 3 values or constant ones */
double stat_lag1(const double *v, size_t nr);
#endif
