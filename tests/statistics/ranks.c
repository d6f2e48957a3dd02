// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often do the intervals of lib/measure/ranks.h miss a shift that is known, and how often does a
 * comparison of many figures by them call what did not move, or miss what did?
 *
 *   cc -O2 -I. -o ranks tests/statistics/ranks.c build/lib/libmeasure.a -lm && ./ranks TRIALS SEED
 *
 * Runs are drawn from a distribution with a spread of 1 %: normal, with heavy tails, in two groups
 * 5 % apart, or rounded to 1 % so that many are equal. Per line: a distribution and the runs a side;
 * what the interval says it covers and how often it misses; of suites of 100 figures that are all
 * equal how many call any; of figures that moved by 2, 3 and 5 %, five of 100 in a suite, how many are
 * called, and how many of those called did not move. A study, not a test: nothing is asserted.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/measure/ranks.h"

#define MOST   20
#define SUITE  100
#define MOVED  5
#define ZONE   0.01
#define SPREAD 0.01

static uint64_t state[2];

static uint64_t next_random(void)
{
	uint64_t a = state[0], b = state[1];

	state[0] = b;
	a ^= a << 23;
	state[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
	return state[1] + b;
}

static double uniform(void)
{
	return ((double)(next_random() >> 11) + 0.5) * 0x1p-53;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static double plain(void)
{
	return SPREAD * normal();
}

static double heavy(void)
{
	return SPREAD * normal() / sqrt(uniform());
}

static double groups(void)
{
	return SPREAD * normal() / 4 + (uniform() < 0.5 ? 0.05 : 0);
}

static double rounded(void)
{
	return SPREAD * round(normal());
}

static const struct {
	const char *name;
	double (*draw)(void);
} distribution[] = {
	{ "normal", plain },
	{ "heavy tails", heavy },
	{ "two groups", groups },
	{ "rounded", rounded },
};

static void *memory;

static struct ranks_shift compare(double (*draw)(void), size_t nr, double shift)
{
	double base[MOST], new[MOST];

	for (size_t i = 0; i < nr; i++) {
		base[i] = draw();
		new[i] = draw() + shift;
	}
	return ranks_compare(base, nr, new, nr, 0.95, memory);
}

/* Of one suite, whose first @moved figures move by @shift: how many of those and of the others are called. */
static void call(double (*draw)(void), size_t nr, size_t moved, double shift, size_t *hits,
		 size_t *alarms)
{
	double p[SUITE], scratch[SUITE];
	bool beyond[SUITE];

	for (size_t i = 0; i < SUITE; i++) {
		struct ranks_shift r = compare(draw, nr, i < moved ? shift : 0);

		p[i] = r.p;
		beyond[i] = r.lo > log1p(ZONE) || r.hi < -log1p(ZONE);
	}
	ranks_q_values(p, p, SUITE, scratch);
	for (size_t i = 0; i < SUITE; i++) {
		bool called = beyond[i] && p[i] <= 0.05;

		*hits += called && i < moved;
		*alarms += called && i >= moved;
	}
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = { 4, 5, 6, 8, 12, 20 };
	static const double shifts[] = { 0.02, 0.03, 0.05 };
	size_t trials = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;

	state[0] = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	state[1] = 0x9e3779b97f4a7c15;
	memory = malloc(ranks_memory(MOST, MOST));
	for (size_t d = 0; memory && d < sizeof(distribution) / sizeof(distribution[0]); d++)
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			size_t missed = 0, any = 0, nr = sizes[s];
			double said = 0;

			for (size_t t = 0; t < 20 * trials; t++) {
				struct ranks_shift r = compare(distribution[d].draw, nr, 0.02);

				missed += r.lo > 0.02 + 1e-12 || r.hi < 0.02 - 1e-12;
				said = r.confidence;
			}
			for (size_t t = 0; t < trials; t++) {
				size_t alarms = 0, hits = 0;

				call(distribution[d].draw, nr, 0, 0, &hits, &alarms);
				any += alarms > 0;
			}
			printf("%-11s %2zu a side: covers %.2f %%, misses %.2f %%; equal: any called in %.2f %%",
			       distribution[d].name, nr, 100 * said,
			       100 * (double)missed / (20 * (double)trials),
			       100 * (double)any / (double)trials);
			for (size_t k = 0; k < sizeof(shifts) / sizeof(shifts[0]); k++) {
				size_t alarms = 0, hits = 0;

				for (size_t t = 0; t < trials; t++)
					call(distribution[d].draw, nr, MOVED, log1p(shifts[k]),
					     &hits, &alarms);
				printf("; %+.0f %%: %.1f %% called, %.1f %% of them false",
				       100 * shifts[k],
				       100 * (double)hits / (double)(MOVED * trials),
				       100 * (double)alarms / fmax((double)(hits + alarms), 1));
			}
			printf("\n");
			fflush(stdout);
		}
	free(memory);
	return 0;
}
