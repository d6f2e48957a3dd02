/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_TRACER_H
#define KT_BPF_TRACER_H
/*
 * The tracers as objects: open, attach, enable, read, close. `kt trace` and `kt bench` are its
 * users.
 *
 * Knows nothing of options, files or questions and prints nothing: errors are one sentence in the
 * caller's buffer, worded where the object and the remedy are known. One thread uses a tracer.
 *
 * A tracer sorts what it sees into groups (0..nr_groups-1). By TRACER_GROUP_ARM the group is the
 * arm in the woken thread's slot (threads without a tag are not counted): what `kt bench` uses. By
 * TRACER_GROUP_SUBJECT groups are made as threads, functions or workers turn up, each with a name;
 * those that find no room share the group "others". Single waits, with who was in their way, come
 * beside the sums: struct events_opts.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/filter.h"
#include "bpf/kinds.h"
#include "lib/measure/hist.h"

struct caller;

/* Which single waits to hand over, with tracer_on_event(); zero: none. */
struct events_opts {
	uint32_t worst;	     /* the longest of each interval: at most so many */
	uint64_t slower_ns;  /* each that is as long or longer */
	uint32_t slow_per_s; /* of these at most so many a second, the rest is counted; 0: all */
	bool stream;	     /* each */
	uint64_t flight_ns;  /* with slower_ns: what ended so long before such a one, or less */
	bool stacks;	     /* with the waker's or the preempted task's stack */
};

/* What to trace; zero or NULL: no restriction. All that is given must hold; filter.h: of lists, one. */
struct tracer_opts {
	enum tracer_kind kind;
	enum tracer_group group;
	uint32_t nr_groups;   /* arms; subjects with a row of their own, 0: default (16 384) */
	uint32_t max_cells;   /* 0: default; small values are for tests of `others` */
	struct filter filter; /* the caller's; the tracer keeps a copy */
	bool kthreads;	      /* kernel threads only (without it: user threads only) */
	bool follow_children; /* with process ids: their descendants as well, also after exec */
	uint32_t ring_bytes;  /* 0: default; small values are for tests of the loss counters */
	uint32_t max_pending; /* 0: default; entries of the pending-work map */
	bool refine;	      /* wakeup only: see bpf/refine.h */
	bool matrix;	      /* wakeup only: waits after wakes by CPUs; not of subjects */
	uint32_t max_pairs;   /* 0: default; small values are for tests of those without room */
	enum tracer_by by;    /* with TRACER_GROUP_SUBJECT */
	struct events_opts events;
	/* With one process id: the program it is about to execute, searched for probes first. */
	const char *command;
	const struct caller *who; /* whose it is; NULL: ours. Lives as long as the tracer */
};

/*
 * A counter and its name. Losses make a number incomplete, the others only explain; bpf/counters.h
 * is the list and says what each means.
 */
struct tracer_counter {
	const char *name;
	bool loss;
	uint64_t value;
};

#define TRACER_BANDS_K	    4
#define TRACER_NR_BAND_SUMS 7 /* metrics of a whole wake: the first ones of its kind */

/* Whole wakes of an arm whose end_to_end lies in one bucket of a histogram of TRACER_BANDS_K. */
struct tracer_band {
	uint32_t index;
	uint64_t count;
	uint64_t sum[TRACER_NR_BAND_SUMS]; /* by metric */
};

#define TRACER_PAIR_K	    2
#define TRACER_PAIR_BUCKETS HIST_NR_BUCKETS(TRACER_PAIR_K)

/* The metric woken of threads that were woken from one CPU and then ran on another, or the same. */
struct tracer_pair {
	uint32_t waker_cpu, cpu;
	uint64_t count, sum, min, max, overflow;
	uint64_t bucket[TRACER_PAIR_BUCKETS];
};

struct tracer_group_data {
	char name[128]; /* subject's name as read, unescaped; "" for GROUP_ALL and GROUP_ARM */
	/*
	 * By metric, each NULL: this kind has no such metric, or no value came. Subjects have NULL
	 * here (but `others`, the last one): see tracer_snapshot_hist(), which serves both.
	 */
	struct hist **metric;
	/*
	 * Of an arm, with TRACER_GROUP_ARM: all since counting was begun; a read while it is on has
	 * none.
	 */
	uint32_t nr_bands;
	struct tracer_band *band; /* rising, none of them empty */
	/* With tracer_opts.matrix: pairs that had a wait, by waker_cpu and cpu. */
	uint32_t nr_pairs;
	struct tracer_pair *pair;
	uint64_t other_pairs; /* waits for which there was no room */
};

/* What came since the last read (counters: since the last read as well). */
struct tracer_snapshot {
	uint64_t start_ns, end_ns; /* CLOCK_MONOTONIC */
	uint32_t
		nr_groups; /* with subjects and `others`, where some value found no room elsewhere */
	uint32_t room, first_metric;
	struct tracer_group_data *group;
	struct tracer_cells *cells;
	uint32_t nr_counters;
	struct tracer_counter *counter;
	uint64_t events; /* tracepoint and probe hits handled */
	uint64_t bpf_ns; /* run time of our programs, 0 when the kernel does not keep it */
	uint64_t cpu_ns; /* CPU time of the tracing process itself */
};

#define TRACER_MAX_PROGRAMS 64

