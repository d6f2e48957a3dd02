/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small lock (kt_lock() and kt_unlock() in lib/kthread/lock.h, kt_lock_slow() in lock.c): 0 free, 1 held, 2 held and
 * somebody may sleep. All get it; each holder sees what the holders before it wrote; the last one to hold it
 * frees the memory it is in, so that an unlock must not touch it behind its exchange.
 *
 * Bounds: three threads, each takes it once; a spin is one look and one try, or several.
 *
 * VARIANT 1 c11 holder_sees: the unlock does not release
 * VARIANT 2 c11 holder_sees: the fast way does not acquire
 * VARIANT 3 c11 holder_sees: the slow way does not acquire
 * VARIANT 4 tso c11 missed_wake: who slept takes the lock as 1, though others may sleep
 * VARIANT 5 tso c11 missed_wake: the unlock looks for sleepers, then stores
 * VARIANT 6 tso c11 holder_sees: the lock is taken by a load and a store
 * VARIANT 7 tso c11 lock_lives: the unlock looks for sleepers behind its exchange
 */
#define NR_THREADS 3
#define NR_WORDS 2
#define LOCK 0
#define DATA 1
#include "memory.h"

byte written;	  /* the true value of DATA */
bool freed;	  /* the lock is no more */

#define LOCK_ORDER (BROKEN(2) -> RELAXED : ACQUIRE)
#define SLOW_ORDER (BROKEN(3) -> RELAXED : ACQUIRE)
#define UNLOCK_ORDER (BROKEN(1) -> RELAXED : RELEASE)

inline lock(t, old, ok)
{
	old = 0;
	if
	:: BROKEN(6) ->
		load(t, LOCK, old, ACQUIRE);
		ok = (old == 0);
		if
		:: ok -> store(t, LOCK, 1, RELAXED)
		:: else
		fi
	:: else -> cas(t, LOCK, old, 1, ok, LOCK_ORDER, RELAXED)
	fi;
	do
	:: ok -> goto got
	:: !ok ->
		load(t, LOCK, old, RELAXED);
		if
		:: !old -> cas(t, LOCK, old, 1, ok, SLOW_ORDER, RELAXED)
		:: old -> break
		fi
	od;
	do
	::
		if
		:: BROKEN(4) ->
			atomic {
				can_rmw(t);
				if
				:: newest[LOCK] == 0 -> rmw_now(t, LOCK, old, 1, SLOW_ORDER)
				:: else -> rmw_now(t, LOCK, old, 2, SLOW_ORDER)
				fi
			}
		:: else -> rmw(t, LOCK, old, 2, SLOW_ORDER)
		fi;
		if
		:: !old -> break
		:: else
		fi;
		atomic { can_rmw(t); in_futex[t] = (newest[LOCK] == 2) };
		!in_futex[t]
	od;
got:	atomic { old = 0; ok = false }
}

/* FUTEX_WAKE of one, whoever it is */
#define wake_one                                               \
	atomic {                                               \
		if                                             \
		:: in_futex[0] -> in_futex[0] = false          \
		:: in_futex[1] -> in_futex[1] = false          \
		:: in_futex[2] -> in_futex[2] = false          \
		:: !(in_futex[0] || in_futex[1] || in_futex[2]) \
		fi                                             \
	}

inline unlock(t, old, lock_lives)
{
	if
	:: BROKEN(5) ->
		load(t, LOCK, old, ACQUIRE);
		store(t, LOCK, 0, RELEASE)
	:: BROKEN(7) ->
		rmw(t, LOCK, old, 0, RELEASE);
		lock_lives = !freed;
		assert(lock_lives)
	:: else -> rmw(t, LOCK, old, 0, UNLOCK_ORDER)
	fi;
	if
	:: old == 2 -> wake_one
	:: else
	fi
}

inline hold(t, old, ok, holder_sees, lock_lives)
{
	lock(t, old, ok);
	load(t, DATA, old, RELAXED);
	atomic {
		holder_sees = (old == written);
		assert(holder_sees);
		holder_sees = false;
		written++;
		last_one = (written == 3)
	};
	store(t, DATA, old + 1, RELAXED);
	unlock(t, old, lock_lives);
	if
	:: last_one -> freed = true
	:: else
	fi;
	finish(t)
}

#define THREAD(t)                                              \
	short old;                                             \
	bool ok, holder_sees, lock_lives, last_one;            \
	hold(t, old, ok, holder_sees, lock_lives)

active proctype thread0()
{
	THREAD(0)
}

active proctype thread1()
{
	THREAD(1)
}

active proctype thread2()
{
	THREAD(2)
}
