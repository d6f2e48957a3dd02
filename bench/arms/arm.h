/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_ARMS_ARM_H
#define KT_ARMS_ARM_H
/*
 * A contender: one library or primitive, used the way its own users would use it, by operations that
 * the drivers share. One file per arm; it ends with one const struct arm and ARM_LISTED().
 *
 * An operation that the contender does not have is NULL: the arm is then absent from that
 * question, never emulated. Drivers ask for all arms that have an operation (arms_that()), so an
 * arm says by what it has which questions it answers. Arms call no bench_ function, take no time
 * and keep no statistics; drivers stamp around them. All threads of an arm are pinned to the CPU
 * that the driver names, with the policy and the nice value of the thread that created them.
 *
 * Waker and waiter: a peer is a thread that waits in the arm's own way until woken, then calls
 * the driver's on_wake() and waits again. Wakes do not count: a peer woken twice before it ran may
 * call on_wake() once; drivers wait for the call before they wake again.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Called in the peer's thread; @arg as given at creation. */
typedef void (*arm_fn)(void *arg);

struct arm_peer_opts {
	int cpu;	 /* where the peer's thread runs */
	arm_fn on_start; /* first thing in the new thread, before it waits; may be NULL */
	arm_fn on_wake;	 /* after each wait that ended by a wake */
	void *arg;
	const char *name; /* thread name */
	bool may_spin;	  /* wait=spin: the arm may spin as it likes; else it must not */
};

struct arm_worker_opts {
	int cpu;
	arm_fn on_start;
	void *arg;
	const char *name;
};

/* How a thread comes to its end. */
enum arm_end {
	ARM_END_STOPPED, /* its function returns once it was told to stop */
	ARM_END_EXITS,	 /* once it was told to stop it leaves by the arm's own exit call */
	ARM_END_ITSELF,	 /* its function returns after fn, without waiting to be told */
};

struct arm_life_opts {
	int cpu;	/* where the thread runs; negative: on every CPU, as kthreads do */
	arm_fn fn;	/* what it runs first; may be NULL */
	arm_fn on_stop; /* what it still has to do once it knows that it should stop; may be NULL */
	void *arg;
	const char *name; /* NULL: the arm's choice */
	enum arm_end end;
};

/* A work item: the arm's own item is allocated with it by work_create(). */
struct arm_work;
struct arm_delayed; /* the same of delayed_create() */

/* What a contender is. Tables show the arms in this order. */
enum arm_kind {
	ARM_ENGINE = 1 << 0,	/* a design of kernel threads */
	ARM_FLOOR = 1 << 1,	/* the least that does the same hand-offs */
	ARM_PRIMITIVE = 1 << 2, /* what programs are put together from by hand */
	ARM_LIBRARY = 1 << 3,	/* what programs take ready-made */
};

/* What a contender can; found from its operations by arm_can(). */
enum arm_can {
	ARM_CAN_WAKE = 1 << 0,	 /* peer_*, in whatever way it waits */
	ARM_CAN_SLEEP = 1 << 1,	 /* and peer_* of a thread that sleeps while it waits */
	ARM_CAN_TRIP = 1 << 2,	 /* self_* */
	ARM_CAN_PARK = 1 << 3,	 /* park* */
	ARM_CAN_CYCLE = 1 << 4,	 /* cycle */
	ARM_CAN_LIVE = 1 << 5,	 /* life_*, stops that hang or not */
	ARM_CAN_CANCEL = 1 << 6, /* life_cancel and what belongs to it */
	ARM_CAN_WORK = 1 << 7,	 /* worker_*, work_* */
	ARM_HAS_WORKER = 1 << 8, /* and the contender has such a worker, its users write none */
	ARM_CAN_DELAY = 1 << 9,	 /* delay_* */
	ARM_CAN_ARM = 1 << 10,	 /* delayed_*, on its worker */
	ARM_MANY_FEED = 1 << 11, /* ARM_HAS_WORKER, and any thread may queue */
	ARM_CAN_SPAWN = 1 << 12, /* spawn, reap */
};

