/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_H
#define KT_REPORT_H
/*
 * Reports: records in, text, HTML or JSON out. model.c turns files into a struct report (pure: no
 * output), each renderer is one file and writes what the model holds. Names of threads and arms are
 * hostile input: every renderer escapes in one place (escape.c).
 *
 * What cannot be read costs itself and is listed (struct report_drop). A run that stands in the
 * input twice counts once. Runs of one host, kernel and build are pooled, of two builds or settings
 * when both are the same; those of others are never pooled with them: their questions stand beside
 * one another (struct report_run).
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <jansson.h>
#include <sys/types.h>

#include "lib/cli/terminal.h"
#include "lib/measure/hist.h"
#include "lib/measure/judge.h"
#include "lib/measure/verdict.h"
#include "lib/record/sparse.h"
#include "lib/record/types.h"
#include "lib/report/coarse.h"
#include "lib/report/format_rows.h"
#include "lib/report/trace.h"
#include "lib/report/wakes.h"

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
	PHASE_WOKEN
};

/*
 * Figures of one distribution, ns; NAN: not there. A quantile above the median is there only when
 * at least ten values lie beyond it.
 */
struct report_stats {
	uint64_t count;
	double mean, min, p25, p50, p75, p90, p99, p999, max;
};

struct report_stats report_stats(const struct hist *h);

/* report_is_backed - are @count values enough for quantile @q? */
bool report_is_backed(uint64_t count, double q);

/* report_mean - NAN without values, or when their sum passes 2^64-1 */
double report_mean(const struct hist *h);

/* report_sum - @a + @b, at most 2^64-1 */
static inline uint64_t report_sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* What comparisons are of: arms with an arm, or each with itself of another build, setting or run. */
enum report_kind { REPORT_ARMS, REPORT_BUILDS, REPORT_SETTINGS, REPORT_RUNS, NR_REPORT_KINDS };

/* report_kind_name - "arms", "builds", "settings", "runs" */
const char *report_kind_name(enum report_kind k);

struct report_result;
/* report_quantile - of the main distribution, however few values back it; NAN without any */
double report_quantile(const struct report_result *r, double q);

/* report_time_stats - of mode "time": sort @r->rising, of stats.count values, and fill the rest of stats but the mean */
void report_time_stats(struct report_result *r);

struct report_metric {
	const char *name;      /* of tracer_metric_name() */
	struct hist *hist;     /* NULL: of a trace, beyond the first REPORT_NR_WHOLE subjects */
	struct sparse *sparse; /* of a trace: the same */
};

/* Subjects of a trace whose distributions are whole in memory: more than are drawn. */
#define REPORT_NR_WHOLE 16

/* report_metric_read - the distribution of @m, in @scratch when it has to be put together */
const struct hist *report_metric_read(const struct report_metric *m, struct hist *scratch);

/* report_metric_find - the same of metric @name of @r; NULL: not there */
const struct hist *report_metric_find(const struct report_result *r, const char *name,
				      struct hist *scratch);

/* One short epoch of an arm. */
struct report_pass {
	uint64_t block; /* passes of one block make pairs */
	double p50;	/* ns; in mode "time" ns per iteration */
	uint64_t start_ns, ns, iterations;
};

/*
 * What one arm did in one instance, or in one untraced block, which is an instance of one pair. What
 * both arms had there stands in the question's stretch[at].
 */
struct report_part {
	size_t at;		    /* which of the question's nr_parts, rising */
	bool fresh;		    /* of a recheck */
	struct judge_sample sample; /* may be empty */
	/*
	 * All values of the sample, in units of the result's unit; none in mode "time". See
	 * report_part_quantile() and report_part_coarse().
	 */
	struct tail_bucket *buckets;
	size_t nr_passes;
	struct report_pass *pass;
	uint64_t wall_ns,
		cpu_ns; /* what the passes took together, and the CPU time of the arms' thread */
	uint64_t start_ns, end_ns; /* of the first, of the last; both 0: it has none */
};

/* report_part_quantile - of all values of @p, an arm's whose unit is @unit; ns, NAN: it has none */
double report_part_quantile(const struct report_part *p, double unit, double q);

