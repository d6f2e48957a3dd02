/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_TARGETS_H
#define KT_REPORT_TARGETS_H
/*
 * What a run was meant to reach, and what it did reach. The targets stand in a file, one per line:
 *
 *	QUESTION ARM p50|mean|p99|p99.9 <= FACTOR ARM	as it is judged, against an arm of the question
 *	QUESTION ARM p50|p99 <= FACTOR ARM@QUESTION	against an arm of another question
 *	QUESTION ARM p50|p99 <= NUMBER ns|us|ms
 *	QUESTION ARM COUNTER <= NUMBER each		a counter, per operation
 *	QUESTION ARM COUNTER <= FACTOR ARM[@QUESTION]
 *
 * The first QUESTION is a glob, the one after @ a name. Arms of two questions are not paired: the
 * interval is what both medians' own intervals leave open.
 */
#include "lib/report/render.h"

enum report_reached {
	TARGET_MET, /* the whole interval is within the limit; a counter, which has none, is */
	TARGET_INCONCLUSIVE, /* its interval holds the limit, there is none, or the machine was unsteady */
	TARGET_MISSED,	     /* the whole interval, or the counter, is beyond it */
	TARGET_NOT_MEASURED, /* no question here has both arms, or nobody counted it */
	NR_TARGETS
};

/* report_reached_name - "met", "inconclusive", "missed", "not measured here" */
const char *report_reached_name(enum report_reached reached);

/* A target and a question that it is about; of one that was not measured the glob. */
struct report_target {
	char question[128], arm[128], metric[128], baseline[128]; /* as they were written */
	const struct report_question *q;			  /* NULL: not measured */
	bool factor; /* of baseline; else the limit is a time or a number of a counter */
	bool time;   /* ns */
	double limit, value, lo, hi; /* lo, hi NAN: no interval */
	bool unstable;
	enum report_reached reached;
};

struct report_targets {
	size_t nr, room;
	struct report_target *target; /* in the order of the list, then of the questions */
	size_t nr_reached[NR_TARGETS];
};

/*
 * report_targets_read - hold @r against the list in file @path; @r NULL: only look whether every
 * line is a target, so that nobody measures for one that is not. Return: 0, and with @r *@targets is
 * for report_targets_free(); or -errno and one sentence in @err
 */
int report_targets_read(struct report_targets **targets, const struct report *r, const char *path,
			char *err, size_t errlen);
void report_targets_free(struct report_targets *t);

/* report_write_target - of one that was missed, after the name of its arm: "p50 1.733 > 1.200 x atomic" */
void report_write_target(FILE *out, const struct report_target *t, report_word *word);

/* report_targets_table - a line for each, for the terminal */
void report_targets_table(FILE *out, const struct report *r, const struct report_targets *t);
#endif
