// SPDX-License-Identifier: GPL-2.0-only
/* The table that a comment begins with: how large the differences are, and what is said of them. */
#include "lib/report/md.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/changes.h"
#include "lib/report/effects.h"

static const struct report_comparison *comparison_of(const struct report *r,
						     const struct report_question *q,
						     const char *candidate, enum judge_metric m)
{
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[q->first_comparison + i];

		if (c->j.metric == m && !strcmp(c->candidate, candidate))
			return c;
	}
	return NULL;
}

static const struct report_result *result_of(const struct report *r,
					     const struct report_question *q, const char *name)
{
	for (size_t i = 0; i < q->nr_results; i++)
		if (!strcmp(r->result[q->first_result + i].name, name))
			return &r->result[q->first_result + i];
	return NULL;
}

/* "1.06 [1.05, 1.07]" */
static void ratio_cell(FILE *out, const struct report_comparison *c)
{
	char text[FIGURE];

	md_cell(out, isnan(c->j.ratio) ? "" : format_ratio(text, c->j.ratio));
	md_interval(out, c->j.lo, c->j.hi);
	fputc(' ', out);
}

/* "▲ slower", "? inconclusive, about 2 s more" */
static void verdict_cell(FILE *out, const struct report_comparison *c)
{
	fprintf(out, "| %s\u00a0", c->unstable || c->moved ? "~" : md_mark(c->j.verdict));
	report_write_verdict(out, c);
	if (c->j.verdict == VERDICT_INCONCLUSIVE &&
	    (c->j.reason != JUDGE_WIDE || !isnan(c->more_s))) {
		fputs(", ", out);
		report_write_why(out, c);
	}
	fputc(' ', out);
}

/* ---- arms ------------------------------------------------------------------------------------ */

/* "▲ 1.14" */
static void tail_cell(FILE *out, const struct report_comparison *c)
{
	char text[FIGURE];

	if (c && !isnan(c->j.ratio))
		fprintf(out, "| %s\u00a0%s ", c->unstable ? "~" : md_mark(c->j.verdict),
			format_ratio(text, c->j.ratio));
	else
		md_cell(out, "");
}

static void effect_row(struct md_part *p, const struct report *r, const struct report_effect *e)
{
	char text[FIGURE];

	md_question_cell(p->out, r, e->q);
	verdict_cell(p->out, e->c);
	ratio_cell(p->out, e->c);
	md_ns_cell(p->out, e->arm ? e->arm->stats.p50 : NAN);
	md_name_cell(p->out, e->c->baseline);
	md_figure(p->out, format_ns(text, e->base ? e->base->stats.p50 : NAN));
	fputc(' ', p->out);
	tail_cell(p->out, comparison_of(r, e->q, e->c->candidate, JUDGE_P99));
	tail_cell(p->out, comparison_of(r, e->q, e->c->candidate, JUDGE_P999));
	md_end_row(p);
}

static void arms(struct md_part *p, const struct report *r)
{
	static const char *const column[] = { "question", "p50", "ratio", "p50 is",
					      "baseline", "p99", "p99.9" };
	const char *subject = report_subject_arm(r);
	struct report_effect *effect;
	ssize_t nr = subject ? report_effects(r, &effect) : 0;
	bool opened;

	if (nr <= 0)
		return;
	fputc('\n', p->out);
	md_name(p->out, subject);
	fputs(" against the baseline of each question, the largest difference first:\n", p->out);
	opened = md_open(p, NULL, column, sizeof(column) / sizeof(column[0]), 2);
	for (ssize_t i = 0; i < nr; i++)
		if (effect[i].c->kind == REPORT_ARMS)
			effect_row(p, r, &effect[i]);
	md_close(p, opened, false, "question");
	free(effect);
}

/* ---- builds and settings --------------------------------------------------------------------- */

static double figure_of(const struct report_result *r, enum judge_metric m)
{
	if (!r)
		return NAN;
	return m == JUDGE_P50	 ? r->stats.p50
	       : m == JUDGE_MEAN ? r->stats.mean
	       : m == JUDGE_P99	 ? r->stats.p99
				 : r->stats.p999;
}

static void change_row(struct md_part *p, const struct report *r, const struct report_row *row)
{
	const struct report_comparison *c = row->telling;

	md_question_cell(p->out, r, row->q);
	md_name_cell(p->out, c->arm);
	verdict_cell(p->out, c);
	md_cell(p->out, judge_metric_name(c->j.metric));
	ratio_cell(p->out, c);
	md_ns_cell(p->out, figure_of(result_of(r, row->q, c->baseline), c->j.metric));
	md_ns_cell(p->out, figure_of(result_of(r, row->q, c->candidate), c->j.metric));
	md_end_row(p);
}

static void changes(struct md_part *p, const struct report *r)
{
	static const char *const column[] = { "question", "arm",    "change", "figure",
					      "ratio",	  "old, A", "new, B" };
	struct report_row *row;
	ssize_t nr = report_rows(r, &row);
	bool opened;

	if (nr < 0)
		return;
	if (nr) {
		opened = md_open(p, NULL, column, sizeof(column) / sizeof(column[0]), 4);
		for (ssize_t i = 0; i < nr; i++)
			change_row(p, r, &row[i]);
		md_close(p, opened, false, "arm");
	}
	free(row);
}

void md_effects(struct md_part *p, const struct report *r)
{
	bool both = report_has_changes(r);

	changes(p, r);
	arms(p, r);
	if (r->nr_comparisons)
		fprintf(p->out,
			"\n▲ %s ▼ %s = %s ? inconclusive ~ unstable; a ratio is that of %s, in brackets its interval.\n",
			both ? "slower, regressed" : "slower", both ? "faster, improved" : "faster",
			both ? "equivalent, unchanged" : "equivalent",
			both ? "new to old, or of an arm to its baseline"
			     : "an arm to its baseline");
	md_always(p);
}
