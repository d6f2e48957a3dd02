// SPDX-License-Identifier: GPL-2.0-only
/* The stop tracer's loader: see stop.bpf.c for what it measures. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/stop_shared.h"
#include "bpf/tracer_impl.h"
#include "bpf/usdt_files.h"

#include "bpf/stop.skel.h" /* uses the types above */

struct stop {
	struct stop_bpf *skel;
	struct usdt_files files;
};

static const struct usdt_want probes[] = {
	USDT_WANT_NAMES,
	{ "on_usdt_stop", "sched", "sched_kthread_stop", false, false },
	{ "on_usdt_stop_ret", "sched", "sched_kthread_stop_ret", false, false },
};

static int stop_open(struct tracer *t, char *err, size_t errlen)
{
	struct stop *s = calloc(1, sizeof(*s));
	bool kernel = t->opts.kthreads;
	struct stop_bpf *skel;
	int ret;

	if (!s)
		return error_say(err, errlen, -ENOMEM, "out of memory");
	t->kind = s;
	if (t->opts.group == TRACER_GROUP_ARM)
		return error_say(err, errlen, -ENOTSUP, "stops have no arms to be grouped by");
	if (kernel && !(feature_tracepoint_args("sched_kthread_stop") &&
			feature_tracepoint_args("sched_kthread_stop_ret")))
		return error_say(err, errlen, -ENOTSUP,
				 "this kernel has no sched_kthread_stop events");
	s->files.want = probes;
	s->files.nr_want = sizeof(probes) / sizeof(probes[0]);
	if (!kernel) {
		ret = usdt_files_open(t, &s->files, err, errlen);
		if (ret)
			return ret;
	}
	skel = s->skel = stop_bpf__open();
	if (!skel)
		return error_explain(err, errlen, -errno, "open the stop programs");
	t->skel = skel;
	t->obj = skel->obj;
	t->settings = (struct tracer_settings *)&skel->rodata->settings;
	usdt_files_autoload(t, &s->files);
	bpf_program__set_autoload(skel->progs.on_kernel_stop, kernel);
	bpf_program__set_autoload(skel->progs.on_kernel_stop_ret, kernel);
	bpf_program__set_autoload(skel->progs.on_thread_exit, true);
	return 0;
}

static int stop_load(struct tracer *t)
{
	struct stop *s = t->kind;
	int err = stop_bpf__load(s->skel);

	if (!err)
		t->control = &s->skel->bss->control;
	return err;
}

static int stop_attach(struct tracer *t, char *err, size_t errlen)
{
	struct stop *s = t->kind;
	int ret = attach_program(t, "on_thread_exit", err, errlen);

	if (ret)
		return ret;
	if (!t->opts.kthreads)
		return usdt_files_attach(t, &s->files, err, errlen);
	return attach_program(t, "on_kernel_stop_ret", err, errlen)
		       ?: attach_program(t, "on_kernel_stop", err, errlen);
}

static void stop_detach(struct tracer *t)
{
	struct stop *s = t->kind;

	usdt_files_detach(&s->files);
}

static int stop_process(struct tracer *t, pid_t tgid, char *err, size_t errlen)
{
	struct stop *s = t->kind;

	return t->opts.kthreads ? 1 : usdt_files_process(t, &s->files, tgid, err, errlen);
}

static int stop_poll(struct tracer *t)
{
	struct stop *s = t->kind;

	return t->opts.kthreads ? 0 : usdt_files_poll(t, &s->files);
}

static void stop_subject_name(struct tracer *t, const struct tracer_subject *s, char *name,
			      size_t size)
{
	(void)t;
	snprintf(name, size, "%s", s->name);
}

static void stop_close(struct tracer *t)
{
	struct stop *s = t->kind;

	if (!s)
		return;
	stop_bpf__destroy(s->skel);
	usdt_files_free(&s->files);
	free(s);
	t->kind = NULL;
}

const struct tracer_ops tracer_stop = {
	.name = "stop",
	.first_metric = METRIC_STOP,
	.nr_metrics = 1,
	.counters = COUNTER_BIT(map_full) | COUNTER_BIT(superseded) | COUNTER_BIT(unmatched) |
		    COUNTER_BIT(negative) | COUNTER_BIT(filtered),
	.needs = FEATURE_BIT(FEATURE_ATOMICS) | FEATURE_BIT(FEATURE_CURRENT_TASK),
	.open = stop_open,
	.load = stop_load,
	.attach = stop_attach,
	.detach = stop_detach,
	.process = stop_process,
	.poll = stop_poll,
	.subject_name = stop_subject_name,
	.close = stop_close,
};
