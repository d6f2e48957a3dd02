/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONFORMANCE_SCENARIO_H
#define CONFORMANCE_SCENARIO_H
/*
 * Scenarios of the kthread contract, written against the kernel's names only, compiled as a kernel
 * module and as a program with libkthread. Each says() what it saw: results, order, what ran and
 * what did not, never how often or how long where that depends on the scheduler. The two
 * transcripts are compared.
 *
 * A scenario leaves nothing behind, but for those of kind HANGS: they leave threads that hang in
 * the kernel, and are run late. The memory of what may still be in use is not freed.
 */
#include "compat.h"

/* say - one line of the transcript */
__attribute__((format(printf, 1, 2))) void say(const char *fmt, ...);

/* absent - this kernel has no such function: the scenario is not compared */
void absent(void);

/* err - "-EINTR", or the number; one of a few buffers in turn */
const char *err(long ret);
const char *state_name(struct task_struct *k);

/* AWAIT - until @cond holds; says so if it never does (half a minute) */
#define AWAIT(cond)                                           \
	({                                                    \
		int await_n = 0;                              \
		while (!(cond) && await_n++ < 15000)          \
			nap_ms(2);                            \
		if (await_n > 15000)                          \
			say("waited in vain for: %s", #cond); \
	})

/* KERNEL_ONLY - does @cond become true, as it does in kernels only? */
#define KERNEL_ONLY(cond)                                  \
	({                                                 \
		int only_n = 0;                            \
		while (!(cond) && only_n++ < EARLY_MS / 2) \
			nap_ms(2);                         \
		(cond);                                    \
	})

/* await_blocked - until @k is asleep and stays so */
void await_blocked(struct task_struct *k);

/* ---- a thread as they all are: loops until stopped, parks when asked ------------------------- */
struct actor {
	int result;
	bool lazy;     /* sleep until woken, not for a moment */
	atomic_t runs; /* of the function */
	atomic_t loops;
	atomic_t parks; /* parkme() calls on request */
	atomic_t unparks;
	bool stop_first; /* should it stop at its very first look? */
	int cpu;	 /* where it last looked */
};

#define RESULT 42
struct actor *actor_new(void);
int actor_fn(void *data);
/* Make and wake an actor; until it is in its loop. */
struct task_struct *actor_run(struct actor *a, const char *name);

/* ---- a call that may hang: made by a thread of its own --------------------------------------- */
struct call {
	long (*fn)(void *arg);
	void *arg;
	long ret;
	struct task_struct *thread;
	struct completion done;
	bool over;
};

/* call_start - from now on somebody is in @fn(@arg); freed by nobody */
struct call *call_start(long (*fn)(void *arg), void *arg);
/* call_returns - wait for it, long: it is expected to return. Says so if not. Return: its result */
long call_returns(struct call *c);
/* call_waits - does it wait, as it should both here and there? */
bool call_waits(struct call *c);
/* call_early - does it return, as it does in kernels only? */
bool call_early(struct call *c);
/* call_hangs - does it not return, as it does in kernels only? */
bool call_hangs(struct call *c);
/* Say either "LABEL: hangs" or "LABEL: RET". */
void call_say(struct call *c, const char *label);

long do_stop(void *task);
long do_park(void *task);
long do_flush_work(void *work);
long do_flush_worker(void *worker);
long do_cancel(void *work);
long do_cancel_delayed(void *dwork);
long do_destroy(void *worker);

/* ---- works ----------------------------------------------------------------------------------- */
struct counted {
	struct kthread_work work;
	atomic_t runs;
	char name; /* logged when it runs; 0: not */
};

struct delayed {
	struct kthread_delayed_work dwork;
	atomic_t runs;
	char name;
	unsigned long ran_at; /* jiffies of its last run */
};

/* A work that holds up its worker. */
struct gate {
	struct kthread_work work;
	struct completion entered, leave;
};

struct counted *counted_new(char name);
struct delayed *delayed_new(char name);
void gate_init(struct gate *g);
void gate_close(struct gate *g, struct kthread_worker *w); /* until the worker is held up */
void gate_open(struct gate *g);

/* The order in which works ran, as a string of their names. */
void log_reset(void);
void log_add(char name);
const char *log_text(void);

#define FAR (100000UL * HZ) /* a delay that no scenario sees the end of */

/* KILLS: in a kernel the caller dies of it. */
enum kind { RUNS, HANGS, KILLS };
struct scenario {
	const char *id, *title;
	enum kind kind;
	void (*run)(void);
};

#define SCENARIO(kind, id, title) void scenario_##id(void);
#include "scenarios.def"
#undef SCENARIO

extern const struct scenario scenarios[];
extern const int nr_scenarios;
const char *kind_name(enum kind kind);
#endif
