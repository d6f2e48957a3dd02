// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The histogram layout: edges of buckets, its inverse, the error bound, folding and quantiles. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>

#include "lib/measure/hist.h"

TestSuite(hist, .timeout = 30);

Test(hist, highest_bit_is_found_for_every_power_of_two)
{
	unsigned int b;

	cr_expect_eq(hist_msb(1), 0);
	for (b = 1; b < 64; b++) {
		cr_expect_eq(hist_msb(1ULL << b), b);
		cr_expect_eq(hist_msb((1ULL << b) - 1), b - 1);
		cr_expect_eq(hist_msb((1ULL << b) + 1), b);
	}
}

struct edge {
	uint32_t k;
	uint64_t v;
	uint32_t index;
};

ParameterizedTestParameters(hist, bucket_edges)
{
	static struct edge edges[] = {
		{ 5, 0, 0 },
		{ 5, 1, 1 },
		{ 5, 63, 63 },
		{ 5, 64, 64 }, /* the first bucket of two values */
		{ 5, 65, 64 },
		{ 5, 66, 65 },
		{ 5, 127, 95 },
		{ 5, 128, 96 },
		{ 5, 131, 96 },
		{ 5, 132, 97 },
		{ 5, 1ULL << 31, 864 },
		{ 5, (1ULL << 31) - 1, 863 },
		{ 5, 1ULL << 32, 896 },
		{ 5, (1ULL << 40) - 1, 1151 },
		{ 5, 1ULL << 40, 1151 },
		{ 5, UINT64_MAX, 1151 },
		{ 7, 0, 0 },
		{ 7, 255, 255 },
		{ 7, 256, 256 },
		{ 7, 257, 256 },
		{ 7, (1ULL << 40) - 1, 4351 },
		{ 7, UINT64_MAX, 4351 },
	};

	return cr_make_param_array(struct edge, edges, sizeof(edges) / sizeof(edges[0]));
}

ParameterizedTest(struct edge *e, hist, bucket_edges)
{
	cr_expect_eq(hist_index(e->v, e->k), e->index, "k=%u v=%llu: %u", e->k,
		     (unsigned long long)e->v, hist_index(e->v, e->k));
}

Test(hist, low_is_the_inverse_of_index_and_buckets_touch)
{
	uint32_t k, i;

	for (k = 5; k <= 7; k += 2)
		for (i = 0; i < HIST_NR_BUCKETS(k); i++) {
			uint64_t low = hist_low(i, k), next = hist_low(i + 1, k);

			cr_assert_lt(low, next);
			cr_assert_eq(hist_index(low, k), i);
			cr_assert_eq(hist_index(next - 1, k), i);
			/* the bound the header states: never wider than 2^-k of its value */
			cr_assert(next - low == 1 || ((next - low) << k) <= low, "k=%u bucket %u",
				  k, i);
		}
}

Test(hist, add_keeps_exact_count_sum_min_max_and_overflow)
{
	static struct hist h;

	hist_init(&h, 7);
	hist_add(&h, 500);
	hist_add(&h, 3);
	hist_add(&h, 1ULL << 40);
	cr_expect_eq(h.count, 3);
	cr_expect_eq(h.sum, 503 + (1ULL << 40));
	cr_expect_eq(h.min, 3);
	cr_expect_eq(h.max, 1ULL << 40);
	cr_expect_eq(h.overflow, 1);
	hist_init(&h, 7);
	hist_add(&h, 0);
	cr_expect_eq(h.min, 0);
	cr_expect_eq(h.max, 0);
}

/* One word of a consistent histogram replaced. */
struct change {
	const char *what;
	size_t at; /* offset in struct hist */
	uint64_t value;
	bool fits;
};

#define WORD(member)  offsetof(struct hist, member)
#define BUCKET(index) (offsetof(struct hist, bucket) + (index) * sizeof(uint64_t))

/* Values 3, 500, 700 and 2^40: buckets 3, 378, 431 and the last one. */
static void four_values(struct hist *h)
{
	hist_init(h, 7);
	hist_add(h, 3);
	hist_add(h, 500);
	hist_add(h, 700);
	hist_add(h, 1ULL << 40);
}

Test(hist, a_histogram_is_consistent_when_its_buckets_bear_out_its_figures)
{
	static const struct change changes[] = {
		{ "nothing", WORD(count), 4, true },
		{ "one value too many", WORD(count), 5, false },
		{ "one value too few", WORD(count), 3, false },
		{ "no value", WORD(count), 0, false },
		{ "all bits of count", WORD(count), UINT64_MAX, false },
		{ "min in another bucket", WORD(min), 4, false },
		{ "min beyond max", WORD(min), UINT64_MAX, false },
		{ "max as large as its bucket allows", WORD(max), UINT64_MAX, true },
		{ "max in another bucket", WORD(max), 1ULL << 39, false },
		{ "sum as small as it may be", WORD(sum), 4 * 3, true },
		{ "sum below count * min", WORD(sum), 4 * 3 - 1, false },
		{ "sum as large as it may be", WORD(sum), 4ULL << 40, true },
		{ "sum beyond count * max", WORD(sum), (4ULL << 40) + 1, false },
		{ "all bits of sum", WORD(sum), UINT64_MAX, false },
		{ "overflow 0 of 1 in the last bucket", WORD(overflow), 0, true },
		{ "more overflow than the last bucket", WORD(overflow), 2, false },
		{ "a bucket more", BUCKET(100), 1, false },
		{ "the lowest bucket gone", BUCKET(3), 0, false },
		{ "all bits of a bucket", BUCKET(100), UINT64_MAX, false },
	};
	static struct hist h;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		four_values(&h);
		*(uint64_t *)((char *)&h + changes[i].at) = changes[i].value;
		cr_expect_eq(hist_is_consistent(&h), changes[i].fits, "%s", changes[i].what);
	}
	/* UINT64_MAX + 1 is 0 again. */
	four_values(&h);
	h.bucket[100] = UINT64_MAX;
	h.bucket[101] = 1;
	cr_expect_not(hist_is_consistent(&h), "buckets whose sum wraps to count");
}

