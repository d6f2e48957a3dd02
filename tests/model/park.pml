/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Park and unpark (lib/kthread/park.c), undisturbed: a thread that works, sleeps and parks when asked; a controller
 * that parks it, reads what it wrote, writes for it, unparks it, and in the end stops it. All must end. Parked means parked:
 * the thread does nothing from the return of kthread_park() to the unpark, all that it wrote is visible to the parker,
 * and what the parker wrote before the unpark is visible to it behind kthread_parkme(). What others do meanwhile
 * is in park_race.pml.
 *
 * Bounds: one thread, one controller, three rounds.
 *
 * VARIANT 1 tso c11 missed_wake: the parker sleeps without WAITED
 * VARIANT 2 tso c11 missed_wake: the thread sets its state, and sleeps without looking for requests again
 * VARIANT 3 c11 parker_sees: park_if_asked() does not release
 * VARIANT 4 c11 parker_sees: wait_parked() does not acquire
 * VARIANT 5 c11 thread_sees: the unpark does not release
 * VARIANT 6 c11 thread_sees: kthread_parkme() does not acquire
 * VARIANT 7 tso c11 missed_wake: the request comes after the wake
 * VARIANT 8 tso c11 is_parked: kthread_park() does not wait for PARKED
 */
#define NR_THREADS 2
#define NR_WORDS 3
#define PHASE 0
#define WORK 1 /* of the thread */
#define ORDERS 2 /* of the parker */
#define ROUNDS 3
#define LOADS(t, w) ((w) == 0 || (w) == 2 - (t))
#include "memory.h"

#define NO_WAITED BROKEN(1)
#define PARK_ORDER (BROKEN(3) -> ACQUIRE : ACQ_REL)
#define CONTROLLER_ORDER (BROKEN(4) -> RELAXED : ACQUIRE)
#define SLEEP_ORDER (BROKEN(6) -> RELAXED : ACQUIRE)
#define PARKME_ORDER (BROKEN(6) -> RELEASE : ACQ_REL)
#include "phase.h"

/* What the models' author knows: not visible to the threads. */
byte worked, ordered; /* the true values of WORK and ORDERS */
bool frozen;	      /* kthread_park() has returned, the unpark not begun */

/* A statement of the thread's own function. */
inline work(is_parked)
{
	atomic {
		is_parked = !frozen;
		assert(is_parked);
		is_parked = false;
		if
		:: worked < 3 -> worked++
		:: else -> worked = 1
		fi
	};
	store(0, WORK, worked, RELAXED)
}

active proctype thread()
{
	short old;
	bool ok, did, is_parked, thread_sees;

	do
	::
		load(0, PHASE, old, ACQUIRE);
		if
		:: (old & STOP) -> break
		:: !(old & STOP) && (old & PARK) ->
			/* Right before: no other release in between. */
			work(is_parked);
			parkme(old, ok, did);
			load(0, ORDERS, old, RELAXED);
			thread_sees = (!did || old == ordered || BROKEN(8));
			assert(thread_sees);
			atomic { thread_sees = false; old = 0; did = false }
		:: else ->
			work(is_parked);
			phase_change(0, old, STATES, STATE);
			if
			:: BROKEN(2) -> sleep(old, ok)
			:: else ->
				load(0, PHASE, old, ACQUIRE);
				if
				:: (old & (STOP | PARK)) -> phase_change(0, old, STATES, 0)
				:: else -> sleep(old, ok)
				fi
			fi;
			old = 0
		fi
	od;
	finish(0)
}

active proctype controller()
{
	short old, seen;
	byte round;
	bool ok, parker_sees;

	do
	:: round == ROUNDS -> break
	:: else ->
		round++;
		if
		:: BROKEN(7) -> phase_wake(1, old, STATE); phase_kick(old, STATE)
		:: else
		fi;
		/* request_park() */
		load(1, PHASE, seen, ACQUIRE);
		do
		::
			assert(!(seen & PARK));
			cas(1, PHASE, seen, (seen | PARK), ok, ACQ_REL, ACQUIRE);
			if
			:: ok -> break
			:: else
			fi
		od;
		ok = false;
		if
		:: BROKEN(7)
		:: else -> phase_wake(1, old, STATE); phase_kick(old, STATE)
		fi;
		/* wait_parked() */
		load(1, PHASE, seen, CONTROLLER_ORDER);
		do
		:: (seen & PARKED) || BROKEN(8) -> break
		:: else -> wait_change(1, seen, ok)
		od;
		frozen = true;
		load(1, WORK, old, RELAXED);
		parker_sees = (BROKEN(8) || old == worked);
		assert(parker_sees);
		parker_sees = false;
		ordered++;
		store(1, ORDERS, ordered, RELAXED);
		frozen = false;
		/* kthread_unpark() */
		phase_unpark(1, old, (BROKEN(5) -> ACQUIRE : ACQ_REL));
		phase_kick(old, PARKED);
		wake_controllers(old);
		atomic { old = 0; seen = 0 }
	od;
	/* request_stop() */
	phase_change(1, old, STATES | ASLEEP | PARK | WAITED, STOP);
	phase_kick(old, STATES);
	finish(1)
}
