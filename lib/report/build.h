/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_BUILD_H
#define KT_REPORT_BUILD_H
/*
 * The model while its files are being read: every question owns its results, because the input may
 * come back to a question later. model.c takes the records in, runs.c, questions.c, blocks.c and
 * traces.c what they say, drops.c what cannot be believed; finish.c makes a struct report of it.
 *
 * Functions of int return 0 or -ENOMEM, unless they say more: a bad record is not an error here, it
 * is dropped.
 */
#include "lib/report/report.h"

/* Fewest values that give a quantile of a block: ten beyond it (p50, p99). */
#define BLOCK_MIN_P50 20
#define BLOCK_MIN_P99 1000

/* An input that names more is hostile or a mistake: each result may need a quarter of a megabyte. */
#define MAX_RESULTS   8192
#define MAX_SUBJECTS  (1u << 17) /* of traces, which need less; further ones are "others" */
#define MAX_QUESTIONS 8192
#define MAX_RUNS      1024
#define MAX_NAMES     256 /* counters, losses or skipped arms in one list */

/* Of a file of a few megabytes, 8192 arms and a million empty blocks would make terabytes. */
#define MAX_VALUES (1u << 24)

/*
 * One statistic per block, or per run of neighbouring blocks when one block alone has too few
 * values.
 */
struct series {
	struct hist *pending; /* blocks taken together so far */
	double *value;
	size_t nr, room;
};

struct build_result {
	struct report_result r;
	struct series p50, p99;
	const char *said_metric; /* which metric stands for it, by the record; NULL: not said */
	size_t room_parts;
	struct series passes;	      /* mode "time": ns per iteration of every pass */
	uint64_t weight;	      /* of a trace: subjects with more stand first */
	size_t room_rows, room_cells; /* of bands and matrix */
	/* of the block or instance just read */
	bool in_block;
	double ns_per_iteration;
};

/* Of a block or instance. */
struct build_noise {
	struct record_noise noise;
	double wall_ns;
	size_t run;
	uint64_t from_ns, to_ns;
	bool traced, fresh;
	bool noisy; /* its window is; known when all have been summed up */
};

/* Of a kind of a trace, beside its struct report_trace. */
struct build_trace {
	size_t room_intervals;
	bool open;	    /* the last interval still grows */
	size_t whole;	    /* whose values @values has */
	struct hist values; /* of the open interval */
};

struct build_question {
	struct report_question q;
	struct build_result *result;
	size_t nr, room;
	size_t last;		   /* the result found last */
	uint32_t *bucket;	   /* of results by name: number + 1; NULL: few enough to look */
	size_t nr_buckets;	   /* a power of two */
	struct build_trace *trace; /* NULL: not of a trace */
	size_t room_in_the_way;
	size_t nr_p50, nr_p99; /* values that each arm could have by now */
	struct build_noise *noise;
	size_t nr_noise, room_noise;
	uint64_t batch; /* operations that a value in the histograms stands for; 0: none yet */
	/* instances of run recheck_run from this number on are a recheck's; REPORT_NO_RUN: none */
	size_t recheck_run;
	uint64_t recheck_first;
	/* of the block or instance just read */
	uint64_t from_ns, to_ns;
	bool fresh;
};

struct build_run {
	struct report_run r;
	bool grouped;
	/* Records of the copy at hand so far, and how many of a copy have been taken already. */
	size_t position, taken;
	bool *announced; /* by index of the question */
	size_t nr_announced;
};

struct build {
	struct report *report;
	char *err;
	size_t errlen;
	const char *path; /* of the record at hand */
	size_t line;
	const char *type;
	bool no_memory; /* what a visitor of records returned */
	struct build_run *run;
	size_t nr_runs, room_runs;
	size_t at;	   /* the run of the record at hand, or REPORT_NO_RUN */
	size_t kept_bytes; /* of headers and environments */
	struct build_question *question;
	size_t nr, room, nr_results, nr_subjects;
	size_t nr_values; /* in all series, with holes */
	size_t nr_coarse; /* buckets of all intervals */
	size_t last;	  /* the question found last */
	size_t room_drops;
	struct hist scratch; /* the histogram just read */
	struct hist spare;
};