struct tracer_program {
	const char *name; /* lives as long as the tracer */
	uint64_t runs, ns;
};

/* What the programs took while they were looked at. */
struct tracer_cost {
	uint64_t sample_ns; /* how long that was, 0: not at all */
	uint32_t nr_programs;
	struct tracer_program program[TRACER_MAX_PROGRAMS];
};

struct tracer;

/*
 * tracer_open - load the programs for @o
 *
 * Return: 0 and *@t; -EPERM, -ENOTSUP, -ESRCH (no such process), -ENOENT (process has no probes,
 * and the kind needs them) or another error with one sentence in @err: what is missing, what would
 * bring it.
 */
int tracer_open(struct tracer **t, const struct tracer_opts *o, char *err, size_t errlen);

/*
 * tracer_add_process - the slots of process @tgid are at @registry_addr (its struct
 * kthread_slot_registry)
 *
 * Only for processes whose registry the tracer need not search; those of tracer_opts.filter and
 * their children are found by it.
 */
int tracer_add_process(struct tracer *t, pid_t tgid, uint64_t registry_addr);

/*
 * tracer_attach - attach everything; nothing is counted before tracer_enable(). Detach may be
 * followed by attach.
 */
int tracer_attach(struct tracer *t, char *err, size_t errlen);
void tracer_detach(struct tracer *t);

/*
 * tracer_lacks - what the attached tracer does without because it was refused, and what would bring
 * it, one sentence; "" when there is nothing
 */
const char *tracer_lacks(const struct tracer *t);

/* tracer_enable - start or stop counting; stamps pending at a stop are dropped, not counted */
void tracer_enable(struct tracer *t, bool on);

struct record_event;

/* @group: with TRACER_GROUP_ARM the arm whose wait it was, else 0. 0 to go on */
typedef int tracer_each_event(const struct record_event *e, uint32_t group, void *arg);

/*
 * tracer_on_event - @each gets each single wait that tracer_opts.events asks for, as they are found
 * by tracer_poll(), the longest of an interval by tracer_read(), which finds the last ones as well
 * when counting is off
 *
 * What it returns other than 0 ends the call that found the wait, and is returned by it.
 */
void tracer_on_event(struct tracer *t, tracer_each_event *each, void *arg);

/*
 * tracer_settle - give up the privilege that the attached tracer will not need, and become @who
 *	when kt runs for somebody
 * @runs: commands will be executed later, with what their user has
 *
 * What later processes need stays where there may be some: with a tgid or tid, and without
 * follow_children, nothing stays. A detached tracer can then not be attached again. Not undone by
 * tracer_close(). Return: 0, or -errno and one sentence in @err.
 */
int tracer_settle(struct tracer *t, const struct caller *who, bool runs, char *err, size_t errlen);

/*
 * tracer_sample - begin or end a stretch of time in which the kernel keeps run times (two clock reads
 * more for each run of any BPF program of the machine)
 *
 * Return: false when it cannot be begun; it takes CAP_SYS_ADMIN.
 */
bool tracer_sample(struct tracer *t, bool on);

/* tracer_cost - over all samples that have ended */
const struct tracer_cost *tracer_cost(const struct tracer *t);

/*
 * tracer_poll - housekeeping (new processes, ring); call about every 20 ms; does not block. 0 or
 * -errno.
 */
int tracer_poll(struct tracer *t);

/*
 * tracer_ended - every process and thread that was named has ended, and their descendants where
 * they are followed; never true when none was named
 */
bool tracer_ended(struct tracer *t);

/*
 * tracer_read - take what came since the last read
 *
 * While counting is on it waits for nobody: a value that is just being recorded is in this read or
 * in the next one, also when others of its event are not. After tracer_enable(t, false) all is
 * there. Return: 0 and a snapshot for tracer_snapshot_free(), or -errno.
 */
int tracer_read(struct tracer *t, struct tracer_snapshot **s);

/*
 * tracer_snapshot_hist - metric @metric of group @group; NULL: no value came
 * @room: used for subjects; may hold what an earlier call returned, which then is overwritten
 */
const struct hist *tracer_snapshot_hist(const struct tracer_snapshot *s, uint32_t group,
					uint32_t metric, struct hist *room);
uint64_t tracer_snapshot_count(const struct tracer_snapshot *s, uint32_t group, uint32_t metric);
uint64_t tracer_snapshot_sum(const struct tracer_snapshot *s, uint32_t group, uint32_t metric);
void tracer_snapshot_free(struct tracer_snapshot *s);

/* Threads that wait for a CPU now; of the one that has waited longest: */
struct tracer_waiting {
	uint32_t nr;
	uint64_t ns;	/* so far, since tracer_enable() at most */
	uint32_t tid;	/* as the kernel's initial pid namespace shows it */
	char name[128]; /* as read, unescaped */
};

/*
 * tracer_waiting - whose wait is not over, so that no figure has it: a starved thread
 *
 * While counting is on. Kinds that know of no waits say that there is none. Return: 0 or -errno.
 */
int tracer_waiting(struct tracer *t, struct tracer_waiting *w);

/* tracer_close - detach, restore, free; NULL is fine */
void tracer_close(struct tracer *t);

/*
 * tracer_permitted - can this process trace at all?
 *
 * Return: 0, or -errno with one sentence saying what is missing and what would bring it.
 */
int tracer_permitted(char *err, size_t errlen);
#endif
