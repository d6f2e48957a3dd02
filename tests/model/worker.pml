/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A worker's queue (lib/kthread/worker.c, queue.c): two threads queue the same work, each after a relaxed write of its
 * own; one of them may have parked the worker first. All must end: no queueing and no request is overlooked on the way to sleep,
 * and a run that follows a kthread_queue_work(), true or false, sees what its caller wrote before.
 *
 * The list, the idle mark and the lock are words of the weak memory, too. Waiting for the lock is in lock.pml: here
 * one waits until it is free. What a parked worker does is in park.pml.
 *
 * Bounds: one worker, one work, two queuers, one queueing of each, one park; then a stop by the last.
 *
 * VARIANT 1 tso c11 missed_wake: the thread sleeps without looking for requests after it set its state
 * VARIANT 2 tso c11 missed_wake: the state is set behind the unlock, not under the lock
 * VARIANT 3 c11 run_sees: the unlock does not release
 * VARIANT 4 tso c11 missed_wake: the wake takes the idle mark and does nothing else
 * VARIANT 5 c11 run_sees: the lock does not acquire
 * VARIANT 6 c11 run_sees: a work that looks queued is left alone without the lock
 * VARIANT 7 tso c11 missed_wake: the idle mark is set behind the unlock
 */
#define NR_THREADS 3
#define NR_WORDS 6
#define PHASE 0
#define DATA 0 /* DATA + n: of queuer n */
#define LOCK 3
#define LIST 4
#define IDLE 5
#define HISTORY 14
#define LOADS(t, w) ((w) >= LIST || (t) == 0 && (w) < LOCK || (w) == 0 && broken == 4)
#include "memory.h"
#include "phase.h"

#define UNLOCK (BROKEN(3) -> RELAXED : RELEASE)
#define LOCKED (BROKEN(5) -> RELAXED : ACQUIRE)

bool queued[NR_THREADS]; /* kthread_queue_work() of queuer n has returned */
bool owed1, owed2;	 /* ... when the run began */
bool seen[NR_THREADS];	 /* by a run: what queuer n wrote */
byte callers = 2;

inline lock(t, old)
{
	atomic {
		can_rmw(t) && newest[LOCK] == 0;
		rmw_now(t, LOCK, old, 1, LOCKED);
		old = 0
	}
}

#define unlock(t, old) atomic { rmw(t, LOCK, old, 0, UNLOCK); old = 0 }

active proctype worker()
{
	short old;
	byte list, data1, data2;
	bool ok, did, run_sees;

	do
	::
		load(0, PHASE, old, ACQUIRE);
		if
		:: (old & STOP) -> break
		:: !(old & STOP) && (old & PARK) -> parkme(old, ok, did); did = false
		:: else ->
			/* next_work() */
			lock(0, old);
			load(0, LIST, list, RELAXED);
			if
			:: list ->
				list = 0;
				store(0, LIST, 0, RELAXED);
				store(0, IDLE, 0, RELAXED);
				atomic { owed1 = queued[1]; owed2 = queued[2] };
				unlock(0, old);
				load(0, DATA + 1, data1, RELAXED);
				load(0, DATA + 2, data2, RELAXED);
				atomic {
					seen[1] = seen[1] || data1;
					seen[2] = seen[2] || data2;
					run_sees = (!owed1 || data1) && (!owed2 || data2);
					assert(run_sees);
					run_sees = false;
					data1 = 0; data2 = 0; owed1 = false; owed2 = false
				}
			:: else ->
				if
				:: BROKEN(7)
				:: else -> store(0, IDLE, 1, RELAXED)
				fi;
				if
				:: BROKEN(2)
				:: else -> phase_change(0, old, STATES, STATE)
				fi;
				unlock(0, old);
				if
				:: BROKEN(2) -> phase_change(0, old, STATES, STATE)
				:: BROKEN(7) -> store(0, IDLE, 1, RELAXED)
				:: else
				fi;
				if
				:: BROKEN(1) -> sleep(old, ok)
				:: else ->
					load(0, PHASE, old, ACQUIRE);
					if
					:: (old & (STOP | PARK)) -> phase_change(0, old, STATES, 0)
					:: else -> sleep(old, ok)
					fi
				fi;
				old = 0
			fi
		fi
	od;
	finish(0)
}

/* kthread_queue_work(): wake_idle_locked(), then wake_finish() */
inline queue(t, old, word, state)
{
	word = 0;
	if
	:: BROKEN(6) -> load(t, LIST, word, ACQUIRE)
	:: else
	fi;
	if
	:: word
	:: else ->
		lock(t, old);
		load(t, LIST, word, RELAXED);
		if
		:: !word ->
			store(t, LIST, 1, RELAXED);
			load(t, IDLE, word, RELAXED);
			if
			:: word ->
				store(t, IDLE, 0, RELAXED);
				if
				:: BROKEN(4) -> load(t, PHASE, state, ACQUIRE)
				:: else -> phase_wake(t, state, STATE)
				fi
			:: else
			fi
		:: else
		fi;
		unlock(t, old);
		phase_kick(state, STATE)
	fi;
	atomic { word = 0; state = 0; queued[t] = true }
}

/* The last caller stops the worker. */
inline leave(t, old)
{
	atomic { callers--; old = callers };
	if
	:: old == 0 ->
		phase_change(t, old, STATES | ASLEEP | PARK | WAITED, STOP);
		phase_kick(old, STATES)
	:: else
	fi;
	finish(t)
}

active proctype queuer1()
{
	short old, state;
	byte word;

	store(1, DATA + 1, 1, RELAXED);
	queue(1, old, word, state);
	seen[1];
	leave(1, old)
}

active proctype queuer2()
{
	short old, state;
	byte word;

	if
	:: true ->
		phase_change(2, old, 0, PARK);
		phase_wake(2, old, STATE);
		phase_kick(old, STATE);
		(newest[PHASE] & PARKED);
		phase_unpark(2, old, ACQ_REL);
		phase_kick(old, PARKED)
	:: true
	fi;
	old = 0;
	store(2, DATA + 2, 1, RELAXED);
	queue(2, old, word, state);
	seen[2];
	leave(2, old)
}
