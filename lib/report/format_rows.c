// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/format_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli/cli.h"

size_t format_row_named(format_rows *rows, const char *name)
{
	struct format_row row;

	for (size_t i = 0; rows(i, &row); i++)
		if (!strcmp(name, row.name))
			return i;
	return FORMAT_NONE;
}

/* A suffix alone is a name. */
static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

size_t format_row_of_file(format_rows *rows, const char *path)
{
	struct format_row row;

	for (size_t i = 0; rows(i, &row); i++)
		for (size_t k = 0; row.suffix && row.suffix[k]; k++)
			if (ends_with(path, row.suffix[k]))
				return i;
	return FORMAT_NONE;
}

const char *format_row_name(format_rows *rows, size_t i)
{
	struct format_row row;

	return rows(i, &row) ? row.name : NULL;
}

void format_row_names(format_rows *rows, char *text, size_t size)
{
	struct format_row row, next;
	size_t used = 0;

	if (size)
		*text = '\0';
	for (size_t i = 0; used < size && rows(i, &row); i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 !i		      ? ""
					 : rows(i + 1, &next) ? ", "
							      : " or ",
					 row.name);
}

char *format_row_help(format_rows *rows)
{
	bool by_suffix = false;
	struct format_row row;
	char *made = NULL;
	size_t length;
	FILE *out = open_memstream(&made, &length);

	if (!out)
		return NULL;
	for (size_t i = 0; rows(i, &row); i++) {
		fprintf(out, "%s (%s), ", row.name, row.help);
		by_suffix |= row.suffix && *row.suffix;
	}
	fprintf(out, "default: %s%s", by_suffix ? "from OUT's suffix, else " : "",
		format_row_name(rows, 0));
	return fclose(out) ? NULL : made;
}

int format_row_refuse(format_rows *rows, const char *name)
{
	char names[128];

	format_row_names(rows, names, sizeof(names));
	return cli_refuse(KT_EXIT_USAGE, "unknown format '%s'; expected %s", name, names);
}
