/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_H
#define KT_REPORT_H
/*
 * Reports: records in, text, HTML or JSON out. model.c turns a file into a struct report (pure: no
 * output), each renderer is one file and writes what the model holds. Names of threads and arms are
 * hostile input: every renderer escapes in one place (escape.c).
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <jansson.h>

#include "lib/cli/terminal.h"
#include "lib/measure/hist.h"
#include "lib/measure/verdict.h"

#define REPORT_NR_PHASES 8
/*
 * Names of the phase histograms, in the order in which they are shown; those of
 * tracer_metric_name().
 */
extern const char *const report_phase_name[REPORT_NR_PHASES];
enum report_phase {
	PHASE_END_TO_END,
	PHASE_CALL,
	PHASE_WAKE,
	PHASE_RUNQ,
	PHASE_PREMIG, /* part of RUNQ */
	PHASE_RESUME,
	PHASE_UNATTRIBUTED,
	PHASE_KERNEL
};

/*
 * Figures of one distribution, ns; NAN: not there. A quantile above the median is there only when
 * at least ten values lie beyond it.
 */
struct report_stats {
	uint64_t count;
	double mean, p50, p90, p99, p999, max;
};

struct report_stats report_stats(const struct hist *h);

struct report_result;
/* report_quantile - of the main distribution, however few values back it; NAN without any */
double report_quantile(const struct report_result *r, double q);

struct report_metric {
	const char *name; /* of tracer_metric_name() */
	struct hist *hist;
};

/* One arm's answer to one question, or one subject of a trace. */
struct report_result {
	const char *benchmark; /* question; for traces the kind */
	const char *name;      /* arm or subject, unescaped */
	const char *label;     /* or NULL */
	bool from_trace;       /* seen through the tracer only: no untraced blocks, no verdict */
	struct hist *hist; /* untraced blocks; for traces the kind's main metric; NULL: nothing was
			      measured */
	struct hist *traced; /* end to end of the traced blocks, by the driver; NULL: none */
	struct report_stats
		stats;		 /* of hist; mode "time": exact, of the epochs' ns per iteration */
	const char *main_metric; /* from_trace: which metric hist is; else NULL */
	uint64_t events;	 /* from_trace: how many the kind saw of this subject */
	uint64_t iterations;
	uint64_t wall_ns, cpu_ns; /* over the untraced blocks */
	json_t *counters;	  /* name -> sum over the untraced blocks */
	size_t nr_metrics;
	struct report_metric *metric;
	struct hist *phase[REPORT_NR_PHASES]; /* into metric; NULL: none */
	/*
	 * One value per untraced block, aligned over the arms of a question, NAN where the arm is
	 * missing. Neighbouring blocks are taken together until each arm has ten values beyond the
	 * quantile.
	 */
	size_t nr_p50, nr_p99;
	double *block_p50, *block_p99;
	double *rising; /* mode "time": stats.count values of block_p50, sorted; else NULL */
};

/* report_metric_hist - the distribution of metric @name of @r; NULL: not there */
const struct hist *report_metric_hist(const struct report_result *r, const char *name);

struct report_comparison {
	const char *benchmark, *metric; /* "p50", "p99" */
	const char *baseline, *candidate;
	struct comparison c;
};

/* What the environment did while a question ran, over all its blocks. Shares NAN when not known. */
struct report_noise {
	size_t nr_blocks, nr_noisy; /* noisy: more than 2 % steal */
	double steal_mean, steal_max, psi_mean;
	double canary_ns;    /* median */
	double canary_drift; /* second half of the run / first half - 1 */
	bool unsteady; /* canary moved by 3 %, or a fifth of the blocks noisy: its verdicts are
			  unstable */
};

/* A question of a bench run, or (from_trace) one kind of a trace. */
struct report_question {
	const char *name, *mode, *baseline; /* mode "latency", "time"; traces: "trace" */
	bool from_trace;
	double zone;
	size_t nr_blocks, nr_traced_blocks;
	size_t first_result, nr_results;
	size_t first_comparison, nr_comparisons;
	json_t *skipped;    /* arm -> reason */
	const char *failed; /* reason or NULL */
	struct report_noise noise;
};

struct report {
	bool complete;
	json_t *header, *environment; /* environment may be NULL */
	json_t *losses, *counters;    /* cause -> total */
	json_t *cost; /* events, bpf_ns, cpu_ns of the tracing; NULL: nothing was traced */
	size_t nr_questions, nr_results, nr_comparisons;
	struct report_question *question;
	struct report_result *result;
	struct report_comparison *comparison;
	struct report_private *private; /* owns the strings */
};

/* report_load - read @path; 0, or -errno and one sentence in @err */
int report_load(struct report **r, const char *path, char *err, size_t errlen);
void report_free(struct report *r);

/*
 * report_rebase - compare with arm @baseline wherever it is an arm; other questions keep their own.
 * Return: questions that have it; 0 as well without memory
 */
size_t report_rebase(struct report *r, const char *baseline);

/*
 * Renderers: 0, or -errno (of the stream). html runs gnuplot for its plots; without it the page
 * says so.
 */
int report_text(FILE *out, const struct report *r, const struct terminal_style *s);
int report_html(FILE *out, const struct report *r);
int report_json(FILE *out, const struct report *r);

#define REPORT_MAX_SUFFIXES 3

/*
 * What a report can be written as. One file per format exports one of these, named
 * report_format_NAME; formats.c has a row for each.
 */
struct report_format {
	const char *name;			 /* as `kt report -f` takes it */
	const char *help;			 /* what it is, after its name */
	const char *suffix[REPORT_MAX_SUFFIXES]; /* of files that are written in it, with the dot */
	/* as the renderers above; @style NULL: plain */
	int (*render)(FILE *out, const struct report *r, const struct terminal_style *style);
};

/* report_format_at - number @i of all formats, the default first; NULL after the last */
const struct report_format *report_format_at(size_t i);

/* report_format_named - the format of that name; NULL: none */
const struct report_format *report_format_named(const char *name);

/* report_format_of_file - the format that the suffix of @path stands for; NULL: none */
const struct report_format *report_format_of_file(const char *path);

/* report_format_names - "text, html or json" into @text, cut off at @size */
void report_format_names(char *text, size_t size);

/*
 * report_targets - hold @r against the targets in file @path, one per line: QUESTION-GLOB ARM
 * p50|p99 <= LIMIT followed by the arm that LIMIT is a multiple of, or by ns, us or ms. A target is
 * met or missed when the whole interval is. Return: 0, or -errno and one sentence in @err
 */
int report_targets(FILE *out, const struct report *r, const char *path, char *err, size_t errlen);
#endif
