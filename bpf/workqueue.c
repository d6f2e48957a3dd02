// SPDX-License-Identifier: GPL-2.0-only
/* The workqueue tracer's loader: see workqueue.bpf.c for what it measures. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/target/symbols.h"

#include "bpf/episodes.h"
#include "bpf/episodes_shared.h"
#include "bpf/func_cache.h"
#include "bpf/subject_func.h"
#include "bpf/tracer_impl.h"
#include "bpf/workqueue_shared.h"
#include "bpf/workqueue_state.h"

#include "bpf/workqueue.skel.h" /* uses the types above */

TRACER_SKELETON(workqueue);

static const struct tracer_metric metrics[] = { WORKQUEUE_METRICS(METRIC_INIT) };

static const struct tracer_row rows[] = {
	{ METRIC_READY_IDLE, .counted = true, .title = "ready -> start, idle" },
	{ METRIC_READY_BUSY, .counted = true, .title = "ready -> start, busy" },
	{ METRIC_HELD, .title = "held back" },
	{ METRIC_WORKQUEUE_RUN, .title = "start -> end" },
};

struct workqueue {
	struct subject_funcs funcs;
	struct func_cache names; /* of the functions of single works */
};

/* What ends an interval comes before what begins one. */
static const char *const programs[] = { "on_worker_exit", "on_end", "on_start", "on_activate",
					"on_queue" };
#define NR_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

/* The function of the works by which a flush waits. */
#define BARRIER "wq_barrier_func"

static const char *const events[] = { "workqueue_queue_work", "workqueue_activate_work",
				      "workqueue_execute_start", "workqueue_execute_end" };

static int check(const struct tracer *t, char *err, size_t errlen)
{
	const struct tracer_opts *o = &t->opts;

	if (o->group == TRACER_GROUP_ARM)
		return error_say(err, errlen, -ENOTSUP, "works have no arms to be grouped by");
	if (o->filter.nr_tids || (o->filter.nr_tgids && !o->command) || o->filter.nr_cgroups)
		return error_say(err, errlen, -EINVAL,
				 "works of the kernel's workqueues belong to no process, thread or "
				 "cgroup; -c GLOB selects workqueues by name");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (!feature_tracepoint_args(events[i]))
			return error_say(err, errlen, -ENOTSUP, "this kernel has no %s events",
					 events[i]);
	return 0;
}

static int workqueue_open(struct tracer *t, char *err, size_t errlen)
{
	struct workqueue_bpf *skel = t->skel;
	uint64_t barrier = 0;
	int ret;

	t->kind = calloc(1, sizeof(struct workqueue));
	if (!t->kind)
		return error_say(err, errlen, -ENOMEM, "out of memory");
	ret = check(t, err, errlen);
	if (ret)
		return ret;
	/* COMMAND only says for how long: what it causes is done by the kernel for all. */
	t->opts.filter.nr_tgids = 0;
	t->opts.kthreads = true;
	t->opts.follow_children = false;
	for (size_t i = 0; i < NR_PROGRAMS; i++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(t->obj, programs[i]),
					  true);
	/* Hidden addresses: flushes count as works; `kt doctor` says so. */
	symbol_find_in_kernel(BARRIER, &barrier);
	skel->rodata->workqueue_settings.barrier = barrier;
	if (t->opts.max_pending)
		bpf_map__set_max_entries(skel->maps.pending, t->opts.max_pending);
	if (episodes_asked(&t->opts)) {
		bpf_map__set_max_entries(skel->maps.queuers, WORKQUEUE_DEFAULT_PENDING);
		bpf_map__set_max_entries(skel->maps.running, WORKQUEUE_MAX_WORKERS);
	}
	return 0;
}

static int workqueue_attach(struct tracer *t, char *err, size_t errlen)
{
	int ret = 0;

	for (size_t i = 0; i < NR_PROGRAMS && !ret; i++)
		ret = attach_program(t, programs[i], err, errlen);
	return ret;
}

/* ---- works that were cancelled --------------------------------------------------------------- */

