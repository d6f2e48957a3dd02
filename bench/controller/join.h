/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_JOIN_H
#define KT_CONTROLLER_JOIN_H
/*
 * Two suites as one, in which each arm stands twice: "ARM (old)" and "ARM (new)", or "ARM (A)" and
 * "ARM (B)", the second compared with the first. Pure, except for memory.
 */
#include "bench/controller/suite.h"
#include "lib/record/types.h"

/* join_side - "old" and "new", or "A" and "B" */
const char *join_side(enum record_kind kind, unsigned int side);

/*
 * join_suites - the questions and arms that @first and @second have both, as @second orders them
 * @left_out: called with a line about each question or arm that is left out, since only one of both
 * has it, or since mode or batch differ
 *
 * The path of @both is that of @second; both others may be freed. Return: 0 or -ENOMEM: then @both is
 * empty.
 */
int join_suites(struct suite *both, const struct suite *first, const struct suite *second,
		enum record_kind kind, void (*left_out)(const char *line, void *arg), void *arg);
#endif
