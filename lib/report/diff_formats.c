// SPDX-License-Identifier: GPL-2.0-only
/* The formats of a comparison of recorded runs: one row each, the default first. */
#include "lib/report/diff.h"

#include <string.h>

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

const struct diff_format *diff_format_named(const char *name)
{
	for (size_t i = 0; i < NR_FORMATS; i++)
		if (!strcmp(name, formats[i]->name))
			return formats[i];
	return NULL;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

const struct diff_format *diff_format_of_file(const char *path)
{
	for (size_t i = 0; i < NR_FORMATS; i++)
		for (size_t k = 0; k < REPORT_MAX_SUFFIXES && formats[i]->suffix[k]; k++)
			if (ends_with(path, formats[i]->suffix[k]))
				return formats[i];
	return NULL;
}
