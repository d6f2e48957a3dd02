// SPDX-License-Identifier: GPL-2.0-only
/* One table of the report as comma-separated values: the list of tables, and what their rows have in common. */
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

/* ---- tables ---------------------------------------------------------------------------------- */

const struct csv_table csv_table[NR_REPORT_TABLES] = {
	[TABLE_FIGURES] = { "figures",
			    CSV_ARM "label,source,metric,unit,count,sum,mean,min,p25,p50,p75,p90,"
				    "p99,p999,max",
			    csv_figures },
	[TABLE_COMPARISONS] = { "comparisons",
				CSV_ARM "kind,baseline,metric,ratio,lo,hi,confidence,zone,verdict,"
					"reason,unstable,moved,unit,units,bursts,more_s",
				csv_comparisons },
	[TABLE_INSTANCES] = { "instances",
			      CSV_ARM
			      "instance,in_run,fresh,start_ns,end_ns,wall_ns,count,mean,p50,"
			      "p99,noisy,steal,foreign,psi_cpu",
			      csv_instances },
	[TABLE_EPOCHS] = { "epochs", CSV_ARM "instance,in_run,block,start_ns,ns,iterations,p50",
			   csv_epochs },
	[TABLE_BUCKETS] = { "buckets", CSV_ARM "source,metric,low,high,count", csv_buckets },
	[TABLE_MATRIX] = { "matrix", CSV_ARM "metric,waker_cpu,cpu,count,sum,max,p50,p99",
			   csv_matrix },
	[TABLE_INTERVALS] = { "intervals",
			      "run,question,start_ns,end_ns,metric,count,p50,p90,p99,max,lost,"
			      "wait_ns,ran_ns",
			      csv_intervals },
	[TABLE_EVENTS] = { "events",
			   "run,question,arm,population,ns,time_ns,comm,tgid,tid,cpu_before,cpu_queued,"
			   "cpu,migrations,waker,waker_tid,waker_cpu,waker_context,other_ns",
			   csv_events },
	[TABLE_LOSSES] = { "losses", "run,question,cause,count,of,whole,share", csv_losses },
	[TABLE_DROPPED] = { "dropped", "run,kind,by,question,arm,reason,count,file,line",
			    csv_dropped },
};

void csv_arm(struct csv *c, const struct report_question *q, const struct report_result *r)
{
	csv_count(c, q->run + 1);
	csv_text(c, q->name);
	csv_text(c, q->mode);
	csv_text(c, r->of ? r->of : r->name);
	csv_text(c, r->side);
}

void csv_each_arm(struct csv *c, const struct report *r, csv_rows *rows)
{
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; k < q->nr_results; k++)
			rows(c, q, &r->result[q->first_result + k]);
	}
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
	.takes = REPORT_TAKES_TABLE,
	.render = render,
};
