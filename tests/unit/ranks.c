// SPDX-License-Identifier: GPL-2.0-only
/* Shifts, their intervals and p of two small samples, as R has them; q of a family. */
#include "lib/measure/ranks.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 64

struct reference {
	const char *name;
	size_t nr_base;
	double base[MOST];
	size_t nr_new;
	double new[MOST];
	double level, shift, lo, hi, confidence, p;
	bool exact;
};

struct family {
	size_t nr;
	double p[MOST], q[MOST];
};

#include "tests/unit/ranks_reference.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

TestSuite(ranks, .timeout = 60);

static struct ranks_shift compare(const double *base, size_t nr_base, const double *new,
				  size_t nr_new, double level)
{
	void *memory = malloc(ranks_memory(nr_base, nr_new));
	struct ranks_shift r;

	cr_assert_not_null(memory);
	r = ranks_compare(base, nr_base, new, nr_new, level, memory);
	free(memory);
	return r;
}

static bool near(double a, double b)
{
	return fabs(a - b) <= 1e-9 * fmax(1, fabs(b));
}

Test(ranks, all_is_as_R_says)
{
	for (size_t i = 0; i < NR(references); i++) {
		const struct reference *x = &references[i];
		struct ranks_shift r = compare(x->base, x->nr_base, x->new, x->nr_new, x->level);

		cr_expect(near(r.shift, x->shift), "%s: shift %.12g", x->name, r.shift);
		cr_expect(near(r.lo, x->lo) && near(r.hi, x->hi), "%s: [%.12g, %.12g]", x->name,
			  r.lo, r.hi);
		cr_expect(near(r.confidence, x->confidence), "%s: covers %.12g", x->name,
			  r.confidence);
		cr_expect(near(r.p, x->p), "%s: p %.12g, not %.12g", x->name, r.p, x->p);
		cr_expect_eq(r.exact, x->exact, "%s", x->name);
	}
}

Test(ranks, the_other_way_round_all_is_mirrored)
{
	for (size_t i = 0; i < NR(references); i++) {
		const struct reference *x = &references[i];
		struct ranks_shift r = compare(x->new, x->nr_new, x->base, x->nr_base, x->level);

		cr_expect(near(r.shift, -x->shift) && near(r.lo, -x->hi) && near(r.hi, -x->lo),
			  "%s", x->name);
		cr_expect(near(r.p, x->p), "%s: p %.12g", x->name, r.p);
	}
}

Test(ranks, q_is_as_R_says)
{
	double q[MOST], scratch[MOST];

	for (size_t i = 0; i < NR(families); i++) {
		const struct family *f = &families[i];

		ranks_q_values(f->p, q, f->nr, scratch);
		for (size_t k = 0; k < f->nr; k++)
			cr_expect(near(q[k], f->q[k]), "family %zu, test %zu: q %.12g, not %.12g",
				  i, k, q[k], f->q[k]);
	}
}

Test(ranks, what_has_no_p_is_not_of_the_family)
{
	double p[] = { 0.01, NAN, 0.04 }, scratch[3];

	ranks_q_values(p, p, 3, scratch);
	cr_expect(near(p[0], 0.02) && isnan(p[1]) && near(p[2], 0.04), "%g %g %g", p[0], p[1],
		  p[2]);
}

/* 2/C(6,3) is 0.1 and 2/C(8,4) 0.029. */
Test(ranks, few_values_have_a_shift_and_a_p_and_no_interval)
{
	const double base[] = { 1, 2, 3, 4 }, new[] = { 11, 12, 13, 14 };
	struct ranks_shift r = compare(base, 3, new, 3, 0.95);

	cr_expect(near(r.shift, 10) && near(r.p, 0.1));
	cr_expect(isnan(r.lo) && isnan(r.hi) && r.confidence == 0);
	r = compare(base, 4, new, 4, 0.95);
	cr_expect(near(r.lo, 7) && near(r.hi, 13) && near(r.confidence, 1 - 2.0 / 70));
	r = compare(base, 0, new, 4, 0.95);
	cr_expect(isnan(r.shift) && isnan(r.lo) && isnan(r.p));
	r = compare(base, 1, new, 1, 0.95);
	cr_expect(near(r.shift, 10) && isnan(r.lo) && near(r.p, 1));
}

Test(ranks, how_many_are_enough_is_where_intervals_begin)
{
	double v[40];

	for (size_t i = 0; i < 40; i++)
		v[i] = (double)(i * i);
	for (int l = 0; l < 4; l++) {
		double level = (double[]){ 0.9, 0.95, 0.99, 0.999 }[l];
		size_t least = ranks_least_side(1 - level);

		cr_expect_not(isnan(compare(v, least, v + 20, least, level).lo), "%g", level);
		cr_expect(isnan(compare(v, least - 1, v + 20, least - 1, level).lo), "%g", level);
	}
	cr_expect_eq(ranks_least_side(0.1), 3);
	cr_expect_eq(ranks_least_side(0.05), 4);
	cr_expect_eq(ranks_least_side(0.05 / 168), 8);
	cr_expect(near(ranks_least_p(2, 8), 2.0 / 45));
	cr_expect(near(ranks_least_p(1, 1), 1));
}

/* Where counting ends nothing jumps: one more value makes p and the interval a little different. */
Test(ranks, counted_and_normal_meet)
{
	double base[24], new[24];
	struct ranks_shift last = { 0 }, r;

	for (size_t i = 0; i < 24; i++) {
		base[i] = (double)(i * 7 % 24);
		new[i] = base[i] + 5.5;
	}
	for (size_t nr = 18; nr <= 22; nr++) {
		r = compare(base, nr, new, nr, 0.95);
		cr_expect_eq(r.exact, nr <= 20);
		cr_expect(r.confidence >= 0.95 && r.confidence < 0.96, "%g", r.confidence);
		if (nr > 18)
			cr_expect(fabs(log(r.p / last.p)) < 0.7, "%zu: p %g after %g", nr, r.p,
				  last.p);
		last = r;
	}
}

/* Every second interval is a different one; none may miss much more often than it says. */
Test(ranks, intervals_miss_as_often_as_they_say)
{
	static const size_t sizes[][2] = { { 4, 4 }, { 5, 7 }, { 3, 9 } };
	unsigned int seed = 1;

	for (size_t i = 0; i < NR(sizes); i++) {
		size_t missed = 0;
		double said = 0;

		for (int trial = 0; trial < 4000; trial++) {
			double v[16];
			struct ranks_shift r;

			for (size_t k = 0; k < sizes[i][0] + sizes[i][1]; k++)
				v[k] = -log((rand_r(&seed) + 1.0) / (RAND_MAX + 2.0));
			r = compare(v, sizes[i][0], v + sizes[i][0], sizes[i][1], 0.95);
			missed += r.lo > 0 || r.hi < 0;
			said = r.confidence;
		}
		/* Four standard deviations either way. */
		cr_expect(fabs((double)missed / 4000 - (1 - said)) <
				  4 * sqrt(said * (1 - said) / 4000),
			  "%zu against %zu: %zu of 4000 missed, covers %g", sizes[i][0],
			  sizes[i][1], missed, said);
	}
}
