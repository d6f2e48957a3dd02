/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WORK_SHARED_H
#define KT_BPF_WORK_SHARED_H
/* What work.bpf.c and work.c agree on. */
#include "bpf/tracer_shared.h"

/*
 * A delay on an idle worker says nothing about one on a busy worker: they are never put together.
 */
#define WORK_METRICS(METRIC)                                                                      \
	METRIC(DELAY_IDLE, "delay_idle",                                                          \
	       "from queueing to start, on a worker that waited for work")                        \
	METRIC(DELAY_BUSY, "delay_busy", "from queueing to start, on a worker busy with another") \
	METRIC(RUN, "run", "from start to end")

enum work_metric { TRACER_METRICS(WORK, WORK_METRICS) };

#define WORK_DEFAULT_PENDING 16384
#define WORK_MAX_QUEUERS     65536 /* works that wait, while single ones are asked for */
#define WORK_MAX_THREADS     4096
#define WORK_MAX_BARRIERS    1024

struct work_settings {
	uint64_t kernel_barrier; /* address of kthread_flush_work_fn, 0: not known */
	uint32_t by;		 /* enum tracer_by */
	uint32_t reserved;
};

/* An item from queue to start; the kernel's have tgid 0. */
struct work_key {
	uint64_t work;
	uint32_t tgid;
	uint32_t reserved;
};
#endif
