// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often do the intervals of lib/measure miss a truth that is known?
 *
 * coverage TRIALS SEED [SCENARIO]: for each scenario that many runs of two arms are made up, 1000
 * pairs of epochs of 20 operations, cut into instances of 8 pairs; the intervals of p50, mean, p99
 * and p99.9 are held against the ratio of the scenario's own quantiles, which are taken from
 * forty million operations. Prints one line per scenario and metric: decided, misses of the
 * decided, median half width, and how often 1 lies outside.
 *
 * A study, not a test: it takes minutes and nothing is asserted. tests/unit/tail.c has the cases
 * that must hold each time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/statistics/series.h"

#define PAIRS	     1000
#define INSTANCE     8
#define NR_INSTANCES (PAIRS / INSTANCE)
#define TRUTH_EPOCHS 2000000

#define OPERATIONS 20

static const struct scenario scenarios[] = {
	{ .name = "independent" },
	{ .name = "heavy tail", .pareto = 0.02 },
	{ .name = "common bursts", .shared_share = 0.02, .shared_length = 10 },
	{ .name = "common long bursts", .shared_share = 0.05, .shared_length = 100 },
	{ .name = "own bursts of 10", .own_share = 0.02, .own_length = 10 },
	{ .name = "own bursts of 50", .own_share = 0.05, .own_length = 50 },
	{ .name = "drift", .drift = 0.3 },
	{ .name = "wandering level", .ar_shared = 0.2, .ar_own = 0.05 },
	{ .name = "1 in 200 +50 us", .slow_one_in = 200, .slow_ns = 50000 },
	{ .name = "1 in 2000 +50 us", .slow_one_in = 2000, .slow_ns = 50000 },
	{ .name = "slow in 5 % of epochs", .slow_epochs = 0.05 },
	{ .name = "+5 %", .shift = 1.05 },
};

#define NR_SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* ---- truth ----------------------------------------------------------------------------------- */

static void into_hist(void *arg, double ns)
{
	hist_add(arg, (uint64_t)ns);
}

static void find_truth(const struct scenario *s, double truth[NR_JUDGE_METRICS])
{
	static struct hist h[2];

	for (int arm = 0; arm < 2; arm++) {
		struct weather w = weather_init(s);

		hist_init(&h[arm], HIST_K_USER);
		for (int e = 0; e < TRUTH_EPOCHS; e++)
			epoch(s, &w, arm, (double)(e % PAIRS) / PAIRS, OPERATIONS, into_hist,
			      &h[arm]);
	}
	truth[JUDGE_MEAN] = hist_mean(&h[1]) / hist_mean(&h[0]);
	truth[JUDGE_P50] = hist_quantile(&h[1], 0.5) / hist_quantile(&h[0], 0.5);
	truth[JUDGE_P99] = hist_quantile(&h[1], 0.99) / hist_quantile(&h[0], 0.99);
	truth[JUDGE_P999] = hist_quantile(&h[1], 0.999) / hist_quantile(&h[0], 0.999);
	if (!s->slow_epochs && !s->slow_one_in) /* the arms are alike but for a factor */
		for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++)
			truth[m] = s->shift > 0 ? s->shift : 1;
}

/* ---- one run --------------------------------------------------------------------------------- */

static struct hist scratch[2];
static struct tail_bucket buckets[NR_INSTANCES][2][HIST_NR_BUCKETS_MAX];
static struct judge_sample sample[NR_INSTANCES][2];
static double ratios[NR_INSTANCES][INSTANCE];

static void run(const struct scenario *s, struct judgement j[NR_JUDGE_METRICS], void *memory)
{
	struct judge_instance in[NR_INSTANCES];
	struct weather w = weather_init(s);
	int first = next_random() & 1;
	static struct hist one;

	for (int i = 0; i < NR_INSTANCES; i++) {
		hist_init(&scratch[0], HIST_K_USER);
		hist_init(&scratch[1], HIST_K_USER);
		for (int p = 0; p < INSTANCE; p++) {
			double median[2];

			for (int half = 0; half < 2; half++) {
				int arm = half ^ first ^ (p & 1);

				hist_init(&one, HIST_K_USER);
				epoch(s, &w, arm, (double)(i * INSTANCE + p) / PAIRS, OPERATIONS,
				      into_hist, &one);
				median[arm] = hist_quantile(&one, 0.5);
				hist_merge(&scratch[arm], &one);
			}
			ratios[i][p] = log(median[1] / median[0]);
		}
		for (int arm = 0; arm < 2; arm++)
			keep_sample(&scratch[arm], &sample[i][arm], buckets[i][arm]);
		in[i] = (struct judge_instance){ &sample[i][0], &sample[i][1], INSTANCE,
						 ratios[i] };
	}
	for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++)
		j[m] = judge(m, in, NR_INSTANCES, 0.01, memory);
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void study(const struct scenario *s, int trials, void *memory)
{
	int decided[NR_JUDGE_METRICS] = { 0 }, missed[NR_JUDGE_METRICS] = { 0 },
	    called[NR_JUDGE_METRICS] = { 0 };
	double *width[NR_JUDGE_METRICS], truth[NR_JUDGE_METRICS];

	find_truth(s, truth);
	for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++)
		width[m] = calloc((size_t)trials + 1, sizeof(double));
	for (int i = 0; i < trials; i++) {
		struct judgement iv[NR_JUDGE_METRICS];

		run(s, iv, memory);
		for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++) {
			if (!(iv[m].confidence > 0))
				continue;
			width[m][decided[m]++] = log(iv[m].hi / iv[m].lo) / 2;
			missed[m] += iv[m].lo > truth[m] || iv[m].hi < truth[m];
			called[m] += iv[m].lo > 1 || iv[m].hi < 1;
			if (!(iv[m].lo <= iv[m].ratio && iv[m].ratio <= iv[m].hi))
				printf("the ratio lies outside its interval: %g [%g, %g]\n",
				       iv[m].ratio, iv[m].lo, iv[m].hi);
		}
	}
	for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++) {
		qsort(width[m], (size_t)decided[m], sizeof(double), rising);
		printf("%-22s %-6s truth %6.3f  decided %5.1f %%  misses %4.1f %%  half width %5.1f %%  1 outside %5.1f %%\n",
		       s->name, judge_metric_name(m), truth[m], 100. * decided[m] / trials,
		       decided[m] ? 100. * missed[m] / decided[m] : 0,
		       decided[m] ? 100 * width[m][decided[m] / 2] : 0,
		       decided[m] ? 100. * called[m] / decided[m] : 0);
		free(width[m]);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int trials = argc > 1 ? atoi(argv[1]) : 0;
	void *memory = malloc(judge_memory(NR_INSTANCES));

	if (argc < 3 || trials < 1 || !memory) {
		fprintf(stderr, "usage: coverage TRIALS SEED [SCENARIO]\n");
		return 2;
	}
	start_random(strtoull(argv[2], NULL, 0));
	for (size_t i = 0; i < NR_SCENARIOS; i++)
		if (argc < 4 || !strcmp(argv[3], scenarios[i].name))
			study(&scenarios[i], trials, memory);
	free(memory);
	return 0;
}
