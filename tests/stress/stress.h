/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_STRESS_H
#define KT_TESTS_STRESS_H
/* What the stress programs share: a seeded generator, what the process holds, and the last line. */
#include <malloc.h>

#include "tests/unit/kthread_test.h"

/* xorshift64*; each thread has a state of its own, made of the seed and its number */
static inline uint64_t stress_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x * 0x2545f4914f6cdd1dULL >> 32;
}

static inline uint64_t stress_state(uint64_t seed, unsigned int nr)
{
	return (seed + 1) * 0x9e3779b97f4a7c15ULL + nr * 0xd1342543de82ef95ULL + 1;
}

static inline unsigned int nr_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* Bytes that malloc() handed out and nobody freed. */
static inline size_t heap_bytes(void)
{
	return mallinfo2().uordblks;
}

static unsigned int stress_passed, stress_failed;

static inline void stress_check(bool ok, const char *what)
{
	if (ok) {
		stress_passed++;
		return;
	}
	stress_failed++;
	printf("FAIL %s\n", what);
}

static inline int stress_end(void)
{
	printf("%u passed, %u failed\n", stress_passed, stress_failed);
	return stress_failed != 0;
}

static inline unsigned long stress_arg(int argc, char **argv, int i, unsigned long fallback)
{
	return argc > i ? strtoul(argv[i], NULL, 0) : fallback;
}
#endif
