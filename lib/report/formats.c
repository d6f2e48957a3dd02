// SPDX-License-Identifier: GPL-2.0-only
/* The formats of a report: one row each, the default first. */
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

bool report_format_rows(size_t i, struct format_row *row)
{
	if (i >= NR_FORMATS)
		return false;
	*row = (struct format_row){ formats[i]->name, formats[i]->help, formats[i]->suffix };
	return true;
}

const struct report_format *report_format_named(const char *name)
{
	return report_format_at(format_row_named(report_format_rows, name));
}

const struct report_format *report_format_of_file(const char *path)
{
	return report_format_at(format_row_of_file(report_format_rows, path));
}
