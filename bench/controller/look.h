/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_LOOK_H
#define KT_CONTROLLER_LOOK_H
/*
 * What the instances of a question say so far, and who needs no more of them: each arm is judged
 * against the one that look_against() names, at the looks of lib/measure/looks.h. For instance.c
 * only.
 */
#include "bench/controller/session.h"

/* look_against - the place that the arm in place @i is compared with; -1: it is with none */
int look_against(const struct session *s, unsigned int i);

/*
 * look - after an instance: keep its pairs, and look where a look is due; arms may be decided then
 * @memory: judge_memory(SESSION_MAX_INSTANCES) bytes
 *
 * Return: 0 or -ENOMEM.
 */
int look(struct session *s, void *memory);

/* look_all_decided - has every arm that is compared been decided? False where none is. */
bool look_all_decided(const struct session *s);

/* look_call_waits - is there a call that has not had the fresh instances that could confirm it? */
bool look_call_waits(const struct session *s);

/* look_again_waits - has the second measuring not yet had the instances that it takes at least? */
bool look_again_waits(const struct session *s);

/* look_free - what the looks left in the places */
void look_free(struct session *s);
#endif
