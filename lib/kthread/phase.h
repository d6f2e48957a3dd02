/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_PHASE_H
#define KT_KTHREAD_PHASE_H
/*
 * The phase word: a thread's state and every request to it, and the futex word on which it and
 * its controllers sleep. After the thread's birth it is changed by read-modify-write only.
 *
 * Because both sides of every hand-over are read-modify-writes of this one word, they are totally
 * ordered, and acquire-release on each is enough: of a sleeper that announces its state and then
 * looks at its condition, and a waker that writes the condition and then looks at the state, the
 * later one sees all that the earlier one wrote before.
 *
 * "Model: wake.pml 3, 4" at a barrier: without it tests/model/wake.pml, as its variants 3 and 4, is
 * rejected. `make check-model` searches all of them.
 *
 * Who changes what:
 *	states		set by the thread itself; cleared by it and by whoever wakes it
 *	ASLEEP		set by the thread before the futex, cleared with the state
 *	STARTED		the thread, when its first wait is over
 *	SHOULD_STOP	a stopper, for ever
 *	SHOULD_PARK	set by a parker; cleared with PARKED by unpark or stop
 *	SHOULD_FREEZE	set by the freezer; cleared with FROZEN by the thaw
 *	WAITED		a controller before it sleeps; cleared by whoever then wakes all controllers
 *	EXITED		the thread, when it runs no more of its function
 *	SIGNAL, KILL	a sender; cleared by whoever takes the last pending signal, or SIGKILL (signal.c)
 *	NOTIFY		the thread, for ever: it has an eventfd to be written at each wake
 *	JOIN_CLAIMED	the first stopper, which then joins; JOINED: it has
 */
#include "lib/kthread/futex.h"
#include "lib/kthread/testing.h"

#define PHASE_INTERRUPTIBLE   0x0001U /* states: those of <kthread/sched.h> */
#define PHASE_UNINTERRUPTIBLE 0x0002U
#define PHASE_WAKEKILL	      0x0010U
#define PHASE_PARKED	      0x0040U
#define PHASE_FROZEN	      0x0080U
#define PHASE_STATES	      0x00ffU
#define PHASE_ASLEEP	      0x0100U
#define PHASE_STARTED	      0x0200U
#define PHASE_SHOULD_STOP     0x0400U
#define PHASE_SHOULD_PARK     0x0800U
#define PHASE_WAITED	      0x1000U
#define PHASE_EXITED	      0x2000U
#define PHASE_JOIN_CLAIMED    0x4000U
#define PHASE_JOINED	      0x8000U
#define PHASE_SHOULD_FREEZE   0x10000U
#define PHASE_NOTIFY	      0x20000U
#define PHASE_SIGNAL	      0x40000U
#define PHASE_KILL	      0x80000U

/* What a thread about to sleep must look for. */
#define PHASE_REQUESTS (PHASE_SHOULD_STOP | PHASE_SHOULD_PARK | PHASE_SHOULD_FREEZE)

/*
 * kt_phase_change - clear, then set bits; acquire and release. Return: the word before
 *
 * Model: wake.pml 1, park_race.pml 10
 */
static inline uint32_t kt_phase_change(uint32_t *phase, uint32_t clear, uint32_t set)
{
	uint32_t old = __atomic_load_n(phase, __ATOMIC_RELAXED);

	do
		KT_DELAY("change");
	while (!__atomic_compare_exchange_n(phase, &old, (old & ~clear) | set, true,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return old;
}

/*
 * kt_phase_wake - clear the state if it is one of @states. Return: the word before; nothing is
 * changed if it has one of the bits @unless
 *
 * A read-modify-write in any case: it orders the caller's writes even when there is nobody to wake.
 * Model: wake.pml 2, 4
 */
static inline uint32_t kt_phase_wake(uint32_t *phase, uint32_t states, uint32_t unless)
{
	uint32_t old = __atomic_load_n(phase, __ATOMIC_RELAXED);
	uint32_t new;

	do {
		if (__builtin_expect(old & unless, 0))
			break;
		new = (old & states) ? old & ~(PHASE_STATES | PHASE_ASLEEP) : old;
		KT_DELAY("waking");
	} while (!__atomic_compare_exchange_n(phase, &old, new, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return old;
}

/*
 * kt_phase_unpark - withdraw a park; clears PARKED with the request. Return: the word before.
 * Model: park.pml 5
 */
static inline uint32_t kt_phase_unpark(uint32_t *phase)
{
	uint32_t old = __atomic_load_n(phase, __ATOMIC_RELAXED);
	uint32_t new;

	do {
		new = old & ~(PHASE_SHOULD_PARK | PHASE_WAITED);
		if (old & PHASE_PARKED)
			new &= ~(PHASE_STATES | PHASE_ASLEEP);
		KT_DELAY("unparking");
	} while (!__atomic_compare_exchange_n(phase, &old, new, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return old;
}

/* The system call's worth of a wake: only if the thread had gone to sleep in the kernel. */
static inline void kt_phase_kick(uint32_t *phase, uint32_t old, uint32_t states)
{
	if ((old & states) && (old & PHASE_ASLEEP))
		kt_futex_wake(phase, 1, FUTEX_SELF);
}
#endif
