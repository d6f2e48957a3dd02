/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_CALIBRATE_H
#define KT_CONTROLLER_CALIBRATE_H
/*
 * How many iterations an epoch has: one count for all arms of a question, because unequal counts
 * bias the ratio. Pure, except for the epochs it asks for.
 *
 * Grown until the median arm's epoch is about TARGET long, or the slowest arm's about CAP; a count
 * stands when two rounds in a row agree, so that one preempted epoch does not decide. Arms that are
 * far apart share a count that gives the fastest short epochs.
 */
#include <stdint.h>

#define CALIBRATE_TARGET_NS 4000000ULL
#define CALIBRATE_CAP_NS    20000000ULL
/* Fewest iterations, while the slowest arm's epoch stays below CALIBRATE_SLOW_NS. */
#define CALIBRATE_MIN	  20ULL
#define CALIBRATE_SLOW_NS 100000000ULL
#define CALIBRATE_MAX	  (1ULL << 40)
#define CALIBRATE_ROUNDS  40

/*
 * Run one epoch of @arm with @iterations; its wall time in @ns. Return: 0, or a value that ends
 * calibration.
 */
typedef int (*calibrate_epoch)(void *arg, unsigned int arm, uint64_t iterations, uint64_t *ns);

/*
 * calibrate - the common iteration count of @nr arms
 * @epoch_ns: gets each arm's epoch at that count, the shorter of the last two
 *
 * Ends after CALIBRATE_ROUNDS rounds with the last count in any case. Return: 0, or what @run
 * returned.
 */
int calibrate(unsigned int nr, calibrate_epoch run, void *arg, uint64_t *iterations,
	      uint64_t *epoch_ns);
#endif
