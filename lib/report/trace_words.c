// SPDX-License-Identifier: GPL-2.0-only
/* What the figures of a trace come to, by what its kind says of them. */
#include "lib/report/trace.h"

#include <math.h>
#include <string.h>

#include "lib/report/report.h"

size_t report_trace_metric(const struct report_trace *t, const char *name)
{
	size_t i = 0;

	while (i < t->layout.nr_metrics && strcmp(t->layout.metric[i].name, name))
		i++;
	return i;
}

bool report_is_whole(const struct report_trace *t, size_t metric)
{
	return !t->layout.metric[metric].of && !t->layout.metric[metric].running;
}

const char *report_trace_title(const struct record_layout_metric *m)
{
	return m->title ? m->title : m->name;
}

/* ---- waits ----------------------------------------------------------------------------------- */

static void add(uint64_t *to, uint64_t value)
{
	*to = report_sum(*to, value);
}

static void add_waits(struct report_waits *w, const struct report_trace *t,
		      const struct report_result *r)
{
	for (size_t i = 0; i < r->nr_metrics; i++) {
		size_t at = report_trace_metric(t, r->metric[i].name);
		uint64_t count = sparse_count(r->metric[i].sparse),
			 sum = sparse_sum(r->metric[i].sparse);
		const struct record_layout_metric *m = &t->layout.metric[at];

		add(&w->values, count);
		if (at == t->layout.nr_metrics)
			continue;
		add(&w->metric_ns[at], sum);
		if (m->counted) {
			add(&w->counted, count);
			add(&w->counted_ns, sum);
		} else if (m->waits) {
			add(&w->others, count);
		}
		if (m->waits)
			add(&w->ns, sum);
		if (m->running)
			add(&w->running_ns, sum);
	}
}

void report_waits_of(struct report_waits *w, const struct report_trace *t,
		     const struct report_result *r)
{
	memset(w, 0, sizeof(*w));
	add_waits(w, t, r);
}

void report_waits_all(struct report_waits *w, const struct report *r,
		      const struct report_question *q)
{
	memset(w, 0, sizeof(*w));
	for (size_t i = 0; i < q->nr_results; i++)
		add_waits(w, q->trace, &r->result[q->first_result + i]);
}

static const struct sparse *values_of(const struct report_result *r, const char *name)
{
	for (size_t i = 0; i < r->nr_metrics; i++)
		if (!strcmp(r->metric[i].name, name))
			return r->metric[i].sparse;
	return NULL;
}

void report_trace_merged(struct hist *sum, const struct report *r, const struct report_question *q,
			 size_t first, size_t nr, const char *name)
{
	const struct report_result *result = &r->result[q->first_result + first];
	uint32_t k = HIST_K_USER;

	for (size_t i = 0; i < nr; i++)
		if (sparse_k(values_of(&result[i], name)) < k)
			k = sparse_k(values_of(&result[i], name));
	hist_init(sum, k);
	for (size_t i = 0; i < nr; i++)
		sparse_merge(sum, values_of(&result[i], name));
}

double report_waits_share(const struct report_waits *w, uint64_t ns)
{
	double all = (double)w->ns + (double)w->running_ns;

	return w->running_ns ? (double)ns / all : NAN;
}

/* ---- losses ---------------------------------------------------------------------------------- */

const struct record_layout_loss *report_loss_layout(const struct report_trace *t, const char *loss)
{
	for (size_t i = 0; i < t->layout.nr_losses; i++)
		if (!strcmp(t->layout.loss[i].name, loss))
			return &t->layout.loss[i];
	return NULL;
}

static bool is_of(const struct record_layout_loss *l, const char *what)
{
	return l && l->of && !strcmp(l->of, what);
}

double report_loss_share(const struct report_trace *t, const struct report_waits *all,
			 const struct report_tracing *tracing, const struct record_count *loss,
			 uint64_t *whole)
{
	const struct record_layout_loss *l = report_loss_layout(t, loss->name);
	uint64_t kept = is_of(l, "values")   ? all->counted
			: is_of(l, "hits")   ? tracing->events
			: is_of(l, "events") ? t->nr_events
					     : 0;

	*whole = 0;
	if (!is_of(l, "values") && !is_of(l, "hits") && !is_of(l, "events"))
		return NAN;
	*whole = report_sum(kept, loss->value);
	return *whole ? (double)loss->value / (double)*whole : 0;
}

double report_coverage(const struct report_trace *t, const struct report_waits *all,
		       const struct report_tracing *tracing)
{
	double kept = 1;

	for (size_t i = 0; i < tracing->nr_losses; i++) {
		const struct record_layout_loss *l = report_loss_layout(t, tracing->loss[i].name);
		uint64_t whole;
		double share = report_loss_share(t, all, tracing, &tracing->loss[i], &whole);

		if (whole && !is_of(l, "events"))
			kept *= 1 - share;
	}
	return kept;
}
