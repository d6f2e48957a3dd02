// SPDX-License-Identifier: GPL-2.0-only
/* What tracers saw: metrics of arms and other subjects, and what they missed and cost. */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- trace ----------------------------------------------------------------------------------- */

static struct report_metric *find_metric(struct report_result *r, const char *name)
{
	for (size_t i = 0; i < r->nr_metrics; i++)
		if (!strcmp(r->metric[i].name, name))
			return &r->metric[i];
	return NULL;
}

/* @name lives as long as the report; NULL: there was no memory for it. */
static struct report_metric *add_metric(struct report_result *r, const char *name)
{
	struct report_metric *m;

	m = name ? reallocarray(r->metric, r->nr_metrics + 1, sizeof(*m)) : NULL;
	if (!m)
		return NULL;
	r->metric = m;
	m += r->nr_metrics++;
	*m = (struct report_metric){ .name = name };
	return m;
}

/* Ten thousand subjects have the same few names of metrics. */
static struct report_metric *add_kind_metric(struct build *b, struct build_question *q,
					     struct report_result *r, const char *name)
{
	const struct record_layout *l = &q->q.trace->layout;
	size_t number = build_trace_metric(b, q, name);

	return add_metric(r, number < l->nr_metrics ? l->metric[number].name
						    : report_keep(b->report, name));
}

/* The histogram just read, of a subject of a trace. */
static int add_values(struct build *b, struct build_question *q, struct report_metric *m)
{
	int ret;

	if (!q->trace)
		return build_merge(b, &m->hist);
	ret = sparse_add(&m->sparse, &b->scratch);
	if (!ret)
		build_interval_add(b, q, build_trace_metric(b, q, m->name));
	return ret;
}

static int take_metric(struct build *b, struct build_question *q, struct build_result *r,
		       const json_t *record, size_t i)
{
	struct report_metric *m;
	const char *name;
	char why[160];
	int ret;

	if (record_read_metric(record, i, &name, &b->scratch, why, sizeof(why)))
		return build_drop(b, DROP_RECORD, q->q.name, r->r.name, why);
	m = find_metric(&r->r, name);
	if (!m && r->r.nr_metrics == RECORD_MAX_METRICS)
		return build_drop(b, DROP_RECORD, q->q.name, r->r.name,
				  "more than 64 metrics of one subject");
	if (!m)
		m = q->trace ? add_kind_metric(b, q, &r->r, name)
			     : add_metric(&r->r, report_keep(b->report, name));
	if (!m)
		return -ENOMEM;
	ret = add_values(b, q, m);
	if (ret == -EOVERFLOW)
		return build_drop(b, DROP_RECORD, q->q.name, r->r.name,
				  "with those before it holds more than 2^64-1 values");
	return ret;
}

/* Every event stays in the sums. */
#define OTHERS "others"

static struct build_result *subject_of(struct build *b, struct build_question *q, const char *name)
{
	struct build_result *r = build_result_of(q, name);

	if (!r && q->trace && b->nr_subjects >= MAX_SUBJECTS - MAX_QUESTIONS) {
		name = OTHERS;
		r = build_result_of(q, name);
	}
	return r ? r : build_add_result(b, q, name, true);
}

static int take_metrics(struct build *b, struct build_question *q, const struct record_trace *t,
			const json_t *record)
{
	struct build_result *r;
	int ret = 0;

	if (!q->trace && b->nr_results == MAX_RESULTS && !build_result_of(q, t->subject))
		return build_drop(b, DROP_RECORD, q->q.name, t->subject, "more than 8192 results");
	r = subject_of(b, q, t->subject);
	if (!r)
		return -ENOMEM;
	if (t->main_metric && !r->said_metric) {
		r->said_metric = report_keep(b->report, t->main_metric);
		if (!r->said_metric)
			return -ENOMEM;
	}
	if (q->trace)
		ret = build_interval(b, q, t->start_ns, t->end_ns);
	for (size_t i = 0; !ret && i < t->nr_metrics; i++)
		ret = take_metric(b, q, r, record, i);
	ret = ret ? ret : build_take_bands(b, q, r, record);
	return ret ? ret : build_take_matrix(b, q, r, record);
}

