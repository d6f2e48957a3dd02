// SPDX-License-Identifier: GPL-2.0-only
/* In comments: what traces saw. What was lost comes first, then subjects, then the longest waits. */
#include "lib/report/md.h"

#include <math.h>
#include <string.h>

#define MAX_SHOWN 20 /* subjects that are not folded */
#define MAX_WAITS 3  /* of each question; JSON has all */

static const char *noun_of(const struct report_trace *t)
{
	return t->layout.noun ? t->layout.noun : "events";
}

/* ---- what is missing ------------------------------------------------------------------------- */

static void loss(FILE *out, const struct report_trace *t, const struct report_waits *all,
		 const struct report_tracing *tracing, const struct record_count *lost)
{
	const struct record_layout_loss *l = report_loss_layout(t, lost->name);
	char text[FIGURE];
	uint64_t whole;
	double share = report_loss_share(t, all, tracing, lost, &whole);

	fprintf(out, "- **lost** %s", format_count(text, (double)lost->value));
	if (whole)
		fprintf(out, " of %s", format_count(text, (double)whole));
	if (whole)
		fprintf(out, " (%s)", format_small_percent(text, share));
	fputs(": ", out);
	md_text(out, l && l->text ? l->text : lost->name);
	fputc('\n', out);
}

static void losses(struct md_part *p, const struct report *r, const struct report_question *q)
{
	const struct report_run *run = &r->run[q->run];
	const struct report_tracing *tracing = &run->tracing;
	struct report_waits all;
	double kept;
	char text[FIGURE];

	report_waits_all(&all, r, q);
	kept = report_coverage(q->trace, &all, tracing);
	if (report_losses_missing(run))
		fputs("- **not known** what was lost: the record ends before it says so\n", p->out);
	if (kept < 1) {
		fprintf(p->out, "- %s of the ", format_small_percent(text, 1 - kept));
		md_text(p->out, noun_of(q->trace));
		fputs(" are in no figure\n", p->out);
	}
	md_keep(p);
	for (size_t i = 0; i < tracing->nr_losses; i++) {
		if (!tracing->loss[i].value)
			continue;
		loss(p->out, q->trace, &all, tracing, &tracing->loss[i]);
		md_keep(p);
	}
}

/* ---- subjects -------------------------------------------------------------------------------- */

/* Whole metrics that have values; a subject has a line for each. */
static void metric_row(FILE *out, const struct report_trace *t, const struct report_result *r,
		       const struct report_metric *m, bool first)
{
	static struct hist scratch;
	const struct hist *h = report_metric_read(m, &scratch);
	struct report_stats s = report_stats(h);
	struct report_waits w;
	char text[FIGURE];

	if (first)
		md_name_cell(out, *r->name ? r->name : "all");
	else
		md_cell(out, "");
	md_name_cell(out, m->name);
	md_count_cell(out, (double)s.count);
	md_ns_cell(out, s.p50);
	md_ns_cell(out, s.p90);
	md_ns_cell(out, s.p99);
	md_ns_cell(out, s.max);
	md_ns_cell(out, (double)h->sum);
	report_waits_of(&w, t, r);
	md_cell(out, first && w.ns && w.running_ns
			     ? format_small_percent(text, report_waits_share(&w, w.ns))
			     : "");
	fputs("|\n", out);
}

static bool is_shown(const struct report_trace *t, const struct report_metric *m)
{
	size_t at = report_trace_metric(t, m->name);

	return sparse_count(m->sparse) && (at == t->layout.nr_metrics || report_is_whole(t, at));
}

static void subject_rows(struct md_part *p, const struct report_trace *t,
			 const struct report_result *r)
{
	bool first = true;

	for (size_t i = 0; i < r->nr_metrics; i++) {
		if (!is_shown(t, &r->metric[i]))
			continue;
		metric_row(p->out, t, r, &r->metric[i], first);
		first = false;
	}
	md_keep(p);
}

static void subjects(struct md_part *p, const struct report *r, const struct report_question *q)
{
	static const char *const column[] = { "subject", "metric", "count", "p50",   "p90",
					      "p99",	 "max",	   "total", "waited" };
	const size_t nr_columns = sizeof(column) / sizeof(column[0]);
	bool folded = false, opened;

	if (!q->nr_results)
		return;
	opened = md_open(p, NULL, column, nr_columns, 2);
	for (size_t i = 0; i < q->nr_results; i++) {
		if (i == MAX_SHOWN) {
			md_close(p, opened, folded, "subject");
			folded = true;
			opened = md_open(p, "More subjects", column, nr_columns, 2);
		}
		subject_rows(p, q->trace, &r->result[q->first_result + i]);
	}
	md_close(p, opened, folded, "subject");
}

/* ---- the longest waits ----------------------------------------------------------------------- */

/* @q: of a question, which its rows name; NULL: of a trace */
static void event_row(struct md_part *p, const struct report *r, const struct report_question *q,
		      const struct report_event *e)
{
	if (q) {
		md_question_cell(p->out, r, q);
		md_name_cell(p->out, e->arm);
	}
	md_ns_cell(p->out, (double)e->ns);
	fputs("| ", p->out);
	report_write_waiter(p->out, e, md_name);
	fputs(" | ", p->out);
	md_text(p->out, e->population);
	fputs(" | ", p->out);
	if (e->has_waker)
		report_write_waker(p->out, e, md_name);
	fputs(" | ", p->out);
	report_write_behind(p->out, e, md_name);
	fputs(" | ", p->out);
	if (e->nr_kernel + e->nr_user)
		md_name(p->out, e->frame[0]);
	fputc(' ', p->out);
	md_end_row(p);
}

#define COLUMNS "wait", "of", "what", "woken by", "behind", "stack, innermost"

static void worst(struct md_part *p, const struct report *r, const struct report_trace *t)
{
	static const char *const column[] = { COLUMNS };
	bool opened;

	if (!t->nr_worst)
		return;
	opened = md_open(p, "The longest waits", column, sizeof(column) / sizeof(column[0]), 6);
	for (size_t i = 0; i < t->nr_worst; i++)
		event_row(p, r, NULL, &t->worst[i]);
	md_close(p, opened, true, "wait");
}

void md_waits(struct md_part *p, const struct report *r)
{
	static const char *const column[] = { "question", "arm", COLUMNS };
	bool begun = false, opened = false;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; q->worst && k < q->worst->nr && k < MAX_WAITS; k++) {
			if (!begun)
				opened = md_open(p, "The longest waits of traced blocks", column,
						 sizeof(column) / sizeof(column[0]), 8);
			begun = true;
			event_row(p, r, q, &q->worst->event[k]);
		}
	}
	if (begun)
		md_close(p, opened, true, "wait");
}

void md_traces(struct md_part *p, const struct report *r)
{
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		if (!q->trace)
			continue;
		fputs("\n### ", p->out);
		md_name(p->out, q->name);
		if (r->apart)
			fprintf(p->out, " run %zu", q->run + 1);
		fputs("\n\n", p->out);
		md_keep(p);
		losses(p, r, q);
		subjects(p, r, q);
		worst(p, r, q->trace);
	}
}
