/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_MEASURE_HIST_H
#define KT_MEASURE_HIST_H
/*
 * Base-2 log-linear histogram layout: the one place that says which bucket a value falls into.
 *
 * Builds for BPF and for user space, so it uses no libc and no float on the recording side. A value
 * below 2^(k+1) has a bucket of its own; above that each power of two is cut into 2^k equal
 * buckets, so a bucket is never wider than 2^-k of its value (k=5: 3.1 %, k=7: 0.8 %). Values are
 * nanoseconds and end at 2^HIST_MAX_BITS (18 minutes); larger ones land in the last bucket and are
 * counted as overflow. Exact count, sum, min and max are kept beside the buckets.
 *
 * Four fine buckets of k=7 are exactly one of k=5, so histograms of both kinds merge at the smaller
 * k.
 *
 * Threads: no locking here. One writer per histogram; merge when the writer is quiet.
 */
#ifndef __bpf__
#include <stdbool.h>
#endif

#include "lib/probe/types.h"

#define HIST_MAX_BITS 40
#define HIST_K_BPF    5
#define HIST_K_USER   7

/* Number of buckets for @k: 1152 for k=5, 4352 for k=7. */
#define HIST_NR_BUCKETS(k)  ((HIST_MAX_BITS - (k) + 1) << (k))
#define HIST_NR_BUCKETS_BPF HIST_NR_BUCKETS(HIST_K_BPF)
#define HIST_NR_BUCKETS_MAX HIST_NR_BUCKETS(HIST_K_USER)

/*
 * Position of the highest set bit, by halving: older BPF targets have no count-leading-zeros. @v is
 * below 2^HIST_MAX_BITS, so that "larger than" is the sign of a difference: the BPF verifier follows
 * both ways of each comparison.
 */
static inline __attribute__((always_inline)) uint32_t hist_msb(uint64_t v)
{
	uint32_t r, s;

	r = (uint32_t)((0xffffffffULL - v) >> 63) << 5;
	v >>= r;
	s = (uint32_t)((0xffffULL - v) >> 63) << 4;
	v >>= s;
	r |= s;
	s = (uint32_t)((0xffULL - v) >> 63) << 3;
	v >>= s;
	r |= s;
	s = (uint32_t)((0xfULL - v) >> 63) << 2;
	v >>= s;
	r |= s;
	s = (uint32_t)((0x3ULL - v) >> 63) << 1;
	v >>= s;
	r |= s;
	r |= (uint32_t)(v >> 1);
	return r;
}

/* hist_index - the bucket of @v; values of 2^HIST_MAX_BITS and above share the last one */
static inline __attribute__((always_inline)) uint32_t hist_index(uint64_t v, uint32_t k)
{
	uint32_t e;

	if (v < (2ULL << k))
		return (uint32_t)v;
	if (v >> HIST_MAX_BITS)
		return HIST_NR_BUCKETS(k) - 1;
	e = hist_msb(v) - k;
	return ((e + 1) << k) + (uint32_t)((v >> e) & ((1ULL << k) - 1));
}

#ifndef __bpf__
#include <stdbool.h>

/* hist_low - smallest value of bucket @index; hist_low(index + 1) is one past its largest */
static inline uint64_t hist_low(uint32_t index, uint32_t k)
{
	uint32_t e;

	if (index < (2U << k))
		return index;
	e = (index >> k) - 1;
	return ((1ULL << k) + (index & ((1U << k) - 1))) << e;
}

/* A histogram on the caller's memory. Zeroed memory with @k set is an empty one. */
struct hist {
	uint32_t k;
	uint32_t reserved;
	uint64_t count;
	uint64_t sum;
	uint64_t min; /* meaningless while count is 0 */
	uint64_t max;
	uint64_t overflow; /* values of 2^HIST_MAX_BITS and above */
	uint64_t bucket[HIST_NR_BUCKETS_MAX];
};

void hist_init(struct hist *h, uint32_t k);

/* hist_add - record one value; about 4 ns. The sum stays at 2^64-1 once it would pass it. */
static inline void hist_add(struct hist *h, uint64_t v)
{
	if (!h->count || v < h->min)
		h->min = v;
	if (v > h->max)
		h->max = v;
	h->count++;
	if (__builtin_add_overflow(h->sum, v, &h->sum))
		h->sum = UINT64_MAX;
	h->overflow += (v >> HIST_MAX_BITS) != 0;
	h->bucket[hist_index(v, h->k)]++;
}

/**
 * hist_is_consistent - do the buckets and the exact figures beside them agree?
 *
 * @h may hold anything, from a file or from another process's memory. They agree when k is one we
 * have, count is the sum of the buckets, min and max lie in the first and in the last bucket that
 * is not empty, sum between count * min and count * max (each 2^64-1 at most, where sums stay), and
 * overflow is no more than the last bucket holds. An empty histogram has a sum and an overflow of 0.
 */
bool hist_is_consistent(const struct hist *h);

/**
 * hist_merge - add @from to @to
 *
 * @from may be finer than @to (it is folded exactly). The sum stays at 2^64-1 once it would pass
 * it. Return: 0; -EINVAL when @from is coarser, -EOVERFLOW when both counts together pass 2^64-1:
 * then @to is unchanged.
 */
int hist_merge(struct hist *to, const struct hist *from);

/**
 * hist_quantile - value below which the share @q (0..1) of the values lies, in ns
 *
 * Linear interpolation inside the bucket, clamped to the exact min and max. NAN when empty.
 */
double hist_quantile(const struct hist *h, double q);

/* hist_mean - exact mean, NAN when empty */
double hist_mean(const struct hist *h);

/* hist_cdf - share of values <= @v (interpolated), NAN when empty */
double hist_cdf(const struct hist *h, double v);
#endif
#endif
