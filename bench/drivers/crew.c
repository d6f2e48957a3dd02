// SPDX-License-Identifier: GPL-2.0-only
#include "bench/drivers/crew.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench/drivers/driver.h"

struct member {
	struct crew *crew;
	unsigned int number;
	pthread_t handle;
};

struct crew {
	crew_fn fn;
	void *arg;
	bool leave;
	uint64_t end_ns;
	uint32_t round __attribute__((aligned(64)));
	uint32_t left __attribute__((aligned(64))); /* members that have not returned */
	unsigned int nr;
	struct member member[];
};

static void sleep_on(uint32_t *word, uint32_t seen)
{
	const struct timespec second = { .tv_sec = 1 };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &second, NULL, 0);
}

static void wake_all(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void *member_main(void *arg)
{
	struct member *m = arg;
	struct crew *c = m->crew;
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all)); /* the kernel cuts it to what is allowed */
	sched_setaffinity(0, sizeof(all), &all);
	for (uint32_t round = 0;; round++) {
		/* Acquire: what crew_go() published. */
		while (__atomic_load_n(&c->round, __ATOMIC_ACQUIRE) == round)
			sleep_on(&c->round, round);
		if (c->leave)
			return NULL;
		c->fn(c->arg, m->number);
		/* What each has done, before the end is seen; pairs with crew_wait(). */
		if (__atomic_sub_fetch(&c->left, 1, __ATOMIC_ACQ_REL) == 1) {
			c->end_ns = bench_now_ns();
			__atomic_store_n(&c->left, 0, __ATOMIC_RELEASE);
			wake_all(&c->left);
		}
	}
}

void crew_go(struct crew *c)
{
	c->left = c->nr + 1; /* one more, for the time to be noted before the end is seen */
	/* Release: all of the round; pairs with the acquire in member_main(). */
	__atomic_fetch_add(&c->round, 1, __ATOMIC_RELEASE);
	wake_all(&c->round);
}

uint64_t crew_wait(struct crew *c)
{
	uint64_t end = bench_now_ns() + DRIVER_PATIENCE_NS;
	uint32_t left;

	/* Acquire: pairs with the last member. */
	while ((left = __atomic_load_n(&c->left, __ATOMIC_ACQUIRE))) {
		if (bench_now_ns() > end)
			return 0;
		sleep_on(&c->left, left);
	}
	return c->end_ns;
}

void crew_destroy(struct crew *c)
{
	c->leave = true;
	crew_go(c);
	for (unsigned int i = 0; i < c->nr; i++)
		pthread_join(c->member[i].handle, NULL);
	free(c);
}

int crew_create(struct crew **crew, unsigned int nr, crew_fn fn, void *arg)
{
	size_t size = sizeof(struct crew) + nr * sizeof(struct member);
	struct crew *c = aligned_alloc(64, (size + 63) & ~(size_t)63);
	int ret;

	if (!c)
		return -ENOMEM;
	memset(c, 0, sizeof(*c));
	c->fn = fn;
	c->arg = arg;
	for (; c->nr < nr; c->nr++) {
		c->member[c->nr] = (struct member){ .crew = c, .number = c->nr };
		ret = pthread_create(&c->member[c->nr].handle, NULL, member_main,
				     &c->member[c->nr]);
		if (ret) {
			crew_destroy(c);
			return -ret;
		}
	}
	*crew = c;
	return 0;
}
