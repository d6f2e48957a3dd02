/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_PARK_SHARED_H
#define KT_BPF_PARK_SHARED_H
/* What park.bpf.c and park.c agree on. */
#include "bpf/tracer_shared.h"

#define PARK_METRICS(METRIC)                                                             \
	METRIC(PARK, "park", "what kthread_park() takes for its caller")                 \
	METRIC(PARK_REACT, "park_react", "from the request until the thread has parked") \
	METRIC(UNPARK, "unpark", "from the release until the thread runs again")         \
	METRIC(UNPARK_CALL, "unpark_call", "what kthread_unpark() takes for its caller")

enum park_metric { TRACER_METRICS(PARK, PARK_METRICS) };

#define PARK_MAX_THREADS 4096

struct park_call {
	uint64_t begin_ns;
	uint32_t target;
	uint32_t session;
};
#endif
