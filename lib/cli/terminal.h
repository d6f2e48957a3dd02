/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CLI_TERMINAL_H
#define KT_CLI_TERMINAL_H
/*
 * How to write for whoever reads a stream: one rule for all commands.
 *
 * Sequences go only to a terminal with a TERM other than "dumb", colours only where NO_COLOR is
 * unset or empty as well. The width is that of the stream's terminal, else COLUMNS, else unknown.
 */
#include <stdbool.h>
#include <stdio.h>

/* A width beyond these is taken for the nearest of them. */
#define TERMINAL_MIN_WIDTH 20
#define TERMINAL_MAX_WIDTH 1000

struct terminal_style {
	bool cursor; /* a line can be rewritten */
	bool colour; /* ANSI colours */
	int width;   /* columns, 0: not known */
};

/* terminal_is - @out is a terminal, whatever it can do */
bool terminal_is(FILE *out);

/* terminal_style_of - what suits @out */
struct terminal_style terminal_style_of(FILE *out);
#endif
