// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/calibrate.h"

#include <stdbool.h>
#include <stdlib.h>

#include "bench/controller/schedule.h"

static int order_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Median (the lower of two) and largest of the epochs. */
static void epoch_summary(const uint64_t *ns, unsigned int nr, uint64_t *median, uint64_t *max)
{
	uint64_t v[SCHEDULE_MAX_ARMS];

	for (unsigned int i = 0; i < nr; i++)
		v[i] = ns[i] ? ns[i] : 1;
	qsort(v, nr, sizeof(v[0]), order_u64);
	*median = v[(nr - 1) / 2];
	*max = v[nr - 1];
}

/* The count that these epochs at count @n ask for. */
static uint64_t wanted(uint64_t n, uint64_t median, uint64_t max)
{
	double by_target = (double)CALIBRATE_TARGET_NS / (double)median;
	double by_cap = (double)CALIBRATE_CAP_NS / (double)max;
	double slow = (double)n * (double)CALIBRATE_SLOW_NS / (double)max;
	double w = (double)n * (by_target < by_cap ? by_target : by_cap);

	if (w < CALIBRATE_MIN)
		w = slow < CALIBRATE_MIN ? slow : CALIBRATE_MIN;
	if (w > (double)CALIBRATE_MAX)
		return CALIBRATE_MAX;
	return w < 1 ? 1 : (uint64_t)w;
}

/* Near enough: not under 3/4 of what is wanted, not over 3/2. */
static bool reached(uint64_t n, uint64_t w)
{
	return n >= w - w / 4 && n <= w + w / 2;
}

int calibrate(unsigned int nr, calibrate_epoch run, void *arg, uint64_t *iterations,
	      uint64_t *epoch_ns)
{
	uint64_t now[SCHEDULE_MAX_ARMS], median, max, w, n = 1, last = 0;
	bool reached_before = false;
	int ret;

	for (int round = 0; round < CALIBRATE_ROUNDS; round++) {
		for (unsigned int i = 0; i < nr; i++) {
			ret = run(arg, i, n, &now[i]);
			if (ret)
				return ret;
			if (n != last || now[i] < epoch_ns[i])
				epoch_ns[i] = now[i];
		}
		last = *iterations = n;
		epoch_summary(epoch_ns, nr, &median, &max);
		w = wanted(n, median, max);
		if (reached(n, w)) {
			if (reached_before)
				return 0;
			reached_before = true;
			continue;
		}
		reached_before = false;
		n = w > 10 * n ? 10 * n : w;
	}
	return 0;
}