/* report_part_p99 - the same of the p99; NAN as well when fewer than ten values lie beyond it */
double report_part_p99(const struct report_part *p, double unit);

/*
 * report_part_coarse - add the values of @p to @bucket, whose bounds are coarse_low() times the unit of
 * its result
 */
void report_part_coarse(const struct report_part *p, double bucket[COARSE_NR]);

/* An instance or an untraced block: when it was, and what disturbed it. */
struct report_stretch {
	size_t run; /* of the report's runs; the times of two runs need not be of one clock */
	uint64_t from_ns, to_ns; /* of the passes of all arms; equal: it has none */
	/*
	 * Where from_ns stands on an axis of the question's time that begins with 0 and has its runs
	 * one after another; what came at time t within the stretch stands at at_ns + t - from_ns.
	 */
	uint64_t at_ns;
	bool fresh; /* of a recheck */
	bool noisy; /* the half second that it lies in was: see struct report_noise */
	double steal, psi_cpu, foreign, canary_ns; /* of its own; NAN: not known */
};

/* One arm's answer to one question, or one subject of a trace. */
struct report_result {
	const char *benchmark; /* question; for traces the kind */
	const char *name;      /* arm or subject, unescaped */
	const char *label;     /* or NULL */
	/*
	 * Of builds and settings: the arm's name in the suite, "old" or "new" ("A" or "B"), and of a
	 * "new" one the arm that it is compared with. Else NULL.
	 */
	const char *of, *side, *against;
	bool rechecked;	   /* what it was called was measured again, in its fresh parts */
	bool from_trace;   /* seen through the tracer only: no untraced blocks, no verdict */
	struct hist *hist; /* untraced blocks; for traces the kind's main metric; NULL: nothing was
			      measured */
	struct hist *traced; /* end to end of the traced blocks, by the driver; NULL: none */
	/* ns that the histograms of untraced operations count in: 1, or a part of it */
	double unit;
	struct report_stats
		stats; /* of hist, in ns; mode "time": exact, of the epochs' ns per iteration */
	const char *main_metric; /* from_trace: which metric hist is; else NULL */
	uint64_t events;	 /* from_trace: how many the kind saw of this subject */
	uint64_t iterations;
	uint64_t wall_ns, cpu_ns; /* over the untraced blocks */
	size_t nr_counters, nr_losses;
	struct record_number *counter; /* sums over the untraced blocks */
	struct record_count *loss;     /* values left out of hist and traced, by reason */
	size_t nr_metrics;
	struct report_metric *metric;
	struct hist *phase[REPORT_NR_PHASES]; /* into metric; NULL: none */
	struct report_bands *bands;	      /* of its whole wakes; NULL: none */
	struct report_matrix *matrix;	      /* of its waits after wakes; NULL: none */
	/*
	 * One value per instance or untraced block, aligned over the arms of a question, NAN where
	 * the arm is missing. Neighbouring ones are taken together until each arm has ten values
	 * beyond the quantile.
	 */
	size_t nr_p50, nr_p99;
	double *block_p50, *block_p99;
	double *rising; /* mode "time": the stats.count epochs' ns per iteration, sorted; else NULL */
	size_t nr_parts; /* instances and untraced blocks that it was in; of a trace none */
	struct report_part *part;
};

/* report_metric_hist - the distribution of metric @name of @r, where it is whole in memory; NULL: not there */
const struct hist *report_metric_hist(const struct report_result *r, const char *name);

/*
 * An arm against its baseline, or against itself of the other side, in one metric. What is shown
 * beside the verdict is what was judged.
 */
struct report_comparison {
	enum report_kind kind;
	const char *benchmark, *baseline, *candidate;
	const char *arm; /* candidate's name in the suite */
	struct judgement j;
	bool of_blocks; /* j.nr are blocks, not instances */
	bool unstable;	/* the machine was, or the data are */
	bool rechecked; /* it was called, and measured again */
	bool moved;	/* slower or faster, though both builds have the same code */
	double more_s;	/* about how many seconds of measuring would decide; NAN: not known */
	/*
	 * The ratio of the figures in the rows of both arms; NAN when one is missing. @apart: it is
	 * not in the interval, by more than buckets are wide.
	 */
	double shown;
	bool apart;
};

