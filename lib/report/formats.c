// SPDX-License-Identifier: GPL-2.0-only
/* The formats of a report: one row each, the default first. */
#include <string.h>

#include "lib/report/report.h"

#define FORMATS(row)                                                                \
	row(text) row(html) row(json) row(md) row(csv) row(gbench) row(openmetrics) \
		row(prometheus) row(hgrm) row(perfetto)

#define DECLARE(name) extern const struct report_format report_format_##name;
FORMATS(DECLARE)

#define ADDRESS(name) &report_format_##name,
static const struct report_format *const formats[] = { FORMATS(ADDRESS) };

#define NR_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct report_format *report_format_at(size_t i)
{
	return i < NR_FORMATS ? formats[i] : NULL;
}

const struct report_format *report_format_named(const char *name)
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

const struct report_format *report_format_of_file(const char *path)
{
	for (size_t i = 0; i < NR_FORMATS; i++)
		for (size_t k = 0; k < REPORT_MAX_SUFFIXES && formats[i]->suffix[k]; k++)
			if (ends_with(path, formats[i]->suffix[k]))
				return formats[i];
	return NULL;
}

void report_format_names(char *text, size_t size)
{
	size_t used = 0;

	if (size)
		*text = '\0';
	for (size_t i = 0; i < NR_FORMATS && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 !i		      ? ""
					 : i + 1 < NR_FORMATS ? ", "
							      : " or ",
					 formats[i]->name);
}
