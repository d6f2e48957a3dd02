/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_MEASURE_RANKS_H
#define KT_MEASURE_RANKS_H
/*
 * Two small independent samples (the runs of two nights, of two kernels): how far is one from the
 * other, and can that be chance?
 *
 * Pure functions on the caller's memory. All of it rests on ranks: no value has to be drawn from a
 * distribution of a known shape, only independently of the others. The shift is the Hodges-Lehmann
 * estimate, the median of all differences; its interval that of Moses, from one of the ordered
 * differences to another; p that of the Mann-Whitney test (Wilcoxon's rank sum). Of logarithms the
 * shift is the logarithm of a ratio.
 */
#include <stdbool.h>
#include <stddef.h>

struct ranks_shift {
	double shift; /* median of all differences new - base; NAN when a side is empty */
	/*
	 * Interval of the shift, and its coverage, at least what was asked for; NAN, NAN and 0 where
	 * there are too few values for one. Equal values make it cover more.
	 */
	double lo, hi, confidence;
	/*
	 * How often two samples of one distribution are at least as far apart as these, in either
	 * direction; NAN when a side is empty.
	 */
	double p;
	bool exact; /* p and the coverage are exact, else from the normal distribution */
};

/* ranks_memory - bytes of working memory for ranks_compare() of samples of these sizes */
size_t ranks_memory(size_t nr_base, size_t nr_new);

/*
 * ranks_compare - @new against @base, none of them NAN or infinite; an interval of at least @confidence
 * @memory: ranks_memory(@nr_base, @nr_new) bytes, aligned as malloc()'s
 *
 * p and the coverage are exact (all ways to deal the values are counted, also with equal ones) while
 * the smaller number of values times all of them is at most 800: 20 against 20, 10 against 70. Beyond
 * that they are from the normal distribution, p corrected for equal values and for continuity.
 */
struct ranks_shift ranks_compare(const double *base, size_t nr_base, const double *new,
				 size_t nr_new, double confidence, void *memory);

/*
 * ranks_least_p - what p is when all values of one side lie beyond those of the other: there is no
 * smaller one, and an interval at 1 - p, but none at a higher confidence
 */
double ranks_least_p(size_t nr_base, size_t nr_new);

/* ranks_least_side - the fewest values a side, as many on both, with a ranks_least_p() of at most @p */
size_t ranks_least_side(double p);

/*
 * ranks_q_values - Benjamini-Hochberg: the share of false ones to be expected, at most, among all of a
 * family's @nr tests that are called up to this one's p
 * @q: may be @p; NAN where p is, which does not count for the family
 * @scratch: @nr doubles
 */
void ranks_q_values(const double *p, double *q, size_t nr, double *scratch);
#endif
