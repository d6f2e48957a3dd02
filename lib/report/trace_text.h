/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_TRACE_TEXT_H
#define KT_REPORT_TRACE_TEXT_H
/*
 * The parts of a trace's text: trace_text.c writes the answer and the tables, trace_foot.c what
 * stands below them. For lib/report only.
 */
#include "lib/report/text.h"

struct trace_text {
	struct text *t;
	const struct report_question *q;
	const struct report_trace *trace;
	const struct report_run *run;
	struct report_waits all;
	int name; /* columns of the first column */
};

/* trace_text_noun - what is counted; "events" when the record does not say */
const char *trace_text_noun(const struct report_trace *t);

/* trace_text_seconds - from the beginning of the trace to @ns */
double trace_text_seconds(const struct report_trace *t, uint64_t ns);

/* trace_text_pairs - between which CPUs wakes went, those that waited longest first */
void trace_text_pairs(const struct trace_text *x, const struct report_matrix *m);

/* trace_text_worst - the longest waits, and who was in the way */
void trace_text_worst(const struct trace_text *x);

/* trace_text_foot - what was lost, what looking cost */
void trace_text_foot(const struct trace_text *x);
#endif
