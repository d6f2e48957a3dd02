// SPDX-License-Identifier: GPL-2.0-only
/* What records say of a trace beside its figures: how they belong together, its cost. */
#include "lib/report/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- layout ---------------------------------------------------------------------------------- */

static bool keep_layout(struct build *b, struct record_layout *l)
{
	bool kept = build_keep(b, &l->kind) && build_keep(b, &l->noun) && build_keep(b, &l->by) &&
		    build_keep(b, &l->target);

	for (size_t i = 0; kept && i < l->nr_metrics; i++) {
		struct record_layout_metric *m = &l->metric[i];

		kept = build_keep(b, &m->name) && build_keep(b, &m->title) &&
		       build_keep(b, &m->meaning) && build_keep(b, &m->of) &&
		       build_keep(b, &m->waits);
	}
	for (size_t i = 0; kept && i < l->nr_losses; i++)
		kept = build_keep(b, &l->loss[i].name) && build_keep(b, &l->loss[i].text) &&
		       build_keep(b, &l->loss[i].of);
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
