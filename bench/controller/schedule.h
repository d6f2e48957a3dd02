/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_SCHEDULE_H
#define KT_CONTROLLER_SCHEDULE_H
/*
 * In which order the arms of a question take their epochs: seeded, reproducible, balanced. Pure.
 *
 * Blocks come in pairs: a permutation, then its reverse (two arms: AB BA), so that a linear drift
 * cancels inside each pair. From pair to pair the permutation is rotated by one place, so that
 * after as many pairs as there are arms each arm has stood in each place equally often; then a new
 * one is drawn.
 */
#include <stdint.h>

#define SCHEDULE_MAX_ARMS 64

struct schedule {
	uint64_t rng;
	unsigned int nr;    /* arms */
	unsigned int block; /* blocks handed out */
	unsigned int base[SCHEDULE_MAX_ARMS];
};

/*
 * schedule_seed - one seed per question from the run's, so that a filter does not change a
 * question's order
 */
uint64_t schedule_seed(uint64_t run_seed, const char *question);

/* schedule_init - for @nr arms, 1..SCHEDULE_MAX_ARMS */
void schedule_init(struct schedule *s, unsigned int nr, uint64_t seed);

/* schedule_next - the next block: @order gets the numbers 0..nr-1 */
void schedule_next(struct schedule *s, unsigned int *order);

/* schedule_draw - 0..below-1, each as likely; below > 0 */
unsigned int schedule_draw(struct schedule *s, unsigned int below);
#endif
