/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_COARSE_H
#define KT_REPORT_COARSE_H
/*
 * Coarse distributions, for heat maps: four buckets per power of two, only those that are not empty.
 * A day of seconds has 86400 of them.
 */
#include <stddef.h>

#include "lib/measure/hist.h"

#define COARSE_K  2
#define COARSE_NR HIST_NR_BUCKETS(COARSE_K)

/* More than fit are as many as fit. */
struct coarse_bucket {
	uint64_t index : 8, count : 56;
};
_Static_assert(COARSE_NR <= 1 << 8, "an index has 8 bits");
_Static_assert(sizeof(struct coarse_bucket) == 8, "there are millions of them");

struct coarse {
	size_t nr;
	struct coarse_bucket *bucket; /* nr of them, their indices rising; NULL: nr is 0 */
};

/* coarse_index - of bucket @index of a histogram of @k >= COARSE_K, which lies in one coarse bucket */
static inline uint32_t coarse_index(uint32_t index, uint32_t k)
{
	return hist_index(hist_low(index, k), COARSE_K);
}

/* coarse_low - smallest value of bucket @index; coarse_low(index + 1) is one past its largest */
static inline uint64_t coarse_low(uint32_t index)
{
	return hist_low(index, COARSE_K);
}

/*
 * coarse_make - of @h, consistent, of k >= COARSE_K, into *@c, whatever that held
 *
 * Return: 0; -ENOMEM: *@c is empty. coarse_free() releases it.
 */
int coarse_make(struct coarse *c, const struct hist *h);

void coarse_free(struct coarse *c);
#endif