/*
 * In a bench run a subject that is not an arm (the kernel's own threads) is a result beside the
 * arms.
 */
int build_take_trace(struct build *b, const json_t *record)
{
	struct build_question *q;
	struct record_trace t;
	const char *name;
	char why[160];
	int ret = record_read_trace(record, &t, why, sizeof(why));

	if (t.question && !build_question_of(b, t.question, false))
		return build_lost_question(b, t.question);
	name = t.question ? t.question : t.kind;
	t.subject = t.subject ? t.subject : "";
	if (ret)
		return build_drop(b, DROP_RECORD, name, t.subject, why);
	q = t.question ? build_question_of(b, name, false) : build_kind(b, name);
	if (!q && b->nr == MAX_QUESTIONS)
		return build_drop(b, DROP_QUESTION, name, NULL, "more than 8192 questions");
	return q ? take_metrics(b, q, &t, record) : -ENOMEM;
}

/* ---- losses ---------------------------------------------------------------------------------- */

static int add_counts(struct build *b, struct record_count **list, size_t *nr,
		      const struct record_count *count, size_t nr_counts, const char *too_many)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < nr_counts; i++) {
		ret = build_add_count(b->report, list, nr, count[i].name, count[i].value);
		if (ret == -E2BIG)
			ret = build_drop(b, DROP_RECORD, NULL, NULL, too_many);
	}
	return ret;
}

/* The share of the values of @q's open interval that @l says were lost. */
static double interval_lost(const struct build_question *q, const struct record_losses *l)
{
	const struct report_trace *t = q->q.trace;
	const struct report_interval *i = &t->last;
	double kept = 1;

	for (size_t n = 0; n < l->nr_losses; n++) {
		const struct record_layout_loss *layout = report_loss_layout(t, l->loss[n].name);
		const char *of = layout ? layout->of : NULL;
		double lost = (double)l->loss[n].value;

		if (!l->loss[n].value)
			continue;
		if (!t->has_layout)
			return NAN;
		if (of && !strcmp(of, "values"))
			kept *= (double)i->counted / ((double)i->counted + lost);
		else if (of && !strcmp(of, "hits"))
			kept *= (double)l->events / ((double)l->events + lost);
	}
	return 1 - kept;
}

/* An interval in which no subject did anything has no other record. */
static int close_intervals(struct build *b, const struct record_losses *l)
{
	size_t group = build_group(b);
	int ret = 0;

	for (size_t i = 0; !ret && i < b->nr; i++) {
		struct build_question *q = &b->question[i];

		if (!q->trace || q->q.run != group)
			continue;
		if (l->end_ns)
			ret = build_interval(b, q, l->start_ns, l->end_ns);
		if (!ret && q->trace->open)
			ret = build_interval_close(b, q, interval_lost(q, l));
	}
	return ret;
}

int build_take_losses(struct build *b, const json_t *record)
{
	struct report_tracing *t = &b->run[build_group(b)].r.tracing;
	struct record_losses l;
	char why[160];
	int ret;

	if (record_read_losses(record, &l, why, sizeof(why)))
		return build_drop(b, DROP_RECORD, l.question, NULL, why);
	ret = l.question ? 0 : close_intervals(b, &l);
	if (ret)
		return ret;
	t->known = true;
	t->events = report_sum(t->events, l.events);
	t->cpu_ns = report_sum(t->cpu_ns, l.cpu_ns);
	t->bpf_ns = report_sum(t->bpf_ns, l.bpf_ns);
	t->has_bpf_ns |= l.has_bpf_ns;
	ret = add_counts(b, &t->loss, &t->nr_losses, l.loss, l.nr_losses,
			 "more than 256 causes of loss");
	return ret ? ret
		   : add_counts(b, &t->counter, &t->nr_counters, l.counter, l.nr_counters,
				"more than 256 counters");
}