struct arm {
	const char *name;
	enum arm_kind kind;
	unsigned int place; /* 1, 2, ...: the first ones of their kind; 0: after them, by name */

	/*
	 * An arm of a library that this build lacks says so here, with the package that brings it:
	 * "built without libuv (install libuv1-dev)". It has no operations; could is what it can
	 * do with the library (enum arm_can), so that the same questions name it, as skipped.
	 */
	const char *missing;
	unsigned int could;

	/* Version and idiom for the report, e.g. "glibc 2.36, signal outside the lock". */
	const char *(*describe)(void);

	bool spins_only;     /* peer_create and self_create refuse where it may not spin */
	bool worker_by_hand; /* the contender has no worker: this one is what its users wrote */
	bool feeds_alone;    /* work_queue only in the thread that made the worker */

	/*
	 * Wake a waiting thread. peer_create returns once the thread has called on_start: 0 or
	 * -errno, and -EOPNOTSUPP when the arm can wait only by spinning and may not. Destroying
	 * waits for an on_wake() under way: the driver sees to it that it ends.
	 */
	int (*peer_create)(void **peer, const struct arm_peer_opts *o);
	void (*peer_wake)(void *peer);
	void (*peer_destroy)(void *peer); /* ends and joins the thread */
	pid_t (*peer_tid)(void *peer);

	/*
	 * The other half of a round trip: prepare the calling thread to be woken by a peer, in
	 * the arm's own way, wake it from the peer, wait in it. self_wait returns after one
	 * self_wake. All but self_wake belong to the thread that created it. The peer is destroyed
	 * first.
	 */
	int (*self_create)(void **self, bool may_spin);
	void (*self_wake)(void *self);
	void (*self_wait)(void *self);
	void (*self_destroy)(void *self);

	/*
	 * Park: peer_park returns when the peer runs no more of its code; peer_unpark releases
	 * it, and it then calls on_wake() and goes on running its loop (which looks for the next
	 * park request in the arm's own way). A parkable peer is made by park_create with the same
	 * options. It is destroyed parked or not.
	 */
	int (*park_create)(void **peer, const struct arm_peer_opts *o);
	void (*park)(void *peer);
	void (*unpark)(void *peer);
	void (*park_destroy)(void *peer);
	pid_t (*park_tid)(void *peer);

	/*
	 * Create a thread that runs @fn(@arg) and then waits to be stopped; when @fn has returned,
	 * stop it and join. 0 or -errno. Its threads may run on every CPU, as kthreads do.
	 */
	int (*cycle_prepare)(void); /* e.g. start the creator; may be NULL */
	int (*cycle)(arm_fn fn, void *arg);
	void (*cycle_finish)(void); /* may be NULL */

	/*
	 * The same life in single steps, so that many can overlap, between cycle_prepare and
	 * cycle_finish. life_create makes a thread that has not begun: 0 or -errno. life_start lets
	 * it begin: it calls fn, waits to be stopped, calls on_stop, and ends. life_stop asks it
	 * to and waits until it has, in the arm's own sense of that; a thread told to stop before
	 * it began calls neither. Any thread may call them, also at the same time for different
	 * lives.
	 *
	 * A stop that the contender's design lets hang is not asked for, and stop_hangs says why:
	 * one called by a thread in its on_stop, and those of the two ends. NULL: it works.
	 */
	int (*life_create)(void **life, const struct arm_life_opts *o);
	void (*life_start)(void *life);
	void (*life_stop)(void *life);
	struct {
		const char *nested, *exits, *itself;
	} stop_hangs;
	/*
	 * In fn: look @nr times whether to stop, as the arm's threads do. How often the answer was
	 * yes.
	 */
	uint64_t (*life_poll)(uint64_t nr);

