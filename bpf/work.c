// SPDX-License-Identifier: GPL-2.0-only
/* The work tracer's loader: see work.bpf.c for what it measures. */
#include <stdio.h>

#include "lib/target/symbols.h"

#include "bpf/episodes.h"
#include "bpf/episodes_shared.h"
#include "bpf/func_cache.h"
#include "bpf/subject_func.h"
#include "bpf/usdt_kind.h"
#include "bpf/work_shared.h"

#include "bpf/work.skel.h" /* uses the types above */

TRACER_SKELETON(work);

static const struct tracer_metric metrics[] = { WORK_METRICS(METRIC_INIT) };

static const struct tracer_row rows[] = {
	{ METRIC_DELAY_IDLE, .counted = true, .title = "queued -> start, idle" },
	{ METRIC_DELAY_BUSY, .counted = true, .title = "queued -> start, busy" },
	{ METRIC_RUN, .title = "start -> end" },
};

struct work {
	struct usdt_files files; /* must be first: usdt_kind.h takes t->kind for it */
	struct subject_funcs funcs;
	struct func_cache names; /* of the functions of single works */
};

static const struct usdt_want probes[] = {
	USDT_WANT_NAMES,
	{ "on_work_log", "kthread", "work_log", .optional = true },
	{ "on_log_queue", "sched", "sched_kthread_work_queue_work", .episodes = true,
	  .with = "work_log" },
	{ "on_usdt_queue", "sched", "sched_kthread_work_queue_work", .unless = "work_log" },
	{ "on_usdt_cancel", "kthread", "work_cancel", .optional = true, .unless = "work_log" },
	{ "on_log_cancel", "kthread", "work_cancel", .optional = true, .with = "work_log" },
	{ "on_usdt_start", "sched", "sched_kthread_work_execute_start", .unless = "work_log" },
	{ "on_usdt_end", "sched", "sched_kthread_work_execute_end", .unless = "work_log" },
};

static int add_barriers(struct tracer *t, const struct target_file *f, const struct target_probe *p,
			uint64_t cookie)
{
	int fd = tracer_map_fd(t, "barriers"), ret = 0;
	const uint32_t one = 1;

	/* Of before the marks, and stripped: then flushes count as works. */
	if (!f->flush)
		return 0;
	for (uint32_t s = 0; s < p->nr_sites && s < TARGET_MAX_SITES && !ret; s++) {
		struct func_origin b = { .cookie = cookie, .distance = f->flush - p->site[s] };

		ret = bpf_map_update_elem(fd, &b, &one, BPF_ANY);
	}
	return ret;
}

static const char *const kernel_programs[] = { "on_kernel_end", "on_kernel_start",
					       "on_kernel_queue" };

static const struct usdt_kind usdt = {
	.want = probes,
	.nr_want = sizeof(probes) / sizeof(probes[0]),
	.kernel_programs = kernel_programs,
	.nr_kernel_programs = sizeof(kernel_programs) / sizeof(kernel_programs[0]),
	.kernel_events = "sched_kthread_work_* events (needs Linux 5.11 or later)",
	.size = sizeof(struct work),
	.prepare = add_barriers,
};

/* Logs are read when their threads leave the CPU: there before anything is written into them. */
static int work_attach(struct tracer *t, char *err, size_t errlen)
{
	int ret = t->opts.kthreads ? 0 : attach_program(t, "on_log_switch", err, errlen);

	return ret ?: usdt_kind_attach(t, err, errlen);
}

static bool by_function(const struct tracer *t)
{
	return t->opts.group == TRACER_GROUP_SUBJECT && t->opts.by == TRACER_BY_FUNC;
}

static bool wants_functions(const struct tracer *t)
{
	return by_function(t) || episodes_asked(&t->opts);
}

