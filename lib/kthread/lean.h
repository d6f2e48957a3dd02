/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_LEAN_H
#define KT_KTHREAD_LEAN_H
/*
 * A worker's lock: like the small one (lock.h), but its unlock is a plain store. What that saves
 * is half of all that a kthread_queue_work() on a busy worker costs.
 *
 * A plain store may become visible after the look for sleepers that follows it. So whoever is about
 * to sleep counts itself first, for the whole process, and then has all other threads pass a barrier
 * (membarrier(2)): an unlock that has not seen the count by then has its store visible, and the lock
 * is seen free. While anybody is counted, all unlocks are exchanges, as those of the small lock.
 *
 * membarrier() takes a microsecond, or far longer beside a thread that does not give its CPU away:
 * it is called only after a spin that was in vain, and not by those who hold another lock meanwhile.
 * They, and all when it fails later because somebody has filtered it, sleep for a millisecond at a
 * time: it is hardly ever needed, but no wake can be missed for good.
 *
 * Whether the process has membarrier() is found out before it has threads; if it has not, or
 * KTHREAD_MEMBARRIER=off stands in the environment, the lock is the small one.
 *
 * Model: lean.pml
 */
#include "lib/kthread/lock.h"

/* In kt_lean_state, beside the number of those who sleep or are about to. */
#define LEAN_UNDECIDED 0x80000000U /* as off, but may become on */
#define LEAN_OFF       0x40000000U

enum lean_caller { LEAN_HOLDS_NONE, LEAN_HOLDS_ANOTHER };

extern uint32_t kt_lean_state; /* 0: the lean way, and nobody sleeps */

void kt_lean_lock_slow(uint32_t *lock, enum lean_caller caller);

static inline void kt_lean_lock(uint32_t *lock, enum lean_caller caller)
{
	uint32_t free = 0;

	/* Acquire: pairs with the release of kt_lean_unlock(). Model: lean.pml 2 */
	if (!__atomic_compare_exchange_n(lock, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		kt_lean_lock_slow(lock, caller);
}

/*
 * The last access of the lock; what follows only uses its address. The futex call has a barrier of
 * its own: nobody goes to sleep on what the lock was before the store.
 */
static inline void kt_lean_unlock(uint32_t *lock)
{
	if (__builtin_expect(__atomic_load_n(&kt_lean_state, __ATOMIC_RELAXED), 0)) {
		kt_unlock(lock);
		return;
	}
	/* Release: pairs with both ways to lock. Model: lean.pml 1 */
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
	/* For the compiler; for the processor there is the sleeper's membarrier(). */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	/* The second look. Model: lean.pml 6, 8 */
	if (__builtin_expect(__atomic_load_n(&kt_lean_state, __ATOMIC_RELAXED), 0))
		kt_futex_wake(lock, 1, FUTEX_SELF);
}
#endif
