/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_CALIBRATE_H
#define KT_CONTROLLER_CALIBRATE_H
/*
 * How many iterations the epochs of each arm have. Pure, except for the epochs it asks for.
 *
 * Short epochs: most of them are hit by nothing, and the median takes those. An epoch is a quarter
 * of a millisecond long, half a one where an operation takes CALIBRATE_SLOW_OP_NS or more, and has
 * CALIBRATE_MIN operations, so that its p50 and p90 mean something; but it is not longer than
 * CALIBRATE_CAP_NS, unless one operation is. What an operation takes is the least that it took in
 * CALIBRATE_TRIALS epochs or more: whatever disturbs makes epochs longer, and a count made from a
 * disturbed one would be too small.
 *
 * Arms have the same count, that of the fastest: what an epoch costs at its beginning (cold caches,
 * a thread that fell asleep) is spread over its operations, so unequal counts bias a ratio. Two
 * identical arms that walk through memory, beside others that used the caches, came out 30 % apart
 * with counts of 1 to 2.3. Only arms that are very far apart do not share: a count that suits the
 * slow one gives the fast one epochs of a few microseconds, which measure their beginning alone,
 * and the other way round the slow one takes all the time there is. So arms are taken in the order
 * of their counts, and a new group begins where the next count is less than 1 / CALIBRATE_APART of
 * the one before: so far apart nobody is by a disturbance, and such a bias turns no verdict.
 */
#include <stdbool.h>
#include <stdint.h>

#define CALIBRATE_FAST_NS    250000ULL
#define CALIBRATE_TARGET_NS  500000ULL
#define CALIBRATE_SLOW_OP_NS 10000ULL
#define CALIBRATE_CAP_NS     10000000ULL
/* No epoch is shorter, unless it is one operation: in a large group this bounds the cap. */
#define CALIBRATE_FLOOR_NS 100000ULL
#define CALIBRATE_MIN	   30ULL /* operations */
#define CALIBRATE_APART	   8
#define CALIBRATE_MAX	   (1ULL << 40)
#define CALIBRATE_TRIALS   5
#define CALIBRATE_ROUNDS   40
/* An operation that is longer is tried twice only. */
#define CALIBRATE_LONG_NS 100000000ULL

/*
 * Run one epoch of @arm with @iterations; its wall time in @ns. Return: 0, or a value that ends
 * calibration.
 */
typedef int (*calibrate_epoch)(void *arg, unsigned int arm, uint64_t iterations, uint64_t *ns);

/*
 * calibrate - the iteration counts of @nr arms
 * @latency: operations are recorded each; else CALIBRATE_MIN does not matter
 * @iterations: gets each arm's count
 * @epoch_ns: gets about how long its epochs are, undisturbed
 *
 * Ends after CALIBRATE_ROUNDS rounds with the last counts in any case. Return: 0, or what @run
 * returned.
 */
int calibrate(unsigned int nr, bool latency, calibrate_epoch run, void *arg, uint64_t *iterations,
	      uint64_t *epoch_ns);

/*
 * calibrate_same - one count for two sides of an arm, which were calibrated apart: that of the faster
 * one, as above, so that the epochs of neither are too short
 *
 * Changes the counts and the lengths of the epochs, both of two.
 */
void calibrate_same(uint64_t *iterations, uint64_t *epoch_ns);
#endif
