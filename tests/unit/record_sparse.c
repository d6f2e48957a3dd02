// SPDX-License-Identifier: GPL-2.0-only
/* A histogram with only its buckets in use holds what the whole one does, whatever the counts. */
#include <criterion/criterion.h>
#include <string.h>

#include "lib/record/sparse.h"

static struct hist want, part, got;

/* @n values of @v, by their buckets: no one adds 2^32 of them one by one. */
static void add_many(struct hist *h, uint64_t v, uint64_t n)
{
	hist_add(h, v);
	h->bucket[hist_index(v, h->k)] += n - 1;
	h->count += n - 1;
	h->sum += v * (n - 1);
}

static void check_sum(struct sparse **c)
{
	cr_assert_eq(sparse_add(c, &part), 0);
	cr_assert_eq(hist_merge(&want, &part), 0);
	sparse_read(*c, &got);
	cr_expect_eq(memcmp(&want, &got, sizeof(got)), 0);
	cr_expect_eq(sparse_count(*c), want.count);
	hist_init(&part, 5);
}

Test(record_sparse, counts_may_pass_32_bits)
{
	struct sparse *c = NULL;

	hist_init(&want, 5);
	hist_init(&part, 5);
	add_many(&part, 100, UINT32_MAX - 1);
	check_sum(&c);
	add_many(&part, 100, 1);
	check_sum(&c);
	add_many(&part, 100, 1);
	check_sum(&c);
	add_many(&part, 3, 5);
	add_many(&part, 100, 1ULL << 33);
	check_sum(&c);
	add_many(&part, 1000000, 7);
	check_sum(&c);
	sparse_free(c);
}
