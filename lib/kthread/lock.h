/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_LOCK_H
#define KT_KTHREAD_LOCK_H
/* A small lock, held for a few instructions; the unlock's exchange is its last access. */
#include "lib/kthread/futex.h"

void kt_lock_slow(uint32_t *lock);

static inline void kt_lock(uint32_t *lock)
{
	uint32_t free = 0;

	/* Acquire: pairs with the release of kt_unlock(). Model: lock.pml 2, 6 */
	if (!__atomic_compare_exchange_n(lock, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		kt_lock_slow(lock);
}

static inline void kt_unlock(uint32_t *lock)
{
	/* Release: pairs with both ways to lock. Model: lock.pml 1, 5, 7 */
	if (__atomic_exchange_n(lock, 0, __ATOMIC_RELEASE) == 2)
		kt_futex_wake(lock, 1, FUTEX_SELF);
}
#endif
