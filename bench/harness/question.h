/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_BENCH_QUESTION_H
#define KT_BENCH_QUESTION_H
/*
 * From registered benchmarks to questions: the product of each benchmark's parameters.
 *
 * "trip=oneway,roundtrip" and "cpu=same,cross" make four questions, the last parameter changing
 * fastest: NAME/trip=oneway/cpu=same, NAME/trip=oneway/cpu=cross, ... Internal to the harness.
 */
#include <stdbool.h>
#include <stddef.h>

#include "bench/harness/bench.h"

struct bench_question_param {
	char *key, *value;
};

struct bench_question {
	const struct bench_def *def;
	char *name;
	unsigned int nr_arms;
	unsigned int nr_params;
	struct bench_question_param *param;
};

struct bench_questions {
	size_t nr;
	struct bench_question *question;
};

/* Does this combination exist? Called before a question is kept. */
typedef bool (*bench_question_exists)(const struct bench_question *q, void *arg);

/* bench_defs - the registered definitions, sorted by file, then line */
const struct bench_def *bench_defs(void);

/*
 * bench_questions_make - all questions of the list @defs for which @exists (NULL: all)
 *
 * Return: 0, or -errno and one sentence in @err: then @qs is empty.
 */
int bench_questions_make(struct bench_questions *qs, const struct bench_def *defs,
			 bench_question_exists exists, void *arg, char *err, size_t errlen);
void bench_questions_free(struct bench_questions *qs);
#endif
