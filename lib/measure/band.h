/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_MEASURE_BAND_H
#define KT_MEASURE_BAND_H
/*
 * How far would a quantile of all values of an arm lie elsewhere, had the groups that they came in
 * (instances, neighbours taken together) been others of their kind?
 *
 * The one-sided sibling of tail.h. With n_g values in group g and e_g(x) of them above x, a value x is
 * inside the interval of quantile q = 1 - p when the sum of a_g(x) = e_g(x) - p n_g over the groups is
 * no larger than chance makes it:
 *
 *	|sum a_g| <= z sqrt(V)		V = sum a_g^2 + 2 max(0, C)
 *
 * where C is the sum of neighbours' products (a_g - a) (a_{g+1} - a) around the mean a: where groups go
 * together with their neighbours, it widens the interval. Nothing is assumed of how the values inside a
 * group depend on each other. The quantile of all values has a sum of 0, so it always lies inside. Pure
 * functions on the caller's memory.
 */
#include <stddef.h>
#include <stdint.h>

#define BAND_MIN_GROUPS 8
#define BAND_MAX_GROUPS 24

/* One value (@lo equals @hi), or the @count values of a bucket, spread evenly from @lo to @hi. */
struct band_value {
	double lo, hi, count;
	uint32_t group;
};

/* A place of the sums' curves, which are straight from one to the next. */
struct band_edge {
	double x;
	/* Over the groups: e, e^2, e n, and of neighbours e e', (e n' + e' n). */
	double above, squares, products, pairs, pair_products;
	/* The same with the edge before in one of the factors: of e^2 and of e e'. */
	double across, pairs_across;
};

struct band {
	size_t nr_groups, nr_edges;
	double total, squares, pairs; /* n, n^2, of neighbours n n' */
	struct band_edge *edge;	      /* from the largest value down */
};

/* What is known of one quantile. */
struct band_interval {
	double lo, hi; /* NAN: not known */
	double bursts; /* the effective number of groups that the values beyond it came in */
};

/* band_edges - as many as band_make() may need for @nr values */
size_t band_edges(size_t nr);

/*
 * band_make - of @nr values, sorted by band_compare(), in @nr_groups <= BAND_MAX_GROUPS groups
 * @edge: band_edges(@nr) of them, which the band then owns a part of
 */
void band_make(struct band *b, const struct band_value *value, size_t nr, size_t nr_groups,
	       struct band_edge *edge);

/* band_compare - for qsort(): the largest hi first, then the largest lo */
int band_compare(const void *a, const void *b);

/*
 * band_at - the interval of quantile @q at the two-sided normal score @z (2.576: 99 %)
 *
 * Not known with fewer than BAND_MIN_GROUPS groups, with fewer than ten values beyond @q, when those
 * came in so few bursts that nothing says how often bursts come, and where no value is rejected.
 */
struct band_interval band_at(const struct band *b, double q, double z);
#endif
