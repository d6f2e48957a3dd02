// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/tracing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bpf/tracer.h"

struct tracing {
	struct tracer *tracer;
	bool attached;
};

int tracing_open(struct tracing **t, unsigned int nr_arms, char *err, size_t errlen)
{
	struct tracer_opts o = { .kind = TRACER_WAKEUP,
				 .group = TRACER_GROUP_ARM,
				 .nr_groups = nr_arms };
	int r;

	*t = calloc(1, sizeof(**t));
	if (!*t) {
		snprintf(err, errlen, "no memory");
		return -ENOMEM;
	}
	r = tracer_open(&(*t)->tracer, &o, err, errlen);
	if (r) {
		free(*t);
		*t = NULL;
	}
	return r;
}

int tracing_begin(struct tracing *t, pid_t pid, uint64_t registry_addr, char *err, size_t errlen)
{
	int r = tracer_add_process(t->tracer, pid, registry_addr);

	if (r) {
		snprintf(err, errlen, "the tracer cannot watch process %d (error %d)", (int)pid,
			 -r);
		return r;
	}
	r = tracer_attach(t->tracer, err, errlen);
	t->attached = !r;
	return r;
}

void tracing_epoch(struct tracing *t, bool on)
{
	tracer_enable(t->tracer, on);
}

void tracing_poll(struct tracing *t)
{
	tracer_poll(t->tracer);
}

int tracing_write_group(struct record_writer *w, const struct tracer_snapshot *s, uint32_t group,
			const char *question, const char *subject)
{
	const struct tracer_group_data *g = &s->group[group];
	json_t *metrics = json_object();

	for (int m = 0; m < NR_METRICS; m++)
		if (g->metric[m] && g->metric[m]->count)
			json_object_set_new(metrics, tracer_metric_name(m),
					    hist_to_json(g->metric[m]));
	if (!json_object_size(metrics)) {
		json_decref(metrics);
		return 0;
	}
	return record_write(w, json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "type", "trace",
					 "question", question, "subject", subject, "start_ns",
					 (json_int_t)s->start_ns, "end_ns", (json_int_t)s->end_ns,
					 "metrics", metrics));
}

int tracing_write_losses(struct record_writer *w, const struct tracer_snapshot *s,
			 const char *question)
{
	json_t *losses = json_object(), *counters = json_object();

	for (uint32_t i = 0; i < s->nr_counters; i++)
		json_object_set_new(s->counter[i].loss ? losses : counters, s->counter[i].name,
				    json_integer((json_int_t)s->counter[i].value));
	return record_write(w, json_pack("{s:s, s:s, s:o, s:o, s:I, s:I, s:I}", "type", "losses",
					 "question", question, "losses", losses, "counters",
					 counters, "events", (json_int_t)s->events, "bpf_ns",
					 (json_int_t)s->bpf_ns, "cpu_ns", (json_int_t)s->cpu_ns));
}

int tracing_end(struct tracing *t, const struct suite_question *q, struct record_writer *w)
{
	struct tracer_snapshot *s;
	int r;

	if (!t->attached)
		return 0;
	tracer_enable(t->tracer, false);
	r = tracer_read(t->tracer, &s);
	tracer_detach(t->tracer);
	t->attached = false;
	if (r)
		return r;
	for (uint32_t i = 0; w && !r && i < s->nr_groups && i < q->nr_arms; i++)
		r = tracing_write_group(w, s, i, q->name, q->arm[i]);
	if (w && !r)
		r = tracing_write_losses(w, s, q->name);
	tracer_snapshot_free(s);
	return r;
}

void tracing_close(struct tracing *t)
{
	if (t)
		tracer_close(t->tracer);
	free(t);
}
