/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_TRACE_H
#define KT_REPORT_TRACE_H
/*
 * What a trace has beside its distributions: how they belong together, its intervals, its worst
 * events. Part of report.h. Which metric is a part of which, which is a wait for a CPU and what is
 * counted say the records; nothing here knows a kind.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/measure/hist.h"
#include "lib/record/types.h"
#include "lib/report/coarse.h"
#include "lib/report/wakes.h"

/* Metrics that are no part of another; further ones have no column of an interval. */
#define REPORT_MAX_WHOLES 8

struct report_interval_part {
	uint64_t count, max_ns;
};

/* What came between two reads of the tracer. */
struct report_interval {
	uint64_t start_ns, end_ns;
	uint64_t counted;				     /* events of the counted metrics */
	uint64_t wait_ns, running_ns;			     /* over all subjects */
	struct report_interval_part part[REPORT_MAX_WHOLES]; /* of the wholes, in their order */
	size_t whole;	      /* the first that has values; REPORT_MAX_WHOLES: none has */
	double p50, p90, p99; /* of that; NAN: too few values */
	struct coarse coarse; /* of that; empty where it is not kept */
	double lost;	      /* a share of its values; NAN: not known */
};

#define REPORT_NR_WORST 10

struct report_behind {
	const char *comm;
	uint64_t tid, ns;
};

/* One of the longest waits. Ids and CPUs as in struct record_event. */
struct report_event {
	const char *arm; /* of a question: whose it was; NULL: not known, or of a trace */
	const char *population, *comm;
	double phase[REPORT_NR_SUMS]; /* parts of ns, by enum report_phase; NAN: not known */
	uint64_t time_ns, ns, tgid, tid, cpu_before, cpu_queued, cpu, migrations;
	bool has_waker;
	const char *waker, *context; /* NULL: not known */
	uint64_t waker_tid, waker_cpu;
	size_t nr_behind;
	struct report_behind behind[RECORD_MAX_BEHIND];
	uint64_t other_ns;
	size_t nr_kernel, nr_user; /* frames of its stack, from the innermost on */
	const char **frame;	   /* those of the kernel first */
};

/* Programs that ran while those of the trace waited: over its longest waits. */
struct report_in_the_way {
	const char *comm;
	uint64_t ns;
};

/* The longest waits of the traced blocks of a question; a trace has the same, as it always had. */
struct report_worst {
	size_t nr;
	struct report_event event[REPORT_NR_WORST]; /* the longest first */
	size_t nr_in_the_way;
	struct report_in_the_way *in_the_way; /* the one that ran longest first */
	uint64_t in_the_way_ns;		      /* of all, those that are not known too */
};

struct report_trace {
	bool has_layout; /* false: an old record; every metric is a whole */
	/* Its names are the report's. */
	struct record_layout layout;
	uint64_t span_ns; /* in intervals, over all runs */
	size_t nr_intervals;
	struct report_interval *interval;
	uint64_t more_intervals; /* not kept */
	uint64_t more_coarse;	 /* intervals that are kept without their distribution */
	struct report_interval last;
	size_t nr_worst;
	struct report_event worst[REPORT_NR_WORST]; /* the longest first */
	uint64_t nr_events;			    /* recorded one by one, as they came */
	size_t nr_in_the_way;
	struct report_in_the_way *in_the_way;
	uint64_t in_the_way_ns; /* of all, those that are not known too */
};

struct report;
struct report_question;
struct report_result;
struct report_tracing;

/* report_trace_metric - number of metric @name in the layout; its nr_metrics: it is not there */
size_t report_trace_metric(const struct report_trace *t, const char *name);

/* report_is_whole - metric number @metric is no part of another, nor the time on a CPU */
bool report_is_whole(const struct report_trace *t, size_t metric);

/* report_trace_title - of metric @m, for people */
const char *report_trace_title(const struct record_layout_metric *m);

/* How long a subject, or all, waited for a CPU, in the metrics that are such waits. */
struct report_waits {
	uint64_t counted, counted_ns; /* events of the counted metrics, and their sum */
	uint64_t others;	      /* waits of the others */
	uint64_t ns, running_ns;
	uint64_t values;			/* of all metrics */
	uint64_t metric_ns[RECORD_MAX_METRICS]; /* by number in the layout */
};

/* report_waits_of - of one subject; report_waits_all - of all of @q */
void report_waits_of(struct report_waits *w, const struct report_trace *t,
		     const struct report_result *r);
void report_waits_all(struct report_waits *w, const struct report *r,
		      const struct report_question *q);

/* report_trace_merged - what the @nr subjects of @q from @first on have of metric @name together */
void report_trace_merged(struct hist *sum, const struct report *r, const struct report_question *q,
			 size_t first, size_t nr, const char *name);

/* report_waits_share - of the time that it ran or wanted to; NAN: not known */
double report_waits_share(const struct report_waits *w, uint64_t ns);

/*
 * report_loss_share - how much was lost for @loss, as a share of what it was lost from, whose number
 * goes to *@whole (0: not known, and then NAN)
 */
double report_loss_share(const struct report_trace *t, const struct report_waits *all,
			 const struct report_tracing *tracing, const struct record_count *loss,
			 uint64_t *whole);

/* report_loss_layout - what the kind says of @loss; NULL: nothing */
const struct record_layout_loss *report_loss_layout(const struct report_trace *t, const char *loss);

/* report_coverage - the share of the values that the figures have; 1: all */
double report_coverage(const struct report_trace *t, const struct report_waits *all,
		       const struct report_tracing *tracing);

/*
 * report_intervals_heading, report_interval_line - a table of intervals, one line each; times from
 * @from_ns on
 */
void report_intervals_heading(FILE *out, const struct report_trace *t);
void report_interval_line(FILE *out, const struct report_trace *t, const struct report_interval *i,
			  uint64_t from_ns);
#endif
