// SPDX-License-Identifier: GPL-2.0-only
/* The park tracer's loader: see park.bpf.c for what it measures. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/park_shared.h"
#include "bpf/tracer_impl.h"
#include "bpf/usdt_files.h"

#include "bpf/park.skel.h" /* uses the types above */

struct park {
	struct park_bpf *skel;
	struct usdt_files files;
};

static const struct usdt_want probes[] = {
	USDT_WANT_NAMES,
	{ "on_park_begin", "kthread", "park_begin", false, false },
	{ "on_unpark_begin", "kthread", "unpark_begin", false, false },
	{ "on_parked", "kthread", "parked", false, false },
	{ "on_unparked", "kthread", "unparked", false, false },
	{ "on_unpark_end", "kthread", "unpark_end", false, false },
	{ "on_park_end", "kthread", "park_end", false, false },
};

/* What closes an interval comes before what opens one. */
static const char *const kernel_programs[] = { "on_sched_switch", "on_sched_waking" };
#define NR_KERNEL_PROGRAMS (sizeof(kernel_programs) / sizeof(kernel_programs[0]))

static void autoload(struct bpf_object *obj, const char *name, bool on)
{
	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, name), on);
}

static int park_open(struct tracer *t, char *err, size_t errlen)
{
	struct park *s = calloc(1, sizeof(*s));
	bool kernel = t->opts.kthreads;
	struct park_bpf *skel;
	int ret;

	if (!s)
		return error_say(err, errlen, -ENOMEM, "out of memory");
	t->kind = s;
	if (t->opts.group == TRACER_GROUP_ARM)
		return error_say(err, errlen, -ENOTSUP, "parks have no arms to be grouped by");
	s->files.want = probes;
	s->files.nr_want = sizeof(probes) / sizeof(probes[0]);
	if (!kernel) {
		ret = usdt_files_open(t, &s->files, err, errlen);
		if (ret)
			return ret;
	}
	skel = s->skel = park_bpf__open();
	if (!skel)
		return error_explain(err, errlen, -errno, "open the park programs");
	t->skel = skel;
	t->obj = skel->obj;
	t->settings = (struct tracer_settings *)&skel->rodata->settings;
	usdt_files_autoload(t, &s->files);
	for (size_t i = 0; i < NR_KERNEL_PROGRAMS; i++)
		autoload(t->obj, kernel_programs[i], kernel);
	autoload(t->obj, "on_thread_exit", true);
	return 0;
}

static int park_load(struct tracer *t)
{
	struct park *s = t->kind;
	int err = park_bpf__load(s->skel);

	if (!err)
		t->control = &s->skel->bss->control;
	return err;
}

static int park_attach(struct tracer *t, char *err, size_t errlen)
{
	struct park *s = t->kind;
	int ret = attach_program(t, "on_thread_exit", err, errlen);

	if (ret)
		return ret;
	if (!t->opts.kthreads)
		return usdt_files_attach(t, &s->files, err, errlen);
	for (size_t i = 0; i < NR_KERNEL_PROGRAMS && !ret; i++)
		ret = attach_program(t, kernel_programs[i], err, errlen);
	return ret;
}

static void park_detach(struct tracer *t)
{
	struct park *s = t->kind;

	usdt_files_detach(&s->files);
}

static int park_process(struct tracer *t, pid_t tgid, char *err, size_t errlen)
{
	struct park *s = t->kind;

	return t->opts.kthreads ? 1 : usdt_files_process(t, &s->files, tgid, err, errlen);
}

static int park_poll(struct tracer *t)
{
	struct park *s = t->kind;

	return t->opts.kthreads ? 0 : usdt_files_poll(t, &s->files);
}

static void park_close(struct tracer *t)
{
	struct park *s = t->kind;

	if (!s)
		return;
	park_bpf__destroy(s->skel);
	usdt_files_free(&s->files);
	free(s);
	t->kind = NULL;
}

const struct tracer_ops tracer_park = {
	.name = "park",
	.first_metric = METRIC_PARK,
	.nr_metrics = METRIC_UNPARK_CALL - METRIC_PARK + 1,
	.counters = COUNTER_BIT(map_full) | COUNTER_BIT(superseded) | COUNTER_BIT(unmatched) |
		    COUNTER_BIT(negative) | COUNTER_BIT(filtered) | COUNTER_BIT(no_nudge) |
		    COUNTER_BIT(park_refused),
	.needs = FEATURE_BIT(FEATURE_ATOMICS) | FEATURE_BIT(FEATURE_CURRENT_TASK),
	.open = park_open,
	.load = park_load,
	.attach = park_attach,
	.detach = park_detach,
	.process = park_process,
	.poll = park_poll,
	.close = park_close,
};
