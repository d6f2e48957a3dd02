// SPDX-License-Identifier: GPL-2.0-only
/* What records say of a trace beside its figures: how they belong together, its worst events, its cost. */
#include "lib/report/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- layout ---------------------------------------------------------------------------------- */

/* NULL stays NULL; false: no memory */
static bool keep(struct build *b, const char **text)
{
	if (*text)
		*text = report_keep(b->report, *text);
	else
		return true;
	return *text;
}

static bool keep_layout(struct build *b, struct record_layout *l)
{
	bool kept =
		keep(b, &l->kind) && keep(b, &l->noun) && keep(b, &l->by) && keep(b, &l->target);

	for (size_t i = 0; kept && i < l->nr_metrics; i++) {
		struct record_layout_metric *m = &l->metric[i];

		kept = keep(b, &m->name) && keep(b, &m->title) && keep(b, &m->meaning) &&
		       keep(b, &m->of) && keep(b, &m->waits);
	}
	for (size_t i = 0; kept && i < l->nr_losses; i++)
		kept = keep(b, &l->loss[i].name) && keep(b, &l->loss[i].text) &&
		       keep(b, &l->loss[i].of);
	return kept;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

int build_take_layout(struct build *b, const json_t *record)
{
	struct record_layout *l = malloc(sizeof(*l));
	struct build_question *q;
	struct report_trace *t;
	char why[160];
	int ret = 0;

	if (!l)
		return -ENOMEM;
	if (record_read_layout(record, l, why, sizeof(why))) {
		ret = build_drop(b, DROP_RECORD, l->kind, NULL, why);
		free(l);
		return ret;
	}
	q = build_kind(b, l->kind);
	t = q ? q->q.trace : NULL;
	if (!q) {
		ret = b->nr == MAX_QUESTIONS ? build_drop(b, DROP_QUESTION, l->kind, NULL,
							  "more than 8192 questions")
					     : -ENOMEM;
	} else if (!t->has_layout && !t->layout.nr_metrics) {
		t->has_layout = true;
		t->layout = *l;
		ret = keep_layout(b, &t->layout) ? 0 : -ENOMEM;
	} else if (!same(t->layout.target, l->target)) {
		/* Of runs that are pooled. */
		t->layout.target = NULL;
	}
	free(l);
	return ret;
}

size_t build_trace_metric(struct build *b, struct build_question *q, const char *name)
{
	struct report_trace *t = q->q.trace;
	size_t i = report_trace_metric(t, name);
	const char *kept;

	if (i < t->layout.nr_metrics || i == RECORD_MAX_METRICS)
		return i;
	kept = report_keep(b->report, name);
	if (!kept)
		return i;
	t->layout.metric[t->layout.nr_metrics++] = (struct record_layout_metric){ .name = kept };
	return i;
}

/* ---- events ---------------------------------------------------------------------------------- */

static int add_in_the_way(struct build *b, struct build_question *q, const char *comm, uint64_t ns)
{
	struct report_trace *t = q->q.trace;
	struct report_in_the_way *way;

	for (size_t i = 0; i < t->nr_in_the_way; i++) {
		if (strcmp(t->in_the_way[i].comm, comm))
			continue;
		t->in_the_way[i].ns = report_sum(t->in_the_way[i].ns, ns);
		return 0;
	}
	/* The rest of in_the_way_ns is that of others. */
	if (t->nr_in_the_way == MAX_NAMES)
		return 0;
	if (!build_grow((void **)&t->in_the_way, t->nr_in_the_way, &q->trace->room_in_the_way,
			sizeof(*way)))
		return -ENOMEM;
	way = &t->in_the_way[t->nr_in_the_way];
	*way = (struct report_in_the_way){ report_keep(b->report, comm), ns };
	t->nr_in_the_way += way->comm != NULL;
	return way->comm ? 0 : -ENOMEM;
}

static int take_behind(struct build *b, struct build_question *q, const struct record_event *e)
{
	struct report_trace *t = q->q.trace;
	int ret = 0;

	t->in_the_way_ns = report_sum(t->in_the_way_ns, e->other_ns);
	for (size_t i = 0; !ret && i < e->nr_behind; i++) {
		const struct record_behind *by = &e->behind[i];

		t->in_the_way_ns = report_sum(t->in_the_way_ns, by->ns);
		if (!by->task.tid || by->task.comm)
			ret = add_in_the_way(b, q, by->task.tid ? by->task.comm : "an idle CPU",
					     by->ns);
	}
	return ret;
}

static const char **keep_frames(struct build *b, const struct record_event *e)
{
	size_t nr = e->kernel.nr + e->user.nr;
	const char **frame = calloc(nr + 1, sizeof(*frame));

	for (size_t i = 0; frame && i < nr; i++) {
		frame[i] =
			report_keep(b->report, i < e->kernel.nr ? e->kernel.frame[i]
								: e->user.frame[i - e->kernel.nr]);
		if (!frame[i]) {
			free(frame);
			return NULL;
		}
	}
	return frame;
}

static bool keep_event(struct build *b, struct report_event *to, const struct record_event *e)
{
	*to = (struct report_event){
		.population = e->population,
		.comm = e->task.comm,
		.time_ns = e->time_ns,
		.ns = e->ns,
		.tgid = e->task.tgid,
		.tid = e->task.tid,
		.cpu_before = e->cpu_before,
		.cpu_queued = e->cpu_queued,
		.cpu = e->cpu,
		.migrations = e->migrations,
		.has_waker = e->has_waker,
		.waker = e->waker.task.comm,
		.context = e->waker.context,
		.waker_tid = e->waker.task.tid,
		.waker_cpu = e->has_waker ? e->waker.cpu : RECORD_NO_CPU,
		.nr_behind = e->nr_behind,
		.other_ns = e->other_ns,
		.nr_kernel = e->kernel.nr,
		.nr_user = e->user.nr,
	};
	if (!keep(b, &to->population) || !keep(b, &to->comm) || !keep(b, &to->waker) ||
	    !keep(b, &to->context))
		return false;
	for (size_t i = 0; i < e->nr_behind; i++) {
		const struct record_behind *by = &e->behind[i];

		to->behind[i] = (struct report_behind){ by->task.comm, by->task.tid, by->ns };
		if (!keep(b, &to->behind[i].comm))
			return false;
	}
	to->frame = keep_frames(b, e);
	return to->frame;
}

/* Longest first. */
static int take_worst(struct build *b, struct report_trace *t, const struct record_event *e)
{
	struct report_event made;
	size_t at = t->nr_worst;

	while (at && t->worst[at - 1].ns < e->ns)
		at--;
	if (at == REPORT_NR_WORST)
		return 0;
	if (!keep_event(b, &made, e))
		return -ENOMEM;
	if (t->nr_worst == REPORT_NR_WORST)
		free(t->worst[--t->nr_worst].frame);
	memmove(&t->worst[at + 1], &t->worst[at], (t->nr_worst - at) * sizeof(made));
	t->worst[at] = made;
	t->nr_worst++;
	return 0;
}

int build_take_event(struct build *b, const json_t *record)
{
	struct record_event e;
	struct build_question *q;
	char why[160];
	int ret;

	if (record_read_event(record, &e, why, sizeof(why)))
		return build_drop(b, DROP_RECORD, e.kind, NULL, why);
	q = build_kind(b, e.kind);
	if (!q && b->nr == MAX_QUESTIONS)
		return build_drop(b, DROP_QUESTION, e.kind, NULL, "more than 8192 questions");
	if (!q)
		return -ENOMEM;
	if (e.why != RECORD_WORST) {
		q->q.trace->nr_events++;
		return 0;
	}
	ret = take_behind(b, q, &e);
	return ret ? ret : take_worst(b, q->q.trace, &e);
}

/* ---- cost ------------------------------------------------------------------------------------ */

static int add_program(struct build *b, struct report_tracing *t, const struct record_program *p)
{
	struct record_program *grown;

	for (size_t i = 0; i < t->nr_programs; i++) {
		if (strcmp(t->program[i].name, p->name))
			continue;
		t->program[i].calls = report_sum(t->program[i].calls, p->calls);
		t->program[i].ns = report_sum(t->program[i].ns, p->ns);
		return 0;
	}
	if (t->nr_programs == MAX_NAMES)
		return build_drop(b, DROP_RECORD, NULL, NULL, "more than 256 programs");
	grown = reallocarray(t->program, t->nr_programs + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	t->program = grown;
	grown[t->nr_programs] =
		(struct record_program){ report_keep(b->report, p->name), p->calls, p->ns };
	return grown[t->nr_programs++].name ? 0 : -ENOMEM;
}

int build_take_cost(struct build *b, const json_t *record)
{
	struct report_tracing *t = &b->run[build_group(b)].r.tracing;
	struct record_cost c;
	char why[160];
	int ret = 0;

	if (record_read_cost(record, &c, why, sizeof(why)))
		return build_drop(b, DROP_RECORD, NULL, NULL, why);
	t->sample_ns = report_sum(t->sample_ns, c.sample_ns);
	t->waiting = report_sum(t->waiting, c.waiting);
	if (c.waiting_name && (!t->waiting_name || c.waiting_ns > t->waiting_ns)) {
		t->waiting_ns = c.waiting_ns;
		t->waiting_name = report_keep(b->report, c.waiting_name);
		ret = t->waiting_name ? 0 : -ENOMEM;
	}
	for (size_t i = 0; !ret && i < c.nr_programs; i++)
		ret = add_program(b, t, &c.program[i]);
	return ret;
}
