/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_CHANGES_H
#define KT_REPORT_CHANGES_H
/*
 * What the runs of two builds or two settings come to: a row per arm of each question, what is said
 * of it, how many say so, and whether a command that was asked to fails. Comparisons of kind "arms"
 * count for --fail-on and in the sentence of the finding only.
 */
#include "lib/report/render.h"

enum report_change {
	CHANGE_REGRESSED,
	CHANGE_IMPROVED,
	CHANGE_UNCHANGED,
	CHANGE_INCONCLUSIVE,
	CHANGE_MOVED, /* regressed or improved, but the code of both builds is the same */
	NR_CHANGES
};

/* report_change_name - "regressed", ..., "moved" */
const char *report_change_name(enum report_change c);

/*
 * An arm that was compared with itself. It has regressed when any of its four figures has, else
 * improved when any has; else it is what p50 says. @telling is the first figure that says so.
 */
struct report_row {
	const struct report_question *q;
	const struct report_comparison *telling;
	enum report_change change;
};

/* report_row_of - of the arm that @c, one of @q's, is about */
struct report_row report_row_of(const struct report *r, const struct report_question *q,
				const struct report_comparison *c);

/*
 * report_rows - all of them, into *@rows, which the caller frees: those that regressed first, the
 * largest ratio before the others, the rest in the order of the questions. Return: how many; -ENOMEM
 */
ssize_t report_rows(const struct report *r, struct report_row **rows);

struct report_changes {
	size_t compared; /* rows: the sum of those below */
	size_t nr[NR_CHANGES];
	size_t unstable; /* rows among them whose verdict is unstable */
};

/* report_count_changes - what all rows come to; all 0 when nothing of the kind was compared */
void report_count_changes(const struct report *r, struct report_changes *c);

/* report_has_changes - there is a question of kind "builds" or "settings" */
bool report_has_changes(const struct report *r);

/*
 * report_write_finding - what a report comes to in one sentence without its full stop, made of its
 * verdicts and never more than they say. Of any report:
 *
 *	"2 of 56 regressed: wakeup/trip=oneway libkthread 1.031 [1.024, 1.038]; ...; 41 unchanged, 13
 *	inconclusive"
 *	"libkthread against each question's baseline (p50): 3 faster, 1 equivalent, 9 slower; fastest in
 *	...; slowest in work_queue/worker=busy, where it takes 2.20 times as long as futex"
 *	"wakeup: waited 8.6 % of the time for a CPU, the longest wait 3.39 ms"
 *
 * An arm whose verdict is unstable counts as that, not as what it would be called.
 */
void report_write_finding(FILE *out, const struct report *r, report_word *word);

/*
 * report_write_size - a ratio that was called, in words: "takes 3.2 % longer than", "takes 4 % less
 * than", "is 87 times as fast as"; the baseline's name is to follow
 */
void report_write_size(FILE *out, double ratio);

/*
 * report_write_sides - what run number @run, from 0, compared: a line for each side, and whether its
 * code differs; each begins with @before and ends with @after. Nothing of a run of arms.
 */
void report_write_sides(FILE *out, const struct report *r, size_t run, const char *before,
			const char *after, report_word *word);

/* ---- --fail-on ------------------------------------------------------------------------------- */

enum report_failure {
	REPORT_FAIL_REGRESSED = 1, /* a row of builds or settings */
	REPORT_FAIL_SLOWER = 2,	   /* an arm of kind "arms", in any figure */
	REPORT_FAIL_UNSTABLE = 4,  /* a comparison of any kind */
	REPORT_FAIL_STEADY = 8,	   /* of the first two: only what is not unstable counts */
};

#define REPORT_FAIL_ON_NAMES "regressed, slower or unstable"

/* report_fail_on_name - of what may be named, number @i; NULL after the last */
const char *report_fail_on_name(size_t i);

/* report_fail_on_parse - add what @text names ("slower,unstable") to @set; false: it names others */
bool report_fail_on_parse(const char *text, unsigned int *set);

/* report_may_fail - does @r compare what one of @set is about? */
bool report_may_fail(const struct report *r, unsigned int set);

/*
 * report_failures - which of @set @r has; each is said with its number in @why, "" when there is none
 */
unsigned int report_failures(const struct report *r, unsigned int set, char *why, size_t whylen);
#endif
