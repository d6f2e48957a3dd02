// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/ladder.h"

#include <math.h>

#define STEPS (1u << LADDER_STEPS_BITS)

uint64_t ladder_bound(size_t i)
{
	uint64_t octave = 1ULL << (LADDER_FIRST_BIT + i / STEPS);

	return octave + (octave >> LADDER_STEPS_BITS) * (i % STEPS);
}

void ladder_add(struct ladder *l, const struct hist *h, double unit)
{
	uint32_t nr = HIST_NR_BUCKETS(h->k);
	size_t at = 0;

	for (uint32_t i = 0; i < nr; i++) {
		uint64_t end = hist_low(i + 1, h->k), n = h->bucket[i];

		if (!n)
			continue;
		/* The bound is a whole number of units; rounding takes off what the division added. */
		while (at < LADDER_NR && (uint64_t)llround((double)ladder_bound(at) / unit) < end)
			at++;
		l->bucket[at] += n;
		if (i != nr - 1)
			continue;
		/* Where these lie is not known. */
		l->bucket[at] -= h->overflow;
		l->bucket[LADDER_NR] += h->overflow;
	}
	l->count += h->count;
	l->sum_ns += h->sum < UINT64_MAX ? (double)h->sum * unit : NAN;
}

void ladder_add_value(struct ladder *l, double ns)
{
	size_t at = 0;

	while (at < LADDER_NR && ns >= (double)ladder_bound(at))
		at++;
	l->bucket[at]++;
	l->count++;
	l->sum_ns += ns;
}
