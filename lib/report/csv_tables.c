// SPDX-License-Identifier: GPL-2.0-only
/* Tables of all that was measured: figures, comparisons, the buckets of distributions. */
#include "lib/report/csv.h"

#include <math.h>
#include <string.h>

#include "lib/report/render.h"

/* What a row is of: an arm of a question, from one source. */
struct what {
	const struct report_question *q;
	const struct report_result *r;
	const char *source, *metric, *unit;
};

/* ---- figures --------------------------------------------------------------------------------- */

static void begin_figures(struct csv *c, const struct what *w)
{
	csv_arm(c, w->q, w->r);
	csv_text(c, w->r->label);
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
static void hist_row(struct csv *c, const struct what *w, const struct hist *h)
{
	struct report_stats s = report_stats(h);

	if (!s.count)
		return;
	begin_figures(c, w);
	stats(c, &s, h->sum < UINT64_MAX ? (double)h->sum : NAN);
}

/* A sum over @count, all that is known of it. */
static void sum_row(struct csv *c, const struct what *w, uint64_t count, double sum)
{
	struct report_stats s = report_stats(NULL);

	begin_figures(c, w);
	s.count = count;
	s.mean = count ? sum / (double)count : NAN;
	stats(c, &s, sum);
}

/* What was measured untraced, which verdicts are about. */
static void untraced_rows(struct csv *c, const struct report_question *q,
			  const struct report_result *r)
{
	bool time = !strcmp(q->mode, "time");
	double sum = time ? (double)r->wall_ns : r->hist ? (double)r->hist->sum * r->unit : NAN;

	if (r->stats.count) {
		begin_figures(c, &(struct what){ q, r, "untraced", q->mode, "ns" });
		stats(c, &r->stats, sum);
	}
	if (!r->iterations)
		return;
	sum_row(c, &(struct what){ q, r, "untraced", "cpu", "ns" }, r->iterations,
		(double)r->cpu_ns);
	for (size_t i = 0; i < r->nr_counters; i++)
		sum_row(c, &(struct what){ q, r, "counter", r->counter[i].name, "count" },
			r->iterations, r->counter[i].value);
}

static void figure_rows(struct csv *c, const struct report_question *q,
			const struct report_result *r)
{
	static struct hist scratch;

	if (!r->from_trace)
		untraced_rows(c, q, r);
	hist_row(c, &(struct what){ q, r, "traced", q->mode, "ns" }, r->traced);
	for (size_t i = 0; i < r->nr_metrics; i++)
		hist_row(c, &(struct what){ q, r, "tracer", r->metric[i].name, "ns" },
			 report_metric_read(&r->metric[i], &scratch));
	for (size_t i = 0; i < r->nr_losses; i++)
		sum_row(c, &(struct what){ q, r, "left out", r->loss[i].name, "count" }, 0,
			(double)r->loss[i].value);
}

void csv_figures(struct csv *c, const struct report *r)
{
	csv_each_arm(c, r, figure_rows);
}

/* ---- buckets --------------------------------------------------------------------------------- */

/* @unit: ns that a value of @h stands for */
static void buckets(struct csv *c, const struct what *w, const struct hist *h, double unit)
{
	uint32_t nr = h ? HIST_NR_BUCKETS(h->k) : 0;

	for (uint32_t i = 0; i < nr; i++) {
		if (!h->bucket[i])
			continue;
		csv_arm(c, w->q, w->r);
		csv_text(c, w->source);
		csv_text(c, w->metric);
		csv_number(c, (double)hist_low(i, h->k) * unit);
		/* The last one has what is beyond the end as well. */
		csv_number(c,
			   i + 1 < nr || !h->overflow ? (double)hist_low(i + 1, h->k) * unit : NAN);
		csv_count(c, h->bucket[i]);
		csv_end(c);
	}
}

static void bucket_rows(struct csv *c, const struct report_question *q,
			const struct report_result *r)
{
	static struct hist scratch;

	/* Whole ns say little of an iteration: the epochs have all that is known. */
	if (!r->from_trace && strcmp(q->mode, "time"))
		buckets(c, &(struct what){ q, r, "untraced", q->mode, NULL }, r->hist, r->unit);
	buckets(c, &(struct what){ q, r, "traced", q->mode, NULL }, r->traced, 1);
	for (size_t i = 0; i < r->nr_metrics; i++)
		buckets(c, &(struct what){ q, r, "tracer", r->metric[i].name, NULL },
			report_metric_read(&r->metric[i], &scratch), 1);
}

void csv_buckets(struct csv *c, const struct report *r)
{
	csv_each_arm(c, r, bucket_rows);
}

/* ---- between CPUs ---------------------------------------------------------------------------- */

static void matrix_rows(struct csv *c, const struct report_question *q,
			const struct report_result *r)
{
	const struct report_matrix *m = r->matrix;

	for (size_t i = 0; m && i < m->nr; i++) {
		const struct report_cell *cell = &m->cell[i];

		csv_arm(c, q, r);
		csv_text(c, m->metric);
		csv_count(c, cell->waker_cpu);
		csv_count(c, cell->cpu);
		csv_count(c, cell->count);
		csv_count(c, cell->sum);
		csv_count(c, cell->max);
		csv_number(c, cell->p50);
		csv_number(c, cell->p99);
		csv_end(c);
	}
}

void csv_matrix(struct csv *c, const struct report *r)
{
	csv_each_arm(c, r, matrix_rows);
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

void csv_comparisons(struct csv *c, const struct report *r)
{
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; k < q->nr_comparisons; k++)
			comparison(c, r, q, &r->comparison[q->first_comparison + k]);
	}
}
