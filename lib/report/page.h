/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_PAGE_H
#define KT_REPORT_PAGE_H
/*
 * The parts of the HTML page, in its order: html_head.c what was found and how to take it,
 * html_tiles.c verdicts, machine, tracing and command at a glance, html_effects.c all questions on one
 * axis, html_matrix.c questions by arms, html_verdicts.c all verdicts with their intervals,
 * html_question.c a question, html_trace.c a kind of a trace, html_intervals.c that over time,
 * html_waits.c single waits of both, html_plots.c the plots of both (plots.h), html_context.c what the figures rest on. page_frame.c is around it,
 * page_axis.c draws intervals, style.c and style_first.c are the look, page_colours.c its
 * colours, page_script.c what needs a script. All text goes through escape_html() and its kin.
 */
#include "lib/report/changes.h"
#include "lib/report/effects.h"
#include "lib/report/plots.h"
#include "lib/report/render.h"

/*
 * Colours of arms that stay apart for all kinds of colour vision, each with a pattern of its own; an arm
 * keeps both over the whole page. Further arms get some made for them.
 */
#define NR_COLOURS 10
#define PAGE_DASH  40 /* bytes that hold a pattern */

struct diff;
struct diff_figure;

struct page {
	FILE *out;
	const struct report *r;
	struct plots *plots; /* NULL: no gnuplot */
	const char **arm;    /* names in order of their colours */
	size_t nr_arms;
	const char *subject; /* of report_subject_arm() */
	struct html_effect *effect;
	size_t nr_effects;
	/* Of recorded runs: where @r is made of, and the figure of each of its comparisons; else NULL */
	const struct diff *diff;
	const struct diff_figure **figure;
};

/* ---- the frame ------------------------------------------------------------------------------- */

extern const char page_style[], page_style_first[], page_style_trace[];

/*
 * What sorts tables and filters questions, and "sha256-..." of it, by which the page allows this
 * script and no other. Without it everything is there, unsorted.
 */
extern const char page_script[], page_script_hash[];

/* page_begin - up to the main part, with @navigation before it; @what, @when: for the title */
void page_begin(const struct page *p, const char *what, const char *when,
		void (*navigation)(const void *arg), const void *arg);
void page_end(const struct page *p);

/* page_finding - @text, a sentence in HTML, as the heading: up to its first semicolon in bold */
void page_finding(const struct page *p, const char *text);

/* page_drops - what was left out of what is @done, "shown" */
void page_drops(const struct page *p, const char *done);

/* page_filter - a box that filters @what, "questions"; only where there is a script */
void page_filter(const struct page *p, const char *what);

/* page_topics - links to all questions, by topic */
void page_topics(const struct page *p);

/* page_scroll - begin a part that @label names, and that scrolls by itself where it is too wide */
void page_scroll(const struct page *p, const char *label);

/* ---- ratios ---------------------------------------------------------------------------------- */

/* page_axis_style - the rules that put the marks of the axis where they belong */
void page_axis_style(const struct page *p);

struct page_bar {
	double ratio, lo, hi, zone; /* NAN where not known */
	const char *class;	    /* slower, faster, equivalent, inconclusive, unstable */
};

/* page_bar - an interval on the axis of effects (effects.h); the figures stand beside it in words */
void page_bar(const struct page *p, const struct page_bar *b);

/* page_ticks - what the axis says above such bars */
void page_ticks(const struct page *p);

/* page_effect - how far from 1: "+6.0 %", "−4.4 %", "×2.20", "÷31"; "-" of what is not known */
void page_effect(const struct page *p, double ratio);

/* page_class - of a comparison: what colours it */
const char *page_class(const struct report_comparison *c);

/* page_sign - what says the same without a colour: ▲ ▼ = ? ~, and * of what moved and is not called */
const char *page_sign(const struct page *p, const struct report_comparison *c);

/* page_chip - a verdict with its sign */
void page_chip(const struct page *p, const struct report_comparison *c);

/* page_why - why it is not decided, or why the row's own figures say something else; if anything */
void page_why(const struct page *p, const struct report_comparison *c);

/*
 * page_is_advisory - @c is of recorded runs with a single one on a side, so that nothing is called;
 * *@moved: its ratio is beyond the zone
 */
bool page_is_advisory(const struct page *p, const struct report_comparison *c, bool *moved);

/* ---- what is shared -------------------------------------------------------------------------- */

/* page_choose_colours - fills @p->arm, which the caller frees; false: no memory */
bool page_choose_colours(struct page *p);

/* page_write_colours - the style of all colours, and of the marks of arms */
void page_write_colours(const struct page *p);

