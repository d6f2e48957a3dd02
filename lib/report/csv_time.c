// SPDX-License-Identifier: GPL-2.0-only
/* Tables over time: instances and epochs of a bench run, intervals and single events of a trace. */
#include "lib/report/csv.h"

#include <math.h>

/* ---- instances and epochs -------------------------------------------------------------------- */

/* The number of an instance begins with 1, as that of a run does. */
static void begin_part(struct csv *c, const struct report_question *q,
		       const struct report_result *r, const struct report_part *p)
{
	csv_arm(c, q, r);
	csv_count(c, p->at + 1);
	csv_count(c, q->stretch[p->at].run + 1);
}

/* A time; 0: it is not known. */
static void time_cell(struct csv *c, uint64_t ns)
{
	if (ns)
		csv_count(c, ns);
	else
		csv_text(c, NULL);
}

static void instance_rows(struct csv *c, const struct report_question *q,
			  const struct report_result *r)
{
	for (size_t i = 0; i < r->nr_parts; i++) {
		const struct report_part *p = &r->part[i];
		const struct report_stretch *s = &q->stretch[p->at];
		double count = p->sample.count;

		begin_part(c, q, r, p);
		csv_bool(c, p->fresh);
		time_cell(c, p->start_ns);
		time_cell(c, p->end_ns);
		csv_count(c, p->wall_ns);
		csv_number(c, count);
		csv_number(c, count > 0 ? p->sample.sum / count : NAN);
		csv_number(c, report_part_quantile(p, r->unit, 0.5));
		csv_number(c, report_part_p99(p, r->unit));
		csv_bool(c, s->noisy);
		csv_number(c, s->steal);
		csv_number(c, s->foreign);
		csv_number(c, s->psi_cpu);
		csv_end(c);
	}
}

void csv_instances(struct csv *c, const struct report *r)
{
	csv_each_arm(c, r, instance_rows);
}

static void epoch_rows(struct csv *c, const struct report_question *q,
		       const struct report_result *r)
{
	for (size_t i = 0; i < r->nr_parts; i++) {
		const struct report_part *p = &r->part[i];

		for (size_t k = 0; k < p->nr_passes; k++) {
			const struct report_pass *pass = &p->pass[k];

			begin_part(c, q, r, p);
			csv_count(c, pass->block);
			time_cell(c, pass->start_ns);
			csv_count(c, pass->ns);
			csv_count(c, pass->iterations);
			csv_number(c, pass->p50);
			csv_end(c);
		}
	}
}

void csv_epochs(struct csv *c, const struct report *r)
{
	csv_each_arm(c, r, epoch_rows);
}

/* ---- traces ---------------------------------------------------------------------------------- */

static void interval_rows(struct csv *c, const struct report_question *q,
			  const struct report_interval *n)
{
	const struct report_trace *t = q->trace;
	size_t whole = 0;

	for (size_t m = 0; m < t->layout.nr_metrics && whole < REPORT_MAX_WHOLES; m++) {
		const struct report_interval_part *part = &n->part[whole];
		bool first = whole == n->whole;

		if (!report_is_whole(t, m))
			continue;
		csv_count(c, q->run + 1);
		csv_text(c, q->name);
		csv_count(c, n->start_ns);
		csv_count(c, n->end_ns);
		csv_text(c, t->layout.metric[m].name);
		csv_count(c, part->count);
		csv_number(c, first ? n->p50 : NAN);
		csv_number(c, first ? n->p90 : NAN);
		csv_number(c, first ? n->p99 : NAN);
		csv_number(c, part->count ? (double)part->max_ns : NAN);
		csv_number(c, n->lost);
		csv_count(c, n->wait_ns);
		csv_count(c, n->running_ns);
		csv_end(c);
		whole++;
	}
}

void csv_intervals(struct csv *c, const struct report *r)
{
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_trace *t = r->question[i].trace;

		for (size_t k = 0; t && k < t->nr_intervals; k++)
			interval_rows(c, &r->question[i], &t->interval[k]);
	}
}

static void cpu_cell(struct csv *c, uint64_t cpu)
{
	if (cpu == RECORD_NO_CPU)
		csv_text(c, NULL);
	else
		csv_count(c, cpu);
}

static void waker_cells(struct csv *c, const struct report_event *e)
{
	if (!e->has_waker) {
		for (int i = 0; i < 4; i++)
			csv_text(c, NULL);
		return;
	}
	csv_text(c, e->waker);
	csv_count(c, e->waker_tid);
	cpu_cell(c, e->waker_cpu);
	csv_text(c, e->context);
}

static void event_row(struct csv *c, const struct report_question *q, const struct report_event *e)
{
	csv_count(c, q->run + 1);
	csv_text(c, q->name);
	csv_text(c, e->arm);
	csv_text(c, e->population);
	csv_count(c, e->ns);
	csv_count(c, e->time_ns);
	csv_text(c, e->comm);
	csv_count(c, e->tgid);
	csv_count(c, e->tid);
	cpu_cell(c, e->cpu_before);
	cpu_cell(c, e->cpu_queued);
	cpu_cell(c, e->cpu);
	csv_count(c, e->migrations);
	waker_cells(c, e);
	csv_count(c, e->other_ns);
	csv_end(c);
}

void csv_events(struct csv *c, const struct report *r)
{
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; q->trace && k < q->trace->nr_worst; k++)
			event_row(c, q, &q->trace->worst[k]);
		for (size_t k = 0; q->worst && k < q->worst->nr; k++)
			event_row(c, q, &q->worst->event[k]);
	}
}
