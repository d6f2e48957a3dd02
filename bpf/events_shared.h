/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_EVENTS_SHARED_H
#define KT_BPF_EVENTS_SHARED_H
/*
 * Single waits, as BPF hands them to the loader: events.bpf.h writes them, events.c reads them.
 *
 * The longest of an interval stand in an array per CPU and bank, where none can get lost; what is
 * handed over one by one goes through a ring buffer.
 */
#include "lib/probe/types.h"

#define EVENTS_LOG_LEN	  4096 /* switches that are remembered per CPU; a power of two */
#define EVENTS_LOG_REACH  248  /* of these, those that BPF looks at; behind.c at all of them */
#define EVENTS_MAX_WORST  32   /* a power of two */
#define EVENTS_MAX_BEHIND 16   /* a power of two */
#define EVENTS_MAX_MOVES  4    /* a power of two */
#define EVENTS_MAX_FRAMES 64
#define EVENTS_COMM_LEN	  16

/* The populations of waits, as the metrics WOKEN, PREEMPTED, REQUEUED, FIRST_RUN. */
enum events_population {
	EVENTS_WOKEN,
	EVENTS_PREEMPTED,
	EVENTS_REQUEUED,
	EVENTS_FIRST_RUN,
	NR_EVENTS_POPULATIONS
};

/* What ran when sched_waking was called. */
enum events_context {
	EVENTS_CONTEXT_UNKNOWN,
	EVENTS_CONTEXT_TASK,
	EVENTS_CONTEXT_SOFTIRQ,
	EVENTS_CONTEXT_INTERRUPT,
	EVENTS_CONTEXT_IDLE,
	NR_EVENTS_CONTEXTS
};

/* Constants, part of struct tracer_settings. */
struct events_settings {
	uint64_t preempt_count; /* as percpu_preempt_count() has it, 0: not known */
	uint64_t slower_ns;	/* hand over what is as long or longer, 0: nothing */
	uint32_t worst;		/* how many of the longest are kept, 0: none */
	uint32_t nr_cpus;	/* possible ones */
	uint32_t log;		/* remember who ran: for worst or slower_ns */
	uint32_t stream;	/* hand over all */
	uint32_t stacks;	/* with the waker's or the preempted task's stack */
	uint32_t flight_len;	/* waits that are remembered per CPU, a power of two; 0: none */
	uint32_t episodes;	/* of works and parks: stream or slower_ns is set */
	uint32_t reserved;
};

struct events_who {
	uint32_t tid, tgid; /* tid 0: an idle CPU */
	char comm[EVENTS_COMM_LEN];
};

struct events_waker {
	struct events_who who; /* current: in an interrupt the task that it interrupted */
	uint32_t context;      /* enum events_context */
	uint32_t cpu;
};

/* Of the moves of a task, which struct wake_state counts, the last ones. */
struct events_task {
	uint32_t move_cpu[EVENTS_MAX_MOVES]; /* the CPU that it left */
	uint64_t move_ns[EVENTS_MAX_MOVES];
};

/* Who runs on a CPU, from when on. */
struct events_ran {
	uint64_t since_ns;
	struct events_who who;
};

struct events_cpu {
	uint64_t head;	 /* how many were logged; the next one goes to head % EVENTS_LOG_LEN */
	uint64_t flight; /* how many waits went to the flight recorder */
	struct events_ran ran[EVENTS_LOG_LEN];
};

#define EVENTS_NO_CPU 0xffffffffU

/* One wait. */
struct events_wait {
	uint64_t time_ns, ns; /* its end; its length */
	uint64_t wake_ns, runq_ns, premig_ns;
	uint32_t population; /* enum events_population */
	uint32_t slow;	     /* as long as slower_ns or longer */
	struct events_who who;
	struct events_waker waker;
	uint32_t has_waker;
	uint32_t cpu_before, cpu_queued, cpu;
	uint32_t migrations;
	uint32_t arm; /* with TRACER_GROUP_ARM */
};

struct events_behind {
	struct events_who who;
	uint64_t ns; /* 0: a free place */
};

/* A part of a wait: in the queue of one CPU, until the next part or the end. */
struct events_part {
	uint64_t until_ns;
	uint32_t cpu;
	uint32_t reserved;
};

/* Who ran on the CPUs in whose queues it waited. */
struct events_around {
	uint64_t from_ns; /* of the first part */
	uint32_t nr_parts;
	uint32_t reserved;
	struct events_part part[EVENTS_MAX_MOVES + 1];
	uint64_t other_ns;
	struct events_behind behind[EVENTS_MAX_BEHIND];
};

struct events_stack {
	uint32_t nr_kernel, nr_user;
	uint32_t tgid; /* whose user frames they are */
	uint32_t reserved;
	uint64_t kernel[EVENTS_MAX_FRAMES], user[EVENTS_MAX_FRAMES];
};

/* What goes through the ring: the wait alone, or with what was around it, or with stacks as well. */
struct events_full {
	struct events_wait wait;
	struct events_around around;
	struct events_stack stack;
};

#define EVENTS_SIZE_WAIT   sizeof(struct events_wait)
#define EVENTS_SIZE_AROUND (sizeof(struct events_wait) + sizeof(struct events_around))
#define EVENTS_SIZE_FULL   sizeof(struct events_full)

/* The longest waits of a CPU in one bank: their lengths; the rest stands in a map of its own. */
struct events_table {
	uint64_t least; /* what a wait must exceed to be kept */
	uint32_t least_at;
	uint32_t nr;
	uint64_t ns[EVENTS_MAX_WORST];
};

/* A place of the flight recorder; seq is 0 while it is written. */
struct events_flown {
	uint64_t seq;
	struct events_wait wait;
};
#endif
