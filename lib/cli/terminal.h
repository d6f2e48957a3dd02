/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CLI_TERMINAL_H
#define KT_CLI_TERMINAL_H
/* How to write for whoever reads a stream. */
#include <stdbool.h>
#include <stdio.h>

struct terminal_style {
	bool colour; /* ANSI colours */
	int width;   /* columns, 0: not known */
};

/* terminal_style_of - what suits @out */
struct terminal_style terminal_style_of(FILE *out);
#endif
