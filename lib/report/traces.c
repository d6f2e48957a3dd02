// SPDX-License-Identifier: GPL-2.0-only
/* What tracers saw: metrics of arms and other subjects, and what they missed and cost. */
#include "lib/report/build.h"

#include <errno.h>
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

static struct report_metric *add_metric(struct build *b, struct report_result *r, const char *name)
{
	const char *kept = report_keep(b->report, name);
	struct report_metric *m;

	if (!kept)
		return NULL;
	m = reallocarray(r->metric, r->nr_metrics + 1, sizeof(*m));
	if (!m)
		return NULL;
	r->metric = m;
	m += r->nr_metrics++;
	m->name = kept;
	m->hist = NULL;
	return m;
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
		m = add_metric(b, &r->r, name);
	if (!m)
		return -ENOMEM;
	ret = build_merge(b, &m->hist);
	if (ret == -EOVERFLOW)
		return build_drop(b, DROP_RECORD, q->q.name, r->r.name,
				  "with those before it holds more than 2^64-1 values");
	return ret;
}

static int take_metrics(struct build *b, struct build_question *q, const struct record_trace *t,
			const json_t *record)
{
	struct build_result *r = build_result_of(q, t->subject);
	int ret = 0;

	if (!r && b->nr_results == MAX_RESULTS)
		return build_drop(b, DROP_RECORD, q->q.name, t->subject, "more than 8192 results");
	if (!r)
		r = build_add_result(b, q, t->subject, true);
	if (!r)
		return -ENOMEM;
	if (t->main_metric && !r->said_metric) {
		r->said_metric = report_keep(b->report, t->main_metric);
		if (!r->said_metric)
			return -ENOMEM;
	}
	for (size_t i = 0; !ret && i < t->nr_metrics; i++)
		ret = take_metric(b, q, r, record, i);
	return ret;
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
	q = build_question_of(b, name, !t.question);
	if (!q && b->nr == MAX_QUESTIONS)
		return build_drop(b, DROP_QUESTION, name, NULL, "more than 8192 questions");
	if (!q)
		q = build_add_kind(b, name);
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

int build_take_losses(struct build *b, const json_t *record)
{
	struct report_tracing *t = &b->run[build_group(b)].r.tracing;
	struct record_losses l;
	char why[160];
	int ret;

	if (record_read_losses(record, &l, why, sizeof(why)))
		return build_drop(b, DROP_RECORD, l.question, NULL, why);
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
