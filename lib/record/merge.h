/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_MERGE_H
#define KT_RECORD_MERGE_H
/*
 * Records of many hosts into one, exactly: buckets are added, percentiles never averaged. Files are
 * read one after another, each once and a line at a time; what is kept of them is, for each host, the
 * histogram of each arm, as sparse as it is.
 *
 * A run that stands in the input twice counts once: by its place in the run each record is taken from
 * one copy only, as reports take it. What cannot be read costs itself alone and is named.
 *
 * A host here is a machine with one kernel, one kt and one suite, as reports keep them apart.
 *
 * Functions of int return 0 or -errno, with one sentence in @err where there is one.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/record/sparse.h"
#include "lib/record/types.h"

struct merge_host {
	const char *id;	   /* as recorded; NULL: not known, then each run is a host of its own */
	unsigned int copy; /* 0, or n: it is the n-th host after another one of the same id */
	const char *kernel, *kt, *suite, *suite_build; /* NULL: not known */
	enum record_kind kind;
	const char *against, *against_build, *toggle[2];
	size_t nr_runs;
};

/* One pass of mode "time". */
struct merge_pass {
	uint64_t ns, iterations;
};

/* What a host has of a series. */
struct merge_cell {
	size_t host;
	struct sparse *hist;	 /* latency, and metrics of traces */
	struct merge_pass *pass; /* mode "time" */
	size_t nr_passes, room_passes;
	struct merge_sums *sums; /* of an arm: what stands beside its values; NULL: nothing */
};

struct merge_sums {
	uint64_t ns, iterations, cpu_ns, nvcsw, nivcsw, minflt;
	size_t nr_counters, nr_losses;
	struct record_number *counter;
	struct record_count *loss;
};

/* A distribution that hosts have: of an arm of a question, or a metric of a trace. */
struct merge_series {
	const struct merge_question *question; /* NULL: of kt trace */
	const char *kind;		       /* of kt trace: "wakeup"; NULL */
	const char *subject;		       /* the arm; of kt trace a thread, ..., or "" */
	const char *metric;	 /* of a trace: "runq"; NULL: what the arm itself measured */
	const char *main_metric; /* of a trace: what its record says; NULL */
	uint64_t batch;		 /* operations that each value stands for */
	size_t nr_cells, room_cells;
	struct merge_cell *cell;
};

/* What tracing missed, counted and cost. */
struct merge_tracing {
	bool known, has_bpf_ns;
	uint64_t events, cpu_ns, bpf_ns;
	size_t nr_losses, nr_counters;
	struct record_count *loss, *counter;
};

struct merge_question {
	const char *name;
	bool latency;
	const char *baseline; /* NULL: none */
	double zone;
	bool phases;
	enum record_kind kind;
	size_t nr_arms;
	struct record_arm *arm;
	struct merge_tracing tracing;
};

/* Something that was left out, or is not as it might be; equal ones of a file are one. */
struct merge_note {
	const char *file;
	size_t line; /* of the first; 0: the whole file */
	const char *text;
	size_t count;
	bool lost; /* a file or a run: not a line of it, and not a copy */
};

struct merge {
	size_t nr_files, nr_runs, nr_hosts, nr_series, nr_questions, nr_notes;
	struct merge_host *host;
	struct merge_series *series; /* in the order in which they came */
	struct merge_question **question;
	struct merge_note *note;
	struct merge_private *private;
};

/* merge_new - NULL: no memory */
struct merge *merge_new(void);

/*
 * merge_begin_spool - keep what is read, for merge_write(), in a file without a name in @dir; before the
 * first merge_file()
 */
int merge_begin_spool(struct merge *m, const char *dir, bool compressed, char *err, size_t errlen);

/*
 * merge_file - add a file, "-" is standard input
 *
 * Return: 0, also when nothing of it can be used, which is noted; -ENOMEM, or -errno of the spool.
 */
int merge_file(struct merge *m, const char *path, char *err, size_t errlen);

/* merge_finish - after the last file; 0 or -ENOMEM */
int merge_finish(struct merge *m);

/* merge_write - the runs that were read, each once, as records; compressed as the spool is */
int merge_write(struct merge *m, FILE *out);

/*
 * merge_write_union - one run for all of them, in which each host is an instance
 *
 * @argc, @argv: the command, for its header.
 */
int merge_write_union(struct merge *m, FILE *out, bool compressed, int argc, char **argv);

/* merge_union - the hosts' histograms together, into @h; 0, or -EOVERFLOW: more than 2^64-1 values */
int merge_union(const struct merge_series *s, struct hist *h);

void merge_free(struct merge *m);
#endif
