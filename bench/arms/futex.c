// SPDX-License-Identifier: GPL-2.0-only
/*
 * futex: the floor for everything that sleeps. Raw futex calls doing the same hand-offs as the
 * question, and no others.
 *
 * Idiom: private futexes; a word says whether the other side sleeps, so that a wake of a
 * thread that does not is one atomic and no system call, as in any hand-made event count. No
 * spinning in either wait= case. Park: one phase word for request and unpark, one for the answer.
 * Worker: works are pushed on an intrusive list by one compare-and-swap and taken all at once; the
 * worker marks the list idle before it sleeps, so only the push that finds the mark wakes.
 *
 * Ordering: every hand-over is an acquire-release exchange on the word itself; its partner is the
 * exchange at the other end.
 */
#include "bench/arms/arm.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>

#include "bench/arms/thread.h"

static const char *futex_describe(void)
{
	static char line[128];
	struct utsname u;

	uname(&u);
	snprintf(line, sizeof(line), "Linux %.64s, private futex, wakes only a thread that sleeps",
		 u.release);
	return line;
}

/* ---- one wake-up word: a binary event that one thread waits for ------------------------------ */

enum { EVENT_NONE, EVENT_SET, EVENT_ASLEEP };

static void event_set(uint32_t *word)
{
	/* Release: what the waker wrote; pairs with the exchange in event_wait(). */
	if (__atomic_exchange_n(word, EVENT_SET, __ATOMIC_ACQ_REL) == EVENT_ASLEEP)
		futex_wake(word);
}

static void event_wait(uint32_t *word)
{
	uint32_t none = EVENT_NONE;

	/* Fails when already set. The kernel compares again, so no set is slept through. */
	if (__atomic_compare_exchange_n(word, &none, EVENT_ASLEEP, false, __ATOMIC_RELAXED,
					__ATOMIC_RELAXED))
		while (__atomic_load_n(word, __ATOMIC_RELAXED) == EVENT_ASLEEP)
			futex_wait(word, EVENT_ASLEEP);
	/* Acquire: pairs with event_set(). */
	__atomic_exchange_n(word, EVENT_NONE, __ATOMIC_ACQ_REL);
}

/* ---- wakeup ---------------------------------------------------------------------------------- */

struct peer {
	uint32_t word __attribute__((aligned(64)));
	uint32_t stop;
	arm_fn on_wake;
	void *arg;
	struct arm_thread thread;
};

static void peer_loop(void *arg)
{
	struct peer *p = arg;

	for (;;) {
		event_wait(&p->word);
		if (__atomic_load_n(&p->stop, __ATOMIC_RELAXED))
			return;
		p->on_wake(p->arg);
	}
}

