// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/schedule.h"

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do, also 0. */
static uint64_t rng_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* 0..n-1 without bias: values of the last, incomplete round are drawn again. */
static unsigned int rng_below(uint64_t *state, unsigned int n)
{
	uint64_t v, limit = UINT64_MAX - UINT64_MAX % n;

	do {
		v = rng_next(state);
	} while (v >= limit);
	return (unsigned int)(v % n);
}

uint64_t schedule_seed(uint64_t run_seed, const char *question)
{
	uint64_t h = 0xcbf29ce484222325ULL; /* FNV-1a */

	for (; *question; question++)
		h = (h ^ (unsigned char)*question) * 0x100000001b3ULL;
	h ^= run_seed;
	return rng_next(&h);
}

void schedule_init(struct schedule *s, unsigned int nr, uint64_t seed)
{
	*s = (struct schedule){ .rng = seed,
				.nr = nr < SCHEDULE_MAX_ARMS ? nr : SCHEDULE_MAX_ARMS };
	for (unsigned int i = 0; i < s->nr; i++)
		s->base[i] = i;
}

unsigned int schedule_draw(struct schedule *s, unsigned int below)
{
	return rng_below(&s->rng, below);
}

static void shuffle(struct schedule *s)
{
	unsigned int j, t;

	for (unsigned int i = s->nr; i > 1; i--) {
		j = rng_below(&s->rng, i);
		t = s->base[i - 1];
		s->base[i - 1] = s->base[j];
		s->base[j] = t;
	}
}

void schedule_next(struct schedule *s, unsigned int *order)
{
	unsigned int pair = s->block / 2, at;

	if (s->block % 2 == 0 && pair % s->nr == 0)
		shuffle(s);
	for (unsigned int i = 0; i < s->nr; i++) {
		at = s->block % 2 ? s->nr - 1 - i : i;
		order[i] = s->base[(at + pair) % s->nr];
	}
	s->block++;
}
