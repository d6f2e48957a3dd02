/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_SUMMARY_H
#define KT_REPORT_SUMMARY_H
/*
 * The summary: what a terminal shows of a report when nobody asks for its tables. summary.c puts it
 * together, summary_head.c says what it rests on, summary_rows.c makes a line of each question or
 * arm, summary_table.c lays the lines out; diff_summary.c does the same for recorded runs. It says
 * less than the tables and never more than the verdicts, and what it leaves out it counts. ASCII
 * only, as everything that is written to terminals here, in any locale.
 */
#include "lib/report/text.h"

/* Columns where neither the terminal nor COLUMNS says any: those of a mail. */
#define SUMMARY_WIDTH 80

/* Lines of a table; further ones are counted. */
#define SUMMARY_ROWS 40

#define SUMMARY_LABEL 11 /* columns of "machine" and the like */

/* summary_word - a report_word that cuts names of any length: 48 columns are enough in a sentence */
void summary_word(FILE *out, const char *s);

/* summary_short_name - "wakeup/trip=oneway/cpu=same" as "wakeup/oneway/same"; for free(); NULL: no memory */
char *summary_short_name(const char *question);

/* ---- paragraphs, in summary_table.c ---------------------------------------------------------- */

/* What is written to @out is laid out when the paragraph ends. */
struct summary_paragraph {
	FILE *out;
	char *text;
	size_t length;
};

/* summary_begin - false: no memory, and nothing is to be written */
bool summary_begin(struct summary_paragraph *p);

/* summary_end - print it in @colour after @label (NULL: none), wrapped between words, and free it */
void summary_end(const struct text *t, struct summary_paragraph *p, const char *label,
		 enum text_colour colour);

/* ---- the table ------------------------------------------------------------------------------- */

/* What another arm, or another figure, of a question came to. */
struct summary_cell {
	double ratio; /* NAN: not there */
	char mark;    /* what is said of it, in one character */
	enum text_colour colour;
};

struct summary_row {
	const char *question;
	size_t run;	      /* its number is said; 0: it is not */
	const char *with;     /* the second column; NULL: empty */
	double ns;	      /* the figure; NAN: none */
	double ratio, lo, hi; /* NAN: not known */
	bool called;	      /* it is slower or faster, for certain */
	const char *word;     /* "slower" */
	enum text_colour colour;
	const char *note; /* instead of all figures, not escaped: why there are none; or NULL */
	struct summary_cell *cell; /* as many as the table has */
	size_t at;		   /* its place before it was sorted */
	char *own[2];		   /* texts that go with the row; or NULL */
};

/* Cells that stand together under one title. */
struct summary_block {
	const char *title;
	size_t first, nr;
};

struct summary_table {
	struct summary_row *row;
	size_t nr;
	size_t more;	       /* rows that are not there */
	size_t more_arms;      /* that have no cells */
	const char *with, *ns; /* titles */
	size_t nr_cells;
	const char **cell; /* titles, not escaped */
	/*
	 * The second one is shown when there is room for all of it, of the first as many cells as
	 * there is room for.
	 */
	struct summary_block block[2];
};

/*
 * summary_rows - a table of the questions of arms, and of the arms of two sides. Return: 0, or
 * -ENOMEM; in any case *@to is for summary_free_table()
 */
int summary_rows(const struct report *r, struct summary_table *to);

/*
 * summary_sort_rows - the slowest first, and those without a ratio last; of more than @most those are
 * left out that were not called and have the smallest effects
 */
void summary_sort_rows(struct summary_table *table, size_t most);

/* summary_print_table - Return: how many arms had no room, or no cells */
size_t summary_print_table(const struct text *t, const struct summary_table *table);
void summary_free_table(struct summary_table *table);

/* ---- above it -------------------------------------------------------------------------------- */

void summary_head(const struct text *t);

/* summary_drops - what @r left out, in one paragraph; all else is @done ("shown", "compared") */
void summary_drops(const struct text *t, const struct report *r, const char *done);

/* ---- below it -------------------------------------------------------------------------------- */

/*
 * summary_more - the last line: @command prints all figures (NULL: no line), among them those of
 * @no_room arms, and @page is how to make a page of it (NULL: not said). A command is never wrapped:
 * it is there to be copied
 */
void summary_more(const struct text *t, const char *command, const char *page, size_t no_room);
#endif
