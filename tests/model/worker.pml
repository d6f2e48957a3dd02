/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A worker's queue (lib/kthread/worker.c): two threads queue the same work, each after a relaxed write of its own; the
 * second may park the worker first, and unpark it. All must end: no queueing and no request is overlooked on the way to
 * sleep, and a run that follows a kthread_queue_work(), true or false, sees what its caller wrote before.
 *
 * The list, the idle mark and the lock's holder are words of the weak memory, too. Waiting for the lock is left out: one waits
 * until it is free.
 *
 * Must be rejected:
 * BROKEN=1	the thread sleeps without looking for requests after it set its state
 * BROKEN=2	the state is set behind the unlock, not under the lock
 * BROKEN=3	the unlock does not release (needs C11: by hand)
 * BROKEN=4	the wake takes the idle mark and does nothing else: no read-modify-write of the phase
 */
#define NR_THREADS 3
#define NR_WORDS 6
#define PHASE 0
#define DATA 0 /* DATA + n: of queuer n */
#define LOCK 3
#define LIST 4
#define IDLE 5
#include "memory.h"
#include "phase.h"

#if BROKEN == 3
#define UNLOCK RELAXED
#else
#define UNLOCK RELEASE
#endif

bool seen[NR_THREADS]; /* by a run: what queuer n wrote */
bool parked;
byte callers = 2;

inline lock(t, old)
{
	atomic {
		can_rmw(t) && newest(LOCK) == 0;
		rmw_now(t, LOCK, old, 1, ACQUIRE)
	}
}

#define unlock(t, old) rmw(t, LOCK, old, 0, UNLOCK)

#if BROKEN == 2
#define IDLE_STATE
#define LATE_STATE phase_change(0, old, STATES, STATE);
#else
#define IDLE_STATE phase_change(0, old, STATES, STATE);
#define LATE_STATE
#endif

#if BROKEN == 4
#define WAKE(t, state) load(t, PHASE, state, ACQUIRE)
#else
#define WAKE(t, state) phase_wake(t, state, STATE)
#endif

#if BROKEN == 1
#define LOOK_AND_SLEEP sleep(old, ok)
#else
#define LOOK_AND_SLEEP                                                   \
	load(0, PHASE, old, ACQUIRE);                                    \
	if                                                               \
	:: (old & (STOP | PARK)) -> phase_change(0, old, STATES, 0)      \
	:: else -> sleep(old, ok)                                        \
	fi
#endif

/* The second half of serve(): idle, and nothing queued. */
inline idle(old, ok)
{
	LATE_STATE
	LOOK_AND_SLEEP
}

active proctype worker()
{
	byte old, list, data;
	bool ok;

	do
	::
		load(0, PHASE, old, ACQUIRE);
		if
		:: (old & STOP) -> break
		:: !(old & STOP) && (old & PARK) ->
			/* park.pml has the details */
			atomic {
				can_rmw(0);
				if
				:: (newest(PHASE) & PARK) ->
					rmw_now(0, PHASE, old, ((old & (255 - STATES)) | PARKED), ACQ_REL);
					parked = true
				:: else
				fi
			};
			sleep(old, ok);
			parked = false
		:: else ->
			/* next_work() */
			lock(0, old);
			load(0, LIST, list, RELAXED);
			if
			:: list ->
				store(0, LIST, 0, RELAXED);
				unlock(0, old);
				load(0, DATA + 1, data, RELAXED);
				atomic { seen[1] = seen[1] || data; data = 0 };
				load(0, DATA + 2, data, RELAXED);
				atomic { seen[2] = seen[2] || data; data = 0 }
			:: else ->
				store(0, IDLE, 1, RELAXED);
				IDLE_STATE
				unlock(0, old);
				idle(old, ok)
			fi
		fi
	od;
	finish(0)
}

/* kthread_queue_work(): wake_idle_locked(), then wake_finish() */
inline queue(t, old, word, state)
{
	state = 0;
	lock(t, old);
	load(t, LIST, word, RELAXED);
	if
	:: !word ->
		store(t, LIST, 1, RELAXED);
		load(t, IDLE, word, RELAXED);
		if
		:: word ->
			store(t, IDLE, 0, RELAXED);
			WAKE(t, state)
		:: else
		fi
	:: else
	fi;
	unlock(t, old);
	phase_kick(state, STATE);
	word = 0;
	state = 0
}

/* The last caller stops the worker. */
inline leave(t, old)
{
	atomic { callers--; old = callers };
	if
	:: old == 0 ->
		phase_change(t, old, STATES | ASLEEP | PARK, STOP);
		phase_kick(old, STATES)
	:: else
	fi;
	finish(t)
}

proctype queuer(byte me)
{
	byte old, word, state;

	if
	:: me == 2 ->
		rmw(2, PHASE, old, (old | PARK), ACQ_REL);
		phase_wake(2, old, STATE);
		phase_kick(old, STATE);
		parked;
		rmw(2, PHASE, old, (old & (255 - PARK - STATES - ASLEEP)), ACQ_REL);
		phase_kick(old, PARKED)
	:: true
	fi;
	store(me, DATA + me, 1, RELAXED);
	queue(me, old, word, state);
	seen[me];
	leave(me, old)
}

init {
	atomic { run queuer(1); run queuer(2) }
}
