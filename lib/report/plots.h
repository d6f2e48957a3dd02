/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_PLOTS_H
#define KT_REPORT_PLOTS_H
/*
 * The plots of the page, for those who put them there: all of them are drawn by one gnuplot process
 * before the page is written (plots.c), each is taken over into the page, with its caption and what it
 * says in words (plot_svg.c). plot.h is what the kinds of plots see of each other.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct page;
struct plots;
struct report;
struct report_question;

enum plot_kind {
	PLOT_SPECTRUM, /* time by percentile */
	PLOT_ECDF,     /* share of operations within a time */
	PLOT_SHIFT,    /* ratio to the baseline by percentile */
	PLOT_EPOCHS,   /* epochs in the order of time */
	PLOT_HEAT,     /* how many took how long, over time */
	PLOT_MATRIX,   /* waits by the waker's and the thread's CPU: medians */
	PLOT_MATRIX_P99,
	NR_PLOTS
};

#define MAX_CURVE_METRICS 4
#define MAX_TRACE_CURVES  10 /* per drawing: subjects with the most events */

/*
 * plots_metrics - what @q has drawings of: of an arm its one distribution (NULL), of the subjects
 * of a trace every metric that stands for one of them, and the delay on a busy worker. Return: how
 * many; metrics are never drawn into each other.
 */
size_t plots_metrics(const struct page *p, const struct report_question *q,
		     const char *metric[MAX_CURVE_METRICS]);

/*
 * plots_make - draw every question's plots by one gnuplot process
 *
 * gnuplot gets figures and our own words only, no text from the record. Return: 0; -ENOENT when there
 * is no gnuplot (of every other failure something else); and half a sentence in @why.
 */
int plots_make(struct plots **plots, const struct page *p, char *why, size_t whylen);
void plots_free(struct plots *plots);

/* plots_nr - how many plots of @kind there are of a question, in the order of plots_metrics() */
size_t plots_nr(const struct page *p, size_t question, enum plot_kind kind);

/*
 * plots_figure - number @n of those as a <figure>: the drawing, what it says in words for those who do
 * not see it, a caption. @class: of the figure; "" for none
 */
void plots_figure(const struct page *p, size_t question, enum plot_kind kind, size_t n,
		  const char *class);

/* plots_title - "Percentile spectrum"; plots_choice - the same beside a button, where there is a choice */
const char *plots_title(enum plot_kind kind);
const char *plots_choice(enum plot_kind kind);

/* plots_write_style - what plots need of the page's style */
void plots_write_style(const struct page *p);

/*
 * plots_save - every plot of @r as an SVG file in @dir, which is made where there is none
 *
 * A file that exists is replaced if @replace says so, else it is refused before anything is written.
 * Return: how many; or -errno and one sentence in @err: -EEXIST: refused, -ENOENT: there is no gnuplot
 */
ssize_t plots_save(const struct report *r, const char *dir, bool replace, char *err, size_t errlen);
#endif
