// SPDX-License-Identifier: GPL-2.0-only
/*
 * pthread: the floor for create + run + stop: raw pthreads in the same shape as a kthread's life.
 *
 * Shape: a creator thread with clean settings makes the thread; the newborn reports to the caller
 * and sleeps until it is released (create and wake are two steps); stop sets the thread's own flag,
 * wakes and joins. Every hand-off is one POSIX semaphore, the cheapest that pthreads offer: an
 * atomic, and a futex call only when somebody sleeps. Default attributes; glibc caches the stacks.
 * Threads may run on every CPU, as the library's do. Requests to the creator queue in a list under
 * a mutex. It answers what is about lives of threads: the other topics have futex and condvar.
 */
#include "bench/arms/arm.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/arms/thread.h"

/* One thread; of a cycle on the caller's stack. */
struct life {
	struct life *next;
	struct arm_life_opts o;
	pthread_t handle;
	int ret;       /* of the creation: 0 or -errno */
	sem_t created; /* to the caller: the thread is there, or ret says why not */
	sem_t wake;    /* to the thread: first go, then stop */
	sem_t ran;     /* to the caller: fn has returned */
	bool should_stop;
};

static __thread struct life *self;

static struct {
	pthread_t handle;
	sem_t request; /* one for each life in the list, and one for the end */
	pthread_mutex_t lock;
	struct life *first, **last;
} creator = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const char *pthread_describe(void)
{
	static char line[96];

	snprintf(line, sizeof(line), "glibc %s, creator thread, POSIX semaphores, join",
		 gnu_get_libc_version());
	return line;
}

static void sem_take(sem_t *s)
{
	while (sem_wait(s))
		;
}

/* Relaxed: published by the semaphore. */
static bool should_stop(struct life *l)
{
	return __atomic_load_n(&l->should_stop, __ATOMIC_RELAXED);
}

static void *life_main(void *arg)
{
	struct life *l = arg;

	self = l;
	l->handle = pthread_self();
	sem_post(&l->created);
	sem_take(&l->wake);
	if (should_stop(l))
		return NULL;
	if (l->o.fn)
		l->o.fn(l->o.arg);
	sem_post(&l->ran);
	if (l->o.end == ARM_END_ITSELF)
		return NULL;
	while (!should_stop(l))
		sem_take(&l->wake);
	if (l->o.on_stop)
		l->o.on_stop(l->o.arg);
	if (l->o.end == ARM_END_EXITS)
		pthread_exit(NULL);
	return NULL;
}

static void request(struct life *l)
{
	l->next = NULL;
	pthread_mutex_lock(&creator.lock);
	if (!creator.first)
		creator.last = &creator.first;
	*creator.last = l;
	creator.last = &l->next;
	pthread_mutex_unlock(&creator.lock);
	sem_post(&creator.request);
}

/* NULL: none, the end. */
static struct life *next_request(void)
{
	struct life *l;

	sem_take(&creator.request);
	pthread_mutex_lock(&creator.lock);
	l = creator.first;
	if (l)
		creator.first = l->next;
	pthread_mutex_unlock(&creator.lock);
	return l;
}

static void *creator_main(void *arg)
{
	struct life *l;
	pthread_t handle;
	cpu_set_t all;
	int ret;

	(void)arg;
	memset(&all, 0xff, sizeof(all)); /* the kernel cuts it to what is allowed */
	sched_setaffinity(0, sizeof(all), &all);
	while ((l = next_request())) {
		/* Once the thread runs, *l may be gone before pthread_create() returns here. */
		ret = pthread_create(&handle, NULL, life_main, l);
		if (ret) {
			l->ret = -ret;
			sem_post(&l->created);
		}
	}
	return NULL;
}

static int pthread_cycle_prepare(void)
{
	int ret;

	sem_init(&creator.request, 0, 0);
	ret = pthread_create(&creator.handle, NULL, creator_main, NULL);
	if (ret)
		sem_destroy(&creator.request);
	return -ret;
}

static int create(struct life *l)
{
	sem_init(&l->created, 0, 0);
	sem_init(&l->wake, 0, 0);
	sem_init(&l->ran, 0, 0);
	request(l);
	sem_take(&l->created);
	return l->ret;
}

static void stop(struct life *l)
{
	__atomic_store_n(&l->should_stop, true, __ATOMIC_RELAXED);
	sem_post(&l->wake);
	pthread_join(l->handle, NULL);
}

static void discard(struct life *l)
{
	sem_destroy(&l->ran);
	sem_destroy(&l->wake);
	sem_destroy(&l->created);
}

static int pthread_cycle(arm_fn fn, void *arg)
{
	struct life l = { .o = { .fn = fn, .arg = arg } };
	int ret = create(&l);

	if (!ret) {
		sem_post(&l.wake);
		sem_take(&l.ran);
		stop(&l);
	}
	discard(&l);
	return ret;
}

static int pthread_life_create(void **life, const struct arm_life_opts *o)
{
	struct life *l = arm_alloc(sizeof(*l));
	cpu_set_t set;
	int ret;

	if (!l)
		return -ENOMEM;
	l->o = *o;
	ret = create(l);
	if (ret) {
		discard(l);
		free(l);
		return ret;
	}
	if (o->cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(o->cpu, &set);
		pthread_setaffinity_np(l->handle, sizeof(set), &set);
	}
	if (o->name)
		pthread_setname_np(l->handle, o->name);
	*life = l;
	return 0;
}

static void pthread_life_start(void *life)
{
	sem_post(&((struct life *)life)->wake);
}

static void pthread_life_stop(void *life)
{
	stop(life);
	discard(life);
	free(life);
}

static uint64_t pthread_life_poll(uint64_t nr)
{
	uint64_t yes = 0;

	while (nr--)
		yes += should_stop(self);
	return yes;
}

static void pthread_cycle_finish(void)
{
	sem_post(&creator.request);
	pthread_join(creator.handle, NULL);
	sem_destroy(&creator.request);
}

static const struct arm arm_pthread = {
	.name = "pthread",
	.kind = ARM_FLOOR,
	.place = 3,
	.describe = pthread_describe,
	.cycle_prepare = pthread_cycle_prepare,
	.cycle = pthread_cycle,
	.cycle_finish = pthread_cycle_finish,
	.life_create = pthread_life_create,
	.life_start = pthread_life_start,
	.life_stop = pthread_life_stop,
	.life_poll = pthread_life_poll,
};
ARM_LISTED(arm_pthread);
