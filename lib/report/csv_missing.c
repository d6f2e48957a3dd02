// SPDX-License-Identifier: GPL-2.0-only
/* Tables of what the other tables do not have: lost by tracing, or left out. */
#include "lib/report/csv.h"

#include <math.h>

#include "lib/report/render.h"

/* @t, @all: of a trace, whose kind says what is lost from what; else NULL */
static void loss_rows(struct csv *c, const struct report_run *run, const char *question,
		      const struct report_trace *t, const struct report_waits *all)
{
	const struct report_tracing *tracing = &run->tracing;

	for (size_t i = 0; i < tracing->nr_losses; i++) {
		const struct record_count *loss = &tracing->loss[i];
		const struct record_layout_loss *l = t ? report_loss_layout(t, loss->name) : NULL;
		uint64_t whole = 0;
		double share = t ? report_loss_share(t, all, tracing, loss, &whole) : NAN;

		csv_count(c, run->group + 1);
		csv_text(c, question);
		csv_text(c, loss->name);
		csv_count(c, loss->value);
		csv_text(c, l ? l->of : NULL);
		csv_number(c, whole ? (double)whole : NAN);
		csv_number(c, whole ? share : NAN);
		csv_end(c);
	}
}

/* The tracing of a group of runs stands with its first one. */
void csv_losses(struct csv *c, const struct report *r)
{
	for (size_t i = 0; i < r->nr_runs; i++) {
		bool traced = false;

		if (r->run[i].group != i)
			continue;
		for (size_t k = 0; k < r->nr_questions; k++) {
			const struct report_question *q = &r->question[k];
			struct report_waits all;

			if (!q->trace || q->run != i)
				continue;
			report_waits_all(&all, r, q);
			loss_rows(c, &r->run[i], q->name, q->trace, &all);
			traced = true;
		}
		if (!traced)
			loss_rows(c, &r->run[i], NULL, NULL, NULL);
	}
}

void csv_dropped(struct csv *c, const struct report *r)
{
	for (size_t i = 0; i < r->nr_drops; i++) {
		const struct report_drop *d = &r->drop[i];

		if (d->run == REPORT_NO_RUN)
			csv_text(c, NULL);
		else
			csv_count(c, d->run + 1);
		csv_text(c, report_drop_name(d->kind));
		csv_text(c, d->by_tool ? "measurement" : "report");
		csv_text(c, d->question);
		csv_text(c, d->arm);
		csv_text(c, d->reason);
		csv_count(c, d->count);
		csv_text(c, d->path);
		csv_count(c, d->line);
		csv_end(c);
	}
}
