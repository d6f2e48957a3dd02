/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A worker's queue (lib/kthread/serve.c, queue.h): one thread queues two works, V and then W, the other one queues W, too,
 * and may have parked the worker before. Each writes something, relaxed, before it queues W. All must end: no queueing and no
 * request is overlooked on the way to sleep, and a run of W that follows a kthread_queue_work(), true or false,
 * sees what its caller wrote before.
 *
 * Both locks, both lists, W's pending word and the idle mark are words of the weak memory. With V before W the thread
 * takes W under the lock alone, while a queuer holds the submit lock. Waiting for a lock is in lean.pml: here one waits until
 * it is free. What a parked worker does is in park.pml. A spin is one look.
 *
 * Bounds: one worker, two works, three queueings, one park; then a stop by the last. No delayed works, no cancel: those
 * hold both locks.
 *
 * VARIANT 1 tso c11 missed_wake: the thread sleeps without looking for requests after it set its state
 * VARIANT 2 tso c11 missed_wake: the state is set behind the unlock, not under the submit lock
 * VARIANT 3 c11 run_sees: the submit lock's unlock does not release
 * VARIANT 4 tso c11 missed_wake: the wake takes the idle mark and does nothing else
 * VARIANT 5 c11 run_sees: the submit lock does not acquire
 * VARIANT 6 c11 run_sees: a work that looks pending is left alone, without a read-modify-write
 * VARIANT 7 c11 run_sees: the thread takes a work by a store to its pending word
 * VARIANT 8 tso c11 missed_wake: the idle mark is set behind the unlock
 * VARIANT 9 tso c11 missed_wake: the thread collects what was submitted without the submit lock
 * VARIANT 10 c11 node_free: the look at the pending word does not acquire
 */
#define NR_THREADS 3
#define NR_WORDS 9
#define PHASE 0
#define DATA 0 /* DATA + n: of queuer n */
#define LOCK 3
#define SUBMIT 4
#define SUBMITTED 5 /* a list */
#define WORK_LIST 6 /* a list, and as such the node of a work on it */
#define PENDING 7   /* of W */
#define IDLE 8
#define HISTORY 12
#define LOADS(t, w) ((w) >= SUBMITTED && ((t) || (w) < PENDING) || (t) == 0 && (w) < LOCK || (w) == 0 && broken == 4)
#include "memory.h"
#include "phase.h"

#define V 1
#define W 2

#define UNLOCK (BROKEN(3) -> RELAXED : RELEASE)
#define LOCKED (BROKEN(5) -> RELAXED : ACQUIRE)
#define PENDING_ORDER (BROKEN(10) -> RELAXED : ACQUIRE)

bool queued[NR_THREADS]; /* kthread_queue_work() of W by queuer n is done */
bool owed1, owed2;	 /* ... when the thread took W */
bool seen[NR_THREADS];	 /* by a run: what queuer n wrote */
byte callers = 2;

#define lock(t, which, old)                                      \
	atomic {                                                 \
		can_rmw(t) && newest[which] == 0;                \
		rmw_now(t, which, old, 1, LOCKED);               \
		old = 0                                          \
	}

/* A plain store, as of kt_lean_unlock() */
#define unlock(t, which) store(t, which, 0, UNLOCK)

#define REST_NONE 0
#define REST_SPUN 1
#define REST_SPIN 2
#define REST_SLEEP 3

/* take_locked() of W, and its run */
#define take_pending(old)                                                         \
	if                                                                        \
	:: BROKEN(7) ->                                                           \
		atomic { owed1 = queued[1]; owed2 = queued[2] };                  \
		store(0, PENDING, 0, RELEASE)                                     \
	:: else ->                                                                \
		atomic {                                                          \
			rmw(0, PENDING, old, 0, ACQ_REL);                         \
			owed1 = queued[1]; owed2 = queued[2]; old = 0             \
		}                                                                 \
	fi

