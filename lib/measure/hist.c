// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/measure/hist.h"

#include <errno.h>
#include <math.h>
#include <string.h>

void hist_init(struct hist *h, uint32_t k)
{
	memset(h, 0, sizeof(*h));
	h->k = k;
}

/*
 * All of them, also those a small k never uses: a loop of fixed length is one of vector additions.
 */
static void add_buckets(uint64_t *restrict to, const uint64_t *restrict from)
{
	for (uint32_t i = 0; i < HIST_NR_BUCKETS_MAX; i++)
		to[i] += from[i];
}

int hist_merge(struct hist *to, const struct hist *from)
{
	uint32_t i, nr = HIST_NR_BUCKETS(from->k);
	uint64_t count;

	if (from->k < to->k)
		return -EINVAL;
	if (!from->count)
		return 0;
	if (__builtin_add_overflow(to->count, from->count, &count))
		return -EOVERFLOW;
	if (!to->count || from->min < to->min)
		to->min = from->min;
	if (from->max > to->max)
		to->max = from->max;
	to->count = count;
	if (__builtin_add_overflow(to->sum, from->sum, &to->sum))
		to->sum = UINT64_MAX;
	to->overflow += from->overflow;
	if (from->k == to->k) {
		add_buckets(to->bucket, from->bucket);
		return 0;
	}
	for (i = 0; i < nr; i++)
		if (from->bucket[i])
			to->bucket[hist_index(hist_low(i, from->k), to->k)] += from->bucket[i];
	return 0;
}

/* @count times @value, at most what a sum can hold. */
static uint64_t total(uint64_t count, uint64_t value)
{
	return __builtin_mul_overflow(count, value, &value) ? UINT64_MAX : value;
}

bool hist_is_consistent(const struct hist *h)
{
	uint32_t nr, lowest = 0, highest = 0;
	uint64_t count = 0;

	if (h->k < 1 || h->k > HIST_K_USER)
		return false;
	nr = HIST_NR_BUCKETS(h->k);
	for (uint32_t i = 0; i < nr; i++) {
		if (!h->bucket[i])
			continue;
		if (!count)
			lowest = i;
		highest = i;
		if (__builtin_add_overflow(count, h->bucket[i], &count))
			return false;
	}
	if (count != h->count || h->overflow > h->bucket[nr - 1])
		return false;
	if (!count)
		return !h->sum;
	return h->min <= h->max && hist_index(h->min, h->k) == lowest &&
	       hist_index(h->max, h->k) == highest && h->sum >= total(count, h->min) &&
	       h->sum <= total(count, h->max);
}

static double clamp(double v, double lo, double hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

double hist_quantile(const struct hist *h, double q)
{
	uint32_t i, nr = HIST_NR_BUCKETS(h->k);
	double rank = q * (double)h->count, below = 0;

	if (!h->count)
		return NAN;
	for (i = 0; i < nr; i++) {
		double n = (double)h->bucket[i];

		if (n && below + n >= rank) {
			double lo = (double)hist_low(i, h->k), hi = (double)hist_low(i + 1, h->k);

			return clamp(lo + (hi - lo) * (rank - below) / n, (double)h->min,
				     (double)h->max);
		}
		below += n;
	}
	return (double)h->max;
}

double hist_mean(const struct hist *h)
{
	return h->count ? (double)h->sum / (double)h->count : NAN;
}

double hist_cdf(const struct hist *h, double v)
{
	uint32_t i, nr = HIST_NR_BUCKETS(h->k);
	double below = 0;

	if (!h->count)
		return NAN;
	if (v >= (double)h->max)
		return 1;
	for (i = 0; i < nr; i++) {
		double lo = (double)hist_low(i, h->k), hi = (double)hist_low(i + 1, h->k);

		if (v < hi) {
			if (v > lo)
				below += (double)h->bucket[i] * (v - lo) / (hi - lo);
			break;
		}
		below += (double)h->bucket[i];
	}
	return below / (double)h->count;
}
