/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock of workers (lib/kthread/lean.h, lean.c): 0 free, 1 held, 2 held and somebody may sleep. Its unlock is a
 * plain store, which may become visible late, and two looks at the number of those who sleep, which may come early; a thread
 * about to sleep counts itself and calls membarrier(). All get the lock; each holder sees what the holders before it wrote;
 * the last one to hold it frees the memory it is in, so that an unlock must not touch it after its store.
 *
 * Bounds: three threads, each takes it once; a spin is one look and one try, or several. The lean way is decided. Those who
 * sleep for a millisecond at a time are not here: they look again whatever happens.
 *
 * VARIANT 1 c11 holder_sees: the unlock does not release
 * VARIANT 2 c11 holder_sees: the fast way does not acquire
 * VARIANT 3 c11 holder_sees: the slow way does not acquire
 * VARIANT 4 tso c11 missed_wake: a thread that slept takes the lock as 1, though others may sleep
 * VARIANT 5 tso c11 missed_wake: no membarrier before the sleep
 * VARIANT 6 tso c11 missed_wake: the unlock does not look again after its store
 * VARIANT 7 tso c11 missed_wake: a thread about to sleep counts itself after the membarrier
 * VARIANT 8 tso c11 lock_lives: the unlock looks for sleepers in the lock, after its store
 * VARIANT 9 tso c11 missed_wake: a sleeper is counted no more once it has looked
 * VARIANT 10 tso c11 missed_wake: with somebody counted, the unlock is a store all the same, and wakes nobody
 * VARIANT 11 c11 holder_sees: the exchange of an unlock does not release
 */
#define NR_THREADS 3
#define NR_WORDS 3
#define LOCK 0
#define DATA 1
#define COUNT 2 /* of those who sleep or are about to */
#include "memory.h"

byte written; /* the true value of DATA */
bool freed;   /* the lock is no more */

#define LOCK_ORDER (BROKEN(2) -> RELAXED : ACQUIRE)
#define SLOW_ORDER (BROKEN(3) -> RELAXED : ACQUIRE)
#define UNLOCK_ORDER (BROKEN(1) -> RELAXED : RELEASE)
#define EXCHANGE_ORDER (BROKEN(11) -> RELAXED : RELEASE)

inline count_me(t, old)
{
	atomic { rmw(t, COUNT, old, old + 1, RELAXED); old = 0 }
}

inline count_me_out(t, old)
{
	atomic { rmw(t, COUNT, old, old - 1, RELAXED); old = 0 }
}

/* kt_lean_lock(), kt_lean_lock_slow() */
inline lock(t, u, v, old, ok)
{
	old = 0;
	cas(t, LOCK, old, 1, ok, LOCK_ORDER, RELAXED);
	do
	:: ok -> goto got
	:: !ok ->
		load(t, LOCK, old, RELAXED);
		if
		:: !old -> cas(t, LOCK, old, 1, ok, SLOW_ORDER, RELAXED)
		:: old -> break
		fi
	od;
	if
	:: BROKEN(7)
	:: else -> count_me(t, old)
	fi;
	if
	:: BROKEN(5)
	:: else ->
		membarrier_with(t, u);
		membarrier_with(t, v)
	fi;
	if
	:: BROKEN(7) -> count_me(t, old)
	:: else
	fi;
	if
	:: BROKEN(9) -> count_me_out(t, old)
	:: else
	fi;
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
	if
	:: BROKEN(9)
	:: else -> count_me_out(t, old)
	fi;
got:	atomic { old = 0; ok = false }
}

/* FUTEX_WAKE of one, whoever it is; in the kernel, a full barrier comes before the look for sleepers. */
#define wake_one(t)                                             \
	atomic {                                                \
		can_rmw(t);                                     \
		if                                              \
		:: in_futex[0] -> in_futex[0] = false           \
		:: in_futex[1] -> in_futex[1] = false           \
		:: in_futex[2] -> in_futex[2] = false           \
		:: !(in_futex[0] || in_futex[1] || in_futex[2]) \
		fi                                              \
	}

/* kt_lean_unlock() */
inline unlock(t, old, lock_lives)
{
	load(t, COUNT, old, RELAXED);
	if
	:: old && !BROKEN(10) ->
		rmw(t, LOCK, old, 0, EXCHANGE_ORDER);
		if
		:: old == 2 -> wake_one(t)
		:: else
		fi
	:: old && BROKEN(10) -> store(t, LOCK, 0, UNLOCK_ORDER)
	:: !old ->
		store(t, LOCK, 0, UNLOCK_ORDER);
		if
		:: BROKEN(6) -> old = 0
		:: BROKEN(8) ->
			lock_lives = !freed;
			assert(lock_lives);
			load(t, LOCK, old, RELAXED)
		:: else -> load(t, COUNT, old, RELAXED)
		fi;
		if
		:: old -> wake_one(t)
		:: else
		fi
	fi;
	old = 0
}

inline hold(t, u, v, old, ok, holder_sees, lock_lives)
{
	lock(t, u, v, old, ok);
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

#define THREAD(t, u, v)                                \
	short old;                                     \
	bool ok, holder_sees, lock_lives, last_one;    \
	hold(t, u, v, old, ok, holder_sees, lock_lives)

active proctype thread0()
{
	THREAD(0, 1, 2)
}

active proctype thread1()
{
	THREAD(1, 0, 2)
}

active proctype thread2()
{
	THREAD(2, 0, 1)
}
