/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_CONTEST_H
#define KT_CONTROLLER_CONTEST_H
/*
 * What a run measures, from the command line: the questions of one suite, or those of two sides, and
 * the binaries of each.
 */
#include "bench/controller/measure.h"
#include "bench/controller/options.h"
#include "bench/controller/subject.h"
#include "bench/controller/suite.h"

struct contest {
	enum record_kind kind;
	struct suite suite;	    /* of two sides: both joined (join.h) */
	struct subject subject[2];  /* of the sides; settings: the second is both */
	struct measure_sides sides; /* of two sides */
};

/*
 * contest_choose - fill @c as @o says
 *
 * Names on standard error what the sides do not have in common. Return: KT_EXIT_OK, or the exit
 * status and a sentence in @err. contest_free() in both cases.
 */
int contest_choose(struct contest *c, const struct bench_options *o, char *err, size_t errlen);

/* contest_agree - is there a version of the page that each binary speaks? Return: as above. */
int contest_agree(const struct contest *c, char *err, size_t errlen);
void contest_free(struct contest *c);
#endif
