/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_TRACER_SHARED_H
#define KT_BPF_TRACER_SHARED_H
/*
 * What the BPF programs and their loader (tracer_impl.h) agree on: settings, control word,
 * histogram slab.
 *
 * The slab is one array map of single histograms, mapped into the loader:
 *
 *	index = ((bank * nr_groups + group) * nr_metrics + metric) * nr_shards + shard
 *
 * shard = CPU modulo nr_shards, so that memory stays bounded on large machines; adds are atomic
 * whenever two CPUs can share a shard. Programs write the bank that control.bank names; the loader
 * flips it, waits until no program that saw the old value can be running (an RCU grace period),
 * then owns the idle bank.
 */
#include "bpf/counters.h"
#include "bpf/filter.h"
#include "bpf/glob.h"
#include "bpf/kinds.h"
#include "lib/measure/hist.h"

#define TRACER_MAX_SHARDS     8
#define TRACER_MAX_PROCESSES  4096
#define TRACER_MAX_NAMES      4096
#define TRACER_NAME_LEN	      64
#define TRACER_MAX_GLOBS      16 /* words of patterns, see glob.h */
#define TRACER_GROUP_PROBES   64
#define TRACER_DEFAULT_GROUPS 64

/* Zeroed memory is an empty one: min is kept as its complement, so that both grow. */
struct tracer_extremes {
	uint64_t max;
	uint64_t inv_min;
};

/*
 * count is the sum of the buckets. The extremes stand here when nobody can write at the same time
 * (or compare-and-swap is at hand), else per CPU in a map of their own: an add is atomic on every
 * kernel, a maximum not.
 */
struct tracer_hist {
	struct tracer_extremes extremes;
	uint64_t sum;
	uint64_t overflow;
	uint64_t bucket[HIST_NR_BUCKETS_BPF];
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
	uint32_t switch_has_state; /* sched_switch has prev_state as its 4th argument (5.18) */
	uint32_t nr_globs;
	struct glob glob[TRACER_MAX_GLOBS];
	uint64_t cpus[FILTER_MAX_CPUS / 64]; /* a bit per CPU */
};

/* Variables (.bss), mapped into the loader. */
struct tracer_control {
	uint32_t enabled;	  /* count; written by the loader */
	uint32_t session;	  /* one more with each enable: older per-task state is void */
	uint32_t bank;		  /* 0 or 1 */
	uint32_t stamped;	  /* a traced process has state slots */
	uint32_t process_changes; /* forks, execs, exits and addresses in `processes` so far */
	uint32_t names;		  /* full names that came so far, see names.bpf.h */
	uint32_t children_found;  /* by seed_children, so far */
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

/* A subject that has a group, key: index of the group. */
struct tracer_subject {
	uint64_t key[2]; /* identity, e.g. (thread id, start time) or (function, 0); never both 0 */
	uint32_t tid;	 /* thread, where it is one */
	uint32_t reserved;
	char name[TRACER_NAME_LEN];
};
#endif
