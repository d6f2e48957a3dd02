/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_SELFTEST_ROUNDS_H
#define KT_CONTROLLER_SELFTEST_ROUNDS_H
/*
 * The self-test's measuring: its questions again and again until the time is over. Each round is a
 * run as `kt bench` makes them, by the same code, into a record in memory; what the report says of
 * that is counted (selftest.h).
 */
#include <stdbool.h>

#include "bench/controller/measure.h"
#include "bench/controller/selftest.h"
#include "bench/controller/suite.h"
#include "lib/cli/progress.h"

struct selftest_plan {
	const struct suite *suite;
	const struct measure_sides *sides; /* of the suite, both of one binary; NULL: one side */
	uint64_t time_ns;		   /* all rounds together, about; at least one begins */
	uint64_t each_ns; /* of a question at most; 0: as kt bench has it without --time */
	uint64_t patience_ns, seed;
	bool load; /* beside hog.h's */
	struct progress *progress;
};

struct selftest_outcome {
	size_t nr_rounds;
	bool failed;	  /* a question, or arms of it; each was named */
	bool interrupted; /* what was complete until then is counted */
};

/*
 * selftest_rounds - measure, and count into @s
 *
 * Return: 0 and @o; or -errno and a sentence in @err: what was counted until then is in @s.
 */
int selftest_rounds(struct selftest *s, const struct selftest_plan *plan,
		    struct selftest_outcome *o, char *err, size_t errlen);
#endif
