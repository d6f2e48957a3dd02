// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/trace_layout.h"

#include <string.h>

#include "lib/record/record.h"
#include "lib/record/types.h"

static struct record_layout_metric metric_of(const struct tracer_kind_about *a, uint16_t metric)
{
	const struct tracer_metric *m = &a->metrics[metric % TRACER_MAX_METRICS];

	return (struct record_layout_metric){ .name = m->name, .meaning = m->meaning };
}

static void add_rows(struct record_layout *l, const struct tracer_kind_about *a)
{
	for (uint32_t i = 0; i < a->nr_rows; i++) {
		const struct tracer_row *row = &a->rows[i];
		struct record_layout_metric *m = &l->metric[l->nr_metrics++];

		*m = metric_of(a, row->metric);
		m->title = row->title;
		m->waits = row->waits;
		m->running = row->running;
		m->counted = row->counted;
		if (row->part)
			m->of = tracer_metric_name(row->of);
	}
}

static void add_others(struct record_layout *l, const struct tracer_kind_about *a)
{
	for (uint32_t m = 0; m < a->nr_metrics; m++) {
		size_t i = 0;

		while (i < l->nr_metrics && strcmp(l->metric[i].name, a->metrics[m].name))
			i++;
		if (i == l->nr_metrics)
			l->metric[l->nr_metrics++] = metric_of(a, (uint16_t)m);
	}
}

int trace_layout_write(struct record_writer *w, const struct tracer_opts *o, const char *target)
{
	const struct tracer_kind_about *a = tracer_kind_about(o->kind);
	const struct tracer_loss *loss;
	struct record_layout l = {
		.kind = a->name,
		.noun = a->noun,
		.by = o->group == TRACER_GROUP_SUBJECT ? tracer_by_name(o->by) : NULL,
		.target = target,
	};

	add_rows(&l, a);
	add_others(&l, a);
	while ((loss = tracer_loss_at(l.nr_losses)))
		l.loss[l.nr_losses++] = (struct record_layout_loss){ loss->name, loss->text,
								     *loss->of ? loss->of : NULL };
	return record_write_layout(w, &l);
}
