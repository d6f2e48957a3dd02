/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_LINES_H
#define KT_RECORD_LINES_H
/*
 * Lines into a stream, as they are or compressed by gzip; input.h reads both. For lib/record only.
 * Functions of int return 0 or -errno.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct lines;

/* lines_begin - into @out, which stays the caller's */
int lines_begin(struct lines **l, FILE *out, bool compressed);

/* lines_add - @text and a newline */
int lines_add(struct lines *l, const char *text, size_t length);

/*
 * lines_part - what follows can be read without what came before; *@end: how many bytes the stream has
 * up to here, from lines_begin() on
 */
int lines_part(struct lines *l, size_t *end);

/* lines_end - write what is left; 0 or -errno. NULL is fine */
int lines_end(struct lines *l);
#endif
