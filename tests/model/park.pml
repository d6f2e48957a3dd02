/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Park, unpark, stop (lib/kthread/park.c, exit.c): a thread that works, sleeps and parks when asked; a controller
 * that parks and unparks it; and another one that, unless -DQUIET, unparks or stops it at any time. All must end: no
 * park waits for ever, no unpark is lost. Parked means parked: nobody else interfering, the thread does nothing from
 * the return of kthread_park() to the unpark, and what it had written is visible to the parker.
 *
 * Must be rejected:
 * BROKEN=1	the thread looks for the request and sets PARKED in two steps, so that an unpark falls in between
 * BROKEN=2	a parker that goes to sleep without WAITED
 * BROKEN=3	the thread sets its state, and sleeps without looking for requests again
 */
#define NR_THREADS 3
#define NR_WORDS 2
#define PHASE 0
#define WORK 1
#ifndef ROUNDS
#define ROUNDS 2
#endif
#include "memory.h"
#include "phase.h"

/* What the models' author knows: not visible to the threads. */
byte worked;		   /* the true value of WORK */
bool parked;		   /* from PARKED on, until the thread goes on */
bool frozen;		   /* kthread_park() has returned, the unpark not begun */
bool stopping, gone;
byte controllers = 2;

#if BROKEN == 1
#define PARK_IF_ASKED                                     \
	load(0, PHASE, old, ACQUIRE);                     \
	if                                                \
	:: (old & PARK) ->                                \
		atomic {                                  \
			can_rmw(0);                       \
			rmw_now(0, PHASE, old, ((old & (255 - STATES - WAITED)) | PARKED), ACQ_REL); \
			parked = true;                    \
			ok = true                         \
		}                                         \
	:: else -> ok = false                             \
	fi;
#else
#define PARK_IF_ASKED                                     \
	atomic {                                          \
		can_rmw(0);                               \
		if                                        \
		:: (newest(PHASE) & PARK) ->              \
			rmw_now(0, PHASE, old, ((old & (255 - STATES - WAITED)) | PARKED), ACQ_REL); \
			parked = true;                    \
			ok = true                         \
		:: else -> ok = false                     \
		fi                                        \
	};
#endif

/* kt_parkme() */
inline parkme(old, ok)
{
	do
	::
		PARK_IF_ASKED
		if
		:: !ok -> break
		:: else
		fi;
		wake_controllers(old);
		sleep(old, ok);
		parked = false
	od;
	phase_change(0, old, STATES, 0)
}

active proctype thread()
{
	byte old;
	bool ok;

	do
	::
		load(0, PHASE, old, ACQUIRE);
		if
		:: (old & STOP) -> break
		:: !(old & STOP) && (old & PARK) -> parkme(old, ok)
		:: else ->
			/* A statement of the thread's own function. */
			atomic {
				assert(!frozen);
				if
				:: worked < 2 -> worked++
				:: else
				fi
			};
			store(0, WORK, worked, RELAXED);
			phase_change(0, old, STATES, STATE);
#if BROKEN == 3
			sleep(old, ok)
#else
			load(0, PHASE, old, ACQUIRE);
			if
			:: (old & (STOP | PARK)) -> phase_change(0, old, STATES, 0)
			:: else -> sleep(old, ok)
			fi
#endif
		fi
	od;
	phase_change(0, old, STATES | WAITED, EXITED);
	atomic { gone = true; parked = false };
	wake_controllers(old);
	finish(0)
}

inline unpark(t, old)
{
	load(t, PHASE, old, ACQUIRE);
	if
	:: (old & PARK) ->
		rmw(t, PHASE, old, ((old & PARKED) -> 0 + (old & (255 - PARK - WAITED - STATES - ASLEEP)) : 0 + (old & (255 - PARK - WAITED))), ACQ_REL);
		phase_kick(old, PARKED);
		wake_controllers(old)
	:: else
	fi
}

/* kthread_stop() up to the join, which waits for the end of the thread. */
inline stop(t, old)
{
	atomic {
		can_rmw(t);
		stopping = true;
		phase_change(t, old, STATES | ASLEEP | PARK | WAITED, STOP)
	};
	phase_kick(old, STATES);
	wake_controllers(old);
	gone
}

/* Whoever is last ends the thread, so that it must be there until then. */
inline leave(t, old)
{
	atomic { controllers--; old = controllers };
	if
	:: old == 0 && !stopping -> stop(t, old)
	:: else
	fi;
	finish(t)
}

/* The ends of kthread_park() */
#define ASKED  0
#define DONE   1
#define NOTHING 2

proctype parker()
{
	byte old, seen, round, end;
	bool ok;

	do
	:: round == ROUNDS -> break
	:: else ->
		round++;
		load(1, PHASE, seen, ACQUIRE);
		end = ASKED;
		ok = false;
		/* request_park() */
		do
		:: (seen & (EXITED | STOP)) -> end = NOTHING; break
		:: !(seen & (EXITED | STOP)) ->
			assert(!(seen & PARK));
			cas(1, PHASE, seen, (seen | PARK), ok);
			if
			:: ok -> seen = seen | PARK; break
			:: else
			fi
		od;
		if
		:: end == ASKED ->
			phase_wake(1, old, STATE);
			phase_kick(old, STATE);
			/* wait_parked() */
			load(1, PHASE, seen, ACQUIRE);
			do
			:: (seen & EXITED) -> end = NOTHING; break
			:: !(seen & EXITED) && (seen & PARKED) -> end = DONE; break
			:: !(seen & (EXITED | PARKED | PARK)) -> end = NOTHING; break
			:: !(seen & (EXITED | PARKED)) && (seen & PARK) ->
				ok = true;
#if BROKEN != 2
				if
				:: !(seen & WAITED) ->
					cas(1, PHASE, seen, (seen | WAITED), ok);
					if
					:: ok -> seen = seen | WAITED
					:: else
					fi
				:: else
				fi;
#endif
				if
				:: ok ->
					atomic { in_futex[1] = (newest(PHASE) == seen) };
					!in_futex[1];
					load(1, PHASE, seen, ACQUIRE)
				:: else
				fi
			od
		:: else
		fi;
#ifdef QUIET
		assert(end == DONE && parked);
		frozen = true;
		load(1, WORK, old, RELAXED);
		assert(old == worked);
		frozen = false;
#endif
		unpark(1, old);
		/* It goes on. */
		!parked
	od;
	leave(1, old)
}

proctype other()
{
	byte old;

#ifndef QUIET
	if
	:: unpark(2, old)
	:: stop(2, old)
	:: skip
	fi;
#endif
	leave(2, old)
}

init {
	atomic { run parker(); run other() }
}