	/*
	 * Make a thread that waits to be ended, between cycle_prepare and cycle_finish: spawn returns
	 * once it has a thread id, whether it has run or not: 0 or -errno. reap ends and joins it. Any
	 * thread may call them.
	 */
	int (*spawn)(void **thread);
	void (*reap)(void *thread);

	/*
	 * A create that another thread may cancel, between cycle_prepare and cycle_finish: one
	 * thread calls life_create_cancellable, which returns -EINTR when life_cancel(@cancel) came
	 * before it was done, else as life_create. A cancel serves once.
	 */
	void *(*cancel_create)(void); /* NULL: no memory */
	int (*life_create_cancellable)(void **life, const struct arm_life_opts *o, void *cancel);
	void (*life_cancel)(void *cancel);
	void (*cancel_destroy)(void *cancel);

	/*
	 * One worker thread that runs queued works in order. One at a time per arm; created,
	 * flushed and destroyed by one thread, and fed by it alone where feeds_alone says so.
	 */
	int (*worker_create)(void **worker, const struct arm_worker_opts *o);
	void (*worker_destroy)(void *worker); /* drains, ends and joins */
	pid_t (*worker_tid)(void *worker);
	struct arm_work *(*work_create)(void *worker, arm_fn fn, void *arg);
	void (*work_destroy)(struct arm_work *w); /* idle; also after its worker is gone */
	void (*work_queue)(void *worker, struct arm_work *w); /* not pending at that time */
	void (*work_flush)(void *worker); /* returns when all queued so far have run */
	/*
	 * NULL, or what the arm needs after a work's function was seen to run and before the work
	 * is queued again: libuv's completion arrives on the loop of the thread that queued. Not
	 * measured.
	 */
	void (*work_settle)(void *worker);

	/*
	 * Works on such a worker that run after a delay, as many as there is memory for. Arming one
	 * that is armed changes its deadline.
	 */
	struct arm_delayed *(*delayed_create)(void *worker, arm_fn fn, void *arg);
	void (*delayed_destroy)(struct arm_delayed *d); /* neither armed nor running */
	void (*delayed_arm)(void *worker, struct arm_delayed *d, uint64_t ns);
	void (*delayed_cancel)(struct arm_delayed *d); /* armed or not; waits while it runs */

	/*
	 * A thread that can be asked, by one other thread, to call on_wake() after a delay; not
	 * asked again before it has. Its deadline is as precise as the arm's clock of ns.
	 */
	int (*delay_create)(void **delay, const struct arm_peer_opts *o);
	void (*delay_arm)(void *delay, uint64_t ns);
	void (*delay_destroy)(void *delay); /* armed or not; ends and joins */
	pid_t (*delay_tid)(void *delay);
};

/*
 * ARM_LISTED - put a struct arm into the list of all arms
 *
 * The list is a section of pointers that the linker puts together: no file names all arms.
 */
#define ARM_LISTED(arm_)                                                                         \
	static const struct arm *const arm_##_listed __attribute__((used, section("kt_arms"))) = \
		&arm_

#define ARM_MAX 64 /* arms of a build, including missing ones */

/* What a question asks of its arms. */
struct arm_ask {
	unsigned int can;   /* all of these, of enum arm_can */
	unsigned int kinds; /* one of these, of enum arm_kind; 0: any kind */
};

/*
 * arms_that - the names of all arms, including missing ones, that can do what is asked, in the order
 * of the tables, then NULL. Return: how many.
 */
unsigned int arms_that(const char *name[ARM_MAX + 1], struct arm_ask ask);

/* arm_can - what @arm can do, of enum arm_can */
unsigned int arm_can(const struct arm *arm);

/* arm_find - by name, NULL when this build does not have it (its library was not there) */
const struct arm *arm_find(const char *name);

/* arm_missing - why arm_find(@name) is NULL, e.g. "built without libuv (install libuv1-dev)" */
const char *arm_missing(const char *name);
#endif
