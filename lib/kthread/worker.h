/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_WORKER_H
#define KTHREAD_WORKER_H
/*
 * Workers: one thread that runs queued works one after the other, in order.
 *
 * The caller owns a work's memory; it must live until the work has run, and may be freed by the
 * work's own function. Then, as in the kernel, the event at its end carries the address of freed
 * memory. A worker outlives all calls on it.
 *
 * A forked child has its parent's workers without their threads: flush, cancel and destroy there do
 * not wait, and report it.
 *
 * A queue_work on a busy worker makes no system call; an idle worker is woken once, however many
 * works are queued before it runs. Only a thread that finds the worker locked for longer than a
 * spin, since the holder of the lock has lost its CPU, makes some: membarrier(2), which the whole
 * process notices, and a sleep. KTHREAD_MEMBARRIER=off in the environment keeps the library from
 * that call; queueing then costs one more locked instruction, as where the call is missing or
 * filtered. Like the other variables, it does not count in a program with more privileges than its
 * caller.
 */
#include <stdbool.h>
#include <stdint.h>

#include <kthread/err.h>
#include <kthread/sched.h>

/* A list's head and its members' nodes. */
struct kthread_node {
	struct kthread_node *next, *prev;
};

struct kthread_work;
struct kthread_delayed_work;
typedef void (*kthread_work_func_t)(struct kthread_work *work);

/* Fields are the library's to change; names are the kernel's. */
struct kthread_worker {
	unsigned int flags;
	uint32_t lock;
	struct kthread_node work_list;
	struct task_struct *task;
	struct kthread_work *current_work;
	struct kthread_node delayed_work_list;
	struct kthread_delayed_work *first_delayed; /* of them, by deadline: root of a tree */
	unsigned int nr_delayed;
	bool mended;	     /* a list was torn: to be reported at the unlock */
	uint64_t next_order; /* of those with the same deadline */

	/* Those who queue and the thread write different cache lines, wherever the worker lies. */
	char apart[64];

	uint32_t submit_lock;
	unsigned int idle; /* the thread sleeps, or has not started, and nobody has woken it yet */
	uint32_t fork_nr;  /* process generation that uses it */
	uint32_t quiet_second; /* of time(), in which no armed work comes due; 0: not known */
	struct kthread_node submitted; /* also ready: after those of work_list */
	uint64_t sleep_until_ns;       /* while idle: when the thread wakes by itself */
	uint64_t first_due_ns;	       /* or earlier; UINT64_MAX: none is armed */
};

struct kthread_work {
	struct kthread_node node; /* empty: not pending */
	kthread_work_func_t func;
	struct kthread_worker *worker; /* the last one it was queued on */
	unsigned int pending;	       /* on a list: what the node says, for one lock only */
	int canceling;		       /* number of cancels that wait */
	bool delayed;		       /* part of a struct kthread_delayed_work */
	bool armed;		       /* on the delayed list */
	uint64_t queued_ns;	       /* while a tracer looks: when it became ready */
};

/* An empty list. */
#define KTHREAD_NODE_INIT(head)  \
	{                        \
		&(head), &(head) \
	}

/* KTHREAD_WORKER_INIT - what kthread_init_worker() does, for a variable */
#define KTHREAD_WORKER_INIT(worker)                                                               \
	{                                                                                         \
		0, 0, KTHREAD_NODE_INIT((worker).work_list), NULL, NULL,                          \
			KTHREAD_NODE_INIT((worker).delayed_work_list), NULL, 0, false, 0, { 0 },  \
			0, 0, 0, 0, KTHREAD_NODE_INIT((worker).submitted), UINT64_MAX, UINT64_MAX \
	}
#define DEFINE_KTHREAD_WORKER(worker)	      struct kthread_worker worker = KTHREAD_WORKER_INIT(worker)
#define DEFINE_KTHREAD_WORKER_ONSTACK(worker) DEFINE_KTHREAD_WORKER(worker)

#define KTHREAD_WORK_INIT(work, fn)                                               \
	{                                                                         \
		KTHREAD_NODE_INIT((work).node), (fn), NULL, 0, 0, false, false, 0 \
	}
#define DEFINE_KTHREAD_WORK(work, fn) struct kthread_work work = KTHREAD_WORK_INIT(work, fn)

/*
 * kthread_init_work - @work will call @fn
 *
 * Not while it is pending: that is noticed and reported by a later call on its worker, or by the
 * worker's thread, and the other works stay in order. Tests: W25.
 */
static inline void kthread_init_work(struct kthread_work *work, kthread_work_func_t fn)
{
	struct kthread_work init = KTHREAD_WORK_INIT(*work, fn);

	*work = init;
}

/* kthread_create_worker(): kthread_freeze_all() freezes it between works, also while it is idle. */
#define KTW_FREEZABLE 1U

/*
 * Our extension, also for kthread_create_worker(), or in the flags of a worker of the caller's own
 * before a thread serves it: an idle worker runs its delayed works as near to their deadlines as a
 * thread can, and never early. While it serves, the thread's timer slack is 1 ns instead of 50 us;
 * it wakes KTHREAD_PRECISE_NS before a deadline and spins for the rest, which is what it costs: up
 * to that much CPU time per deadline.
 */
#define KTW_PRECISE 0x10000U

#define KTHREAD_PRECISE_NS 50000

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/*
 * kthread_init_worker - prepare a worker of the caller's own, to be served by kthread_worker_fn()
 */
