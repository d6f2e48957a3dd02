// SPDX-License-Identifier: GPL-2.0-only
/* The work tracer's loader: see work.bpf.c for what it measures. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/target/symbols.h"

#include "bpf/subject_func.h"
#include "bpf/tracer_impl.h"
#include "bpf/usdt_files.h"
#include "bpf/work_shared.h"

#include "bpf/work.skel.h" /* uses the types above */

struct work {
	struct work_bpf *skel;
	struct usdt_files files;
	struct subject_funcs funcs;
};

static const struct usdt_want probes[] = {
	USDT_WANT_NAMES,
	{ "on_usdt_queue", "sched", "sched_kthread_work_queue_work", false, false },
	{ "on_usdt_cancel", "kthread", "work_cancel", true, false },
	{ "on_usdt_start", "sched", "sched_kthread_work_execute_start", false, false },
	{ "on_usdt_end", "sched", "sched_kthread_work_execute_end", false, false },
};

/* The function of the works by which a flush waits, as the library's file calls it. */
static const char *const barrier_names[] = { "kthread_flush_work_fn", "kt_flush_work_fn" };

static int add_barriers(struct tracer *t, const struct target_file *f, const struct target_probe *p,
			uint64_t cookie)
{
	int fd = tracer_map_fd(t, "barriers"), err = 0;
	const uint32_t one = 1;

	for (size_t n = 0; n < sizeof(barrier_names) / sizeof(barrier_names[0]) && !err; n++) {
		uint64_t addr;

		/* A stripped file does not tell: then flushes count as works. */
		if (symbol_find_in_file(f->path, barrier_names[n], &addr, NULL))
			continue;
		for (uint32_t s = 0; s < p->nr_sites && s < TARGET_MAX_SITES && !err; s++) {
			struct func_origin b = { .cookie = cookie, .distance = addr - p->site[s] };

			err = bpf_map_update_elem(fd, &b, &one, BPF_ANY);
		}
	}
	return err;
}

static void autoload(struct bpf_program *p, bool on)
{
	bpf_program__set_autoload(p, on);
}

static int work_open(struct tracer *t, char *err, size_t errlen)
{
	struct work *w = calloc(1, sizeof(*w));
	bool kernel = t->opts.kthreads;
	struct work_bpf *skel;
	int ret;

	if (!w)
		return error_say(err, errlen, -ENOMEM, "out of memory");
	t->kind = w;
	if (t->opts.group == TRACER_GROUP_ARM)
		return error_say(err, errlen, -ENOTSUP, "works have no arms to be grouped by");
	if (kernel && !(feature_tracepoint_args("sched_kthread_work_queue_work") &&
			feature_tracepoint_args("sched_kthread_work_execute_start") &&
			feature_tracepoint_args("sched_kthread_work_execute_end")))
		return error_say(
			err, errlen, -ENOTSUP,
			"this kernel has no sched_kthread_work_* events (Linux 5.11 brings them)");
	w->files.want = probes;
	w->files.nr_want = sizeof(probes) / sizeof(probes[0]);
	w->files.prepare = add_barriers;
	if (!kernel) {
		ret = usdt_files_open(t, &w->files, err, errlen);
		if (ret)
			return ret;
	}

	skel = w->skel = work_bpf__open();
	if (!skel)
		return error_explain(err, errlen, -errno, "open the work programs");
	t->skel = skel;
	t->obj = skel->obj;
	t->settings = (struct tracer_settings *)&skel->rodata->settings;
	usdt_files_autoload(t, &w->files);
	autoload(skel->progs.on_kernel_queue, kernel);
	autoload(skel->progs.on_kernel_start, kernel);
	autoload(skel->progs.on_kernel_end, kernel);
	autoload(skel->progs.on_thread_exit, true);
	skel->rodata->work_settings.by = t->opts.by;
	if (kernel) {
		uint64_t addr = 0;

		/* Hidden addresses: flushes count as works; `kt doctor` says so. */
		symbol_find_in_kernel("kthread_flush_work_fn", &addr);
		skel->rodata->work_settings.kernel_barrier = addr;
	}
	if (t->opts.max_pending)
		bpf_map__set_max_entries(skel->maps.pending, t->opts.max_pending);
	return 0;
}

static int work_load(struct tracer *t)
{
	struct work *w = t->kind;
	int err = work_bpf__load(w->skel);

	if (!err)
		t->control = &w->skel->bss->control;
	return err;
}

static int work_attach(struct tracer *t, char *err, size_t errlen)
{
	static const char *const kernel_progs[] = { "on_kernel_end", "on_kernel_start",
						    "on_kernel_queue" };
	struct work *w = t->kind;
	int ret = attach_program(t, "on_thread_exit", err, errlen);

	if (!t->opts.kthreads)
		return ret ?: usdt_files_attach(t, &w->files, err, errlen);
	for (size_t i = 0; i < sizeof(kernel_progs) / sizeof(kernel_progs[0]) && !ret; i++)
		ret = attach_program(t, kernel_progs[i], err, errlen);
	return ret;
}

static void work_detach(struct tracer *t)
{
	struct work *w = t->kind;

	usdt_files_detach(&w->files);
}

static int work_process(struct tracer *t, pid_t tgid, char *err, size_t errlen)
{
	struct work *w = t->kind;

	if (t->opts.kthreads)
		return 1;
	if (t->opts.group == TRACER_GROUP_SUBJECT && t->opts.by == TRACER_BY_FUNC)
		subject_funcs_learn(&w->funcs, tgid);
	return usdt_files_process(t, &w->files, tgid, err, errlen);
}

static int work_poll(struct tracer *t)
{
	struct work *w = t->kind;
	int ret = 0;

	if (t->opts.group == TRACER_GROUP_SUBJECT && t->opts.by == TRACER_BY_FUNC)
		ret = subject_funcs_poll(t, &w->funcs, &w->files);
	if (!ret && !t->opts.kthreads)
		ret = usdt_files_poll(t, &w->files);
	return ret;
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

static void work_close(struct tracer *t)
{
	struct work *w = t->kind;

	if (!w)
		return;
	work_bpf__destroy(w->skel);
	usdt_files_free(&w->files);
	subject_funcs_free(&w->funcs);
	free(w);
	t->kind = NULL;
}

const struct tracer_ops tracer_work = {
	.name = "work",
	.first_metric = METRIC_DELAY_IDLE,
	.nr_metrics = METRIC_RUN - METRIC_DELAY_IDLE + 1,
	.counters = COUNTER_BIT(map_full) | COUNTER_BIT(superseded) | COUNTER_BIT(unmatched) |
		    COUNTER_BIT(negative) | COUNTER_BIT(cancelled) | COUNTER_BIT(flush_work) |
		    COUNTER_BIT(filtered),
	.needs = FEATURE_BIT(FEATURE_ATOMICS) | FEATURE_BIT(FEATURE_CURRENT_TASK),
	.open = work_open,
	.load = work_load,
	.attach = work_attach,
	.detach = work_detach,
	.process = work_process,
	.poll = work_poll,
	.subject_name = work_subject_name,
	.close = work_close,
};
