/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_EPISODES_SHARED_H
#define KT_BPF_EPISODES_SHARED_H
/*
 * Single works and parks, as BPF hands them to the loader: episodes.bpf.h writes them, episodes.c
 * reads them. An episode is a work from its queueing to its end, or a park from its request until
 * the thread runs again; when the beginning was not seen, from the first moment that was.
 */
#include "bpf/subject_func.h"

#define EPISODE_STAGES 3

/* Instead of a metric: there is no such stage; parked, and nobody has released it yet. */
#define EPISODE_NO_METRIC 0xffffffffU
#define EPISODE_PARKED	  0xfffffffeU

/* A part of it; they follow each other. */
struct episode_stage {
	uint64_t ns;
	uint32_t metric;
	uint32_t reserved;
};

struct episode {
	uint64_t begin_ns, end_ns;
	struct episode_stage stage[EPISODE_STAGES];
	uint64_t func; /* of a work */
	struct func_origin origin;
	struct events_who who;
	struct events_waker by; /* who queued the work, or asked for the park */
	uint32_t has_by;
	uint32_t metric; /* that counts it */
	uint32_t cpu;	 /* at its end */
	uint32_t reserved;
};
#endif
