/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WAKEUP_SHARED_H
#define KT_BPF_WAKEUP_SHARED_H
/*
 * Histograms of the wakeup tracer beside its metrics: the kernel's phases of wakes that have no
 * stamps. They are reported as WAKE, RUNQ and PREMIG only where a group has no wake with stamps,
 * since parts of one whole must be counted over the same wakes.
 */
#include "bpf/metrics.h"

enum { HIDDEN_WAKE, HIDDEN_RUNQ, HIDDEN_PREMIG, NR_HIDDEN };

/* index behind the metrics, as hist_record() counts */
#define HIDDEN_METRIC(h) (METRIC_KERNEL + 1 + (h))
#endif
