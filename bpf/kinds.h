/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_KINDS_H
#define KT_BPF_KINDS_H
/*
 * The kinds of tracers and what each says of itself; part of bpf/tracer.h, apart because BPF needs
 * it as well.
 *
 * A new kind is three files and one row: NAME.bpf.c measures, NAME_shared.h has its metrics and
 * what both sides agree on, NAME.c has its struct tracer_ops; the row stands in TRACER_KINDS below.
 * Help, refusals, records and `kt doctor` take everything else from there.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/probe/types.h"

/* KIND(constant, symbol): TRACER_<constant>, whose operations are tracer_<symbol>. At most 32. */
#define TRACER_KINDS(KIND)         \
	KIND(WAKEUP, wakeup)       \
	KIND(PARK, park)           \
	KIND(WORK, work)           \
	KIND(WORKQUEUE, workqueue) \
	KIND(STOP, stop)

#define KIND_ENUM(constant, symbol) TRACER_##constant,
enum tracer_kind { TRACER_KINDS(KIND_ENUM) NR_TRACER_KINDS };
#undef KIND_ENUM

enum tracer_group { TRACER_GROUP_ALL, TRACER_GROUP_ARM, TRACER_GROUP_SUBJECT };

/*
 * What a subject is, --by: EACH(constant, name) for every kind, SOME(constant, name) for the kinds
 * that list it. The function that makes the subject of an event is the kind's, in its BPF program;
 * most have it from subject_of_task().
 */
#define TRACER_BREAKDOWNS(EACH, SOME)                                                              \
	EACH(THREAD, "thread")	     /* the thread that the event is about */                      \
	SOME(COMM, "comm")	     /* its name, as ps shows it: threads of one name together */  \
	SOME(CPU, "cpu")	     /* the CPU it runs on then */                                 \
	SOME(CGROUP, "cgroup")	     /* its cgroup */                                              \
	SOME(WAKER, "waker")	     /* who woke it: the name of a thread, interrupt or softirq */ \
	SOME(PLACEMENT, "placement") /* how far from the CPU where it last ran */                  \
	SOME(FUNC, "func")	     /* the function that the work is */                           \
	SOME(WORKER, "worker")	     /* the worker, that is the thread it executes in */           \
	SOME(WORKQUEUE, "workqueue") /* the workqueue that the work was queued on */

#define BY_ENUM(constant, name) TRACER_BY_##constant,
enum tracer_by { TRACER_BREAKDOWNS(BY_ENUM, BY_ENUM) NR_TRACER_BYS };
#undef BY_ENUM

#define TRACER_BY_BIT(constant) (1U << TRACER_BY_##constant)

/*
 * Metrics are histograms of one group, k=5, ns. Their numbers are unique: a kind's begin at
 * TRACER_FIRST_METRIC(kind), at most TRACER_MAX_METRICS of them. A kind lists its own once, as
 * NAME_METRICS(METRIC), and gets an enum and a table from that:
 *
 *	METRIC(constant, name, meaning): METRIC_<constant>, the name in records, what it is
 */
#define TRACER_MAX_METRICS	  16
#define TRACER_FIRST_METRIC(kind) (TRACER_MAX_METRICS * (kind))
#define NR_METRICS		  TRACER_FIRST_METRIC(NR_TRACER_KINDS)

#define TRACER_METRICS(kind, LIST) \
	BEFORE_METRICS_OF_##kind = TRACER_FIRST_METRIC(TRACER_##kind) - 1, LIST(METRIC_ENUM)
#define METRIC_ENUM(constant, name, meaning) METRIC_##constant,
#define METRIC_INIT(constant, name, meaning) { name, meaning },

#ifndef __bpf__
#include <stdbool.h>

#include "bpf/features.h"

struct tracer_metric {
	const char *name;
	const char *meaning; /* for people who read a report: "from ... to ..." */
};

/*
 * How a metric is shown: a row of a report, in the order of the kind's table of them. Metrics that
 * have no row come last, each as a whole.
 */
struct tracer_row {
	uint16_t metric;
	uint16_t of;	   /* with part: the metric that it splits */
	bool part;	   /* else it is a whole, and begins a block */
	bool counted;	   /* its values are what the kind counts: tracer_kind_about.noun */
	bool running;	   /* it is the time on a CPU, of which the waits are a share */
	const char *title; /* NULL: the metric's name */
	const char *waits; /* it is a wait for a CPU, "after wakes"; NULL: it is something else */
};

/* A counter that makes a number incomplete; counters.h says what @of and @text are. */
struct tracer_loss {
	const char *name, *of, *text;
};

/* What a kind says of itself. */
struct tracer_kind_about {
	const char *name;     /* "wakeup" */
	const char *measures; /* "what a wakeup consists of": for a list of kinds */
	const struct tracer_metric *metrics;
	uint32_t nr_metrics; /* at most TRACER_MAX_METRICS */
	/*
	 * Which metric stands for a subject where there is room for one: the first of these that
	 * has values.
	 */
	uint16_t main_metrics[8];
	uint32_t nr_main_metrics;
	const struct tracer_row *rows;
	uint32_t nr_rows;
	const char *noun; /* what it counts, "wakes" */
	uint32_t by;	  /* TRACER_BY_BIT()s of its own; those of every kind are added */
	bool waits;	  /* its single waits can be handed over: events.bpf.h */
	bool episodes;	  /* what it counts can be handed over one by one: episodes.bpf.h */
	uint32_t needs;	  /* FEATURE_BIT()s: what is asked for when it cannot be loaded */
	/*
	 * What a program linked with libkthread must have done to be seen, "queued a work"; NULL:
	 * user threads are seen without libkthread's probes.
	 */
	const char *deed;
};

/* tracer_kind_about - what @kind says of itself; NULL: there is no such kind */
const struct tracer_kind_about *tracer_kind_about(enum tracer_kind kind);

/* tracer_kind_find - the kind called @name, NR_TRACER_KINDS: none */
enum tracer_kind tracer_kind_find(const char *name);

/*
 * tracer_kind_list - the names of @kinds (bits 1 << kind) as text: "park, work and stop"
 * @last: the word before the last one
 *
 * Return: @out.
 */
const char *tracer_kind_list(uint32_t kinds, const char *last, char *out, size_t size);

#define TRACER_ALL_KINDS ((uint32_t)((1ULL << NR_TRACER_KINDS) - 1))

/* tracer_kinds_by - the kinds (bits) that can be broken down by @by */
uint32_t tracer_kinds_by(enum tracer_by by);

/* tracer_kinds_needing - the kinds (bits) that do not load without @feature */
uint32_t tracer_kinds_needing(enum feature feature);

/* tracer_by_name - what --by calls it; NULL beyond the last one */
const char *tracer_by_name(enum tracer_by by);

/* tracer_metric_name - "call", "wake", ... as records call metric @m; NULL: there is none */
const char *tracer_metric_name(uint32_t m);

/*
 * tracer_main_metric - name of the @nth choice (from 0) for the metric that stands for a subject
 *
 * The first that has values is it. NULL: @kind has no further choice.
 */
const char *tracer_main_metric(enum tracer_kind kind, uint32_t nth);

/* tracer_loss_at - number @i of all losses; NULL after the last */
const struct tracer_loss *tracer_loss_at(size_t i);
#endif
#endif
