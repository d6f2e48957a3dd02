/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_BENCH_WORKER_H
#define KT_BENCH_WORKER_H
/*
 * What bench_main() chooses between: obey a controller, or measure briefly by hand. Internal to the
 * harness.
 */
#include "bench/harness/cpus.h"
#include "bench/harness/question.h"

/*
 * bench_worker - obey the controller that shares descriptor @fd (wire.h) until it says QUIT or is
 * gone
 *
 * Return: exit status; 2 with one line on stderr when @fd is not a page of this build.
 */
int bench_worker(int fd, const struct bench_questions *qs, const struct bench_cpus *cpus);

/*
 * bench_quick - measure each question whose name matches @filter (extended regex, NULL: all) for a
 * fraction of a second and print a table: a look, no verdicts
 *
 * Return: exit status, that of `kt bench` (2 bad regex, 4 nothing ran, 5 an arm failed).
 */
int bench_quick(const char *filter, const struct bench_questions *qs,
		const struct bench_cpus *cpus);
#endif
