/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_MERGE_TABLE_H
#define KT_REPORT_MERGE_TABLE_H
/*
 * What `kt merge` prints: for each arm of each question the union over all hosts and a row per host,
 * from merged buckets. merge_table.c makes the figures, each format is one file.
 */
#include "lib/cli/terminal.h"
#include "lib/record/merge.h"

#include "lib/report/format_rows.h"
#include "lib/report/report.h"

struct merge_row {
	const struct merge_series *s;
	const struct merge_host *host; /* NULL: all of them */
	struct report_stats stats;     /* ns per operation */
	double sum;
	const struct hist *hist; /* of all of them, not in mode "time"; NULL */
};

/* What people asked for of a table; others print all. */
struct merge_view {
	struct terminal_style style;
	size_t top;   /* rows of hosts per arm */
	bool verbose; /* metrics that tracers saw beside the arms */
};

struct merge_format {
	const char *name, *help;
	int (*print)(FILE *out, const struct merge *m, const struct merge_view *v);
};

/* merge_format_at - number @i, the default first; NULL after the last */
const struct merge_format *merge_format_at(size_t i);
const struct merge_format *merge_format_named(const char *name);
/* merge_format_rows - the same for format_rows.h */
bool merge_format_rows(size_t i, struct format_row *row);

typedef int merge_each_row(const struct merge_row *row, void *arg);

/*
 * merge_row_union, merge_row_host - one row; -ENOMEM, or -EOVERFLOW as merge_union()
 *
 * @scratch: the row's histogram lies there.
 */
int merge_row_union(struct merge_row *row, const struct merge_series *s, struct hist *scratch);
int merge_row_host(struct merge_row *row, const struct merge *m, const struct merge_series *s,
		   const struct merge_cell *c, struct hist *scratch);

/* merge_each - call @each for all rows, that of all hosts first in each series; what it returned, or -errno */
int merge_each(const struct merge *m, merge_each_row *each, void *arg);

/* merge_mode - "latency", "time", "trace" */
const char *merge_mode(const struct merge_series *s);
#endif
