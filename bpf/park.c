// SPDX-License-Identifier: GPL-2.0-only
/* The park tracer's loader: see park.bpf.c for what it measures. */
#include "bpf/park_shared.h"
#include "bpf/episodes.h"
#include "bpf/usdt_kind.h"

#include "bpf/park.skel.h" /* uses the types above */

TRACER_SKELETON(park);

static const struct tracer_metric metrics[] = { PARK_METRICS(METRIC_INIT) };

static const struct tracer_row rows[] = {
	{ METRIC_PARK, .counted = true, .title = "kthread_park()" },
	{ METRIC_PARK_REACT, .title = "request -> parked" },
	{ METRIC_UNPARK, .title = "release -> running" },
	{ METRIC_UNPARK_CALL, .title = "kthread_unpark()" },
};

static const struct usdt_want probes[] = {
	USDT_WANT_NAMES,
	{ "on_park_begin", "kthread", "park_begin", .optional = false },
	{ "on_unpark_begin", "kthread", "unpark_begin", .optional = false },
	{ "on_parked", "kthread", "parked", .optional = false },
	{ "on_unparked", "kthread", "unparked", .optional = false },
	{ "on_unpark_end", "kthread", "unpark_end", .optional = false },
	{ "on_park_end", "kthread", "park_end", .optional = false },
};

static const char *const kernel_programs[] = { "on_sched_switch", "on_sched_waking" };

static const struct usdt_kind usdt = {
	.want = probes,
	.nr_want = sizeof(probes) / sizeof(probes[0]),
	.kernel_programs = kernel_programs,
	.nr_kernel_programs = sizeof(kernel_programs) / sizeof(kernel_programs[0]),
	.kernel_events = "sched_switch and sched_waking events",
};

static int park_open(struct tracer *t, char *err, size_t errlen)
{
	struct park_bpf *skel = t->skel;

	if (episodes_asked(&t->opts))
		bpf_map__set_max_entries(skel->maps.courses, PARK_MAX_THREADS);
	return usdt_kind_open(t, err, errlen);
}

const struct tracer_ops tracer_park = {
	.about = {
		.name = "park",
		.measures = "what park and unpark take",
		.metrics = metrics,
		.nr_metrics = sizeof(metrics) / sizeof(metrics[0]),
		.main_metrics = { METRIC_PARK, METRIC_UNPARK, METRIC_PARK_REACT },
		.nr_main_metrics = 3,
		.rows = rows,
		.nr_rows = sizeof(rows) / sizeof(rows[0]),
		.noun = "parks",
		.episodes = true,
		.needs = FEATURE_BIT(FEATURE_ATOMICS) | FEATURE_BIT(FEATURE_CURRENT_TASK),
		.deed = "parked a thread",
	},
	.skeleton = &park_skeleton,
	.usdt = &usdt,
	.counters = COUNTER_BIT(ring_full) | COUNTER_BIT(streamed) | COUNTER_BIT(map_full) | COUNTER_BIT(superseded) | COUNTER_BIT(unmatched) |
		    COUNTER_BIT(negative) | COUNTER_BIT(filtered) | COUNTER_BIT(no_nudge) |
		    COUNTER_BIT(park_refused),
	.open = park_open,
	.attach = usdt_kind_attach,
	.detach = usdt_kind_detach,
	.process = usdt_kind_process,
	.poll = usdt_kind_poll,
	.close = usdt_kind_close,
};
