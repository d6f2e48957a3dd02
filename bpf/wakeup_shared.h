/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WAKEUP_SHARED_H
#define KT_BPF_WAKEUP_SHARED_H
/*
 * What wakeup.bpf.c, wake_state.h and wakeup.c agree on: the metrics. wake_state.h says between
 * which stamps they lie.
 *
 * All but KERNEL (and PREMIG, where nothing moved) come together, once per wake of which every
 * stamp was found, so their counts agree. In a group with no such wake (kernel threads have no
 * stamps) WAKE, RUNQ and PREMIG come for every wake.
 */
#include "bpf/kinds.h"

#define WAKEUP_METRICS(METRIC)                                                                   \
	METRIC(CALL, "call", "from the request to sched_waking")                                 \
	METRIC(WAKE, "wake", "from sched_waking to sched_wakeup")                                \
	METRIC(RUNQ, "runq", "from sched_wakeup until it is switched in")                        \
	METRIC(PREMIG, "premig", "the part of runq on a queue it did not run from, if it moved") \
	METRIC(RESUME, "resume", "from switching in to its first instruction")                   \
	METRIC(END_TO_END, "end_to_end",                                                         \
	       "the whole wake, by the program's own clock where it has one")                    \
	METRIC(UNATTRIBUTED, "unattributed", "how far the sum of the phases is from end_to_end") \
	METRIC(KERNEL, "kernel", "from sched_waking until it is switched in, of every wake")

enum wakeup_metric { TRACER_METRICS(WAKEUP, WAKEUP_METRICS) };

/*
 * Histograms beside the metrics: the kernel's phases of wakes that have no stamps. They are
 * reported as WAKE, RUNQ and PREMIG only where a group has no wake with stamps, since parts of one
 * whole must be counted over the same wakes.
 */
enum { HIDDEN_WAKE, HIDDEN_RUNQ, HIDDEN_PREMIG, NR_HIDDEN };

/* index after the metrics, as hist_record() counts */
#define HIDDEN_METRIC(h) (METRIC_KERNEL + 1 - METRIC_CALL + (h))
#endif
