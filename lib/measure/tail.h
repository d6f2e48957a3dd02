/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_MEASURE_TAIL_H
#define KT_MEASURE_TAIL_H
/*
 * Is a quantile of all operations of B larger than that of A, and by how much?
 *
 * The operations come in groups: group g holds what A and B did in the same stretch of a run (whole
 * instances, neighbours taken together), so that what slows a stretch slows both sides of its pair.
 * Groups are the unit; nothing is assumed of how the operations inside one depend on each other.
 *
 * For a candidate ratio r let x(r) be the value above which, with B's values divided by r, the
 * share p = 1 - q of all operations of both lies. With exact ties apart, the groups' exceedances
 *
 *	a_g = #{A in g > x} - p n_Ag	b_g = #{B in g > r x} - p n_Bg
 *
 * then sum to zero over both arms, and S(r) = sum (b_g - a_g) is large when r is too small. Its
 * variance is estimated from the groups' own spread,
 *
 *	V(r) = sum (2 [al b_g - (1 - al) a_g])^2
 *
 * where al is the share of A among the pooled operations that lie near x: the pooled threshold
 * moves with both arms' counts, in proportion to their densities there. The interval holds every r
 * that |S| <= z sqrt(V) does not reject. The ratio shown is the ratio of the pooled quantiles,
 * where S = 0, so it always lies inside.
 *
 * This is a paired, self-normalised exceedance score. It needs no density, no moments and no
 * resampling. tests/statistics/ measures how often its interval misses known truths.
 *
 * What it cannot know: an arm whose slow operations came in one or two bursts says little about how
 * often such bursts come. So the effective number of bursts is counted from the spread of the
 * exceedances over the groups, (sum e)^2 / sum e^2, and below a limit nothing is decided.
 *
 * Pure functions on the caller's memory.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/measure/hist.h"

#define TAIL_MIN_GROUPS 8
#define TAIL_MAX_GROUPS 48
#define TAIL_MIN_BURSTS 10 /* fewer with fewer groups */

/* A histogram of k = HIST_K_USER, only what is not empty, in rising order. */
struct tail_bucket {
	uint32_t index;
	double count;
};

struct tail_sample {
	size_t nr_buckets;
	const struct tail_bucket *bucket;
};

/*
 * The stretches of a run in their order: in stretch i arm A did a[i], B did b[i]. Neighbours are
 * taken together here, to TAIL_MIN_GROUPS to TAIL_MAX_GROUPS groups.
 */
struct tail_stretches {
	size_t nr;
	const struct tail_sample *const *a, *const *b;
};

enum tail_gate {
	TAIL_OK,
	TAIL_FEW_GROUPS, /* fewer stretches than TAIL_MIN_GROUPS */
	TAIL_FEW_VALUES, /* fewer than ten operations beyond the quantile in an arm */
	TAIL_FEW_BURSTS, /* the slow operations came in too few bursts to say how often they do */
	TAIL_TOGETHER,	 /* groups go with their neighbours until too few are left */
	TAIL_UNBOUNDED,	 /* no ratio is rejected */
	TAIL_ZEROS,	 /* both quantiles are below 1 ns: there is no ratio */
};

struct tail_interval {
	enum tail_gate gate;
	double ratio;  /* of the pooled quantiles, B / A; NAN when an arm is empty */
	double lo, hi; /* NAN unless gate is TAIL_OK */
	double bursts; /* effective number of bursts, the smaller of both arms; NAN when empty */
	double beyond; /* operations beyond the quantile, the smaller of both arms */
};

/* tail_memory - bytes of working memory that tail_compare() needs */
size_t tail_memory(void);

/*
 * tail_compare - the interval of quantile @q's ratio at the two-sided normal score @z (2.576: 99 %)
 * @memory: tail_memory() bytes, aligned as malloc()'s
 */
struct tail_interval tail_compare(const struct tail_stretches *s, double q, double z, void *memory);

/* What the operations of a stretch took together. */
struct mean_group {
	double a, b; /* sums, ns */
};

struct mean_interval {
	enum tail_gate gate;
	double ratio, lo, hi; /* mean of B / mean of A; lo and hi NAN unless gate is TAIL_OK */
	double bursts;	      /* that make the difference, effectively; NAN when there is none */
};

/*
 * mean_compare - the ratio of the means of all operations, with the interval that inverts
 * (S_B - r S_A)^2 <= z^2 sum (B_g - r A_g)^2 (Fieller's, with the groups' own spread)
 *
 * Stretches are taken together as for tails, further where neighbours go together; nothing is said
 * when a few bursts are all the difference.
 * @nr_a, @nr_b: operations of each arm in all stretches together
 */
struct mean_interval mean_compare(const struct mean_group *stretch, size_t nr, double nr_a,
				  double nr_b, double z);
#endif
