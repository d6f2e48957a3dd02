/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_TEXT_H
#define KT_REPORT_TEXT_H
/*
 * The parts of the text: text.c writes the tables, text_context.c what stands above and below them.
 * All text goes through escape_terminal().
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

void text_head(struct text *t);
void text_foot(struct text *t);
#endif
