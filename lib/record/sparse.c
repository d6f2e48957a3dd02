// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/sparse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sparse {
	uint32_t k, nr;
	uint64_t count, sum, min, max, overflow;
	uint64_t bucket[]; /* nr of them, then their indices, rising: uint16_t takes all */
};

_Static_assert(HIST_NR_BUCKETS_MAX <= UINT16_MAX, "an index has 16 bits");

static uint16_t *indices(const struct sparse *c)
{
	return (uint16_t *)(c->bucket + c->nr);
}

static struct sparse *sparse_make(const struct hist *h)
{
	uint32_t nr = 0, at = 0, first = h->count ? hist_index(h->min, h->k) : 1,
		 last = h->count ? hist_index(h->max, h->k) : 0;
	struct sparse *c;

	for (uint32_t i = first; i <= last; i++)
		nr += h->bucket[i] != 0;
	c = malloc(sizeof(*c) + nr * (sizeof(*c->bucket) + sizeof(uint16_t)));
	if (!c)
		return NULL;
	*c = (struct sparse){ .k = h->k,
			      .nr = nr,
			      .count = h->count,
			      .sum = h->sum,
			      .min = h->min,
			      .max = h->max,
			      .overflow = h->overflow };
	for (uint32_t i = first; i <= last; i++) {
		if (!h->bucket[i])
			continue;
		c->bucket[at] = h->bucket[i];
		indices(c)[at++] = (uint16_t)i;
	}
	return c;
}

void sparse_read(const struct sparse *c, struct hist *h)
{
	hist_init(h, c ? c->k : HIST_K_BPF);
	if (!c)
		return;
	h->count = c->count;
	h->sum = c->sum;
	h->min = c->min;
	h->max = c->max;
	h->overflow = c->overflow;
	for (uint32_t i = 0; i < c->nr; i++)
		h->bucket[indices(c)[i]] = c->bucket[i];
}

int sparse_add(struct sparse **c, const struct hist *h)
{
	struct hist *sum, *old;
	struct sparse *made = NULL;
	int ret = -ENOMEM;

	if (!*c) {
		*c = sparse_make(h);
		return *c ? 0 : -ENOMEM;
	}
	sum = malloc(2 * sizeof(*sum));
	if (!sum)
		return -ENOMEM;
	old = sum + 1;
	sparse_read(*c, old);
	hist_init(sum, old->k < h->k ? old->k : h->k);
	hist_merge(sum, old);
	ret = hist_merge(sum, h);
	if (!ret) {
		made = sparse_make(sum);
		ret = made ? 0 : -ENOMEM;
	}
	free(sum);
	if (ret)
		return ret;
	free(*c);
	*c = made;
	return 0;
}

int sparse_merge(struct hist *h, const struct sparse *c)
{
	if (!c || !c->count)
		return 0;
	if (c->k < h->k)
		return -EINVAL;
	if (c->count > UINT64_MAX - h->count)
		return -EOVERFLOW;
	if (!h->count || c->min < h->min)
		h->min = c->min;
	if (c->max > h->max)
		h->max = c->max;
	h->count += c->count;
	if (__builtin_add_overflow(h->sum, c->sum, &h->sum))
		h->sum = UINT64_MAX;
	h->overflow += c->overflow;
	for (uint32_t i = 0; i < c->nr; i++)
		h->bucket[hist_index(hist_low(indices(c)[i], c->k), h->k)] += c->bucket[i];
	return 0;
}

uint32_t sparse_k(const struct sparse *c)
{
	return c ? c->k : HIST_K_USER;
}

uint64_t sparse_count(const struct sparse *c)
{
	return c ? c->count : 0;
}

uint64_t sparse_sum(const struct sparse *c)
{
	return c ? c->sum : 0;
}

uint64_t sparse_max(const struct sparse *c)
{
	return c ? c->max : 0;
}

void sparse_free(struct sparse *c)
{
	free(c);
}
