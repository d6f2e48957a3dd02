/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WORKQUEUE_SHARED_H
#define KT_BPF_WORKQUEUE_SHARED_H
/* What workqueue.bpf.c and workqueue.c agree on. */
#include "bpf/tracer_shared.h"

/*
 * Every work that starts has one of the two waits for a worker, and HELD besides where max_active
 * held it back. Workers that were woken and workers that were busy say nothing about each other:
 * the two are never put together.
 */
#define WORKQUEUE_METRICS(METRIC)                                                                \
	METRIC(HELD, "held", "from queueing until max_active lets it start")                     \
	METRIC(READY_IDLE, "ready_idle", "until it starts, by a worker that was woken for it")   \
	METRIC(READY_BUSY, "ready_busy", "until it starts, where workers were busy with others") \
	METRIC(WORKQUEUE_RUN, "run", "from start to end")

enum workqueue_metric { TRACER_METRICS(WORKQUEUE, WORKQUEUE_METRICS) };

#define WORKQUEUE_DEFAULT_PENDING 16384
#define WORKQUEUE_MAX_WORKERS	  8192

struct workqueue_settings {
	uint64_t barrier; /* address of wq_barrier_func, 0: not known */
};

/* key[1] of a subject that is the softirqs of CPU key[0], which execute BH workqueues. */
#define WORKQUEUE_SUBJECT_SOFTIRQ (~0ULL)

/* Variables, mapped into the loader. */
struct workqueue_control {
	uint32_t full; /* the map of pending works was full; the loader sets it back */
};
#endif