void kthread_init_worker(struct kthread_worker *worker);

/*
 * kthread_worker_fn - a thread function that serves @worker_ptr until kthread_stop()
 *
 * It then returns 0 at once; what is still queued stays queued. Parks between works, and freezes
 * there if its flags have KTW_FREEZABLE; a stop ends the freeze.
 */
int kthread_worker_fn(void *worker_ptr);

/**
 * kthread_create_worker - a worker and its thread, which the first queued work starts
 * @flags: KTW_FREEZABLE or 0
 * @namefmt: printf format of the thread's name
 *
 * Return: the worker, to be ended by kthread_destroy_worker(), or ERR_PTR as kthread_create().
 * Tests: W16, W18.
 */
#define kthread_create_worker(flags, ...) \
	kthread_create_worker_on_node(flags, NUMA_NO_NODE, __VA_ARGS__)

/* kthread_create_worker_on_node - the same near to @node, see kthread_create_on_node() */
struct kthread_worker *kthread_create_worker_on_node(unsigned int flags, int node,
						     const char *namefmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * kthread_create_worker_on_cpu - bound to @cpu; @namefmt gets it as its one argument ("x/%u")
 *
 * Callers of kernels up to 6.13 give the arguments of @namefmt themselves, and may.
 */
struct kthread_worker *kthread_create_worker_on_cpu(int cpu, unsigned int flags,
						    const char *namefmt);
struct kthread_worker *kthread_create_worker_on_cpu_named(int cpu, unsigned int flags,
							  const char *namefmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Which of the two is meant: @namefmt alone, or with up to eight arguments. */
#define kthread_worker_on_cpu_pick(a, b, c, d, e, f, g, h, i, pick, ...) pick
#define kthread_create_worker_on_cpu(cpu, flags, ...)                               \
	kthread_worker_on_cpu_pick(__VA_ARGS__, kthread_create_worker_on_cpu_named, \
				   kthread_create_worker_on_cpu_named,              \
				   kthread_create_worker_on_cpu_named,              \
				   kthread_create_worker_on_cpu_named,              \
				   kthread_create_worker_on_cpu_named,              \
				   kthread_create_worker_on_cpu_named,              \
				   kthread_create_worker_on_cpu_named,              \
				   kthread_create_worker_on_cpu_named,              \
				   kthread_create_worker_on_cpu, )(cpu, flags, __VA_ARGS__)

/**
 * kthread_queue_work - run @work on @worker
 *
 * Context: any thread, never sleeps for long; not a signal handler.
 * Ordering: true or false, the next run of the work sees what the caller wrote before.
 * Return: false if the work is pending (also if it is armed) or being cancelled already, else true.
 * Tests: W1 to W4, W8, W18 to W20, W23, W26.
 */
bool kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work);

/*
 * kthread_flush_work - wait until the pending or running instance of @work is done
 *
 * Later instances are not waited for. From the worker's own thread: warns and returns. For an armed
 * delayed work, where the kernel hangs, it warns and waits only for an instance that runs; the call
 * for those is kthread_flush_delayed_work(). A work that moves to another worker meanwhile is found
 * there; the kernel reads the work's worker without a lock. Tests: W3, W5, W6, W15.
 */
void kthread_flush_work(struct kthread_work *work);

/*
 * kthread_flush_worker - wait until all that is queued now is done, except armed delayed works
 *
 * Warns for a worker without a thread, then waits for one. From the worker's own thread: warns,
 * returns.
 */
void kthread_flush_worker(struct kthread_worker *worker);

/**
 * kthread_cancel_work_sync - make @work neither pending nor running
 *
 * Nobody can queue it while the call waits. From the worker's own thread it does not wait, and
 * warns when @work is the running one. A delayed work is reported, and, better than in the
 * kernel, disarmed.
 *
 * Return: true if it was pending.
 * Tests: W7, W8, W14, W24.
 */
bool kthread_cancel_work_sync(struct kthread_work *work);

/**
 * kthread_destroy_worker - run what is queued, end the thread, free the worker
 *
 * Warns for a worker whose thread is gone, or that has works left because a work queued itself
 * again, or delayed works that are armed. Better than the kernel, which frees the worker under
 * armed timers: those are disarmed, and all may be used again. When somebody else stops the thread
 * meanwhile, the works that are left are also reported; the kernel would wait for them for ever.
 *
 * A parked worker is unparked. A frozen one runs nothing before the thaw, so that, as in the
 * kernel, the call returns after it: the thread that froze must not destroy before it thaws.
 * Tests: W16.
 */
void kthread_destroy_worker(struct kthread_worker *worker);

#pragma GCC visibility pop

#define kthread_run_worker(flags, ...)                                                            \
	__extension__({                                                                           \
		struct kthread_worker *kthread_run_w = kthread_create_worker(flags, __VA_ARGS__); \
		if (!IS_ERR(kthread_run_w))                                                       \
			wake_up_process(kthread_run_w->task);                                     \
		kthread_run_w;                                                                    \
	})

static inline struct kthread_worker *kthread_run_worker_on_cpu(int cpu, unsigned int flags,
							       const char *namefmt)
{
	struct kthread_worker *w = kthread_create_worker_on_cpu(cpu, flags, namefmt);

	if (!IS_ERR(w))
		wake_up_process(w->task);
	return w;
}

#ifdef __cplusplus
}
#endif

#include <kthread/delayed.h>
#endif
