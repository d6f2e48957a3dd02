/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_TRACER_SHARED_H
#define KT_BPF_TRACER_SHARED_H
/*
 * What the BPF programs and their loader (tracer_impl.h) agree on: settings, control word,
 * histograms, counters.
 *
 * Groups of a known number, all or by arm, have histograms of their own in the map `blocks`, which
 * has the counters as well, those of group 0:
 *
 *	index = group * nr_shards + shard
 *
 * shard = CPU, modulo nr_shards on large machines, where adds are atomic. What stands there only
 * grows: the loader remembers what it has read and takes the difference, and needs to wait for
 * nobody.
 *
 * Subjects may be many with few values each, so their buckets are cells made on demand: the map
 * `cells` is a hash table of lines of eight cells, a cell's key says subject, metric and bucket,
 * and stays once claimed; `heads` (index = group * nr_metrics + metric) has what is exact beside
 * the buckets. The loader takes what it reads by an atomic exchange against 0. Where no group or no
 * cell is free the value goes to the subject `others`, which is group 0 of `blocks`.
 */
#include "bpf/counters.h"
#include "bpf/events_shared.h"
#include "bpf/filter.h"
#include "bpf/glob.h"
#include "bpf/kinds.h"
#include "bpf/wakes_shared.h"
#include "lib/measure/hist.h"

#define TRACER_MAX_SHARDS    64
#define TRACER_MAX_BLOCKS    (32U << 20) /* bytes */
#define TRACER_MAX_PROCESSES 16384
#define TRACER_MAX_NAMES     4096
#define TRACER_NAME_LEN	     64
#define TRACER_MAX_GLOBS     8 /* words of patterns, see glob.h */
#define TRACER_MAX_SUBJECTS  16384
#define TRACER_NO_GROUP	     0xffffffffU /* not to be recorded; beyond the last one: others */

#define TRACER_CELLS_PER_LINE	8
#define TRACER_CELL_LINES_TRIED 4
#define TRACER_DEFAULT_CELLS	(5U << 18) /* 10 MB */
#define TRACER_CELL_PAGE	64	   /* lines for which one byte says that they are in use */
#define TRACER_CELL_PAGES	8192

/* Never 0, which is a free cell. */
#define TRACER_CELL_KEY(group, metric, bucket) ((((group) << 4 | (metric)) << 11 | (bucket)) + 1)
#define TRACER_CELL_GROUP(key)		       (((key)-1) >> 15)
#define TRACER_CELL_METRIC(key)		       (((key)-1) >> 11 & 15)
#define TRACER_CELL_BUCKET(key)		       (((key)-1) & 2047)

_Static_assert(HIST_NR_BUCKETS_BPF <= 2048 && TRACER_MAX_METRICS <= 16, "a key holds both");

/* Zeroed memory is an empty one: min is kept as its complement, so that both grow. */
struct tracer_extremes {
	uint64_t max;
	uint64_t inv_min;
};

/* What is exact beside the buckets of a histogram. */
struct tracer_head {
	struct tracer_extremes extremes;
	uint64_t sum;
	uint64_t overflow;
};

struct tracer_cell {
	uint32_t key;
	uint32_t count;
};

struct tracer_cell_line {
	struct tracer_cell cell[TRACER_CELLS_PER_LINE];
};

/* Of a histogram in a block: the buckets add up to `begun` unless a value is just being recorded. */
struct tracer_beside {
	struct tracer_extremes extremes;
	uint64_t begun;
	uint64_t sum;
};

/*
 * Only grows. In one piece: a program looks it up once. What every value changes lies together, two
 * metrics to a cache line.
 */
struct tracer_block {
	uint64_t counter[NR_COUNTER_SLOTS];
	struct tracer_beside beside[TRACER_MAX_METRICS];
	uint64_t overflow[TRACER_MAX_METRICS];
	uint64_t bucket[TRACER_MAX_METRICS][HIST_NR_BUCKETS_BPF];
};

/* Constants (.rodata): fixed before loading, so that the verifier drops what is not asked for. */
struct tracer_settings {
	uint32_t self_tgid;	    /* the tracing process, never a subject */
	uint32_t by_process;	    /* only processes in the map `processes` */
	uint32_t follow;	    /* children of a process in the map join it */
	uint32_t by_thread;	    /* only threads in the map `wanted_threads` */
	uint32_t kthreads;	    /* kernel threads instead of user threads */
	uint32_t by_name;	    /* only names that match one of `glob` */
	uint32_t by_cpu;	    /* only what ends on a CPU of `cpus` */
	uint32_t by_cgroup;	    /* only tasks below a cgroup in the map `wanted_cgroups` */
	uint32_t cgroup_controller; /* 1 + enum cgroup_subsys_id: its hierarchy; 0: version 2 */
	uint32_t group;		    /* enum tracer_group */
	uint32_t by;		    /* enum tracer_by, with TRACER_GROUP_SUBJECT */
	uint32_t nr_groups;
	uint32_t nr_metrics;
	uint32_t nr_shards;
	uint32_t shard_owned;	   /* no two CPUs share a shard */
	uint32_t nr_cell_lines;	   /* where a search in `cells` may begin */
	uint32_t switch_has_state; /* sched_switch has prev_state as its 4th argument (5.18) */
	uint32_t nr_globs;
	struct events_settings events;
	struct matrix_settings matrix;
	/* Large ones last: also of what is not asked for the programs read the words before. */
	struct glob glob[TRACER_MAX_GLOBS];
	uint64_t cpus[FILTER_MAX_CPUS / 64]; /* a bit per CPU */
};

/* Threads that wait for a CPU, found by an iterator: their waits have no end yet. */
struct tracer_found {
	uint64_t since_ns; /* the one that waits longest, CLOCK_MONOTONIC */
	uint32_t nr;
	uint32_t tid; /* as the kernel's initial namespace has it */
	char name[TRACER_NAME_LEN];
};

/* Variables (.bss), mapped into the loader. */
struct tracer_control {
	uint32_t enabled;	  /* count; written by the loader */
	uint32_t session;	  /* one more with each enable: older per-task state is void */
	uint32_t nr_subjects;	  /* groups given to subjects so far */
	uint32_t events_bank;	  /* 0 or 1 */
	uint32_t stamped;	  /* a traced process has state slots */
	uint32_t process_changes; /* forks, execs, exits and addresses in `processes` so far */
	uint32_t names;		  /* full names that came so far, see names.bpf.h */
	uint32_t children_found;  /* by seed_children, so far */
	uint32_t matrix_cells;	  /* asked for so far, also in vain */
	uint64_t enabled_ns;	  /* when it was last enabled */
	struct tracer_found found;
	uint8_t cell_page_used[TRACER_CELL_PAGES];
};

/* A traced process, key: process id as the kernel's initial namespace shows it. */
struct tracer_process {
	uint64_t registry; /* address of its kthread_slot_registry, 0: none known */
	uint32_t execs;	   /* how often it called exec since it joined */
	uint32_t reserved;
};

/*
 * A thread of a process; tid as gettid() returns it, tgid as the kernel's initial namespace has it.
 */
struct tracer_thread {
	uint32_t tgid;
	uint32_t tid;
};

struct tracer_name {
	char name[TRACER_NAME_LEN];
};

struct tracer_subject_key {
	uint64_t word[2];
};

/* A subject that has a group; key[] all 0: the group's number was given up. */
struct tracer_subject {
	uint64_t key[2]; /* identity, e.g. (thread id, start time) or (function, 0); never both 0 */
	uint32_t tid;	 /* thread, where it is one */
	uint32_t group;
	char name[TRACER_NAME_LEN];
};
#endif
