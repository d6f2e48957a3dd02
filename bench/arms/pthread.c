// SPDX-License-Identifier: GPL-2.0-only
/*
 * pthread: the floor for create + run + stop: raw pthreads in the same shape as a kthread's life.
 *
 * Shape: a creator thread with clean settings makes the thread; the newborn reports to the caller
 * and sleeps until it is let go (create and wake are two steps); stop sets the thread's own flag,
 * wakes and joins. Every hand-off is one POSIX semaphore, the cheapest that pthreads offer: an
 * atomic, and a futex call only when somebody sleeps. Default attributes; glibc caches the stacks.
 * Threads may run on every CPU, as the library's do. It answers create_stop alone: the other topics
 * have futex and condvar.
 */
#include "bench/arms/arm.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/arms/thread.h"

/* One create, on the caller's stack. */
struct life {
	arm_fn fn;
	void *arg;
	pthread_t handle;
	int err;
	sem_t created; /* to the caller: the thread is there, or err */
	sem_t wake;    /* to the thread: first go, then stop */
	sem_t ran;     /* to the caller: fn has returned */
	bool should_stop;
};

/* One creation at a time is asked for, so the request list is a single place. */
static struct {
	pthread_t handle;
	sem_t request;
	struct life *life; /* NULL: end */
} creator;

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

static void *life_main(void *arg)
{
	struct life *l = arg;

	l->handle = pthread_self();
	sem_post(&l->created);
	sem_take(&l->wake);
	l->fn(l->arg);
	sem_post(&l->ran);
	while (!__atomic_load_n(&l->should_stop, __ATOMIC_RELAXED)) /* published by the semaphore */
		sem_take(&l->wake);
	return NULL;
}

static void *creator_main(void *arg)
{
	struct life *l;
	pthread_t handle;
	cpu_set_t all;
	int err;

	(void)arg;
	memset(&all, 0xff, sizeof(all)); /* the kernel cuts it to what is allowed */
	sched_setaffinity(0, sizeof(all), &all);
	for (;;) {
		sem_take(&creator.request);
		l = creator.life;
		if (!l)
			return NULL;
		/* Once the thread runs, *l may be gone before pthread_create() returns here. */
		err = pthread_create(&handle, NULL, life_main, l);
		if (err) {
			l->err = err;
			sem_post(&l->created);
		}
	}
}

static int pthread_cycle_prepare(void)
{
	int err;

	sem_init(&creator.request, 0, 0);
	err = pthread_create(&creator.handle, NULL, creator_main, NULL);
	if (err)
		sem_destroy(&creator.request);
	return -err;
}

static int pthread_cycle(arm_fn fn, void *arg)
{
	struct life l = { .fn = fn, .arg = arg };

	sem_init(&l.created, 0, 0);
	sem_init(&l.wake, 0, 0);
	sem_init(&l.ran, 0, 0);
	creator.life = &l;
	sem_post(&creator.request);
	sem_take(&l.created);
	if (!l.err) {
		sem_post(&l.wake);
		sem_take(&l.ran);
		__atomic_store_n(&l.should_stop, true, __ATOMIC_RELAXED);
		sem_post(&l.wake);
		pthread_join(l.handle, NULL);
	}
	sem_destroy(&l.ran);
	sem_destroy(&l.wake);
	sem_destroy(&l.created);
	return -l.err;
}

static void pthread_cycle_finish(void)
{
	creator.life = NULL;
	sem_post(&creator.request);
	pthread_join(creator.handle, NULL);
	sem_destroy(&creator.request);
}

const struct arm arm_pthread = {
	.name = "pthread",
	.describe = pthread_describe,
	.cycle_prepare = pthread_cycle_prepare,
	.cycle = pthread_cycle,
	.cycle_finish = pthread_cycle_finish,
};
