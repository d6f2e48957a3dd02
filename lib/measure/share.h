/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_MEASURE_SHARE_H
#define KT_MEASURE_SHARE_H
/* A share that was counted, @k of @n, and what it says of the true rate. Pure. */
#include <stdint.h>

struct share {
	double lo, hi; /* 0 to 1; NAN without trials */
};

/*
 * share_interval - the exact (Clopper-Pearson) interval of a binomial rate: the rates at which
 * neither so few nor so many of @n are rarer than (1 - @confidence) / 2
 * @k: at most @n
 *
 * It covers the rate at least as often as it says, for every rate and every @n; it needs trials that
 * are independent.
 */
struct share share_interval(uint64_t k, uint64_t n, double confidence);
#endif
