// SPDX-License-Identifier: GPL-2.0-only
/*
 * condvar: pthread mutex and condition variable, what portable programs use.
 *
 * Idiom: the state changes under the mutex, the signal goes out after it is released (so that
 * the woken thread does not run into the lock), the waiter loops on its predicate. Default
 * attributes: no spinning in either wait= case. Worker: a list under the mutex; each push signals,
 * which glibc turns into a system call only while somebody waits.
 */
#include "bench/arms/arm.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/arms/thread.h"

static const char *condvar_describe(void)
{
	static char line[96];

	snprintf(line, sizeof(line), "glibc %s, pthread mutex and cond, signal outside the lock",
		 gnu_get_libc_version());
	return line;
}

/* A flag that one thread waits for. */
struct event {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool set;
};

static void event_init(struct event *e)
{
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->cond, NULL);
	e->set = false;
}

static void event_fini(struct event *e)
{
	pthread_cond_destroy(&e->cond);
	pthread_mutex_destroy(&e->lock);
}

static void event_set(struct event *e)
{
	pthread_mutex_lock(&e->lock);
	e->set = true;
	pthread_mutex_unlock(&e->lock);
	pthread_cond_signal(&e->cond);
}

static void event_wait(struct event *e)
{
	pthread_mutex_lock(&e->lock);
	while (!e->set)
		pthread_cond_wait(&e->cond, &e->lock);
	e->set = false;
	pthread_mutex_unlock(&e->lock);
}

/* ---- wakeup ---------------------------------------------------------------------------------- */

struct peer {
	struct event woken;
	uint32_t stop;
	arm_fn on_wake;
	void *arg;
	struct arm_thread thread;
};

static void peer_loop(void *arg)
{
	struct peer *p = arg;

	for (;;) {
		event_wait(&p->woken);
		if (__atomic_load_n(&p->stop, __ATOMIC_RELAXED))
			return;
		p->on_wake(p->arg);
	}
}

static int condvar_peer_create(void **peer, const struct arm_peer_opts *o)
{
	struct peer *p = arm_alloc(sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	event_init(&p->woken);
	p->on_wake = o->on_wake;
	p->arg = o->arg;
	ret = arm_thread_start(&p->thread, o->cpu, o->name, o->on_start, o->arg, peer_loop, p);
	if (ret) {
		event_fini(&p->woken);
		free(p);
		return ret;
	}
	*peer = p;
	return 0;
}

static void condvar_peer_wake(void *peer)
{
	event_set(&((struct peer *)peer)->woken);
}

static void condvar_peer_destroy(void *peer)
{
	struct peer *p = peer;

	/* Relaxed: published by the mutex in event_set(). */
	__atomic_store_n(&p->stop, 1, __ATOMIC_RELAXED);
	event_set(&p->woken);
	arm_thread_join(&p->thread);
	event_fini(&p->woken);
	free(p);
}

static pid_t condvar_peer_tid(void *peer)
{
	return ((struct peer *)peer)->thread.tid;
}

static int condvar_self_create(void **self, bool may_spin)
{
	struct event *e = arm_alloc(sizeof(*e));

	(void)may_spin;
	if (!e)
		return -ENOMEM;
	event_init(e);
	*self = e;
	return 0;
}

static void condvar_self_wake(void *self)
{
	event_set(self);
}

static void condvar_self_wait(void *self)
{
	event_wait(self);
}

static void condvar_self_destroy(void *self)
{
	event_fini(self);
	free(self);
}

/* ---- park ------------------------------------------------------------------------------------ */

struct parkable {
	pthread_mutex_t lock;
	pthread_cond_t to_thread, to_controller;
	bool should_park, parked, stop;
	arm_fn on_wake;
	void *arg;
	struct arm_thread thread;
};

static void park_loop(void *arg)
{
	struct parkable *p = arg;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->should_park && !p->stop)
			pthread_cond_wait(&p->to_thread, &p->lock);
		if (p->stop)
			break;
		p->parked = true;
		pthread_cond_signal(&p->to_controller);
		while (p->should_park && !p->stop)
			pthread_cond_wait(&p->to_thread, &p->lock);
		p->parked = false;
		if (p->stop)
			break;
		pthread_mutex_unlock(&p->lock);
		p->on_wake(p->arg);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
}

