// SPDX-License-Identifier: GPL-2.0-only
/* The stop tracer's loader: see stop.bpf.c for what it measures. */
#include "bpf/stop_shared.h"
#include "bpf/usdt_kind.h"

#include "bpf/stop.skel.h" /* uses the types above */

TRACER_SKELETON(stop);

static const struct tracer_metric metrics[] = { STOP_METRICS(METRIC_INIT) };

static const struct tracer_row rows[] = {
	{ METRIC_STOP, .counted = true, .title = "kthread_stop()" },
};

static const struct usdt_want probes[] = {
	USDT_WANT_NAMES,
	{ "on_usdt_stop", "sched", "sched_kthread_stop", .optional = false },
	{ "on_usdt_stop_ret", "sched", "sched_kthread_stop_ret", .optional = false },
};

static const char *const kernel_programs[] = { "on_kernel_stop_ret", "on_kernel_stop" };

static const struct usdt_kind usdt = {
	.want = probes,
	.nr_want = sizeof(probes) / sizeof(probes[0]),
	.kernel_programs = kernel_programs,
	.nr_kernel_programs = sizeof(kernel_programs) / sizeof(kernel_programs[0]),
	.kernel_events = "sched_kthread_stop events",
};

const struct tracer_ops tracer_stop = {
	.about = {
		.name = "stop",
		.measures = "what stop takes",
		.metrics = metrics,
		.nr_metrics = sizeof(metrics) / sizeof(metrics[0]),
		.main_metrics = { METRIC_STOP },
		.nr_main_metrics = 1,
		.rows = rows,
		.nr_rows = sizeof(rows) / sizeof(rows[0]),
		.noun = "stops",
		.needs = FEATURE_BIT(FEATURE_ATOMICS) | FEATURE_BIT(FEATURE_CURRENT_TASK),
		.deed = "stopped a thread",
	},
	.skeleton = &stop_skeleton,
	.usdt = &usdt,
	.counters = COUNTER_BIT(map_full) | COUNTER_BIT(superseded) | COUNTER_BIT(unmatched) |
		    COUNTER_BIT(negative) | COUNTER_BIT(filtered),
	.open = usdt_kind_open,
	.attach = usdt_kind_attach,
	.detach = usdt_kind_detach,
	.process = usdt_kind_process,
	.poll = usdt_kind_poll,
	.close = usdt_kind_close,
};
