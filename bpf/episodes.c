// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/episodes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/types.h"

#include "bpf/episodes_shared.h"
#include "bpf/events.h"
#include "bpf/percpu.h"
#include "bpf/tracer_impl.h"

struct episodes {
	struct ring_buffer *ring;
	uint32_t passed, pass_max; /* of one pass over the ring */
	int ret;		   /* of the caller's function */
};

int episodes_open(struct tracer *t, char *err, size_t errlen)
{
	struct bpf_map *ring = bpf_object__find_map_by_name(t->obj, "episodes_ring");
	struct events_settings *s = &t->settings->events;
	int ret;

	if (!ring || !episodes_asked(&t->opts))
		return 0;
	t->episodes = calloc(1, sizeof(*t->episodes));
	if (!t->episodes)
		return error_say(err, errlen, -ENOMEM, "out of memory");
	s->episodes = 1;
	s->stream = t->opts.events.stream;
	s->slower_ns = t->opts.events.slower_ns;
	if (percpu_preempt_count(&s->preempt_count))
		s->preempt_count = 0;
	t->episodes->pass_max = events_ring_bytes(&t->opts) / sizeof(struct episode);
	ret = bpf_map__set_max_entries(ring, events_ring_bytes(&t->opts));
	return ret ? error_explain(err, errlen, ret, "size the ring of single %s",
				   t->ops->about.noun)
		   : 0;
}

void episodes_close(struct tracer *t)
{
	if (!t->episodes)
		return;
	ring_buffer__free(t->episodes->ring);
	free(t->episodes);
	t->episodes = NULL;
}

/* ---- as records ------------------------------------------------------------------------------ */

static void make_task(struct record_task *t, const struct events_who *who,
		      char comm[EVENTS_COMM_LEN + 1])
{
	memcpy(comm, who->comm, EVENTS_COMM_LEN);
	comm[EVENTS_COMM_LEN] = '\0';
	*t = (struct record_task){ .comm = comm, .tgid = who->tgid, .tid = who->tid };
}

/* NULL: it is none of this kind's. */
static const char *metric_name(const struct tracer *t, uint32_t metric)
{
	const struct tracer_kind_about *a = &t->ops->about;
	uint32_t nr = metric % TRACER_MAX_METRICS;

	return metric < NR_METRICS && nr < a->nr_metrics ? a->metrics[nr].name : NULL;
}

static void make_phases(const struct tracer *t, struct record_event *e, const struct episode *ep)
{
	for (size_t i = 0; i < EPISODE_STAGES; i++) {
		const struct episode_stage *s = &ep->stage[i];
		const char *name =
			s->metric == EPISODE_PARKED ? "parked" : metric_name(t, s->metric);

		if (s->metric != EPISODE_NO_METRIC && name)
			e->phase[e->nr_phases++] = (struct record_count){ name, s->ns };
	}
}

static int hand(struct tracer *t, const struct episode *ep)
{
	const struct events_opts *o = &t->opts.events;
	char comm[2][EVENTS_COMM_LEN + 1];
	struct record_event e = {
		.kind = t->ops->about.name,
		.population = metric_name(t, ep->metric),
		.why = o->stream ? RECORD_STREAM : RECORD_SLOW,
		.time_ns = ep->end_ns,
		.ns = ep->end_ns - ep->begin_ns,
		.cpu_before = RECORD_NO_CPU,
		.cpu_queued = RECORD_NO_CPU,
		.cpu = ep->cpu,
		.has_waker = ep->has_by,
	};

	if (!t->on_event || !e.population)
		return 0;
	make_phases(t, &e, ep);
	make_task(&e.task, &ep->who, comm[0]);
	if (e.has_waker) {
		make_task(&e.waker.task, &ep->by.who, comm[1]);
		e.waker.context = events_context_name(ep->by.context);
		e.waker.cpu = ep->by.cpu;
	}
	if (t->ops->episode_func)
		e.function = t->ops->episode_func(t, ep);
	return t->on_event(&e, 0, t->on_event_arg);
}

/* ---- the ring -------------------------------------------------------------------------------- */

static int take(void *arg, void *data, size_t size)
{
	struct tracer *t = arg;
	struct episodes *e = t->episodes;

	if (size >= sizeof(struct episode))
		e->ret = hand(t, data);
	/* Ends the pass; what came is consumed. */
	return e->ret || ++e->passed >= e->pass_max ? -EAGAIN : 0;
}

int episodes_begin(struct tracer *t, char *err, size_t errlen)
{
	if (!t->episodes)
		return 0;
	t->episodes->ring = ring_buffer__new(tracer_map_fd(t, "episodes_ring"), take, t, NULL);
	return t->episodes->ring ? 0
				 : error_explain(err, errlen, -errno, "map the ring of single %s",
						 t->ops->about.noun);
}

int episodes_poll(struct tracer *t)
{
	struct episodes *e = t->episodes;
	int ret;

	if (!e)
		return 0;
	do {
		e->passed = 0;
		e->ret = 0;
		ret = ring_buffer__consume(e->ring);
	} while (!t->enabled && !e->ret && (ret > 0 || ret == -EAGAIN));
	if (e->ret)
		return e->ret;
	return ret < 0 && ret != -EAGAIN ? ret : 0;
}