/* page_colour - index of the colour of arm @name, below p->nr_arms */
unsigned int page_colour(const struct page *p, const char *name);

/* page_dash - the pattern of a colour's curves, for gnuplot */
void page_dash(char text[PAGE_DASH], unsigned int colour);

/* page_text - @s escaped; of a very long one its beginning and end, and how long it is */
void page_text(const struct page *p, const char *s);

/*
 * page_name - the same of what stands on the page many times, the name of a question, an arm, a
 * thread: of a long one less is shown. page_word() is that for report_write_*().
 */
void page_name(const struct page *p, const char *s);
void page_word(FILE *out, const char *s);

/*
 * page_question - a question's name with its parameters set off, with or without its topic; with
 * its run where there are several apart
 */
void page_question(const struct page *p, const struct report_question *q, bool topic);

/* page_asks - how many questions @r has that are not of a trace */
size_t page_asks(const struct report *r);

/* page_result - what arm @name of @q, of its untraced blocks, was measured; NULL: not there */
const struct report_result *page_result(const struct report *r, const struct report_question *q,
					const char *name);

/* page_figure - of @r's operations, ns; NAN: not there */
double page_figure(const struct report_result *r, enum judge_metric m);

/*
 * page_anchor - the id of @q's section, for an attribute in quotes and after the # of an address: made
 * of its name, so that a link to it means the same in every report
 */
void page_anchor(const struct page *p, const struct report_question *q);

/* page_link - @q's name as a link to its section */
void page_link(const struct page *p, const struct report_question *q);

/* page_ns - a figure with the unit in its own spelling ("3.42 µs") */
void page_ns(const struct page *p, double ns);

/* page_command - what repeats @run: quoted for the shell first, then for HTML */
void page_command(const struct page *p, const struct report_run *run);

/* page_ns_cell - the same as a cell of a table; page_figure_cells - count, quantiles, maximum, mean */
void page_ns_cell(const struct page *p, double ns);
void page_figure_cells(const struct page *p, const struct report_stats *s);

/* page_share_cell - a share as a cell, with a bar; NAN: "-" */
void page_share_cell(const struct page *p, double share);

/* page_swatch - the mark of an arm, a piece of its curve where it has one, and its name */
void page_swatch(const struct page *p, const char *name);

/* ---- parts ----------------------------------------------------------------------------------- */

/* A comparison that has a row in the list of effects. */
struct html_effect {
	const struct report_question *q;
	const struct report_result *base, *arm;
	/* Of arms that of p50. Of builds and settings the figure that says what became of the arm. */
	const struct report_comparison *c;
};

/*
 * html_take_effects - @p->subject and @p->effect, which the caller frees; false: no memory
 *
 * Of arms the subject in each question, or of a single question all arms; of builds and settings all
 * arms, those that regressed first.
 */
bool html_take_effects(struct page *p);

void html_contents(const void *page);
void html_head(const struct page *p);
void html_tiles(const struct page *p);
/* Of what the report is held against; nothing when it is not */
void html_targets_tile(const struct page *p);
void html_targets(const struct page *p);
void html_effects(const struct page *p);

/* html_has_matrix - there is more than one arm or question to make one of */
bool html_has_matrix(const struct page *p);
void html_matrix(const struct page *p);
void html_verdicts(const struct page *p);
void html_question(const struct page *p, size_t index);
void html_trace(const struct page *p, size_t index);
void html_intervals(const struct page *p, const struct report_trace *t);

/* Single waits: of a trace, or of the traced blocks of a question. */
struct html_waits {
	const struct report_trace *trace; /* whose populations have a name for people; NULL: none */
	uint64_t from_ns;		  /* what times count from; 0: they are not shown */
	bool arms;			  /* whose they were is worth a column */
	size_t nr;
	const struct report_event *event;
	size_t nr_in_the_way;
	const struct report_in_the_way *in_the_way;
	uint64_t in_the_way_ns;
};

/* html_waits - the longest, and who was in their way; nothing when there is none */
void html_waits(const struct page *p, const struct html_waits *w);

/* html_pairs - waits by two CPUs, as a list: those that waited longest together first */
void html_pairs(const struct page *p, const struct report_matrix *m);
void html_plots(const struct page *p, size_t index);

/* html_choice - number @n of the plots of @kind and of the kind after it, of which the reader sees one */
void html_choice(const struct page *p, size_t index, enum plot_kind kind, size_t n);
void html_phases(const struct page *p, const struct report_question *q);
void html_wakes(const struct page *p, size_t index);
void html_worst(const struct page *p, const struct report_question *q);
void html_raw(const struct page *p, const struct report_question *q);
void html_context(const struct page *p);
#endif