/*
 * What the environment did while a question ran. Blocks and instances are taken together to windows
 * of half a second, so that their length does not matter; a question that is shorter has none, and
 * what disturbed it is not known. Shares NAN when not known.
 */
struct report_noise {
	/* noisy: more than 2 % steal, and three ticks of it, or more than half a CPU of others */
	size_t nr_windows, nr_noisy, nr_stolen, nr_foreign;
	double steal_mean, steal_max, psi_mean; /* most: of a window */
	double foreign_mean, foreign_max;	/* CPUs that other programs kept busy */
	double canary_ns;			/* median */
	double canary_drift;			/* second half of the run / first half - 1 */
	bool canary_moved;			/* by 3 %, and by more than its readings scatter */
	bool unsteady; /* so, or over a fifth of the windows noisy: its verdicts are unstable */
};

/* Room for the text of report_why_unsteady(). */
#define REPORT_WHY_UNSTEADY 200

/*
 * report_why_unsteady - "4 of 9 half seconds noisy: 0.8 CPUs of other programs, most 1.2" into @text,
 * which it returns
 */
const char *report_why_unsteady(char *text, size_t size, const struct report_noise *n);

/* A question of a bench run, or (from_trace) one kind of a trace. */
struct report_question {
	const char *name, *mode, *baseline; /* mode "latency", "time"; traces: "trace" */
	enum report_kind kind;		    /* of its comparisons */
	size_t run;			    /* the first of the runs that were pooled here */
	bool from_trace;
	double zone;			    /* of p50 and mean */
	double recheck_confidence;	    /* that fresh parts are asked for; 0: there are none */
	size_t nr_instances, nr_fresh;	    /* fresh: those of a recheck among them */
	size_t nr_blocks, nr_traced_blocks; /* untraced, traced */
	size_t nr_parts;		    /* instances and untraced blocks */
	struct report_stretch *stretch;	    /* those, in their order */
	uint64_t from_ns, to_ns; /* traced blocks too; both 0: not known, or of several runs */
	uint64_t span_ns;	 /* of the axis that stretch.at_ns is on */
	size_t first_result, nr_results;
	size_t first_comparison, nr_comparisons;
	size_t nr_skipped;
	struct record_skipped *skipped;
	const char *failed; /* reason or NULL */
	struct report_noise noise;
	struct report_trace *trace; /* from_trace: what its figures are; else NULL */
	struct report_worst *worst; /* of its traced blocks, all arms; NULL: none */
};

/* What the tracing missed, counted and cost. */
struct report_tracing {
	bool known; /* false: the record does not say, or nothing was traced */
	size_t nr_losses, nr_counters;
	struct record_count *loss, *counter;
	uint64_t events, cpu_ns, bpf_ns;
	bool has_bpf_ns;
	/* Of `kt trace`: how long the kernel kept run times, and of which programs. */
	uint64_t sample_ns;
	size_t nr_programs;
	struct record_program *program;
	/* Threads whose wait was not over in the end, and the one that had waited longest. */
	uint64_t waiting, waiting_ns;
	const char *waiting_name;
};

/* A run: what one header begins. People see the number "1" for the run with index 0. */
struct report_run {
	struct record_header header;
	struct record_environment environment; /* all NULL when the record has none */
	json_t *header_record;		       /* owns the texts of header */
	/* What the machine's self-test said when this ran; NULL: the record has none */
	struct record_selftest *selftest;
	json_t *selftest_record; /* owns its texts */
	/*
	 * Index of the first run of the same host, kernel and build: with it this one is pooled. A
	 * run of an unknown host is pooled with no other.
	 */
	size_t group;
	size_t copies; /* how often it stands in the input; it counts once */
	bool complete;
	struct report_tracing tracing; /* in the first run of a group: of all its runs */
};

enum report_drop_kind {
	DROP_RUN,
	DROP_QUESTION,
	DROP_BLOCK,
	DROP_EPOCH,
	DROP_RECORD, /* of any other type, or a part of one */
	DROP_LINE,   /* that is not a record */
	NR_DROP_KINDS
};

#define REPORT_NO_RUN SIZE_MAX

