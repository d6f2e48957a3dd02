/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_AWAIT_H
#define KT_TESTS_AWAIT_H
/*
 * Waiting for what others do: for a state, and for a call on another thread to return or to sleep.
 * Nothing here waits for time; each wait has a deadline far above anything sensible.
 *
 * KT_PATIENCE=N: that deadline in seconds (20), which a broken library has to be waited for.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define READ(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define ADD(x)	__atomic_fetch_add(&(x), 1, __ATOMIC_ACQ_REL)

static inline double test_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static inline unsigned int test_patience(void)
{
	const char *seconds = getenv("KT_PATIENCE");

	return seconds ? (unsigned int)atoi(seconds) : 20;
}

/* Wait for a state. False: it never came. */
#define WAIT_UNTIL(cond)                                                 \
	({                                                               \
		double wait_end = test_seconds() + test_patience();      \
		bool wait_ok;                                            \
		while (!(wait_ok = (cond)) && test_seconds() < wait_end) \
			usleep(100);                                     \
		wait_ok;                                                 \
	})

/* Third word of /proc/self/task/TID/stat: R, S, ... 0: no such thread */
static inline char thread_state(pid_t tid)
{
	char path[64], text[512] = "", *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	p = strrchr(text, ')');
	return p && p[1] ? p[2] : 0;
}

/* ---- a call on a thread of its own ----------------------------------------------------------- */
struct call {
	long (*fn)(void *arg);
	void *arg;
	long ret;
	pid_t tid;
	unsigned int returned;
	pthread_t thread;
};

static inline void *call_main(void *arg)
{
	struct call *c = arg;

	__atomic_store_n(&c->tid, gettid(), __ATOMIC_RELEASE);
	c->ret = c->fn(c->arg);
	ADD(c->returned);
	return NULL;
}

static inline void call_start(struct call *c, long (*fn)(void *arg), void *arg)
{
	*c = (struct call){ .fn = fn, .arg = arg };
	if (pthread_create(&c->thread, NULL, call_main, c))
		abort();
}

/*
 * Wait until the call has returned, or sleeps in the kernel: then it has done all that it does by
 * itself. Return: does it sleep?
 */
static inline bool call_sleeps(struct call *c)
{
	return WAIT_UNTIL(READ(c->returned) || (READ(c->tid) && thread_state(c->tid) == 'S')) &&
	       !READ(c->returned);
}

static inline long call_join(struct call *c)
{
	pthread_join(c->thread, NULL);
	return c->ret;
}
#endif
