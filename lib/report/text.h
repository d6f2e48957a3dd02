/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_TEXT_H
#define KT_REPORT_TEXT_H
/*
 * The parts of the text: text.c writes the tables, text_context.c what stands above and below them,
 * trace_text.c the kinds of a trace; diff_text.c shares some of it. All text goes through escape_terminal().
 */
#include "lib/report/render.h"

enum text_colour { PLAIN, BOLD, DIM, RED, GREEN, YELLOW };

struct text {
	FILE *out;
	const struct report *r;
	bool colour;
	int width;
	int name; /* columns of the name column of the table at hand */
};

/* text_paint - the sequence that begins @c; "" where there are no colours */
const char *text_paint(const struct text *t, enum text_colour c);

/* text_verdict_colour - red for slower, green for faster, dim for inconclusive */
enum text_colour text_verdict_colour(enum verdict v);

/* text_drops - what @r left out, if anything; everything else is @done ("shown", "compared") */
void text_drops(struct text *t, const struct report *r, const char *done);

void text_head(struct text *t);
void text_foot(struct text *t);

/* text_is_trace - a report of one kind of a trace: it has a head and a foot of its own */
bool text_is_trace(const struct report *r);
void text_trace_head(struct text *t);
void text_trace(struct text *t, const struct report_question *q);
#endif
