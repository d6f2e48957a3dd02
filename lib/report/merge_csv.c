// SPDX-License-Identifier: GPL-2.0-only
/* Merged records as comma-separated values: a line per series and host, and one for all hosts. */
#include <math.h>

#include "lib/report/csv.h"
#include "lib/report/merge_table.h"

static int line(const struct merge_row *row, void *arg)
{
	const struct merge_series *s = row->s;
	const struct report_stats *f = &row->stats;
	const struct merge_host *h = row->host;
	const double figure[] = { row->sum, f->mean, f->min, f->p25,  f->p50,
				  f->p75,   f->p90,  f->p99, f->p999, f->max };
	struct csv *c = arg;

	csv_text(c, h ? (h->id ?: "unknown") : "all");
	csv_text(c, h ? h->kernel : NULL);
	csv_text(c, h ? h->kt : NULL);
	csv_text(c, h ? h->suite : NULL);
	csv_text(c, s->kind ?: s->question->name);
	csv_text(c, merge_mode(s));
	csv_text(c, s->subject);
	csv_text(c, s->metric);
	csv_count(c, s->batch);
	csv_count(c, h ? 1 : s->nr_cells);
	csv_text(c, "ns");
	csv_count(c, f->count);
	for (size_t i = 0; i < sizeof(figure) / sizeof(figure[0]); i++)
		csv_number(c, figure[i]);
	csv_end(c);
	return 0;
}

static int print(FILE *out, const struct merge *m, const struct merge_view *v)
{
	struct csv c = { .out = out };

	(void)v;
	fputs("host,kernel,kt,suite,question,mode,arm,metric,batch,hosts,unit,count,sum,mean,min,"
	      "p25,p50,p75,p90,p99,p999,max\n",
	      out);
	return merge_each(m, line, &c);
}

const struct merge_format merge_format_csv = {
	.name = "csv",
	.help = "a line per arm and host",
	.print = print,
};
