/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_CHAOS_H
#define KT_TESTS_CHAOS_H
/* Numbers and delays by chance, a stream of its own for each thread. Repeatable by chaos_seed. */
#include <sched.h>

#include "tests/unit/kthread_test.h"

static unsigned int chaos_streams;
static uint64_t chaos_seed;

static inline uint32_t rnd(void)
{
	static __thread uint64_t x;

	if (!x)
		x = (ADD(chaos_streams) + 1 + chaos_seed * 1000) * 0x9e3779b97f4a7c15ULL;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x * 0x2545f4914f6cdd1dULL >> 32);
}

/* At a marked point of the library. */
static inline void random_delay(const char *point)
{
	uint32_t r = rnd();

	(void)point;
	if (r % 64 == 0)
		usleep(r >> 8 & 127);
	else if (r % 8 == 1)
		sched_yield();
	else if (r % 8 == 2)
		for (volatile uint32_t i = 0; i < (r >> 8 & 1023); i++)
			;
}
#endif
