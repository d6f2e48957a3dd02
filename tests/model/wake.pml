/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wake and sleep (lib/kthread/wait.c): a thread announces its state, looks at its condition, and sleeps; wakers write
 * the condition, relaxed, and wake it. It must end: no wake is lost, whoever comes first.
 *
 * Must be rejected:
 * BROKEN=1	the state is set by a plain store, not by a read-modify-write
 * BROKEN=2	a waker that loads the state and goes away when it finds none
 * BROKEN=3	the announcement is not acquired: the look may return what was before the waker's write (C11 only)
 */
#define NR_THREADS 3
#define NR_WORDS 3
#define PHASE 0
#define COND 0 /* COND + n: of waker n */
#include "memory.h"
#include "phase.h"

active proctype sleeper()
{
	byte old, a, b;
	bool ok;

	do
	::
#if BROKEN == 1
		load(0, PHASE, old, RELAXED);
		store(0, PHASE, old | STATE, RELEASE);
#elif BROKEN == 3
		rmw(0, PHASE, old, ((old & (255 - STATES)) | STATE), RELEASE);
#else
		phase_change(0, old, STATES, STATE);
#endif
		load(0, COND + 1, a, RELAXED);
		load(0, COND + 2, b, RELAXED);
		if
		:: a && b -> break
		:: else -> sleep(old, ok)
		fi
	od;
	phase_change(0, old, STATES, 0);
	finish(0)
}

proctype waker(byte me)
{
	byte old;

	store(me, COND + me, 1, RELAXED);
#if BROKEN == 2
	load(me, PHASE, old, ACQUIRE);
	if
	:: !(old & STATES) -> goto out
	:: else
	fi;
#endif
	phase_wake(me, old, STATE);
	phase_kick(old, STATE);
out:
	finish(me)
}

init {
	atomic { run waker(1); run waker(2) }
}
