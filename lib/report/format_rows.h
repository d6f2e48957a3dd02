/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_FORMAT_ROWS_H
#define KT_REPORT_FORMAT_ROWS_H
/*
 * Formats by name and by the suffix of a file, for every command that has a table of them: what -f
 * takes, what it refuses, and what --help says of it. What a format does is its table's business.
 */
#include <stdbool.h>
#include <stddef.h>

struct format_row {
	const char *name, *help;
	const char *const *suffix; /* with the dot, ended by NULL; NULL: no file stands for it */
};

/* Row number @i of a table, the default first; false: that was the last */
typedef bool format_rows(size_t i, struct format_row *row);

#define FORMAT_NONE ((size_t)-1)

/* format_row_named - the number of the row of that name; FORMAT_NONE */
size_t format_row_named(format_rows *rows, const char *name);

/* format_row_of_file - the number of the row that the suffix of @path stands for; FORMAT_NONE */
size_t format_row_of_file(format_rows *rows, const char *path);

/* format_row_name - name number @i, as completion asks for it; NULL after the last */
const char *format_row_name(format_rows *rows, size_t i);

/* format_row_names - "text, html or json" into @text, cut off at @size */
void format_row_names(format_rows *rows, char *text, size_t size);

/*
 * format_row_help - what --help says of -f: "text (for a terminal), ..., default: from OUT's suffix,
 * else text". Allocated, as argp wants it; NULL: no memory
 */
char *format_row_help(format_rows *rows);

/* format_row_refuse - one line: -f has no @name, and what there is. Return: the exit status */
int format_row_refuse(format_rows *rows, const char *name);
#endif
