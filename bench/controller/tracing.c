// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/tracing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/snapshot.h"
#include "lib/record/types.h"

/* The longest waits of a question that are kept: as many as a report shows. */
#define NR_WORST 10

struct tracing {
	struct tracer *tracer;
	bool attached;
	/* While tracing_end() reads: */
	const struct suite_question *question;
	struct record_writer *out; /* NULL: nothing is to be written */
};

/* One of the longest waits, of arm number @group. */
static int write_event(const struct record_event *e, uint32_t group, void *arg)
{
	const struct tracing *t = arg;
	struct record_event of_arm = *e;

	if (!t->out || group >= t->question->nr_arms)
		return 0;
	of_arm.question = t->question->name;
	of_arm.subject = t->question->arm[group];
	return record_write_event(t->out, &of_arm);
}

int tracing_open(struct tracing **t, const struct tracing_opts *opts, char *err, size_t errlen)
{
	struct tracer_opts o = { .kind = TRACER_WAKEUP,
				 .group = TRACER_GROUP_ARM,
				 .nr_groups = opts->nr_arms,
				 .matrix = true,
				 .events = { .worst = NR_WORST, .stacks = opts->stacks } };
	int ret;

	*t = calloc(1, sizeof(**t));
	if (!*t) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	ret = tracer_open(&(*t)->tracer, &o, err, errlen);
	if (ret) {
		free(*t);
		*t = NULL;
		return ret;
	}
	tracer_on_event((*t)->tracer, write_event, *t);
	return 0;
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

/* What a wake without phases is counted as, beside the losses. */
static bool explains(const char *counter)
{
	static const char *const causes[] = { "negative",      "no_slot",   "no_t0",
					      "stale_t0",      "t0_reused", "idle_waker",
					      "foreign_waker", "no_t4",	    "t4_overrun",
					      "slot_fault",    "untagged" };

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (!strcmp(counter, causes[i]))
			return true;
	return false;
}

/*
 * Threads that spin until they are told are not woken by the kernel: they have no phases, and that
 * is an answer. Else none at all means that something is wrong. Return: 0, or -ENODATA and @why.
 */
static int check_phases(const struct tracer_snapshot *s, uint32_t nr_arms, char *why, size_t len)
{
	const struct tracer_counter *most = NULL;
	uint64_t whole = 0;

	for (uint32_t i = 0; i < s->nr_groups && i < nr_arms; i++)
		for (uint32_t m = 0; m < NR_METRICS; m++)
			if (s->group[i].metric[m] && !strcmp(tracer_metric_name(m), "call"))
				whole += s->group[i].metric[m]->count;
	for (uint32_t i = 0; i < s->nr_counters; i++) {
		const struct tracer_counter *c = &s->counter[i];

		if (!strcmp(c->name, "spun") && c->value)
			return 0;
		if ((c->loss || explains(c->name)) && c->value > (most ? most->value : 0))
			most = c;
	}
	if (whole)
		return 0;
	if (most)
		snprintf(why, len,
			 "none of the traced wakes has phases: %s %" PRIu64
			 " (kt-trace(1) says what that means)",
			 most->name, most->value);
	else if (s->events)
		snprintf(why, len,
			 "none of the traced wakes has phases, though the kernel reported %" PRIu64
			 " events; `kt doctor` may say why",
			 s->events);
	else
		snprintf(
			why, len,
			"the kernel reported no event while it was traced; `kt doctor` may say why");
	return -ENODATA;
}

int tracing_end(struct tracing *t, const struct suite_question *q, struct record_writer *w,
		char *why, size_t len)
{
	struct record_trace about = { .question = q->name };
	struct tracer_snapshot *s;
	int ret, phases = 0;

	if (!t->attached)
		return 0;
	tracer_enable(t->tracer, false);
	t->question = q;
	t->out = w;
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
	if (q->phases)
		phases = check_phases(s, q->nr_arms, why, len);
	tracer_snapshot_free(s);
	return ret ? ret : phases;
}

void tracing_close(struct tracing *t)
{
	if (t)
		tracer_close(t->tracer);
	free(t);
}
