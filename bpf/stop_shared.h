/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_STOP_SHARED_H
#define KT_BPF_STOP_SHARED_H
/* What stop.bpf.c and stop.c agree on. */
#include "bpf/tracer_shared.h"

#define STOP_METRICS(METRIC) METRIC(STOP, "stop", "what kthread_stop() takes for its caller")

enum stop_metric { TRACER_METRICS(STOP, STOP_METRICS) };

#define STOP_MAX_PENDING 4096

/* A stop under way, by its caller's thread id. */
struct stop_pending {
	uint64_t start_ns;
	uint32_t group;
	uint32_t session;
};
#endif
