// SPDX-License-Identifier: GPL-2.0-only
/* Wakeup latency: loader of wakeup.bpf.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/target/targets.h"

#include "bpf/newcomers.h"
#include "bpf/refine.h"
#include "bpf/tracer_impl.h"
#include "bpf/wakeup.skel.h"
#include "bpf/wakeup_by.h"
#include "bpf/wakeup_shared.h"

TRACER_SKELETON(wakeup);

static const struct tracer_metric metrics[] = { WAKEUP_METRICS(METRIC_INIT) };

/* Call and resume are parts of those wakes that have stamps. */
static const struct tracer_row rows[] = {
	{ METRIC_WOKEN, .counted = true, .title = "woken -> running", .waits = "after wakes" },
	{ METRIC_WAKE, .part = true, .of = METRIC_WOKEN },
	{ METRIC_IPI, .part = true, .of = METRIC_WAKE },
	{ METRIC_RUNQ, .part = true, .of = METRIC_WOKEN },
	{ METRIC_PREMIG, .part = true, .of = METRIC_RUNQ },
	{ METRIC_PREEMPTED, .title = "preempted -> running", .waits = "after preemption" },
	{ METRIC_REQUEUED, .title = "slice over -> running", .waits = "after a slice" },
	{ METRIC_FIRST_RUN, .title = "created -> running", .waits = "before a first run" },
	{ METRIC_END_TO_END, .title = "request -> answer" },
	{ METRIC_CALL, .part = true, .of = METRIC_END_TO_END },
	{ METRIC_RESUME, .part = true, .of = METRIC_END_TO_END },
	{ METRIC_UNATTRIBUTED, .part = true, .of = METRIC_END_TO_END },
	{ METRIC_RAN, .running = true, .title = "ran" },
	{ METRIC_RESCHED, .title = "asked -> switched" },
	{ METRIC_SWITCH, .title = "the switch itself" },
};

/* The kind's own data: files whose probe kthread:slot is attached. */
struct wakeup {
	struct targets files;
	uint32_t nr_attached;
	struct newcomers newcomers; /* where all processes are traced */
	struct wakeup_by by;
};

/*
 * Those that end an interval before those that begin one: what is seen while the rest attaches has
 * no beginning. sched_switch gives the place of each task, so it comes first.
 */
static const char *const programs[] = { "on_sched_switch", "on_sched_migrate_task",
					"on_sched_wakeup", "on_sched_wakeup_new",
					"on_sched_waking" };
#define NR_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

/* Do threads' names matter? Then library threads have their full ones. */
static bool names_matter(const struct tracer *t)
{
	return !t->opts.kthreads &&
	       (t->opts.filter.nr_globs ||
		(t->opts.group == TRACER_GROUP_SUBJECT && t->opts.by == TRACER_BY_THREAD));
}

static int wakeup_open(struct tracer *t, char *err, size_t errlen)
{
	struct wakeup_bpf *skel = t->skel;
	size_t i;

	t->kind = calloc(1, sizeof(struct wakeup));
	if (!t->kind)
		return error_say(err, errlen, -ENOMEM, "out of memory");
	for (i = 0; i < NR_PROGRAMS; i++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(t->obj, programs[i]),
					  true);
	bpf_program__set_autoload(skel->progs.on_slot, true);
	bpf_program__set_autoload(skel->progs.on_thread_created, names_matter(t));
	bpf_program__set_autoload(skel->progs.on_named_thread_exit, names_matter(t));
	return refine_open(t, err, errlen) ?: wakeup_by_open(t, err, errlen);
}

static void wakeup_detach(struct tracer *t)
{
	struct wakeup *w = t->kind;

	/*
	 * Paths lead through processes that may be gone by the next attach: then they are found
	 * anew.
	 */
	targets_free(&w->files);
	w->files = (struct targets){ 0 };
	w->nr_attached = 0;
	newcomers_close(&w->newcomers);
}

