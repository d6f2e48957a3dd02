// SPDX-License-Identifier: GPL-2.0-only
/*
 * share: the exact interval of a binomial rate, against R.
 *
 *	Rscript -e 'f <- function(k, n, l) cat(sprintf("%.12g, %.12g\n",
 *		binom.test(k, n, conf.level = l)$conf.int[1],
 *		binom.test(k, n, conf.level = l)$conf.int[2])); f(0, 212, .95)'
 */
#include "lib/measure/share.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	uint64_t k, n;
	double confidence, lo, hi;
} reference[] = {
	{ 0, 212, 0.95, 0, 0.0172498625166 },
	{ 1, 212, 0.95, 0.00011941649185, 0.0259997102962 },
	{ 1, 212, 0.99, 2.36437856867e-05, 0.0345210477948 },
	{ 3, 212, 0.95, 0.00292782625027, 0.0407958713072 },
	{ 190, 200, 0.95, 0.909972462299, 0.975765834528 },
	{ 190, 200, 0.99, 0.896037844246, 0.981164511695 },
	{ 18, 20, 0.95, 0.683017285981, 0.98765147283 },
	{ 20, 20, 0.95, 0.831566529017, 1 },
	{ 0, 1, 0.95, 0, 0.975 },
	{ 1, 1, 0.99, 0.005, 1 },
	{ 9, 10, 0.95, 0.554983882972, 0.997471421456 },
	{ 7, 4000, 0.95, 0.000703871137585, 0.00360232411338 },
	{ 1, 1000000, 0.95, 2.53178076638e-08, 5.57163065517e-06 },
	{ 500000, 1000000, 0.99, 0.498711587809, 0.501288412191 },
};

Test(share, intervals_are_those_of_R)
{
	for (size_t i = 0; i < ARRAY_SIZE(reference); i++) {
		struct share s =
			share_interval(reference[i].k, reference[i].n, reference[i].confidence);

		cr_expect(fabs(s.lo - reference[i].lo) <= 1e-8 * reference[i].lo + 1e-15,
			  "row %zu: lo %.12g", i, s.lo);
		cr_expect(fabs(s.hi - reference[i].hi) <= 1e-8 * reference[i].hi,
			  "row %zu: hi %.12g", i, s.hi);
	}
}

Test(share, without_trials_there_is_no_interval)
{
	cr_expect(isnan(share_interval(0, 0, 0.95).lo));
	cr_expect(isnan(share_interval(2, 1, 0.95).hi), "more hits than trials");
}

Test(share, the_interval_covers_every_rate_as_often_as_it_says)
{
	/* Exactly: the chance of each count at that rate, of those whose interval has the rate. */
	for (double rate = 0.013; rate < 1; rate += 0.037) {
		double covered = 0, chance = pow(1 - rate, 40);

		for (uint64_t k = 0; k <= 40; k++) {
			struct share s = share_interval(k, 40, 0.95);

			if (s.lo <= rate && rate <= s.hi)
				covered += chance;
			chance *= (double)(40 - k) / (double)(k + 1) * rate / (1 - rate);
		}
		cr_expect_geq(covered, 0.95, "at %.3f: %.4f", rate, covered);
	}
}
