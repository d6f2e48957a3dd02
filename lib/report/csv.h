/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_CSV_H
#define KT_REPORT_CSV_H
/*
 * Comma-separated values: a cell after the other, as R, pandas, DuckDB and spreadsheets read them. As
 * RFC 4180 has it, in UTF-8, except that a line ends with a newline alone. A value that is not there
 * is an empty cell; figures have all their digits, times are ns, and no cell has a unit.
 */
#include "lib/report/report.h"

struct csv {
	FILE *out;
	bool begun; /* the line has a cell */
};

void csv_text(struct csv *c, const char *s); /* NULL: not there */
void csv_number(struct csv *c, double v);    /* NAN and infinities: not there */
void csv_count(struct csv *c, uint64_t n);
void csv_bool(struct csv *c, bool b);
void csv_end(struct csv *c); /* of the line */

/* One per row of enum report_table. */
struct csv_table {
	const char *name;
	const char *columns; /* the first line */
	void (*write)(struct csv *c, const struct report *r);
};
extern const struct csv_table csv_table[NR_REPORT_TABLES];
#endif