Test(hist, an_empty_histogram_is_consistent_and_an_unknown_precision_is_not)
{
	static struct hist h;

	hist_init(&h, 7);
	cr_expect(hist_is_consistent(&h));
	h.min = 5; /* meaningless while count is 0 */
	cr_expect(hist_is_consistent(&h));
	h.sum = 1;
	cr_expect_not(hist_is_consistent(&h));
	hist_init(&h, 7);
	h.overflow = 1;
	cr_expect_not(hist_is_consistent(&h));
	for (uint32_t k = 0; k < 10; k++) {
		hist_init(&h, k);
		cr_expect_eq(hist_is_consistent(&h), k >= 1 && k <= HIST_K_USER, "k=%u", k);
	}
	hist_init(&h, UINT32_MAX);
	cr_expect_not(hist_is_consistent(&h));
}

Test(hist, whatever_is_added_and_merged_stays_consistent)
{
	static const uint32_t k[] = { 1, 5, 7 };
	static struct hist h, sum;
	uint64_t v = 1;

	for (size_t i = 0; i < sizeof(k) / sizeof(k[0]); i++) {
		hist_init(&sum, 1);
		for (int n = 0; n < 300; n++) {
			hist_init(&h, k[i]);
			for (int m = n % 7; m; m--) {
				v = v * 6364136223846793005ULL + 1442695040888963407ULL;
				hist_add(&h, v >> (16 + v % 48));
			}
			cr_assert(hist_is_consistent(&h));
			hist_merge(&sum, &h);
			cr_assert(hist_is_consistent(&sum));
		}
	}
}

/* Fine folded to coarse is the coarse histogram of the same values, bucket by bucket. */
Test(hist, folding_is_exact)
{
	static struct hist fine, folded, coarse;
	uint64_t v = 1;
	int i;

	hist_init(&fine, 7);
	hist_init(&coarse, 5);
	hist_init(&folded, 5);
	for (i = 0; i < 100000; i++) {
		v = v * 6364136223846793005ULL + 1442695040888963407ULL;
		hist_add(&fine, v >> (24 + i % 40));
		hist_add(&coarse, v >> (24 + i % 40));
	}
	cr_assert_eq(hist_merge(&folded, &fine), 0);
	cr_expect_arr_eq(&folded, &coarse, sizeof(folded));
}

Test(hist, merge_adds_and_refuses_what_is_coarser)
{
	static struct hist a, b, before;

	hist_init(&a, 5);
	hist_init(&b, 5);
	hist_add(&a, 10);
	hist_add(&b, 5);
	hist_add(&b, 99);
	cr_expect_eq(hist_merge(&a, &b), 0);
	cr_expect_eq(a.count, 3);
	cr_expect_eq(a.min, 5);
	cr_expect_eq(a.max, 99);
	hist_init(&b, 5);
	cr_expect_eq(hist_merge(&a, &b), 0, "an empty one changes nothing");
	cr_expect_eq(a.min, 5);
	before = (struct hist){ .k = 7 };
	cr_expect_eq(hist_merge(&before, &a), -EINVAL);
	cr_expect_eq(before.count, 0);
}

Test(hist, quantiles_interpolate_and_never_leave_min_and_max)
{
	static struct hist h;
	uint64_t v;

	hist_init(&h, 7);
	cr_expect(isnan(hist_quantile(&h, .5)));
	cr_expect(isnan(hist_mean(&h)));
	cr_expect(isnan(hist_cdf(&h, 1)));
	hist_add(&h, 1000);
	cr_expect_eq(hist_quantile(&h, 0), 1000);
	cr_expect_eq(hist_quantile(&h, .5), 1000);
	cr_expect_eq(hist_quantile(&h, 1), 1000);
	hist_init(&h, 7);
	for (v = 1; v <= 100000; v++)
		hist_add(&h, v);
	cr_expect_float_eq(hist_mean(&h), 50000.5, 1e-6);
	cr_expect_float_eq(hist_quantile(&h, .5), 50000, 50000 / 128.);
	cr_expect_float_eq(hist_quantile(&h, .999), 99900, 99900 / 128.);
	cr_expect_eq(hist_quantile(&h, 1), 100000);
	cr_expect_geq(hist_quantile(&h, 0), 1);
	cr_expect_float_eq(hist_cdf(&h, 25000), .25, 1 / 128.);
	cr_expect_eq(hist_cdf(&h, 100000), 1);
}
