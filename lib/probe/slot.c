// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/probe/slot.h"

#include <pthread.h>
#include <unistd.h>

#include "lib/probe/mark.h"
#include "lib/probe/usdt.h"

/* "used": the tracer reads, and the kernel writes, what a whole program seems not to. */
#define SHARED __attribute__((weak, used, visibility("default")))

/* 1: weak and visible, so that all copies of this file in a process use one of each. */
SHARED struct kthread_slot_registry kthread_slot_registry;
/* This file's own one, for its mark; the process may use that of another copy. */
static struct kthread_slot_registry registry_here __attribute__((alias("kthread_slot_registry")));
SHARED __attribute__((section(".probes"), aligned(2))) unsigned short kthread_slot_semaphore = 0;
extern __thread struct kthread_slot *kthread_slot_current
	__attribute__((tls_model("initial-exec"), visibility("default")));
SHARED __thread struct kthread_slot *kthread_slot_current;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key; /* gives back the slots of threads that forget to */

static void at_thread_exit(void *arg)
{
	(void)arg;
	slot_unregister();
}

/*
 * The child's thread has another id, under which nobody would find the inherited slot; the parent's
 * other threads are not here. A slot that another handler of fork has made already stays.
 */
static void after_fork_in_child(void)
{
	uint32_t me = (uint32_t)gettid();
	uint32_t *tid;
	unsigned int i;

	if (kthread_slot_current && kthread_slot_current->tid != me)
		kthread_slot_current = NULL;
	for (i = 0; i < KTHREAD_SLOT_NR; i++) {
		tid = &kthread_slot_registry.slot[i].tid;
		/* Read first: what is free already need not be copied for the child. */
		if (__atomic_load_n(tid, __ATOMIC_RELAXED) &&
		    __atomic_load_n(tid, __ATOMIC_RELAXED) != me)
			__atomic_store_n(tid, 0, __ATOMIC_RELEASE);
	}
}

static void init_once(void)
{
	struct kthread_slot_registry *r = &kthread_slot_registry;

	KT_MARK(KT_MARK_SLOTS, &registry_here);
	pthread_key_create(&exit_key, at_thread_exit);
	pthread_atfork(NULL, NULL, after_fork_in_child);
	r->version = KTHREAD_SLOT_VERSION;
	r->nr = KTHREAD_SLOT_NR;
	/* Last: a reader that finds the magic finds the rest, too. */
	__atomic_store_n(&r->magic, KTHREAD_SLOT_MAGIC, __ATOMIC_RELEASE);
}

static struct kthread_slot *place(uint32_t tid, unsigned int i)
{
	return &kthread_slot_registry.slot[(slot_hash(tid) + i) & (KTHREAD_SLOT_NR - 1)];
}

/*
 * The place of @tid: one it has already (another copy of this file made it, or a thread of the
 * same id died without a word), else the first free one.
 */
static struct kthread_slot *claim(uint32_t tid)
{
	struct kthread_slot *s;
	unsigned int i;
	uint32_t free;

	for (i = 0; i < KTHREAD_SLOT_PROBES; i++) {
		s = place(tid, i);
		if (__atomic_load_n(&s->tid, __ATOMIC_RELAXED) == tid)
			return s;
	}
	for (i = 0; i < KTHREAD_SLOT_PROBES; i++) {
		s = place(tid, i);
		free = 0;
		/*
		 * Acquire: the last owner's stores come before ours; pairs with slot_unregister().
		 */
		if (__atomic_compare_exchange_n(&s->tid, &free, tid, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return s;
	}
	return NULL;
}

static void reset(struct kthread_slot *s)
{
	__atomic_store_n(&s->seq, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->t0_ns, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->t4_ns, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->e2e_ns, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->log, 0, __ATOMIC_RELAXED);
	slot_tag(s, KTHREAD_SLOT_NONE, KTHREAD_SLOT_NONE);
}

struct kthread_slot *slot_register(void)
{
	pid_t tid;
	struct kthread_slot *s = kthread_slot_current;

	if (s)
		return s;
	pthread_once(&once, init_once);
	tid = gettid();
	s = claim((uint32_t)tid);
	if (!s) {
		__atomic_fetch_add(&kthread_slot_registry.overflow, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	reset(s);
	kthread_slot_current = s;
	pthread_setspecific(exit_key, s);
	USDT_IF(kthread, slot, kthread_slot_semaphore, tid, s);
	return s;
}

void slot_unregister(void)
{
	struct kthread_slot *s = kthread_slot_current;

	if (!s)
		return;
	kthread_slot_current = NULL;
	/* Another copy of this file may have made the slot: then ours has no key yet. */
	pthread_once(&once, init_once);
	pthread_setspecific(exit_key, NULL);
	reset(s);
	/* Release: the place is empty before it is free; pairs with claim(). */
	__atomic_store_n(&s->tid, 0, __ATOMIC_RELEASE);
}

struct kthread_slot *slot_self(void)
{
	return kthread_slot_current;
}

void slot_observe(int by)
{
	__atomic_fetch_add(&kthread_slot_semaphore, (unsigned short)by, __ATOMIC_RELAXED);
}
