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
 * report_subject_arm - the one arm that a report of arms is about: the one that is compared with a
 * baseline in most questions, of several such the one met first; NULL: no arms were compared (those
 * of builds and settings are compared with themselves), or no memory
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

/* report_effect_is_sure - its verdict is slower, faster or equivalent, on a steady machine */
bool report_effect_is_sure(const struct report_comparison *c);

/*
 * report_axis - where @ratio lies on the axis of effects: 0 for 1, 1 for REPORT_AXIS_REACH and all beyond,
 * -1 for its inverse. Linear up to some percent, logarithmic beyond: 1.01 and 87 can both be seen.
 * NAN of what is not a ratio
 */
double report_axis(double ratio);

#define REPORT_AXIS_REACH 30.0
#endif
