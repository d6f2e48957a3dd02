/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a thread and the claim to join it (lib/kthread/exit.c, stop.c), and of its handle (kt_put() in task.c). Two
 * stoppers: exactly one joins, both return behind the join and see the thread's result and
 * what its destructors wrote. The handle is freed
 * once, by the last of the three who hold it, behind all that they did with it.
 *
 * Bounds: one thread, which does nothing but end when it is asked to; two stoppers. pthread_join() is a word of its own,
 * stored by the thread as its last act and released.
 *
 * VARIANT 1 tso c11 joined_once: the join is claimed by a load and a read-modify-write
 * VARIANT 2 tso c11 is_joined: the other stopper waits for EXITED, not for JOINED
 * VARIANT 3 c11 result_seen: JOINED is set without release
 * VARIANT 4 c11 result_seen: the other stopper does not acquire
 * VARIANT 5 tso c11 missed_wake: JOINED is set and nobody woken
 * VARIANT 6 tso c11 missed_wake: the other stopper sleeps without WAITED
 * VARIANT 7 c11 all_done: the put of a reference does not release
 * VARIANT 8 c11 all_done: the put of the last reference does not acquire
 * VARIANT 9 tso c11 missed_wake: WAITED is cleared by the thread's end, which wakes nobody
 */
#define NR_THREADS 3
#define NR_WORDS 7
#define HISTORY 12
#define PHASE 0
#define RESULT 1 /* also the thread's last use of its handle */
#define DONE 2	 /* what pthread_join() waits for */
#define REFS 3	 /* references gone */
#define USE 3	 /* USE + n: of the handle, by stopper n */
#define LATE 6	 /* what the thread's destructors wrote, behind the funnel */
#define LOADS(t, w) ((w) != DONE)
#include "memory.h"

#define NO_WAITED BROKEN(6)
#define CONTROLLER_ORDER (BROKEN(4) -> RELAXED : ACQUIRE)
#include "phase.h"

bool ended;	 /* pthread_join() returns */
byte nr_joins;
bool is_joined, joined_once;

#define PUT_ORDER (BROKEN(7) -> ACQUIRE : (BROKEN(8) -> RELEASE : ACQ_REL))

/* kt_put(); the last one frees, and must see the end of everybody's use. */
inline put(t, old, all_done)
{
	rmw(t, REFS, old, (old + 1), PUT_ORDER);
	if
	:: old == 2 ->
		load(t, RESULT, old, RELAXED);
		all_done = (old == 1);
		assert(all_done);
		load(t, USE + 1, old, RELAXED);
		all_done = (old == 1);
		assert(all_done);
		load(t, USE + 2, old, RELAXED);
		all_done = (old == 1);
		assert(all_done)
	:: else
	fi;
	finish(t)
}

active proctype thread()
{
	short old;
	bool ok, all_done;

	/* Until asked: parked or not makes no difference here. */
	phase_change(0, old, STATES, STATE);
	load(0, PHASE, old, ACQUIRE);
	if
	:: (old & STOP)
	:: else -> sleep(old, ok)
	fi;
	old = 0;
	store(0, RESULT, 1, RELAXED);
	/* kt_exit() */
	phase_change(0, old, STATES | WAITED, EXITED);
	if
	:: BROKEN(9)
	:: else -> wake_controllers(old)
	fi;
	store(0, LATE, 1, RELAXED);
	rmw(0, DONE, old, 1, RELEASE);
	ended = true;
	put(0, old, all_done)
}

inline stop(me, old, seen, ok, result_seen, all_done)
{
	/* request_stop() */
	if
	:: BROKEN(1) ->
		load(me, PHASE, seen, ACQUIRE);
		phase_change(me, old, STATES | ASLEEP | PARK | WAITED, STOP | CLAIMED)
	:: else ->
		phase_change(me, old, STATES | ASLEEP | PARK | WAITED, STOP | CLAIMED);
		seen = old
	fi;
	phase_kick(old, STATES);
	wake_controllers(old);
	if
	:: !(seen & CLAIMED) ->
		/* join() */
		ended;
		atomic {
			nr_joins++;
			joined_once = (nr_joins == 1);
			assert(joined_once)
		};
		rmw(me, DONE, old, old, ACQUIRE);
		is_joined = true;
		phase_change_as(me, old, WAITED, JOINED, (BROKEN(3) -> ACQUIRE : ACQ_REL));
		if
		:: BROKEN(5)
		:: else -> wake_controllers(old)
		fi
	:: else ->
		load(me, PHASE, seen, CONTROLLER_ORDER);
		do
		:: (seen & JOINED) || (BROKEN(2) && (seen & EXITED)) -> break
		:: else -> wait_change(me, seen, ok)
		od
	fi;
	assert(is_joined);
	seen = 0;
	load(me, RESULT, old, RELAXED);
	load(me, LATE, seen, RELAXED);
	result_seen = (old == 1 && seen == 1);
	assert(result_seen);
	atomic { result_seen = false; old = 0; seen = 0 };
	store(me, USE + me, 1, RELAXED);
	put(me, old, all_done)
}

active proctype stopper1()
{
	short old, seen;
	bool ok, result_seen, all_done;

	stop(1, old, seen, ok, result_seen, all_done)
}

active proctype stopper2()
{
	short old, seen;
	bool ok, result_seen, all_done;

	stop(2, old, seen, ok, result_seen, all_done)
}
