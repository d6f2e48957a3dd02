// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables that a report has as comma-separated values. Each has rows of one kind and begins with the
 * columns that say what a row is of, so that tables can be joined by them. kt-report(1) documents them.
 */
#include "lib/report/csv.h"

#include <math.h>
#include <string.h>

#include "lib/report/render.h"

static const char *arm_of(const struct report_result *r)
{
	return r->of ? r->of : r->name;
}

#define KEY "run,question,mode,arm,side"

static void key(struct csv *c, const struct report_question *q, const struct report_result *r)
{
	csv_count(c, q->run + 1);
	csv_text(c, q->name);
	csv_text(c, q->mode);
	csv_text(c, arm_of(r));
	csv_text(c, r->side);
}

/* ---- figures --------------------------------------------------------------------------------- */

/* What a row of figures is of, after its key. */
struct what {
	const char *source, *metric, *unit;
};

static void begin_figures(struct csv *c, const struct report_question *q,
			  const struct report_result *r, const struct what *w)
{
	key(c, q, r);
	csv_text(c, r->label);
	csv_text(c, w->source);
	csv_text(c, w->metric);
	csv_text(c, w->unit);
}

static void stats(struct csv *c, const struct report_stats *s, double sum)
{
	const double figure[] = { sum,	  s->mean, s->min, s->p25,  s->p50,
				  s->p75, s->p90,  s->p99, s->p999, s->max };

	csv_count(c, s->count);
	for (size_t i = 0; i < sizeof(figure) / sizeof(figure[0]); i++)
		csv_number(c, figure[i]);
	csv_end(c);
}

/* Only what there is of it has figures. */
static void hist_row(struct csv *c, const struct report_question *q, const struct report_result *r,
		     const struct what *w, const struct hist *h)
{
	struct report_stats s = report_stats(h);

	if (!s.count)
		return;
	begin_figures(c, q, r, w);
	stats(c, &s, h->sum < UINT64_MAX ? (double)h->sum : NAN);
}

/* A sum over @count, all that is known of it. */
static void sum_row(struct csv *c, const struct report_question *q, const struct report_result *r,
		    const struct what *w, uint64_t count, double sum)
{
	struct report_stats s = report_stats(NULL);

	begin_figures(c, q, r, w);
	s.count = count;
	s.mean = count ? sum / (double)count : NAN;
	stats(c, &s, sum);
}

/* Of an arm: what was measured untraced, which verdicts are about. */
static void untraced_rows(struct csv *c, const struct report_question *q,
			  const struct report_result *r)
{
	bool time = !strcmp(q->mode, "time");
	double sum = time ? (double)r->wall_ns : r->hist ? (double)r->hist->sum * r->unit : NAN;

	if (r->stats.count) {
		begin_figures(c, q, r, &(struct what){ "untraced", q->mode, "ns" });
		stats(c, &r->stats, sum);
	}
	if (!r->iterations)
		return;
	sum_row(c, q, r, &(struct what){ "untraced", "cpu", "ns" }, r->iterations,
		(double)r->cpu_ns);
	for (size_t i = 0; i < r->nr_counters; i++)
		sum_row(c, q, r, &(struct what){ "counter", r->counter[i].name, "count" },
			r->iterations, r->counter[i].value);
}

static void figures(struct csv *c, const struct report *r)
{
	static struct hist scratch;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; k < q->nr_results; k++) {
			const struct report_result *arm = &r->result[q->first_result + k];

			if (!arm->from_trace)
				untraced_rows(c, q, arm);
			hist_row(c, q, arm, &(struct what){ "traced", q->mode, "ns" }, arm->traced);
			for (size_t m = 0; m < arm->nr_metrics; m++)
				hist_row(c, q, arm,
					 &(struct what){ "tracer", arm->metric[m].name, "ns" },
					 report_metric_read(&arm->metric[m], &scratch));
			for (size_t m = 0; m < arm->nr_losses; m++)
				sum_row(c, q, arm,
					&(struct what){ "left out", arm->loss[m].name, "count" }, 0,
					(double)arm->loss[m].value);
		}
	}
}

/* ---- comparisons ----------------------------------------------------------------------------- */

static const char *side_of(const struct report *r, const struct report_question *q,
			   const struct report_comparison *c)
{
	for (size_t i = 0; i < q->nr_results; i++)
		if (!strcmp(r->result[q->first_result + i].name, c->candidate))
			return r->result[q->first_result + i].side;
	return NULL;
}

static void comparison(struct csv *c, const struct report *r, const struct report_question *q,
		       const struct report_comparison *of)
{
	const struct judgement *j = &of->j;

	csv_count(c, q->run + 1);
	csv_text(c, q->name);
	csv_text(c, q->mode);
	csv_text(c, of->arm);
	csv_text(c, side_of(r, q, of));
	csv_text(c, report_kind_name(of->kind));
	csv_text(c, of->baseline);
	csv_text(c, judge_metric_name(j->metric));
	csv_number(c, j->ratio);
	csv_number(c, j->lo);
	csv_number(c, j->hi);
	csv_number(c, j->confidence > 0 ? j->confidence : NAN);
	csv_number(c, j->zone);
	csv_text(c, report_verdict_name(of));
	csv_text(c, judge_reason_name(j->reason));
	csv_bool(c, of->unstable);
	csv_bool(c, of->moved);
	csv_text(c, of->of_blocks ? "block" : "instance");
	csv_count(c, j->nr);
	csv_number(c, j->bursts);
	csv_number(c, of->more_s);
	csv_end(c);
}

static void comparisons(struct csv *c, const struct report *r)
{
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; k < q->nr_comparisons; k++)
			comparison(c, r, q, &r->comparison[q->first_comparison + k]);
	}
}

/* ---- all ------------------------------------------------------------------------------------- */

const struct csv_table csv_table[NR_REPORT_TABLES] = {
	[TABLE_FIGURES] = { "figures",
			    KEY ",label,source,metric,unit,count,sum,mean,min,p25,p50,p75,p90,p99,p999,max",
			    figures },
	[TABLE_COMPARISONS] = { "comparisons",
				KEY ",kind,baseline,metric,ratio,lo,hi,confidence,zone,verdict,reason,"
				    "unstable,moved,unit,units,bursts,more_s",
				comparisons },
};
