/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_PAGE_H
#define KT_REPORT_PAGE_H
/*
 * The parts of the HTML page: html.c writes the frame and the verdicts, html_head.c what stands
 * above them, html_question.c a question, html_trace.c a kind of a trace, html_plots.c the plots of both
 * (plots.h), html_context.c what the figures rest on, style.c the look, page_colours.c its colours. All
 * text goes through escape_html() and its kin.
 */
#include "lib/report/plots.h"
#include "lib/report/render.h"

/*
 * Colours of arms that stay apart for all kinds of colour vision, each with a pattern of its own; an arm
 * keeps both over the whole page. Further arms get some made for them.
 */
#define NR_COLOURS 10
#define PAGE_DASH  40 /* bytes that hold a pattern */

struct page {
	FILE *out;
	const struct report *r;
	struct plots *plots; /* NULL: no gnuplot */
	const char **arm;    /* names in order of their colours */
	size_t nr_arms;
};

extern const char page_style[];

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

/*
 * page_anchor - the id of @q's section, for an attribute in quotes and after the # of an address: made
 * of its name, so that a link to it means the same in every report
 */
void page_anchor(const struct page *p, const struct report_question *q);

/* page_link - @q's name as a link to its section */
void page_link(const struct page *p, const struct report_question *q);

/* page_ns - a figure with the unit in its own spelling ("3.42 µs") */
void page_ns(const struct page *p, double ns);

/* page_ns_cell - the same as a cell of a table; page_figure_cells - count, quantiles, maximum, mean */
void page_ns_cell(const struct page *p, double ns);
void page_figure_cells(const struct page *p, const struct report_stats *s);

/* page_swatch - the mark of an arm, a piece of its curve, and its name */
void page_swatch(const struct page *p, const char *name);

void html_head(const struct page *p);
void html_question(const struct page *p, size_t index);
void html_trace(const struct page *p, size_t index);
void html_plots(const struct page *p, size_t index);
void html_context(const struct page *p);
#endif
