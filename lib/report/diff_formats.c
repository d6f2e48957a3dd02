// SPDX-License-Identifier: GPL-2.0-only
/* The formats of a comparison of recorded runs: one row each, the default first. */
#include "lib/report/diff.h"

#define FORMATS(row) row(text) row(html) row(md) row(json)

#define DECLARE(name) extern const struct diff_format diff_format_##name;
FORMATS(DECLARE)

#define ADDRESS(name) &diff_format_##name,
static const struct diff_format *const formats[] = { FORMATS(ADDRESS) };

#define NR_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct diff_format *diff_format_at(size_t i)
{
	return i < NR_FORMATS ? formats[i] : NULL;
}

bool diff_format_rows(size_t i, struct format_row *row)
{
	if (i >= NR_FORMATS)
		return false;
	*row = (struct format_row){ formats[i]->name, formats[i]->help, formats[i]->suffix };
	return true;
}

const struct diff_format *diff_format_named(const char *name)
{
	return diff_format_at(format_row_named(diff_format_rows, name));
}

const struct diff_format *diff_format_of_file(const char *path)
{
	return diff_format_at(format_row_of_file(diff_format_rows, path));
}
