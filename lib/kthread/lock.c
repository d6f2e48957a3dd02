// SPDX-License-Identifier: GPL-2.0-only
/* A small lock: 0 free, 1 held, 2 held and somebody may sleep. */
#include "lib/kthread/lock.h"

/* Longer than any holder needs; a holder that was preempted takes longer, then we sleep. */
#define SPINS 100

void kt_lock_slow(uint32_t *lock)
{
	uint32_t seen;
	int i;

	for (i = 0; i < SPINS; i++) {
		seen = __atomic_load_n(lock, __ATOMIC_RELAXED);
		if (!seen && __atomic_compare_exchange_n(lock, &seen, 1, false, __ATOMIC_ACQUIRE,
							 __ATOMIC_RELAXED))
			return;
		if (seen == 2)
			break;
		kt_cpu_relax();
	}
	/* As 2: others may sleep. Acquire: pairs with kt_unlock(). Model: lock.pml 3, 4 */
	while (__atomic_exchange_n(lock, 2, __ATOMIC_ACQUIRE))
		kt_futex_wait(lock, 2, NULL, FUTEX_SELF);
}
