// SPDX-License-Identifier: GPL-2.0-only
/* report: the fixed ladder of bounds for Prometheus, and names as values of its labels */
#include "tests/unit/report_test.h"

#include <criterion/parameterized.h>
#include <math.h>

#include "lib/report/ladder.h"
#include "lib/report/render.h"

Test(report_ladder, from_8_ns_to_17_s_in_quarters)
{
	cr_expect_eq(ladder_bound(0), 8);
	cr_expect_eq(ladder_bound(1), 10);
	cr_expect_eq(ladder_bound(3), 14);
	cr_expect_eq(ladder_bound(4), 16);
	cr_expect_eq(ladder_bound(LADDER_NR - 1), 1ULL << 34);
	for (size_t i = 1; i < LADDER_NR; i++) {
		cr_expect_gt(ladder_bound(i), ladder_bound(i - 1));
		cr_expect_leq(ladder_bound(i), ladder_bound(i - 1) + ladder_bound(i - 1) / 4);
	}
}

static uint32_t ks[] = { HIST_K_BPF, HIST_K_USER };

ParameterizedTestParameters(report_ladder, both_sides_of_every_bound)
{
	return cr_make_param_array(uint32_t, ks, 2);
}

/* A value that is equal to a bound is above it, one ns less is below. */
ParameterizedTest(uint32_t *k, report_ladder, both_sides_of_every_bound)
{
	struct hist *h = malloc(sizeof(*h));

	for (size_t i = 0; i < LADDER_NR; i++) {
		struct ladder l = { 0 }, exact = { 0 };

		hist_init(h, *k);
		hist_add(h, ladder_bound(i) - 1);
		hist_add(h, ladder_bound(i));
		ladder_add(&l, h, 1);
		ladder_add_value(&exact, (double)ladder_bound(i) - 1);
		ladder_add_value(&exact, (double)ladder_bound(i));
		cr_expect_eq(l.bucket[i], 1, "bound %zu, below", i);
		cr_expect_eq(l.bucket[i + 1], 1, "bound %zu, above", i);
		cr_expect_arr_eq(l.bucket, exact.bucket, sizeof(l.bucket));
		cr_expect_eq(l.count, 2);
		cr_expect_eq(l.sum_ns, 2 * (double)ladder_bound(i) - 1);
	}
	free(h);
}

/* Of a batch of 10 each value stands for a tenth of a nanosecond. */
Test(report_ladder, parts_of_a_nanosecond)
{
	struct hist *h = malloc(sizeof(*h));
	struct ladder l = { 0 };

	hist_init(h, HIST_K_USER);
	hist_add(h, 79);
	hist_add(h, 80);
	hist_add(h, 99);
	hist_add(h, 100);
	ladder_add(&l, h, 1 / 10.0);
	cr_expect_eq(l.bucket[0], 1);
	cr_expect_eq(l.bucket[1], 2);
	cr_expect_eq(l.bucket[2], 1);
	cr_expect_float_eq(l.sum_ns, 35.8, 1e-12);
	free(h);
}

/* Whatever the batch: no value is lost, and none is below a bound that it is above of. */
Test(report_ladder, counts_are_whole_in_any_unit)
{
	struct hist *h = malloc(sizeof(*h));

	for (unsigned int batch = 1; batch < 3000; batch += 13) {
		struct ladder l = { 0 };
		uint64_t all = 0, below = 0;

		hist_init(h, HIST_K_USER);
		for (uint64_t v = 1; v < 1ULL << 39; v += 1 + v / 3)
			hist_add(h, v);
		ladder_add(&l, h, 1 / (double)batch);
		for (size_t i = 0; i <= LADDER_NR; i++)
			all += l.bucket[i];
		cr_expect_eq(all, h->count, "batch %u", batch);
		for (size_t i = 0; i < LADDER_NR; i++) {
			uint64_t really = 0;

			below += l.bucket[i];
			for (uint64_t v = 1; v < 1ULL << 39; v += 1 + v / 3)
				really += v < ladder_bound(i) * batch;
			cr_expect_leq(below, really, "batch %u, bound %zu", batch, i);
		}
	}
	free(h);
}

Test(report_ladder, what_is_beyond_the_record_is_beyond_the_ladder)
{
	struct hist *h = malloc(sizeof(*h));
	struct ladder l = { 0 };

	/* 2^40 thousandths are 1.1 s: of these it is not known how long they were. */
	hist_init(h, HIST_K_USER);
	hist_add(h, 1ULL << 50);
	hist_add(h, (1ULL << 40) - 1);
	hist_add(h, 0);
	ladder_add(&l, h, 1 / 1000.0);
	cr_expect_eq(l.bucket[0], 1);
	cr_expect_eq(l.bucket[LADDER_NR], 1);
	cr_expect_eq(l.count, 3);
	hist_add(h, UINT64_MAX);
	ladder_add(&l, h, 1);
	cr_expect(isnan(l.sum_ns), "the sum stays where it would pass 2^64-1");
	free(h);
}

struct name {
	char raw[32], label[64];
};

ParameterizedTestParameters(report_ladder, names_as_values_of_labels)
{
	static struct name names[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "a\"b\\c", "a\\\"b\\\\c" },
		{ "<&'>{},=", "<&'>{},=" },
		{ "\xe2\x82\xac", "\xe2\x82\xac" },
		{ "\x1b[31m", "\\\\x1b[31m~ca8da0186f9459aa" },
		{ "a\nb", "a\\\\x0ab~e5beb1190415e670" },
		{ "\xff", "\\\\xff~af64724c8602eb6e" },
	};

	return cr_make_param_array(struct name, names, sizeof(names) / sizeof(names[0]));
}

static char *label_of(const char *name)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	escape_label(out, name);
	fclose(out);
	return text;
}

ParameterizedTest(struct name *n, report_ladder, names_as_values_of_labels)
{
	char *label = label_of(n->raw);

	cr_expect_str_eq(label, n->label, "%s", label);
	free(label);
}

Test(report_ladder, long_names_are_cut_and_stay_apart)
{
	char *one = malloc(1 << 20), *a, *b;

	memset(one, 'x', (1 << 20) - 1);
	one[(1 << 20) - 1] = '\0';
	a = label_of(one);
	one[(1 << 20) - 2] = 'y';
	b = label_of(one);
	cr_expect_lt(strlen(a), 300);
	cr_expect_str_neq(a, b);
	free(a);
	free(b);
	free(one);
}
