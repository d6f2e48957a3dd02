/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WAKEUP_SHARED_H
#define KT_BPF_WAKEUP_SHARED_H
/*
 * What wakeup.bpf.c, wake_state.h and wakeup.c agree on: the metrics. wake_state.h says between
 * which stamps they lie.
 *
 * Each wait for a CPU is in one of four populations: WOKEN, PREEMPTED, REQUEUED, FIRST_RUN; RAN is
 * what came of it. WAKE and RUNQ (and PREMIG, where it moved) are the parts of WOKEN and come with
 * each wake; CALL, RESUME and END_TO_END with those of which every stamp was found.
 *
 * RESCHED (a part of the wait of the thread that the CPU switches to), SWITCH and IPI come with
 * --refine only: refine_state.h.
 *
 * By TRACER_GROUP_ARM the parts are those of one whole, from the request to its answer: there WAKE,
 * RUNQ and PREMIG come only together with CALL and the others, so that all their counts agree.
 */
#include "bpf/kinds.h"

#define WAKEUP_METRICS(METRIC)                                                                     \
	METRIC(CALL, "call", "from the request to sched_waking")                                   \
	METRIC(WAKE, "wake", "from sched_waking to sched_wakeup")                                  \
	METRIC(RUNQ, "runq", "from sched_wakeup until it is switched in")                          \
	METRIC(PREMIG, "premig", "the part of runq on a queue it did not run from, if it moved")   \
	METRIC(RESUME, "resume", "from switched in to its first instruction")                      \
	METRIC(END_TO_END, "end_to_end",                                                           \
	       "the whole wake, by the program's own clock where it has one")                      \
	METRIC(UNATTRIBUTED, "unattributed",                                                       \
	       "what its phases leave of end_to_end, by the program's clock")                      \
	METRIC(WOKEN, "woken", "from sched_waking until it is switched in")                        \
	METRIC(PREEMPTED, "preempted", "from being preempted until it is switched in again")       \
	METRIC(REQUEUED, "requeued", "from the end of its slice, or a yield, until it runs again") \
	METRIC(FIRST_RUN, "first_run", "from its creation until it is first switched in")          \
	METRIC(RAN, "ran", "from switched in until it leaves the CPU")                             \
	METRIC(RESCHED, "resched", "from when the CPU was asked to reschedule until it did")       \
	METRIC(SWITCH, "switch", "from switched in until the switch is over")                      \
	METRIC(IPI, "ipi", "the part of wake after the interrupt to another CPU")

enum wakeup_metric { TRACER_METRICS(WAKEUP, WAKEUP_METRICS) };

/* Subjects of --by placement: where it runs, seen from where it ran before. */
#define WAKEUP_PLACEMENTS(PLACEMENT)        \
	PLACEMENT(SAME_CPU, "same CPU")     \
	PLACEMENT(SAME_CACHE, "same cache") \
	PLACEMENT(SAME_NODE, "same node")   \
	PLACEMENT(REMOTE, "remote")         \
	PLACEMENT(FIRST_RUN, "first run")   \
	PLACEMENT(UNKNOWN, "not known")

#define PLACEMENT_ENUM(constant, name) PLACEMENT_##constant,
enum wakeup_placement { PLACEMENT_NONE, WAKEUP_PLACEMENTS(PLACEMENT_ENUM) NR_PLACEMENTS };
#undef PLACEMENT_ENUM

/* What is near a CPU: domains of CPUs, by number; 0: not known. */
struct wakeup_near {
	uint32_t cache; /* that share its last cache */
	uint32_t node;	/* that share its memory */
};
#endif
