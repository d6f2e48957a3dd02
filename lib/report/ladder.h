/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_LADDER_H
#define KT_REPORT_LADDER_H
/*
 * Distributions on the one fixed ladder of bounds that all classic histograms for Prometheus have.
 *
 * From 8 ns to 17.2 s each power of two is cut into four equal steps, so a bucket is never wider
 * than a quarter of its lower bound. Every distribution has every bucket, also the empty ones: when
 * series that were put together have different bounds, histogram_quantile() answers without an error
 * and is wrong by a factor. Four steps are what a server can bear for a thousand hosts.
 *
 * The bounds are bounds of the records' buckets (hist.h), so counts are exact: a bucket has the
 * values below its bound, a value that is equal to it belongs to the next one, as in all of kt. Only
 * where values were counted in parts of a nanosecond a bucket of the record may lie across a bound;
 * it counts above it, and is never wider than 0.8 % of its value.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/measure/hist.h"

#define LADDER_FIRST_BIT  3
#define LADDER_LAST_BIT	  34
#define LADDER_STEPS_BITS 2
/* Finite bounds; one more bucket has what lies beyond the last. */
#define LADDER_NR (((LADDER_LAST_BIT - LADDER_FIRST_BIT) << LADDER_STEPS_BITS) + 1)

/* ladder_bound - number @i of LADDER_NR, ns */
uint64_t ladder_bound(size_t i);

/* Zeroed memory is an empty one. */
struct ladder {
	uint64_t count;
	double sum_ns; /* NAN: not known */
	uint64_t bucket[LADDER_NR + 1];
};

/* ladder_add - the values of @h, whose unit is @unit ns: 1, or one divided by a whole number */
void ladder_add(struct ladder *l, const struct hist *h, double unit);

/* ladder_add_value - one of @ns */
void ladder_add_value(struct ladder *l, double ns);
#endif
