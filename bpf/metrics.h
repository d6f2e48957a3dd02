/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_METRICS_H
#define KT_BPF_METRICS_H
/*
 * Kinds, groups and metrics of the tracers; part of bpf/tracer.h, apart because BPF needs them too.
 */

enum tracer_kind { TRACER_WAKEUP, TRACER_PARK, TRACER_WORK, TRACER_STOP };
enum tracer_group { TRACER_GROUP_ALL, TRACER_GROUP_ARM, TRACER_GROUP_SUBJECT };
/* What a subject is: the thread; the function of the work or thread; the worker (its thread). */
enum tracer_by { TRACER_BY_THREAD, TRACER_BY_FUNC, TRACER_BY_WORKER };

/*
 * Histograms of one group, k=5, ns. The metrics of a kind stand together. Which ones a kind fills:
 *
 *   wakeup: CALL WAKE RUNQ PREMIG RESUME END_TO_END UNATTRIBUTED KERNEL. All but KERNEL (and PREMIG,
 *           where nothing moved) come together, once per wake of which every stamp was found, so
 *           their counts agree. In a group with no such wake (kernel threads have no stamps)
 *           WAKE, RUNQ and PREMIG come for every wake.
 *   park:   PARK (request to return), PARK_REACT (request to parked), UNPARK (release to running),
 *           UNPARK_CALL
 *   work:   DELAY_IDLE, DELAY_BUSY (queued to started, worker idle or busy when queued), RUN
 *   stop:   STOP (call to return)
 */
enum tracer_metric {
	METRIC_CALL,	     /* T0 request -> T1 sched_waking */
	METRIC_WAKE,	     /* T1 -> T2 sched_wakeup */
	METRIC_RUNQ,	     /* T2 -> T3 switched in */
	METRIC_PREMIG,	     /* part of RUNQ spent on a queue it did not run from; only wakes that
				migrated */
	METRIC_RESUME,	     /* T3 -> T4 first instruction */
	METRIC_END_TO_END,   /* the driver's own clock where it gave one, else T4 - T0 */
	METRIC_UNATTRIBUTED, /* END_TO_END - (CALL + WAKE + RUNQ + RESUME), absolute value */
	METRIC_KERNEL,	     /* T1 -> T3, every wake, also without stamps */
	METRIC_PARK,
	METRIC_PARK_REACT,
	METRIC_UNPARK,
	METRIC_UNPARK_CALL,
	METRIC_DELAY_IDLE,
	METRIC_DELAY_BUSY,
	METRIC_RUN,
	METRIC_STOP,
	NR_METRICS
};
#endif