/* What was left out, and why. Equal ones are one with a count. */
struct report_drop {
	enum report_drop_kind kind;
	bool by_tool;		    /* left out when it was measured; else it cannot be read */
	size_t run;		    /* index, or REPORT_NO_RUN */
	const char *question, *arm; /* arm: or subject; NULL: none, or not known */
	const char *reason;
	uint64_t count;	  /* of a run or question: the records that went with it */
	const char *path; /* of the first */
	size_t line;
};

struct report_targets; /* targets.h */

/* What a table of a report has a row for. */
enum report_table {
	TABLE_FIGURES,	   /* each distribution and each count of an arm or subject */
	TABLE_COMPARISONS, /* each comparison */
	TABLE_INSTANCES,   /* each instance, or untraced block, that an arm was in */
	TABLE_EPOCHS,	   /* each epoch of an arm */
	TABLE_BUCKETS,	   /* each bucket of a distribution that is not empty */
	TABLE_MATRIX,	   /* each pair of CPUs between which an arm's wakes went */
	TABLE_INTERVALS,   /* each interval of a trace and metric */
	TABLE_EVENTS,	   /* each of the longest waits of a trace or question */
	TABLE_LOSSES,	   /* each cause of something that tracing lost */
	TABLE_DROPPED,	   /* each thing that was left out of the report */
	NR_REPORT_TABLES
};

#define REPORT_TABLE_NAMES \
	"figures, comparisons, instances, epochs, buckets, matrix, intervals, events, losses or dropped"

/* report_table_name - "figures", "comparisons", ... */
const char *report_table_name(enum report_table t);

/* report_table_parse - false: no table has this name */
bool report_table_parse(const char *name, enum report_table *t);

struct report {
	bool complete; /* all runs are */
	size_t nr_files;
	size_t nr_runs; /* at least one */
	struct report_run *run;
	size_t nr_machines, nr_kernels, nr_builds; /* of the runs that say theirs */
	size_t nr_groups;
	/* Of more than one machine, kernel or build, or of other sides: rows need to name their run. */
	bool apart;
	size_t nr_drops;
	struct report_drop *drop; /* the worst kinds first */
	uint64_t more_drops;	  /* not listed, because there are too many different ones */
	bool lost_question;	  /* a drop cost a question, or a run with all of its own */
	size_t nr_questions, nr_results, nr_comparisons;
	struct report_question *question;
	struct report_result *result;
	struct report_comparison *comparison;
	struct report_private *private; /* owns the strings */
	struct singles *singles;	/* NULL: not asked for */
	enum report_table table;	/* what the reader asked for; of CSV */
	const char *only;		/* the same; of hgrm: a glob, NULL: all */
	/* The same; the text alone heeds it. */
	bool full; /* the tables, not the summary */
	/* How to see all figures, and a page: a summary ends with it. NULL: not said */
	const char *more, *page;
	const struct report_targets *targets; /* NULL: it is held against none */
	size_t top;	     /* subjects of a trace that have a line; 0: REPORT_TOP */
	bool verbose;	     /* of traces: everything that is known */
	bool programs;	     /* of traces: what each BPF program cost */
	bool intervals_seen; /* of traces: they have been printed already */
};

#define REPORT_TOP 20

/*
 * report_load_files - read the @nr files at @path, as if they were one put together by cat
 *
 * Return: 0, also when parts were dropped; -errno and one sentence in @err when a file cannot be
 * read or no run is left.
 */
int report_load_files(struct report **r, const char *const *path, size_t nr, char *err,
		      size_t errlen);
/* report_load_singles - the same, and every single event is kept (singles.h) */
int report_load_singles(struct report **r, const char *const *path, size_t nr, char *err,
			size_t errlen);
/* report_load - read @path; 0, or -errno and one sentence in @err */
int report_load(struct report **r, const char *path, char *err, size_t errlen);
void report_free(struct report *r);

/*
 * Of a report of one run, or of none when its header was dropped; @line: where it begins. 0 to go on,
 * else what is returned
 */
typedef int report_each_run(const struct report *r, size_t line, void *arg);

