/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_INTERNAL_H
#define KT_KTHREAD_INTERNAL_H
/* What the files of libkthread share and nobody else sees. */
#include <kthread/kthread.h>

#include <pthread.h>
#include <stdarg.h>

#include "lib/probe/slot.h"

#include "lib/kthread/phase.h"

struct kt_create;
struct kthread_work_log;

/*
 * The first cache line is what wakers read, and nobody writes while they always wake from the same
 * CPU; the second is what waker and waiter hand to each other.
 */
struct kt_task {
	struct task_struct task;   /* public part, first */
	struct kthread_slot *slot; /* NULL: none, or given back */
	int waker_cpu;		   /* of the last wake; -1: unknown */
	uint32_t spin_max_ns;	   /* 0: never spin */

	uint32_t phase __attribute__((aligned(64)));
	uint32_t refs;
	uint32_t spin_skip;   /* waits to let pass before the next spin */
	uint32_t spin_failed; /* spins in a row that ended in sleep anyway */

	bool is_kthread __attribute__((aligned(64)));
	bool announced;	   /* set_current_state(), and no schedule() since; the thread's own */
	bool asks_resched; /* need_resched() is called: its slice is kept; the thread's own */
	bool bound;
	int per_cpu; /* -1: not a per-CPU thread */
	int bind_error;
	int result;
	uint32_t fork_nr; /* process generation the thread lives in */
	int (*threadfn)(void *data);
	void *data;
	char *full_name;	  /* NULL: comm is all of it */
	struct cpumask *affinity; /* NULL: all CPUs */
	struct cpumask
		*preferred; /* under the lock of affine.c, except to see whether there is one */
	struct kt_task *preferred_next;
	bool preferred_listed;
	bool preferred_over; /* it ends: not to be listed any more */
	int node;	     /* NUMA_NO_NODE: none, or the only one */
	pthread_t thread;
	struct kthread_worker *worker; /* being served; after the birth only by the thread itself */
	struct kthread_work_log *log;  /* of its works; NULL: nobody has looked; the thread's own */
	struct kt_create *create;      /* only until the creator is answered */
	bool freezable;		       /* on the freezer's list; the thread's own */
	struct kt_task *freezer_next;  /* under the freezer's lock */
	int notify_fd;		       /* -1: none */
	uint64_t allowed, pending;     /* signals, bit 0 is signal 1; under the lock of signal.c */
	uint64_t slice_cpu_ns;	       /* need_resched(): CPU time when the slice began */
	uint64_t slice_check_ns;       /* before that time the slice is not over */
};

_Static_assert(offsetof(struct kt_task, phase) == 64, "wakers read one line");
_Static_assert(offsetof(struct kt_task, is_kthread) == 128, "waker and waiter write one line");

extern __thread struct kt_task *kt_self __attribute__((tls_model("initial-exec")));
extern uint32_t kt_fork_nr; /* number of forks above this process */
extern uint32_t kt_spin_ns; /* default of new threads */

static inline struct kt_task *kt_task(struct task_struct *p)
{
	return (struct kt_task *)p;
}

/* task.c */
struct kt_task *kt_task_alloc(void);	  /* one reference; NULL: no memory */
void kt_task_free(struct kt_task *t);	  /* a task whose thread never was */
struct kt_task *kt_current_foreign(void); /* the first call of a thread that we did not make */

static inline struct kt_task *kt_current(void)
{
	return __builtin_expect(kt_self != NULL, 1) ? kt_self : kt_current_foreign();
}

void kt_get(struct kt_task *t);
void kt_put(struct kt_task *t);

/* Is @t a kthread of this process? If not: reports misuse by @func. Return: 0, -EINVAL, -ESRCH */
int kt_check_kthread(struct kt_task *t, const char *func);

/* creator.c */
void kt_creator_fork_prepare(void);
void kt_creator_fork_done(bool in_child);

/* create.c */
struct task_struct *kt_create_thread(int (*threadfn)(void *data), void *data, char *name, int node);
char *kt_format_name(const char *namefmt, va_list ap);
char *kt_format_cpu(const char *namefmt, unsigned int cpu);

