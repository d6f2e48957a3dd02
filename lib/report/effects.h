/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_EFFECTS_H
#define KT_REPORT_EFFECTS_H
/*
 * How large the differences of a report are, in p50: the list that the terminal and the page begin
 * with, and the axis on which both draw it. What is said of each is its verdict's; nothing is judged
 * here.
 */
#include "lib/report/report.h"

/*
 * report_compared_arms - all that are compared with a baseline, once each: the one of most questions
 * first, of several such the one met first. Of builds and settings none, which are compared with
 * themselves. Return: how many, into *@names, which the caller frees; -ENOMEM
 */
ssize_t report_compared_arms(const struct report *r, const char *const **names);

/*
 * report_subject_arm - the one arm that a report of arms is about: the first of those; NULL: there is
 * none, or no memory
 */
const char *report_subject_arm(const struct report *r);

struct report_effect {
	const struct report_question *q;
	const struct report_result *base, *arm;
	const struct report_comparison *c; /* of p50; its ratio may be NAN */
};

/*
 * report_effects - the largest first
 *
 * Of arms one per question that compares the subject arm; of builds and settings one per question and
 * arm. Sorted by the distance of the ratio from 1, up or down; of equal ones those decided come first,
 * then it is the order of the report. Those without a ratio come last.
 *
 * Return: how many, into *@effects, which the caller frees; -ENOMEM
 */
ssize_t report_effects(const struct report *r, struct report_effect **effects);

/*
 * What a summary says of a comparison: an unstable one is called nothing, whatever its verdict, and
 * neither is what only moved. In the order in which they are counted.
 */
enum report_told {
	TOLD_FASTER,
	TOLD_EQUIVALENT,
	TOLD_SLOWER,
	TOLD_MOVED, /* of two builds with the same code */
	TOLD_UNSTABLE,
	TOLD_UNCONFIRMED, /* slower or faster, if fresh instances confirm it */
	TOLD_INCONCLUSIVE,
	NR_TOLD
};

enum report_told report_told(const struct report_comparison *c);

/* report_told_name - "faster", "equivalent", ...; of builds, settings and runs "improved", ... */
const char *report_told_name(enum report_told told, enum report_kind kind);

/* report_effect_is_sure - it is told to be faster, equivalent or slower */
bool report_effect_is_sure(const struct report_comparison *c);

/*
 * report_axis - where @ratio lies on the axis of effects: 0 for 1, 1 for REPORT_AXIS_REACH and all beyond,
 * -1 for its inverse. Linear up to some percent, logarithmic beyond: 1.01 and 87 can both be seen.
 * NAN of what is not a ratio
 */
double report_axis(double ratio);

#define REPORT_AXIS_REACH 30.0

/* From here on an effect is said as a factor; below it percent say more. */
#define REPORT_EFFECT_FACTOR 1.9995
#endif
