/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_INSTANCE_H
#define KT_CONTROLLER_INSTANCE_H
/*
 * One course of instances, as instance.c (one side, and the loop over all), two_sides.c and part.c
 * (what epochs leave) share it. For these only.
 */
#include "bench/controller/session.h"

/* An instance lasts about so long, but as long as its set-up at least. */
#define TARGET_NS 40000000ULL
#define MIN_PAIRS 4
/*
 * One that is longer than this ends after fewer pairs: the unit is the instance, and two of them say
 * more than one that is twice as long.
 */
#define LONG_NS	    80000000ULL
#define LEAST_PAIRS 2

struct course {
	uint64_t begin_ns, hard_ns;
	uint64_t setup_ns, epochs_ns;  /* of this instance */
	uint64_t all_setup_ns, all_ns; /* of all */
	uint64_t longest_setup_ns;
	uint64_t rng; /* seed of what is drawn next */
	size_t nr_dropped;
	struct record_dropped dropped[RECORD_MAX_ARMS];
	char reason[RECORD_MAX_ARMS][WIRE_MESSAGE];
	void *memory; /* judge()'s */
};

/* ---- part.c ---------------------------------------------------------------------------------- */

/* part_begin - nothing yet of the arm in @p */
void part_begin(struct place *p);

/* part_keep_pass - the answer in @p goes into its part; false: its values do not */
bool part_keep_pass(const struct session *s, struct place *p, unsigned int block);

/* part_drop_pass - the answer in @p is left out, as p->why says */
void part_drop_pass(struct course *c, struct place *p);
int part_write_instance(struct session *s, struct course *c);

/* ---- instance.c ------------------------------------------------------------------------------ */

/*
 * draw_order - the places in an order drawn anew: orders that follow from each other, rotated and
 * mirrored as those of blocks, would make instances that do, and they are taken for independent
 */
void draw_order(const struct session *s, struct course *c, unsigned int *order);

/* draw_below - a number 0..below-1 */
unsigned int draw_below(struct course *c, unsigned int below);

/* instance_goal_ns - about how long the epochs of an instance with this set-up are to last */
uint64_t instance_goal_ns(const struct session *s, uint64_t setup_ns);

/* enough_blocks - has the instance as many as it needs after @nr of them, which began at @begin_ns? */
bool enough_blocks(const struct course *c, unsigned int nr, uint64_t begin_ns, uint64_t goal_ns);

/* renew_worker - of @side: what runs there is asked to end, and a new process begins */
int renew_worker(struct session *s, struct course *c, unsigned int side);

/* one_pass - an epoch of the arm in place @i, kept as its pass of block @number or dropped */
int one_pass(struct session *s, struct course *c, unsigned int i, unsigned int number);

/* ---- two_sides.c ----------------------------------------------------------------------------- */

/* two_builds, two_settings - set all up anew and measure one instance of a question of two sides */
int two_builds(struct session *s, struct course *c);
int two_settings(struct session *s, struct course *c);
#endif