/*
 * report_load_runs - call @each for every run of @path by itself, in order; one that stands there
 * twice comes twice
 *
 * Return: 0; what @each returned; or -errno and one sentence in @err as report_load_files().
 */
int report_load_runs(const char *path, report_each_run *each, void *arg, char *err, size_t errlen);

/*
 * A report that is made while its run goes on: of the records as they are written, so that none is
 * kept for it.
 */
struct report_growing;

/* report_grow - Return: NULL: no memory */
struct report_growing *report_grow(void);

/* report_grow_record - a record_look of struct report_growing @g. Return: 0 or -ENOMEM */
int report_grow_record(const json_t *record, void *g);

/* report_growing_trace - the kind that is traced, as far as it is known by now; NULL: not yet */
const struct report_trace *report_growing_trace(const struct report_growing *g);

/*
 * report_grown - the report of what has come; @g is gone then
 *
 * Return: 0, or -errno and one sentence in @err: nothing has come, or no memory.
 */
int report_grown(struct report_growing *g, struct report **r, char *err, size_t errlen);

/*
 * report_rebase - compare with arm @baseline wherever it is an arm; other questions keep their own,
 * and so do those of builds and settings.
 * Return: questions that have it, -ENOMEM
 */
ssize_t report_rebase(struct report *r, const char *baseline);

/* report_baseline - the arm that @q's are compared with; NULL: it has none, or it is not an arm */
const struct report_result *report_baseline(const struct report *r,
					    const struct report_question *q);

/*
 * report_base_of - what @arm of @q is compared with: the baseline, or itself on the other side; NULL:
 * nothing
 */
const struct report_result *report_base_of(const struct report *r, const struct report_question *q,
					   const struct report_result *arm);

/*
 * report_compare - @arm of @q against @base; what is there of both is judged. Return: 0, -ENOMEM
 */
int report_compare(const struct report_question *q, const struct report_result *base,
		   const struct report_result *arm, enum judge_metric m,
		   struct report_comparison *c);

/*
 * Renderers: 0, or -errno (of the stream). html runs gnuplot for its plots; without it the page
 * says so.
 */
int report_text(FILE *out, const struct report *r, const struct terminal_style *s);
/* report_summary - about 25 lines; of a report of one kind of a trace, or of a self-test, all of it */
int report_summary(FILE *out, const struct report *r, const struct terminal_style *s);
int report_html(FILE *out, const struct report *r);
int report_json(FILE *out, const struct report *r);

#define REPORT_MAX_SUFFIXES 3

/* Options of a report that only some formats have a use for. */
enum report_takes {
	REPORT_TAKES_FULL = 1,	  /* report.full: the others have all figures as it is */
	REPORT_TAKES_TARGETS = 2, /* report.targets: which of them are met */
	REPORT_TAKES_TABLE = 4,	  /* report.table */
	REPORT_TAKES_ONLY = 8,	  /* report.only */
};

/*
 * What a report can be written as. One file per format exports one of these, named
 * report_format_NAME; formats.c has a row for each.
 */
struct report_format {
	const char *name; /* as `kt report -f` takes it */
	const char *help; /* what it is, after its name */
	const char *
		suffix[REPORT_MAX_SUFFIXES + 1]; /* of files that are written in it, with the dot */
	bool binary;				 /* nothing for a terminal */
	unsigned int takes; /* of enum report_takes: options that other formats refuse */
	bool singles;	    /* shows every single event: for reports of report_load_singles() */
	/*
	 * Why there is nothing of @r that can be written in it, as a sentence for the user; NULL: there is.
	 * The member is NULL where everything can be.
	 */
	const char *(*refuses)(const struct report *r);
	/* as the renderers above; @style NULL: plain */
	int (*render)(FILE *out, const struct report *r, const struct terminal_style *style);
};

/* report_format_at - number @i of all formats, the default first; NULL after the last */
const struct report_format *report_format_at(size_t i);

/* report_format_named - the format of that name; NULL: none */
const struct report_format *report_format_named(const char *name);

/* report_format_of_file - the format that the suffix of @path stands for; NULL: none */
const struct report_format *report_format_of_file(const char *path);

/* report_format_rows - the same for format_rows.h */
bool report_format_rows(size_t i, struct format_row *row);
#endif
