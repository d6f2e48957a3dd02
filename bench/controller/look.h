/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_LOOK_H
#define KT_CONTROLLER_LOOK_H
/*
 * What the instances of a question say so far, and which arms are in the next one. Each is judged
 * against the one that look_against() names, at the looks of lib/measure/looks.h. For instance.c only.
 *
 * First come the medians: an arm whose p50 is decided rests, so that the others have more of the
 * time. When all are decided, or are so far from it that the time would not do, arms whose mean or
 * tails are open come back, as long as these can be decided within what is left. When the time is
 * over a call that waits for its confirmation has a little more.
 */
#include "bench/controller/session.h"

/* look_against - the place that the arm in place @i is compared with; -1: it is with none */
int look_against(const struct session *s, unsigned int i);

/*
 * look - after an instance: keep what it says, and, in the first measuring, look where a look is due
 * @wall_ns: what the instance took
 * @memory: judge_memory(SESSION_MAX_INSTANCES) bytes
 *
 * Return: 0 or -ENOMEM.
 */
int look(struct session *s, uint64_t wall_ns, void *memory);

/* What is left of a question's time; 0: it is over. */
struct look_left {
	uint64_t medians_ns, tails_ns;
	uint64_t calls_ns; /* for calls that wait to be confirmed */
	uint64_t least_ns; /* an instance is not shorter, however few arms are in it */
};

/* look_plan - decide which arms are in the next instance; false: none needs one */
bool look_plan(struct session *s, const struct look_left *left, void *memory);

/* look_all_decided - are the p50s of all arms that are compared? False where none is. */
bool look_all_decided(const struct session *s);

/* look_free - what the looks left in the places */
void look_free(struct session *s);
#endif
