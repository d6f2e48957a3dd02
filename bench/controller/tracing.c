// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/tracing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bpf/snapshot.h"

struct tracing {
	struct tracer *tracer;
	bool attached;
};

int tracing_open(struct tracing **t, unsigned int nr_arms, char *err, size_t errlen)
{
	struct tracer_opts o = { .kind = TRACER_WAKEUP,
				 .group = TRACER_GROUP_ARM,
				 .nr_groups = nr_arms };
	int ret;

	*t = calloc(1, sizeof(**t));
	if (!*t) {
		snprintf(err, errlen, "no memory");
		return -ENOMEM;
	}
	ret = tracer_open(&(*t)->tracer, &o, err, errlen);
	if (ret) {
		free(*t);
		*t = NULL;
	}
	return ret;
}

int tracing_begin(struct tracing *t, pid_t pid, uint64_t registry_addr, char *err, size_t errlen)
{
	int ret = tracer_add_process(t->tracer, pid, registry_addr);

	if (ret) {
		snprintf(err, errlen, "the tracer cannot watch process %d (error %d)", (int)pid,
			 -ret);
		return ret;
	}
	ret = tracer_attach(t->tracer, err, errlen);
	t->attached = !ret;
	return ret;
}

void tracing_epoch(struct tracing *t, bool on)
{
	tracer_enable(t->tracer, on);
}

void tracing_poll(struct tracing *t)
{
	tracer_poll(t->tracer);
}

int tracing_end(struct tracing *t, const struct suite_question *q, struct record_writer *w)
{
	struct record_trace about = { .question = q->name };
	struct tracer_snapshot *s;
	int ret;

	if (!t->attached)
		return 0;
	tracer_enable(t->tracer, false);
	ret = tracer_read(t->tracer, &s);
	tracer_detach(t->tracer);
	t->attached = false;
	if (ret)
		return ret;
	for (uint32_t i = 0; w && !ret && i < s->nr_groups && i < q->nr_arms; i++) {
		about.subject = q->arm[i];
		ret = snapshot_write_group(w, s, i, &about);
	}
	if (w && !ret)
		ret = snapshot_write_losses(w, s, q->name);
	tracer_snapshot_free(s);
	return ret;
}

void tracing_close(struct tracing *t)
{
	if (t)
		tracer_close(t->tracer);
	free(t);
}
