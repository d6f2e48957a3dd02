/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_PROBE_WORK_LOG_H
#define KT_PROBE_WORK_LOG_H
/*
 * Work logs: the trap-free channel between a worker's thread and the tracer.
 *
 * While somebody looks (the probe kthread:work_log, or the one of queueing, has a tracer), a thread
 * that executes works writes down when each was queued, began and ended, in a ring of its own
 * memory. The tracer reads it when the thread leaves its CPU, so nothing traps within what is
 * measured: a work that does nothing lasts as long as a look at the clock.
 *
 * The ring must not wrap unread. A thread that does so much without leaving its CPU announces it:
 * it hits the probe once in KTHREAD_LOG_ANNOUNCE works, between two of them; also with its first
 * one, and, as the last time, before the log is freed. A tracer that comes later finds the log by the
 * thread's slot (lib/probe/slot.h).
 *
 * Written by its thread only, and read while that thread does not run, or is in the probe: plain
 * words, in order. Times are CLOCK_MONOTONIC ns as the thread reads it. The layout is shared with
 * BPF (bpf/work_log.h). Builds for BPF and user space.
 */
#include "lib/probe/types.h"

#define KTHREAD_LOG_MAGIC    0x31474f4c4b574b00ULL /* "\0KWKLOG1" */
#define KTHREAD_LOG_NR	     64			   /* power of two */
#define KTHREAD_LOG_ANNOUNCE 48

/* Where a struct kthread_work holds the time of its queueing, queued_ns; shared with BPF as well. */
#define KTHREAD_WORK_QUEUED_AT 48

#define KTHREAD_LOG_BARRIER 1U /* a flush waits by it: nobody's work */

struct kthread_log_entry {
	uint64_t queued_ns; /* 0: nobody looked then */
	uint64_t start_ns;
	uint64_t end_ns; /* 0: it runs */
	uint64_t func;
	uint64_t flags;
};

struct kthread_log_head {
	uint64_t magic;	  /* 0 when it is no more */
	uint32_t tid;	  /* as gettid() returns it */
	uint32_t started; /* works so far; the n-th, from 0, is in entry n modulo KTHREAD_LOG_NR */
	uint32_t announced; /* value of started when last announced */
	uint32_t reserved;
};

struct kthread_work_log {
	struct kthread_log_head head;
	struct kthread_log_entry entry[KTHREAD_LOG_NR];
};

_Static_assert(sizeof(struct kthread_work_log) == 24 + 40 * KTHREAD_LOG_NR, "what BPF reads");
#endif