#define WITHOUT_STAMPS "no phases call and resume"

/*
 * The semaphore of kthread:slot, raised by attaching, makes the threads of all processes that
 * map the file write stamps.
 */
static int attach_slot_probe(struct tracer *t, const struct target_file *f, char *err,
			     size_t errlen)
{
	int ret;

	if (!target_find(f, "kthread", "slot"))
		return 0;
	ret = attach_usdt(t, "on_slot", f->path, "kthread", "slot", 0, err, errlen);
	if (!ret && names_matter(t) && target_find(f, "kthread", "create"))
		ret = attach_usdt(t, "on_thread_created", f->path, "kthread", "create", 0, err,
				  errlen);
	return ret;
}

/* A file whose probes cannot be attached costs those that map it their stamps, and nobody else. */
static int attach_slot_probes(struct tracer *t, char *err, size_t errlen)
{
	struct wakeup *w = t->kind;
	int ret = 0;

	while (w->nr_attached < w->files.nr) {
		char other[8];
		int one = attach_slot_probe(t, &w->files.file[w->nr_attached++], ret ? other : err,
					    ret ? sizeof(other) : errlen);

		ret = ret ?: one;
	}
	return ret;
}

static int find_stamps(struct tracer *t, pid_t tgid, char *err, size_t errlen)
{
	struct wakeup *w = t->kind;
	uint64_t registry;
	int ret;

	ret = targets_add_process(&w->files, tgid);
	if (ret < 0)
		return error_explain_process(err, errlen, ret, "read the files", tgid);
	ret = attach_slot_probes(t, err, errlen);
	if (ret)
		return ret;
	ret = targets_find_slots(&w->files, tgid, &registry);
	if (ret)
		return ret == -ENOENT
			       ? 0
			       : error_explain_process(err, errlen, ret, "find the slots", tgid);
	return process_set_registry(t, tgid, registry) ?: 1;
}

/* The kernel's phases need no look at the process. */
static int wakeup_process(struct tracer *t, pid_t tgid, char *err, size_t errlen)
{
	int ret = find_stamps(t, tgid, err, errlen);

	return ret < 0 ? attach_without(t, ret, WITHOUT_STAMPS, err) ?: 1 : ret;
}

/* Are registries to be found in whatever process turns up? */
static bool any_process(const struct tracer *t)
{
	return t->follows && !t->by_process;
}

/* What newcomers.h asks for. What cannot be looked at keeps the kernel's phases. */
static int look_at(void *arg, pid_t pid)
{
	struct tracer *t = arg;
	char err[256];
	int ret = find_stamps(t, pid, err, sizeof(err));

	return ret == -ESRCH || ret == -ENOMEM ? ret : 0;
}

static int look_at_all(struct tracer *t, char *err, size_t errlen)
{
	struct wakeup *w = t->kind;
	int ret;

	if (!any_process(t))
		return 0;
	ret = newcomers_open(&w->newcomers) ?: newcomers_all(look_at, t);
	return ret ? error_explain(err, errlen, ret, "look for processes") : 0;
}

static int look_at_newcomers(struct tracer *t)
{
	struct wakeup *w = t->kind;
	uint32_t nr = w->nr_attached;
	int ret;

	if (!any_process(t) || !t->attached)
		return 0;
	ret = newcomers_poll(&w->newcomers, look_at, t);
	/* Others may have mapped a new file, and registered, before its probe was there. */
	return ret || w->nr_attached == nr ? ret : newcomers_all(look_at, t);
}

