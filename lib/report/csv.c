// SPDX-License-Identifier: GPL-2.0-only
/* One table of the report as comma-separated values; csv_tables.c has the tables. */
#include "lib/report/csv.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/render.h"

/* ---- cells ----------------------------------------------------------------------------------- */

static void begin(struct csv *c)
{
	if (c->begun)
		fputc(',', c->out);
	c->begun = true;
}

void csv_text(struct csv *c, const char *s)
{
	begin(c);
	if (s)
		escape_csv(c->out, s);
}

/* As few digits as give the same number back. */
void csv_number(struct csv *c, double v)
{
	char text[FIGURE + 8];
	int digits = 15;

	begin(c);
	if (!isfinite(v))
		return;
	do
		snprintf(text, sizeof(text), "%.*g", digits, v);
	while (strtod(text, NULL) != v && ++digits <= 17);
	fputs(text, c->out);
}

void csv_count(struct csv *c, uint64_t n)
{
	begin(c);
	fprintf(c->out, "%" PRIu64, n);
}

void csv_bool(struct csv *c, bool b)
{
	begin(c);
	fputs(b ? "true" : "false", c->out);
}

void csv_end(struct csv *c)
{
	fputc('\n', c->out);
	c->begun = false;
}

/* ---- the format ------------------------------------------------------------------------------ */

const char *report_table_name(enum report_table t)
{
	return csv_table[t].name;
}

bool report_table_parse(const char *name, enum report_table *t)
{
	for (int i = 0; i < NR_REPORT_TABLES; i++) {
		if (strcmp(name, csv_table[i].name))
			continue;
		*t = (enum report_table)i;
		return true;
	}
	return false;
}

static int render(FILE *out, const struct report *r, const struct terminal_style *style)
{
	struct csv c = { .out = out };

	(void)style;
	errno = 0;
	fprintf(out, "%s\n", csv_table[r->table].columns);
	csv_table[r->table].write(&c, r);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

const struct report_format report_format_csv = {
	.name = "csv",
	.help = "a table for R, pandas and spreadsheets",
	.suffix = { ".csv" },
	.render = render,
};
