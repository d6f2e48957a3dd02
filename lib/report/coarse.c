// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/coarse.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_COUNT ((1ULL << 56) - 1)

int coarse_make(struct coarse *c, const struct hist *h)
{
	uint32_t first = h->count ? hist_index(h->min, h->k) : 1,
		 last = h->count ? hist_index(h->max, h->k) : 0;
	uint64_t count[COARSE_NR] = { 0 };
	size_t nr = 0;

	*c = (struct coarse){ 0 };
	for (uint32_t i = first; i <= last; i++) {
		uint64_t *to = &count[coarse_index(i, h->k)];

		/* The counts of a histogram together fit. */
		*to += h->bucket[i];
	}
	for (uint32_t i = 0; i < COARSE_NR; i++)
		nr += count[i] != 0;
	if (!nr)
		return 0;
	c->bucket = malloc(nr * sizeof(*c->bucket));
	if (!c->bucket)
		return -ENOMEM;
	for (uint32_t i = 0; i < COARSE_NR; i++)
		if (count[i])
			c->bucket[c->nr++] =
				(struct coarse_bucket){ i, count[i] < MAX_COUNT ? count[i]
										: MAX_COUNT };
	return 0;
}

void coarse_free(struct coarse *c)
{
	free(c->bucket);
	*c = (struct coarse){ 0 };
}