/* ---- model.c --------------------------------------------------------------------------------- */

/* build_take - a visitor of records: each goes to what it is about in struct build @arg */
int build_take(const json_t *record, size_t line, void *arg);

/* build_no_memory - why it went no further, into @b->err. Return: -ENOMEM or -EFBIG */
int build_no_memory(struct build *b);

/* ---- store.c --------------------------------------------------------------------------------- */

/* report_new - an empty report, for report_free(); NULL: no memory */
struct report *report_new(void);

/* report_keep - a copy of @s that lives as long as the report; NULL: no memory, or it is full */
const char *report_keep(struct report *r, const char *s);

/*
 * report_keep_latest - the same into *@at, unless that says @s already: each run says it again.
 * false: no memory, or it is full
 */
bool report_keep_latest(struct report *r, const char **at, const char *s);

/* build_keep - *@text becomes such a copy; NULL stays NULL. false: no memory, or it is full */
bool build_keep(struct build *b, const char **text);

/* report_is_full - a copy was refused because all of them together are too long */
bool report_is_full(const struct report *r);

/* build_grow - room for one more of @size bytes in @array; false: no memory, nothing changed */
bool build_grow(void **array, size_t nr, size_t *room, size_t size);

/*
 * build_add_count, build_add_number - add to the sum of that name in a list; -E2BIG: it has
 * MAX_NAMES others already
 */
int build_add_count(struct report *r, struct record_count **list, size_t *nr, const char *name,
		    uint64_t value);
int build_add_number(struct report *r, struct record_number **list, size_t *nr, const char *name,
		     double value);

void report_result_free(struct report_result *r);
void build_free(struct build *b);

/* ---- drops.c --------------------------------------------------------------------------------- */

/* build_drop - note that the record at hand, or a part of it, is left out */
int build_drop(struct build *b, enum report_drop_kind kind, const char *question, const char *arm,
	       const char *reason);

/* build_drop_by_tool - note an epoch that was left out when it was measured */
int build_drop_by_tool(struct build *b, const char *question, const char *arm, const char *reason);

/*
 * build_drop_again - the record at hand goes with a run, or with @question, that is dropped
 * already; false: it is not
 */
bool build_drop_again(struct build *b, enum report_drop_kind kind, const char *question);

/* build_sort_drops - in the order in which they are shown */
void build_sort_drops(struct build *b);

/* ---- runs.c ---------------------------------------------------------------------------------- */

int build_take_header(struct build *b, const json_t *record);
int build_take_environment(struct build *b, const json_t *record);
int build_take_selftest(struct build *b, const json_t *record);
int build_take_end(struct build *b, const json_t *record);

/* build_step - go on to the next record of the run at hand; false: it was taken from another copy */
bool build_step(struct build *b);

/* build_group - the group of the run at hand, fixed by the first call */
size_t build_group(struct build *b);

/* build_finish_runs - group what is left and count machines, kernels and builds */
int build_finish_runs(struct build *b);

/* ---- questions.c ----------------------------------------------------------------------------- */

int build_take_question(struct build *b, const json_t *record);
int build_take_failed(struct build *b, const json_t *record);

/*
 * build_question_of - the question @name that the run at hand announced, or (from_trace) the kind
 * of a trace; NULL: none
 */
struct build_question *build_question_of(struct build *b, const char *name, bool from_trace);

/* build_lost_question - the record at hand belongs to a question that was never announced */
int build_lost_question(struct build *b, const char *name);

/* build_kind - kind @name of a trace, new if need be; NULL: no memory, or MAX_QUESTIONS */
struct build_question *build_kind(struct build *b, const char *name);

/* build_result_of - NULL: none */
struct build_result *build_result_of(struct build_question *q, const char *name);

/* build_add_result - NULL: no memory, or MAX_RESULTS */
struct build_result *build_add_result(struct build *b, struct build_question *q, const char *name,
				      bool from_trace);

/* ---- blocks.c, instances.c, parts.c ----------------------------------------------------------- */
/* ---- traces.c, trace_facts.c, intervals.c, worst.c, bands.c, cpu_matrix.c --------------------- */

