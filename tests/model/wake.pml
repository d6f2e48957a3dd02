/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wake and sleep (lib/kthread/wait.c): a thread announces its state, looks at its condition, and sleeps, once perhaps
 * until its time is over; two wakers write a condition each, relaxed, and wake it once. It must end: no wake is
 * lost, whoever comes first; and who was woken sees what that waker wrote.
 *
 * Bounds: one sleeper, two wakers, one wake of each, one end of time.
 *
 * VARIANT 1 tso c11 missed_wake: the state is set by a plain store, not by a read-modify-write
 * VARIANT 2 tso c11 missed_wake: a waker loads the state and goes away when it finds none
 * VARIANT 3 c11 missed_wake: the announcement does not acquire: the look returns what was before the waker's write
 * VARIANT 4 c11 missed_wake: the wake does not release
 * VARIANT 5 tso c11 missed_wake: the look at the condition comes before the announcement
 * VARIANT 6 tso c11 missed_wake: into the futex without ASLEEP
 * VARIANT 7 c11 sees_waker: the loads of the sleep do not acquire
 * VARIANT 8 tso missed_wake: ASLEEP is set by a load and a store: a wake in between is overwritten
 * VARIANT 8 c11 sees_waker: ASLEEP is set by a load and a store: a wake in between is overwritten
 */
#define NR_THREADS 3
#define NR_WORDS 3
#define PHASE 0
#define COND 0 /* COND + n: of waker n */
#define LOADS(t, w) ((t) == 0 || ((w) == 0 && broken == 2))
#include "memory.h"

bool may_time_out = true;
bool woken[NR_THREADS]; /* by waker n */
#define SLEEP_ORDER (BROKEN(7) -> RELAXED : ACQUIRE)
#define NO_ASLEEP BROKEN(6)
#define PLAIN_ASLEEP BROKEN(8)
#define MAY_TIME_OUT may_time_out
#define TIMED_OUT may_time_out = false
#include "phase.h"

inline look(a, b)
{
	load(0, COND + 1, a, RELAXED);
	load(0, COND + 2, b, RELAXED)
}

active proctype sleeper()
{
	short old;
	byte a, b;
	bool ok, sees_waker;

	do
	::
		if
		:: BROKEN(5) -> look(a, b)
		:: else
		fi;
		if
		:: BROKEN(1) ->
			load(0, PHASE, old, RELAXED);
			store(0, PHASE, old | STATE, RELEASE)
		:: else -> phase_change_as(0, old, STATES, STATE, (BROKEN(3) -> RELEASE : ACQ_REL))
		fi;
		if
		:: BROKEN(5)
		:: else -> look(a, b)
		fi;
		if
		:: a && b -> break
		:: else -> sleep(old, ok)
		fi;
		look(a, b);
		sees_waker = (!woken[1] || a) && (!woken[2] || b);
		assert(sees_waker);
		atomic { sees_waker = false; a = 0; b = 0 }
	od;
	phase_change(0, old, STATES, 0);
	finish(0)
}

inline waker(me)
{
	store(me, COND + me, 1, RELAXED);
	if
	:: BROKEN(2) ->
		load(me, PHASE, old, ACQUIRE);
		if
		:: !(old & STATES) -> skip
		:: else -> phase_wake(me, old, STATE); phase_kick(old, STATE)
		fi
	:: else ->
		atomic {
			can_rmw(me) ->
			phase_wake_now(me, old, STATE, (BROKEN(4) -> ACQUIRE : ACQ_REL));
			woken[me] = old & STATE
		};
		phase_kick(old, STATE)
	fi;
	finish(me)
}

active proctype waker1()
{
	short old;

	waker(1)
}

active proctype waker2()
{
	short old;

	waker(2)
}