static int compare_times(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The items of @fd, at most @max; each one's address and when it was queued last. */
static uint32_t read_pending(int fd, uint64_t (*item)[2], uint32_t max)
{
	uint64_t key, *last = NULL;
	uint32_t nr = 0;

	for (; nr < max && !bpf_map_get_next_key(fd, last, &key); last = &key) {
		struct workqueue_item i;

		if (bpf_map_lookup_elem(fd, &key, &i))
			continue;
		item[nr][0] = i.wait[(i.nr_queued - 1) & 1].queued_ns;
		item[nr++][1] = key;
	}
	return nr;
}

/*
 * No event says that a work was cancelled, so its item stays, as does that of a work that was
 * pending when it started. When the map is full the older half of it goes: nearly all works that
 * wait are younger than those.
 */
static int make_room(struct tracer *t)
{
	struct workqueue_bpf *skel = t->skel;
	uint32_t max = bpf_map__max_entries(skel->maps.pending), nr;
	int fd = bpf_map__fd(skel->maps.pending);
	uint64_t(*item)[2];

	if (!__atomic_exchange_n(&skel->bss->workqueue_control.full, 0, __ATOMIC_RELAXED))
		return 0;
	item = calloc(max, sizeof(*item));
	if (!item)
		return -ENOMEM;
	nr = read_pending(fd, item, max);
	qsort(item, nr, sizeof(*item), compare_times);
	for (uint32_t i = 0; i < nr / 2; i++)
		bpf_map_delete_elem(fd, &item[i][1]);
	free(item);
	return 0;
}

static int workqueue_poll(struct tracer *t)
{
	struct workqueue *w = t->kind;
	int ret = make_room(t);

	w->names.pass++;
	if (ret || t->opts.group != TRACER_GROUP_SUBJECT || t->opts.by != TRACER_BY_FUNC)
		return ret;
	return subject_funcs_poll(t, &w->funcs, NULL);
}

static void workqueue_subject_name(struct tracer *t, const struct tracer_subject *s, char *name,
				   size_t size)
{
	struct workqueue *w = t->kind;

	if (t->opts.by == TRACER_BY_FUNC)
		subject_func_name(t, &w->funcs, NULL, s, name, size);
	else if (s->key[1] == WORKQUEUE_SUBJECT_SOFTIRQ)
		snprintf(name, size, "softirq/%" PRIu64, s->key[0]);
	else if (s->tid)
		snprintf(name, size, "%s-%u", s->name, s->tid);
	else
		snprintf(name, size, "%s", s->name);
}

static const char *workqueue_episode_func(struct tracer *t, const struct episode *e)
{
	const struct func_at at = { .func = e->func };
	struct workqueue *w = t->kind;

	return func_cache_name(&w->names, t, &w->funcs, NULL, &at);
}

static void workqueue_close(struct tracer *t)
{
	struct workqueue *w = t->kind;

	func_cache_free(&w->names);
	subject_funcs_free(&w->funcs);
	free(w);
	t->kind = NULL;
}

const struct tracer_ops tracer_workqueue = {
	.about = {
		.name = "workqueue",
		.measures = "how long the kernel's workqueues take",
		.metrics = metrics,
		.nr_metrics = sizeof(metrics) / sizeof(metrics[0]),
		.main_metrics = { METRIC_READY_IDLE, METRIC_READY_BUSY, METRIC_WORKQUEUE_RUN },
		.nr_main_metrics = 3,
		.rows = rows,
		.nr_rows = sizeof(rows) / sizeof(rows[0]),
		.noun = "works",
		.episodes = true,
		.by = TRACER_BY_BIT(FUNC) | TRACER_BY_BIT(WORKQUEUE),
		.needs = FEATURE_BIT(FEATURE_ATOMICS) | FEATURE_BIT(FEATURE_CURRENT_TASK),
	},
	.skeleton = &workqueue_skeleton,
	.counters = COUNTER_BIT(ring_full) | COUNTER_BIT(streamed) | COUNTER_BIT(map_full) | COUNTER_BIT(superseded) | COUNTER_BIT(unmatched) |
		    COUNTER_BIT(negative) | COUNTER_BIT(flush_work) | COUNTER_BIT(filtered),
	.open = workqueue_open,
	.attach = workqueue_attach,
	.poll = workqueue_poll,
	.subject_name = workqueue_subject_name,
	.episode_func = workqueue_episode_func,
	.close = workqueue_close,
};