static void park_fini(struct parkable *p)
{
	pthread_cond_destroy(&p->to_controller);
	pthread_cond_destroy(&p->to_thread);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static int condvar_park_create(void **peer, const struct arm_peer_opts *o)
{
	struct parkable *p = arm_alloc(sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->to_thread, NULL);
	pthread_cond_init(&p->to_controller, NULL);
	p->on_wake = o->on_wake;
	p->arg = o->arg;
	ret = arm_thread_start(&p->thread, o->cpu, o->name, o->on_start, o->arg, park_loop, p);
	if (ret) {
		park_fini(p);
		return ret;
	}
	*peer = p;
	return 0;
}

static void condvar_park(void *peer)
{
	struct parkable *p = peer;

	pthread_mutex_lock(&p->lock);
	p->should_park = true;
	pthread_cond_signal(&p->to_thread);
	while (!p->parked)
		pthread_cond_wait(&p->to_controller, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

static void condvar_unpark(void *peer)
{
	struct parkable *p = peer;

	/* parked is the thread's to clear: a park() before it noticed finds it parked still. */
	pthread_mutex_lock(&p->lock);
	p->should_park = false;
	pthread_mutex_unlock(&p->lock);
	pthread_cond_signal(&p->to_thread);
}

static void condvar_park_destroy(void *peer)
{
	struct parkable *p = peer;

	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_mutex_unlock(&p->lock);
	pthread_cond_signal(&p->to_thread);
	arm_thread_join(&p->thread);
	park_fini(p);
}

static pid_t condvar_park_tid(void *peer)
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
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct arm_work *first, **last; /* last: where the next one is linked */
	bool stop;
	struct arm_thread thread;
};

static void worker_loop(void *arg)
{
	struct worker *k = arg;
	struct arm_work *w;

	pthread_mutex_lock(&k->lock);
	for (;;) {
		while (!k->first && !k->stop)
			pthread_cond_wait(&k->cond, &k->lock);
		w = k->first;
		if (!w)
			break;
		k->first = w->next;
		if (!k->first)
			k->last = &k->first;
		pthread_mutex_unlock(&k->lock);
		w->fn(w->arg);
		pthread_mutex_lock(&k->lock);
	}
	pthread_mutex_unlock(&k->lock);
}

static void worker_fini(struct worker *k)
{
	pthread_cond_destroy(&k->cond);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static int condvar_worker_create(void **worker, const struct arm_worker_opts *o)
{
	struct worker *k = arm_alloc(sizeof(*k));
	int ret;

	if (!k)
		return -ENOMEM;
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->cond, NULL);
	k->last = &k->first;
	ret = arm_thread_start(&k->thread, o->cpu, o->name, o->on_start, o->arg, worker_loop, k);
	if (ret) {
		worker_fini(k);
		return ret;
	}
	*worker = k;
	return 0;
}

static void condvar_work_queue(void *worker, struct arm_work *w)
{
	struct worker *k = worker;

	w->next = NULL;
	pthread_mutex_lock(&k->lock);
	*k->last = w;
	k->last = &w->next;
	pthread_mutex_unlock(&k->lock);
	pthread_cond_signal(&k->cond);
}

/* Signals inside the lock: the event is on the waiter's stack and gone once the waiter has seen it. */
static void flush_ran(void *arg)
{
	struct event *ran = arg;

	pthread_mutex_lock(&ran->lock);
	ran->set = true;
	pthread_cond_signal(&ran->cond);
	pthread_mutex_unlock(&ran->lock);
}

static void condvar_work_flush(void *worker)
{
	struct event ran;
	struct arm_work barrier = { .fn = flush_ran, .arg = &ran };

	event_init(&ran);
	condvar_work_queue(worker, &barrier);
	event_wait(&ran);
	event_fini(&ran);
}

static void condvar_worker_destroy(void *worker)
{
	struct worker *k = worker;

	pthread_mutex_lock(&k->lock);
	k->stop = true;
	pthread_mutex_unlock(&k->lock);
	pthread_cond_signal(&k->cond);
	arm_thread_join(&k->thread);
	worker_fini(k);
}

static pid_t condvar_worker_tid(void *worker)
{
	return ((struct worker *)worker)->thread.tid;
}

static struct arm_work *condvar_work_create(void *worker, arm_fn fn, void *arg)
{
	struct arm_work *w = arm_alloc(sizeof(*w));

	(void)worker;
	if (w) {
		w->fn = fn;
		w->arg = arg;
	}
	return w;
}

static void condvar_work_destroy(struct arm_work *w)
{
	free(w);
}

static const struct arm arm_condvar = {
	.name = "condvar",
	.kind = ARM_PRIMITIVE,
	.describe = condvar_describe,
	.peer_create = condvar_peer_create,
	.peer_wake = condvar_peer_wake,
	.peer_destroy = condvar_peer_destroy,
	.peer_tid = condvar_peer_tid,
	.self_create = condvar_self_create,
	.self_wake = condvar_self_wake,
	.self_wait = condvar_self_wait,
	.self_destroy = condvar_self_destroy,
	.park_create = condvar_park_create,
	.park = condvar_park,
	.unpark = condvar_unpark,
	.park_destroy = condvar_park_destroy,
	.park_tid = condvar_park_tid,
	.worker_create = condvar_worker_create,
	.worker_destroy = condvar_worker_destroy,
	.worker_tid = condvar_worker_tid,
	.work_create = condvar_work_create,
	.work_destroy = condvar_work_destroy,
	.work_queue = condvar_work_queue,
	.work_flush = condvar_work_flush,
};
ARM_LISTED(arm_condvar);