static int wakeup_attach(struct tracer *t, char *err, size_t errlen)
{
	struct wakeup *w = t->kind;
	int ret = wakeup_by_begin(t, err, errlen);
	size_t i;

	for (i = 0; !ret && i < NR_PROGRAMS; i++)
		ret = attach_program(t, programs[i], err, errlen);
	if (!ret && names_matter(t))
		ret = attach_program(t, "on_named_thread_exit", err, errlen);
	ret = ret ?: refine_attach(t, err, errlen);
	/* After the programs: a thread born in between makes its storage itself. */
	ret = ret ?: attach_iter_once(t, "seed_tasks", err, errlen);
	ret = ret ?: attach_waiting(t, err, errlen);
	/* A command without probes is traced without stamps. */
	if (!ret && t->opts.command && process_command_files(t, &w->files) > 0)
		ret = attach_without(t, attach_slot_probes(t, err, errlen), WITHOUT_STAMPS, err);
	return ret ?: look_at_all(t, err, errlen);
}

static int wakeup_poll(struct tracer *t)
{
	struct wakeup *w = t->kind;

	return look_at_newcomers(t) ?: wakeup_by_poll(t, &w->by);
}

static void wakeup_subject_name(struct tracer *t, const struct tracer_subject *s, char *name,
				size_t size)
{
	struct wakeup *w = t->kind;

	wakeup_by_name(t, &w->by, s, name, size);
}

static void wakeup_close(struct tracer *t)
{
	struct wakeup *w = t->kind;

	wakeup_by_free(&w->by);
	targets_free(&w->files);
	free(w);
	t->kind = NULL;
}

const struct tracer_ops tracer_wakeup = {
	.about = {
		.name = "wakeup",
		.measures = "what a wakeup consists of",
		.metrics = metrics,
		.nr_metrics = sizeof(metrics) / sizeof(metrics[0]),
		.main_metrics = { METRIC_WOKEN, METRIC_END_TO_END, METRIC_PREEMPTED,
				  METRIC_REQUEUED, METRIC_FIRST_RUN, METRIC_RAN },
		.nr_main_metrics = 6,
		.rows = rows,
		.nr_rows = sizeof(rows) / sizeof(rows[0]),
		.noun = "wakes",
		.waits = true,
		.by = TRACER_BY_BIT(COMM) | TRACER_BY_BIT(CPU) | TRACER_BY_BIT(CGROUP) |
		      TRACER_BY_BIT(WAKER) | TRACER_BY_BIT(PLACEMENT),
		.needs = FEATURE_BIT(FEATURE_ATOMICS) | FEATURE_BIT(FEATURE_CURRENT_TASK) |
			 FEATURE_BIT(FEATURE_TASK_STORAGE),
	},
	.skeleton = &wakeup_skeleton,
	.stamps = true,
	.counters = COUNTER_BIT(switch_missed) | COUNTER_BIT(absorbed) | COUNTER_BIT(spun) |
		    COUNTER_BIT(no_slot) | COUNTER_BIT(no_t0) | COUNTER_BIT(stale_t0) |
		    COUNTER_BIT(t0_reused) | COUNTER_BIT(idle_waker) | COUNTER_BIT(foreign_waker) |
		    COUNTER_BIT(no_t4) | COUNTER_BIT(reblocked) | COUNTER_BIT(t4_overrun) |
		    COUNTER_BIT(slot_fault) | COUNTER_BIT(untagged) | COUNTER_BIT(new_task) |
		    COUNTER_BIT(preempted) | COUNTER_BIT(requeued) | COUNTER_BIT(migrated) |
		    COUNTER_BIT(parked) | COUNTER_BIT(unmatched) | COUNTER_BIT(superseded) |
		    COUNTER_BIT(negative) | COUNTER_BIT(filtered) | COUNTER_BIT(ring_full) |
		    COUNTER_BIT(streamed) | COUNTER_BIT(unrecorded) | COUNTER_BIT(yielded) |
		    COUNTER_BIT(idle_polled) | COUNTER_BIT(map_full),
	.open = wakeup_open,
	.attach = wakeup_attach,
	.detach = wakeup_detach,
	.process = wakeup_process,
	.poll = wakeup_poll,
	.subject_name = wakeup_subject_name,
	.close = wakeup_close,
};