active proctype worker()
{
	short old, list, sub;
	byte rest, work;
	bool both, ok, did, run_sees;

	do
	::
		load(0, PHASE, old, ACQUIRE);
		if
		:: (old & STOP) -> break
		:: !(old & STOP) && (old & PARK) -> parkme(old, ok, did); did = false
		:: else ->
			/* next_work() */
			lock(0, LOCK, old);
			load(0, WORK_LIST, list, RELAXED);
			atomic { both = (rest != REST_NONE || !list); work = 0 };
			if
			:: both ->
				if
				:: BROKEN(9)
				:: else -> lock(0, SUBMIT, old)
				fi;
				/* collect_locked() */
				load(0, SUBMITTED, sub, RELAXED);
				if
				:: sub ->
					atomic { list = list | sub; sub = 0 };
					store(0, WORK_LIST, list, RELAXED);
					store(0, SUBMITTED, 0, RELAXED)
				:: else
				fi
			:: else
			fi;
			if
			:: (list & V) -> store(0, WORK_LIST, list - V, RELAXED); work = V
			:: (list == W) ->
				store(0, WORK_LIST, 0, RELAXED);
				take_pending(old);
				work = W
			:: !list
			fi;
			if
			:: work ->
				rest = REST_NONE;
				if
				:: both -> store(0, IDLE, 0, RELAXED)
				:: else
				fi
			:: !work && rest != REST_SPUN ->
				store(0, IDLE, 0, RELAXED);
				rest = REST_SPIN
			:: !work ->
				if
				:: BROKEN(8)
				:: else -> store(0, IDLE, 1, RELAXED)
				fi;
				if
				:: BROKEN(2)
				:: else -> phase_change(0, old, STATES, STATE)
				fi;
				rest = REST_SLEEP
			fi;
			list = 0;
			if
			:: both && !BROKEN(9) -> unlock(0, SUBMIT)
			:: else
			fi;
			both = false;
			unlock(0, LOCK);
			if
			:: work == W ->
				load(0, DATA + 1, list, RELAXED);
				load(0, DATA + 2, sub, RELAXED);
				atomic {
					seen[1] = seen[1] || list;
					seen[2] = seen[2] || sub;
					run_sees = (!owed1 || list) && (!owed2 || sub);
					assert(run_sees);
					run_sees = false;
					list = 0; sub = 0; owed1 = false; owed2 = false
				}
			:: work != W && rest == REST_SLEEP ->
				if
				:: BROKEN(2) -> phase_change(0, old, STATES, STATE)
				:: BROKEN(8) -> store(0, IDLE, 1, RELAXED)
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
				fi
			:: work != W && rest == REST_SPIN ->
				/* spin_for_work() looks at more, and again and again. */
				load(0, SUBMITTED, list, RELAXED);
				atomic {
					if
					:: list -> rest = REST_NONE
					:: else -> rest = REST_SPUN
					fi;
					list = 0
				}
			:: else
			fi;
			atomic { old = 0; work = 0 }
		fi
	od;
	finish(0)
}

/* make_ready_locked(), wake_idle_locked() */
inline insert(t, what, word, state)
{
	load(t, SUBMITTED, word, RELAXED);
	store(t, SUBMITTED, word + what, RELAXED);
	if
	:: what == W -> store(t, PENDING, 1, RELAXED)
	:: else
	fi;
	load(t, IDLE, word, RELAXED);
	if
	:: word ->
		store(t, IDLE, 0, RELAXED);
		if
		:: BROKEN(4) -> load(t, PHASE, state, ACQUIRE)
		:: else -> phase_wake(t, state, STATE)
		fi
	:: else
	fi;
	word = 0
}

inline queue_v(t, old, word, state)
{
	lock(t, SUBMIT, old);
	insert(t, V, word, state);
	unlock(t, SUBMIT);
	phase_kick(state, STATE);
	state = 0
}

inline queue_w(t, old, word, state)
{
	lock(t, SUBMIT, old);
	/* renew_pending_locked() */
	load(t, PENDING, word, PENDING_ORDER);
	if
	:: word && !BROKEN(6) ->
		atomic {
			rmw(t, PENDING, word, 1, ACQ_REL);
			queued[t] = word
		}
	:: else
	fi;
	if
	:: !word ->
		load(t, WORK_LIST, word, RELAXED);
		node_free = !(word & W);
		assert(node_free);
		node_free = false;
		insert(t, W, word, state)
	:: else
	fi;
	unlock(t, SUBMIT);
	queued[t] = true;
	phase_kick(state, STATE);
	atomic { word = 0; state = 0 }
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
	short old, state, word;
	bool node_free;

	queue_v(1, old, word, state);
	store(1, DATA + 1, 1, RELAXED);
	queue_w(1, old, word, state);
	seen[1];
	leave(1, old)
}

active proctype queuer2()
{
	short old, state, word;
	bool node_free;

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
	queue_w(2, old, word, state);
	seen[2];
	leave(2, old)
}
