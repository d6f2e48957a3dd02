/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_DIFF_VIEW_H
#define KT_REPORT_DIFF_VIEW_H
/*
 * A comparison of recorded runs in the shape of a report of one run, so that the page's parts can draw
 * it: questions with their arms that both sides have, each as two results, and a comparison for each
 * figure.
 */
#include "lib/report/diff.h"

struct diff_view {
	struct report report; /* questions, results, comparisons and an empty run */
	struct report_run run;
	const struct diff_figure **figure; /* of each comparison */
	char **name;			   /* of each result */
};

/* diff_view_make - of @d, which must outlive it. Return: 0, -ENOMEM; diff_view_free() in any case */
int diff_view_make(struct diff_view *v, const struct diff *d);
void diff_view_free(struct diff_view *v);
#endif