static int work_open(struct tracer *t, char *err, size_t errlen)
{
	struct work_bpf *skel = t->skel;
	int ret = usdt_kind_open(t, err, errlen);

	if (ret)
		return ret;
	skel->rodata->work_settings.by = t->opts.by;
	bpf_program__set_autoload(skel->progs.on_log_switch, !t->opts.kthreads);
	if (t->opts.kthreads) {
		uint64_t addr = 0;

		/* Hidden addresses: flushes count as works; `kt doctor` says so. */
		symbol_find_in_kernel("kthread_flush_work_fn", &addr);
		skel->rodata->work_settings.kernel_barrier = addr;
	}
	if (t->opts.max_pending)
		bpf_map__set_max_entries(skel->maps.pending, t->opts.max_pending);
	if (episodes_asked(&t->opts)) {
		bpf_map__set_max_entries(skel->maps.queuers, WORK_MAX_QUEUERS);
		bpf_map__set_max_entries(skel->maps.running, WORK_MAX_THREADS);
	}
	return 0;
}

static int work_process(struct tracer *t, pid_t tgid, char *err, size_t errlen)
{
	struct work *w = t->kind;
	uint64_t registry;
	int ret;

	if (t->opts.kthreads)
		return 1;
	if (wants_functions(t))
		subject_funcs_learn(&w->funcs, tgid);
	ret = usdt_kind_process(t, tgid, err, errlen);
	/* By their slots those logs are found that an earlier tracer has left. */
	if (ret > 0 && !targets_find_slots(&w->files.targets, tgid, &registry))
		ret = process_set_registry(t, tgid, registry) ?: 1;
	return ret;
}

static int work_poll(struct tracer *t)
{
	struct work *w = t->kind;
	int ret = by_function(t) ? subject_funcs_poll(t, &w->funcs, &w->files) : 0;

	w->names.pass++;
	return ret ?: usdt_kind_poll(t);
}

static void work_subject_name(struct tracer *t, const struct tracer_subject *s, char *name,
			      size_t size)
{
	struct work *w = t->kind;

	if (t->opts.by == TRACER_BY_FUNC)
		subject_func_name(t, &w->funcs, &w->files, s, name, size);
	else
		snprintf(name, size, "%s-%u", s->name, s->tid);
}

static const char *work_episode_func(struct tracer *t, const struct episode *e)
{
	const struct func_at at = { .func = e->func,
				    .tgid = t->opts.kthreads ? 0 : e->who.tgid,
				    .origin = e->origin };
	struct work *w = t->kind;

	return func_cache_name(&w->names, t, &w->funcs, &w->files, &at);
}

static void work_close(struct tracer *t)
{
	struct work *w = t->kind;

	func_cache_free(&w->names);
	subject_funcs_free(&w->funcs);
	usdt_kind_close(t);
}

const struct tracer_ops tracer_work = {
	.about = {
		.name = "work",
		.measures = "how long works wait and run",
		.metrics = metrics,
		.nr_metrics = sizeof(metrics) / sizeof(metrics[0]),
		.main_metrics = { METRIC_DELAY_IDLE, METRIC_DELAY_BUSY, METRIC_RUN },
		.nr_main_metrics = 3,
		.rows = rows,
		.nr_rows = sizeof(rows) / sizeof(rows[0]),
		.noun = "works",
		.by = TRACER_BY_BIT(FUNC) | TRACER_BY_BIT(WORKER),
		.episodes = true,
		.needs = FEATURE_BIT(FEATURE_ATOMICS) | FEATURE_BIT(FEATURE_CURRENT_TASK),
		.deed = "queued a work",
	},
	.skeleton = &work_skeleton,
	.usdt = &usdt,
	.counters = COUNTER_BIT(map_full) | COUNTER_BIT(log_overrun) |
		    COUNTER_BIT(slot_fault) | COUNTER_BIT(ring_full) | COUNTER_BIT(streamed) |
		    COUNTER_BIT(superseded) | COUNTER_BIT(unmatched) |
		    COUNTER_BIT(negative) | COUNTER_BIT(cancelled) | COUNTER_BIT(flush_work) |
		    COUNTER_BIT(filtered),
	.open = work_open,
	.attach = work_attach,
	.detach = usdt_kind_detach,
	.process = work_process,
	.poll = work_poll,
	.subject_name = work_subject_name,
	.episode_func = work_episode_func,
	.close = work_close,
};
