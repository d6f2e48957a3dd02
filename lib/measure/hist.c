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

bool hist_is_consistent(const struct hist *h)
{
	uint32_t nr, first = UINT32_MAX, last = 0;
	unsigned __int128 n = h->count;
	uint64_t total = 0;

	if (h->k < 1 || h->k > HIST_K_USER)
		return false;
	nr = HIST_NR_BUCKETS(h->k);
	for (uint32_t i = 0; i < nr; i++) {
		if (!h->bucket[i])
			continue;
		if (__builtin_add_overflow(total, h->bucket[i], &total))
			return false;
		if (first == UINT32_MAX)
			first = i;
		last = i;
	}
	if (total != h->count || h->overflow > h->bucket[nr - 1])
		return false;
	if (!total)
		return !h->sum;
	return h->min <= h->max && hist_index(h->min, h->k) == first &&
	       hist_index(h->max, h->k) == last && h->sum >= n * h->min && h->sum <= n * h->max;
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

	if (from->k < to->k)
		return -EINVAL;
	if (!from->count)
		return 0;
	if (!to->count || from->min < to->min)
		to->min = from->min;
	if (from->max > to->max)
		to->max = from->max;
	to->count += from->count;
	to->sum += from->sum;
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
