// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/diff_view.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of both sides together, so that no two results of a question have one name. */
static char *name_of(const struct diff_row *row, enum diff_side s)
{
	char *text = NULL;

	if (asprintf(&text, "%s (%s)", row->arm, diff_side_name(s)) < 0)
		return NULL;
	return text;
}

static bool same_question(const struct diff_row *a, const struct diff_row *b)
{
	return a->latency == b->latency && !strcmp(a->question, b->question);
}

static int add_result(struct diff_view *v, const struct diff_row *row, enum diff_side s)
{
	struct report *r = &v->report;
	char *name = name_of(row, s);

	if (!name)
		return -ENOMEM;
	v->name[r->nr_results] = name;
	r->result[r->nr_results++] = (struct report_result){
		.benchmark = row->question,
		.name = name,
		.of = row->arm,
		.side = diff_side_name(s),
		.unit = 1,
		.stats = { .count = row->nr[s],
			   .mean = row->figure[JUDGE_MEAN].median[s],
			   .p50 = row->figure[JUDGE_P50].median[s],
			   .p90 = NAN,
			   .p99 = row->figure[JUDGE_P99].median[s],
			   .p999 = row->figure[JUDGE_P999].median[s],
			   .max = NAN },
	};
	return 0;
}

static void add_comparison(struct diff_view *v, const struct diff_row *row,
			   const struct diff_figure *f)
{
	struct report *r = &v->report;
	const struct report_result *base = &r->result[r->nr_results - 2];

	v->figure[r->nr_comparisons] = f;
	r->comparison[r->nr_comparisons++] = (struct report_comparison){
		.kind = REPORT_RUNS,
		.benchmark = row->question,
		.baseline = base[0].name,
		.candidate = base[1].name,
		.arm = row->arm,
		.j = { .metric = f->metric,
		       .verdict = f->verdict,
		       .reason = f->reason == DIFF_DECIDED ? JUDGE_DECIDED : JUDGE_WIDE,
		       .zone = f->zone,
		       .nr = f->nr[DIFF_NEW],
		       .ratio = f->ratio,
		       .lo = f->lo,
		       .hi = f->hi,
		       .confidence = f->confidence,
		       .bursts = NAN,
		       .more = NAN },
		.unstable = row->change == DIFF_UNSTABLE,
		.more_s = NAN,
		.shown = f->shown,
	};
}

static int add_row(struct diff_view *v, struct report_question *q, const struct diff_row *row)
{
	if (add_result(v, row, DIFF_BASE) || add_result(v, row, DIFF_NEW))
		return -ENOMEM;
	q->nr_results += 2;
	/* Few operations have no p99.9, and epochs have neither tail: nothing is missing. */
	for (int m = 0; m < NR_JUDGE_METRICS; m++) {
		const struct diff_figure *f = &row->figure[m];

		if (!f->nr[DIFF_BASE] && !f->nr[DIFF_NEW])
			continue;
		add_comparison(v, row, f);
		q->nr_comparisons++;
	}
	return 0;
}

/* A question whose arms differ between runs is met in pieces, and put together here. */
static int add_question(struct diff_view *v, const struct diff *d, size_t first, bool *taken)
{
	struct report *r = &v->report;
	struct report_question *q = &r->question[r->nr_questions++];
	const struct diff_row *row = &d->row[first];
	int ret = 0;

	*q = (struct report_question){ .name = row->question,
				       .mode = row->latency ? "latency" : "time",
				       .kind = REPORT_RUNS,
				       .zone = row->zone,
				       .first_result = r->nr_results,
				       .first_comparison = r->nr_comparisons };
	for (size_t i = first; !ret && i < d->nr_rows; i++) {
		if (taken[i] || !d->row[i].compared || !same_question(&d->row[i], row))
			continue;
		taken[i] = true;
		q->zone = fmax(q->zone, d->row[i].zone);
		ret = add_row(v, q, &d->row[i]);
	}
	return ret;
}

int diff_view_make(struct diff_view *v, const struct diff *d)
{
	bool *taken = calloc(d->nr_rows + 1, sizeof(*taken));
	struct report *r = &v->report;
	int ret = taken ? 0 : -ENOMEM;

	*v = (struct diff_view){ .run = { .header = { .tool = "diff" } } };
	*r = (struct report){ .complete = true, .nr_runs = 1, .nr_groups = 1, .run = &v->run };
	r->question = calloc(d->nr_rows + 1, sizeof(*r->question));
	r->result = calloc(2 * d->nr_rows + 1, sizeof(*r->result));
	r->comparison = calloc(NR_JUDGE_METRICS * d->nr_rows + 1, sizeof(*r->comparison));
	v->figure = calloc(NR_JUDGE_METRICS * d->nr_rows + 1, sizeof(*v->figure));
	v->name = calloc(2 * d->nr_rows + 1, sizeof(*v->name));
	if (!r->question || !r->result || !r->comparison || !v->figure || !v->name)
		ret = -ENOMEM;
	for (size_t i = 0; !ret && i < d->nr_rows; i++)
		if (!taken[i] && d->row[i].compared)
			ret = add_question(v, d, i, taken);
	free(taken);
	return ret;
}

void diff_view_free(struct diff_view *v)
{
	for (size_t i = 0; i < v->report.nr_results; i++)
		free(v->name[i]);
	free(v->name);
	free(v->figure);
	free(v->report.comparison);
	free(v->report.result);
	free(v->report.question);
}
