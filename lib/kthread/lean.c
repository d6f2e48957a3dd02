// SPDX-License-Identifier: GPL-2.0-only
/* The lock of workers: 0 free, 1 held, 2 held and somebody may sleep. */
#include "lib/kthread/lean.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>

#include "lib/kthread/internal.h"
#include "lib/kthread/testing.h"

/* As in lock.c: a holder that was preempted takes longer, then we sleep. */
#define SPINS 100

#define NAP_NS 1000000

/* Read by all, and written only where somebody sleeps. */
uint32_t kt_lean_state __attribute__((aligned(64))) = LEAN_UNDECIDED;

static bool membarrier(int command)
{
	int saved = errno;
	long ret;

	KT_DELAY("membarrier");
	ret = syscall(SYS_membarrier, command, 0, 0);
	errno = saved;
	return !ret;
}

static bool spin(uint32_t *lock)
{
	uint32_t seen;
	int i;

	for (i = 0; i < SPINS; i++) {
		seen = __atomic_load_n(lock, __ATOMIC_RELAXED);
		/* Acquire: pairs with kt_lean_unlock(). Model: lean.pml 3 */
		if (!seen && __atomic_compare_exchange_n(lock, &seen, 1, false, __ATOMIC_ACQUIRE,
							 __ATOMIC_RELAXED))
			return true;
		kt_cpu_relax();
	}
	return false;
}

/* @nap: not for longer than that, since a wake may be missed */
static void sleep_until_free(uint32_t *lock, bool nap)
{
	struct timespec until;

	/* As 2: others may sleep. Acquire: pairs with kt_lean_unlock(). Model: lean.pml 3, 4 */
	while (__atomic_exchange_n(lock, 2, __ATOMIC_ACQUIRE)) {
		if (nap) {
			clock_gettime(CLOCK_MONOTONIC, &until);
			until.tv_nsec += NAP_NS;
			until.tv_sec += until.tv_nsec / 1000000000;
			until.tv_nsec %= 1000000000;
		}
		kt_futex_wait(lock, 2, nap ? &until : NULL, FUTEX_SELF);
	}
}

void kt_lean_lock_slow(uint32_t *lock, enum lean_caller caller)
{
	uint32_t undecided = LEAN_UNDECIDED;
	bool heard = false;

	if (spin(lock))
		return;
	/* Whoever unlocks looks at the lock itself, and not only now: it stays so. */
	__atomic_compare_exchange_n(&kt_lean_state, &undecided, LEAN_OFF, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
	if (__atomic_load_n(&kt_lean_state, __ATOMIC_RELAXED) & LEAN_OFF) {
		sleep_until_free(lock, false);
		return;
	}
	/* Before the barrier: pairs with the second look of kt_lean_unlock(). Model: lean.pml 5, 7 */
	__atomic_fetch_add(&kt_lean_state, 1, __ATOMIC_RELAXED);
	KT_DELAY("lean_counted");
	if (caller == LEAN_HOLDS_NONE)
		heard = membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	sleep_until_free(lock, !heard);
	/* Only now: until then it needs to be woken. Model: lean.pml 9 */
	__atomic_fetch_sub(&kt_lean_state, 1, __ATOMIC_RELAXED);
}

static bool is_switched_off(void)
{
	const char *value = secure_getenv("KTHREAD_MEMBARRIER");

	return value && !strcmp(value, "off");
}

void kt_lean_init(void)
{
	uint32_t undecided = LEAN_UNDECIDED;
	bool on = !is_switched_off() && membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);

	__atomic_compare_exchange_n(&kt_lean_state, &undecided, on ? 0 : LEAN_OFF, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Those who slept are gone. */
void kt_lean_fork_child(void)
{
	bool on = !(kt_lean_state & (LEAN_OFF | LEAN_UNDECIDED));

	if (on)
		kt_lean_state =
			membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) ? 0 : LEAN_OFF;
}