/* yield.c: what schedule() does for a thread that does not sleep, or whose slice is kept */
void kt_yield(void);
void kt_slice_restart(struct kt_task *t);

/* wait.c: wait until the state is TASK_RUNNING. Return: 0, -EINTR, -ETIMEDOUT */
int kt_sleep(struct kt_task *t, const struct timespec *until);

/* schedule() until a time: kt_sleep(), or give way where no state was announced */
int kt_schedule(struct kt_task *t, const struct timespec *until);

/* A spin looks at the clock once in so many looks at what it waits for. */
#define KT_SPIN_CHUNK 16

/* Has spinning paid lately, and may it? Counts the waits that pass by without. */
bool kt_spin_wanted(struct kt_task *t);

/*
 * kt_sleep() of a caller that spins by itself, before; @spun_ns: since when it has, 0: it did not
 */
int kt_sleep_spun(struct kt_task *t, const struct timespec *until, uint64_t spun_ns);
uint32_t kt_wake(struct kt_task *t, uint32_t states); /* without the system call: kt_phase_kick() */

void kt_waker_here(struct kt_task *t); /* remember the waker's CPU */

/*
 * As a controller of @t, sleep until told, or until the phase is not @seen any more. Return: the
 * phase
 */
uint32_t kt_wait_change(struct kt_task *t, uint32_t seen);
void kt_deadline(struct timespec *ts, long timeout);
void kt_deadline_ns(struct timespec *ts, uint64_t at_ns); /* of CLOCK_MONOTONIC */
long kt_left(const struct timespec *until);

/* park.c, bind.c, serve.c, worker_fork.c */
void kt_parkme(struct kt_task *t);
void kt_rebind(struct kt_task *t);
int kt_apply_affinity(struct kt_task *t);
void kt_worker_abandon(struct kt_task *t);
void kt_worker_fork_child(void);

/* lean.c */
void kt_lean_init(void);
void kt_lean_fork_child(void);

/* affine.c, node.c */
void kt_affine_node(struct kt_task *t);
void kt_affine_bound(struct kt_task *t);
void kt_affine_leave(struct kt_task *t);
bool kt_affine_hold(struct kt_task *t); /* @t does not end until the release; false: it has */
void kt_affine_release(void);
void kt_affine_fork_child(void);
int kt_node_check(int node,
		  const char *func);  /* reports one that is not there. Return: what to use */
int kt_node_of_cpu(unsigned int cpu); /* NUMA_NO_NODE: the only one, or not known */
bool kt_node_cpus(int node, struct cpumask *set);
void kt_node_enter(int node); /* the calling thread's stack goes there */
void kt_node_leave(void);

/* freezer.c */
enum kt_freeze { FREEZE_UNTIL_THAW, FREEZE_UNTIL_STOP };
bool kt_freeze(struct kt_task *t, enum kt_freeze how); /* if asked to; return: did it? */
void kt_freezer_leave(struct kt_task *t);
void kt_freezer_fork_child(void);

/* smpboot.c, signal.c */
void kt_smpboot_fork_child(void);
void kt_signal_fork_child(void);

/* profile.c: differences from the newest kernels; <kthread/profile.h> lists them */
#define PROFILE_MOD_FALSE	  0x01U
#define PROFILE_STOP_LEAVES_WAITS 0x02U
#define PROFILE_WORKER_STARTS	  0x04U
#define PROFILE_NODE_MEMORY_ONLY  0x08U
#define PROFILE_FIXED		  0x200U /* decided for good */
extern uint32_t kt_profile;
uint32_t kt_profile_fix(void); /* the environment's, unless one was set. Return: kt_profile */

static inline bool kt_profile_has(uint32_t difference)
{
	uint32_t profile = __atomic_load_n(&kt_profile, __ATOMIC_RELAXED);

	return (profile & PROFILE_FIXED ? profile : kt_profile_fix()) & difference;
}

/* notify.c: both only while @t cannot vanish */
void kt_notify(struct kt_task *t);
uint32_t kt_notify_wake(struct kt_task *t, uint32_t states); /* kt_wake() with PHASE_NOTIFY */
void kt_notify_fork_child(void);

/* completion.c */
void kt_completion_fork_child(void);

/* exit.c */
void kt_exit(void *task);
#endif
