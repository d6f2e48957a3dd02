/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_SELFTEST_H
#define KT_CONTROLLER_SELFTEST_H
/*
 * The self-test's counting: from reports of questions with known answers to rates. Which arms are
 * the same code, and by how much others are slower, is in their names (bench/drivers/selftest.c); in
 * questions whose two sides are one binary each arm is compared with itself. Verdicts are the
 * report's, as of any run. Pure, apart from memory.
 */
#include <stddef.h>

#include "lib/record/types.h"
#include "lib/report/report.h"

/* Rates of questions whose names say more than this are left out. */
#define SELFTEST_MAX_OPERATIONS 64

struct selftest {
	struct record_selftest found; /* its names are here, and in literals */
	size_t nr_operations;
	char *operation[SELFTEST_MAX_OPERATIONS];
	/* Sums that found.rate[].added is the mean of, and how many. */
	double added[RECORD_MAX_RATES];
	uint64_t nr_added[RECORD_MAX_RATES];
};

/*
 * selftest_add - the first @nr questions of @r, and what their comparisons came to
 *
 * An arm of unknown truth is not counted. Return: 0; -ENOMEM, or -E2BIG for more rates than a record
 * holds.
 */
int selftest_add(struct selftest *s, const struct report *r, size_t nr);

/* selftest_compared - comparisons of the same code in p50, so far */
uint64_t selftest_compared(const struct selftest *s);

void selftest_free(struct selftest *s);
#endif
