// SPDX-License-Identifier: GPL-2.0-only
/*
 * atomic: the floor for what a hand-over between two running threads can cost.
 *
 * Idiom: the waker stores to one cache line, the waiter spins on it with the pause instruction, and
 * that is all. Nobody can use it like this for longer waits: the waiter takes its whole CPU. So it
 * exists only where spinning is asked for (may_spin), and never on the waker's own CPU.
 *
 * Ordering: each store that hands over is a release, its partner the acquire load in spin_wait().
 */
#include "bench/arms/arm.h"

#include <errno.h>
#include <stdlib.h>

#include "bench/arms/thread.h"

enum { WORD_NONE, WORD_SET, WORD_STOP };

struct peer {
	uint32_t word __attribute__((aligned(64)));
	arm_fn on_wake __attribute__((aligned(64)));
	void *arg;
	struct arm_thread thread;
};

static const char *atomic_describe(void)
{
	return "store to one cache line, waiter spins with pause";
}

static uint32_t spin_wait(uint32_t *word)
{
	uint32_t seen;

	while ((seen = __atomic_load_n(word, __ATOMIC_ACQUIRE)) == WORD_NONE)
		cpu_relax();
	return seen;
}

static void peer_loop(void *arg)
{
	struct peer *p = arg;

	while (spin_wait(&p->word) != WORD_STOP) {
		/* Before on_wake(): the driver may wake again from then on. */
		__atomic_store_n(&p->word, WORD_NONE, __ATOMIC_RELAXED);
		p->on_wake(p->arg);
	}
}

static int atomic_peer_create(void **peer, const struct arm_peer_opts *o)
{
	struct peer *p;
	int ret;

	if (!o->may_spin)
		return -EOPNOTSUPP;
	p = arm_alloc(sizeof(*p));
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

static void atomic_peer_wake(void *peer)
{
	__atomic_store_n(&((struct peer *)peer)->word, WORD_SET, __ATOMIC_RELEASE);
}

static void atomic_peer_destroy(void *peer)
{
	struct peer *p = peer;
	uint32_t none;

	/* A wake may still stand in the word, and the peer's reset must not wipe the stop out. */
	do {
		none = WORD_NONE;
		cpu_relax();
	} while (!__atomic_compare_exchange_n(&p->word, &none, WORD_STOP, false, __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
	arm_thread_join(&p->thread);
	free(p);
}

static pid_t atomic_peer_tid(void *peer)
{
	return ((struct peer *)peer)->thread.tid;
}

static int atomic_self_create(void **self, bool may_spin)
{
	if (!may_spin)
		return -EOPNOTSUPP;
	*self = arm_alloc(sizeof(uint32_t));
	return *self ? 0 : -ENOMEM;
}

static void atomic_self_wake(void *self)
{
	__atomic_store_n((uint32_t *)self, WORD_SET, __ATOMIC_RELEASE);
}

static void atomic_self_wait(void *self)
{
	spin_wait(self);
	__atomic_store_n((uint32_t *)self, WORD_NONE, __ATOMIC_RELAXED);
}

static const struct arm arm_atomic = {
	.name = "atomic",
	.kind = ARM_FLOOR,
	.place = 2,
	.describe = atomic_describe,
	.spins_only = true,
	.peer_create = atomic_peer_create,
	.peer_wake = atomic_peer_wake,
	.peer_destroy = atomic_peer_destroy,
	.peer_tid = atomic_peer_tid,
	.self_create = atomic_self_create,
	.self_wake = atomic_self_wake,
	.self_wait = atomic_self_wait,
	.self_destroy = free,
};
ARM_LISTED(arm_atomic);