int build_take_block(struct build *b, const json_t *record);
int build_take_instance(struct build *b, const json_t *record);
int build_take_recheck(struct build *b, const json_t *record);
int build_take_trace(struct build *b, const json_t *record);
int build_take_losses(struct build *b, const json_t *record);
int build_take_layout(struct build *b, const json_t *record);
int build_take_event(struct build *b, const json_t *record);
int build_take_cost(struct build *b, const json_t *record);

/* Of the trace at hand, which is of @r: what it has of these. Functions that finish make figures. */
int build_take_bands(struct build *b, struct build_question *q, struct build_result *r,
		     const json_t *record);
void build_finish_bands(struct report_bands *bands);
int build_take_matrix(struct build *b, struct build_question *q, struct build_result *r,
		      const json_t *record);
void build_finish_matrix(struct report_matrix *m);
void build_finish_worst(struct report_in_the_way *way, size_t nr);

/* build_trace_metric - number of metric @name in the layout of @q, added if need be; nr_metrics: no room */
size_t build_trace_metric(struct build *b, struct build_question *q, const char *name);

/* build_interval - what is taken next belongs to the interval from @start_ns to @end_ns */
int build_interval(struct build *b, struct build_question *q, uint64_t start_ns, uint64_t end_ns);

/* build_interval_add - the histogram just read is of metric number @metric */
void build_interval_add(struct build *b, struct build_question *q, size_t metric);

/* build_interval_close - it is complete; @lost: a share, NAN: not known */
int build_interval_close(struct build *b, struct build_question *q, double lost);

/* build_begin_stretch - the block or instance at hand has nothing yet */
void build_begin_stretch(struct build_question *q);

/* build_saw - the block or instance at hand was measured at these times */
void build_saw(struct build_question *q, uint64_t from_ns, uint64_t to_ns);

/*
 * build_close_stretch - the untraced block or instance at hand is complete: one value of each
 * statistic
 */
int build_close_stretch(struct build *b, struct build_question *q);

/* build_end_stretch - its noise and what was dropped when it was measured, traced ones too */
int build_end_stretch(struct build *b, struct build_question *q, const struct record_noise *noise,
		      const struct record_dropped *dropped, size_t nr_dropped, bool traced);

/* build_part - what @r did in the untraced block or instance at hand; NULL: no memory */
struct report_part *build_part(struct build_question *q, struct build_result *r);

/*
 * build_add_sample - the histogram just read and its values belong to @p of @r, an arm of mode
 * "latency"; -EOVERFLOW as build_merge()
 */
int build_add_sample(struct build *b, struct build_result *r, struct report_part *p);

/* build_add_pass - to @p; false: no memory */
bool build_add_pass(struct report_part *p, const struct report_pass *pass);

/*
 * build_in_unit - the histogram just read, of values that stand for @batch operations each, in the
 * unit of its question's others
 */
void build_in_unit(struct build *b, struct build_question *q, uint64_t batch);

/* build_add_numbers - to the sums of @r; what is left out of a list of too many is said by name */
int build_add_numbers(struct build *b, struct build_question *q, struct build_result *r,
		      const struct record_number *counter, size_t nr_counters,
		      const struct record_count *loss, size_t nr_losses);

/*
 * build_merge - add the histogram just read to *@into, made at its first use; -EOVERFLOW: the
 * counts together pass 2^64-1, nothing changed
 */
int build_merge(struct build *b, struct hist **into);

/* ---- finish.c, noise.c, stretches.c, compare.c ------------------------------------------------ */

/*
 * build_sum_up_noise - and say of each block and instance whether it is noisy; @scratch: as many
 * doubles as the question has of them
 */
struct report_noise build_sum_up_noise(const struct build *b, struct build_question *q,
				       double *scratch);

/* build_finish_stretches - when all was, into @to, after build_sum_up_noise(); false: no memory */
bool build_finish_stretches(const struct build_question *q, struct report_question *to);

/* build_compare - all arms of all questions with their baselines, into @r->comparison */
int build_compare(struct report *r);

/* build_finish - statistics, comparisons and the flat arrays of the report */
int build_finish(struct build *b);
#endif
