/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_MD_H
#define KT_REPORT_MD_H
/*
 * Markdown as GitHub has it, for comments: MD_LIMIT bytes at most, whatever was measured. So it is made
 * of parts, each of which takes whole rows up to a limit of its own and counts those it leaves out.
 *
 * Names are written by md_name(), sentences of a record by md_text(): nothing in them is Markdown or
 * HTML, and nobody is notified because a thread is called @everybody.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/report/render.h"

/* A comment on GitHub takes 65 536 characters. */
#define MD_LIMIT 60000

struct md_part {
	FILE *out;
	char *text; /* after md_end(), with its length */
	size_t length, limit;
	long row;	 /* where the row at hand began */
	size_t left_out; /* rows, since that was last said */
	const char *all; /* the command that shows everything; NULL: `kt report -f html` */
	bool full;	 /* one was left out: no further one is taken, so that the order is kept */
};

/* md_begin - an empty part of at most @limit bytes; false: no memory */
bool md_begin(struct md_part *p, size_t limit);

/*
 * md_keep - what was written since the last call is a row, which stays if it fits; md_always - it stays
 * in any case: for what ends something, MD_END bytes of it at most
 */
#define MD_END 300
void md_keep(struct md_part *p);
void md_always(struct md_part *p);

/*
 * md_open - a table, folded under @title unless that is NULL: @text columns of text come first, then
 * those of figures. false: there is no room for it, and rows are left out
 */
bool md_open(struct md_part *p, const char *title, const char *const *column, size_t nr,
	     size_t text);

/*
 * md_close - its end; @opened: what md_open() has returned. Says how many rows were left out: @one is
 * what each is about, "question".
 */
void md_close(struct md_part *p, bool opened, bool folded, const char *one);

/* md_end - its text is whole; md_free() releases it. Return: 0, -ENOMEM */
int md_end(struct md_part *p);
void md_free(struct md_part *p);

/* ---- words ----------------------------------------------------------------------------------- */

/* md_name - a name, a version: as code, and of more than MD_NAME bytes the beginning and the end */
#define MD_NAME 120
void md_name(FILE *out, const char *s);

/* md_text - a sentence: as it stands where that is harmless, else as md_name() */
void md_text(FILE *out, const char *s);

/*
 * md_block - lines of @text, which came through escape_terminal() or escape_shell(), as they stand; of more
 * than @most bytes the beginning
 */
void md_block(FILE *out, const char *text, size_t most);

/* A cell begins with its bar; md_end_row() ends the last one. */
void md_cell(FILE *out, const char *text);
void md_name_cell(FILE *out, const char *name); /* NULL: empty */
void md_figure(FILE *out, const char *text);	/* its blanks do not break the line; text of ours */
void md_figure_cell(FILE *out, const char *text);
void md_ns_cell(FILE *out, double ns);
void md_count_cell(FILE *out, double n);
void md_question_cell(FILE *out, const struct report *r, const struct report_question *q);
void md_end_row(struct md_part *p); /* and md_keep() */

/* md_interval - "[0.986, 1.004]"; nothing where there is none */
void md_interval(FILE *out, double lo, double hi);

/* md_mark - what is said, at one look: ▲ ▼ = ? */
const char *md_mark(enum verdict v);

/* ---- of a report ----------------------------------------------------------------------------- */

void md_effects(struct md_part *p, const struct report *r); /* what was compared, largest first */
void md_arms(struct md_part *p, const struct report *r);    /* all arms, all phases */
void md_traces(struct md_part *p, const struct report *r);  /* what traces saw */
void md_waits(struct md_part *p, const struct report *r);   /* the longest of questions */
void md_context(struct md_part *p,
		const struct report *r); /* what it rests on, how to do it again */
#endif
