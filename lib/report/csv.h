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

/* ---- tables ---------------------------------------------------------------------------------- */

/*
 * A table has rows of one kind and begins with the columns that say what a row is of, so that tables
 * can be joined by them. kt-report(1) documents all columns.
 */
struct csv_table {
	const char *name;
	const char *columns; /* the first line */
	void (*write)(struct csv *c, const struct report *r);
};
extern const struct csv_table csv_table[NR_REPORT_TABLES];

/* csv_arm - the first columns of a row of an arm */
#define CSV_ARM "run,question,mode,arm,side,"
void csv_arm(struct csv *c, const struct report_question *q, const struct report_result *r);

/* csv_each_arm - call @rows for all arms of all questions */
typedef void csv_rows(struct csv *c, const struct report_question *q,
		      const struct report_result *r);
void csv_each_arm(struct csv *c, const struct report *r, csv_rows *rows);

void csv_figures(struct csv *c, const struct report *r);
void csv_comparisons(struct csv *c, const struct report *r);
void csv_buckets(struct csv *c, const struct report *r);
void csv_matrix(struct csv *c, const struct report *r);
void csv_instances(struct csv *c, const struct report *r);
void csv_epochs(struct csv *c, const struct report *r);
void csv_intervals(struct csv *c, const struct report *r);
void csv_events(struct csv *c, const struct report *r);
void csv_losses(struct csv *c, const struct report *r);
void csv_dropped(struct csv *c, const struct report *r);
#endif
