/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Freeze and thaw (lib/kthread/freezer.c): a thread that works, sleeps and freezes when asked; a freezer that freezes
 * it, reads what it wrote, writes for it and thaws it, or gives up half-way and thaws it; in the end it stops it.
 * All must end. Frozen means frozen: from the return of kthread_freeze_all() to the thaw the thread does nothing, all
 * that it wrote is visible, and what was written before the thaw is visible to it.
 *
 * The walk of the list and its lock are left out, and so are the freezer's later rounds, which wake a thread that
 * slept without looking for requests. Bounds: one thread, one freezer, two rounds, in each of which it asks
 * up to three times.
 *
 * VARIANT 1 tso c11 missed_wake: the freezer reads its event behind the walk
 * VARIANT 2 c11 freezer_sees: freeze_if_asked() does not release
 * VARIANT 3 c11 freezer_sees: the freezer asks without acquiring
 * VARIANT 4 c11 thread_sees: the thaw does not release
 * VARIANT 5 c11 thread_sees: the frozen thread's sleep does not acquire
 * VARIANT 6 tso c11 missed_wake: the freezer wakes first, then asks
 * VARIANT 7 tso c11 missed_wake: the thread freezes and does not tell
 */
#define NR_THREADS 2
#define NR_WORDS 4
#define PHASE 0
#define WORK 1	 /* of the thread */
#define ORDERS 2 /* of the freezer */
#define EVENT 3
#define ROUNDS 2
#define HISTORY 20
#define LOADS(t, w) ((t) == 0 ? (w) == 0 || (w) == 2 : (w) == 1 || (w) == 3)
#include "memory.h"

#define SLEEP_ORDER (BROKEN(5) -> RELAXED : ACQUIRE)
#include "phase.h"
#define FROZEN PARKED
#define FREEZE PARK

byte worked, ordered; /* the true values of WORK and ORDERS */
bool frozen;	      /* kthread_freeze_all() has returned, the thaw not begun */

inline work(is_frozen)
{
	atomic {
		is_frozen = !frozen;
		assert(is_frozen);
		is_frozen = false;
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
	byte due;
	bool ok, is_frozen, thread_sees;

	do
	::
		load(0, PHASE, old, ACQUIRE);
		if
		:: (old & STOP) -> break
		:: !(old & STOP) && (old & FREEZE) ->
			work(is_frozen);
			/* kt_freeze() */
			do
			::
				/* freeze_if_asked() */
				load(0, PHASE, old, RELAXED);
				do
				:: !(old & FREEZE) || (old & STOP) -> ok = false; break
				:: (old & FREEZE) && !(old & STOP) ->
					cas(0, PHASE, old, ((old & (ALL - STATES)) | FROZEN), ok,
					    (BROKEN(2) -> ACQUIRE : ACQ_REL), RELAXED);
					if
					:: ok -> break
					:: else
					fi
				od;
				if
				:: !ok -> break
				:: else
				fi;
				if
				:: BROKEN(7)
				:: else ->
					/* tell_freezer() */
					rmw(0, EVENT, old, (old + 1), RELEASE);
					in_futex[1] = false
				fi;
				sleep(old, ok);
				due = ordered;
				/* A thaw has ended the sleep, or a stop. */
				load(0, ORDERS, old, RELAXED);
				thread_sees = (old >= due);
				assert(thread_sees);
				atomic { thread_sees = false; old = 0; due = 0 }
			od;
			old = 0
		:: else ->
			work(is_frozen);
			phase_change(0, old, STATES, STATE);
			load(0, PHASE, old, ACQUIRE);
			if
			:: (old & (STOP | FREEZE)) -> phase_change(0, old, STATES, 0)
			:: else -> sleep(old, ok)
			fi;
			old = 0
		fi
	od;
	finish(0)
}

active proctype freezer()
{
	short old, seen;
	byte round, asks;
	bool ok, freezer_sees;

	do
	:: round == ROUNDS -> break
	:: else ->
		round++;
		/* kthread_freeze_all() */
		do
		:: asks < 3 ->
			asks++;
			if
			:: BROKEN(1)
			:: else -> load(1, EVENT, seen, ACQUIRE)
			fi;
			/* ask_locked() */
			if
			:: BROKEN(6) ->
				phase_wake(1, old, STATE);
				phase_kick(old, STATE);
				phase_change(1, old, 0, FREEZE)
			:: else -> phase_change_as(1, old, 0, FREEZE, (BROKEN(3) -> RELEASE : ACQ_REL))
			fi;
			if
			:: (old & FROZEN) -> ok = true; break
			:: else
			fi;
			if
			:: BROKEN(6)
			:: else -> phase_wake(1, old, STATE); phase_kick(old, STATE)
			fi;
			if
			:: BROKEN(1) -> load(1, EVENT, seen, ACQUIRE)
			:: else
			fi;
			atomic { can_rmw(1); in_futex[1] = (newest[EVENT] == seen) };
			!in_futex[1]
		:: true -> break
		od;
		if
		:: ok ->
			frozen = true;
			load(1, WORK, old, RELAXED);
			freezer_sees = (old == worked);
			assert(freezer_sees);
			freezer_sees = false;
			store(1, ORDERS, ordered + 1, RELAXED);
			ordered++;
			frozen = false
		:: else
		fi;
		/* thaw_locked() */
		rmw(1, PHASE, old, ((old & FROZEN) -> 0 + (old & (ALL - FREEZE - STATES - ASLEEP)) : 0 + (old & (ALL - FREEZE))),
		    (BROKEN(4) -> ACQUIRE : ACQ_REL));
		phase_kick(old, FROZEN);
		atomic { ok = false; old = 0; seen = 0; asks = 0 }
	od;
	phase_change(1, old, STATES | ASLEEP | WAITED, STOP);
	phase_kick(old, STATES);
	finish(1)
}