static int futex_peer_create(void **peer, const struct arm_peer_opts *o)
{
	struct peer *p = arm_alloc(sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	p->on_wake = o->on_wake;
	p->arg = o->arg;
	ret = arm_thread_start(&p->thread, o->cpu, o->name, o->on_start, o->arg, peer_loop, p);
	if (ret) {
		free(p);
		return ret;
	}
	*peer = p;
	return 0;
}

static void futex_peer_wake(void *peer)
{
	event_set(&((struct peer *)peer)->word);
}

static void futex_peer_destroy(void *peer)
{
	struct peer *p = peer;

	/* Relaxed: published by the exchange in event_set(). */
	__atomic_store_n(&p->stop, 1, __ATOMIC_RELAXED);
	event_set(&p->word);
	arm_thread_join(&p->thread);
	free(p);
}

static pid_t futex_peer_tid(void *peer)
{
	return ((struct peer *)peer)->thread.tid;
}

static int futex_self_create(void **self, bool may_spin)
{
	(void)may_spin;
	*self = arm_alloc(sizeof(uint32_t));
	return *self ? 0 : -ENOMEM;
}

static void futex_self_wake(void *self)
{
	event_set(self);
}

static void futex_self_wait(void *self)
{
	event_wait(self);
}

/* ---- park ------------------------------------------------------------------------------------ */

/*
 * The phase word: the controller moves RUN or ASLEEP -> ASKED and PARKED or PARKED_ASLEEP -> RUN or
 * STOP, the thread RUN -> ASLEEP, ASKED -> PARKED -> PARKED_ASLEEP.
 */
enum { PHASE_RUN, PHASE_ASLEEP, PHASE_ASKED, PHASE_PARKED, PHASE_PARKED_ASLEEP, PHASE_STOP };

struct parkable {
	uint32_t phase __attribute__((aligned(64)));
	uint32_t parked __attribute__((aligned(64))); /* an event for the controller */
	arm_fn on_wake;
	void *arg;
	struct arm_thread thread;
};

/* If at @from: move to @asleep and sleep until somebody moves the word on. */
static void phase_sleep(uint32_t *phase, uint32_t from, uint32_t asleep)
{
	if (__atomic_compare_exchange_n(phase, &from, asleep, false, __ATOMIC_RELAXED,
					__ATOMIC_RELAXED))
		while (__atomic_load_n(phase, __ATOMIC_RELAXED) == asleep)
			futex_wait(phase, asleep);
}

static void park_loop(void *arg)
{
	struct parkable *p = arg;

	for (;;) {
		phase_sleep(&p->phase, PHASE_RUN, PHASE_ASLEEP);
		/* Acquire: pairs with phase_move(). */
		if (__atomic_load_n(&p->phase, __ATOMIC_ACQUIRE) == PHASE_STOP)
			return;
		__atomic_store_n(&p->phase, PHASE_PARKED, __ATOMIC_RELAXED);
		event_set(&p->parked);
		phase_sleep(&p->phase, PHASE_PARKED, PHASE_PARKED_ASLEEP);
		if (__atomic_load_n(&p->phase, __ATOMIC_ACQUIRE) == PHASE_STOP)
			return;
		p->on_wake(p->arg);
	}
}

static void phase_move(struct parkable *p, uint32_t to)
{
	/* Release: what the controller wrote; pairs with the loads in park_loop(). */
	uint32_t old = __atomic_exchange_n(&p->phase, to, __ATOMIC_ACQ_REL);

	if (old == PHASE_ASLEEP || old == PHASE_PARKED_ASLEEP)
		futex_wake(&p->phase);
}

static int futex_park_create(void **peer, const struct arm_peer_opts *o)
{
	struct parkable *p = arm_alloc(sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	p->on_wake = o->on_wake;
	p->arg = o->arg;
	ret = arm_thread_start(&p->thread, o->cpu, o->name, o->on_start, o->arg, park_loop, p);
	if (ret) {
		free(p);
		return ret;
	}
	*peer = p;
	return 0;
}

static void futex_park(void *peer)
{
	struct parkable *p = peer;

	phase_move(p, PHASE_ASKED);
	event_wait(&p->parked);
}

static void futex_unpark(void *peer)
{
	phase_move(peer, PHASE_RUN);
}

static void futex_park_destroy(void *peer)
{
	struct parkable *p = peer;

	phase_move(p, PHASE_STOP);
	arm_thread_join(&p->thread);
	free(p);
}

static pid_t futex_park_tid(void *peer)
{
	return ((struct parkable *)peer)->thread.tid;
}

/* ---- worker ---------------------------------------------------------------------------------- */

struct arm_work {
	struct arm_work *next;
	arm_fn fn;
	void *arg;
};

struct worker {
	struct arm_work *head __attribute__((aligned(64))); /* newest first; &idle_mark: asleep */
	uint32_t wake __attribute__((aligned(64)));	    /* an event for the worker */
	uint32_t stop;
	struct arm_thread thread;
};

static struct arm_work idle_mark;

static void run_in_order(struct arm_work *newest_first)
{
	struct arm_work *w, *next, *list = NULL;

	for (w = newest_first; w; w = next) {
		next = w->next;
		w->next = list;
		list = w;
	}
	for (w = list; w; w = next) {
		next = w->next; /* the work may be queued again, or gone, once it runs */
		w->fn(w->arg);
	}
}

static void worker_loop(void *arg)
{
	struct worker *k = arg;
	struct arm_work *batch;

	for (;;) {
		batch = __atomic_load_n(&k->head, __ATOMIC_RELAXED);
		if (batch) {
			/* Acquire: the works' contents; pairs with futex_work_queue(). */
			run_in_order(__atomic_exchange_n(&k->head, NULL, __ATOMIC_ACQ_REL));
			continue;
		}
		if (__atomic_load_n(&k->stop, __ATOMIC_ACQUIRE))
			return;
		if (!__atomic_compare_exchange_n(&k->head, &batch, &idle_mark, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		event_wait(&k->wake);
	}
}

static int futex_worker_create(void **worker, const struct arm_worker_opts *o)
{
	struct worker *k = arm_alloc(sizeof(*k));
	int ret;

	if (!k)
		return -ENOMEM;
	ret = arm_thread_start(&k->thread, o->cpu, o->name, o->on_start, o->arg, worker_loop, k);
	if (ret) {
		free(k);
		return ret;
	}
	*worker = k;
	return 0;
}

static void futex_work_queue(void *worker, struct arm_work *w)
{
	struct worker *k = worker;
	struct arm_work *old = __atomic_load_n(&k->head, __ATOMIC_RELAXED);

	/* Release: the caller's writes before the run; pairs with the exchange in worker_loop(). */
	do {
		w->next = old == &idle_mark ? NULL : old;
	} while (!__atomic_compare_exchange_n(&k->head, &old, w, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	if (old == &idle_mark)
		event_set(&k->wake);
}

static void flush_ran(void *arg)
{
	event_set(arg);
}

static void futex_work_flush(void *worker)
{
	uint32_t ran = EVENT_NONE;
	struct arm_work barrier = { .fn = flush_ran, .arg = &ran };

	futex_work_queue(worker, &barrier);
	event_wait(&ran);
}

static void stop_ran(void *arg)
{
	struct worker *k = arg;

	__atomic_store_n(&k->stop, 1, __ATOMIC_RELEASE);
}

static void futex_worker_destroy(void *worker)
{
	struct worker *k = worker;
	struct arm_work last = { .fn = stop_ran, .arg = k };

	futex_work_queue(k, &last);
	arm_thread_join(&k->thread);
	free(k);
}

static pid_t futex_worker_tid(void *worker)
{
	return ((struct worker *)worker)->thread.tid;
}

static struct arm_work *futex_work_create(void *worker, arm_fn fn, void *arg)
{
	struct arm_work *w = arm_alloc(sizeof(*w));

	(void)worker;
	if (w) {
		w->fn = fn;
		w->arg = arg;
	}
	return w;
}

static void futex_work_destroy(struct arm_work *w)
{
	free(w);
}

/* ---- delay: woken to learn the deadline, then a wait with a timeout -------------------------- */

struct delay {
	uint32_t word __attribute__((aligned(64))); /* an event: armed, or stop */
	uint32_t stop;
	uint64_t due_ns;
	arm_fn on_wake;
	void *arg;
	struct arm_thread thread;
};

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void delay_loop(void *arg)
{
	struct delay *d = arg;
	struct timespec due;

	for (;;) {
		event_wait(&d->word);
		due.tv_sec = (time_t)(d->due_ns / 1000000000ULL);
		due.tv_nsec = (long)(d->due_ns % 1000000000ULL);
		while (!__atomic_load_n(&d->stop, __ATOMIC_RELAXED) && clock_ns() < d->due_ns)
			syscall(SYS_futex, &d->word, FUTEX_WAIT_BITSET_PRIVATE, EVENT_NONE, &due,
				NULL, FUTEX_BITSET_MATCH_ANY);
		if (__atomic_load_n(&d->stop, __ATOMIC_RELAXED))
			return;
		d->on_wake(d->arg);
	}
}

static int futex_delay_create(void **delay, const struct arm_peer_opts *o)
{
	struct delay *d = arm_alloc(sizeof(*d));
	int ret;

	if (!d)
		return -ENOMEM;
	d->on_wake = o->on_wake;
	d->arg = o->arg;
	ret = arm_thread_start(&d->thread, o->cpu, o->name, o->on_start, o->arg, delay_loop, d);
	if (ret) {
		free(d);
		return ret;
	}
	*delay = d;
	return 0;
}

static void futex_delay_arm(void *delay, uint64_t ns)
{
	struct delay *d = delay;

	d->due_ns = clock_ns() + ns;
	event_set(&d->word);
}

static void futex_delay_destroy(void *delay)
{
	struct delay *d = delay;

	/* A timed wait sees it as well: the thread waits while the word says that nothing happened. */
	__atomic_store_n(&d->stop, 1, __ATOMIC_RELAXED);
	__atomic_exchange_n(&d->word, EVENT_SET, __ATOMIC_ACQ_REL);
	futex_wake(&d->word);
	arm_thread_join(&d->thread);
	free(d);
}

static pid_t futex_delay_tid(void *delay)
{
	return ((struct delay *)delay)->thread.tid;
}

static const struct arm arm_futex = {
	.name = "futex",
	.kind = ARM_FLOOR,
	.place = 1,
	.describe = futex_describe,
	.peer_create = futex_peer_create,
	.peer_wake = futex_peer_wake,
	.peer_destroy = futex_peer_destroy,
	.peer_tid = futex_peer_tid,
	.self_create = futex_self_create,
	.self_wake = futex_self_wake,
	.self_wait = futex_self_wait,
	.self_destroy = free,
	.park_create = futex_park_create,
	.park = futex_park,
	.unpark = futex_unpark,
	.park_destroy = futex_park_destroy,
	.park_tid = futex_park_tid,
	.worker_create = futex_worker_create,
	.worker_destroy = futex_worker_destroy,
	.worker_tid = futex_worker_tid,
	.work_create = futex_work_create,
	.work_destroy = futex_work_destroy,
	.work_queue = futex_work_queue,
	.work_flush = futex_work_flush,
	.delay_create = futex_delay_create,
	.delay_arm = futex_delay_arm,
	.delay_destroy = futex_delay_destroy,
	.delay_tid = futex_delay_tid,
};
ARM_LISTED(arm_futex);
