/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_STATISTICS_SERIES_H
#define KT_TESTS_STATISTICS_SERIES_H
/*
 * Made-up operations of arms on a machine with a weather: what slows them comes in bursts, drifts or
 * wanders, for all arms together or for each alone. For the studies beside this file.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/measure/judge.h"

#define SERIES_MAX_ARMS 4

static uint64_t state[2];

static inline void start_random(uint64_t seed)
{
	state[0] = seed * 0x9e3779b97f4a7c15ULL + 1;
	state[1] = ~state[0];
}

static inline uint64_t next_random(void)
{
	uint64_t a = state[0], b = state[1];

	state[0] = b;
	a ^= a << 23;
	state[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
	return state[1] + b;
}

static inline double uniform(void)
{
	return ((double)(next_random() >> 11) + 0.5) * 0x1p-53;
}

static inline double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* ---- scenarios ------------------------------------------------------------------------------- */

struct scenario {
	const char *name;
	/* states that come and go and make all of an epoch's operations ten times as slow */
	double shared_share, shared_length, own_share, own_length;
	double drift;		     /* of the level over the run */
	double ar_shared, ar_own;    /* spread of a level that wanders */
	double slow_one_in, slow_ns; /* arm 1 only: one operation in that many takes longer */
	double slow_epochs; /* arm 1 only: share of its epochs that are ten times as slow */
	double shift;	    /* arm 1 only: all operations, as a ratio */
	double pareto;	    /* share of operations with a heavy tail */
};

struct weather {
	bool shared, own[SERIES_MAX_ARMS];
	double level, own_level[SERIES_MAX_ARMS], phase;
	double set_up[SERIES_MAX_ARMS]; /* log level of the arm's set-up; the caller's */
};

static inline bool flip(bool on, double share, double length)
{
	if (!(share > 0))
		return false;
	if (on)
		return uniform() >= 1 / length;
	return uniform() < share / (1 - share) / length;
}

/* One epoch of an arm, of @nr operations: every one's time in ns to @take. @at: 0 to 1, of the run */
static inline void epoch(const struct scenario *s, struct weather *w, int arm, double at, int nr,
			 void (*take)(void *arg, double ns), void *arg)
{
	double log_level = s->drift * sin(w->phase + 9.4 * at) + w->set_up[arm];
	bool slow, changed = arm == 1;

	w->shared = flip(w->shared, s->shared_share, s->shared_length);
	w->own[arm] = flip(w->own[arm], s->own_share, s->own_length);
	w->level = 0.95 * w->level + sqrt(1 - 0.95 * 0.95) * normal();
	w->own_level[arm] = 0.9 * w->own_level[arm] + sqrt(1 - 0.81) * normal();
	log_level += s->ar_shared * w->level + s->ar_own * w->own_level[arm];
	slow = changed && s->slow_epochs > 0 && uniform() < s->slow_epochs;
	if (w->shared || w->own[arm] || slow)
		log_level += log(10);
	for (int i = 0; i < nr; i++) {
		double ns = 10000 * exp(log_level + 0.3 * normal());

		if (s->pareto > 0 && uniform() < s->pareto)
			ns *= 1 + pow(uniform(), -1 / 1.5);
		if (changed && s->slow_one_in > 0 && uniform() < 1 / s->slow_one_in)
			ns += s->slow_ns;
		if (changed && s->shift > 0)
			ns *= s->shift;
		take(arg, ns);
	}
}

static inline struct weather weather_init(const struct scenario *s)
{
	struct weather w = { .phase = 2 * M_PI * uniform(), .level = normal() };

	w.shared = uniform() < s->shared_share;
	for (int arm = 0; arm < SERIES_MAX_ARMS; arm++) {
		w.own_level[arm] = normal();
		w.own[arm] = uniform() < s->own_share;
	}
	return w;
}

/* An arm's operations as the judges take them. @bucket: room for HIST_NR_BUCKETS_MAX */
static inline void keep_sample(const struct hist *h, struct judge_sample *s,
			       struct tail_bucket *bucket)
{
	*s = (struct judge_sample){ .tail.bucket = bucket,
				    .sum = (double)h->sum,
				    .count = (double)h->count };
	for (uint32_t b = 0; b < HIST_NR_BUCKETS(h->k); b++)
		if (h->bucket[b])
			bucket[s->tail.nr_buckets++] =
				(struct tail_bucket){ b, (double)h->bucket[b] };
}
#endif
