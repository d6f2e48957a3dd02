/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_H
#define KT_REPORT_H
/*
 * Reports: records in, text, HTML or JSON out. model.c turns a file into a struct report (pure: no output),
 * each renderer is one file and writes what the model holds. Names of threads and arms are hostile input: every
 * renderer escapes in one place.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <jansson.h>

#include "lib/measure/hist.h"
#include "lib/measure/verdict.h"

#define REPORT_NR_PHASES 8
/* Names of the phase histograms, in the order in which they are shown; those of tracer_metric_name(). */
extern const char *const report_phase_name[REPORT_NR_PHASES];

/* One arm's answer to one question, or one subject of a trace. */
struct report_result {
	const char *benchmark; /* question; for traces the kind */
	const char *name;      /* arm or subject, unescaped */
	const char *label;
	bool from_trace;
	struct hist *hist;	  /* untraced blocks; for traces the kind's main metric */
	struct hist *traced;	  /* end to end of the traced blocks, by the driver; NULL: none */
	uint64_t iterations;
	uint64_t cpu_ns;	  /* over the untraced blocks */
	json_t *metrics;	  /* name -> hist as recorded, NULL: none */
	struct hist *phase[REPORT_NR_PHASES]; /* NULL: none */
	size_t nr_blocks;
	double *block_p50, *block_p99; /* per untraced block, NAN where the arm is missing */
};

struct report_comparison {
	const char *benchmark, *metric; /* "p50", "p99" */
	const char *baseline, *candidate;
	struct comparison c;
};

struct report_question {
	const char *name, *mode, *baseline;
	double zone;
	size_t first_result, nr_results;
	size_t first_comparison, nr_comparisons;
	json_t *skipped; /* arm -> reason */
	const char *failed; /* reason or NULL */
};

struct report {
	bool complete;
	json_t *header, *environment;
	json_t *losses, *counters; /* cause -> total */
	json_t *cost;		   /* events, bpf_ns, cpu_ns of the tracing */
	size_t nr_questions, nr_results, nr_comparisons;
	struct report_question *question;
	struct report_result *result;
	struct report_comparison *comparison;
	struct report_private *private; /* owns the strings */
};

/* report_load - read @path; 0, or -errno and one sentence in @err */
int report_load(struct report **r, const char *path, char *err, size_t errlen);
void report_free(struct report *r);

struct report_style {
	bool colour; /* text: ANSI colours */
	int width;   /* text: columns, 0: 100 */
};

/* Renderers: 0, or -errno (of the stream). html runs gnuplot for its plots; without it the page says so. */
int report_text(FILE *out, const struct report *r, const struct report_style *s);
int report_html(FILE *out, const struct report *r);
int report_json(FILE *out, const struct report *r);
#endif
