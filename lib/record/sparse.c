// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/sparse.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct sparse {
	uint16_t nr;
	uint8_t k;
	bool wide; /* a bucket has two words: the count may pass 32 bits */
	uint64_t count, sum, min, max, overflow;
	uint32_t word[]; /* nr buckets, then their indices, rising: uint16_t takes all */
};

_Static_assert(HIST_NR_BUCKETS_MAX <= UINT16_MAX, "an index has 16 bits");

static uint16_t *indices(const struct sparse *c)
{
	return (uint16_t *)(c->word + ((size_t)c->nr << c->wide));
}

static uint64_t bucket_of(const struct sparse *c, uint32_t i)
{
	return c->wide ? ((const uint64_t *)c->word)[i] : c->word[i];
}

static void put_bucket(struct sparse *c, uint32_t i, uint64_t n)
{
	if (c->wide)
		((uint64_t *)c->word)[i] = n;
	else
		c->word[i] = (uint32_t)n;
}

/* With room for @nr buckets of a histogram with @count values, and nothing in it. */
static struct sparse *sparse_room(uint32_t nr, uint64_t count)
{
	bool wide = count > UINT32_MAX;
	struct sparse *c =
		malloc(sizeof(*c) + nr * ((sizeof(*c->word) << wide) + sizeof(uint16_t)));

	if (c)
		*c = (struct sparse){ .nr = (uint16_t)nr, .wide = wide };
	return c;
}

static struct sparse *sparse_make(const struct hist *h)
{
	uint32_t nr = 0, at = 0, first = h->count ? hist_index(h->min, h->k) : 1,
		 last = h->count ? hist_index(h->max, h->k) : 0;
	struct sparse *c;

	for (uint32_t i = first; i <= last; i++)
		nr += h->bucket[i] != 0;
	c = sparse_room(nr, h->count);
	if (!c)
		return NULL;
	c->k = (uint8_t)h->k;
	c->count = h->count;
	c->sum = h->sum;
	c->min = h->min;
	c->max = h->max;
	c->overflow = h->overflow;
	for (uint32_t i = first; i <= last; i++) {
		if (!h->bucket[i])
			continue;
		put_bucket(c, at, h->bucket[i]);
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
		h->bucket[indices(c)[i]] = bucket_of(c, i);
}

/* What stands beside the buckets. */
static void add_figures(struct sparse *c, const struct hist *h)
{
	if (!c->count || h->min < c->min)
		c->min = h->min;
	if (h->max > c->max)
		c->max = h->max;
	c->count += h->count;
	if (__builtin_add_overflow(c->sum, h->sum, &c->sum))
		c->sum = UINT64_MAX;
	c->overflow += h->overflow;
}

/* Buckets of @h from @first to @last that @c has none for. */
static uint32_t count_missing(const struct sparse *c, const struct hist *h, uint32_t first,
			      uint32_t last)
{
	uint32_t missing = 0, at = 0;

	for (uint32_t i = first; i <= last; i++) {
		if (!h->bucket[i])
			continue;
		while (at < c->nr && indices(c)[at] < i)
			at++;
		missing += at == c->nr || indices(c)[at] != i;
	}
	return missing;
}

/* Into @to, which has room for both and may be @c itself when nothing is missing. */
static void put_together(struct sparse *to, const struct sparse *c, const struct hist *h,
			 uint32_t first, uint32_t last)
{
	uint32_t at = 0, nr = 0;
	uint64_t sum;

	for (uint32_t i = first; i <= last; i++) {
		if (!h->bucket[i])
			continue;
		for (; at < c->nr && indices(c)[at] < i; at++, nr++) {
			put_bucket(to, nr, bucket_of(c, at));
			indices(to)[nr] = indices(c)[at];
		}
		sum = h->bucket[i];
		if (at < c->nr && indices(c)[at] == i)
			sum += bucket_of(c, at++);
		put_bucket(to, nr, sum);
		indices(to)[nr++] = (uint16_t)i;
	}
	for (; at < c->nr; at++, nr++) {
		put_bucket(to, nr, bucket_of(c, at));
		indices(to)[nr] = indices(c)[at];
	}
}

/* Of one k: a trace adds up a hundred thousand of these, and most buckets are there already. */
static int add_alike(struct sparse **c, const struct hist *h)
{
	uint32_t first, last, missing;
	struct sparse *to = *c;

	if (!h->count)
		return 0;
	if (h->count > UINT64_MAX - to->count)
		return -EOVERFLOW;
	first = hist_index(h->min, h->k);
	last = hist_index(h->max, h->k);
	missing = count_missing(to, h, first, last);
	if (missing || (!to->wide && to->count + h->count > UINT32_MAX)) {
		to = sparse_room(to->nr + missing, to->count + h->count);
		if (!to)
			return -ENOMEM;
		to->k = (*c)->k;
		to->count = (*c)->count;
		to->sum = (*c)->sum;
		to->min = (*c)->min;
		to->max = (*c)->max;
		to->overflow = (*c)->overflow;
	}
	put_together(to, *c, h, first, last);
	add_figures(to, h);
	if (to != *c)
		free(*c);
	*c = to;
	return 0;
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
	if (h->k == (*c)->k)
		return add_alike(c, h);
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
		h->bucket[hist_index(hist_low(indices(c)[i], c->k), h->k)] += bucket_of(c, i);
	return 0;
}

double sparse_quantile(const struct sparse *c, double q)
{
	double rank = c ? q * (double)c->count : 0, below = 0;

	if (!c || !c->count)
		return NAN;
	for (uint32_t i = 0; i < c->nr; i++) {
		double n = (double)bucket_of(c, i), at;

		if (below + n >= rank) {
			double lo = (double)hist_low(indices(c)[i], c->k),
			       hi = (double)hist_low(indices(c)[i] + 1, c->k);

			at = lo + (hi - lo) * (rank - below) / n;
			return fmin(fmax(at, (double)c->min), (double)c->max);
		}
		below += n;
	}
	return (double)c->max;
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
