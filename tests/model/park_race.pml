/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Park, unpark, stop and the thread's end, all at once (lib/kthread/park.c, stop.c, exit.c): a thread that works, sleeps,
 * parks when asked, and may end by itself; one controller that parks and unparks it, and another one that
 * unparks, parks or stops it meanwhile, or does nothing. All must end: no park waits for ever, no request is lost. A park that
 * failed because the thread has ended sees what the thread wrote last.
 *
 * Bounds: one thread, two controllers, one operation of each, then a stop by the last.
 *
 * VARIANT 1 tso c11 missed_wake: the thread looks for the request and sets PARKED in two steps, an unpark in between
 * VARIANT 2 tso c11 missed_wake: a parker sleeps without WAITED
 * VARIANT 3 tso c11 missed_wake: the thread sets its state, and sleeps without looking for requests again
 * VARIANT 4 tso c11 missed_wake: an unpark does not wake controllers
 * VARIANT 5 tso c11 missed_wake: a stop does not wake controllers
 * VARIANT 6 tso c11 missed_wake: the end of the thread does not wake controllers
 * VARIANT 7 tso c11 missed_wake: a stop leaves PARKED standing
 * VARIANT 8 c11 parker_sees: the end of the thread does not release
 * VARIANT 9 c11 parker_sees: wait_parked() does not acquire
 * VARIANT 10 tso c11 missed_wake: a stop changes the word by a load and a store
 */
#define NR_THREADS 3
#define NR_WORDS 2
#define PHASE 0
#define WORK 1
#define LOADS(t, w) ((w) == 0 || (t))
#include "memory.h"

#define PARK_TWO_STEPS BROKEN(1)
#define NO_WAITED BROKEN(2)
#define CONTROLLER_ORDER (BROKEN(9) -> RELAXED : ACQUIRE)
#include "phase.h"

bool exited; /* the thread's last write is done */
byte controllers = 2;

active proctype thread()
{
	short old;
	bool ok, did;

	do
	::
		load(0, PHASE, old, ACQUIRE);
		if
		:: (old & STOP) -> break
		:: !(old & STOP) && (old & PARK) -> parkme(old, ok, did); did = false
		:: !(old & (STOP | PARK)) ->
			phase_change(0, old, STATES, STATE);
			if
			:: BROKEN(3) -> sleep(old, ok)
			:: else ->
				load(0, PHASE, old, ACQUIRE);
				if
				:: (old & (STOP | PARK)) -> phase_change(0, old, STATES, 0)
				:: else -> sleep(old, ok)
				fi
			fi;
			old = 0
		:: !(old & STOP) -> break
		fi
	od;
	store(0, WORK, 1, RELAXED);
	/* kt_exit() */
	phase_change_as(0, old, STATES | WAITED, EXITED, (BROKEN(8) -> ACQUIRE : ACQ_REL));
	exited = true;
	if
	:: BROKEN(6)
	:: else -> wake_controllers(old)
	fi;
	finish(0)
}

inline unpark(t, old)
{
	load(t, PHASE, old, ACQUIRE);
	if
	:: (old & PARK) ->
		phase_unpark(t, old, ACQ_REL);
		phase_kick(old, PARKED);
		if
		:: BROKEN(4)
		:: else -> wake_controllers(old)
		fi
	:: else
	fi;
	old = 0
}

/* request_stop(), and the join: until the thread has ended. */
inline stop(t, old)
{
	if
	:: BROKEN(10) ->
		load(t, PHASE, old, RELAXED);
		store(t, PHASE, ((old & (ALL - STATES - ASLEEP - PARK - WAITED)) | STOP), RELEASE)
	:: BROKEN(7) -> phase_change(t, old, PARK | WAITED, STOP)
	:: else -> phase_change(t, old, STATES | ASLEEP | PARK | WAITED, STOP)
	fi;
	phase_kick(old, STATES);
	if
	:: BROKEN(5)
	:: else -> wake_controllers(old)
	fi;
	old = 0;
	exited
}

/* The ends of request_park() and wait_parked(); BUSY: another park is pending */
#define ASKED	0
#define DONE	1
#define NOTHING 2
#define BUSY	3
#define ENDED	4

inline park(t, old, seen, end, ok)
{
	load(t, PHASE, seen, ACQUIRE);
	do
	:: (seen & EXITED) -> end = ENDED; break
	:: !(seen & EXITED) && (seen & STOP) -> end = NOTHING; break
	:: !(seen & (EXITED | STOP)) && (seen & PARK) -> end = BUSY; break
	:: else ->
		cas(t, PHASE, seen, (seen | PARK), ok, ACQ_REL, ACQUIRE);
		if
		:: ok -> end = ASKED; break
		:: else
		fi
	od;
	ok = false;
	if
	:: end == ASKED ->
		phase_wake(t, old, STATE);
		phase_kick(old, STATE);
		/* wait_parked() */
		load(t, PHASE, seen, CONTROLLER_ORDER);
		do
		:: (seen & EXITED) -> end = ENDED; break
		:: !(seen & EXITED) && (seen & PARKED) -> end = DONE; break
		:: !(seen & (EXITED | PARKED | PARK)) -> end = NOTHING; break
		:: else -> wait_change(t, seen, ok)
		od
	:: else
	fi;
	if
	:: end == ENDED ->
		load(t, WORK, old, RELAXED);
		parker_sees = (old == 1);
		assert(parker_sees);
		parker_sees = false
	:: else
	fi;
	atomic { old = 0; seen = 0; ok = false }
}

/* Whoever is last ends the thread, so that it must be there until then. */
inline leave(t, old)
{
	atomic { controllers--; old = controllers };
	if
	:: old == 0 -> stop(t, old)
	:: else
	fi;
	finish(t)
}

active proctype parker()
{
	short old, seen;
	byte end;
	bool ok, parker_sees;

	park(1, old, seen, end, ok);
	end = 0;
	unpark(1, old);
	leave(1, old)
}

active proctype other()
{
	short old, seen;
	byte end;
	bool ok, parker_sees;

	if
	:: true -> unpark(2, old)
	:: true -> stop(2, old)
	:: true ->
		park(2, old, seen, end, ok);
		end = 0;
		unpark(2, old)
	:: true
	fi;
	leave(2, old)
}
