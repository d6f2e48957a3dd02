// SPDX-License-Identifier: GPL-2.0-only
/* A histogram with only its buckets in use holds what the whole one does, whatever the counts. */
#include <criterion/criterion.h>
#include <math.h>
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

Test(record_sparse, quantiles_are_those_of_the_whole)
{
	static const double q[] = { 0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.9999, 1 };
	struct sparse *c = NULL;
	uint64_t seed = 1;

	cr_expect(isnan(sparse_quantile(NULL, 0.5)));
	for (uint32_t k = 5; k <= 7; k += 2) {
		hist_init(&part, k);
		for (int n = 1; n <= 300; n++) {
			seed = seed * 6364136223846793005U + 1442695040888963407U;
			add_many(&part, seed >> (24 + seed % 32), 1 + seed % 3);
			sparse_free(c);
			c = NULL;
			cr_assert_eq(sparse_add(&c, &part), 0);
			for (size_t i = 0; i < sizeof(q) / sizeof(q[0]); i++)
				cr_assert_eq(sparse_quantile(c, q[i]), hist_quantile(&part, q[i]),
					     "k %u, %d values, q %g", k, n, q[i]);
		}
	}
	sparse_free(c);
}
