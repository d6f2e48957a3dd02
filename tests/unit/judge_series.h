/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_JUDGE_SERIES_H
#define KT_TESTS_JUDGE_SERIES_H
/*
 * For the tests of judgements: made-up runs of two arms, instance by instance, pair by pair. One run
 * at a time; begin with start_run().
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/measure/judge.h"

#define MAX_INSTANCES  64
#define MAX_PAIRS      8
#define MAX_OPERATIONS 256 /* of an arm in an instance */

/* A small generator of our own, so that a seed gives the same numbers everywhere (xorshift64*). */
static uint64_t series_state;

static inline double uniform(void)
{
	series_state ^= series_state >> 12;
	series_state ^= series_state << 25;
	series_state ^= series_state >> 27;
	return (double)((series_state * 0x2545f4914f6cdd1dULL) >> 11) / 9007199254740992.0 + 1e-17;
}

static inline double gauss(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static inline size_t below(size_t n)
{
	return (size_t)(uniform() * (double)n) % n;
}

static struct judge_instance instance[MAX_INSTANCES];
static struct judge_sample sample[2][MAX_INSTANCES];
static struct tail_bucket bucket[2][MAX_INSTANCES][MAX_OPERATIONS];
static double pairs[MAX_INSTANCES][MAX_PAIRS];
static size_t nr_instances;

static inline void start_run(uint64_t seed)
{
	series_state = seed * 0x9e3779b97f4a7c15ULL + 1;
	for (int i = 0; i < 8; i++)
		uniform();
	nr_instances = 0;
	memset(sample, 0, sizeof(sample));
}

static inline int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* @v sorted */
static inline void fill_sample(struct judge_sample *s, struct tail_bucket *b, const double *v,
			       size_t nr)
{
	*s = (struct judge_sample){ .tail.bucket = b, .count = (double)nr };
	for (size_t i = 0; i < nr; i++) {
		uint32_t index = hist_index((uint64_t)v[i], HIST_K_USER);

		s->sum += v[i];
		if (!s->tail.nr_buckets || b[s->tail.nr_buckets - 1].index != index)
			b[s->tail.nr_buckets++] = (struct tail_bucket){ .index = index };
		b[s->tail.nr_buckets - 1].count++;
	}
}

/*
 * One more instance: @nr_pairs pairs of @per operations each, @a and @b in the order of pairs. The
 * epochs' medians make the pairs.
 */
static inline void add_instance(const double *a, const double *b, size_t nr_pairs, size_t per)
{
	size_t i = nr_instances++, nr = nr_pairs * per;
	const double *from[2] = { a, b };
	double epoch[MAX_OPERATIONS], all[MAX_OPERATIONS], median[2][MAX_PAIRS];

	cr_assert(i < MAX_INSTANCES && nr_pairs <= MAX_PAIRS && nr <= MAX_OPERATIONS);
	for (int arm = 0; arm < 2; arm++) {
		for (size_t p = 0; p < nr_pairs; p++) {
			memcpy(epoch, from[arm] + p * per, per * sizeof(*epoch));
			median[arm][p] = stat_median(epoch, per);
		}
		memcpy(all, from[arm], nr * sizeof(*all));
		qsort(all, nr, sizeof(*all), rising);
		fill_sample(&sample[arm][i], bucket[arm][i], all, nr);
	}
	for (size_t p = 0; p < nr_pairs; p++)
		pairs[i][p] = judge_log_ratio(median[0][p], median[1][p]);
	instance[i] = (struct judge_instance){ &sample[0][i], &sample[1][i], nr_pairs, pairs[i] };
}

/* The same run with the arms' parts exchanged. */
static inline void swap_arms(void)
{
	for (size_t i = 0; i < nr_instances; i++) {
		const struct judge_sample *a = instance[i].a;

		instance[i].a = instance[i].b;
		instance[i].b = a;
		for (size_t p = 0; p < instance[i].nr_pairs; p++)
			pairs[i][p] = -pairs[i][p];
	}
}

static inline double zone_of(enum judge_metric m)
{
	static const double zone[] = { JUDGE_ZONE_P50, JUDGE_ZONE_P50, JUDGE_ZONE_P99,
				       JUDGE_ZONE_P999 };

	return zone[m];
}

static inline struct judgement judged(enum judge_metric m)
{
	static void *memory;

	if (!memory)
		memory = malloc(judge_memory(MAX_INSTANCES));
	cr_assert_not_null(memory);
	return judge(m, instance, nr_instances, zone_of(m), memory);
}
#endif
