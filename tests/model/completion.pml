/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completions (lib/kthread/completion.c): two waiters, of whom the first sleeps on the completion's word, or is listed
 * and sleeps on its own phase word, as interruptible ones do; the other one sleeps on the word or does not wait. As
 * many "done" come from a completer. All must end; who returns sees what the completer wrote; and the completion is
 * on a stack that is gone when its waiters have returned, so that the completer must not touch it behind its
 * read-modify-write. A listed waiter's handle is touched only while it is on the list.
 *
 * The lock of the list is here without its waiting: see lock.pml. Bounds: two waiters, one completer; no end of
 * time, no stop.
 *
 * VARIANT 1 tso c11 word_lives: the completer looks for waiters behind its read-modify-write
 * VARIANT 2 c11 waiter_sees: the completer does not release
 * VARIANT 3 c11 waiter_sees: the waiter does not acquire
 * VARIANT 4 tso c11 missed_wake: the waiter looks for a "done" and only then is listed
 * VARIANT 5 tso c11 missed_wake: a waiter sleeps on the word without having told
 * VARIANT 6 tso c11 task_lives: a listed waiter is woken behind the lock
 * VARIANT 7 c11 missed_wake: the list's unlock does not release
 * VARIANT 8 tso c11 missed_wake: the completer looks for waiters before its read-modify-write
 */
#define NR_THREADS 3
#define NR_WORDS 5
#define HISTORY 12
#define PHASE 0
#define X 1	/* done, SLEEPS, LISTED */
#define DATA 2	/* how often the completer has completed, and a little before */
#define LOCK 3
#define IN_LIST 4
#define LOADS(t, w) ((t) == 0 || (w) != 0 && ((t) == 1 || (w) <= DATA))
#include "memory.h"
#include "phase.h"

#define DONE	   3 /* a mask */
#define ONE_SLEEPS 4
#define SLEEPING   12
#define ONE_LISTED 16

#define COMPLETE_ORDER (BROKEN(2) -> ACQUIRE : ACQ_REL)
#define TAKE_ORDER (BROKEN(3) -> RELAXED : ACQUIRE)
#define TAKE_RMW (BROKEN(3) -> RELEASE : ACQ_REL)

byte waiters = 2; /* that have not returned */
byte wanted = 1;  /* how often it must be completed */
bool task_waits;  /* waiter 0 is in its wait */

inline lock(t, old)
{
	atomic {
		can_rmw(t) && newest[LOCK] == 0;
		rmw_now(t, LOCK, old, 1, ACQUIRE);
		old = 0
	}
}

#define unlock(t, old) atomic { rmw(t, LOCK, old, 0, (BROKEN(7) -> RELAXED : RELEASE)); old = 0 }

#define COUNTED(n) (((n) == ONE_SLEEPS && BROKEN(5)) -> 0 : (n))

/* take(): @got one, or else @else_add. A waiter that got one is no waiter any more. */
inline take(t, old, waiter, else_add, ok, got)
{
	load(t, X, old, TAKE_ORDER);
	do
	:: !(old & DONE) && else_add == 0 -> got = false; break
	:: !(old & DONE) && else_add != 0 ->
		cas(t, X, old, (old + COUNTED(else_add)), ok, TAKE_RMW, TAKE_ORDER);
		if
		:: ok -> got = false; break
		:: else
		fi
	:: (old & DONE) ->
		cas(t, X, old, (old - COUNTED(waiter) - 1), ok, TAKE_RMW, TAKE_ORDER);
		if
		:: ok -> got = true; break
		:: else
		fi
	od;
	atomic { old = 0; ok = false }
}

/* FUTEX_WAKE of one who sleeps on the word; waiter 0 never sleeps on both. */
bool on_word[2]; /* waiter 0, waiter 2 */
#define wake_one_on_word                                                     \
	atomic {                                                             \
		if                                                           \
		:: on_word[0] -> on_word[0] = false; in_futex[0] = false     \
		:: on_word[1] -> on_word[1] = false; in_futex[2] = false     \
		:: !(on_word[0] || on_word[1])                               \
		fi                                                           \
	}

inline sleep_on_word(t, n, old, ok, got)
{
	do
	::
		take(t, old, ONE_SLEEPS, 0, ok, got);
		if
		:: got -> break
		:: else ->
			atomic {
				can_rmw(t);
				on_word[n] = !(newest[X] & DONE);
				in_futex[t] = on_word[n]
			};
			!in_futex[t]
		fi
	od
}

inline list_add(old)
{
	lock(0, old);
	store(0, IN_LIST, 1, RELAXED);
	unlock(0, old)
}

/* Only waiter 0 is listed. */
inline sleep_listed(old, ok, got)
{
	do
	::
		phase_change(0, old, STATES, STATE);
		if
		:: BROKEN(4)
		:: else -> list_add(old)
		fi;
		take(0, old, ONE_LISTED, 0, ok, got);
		if
		:: got -> break
		:: else
		fi;
		if
		:: BROKEN(4) -> list_add(old)
		:: else
		fi;
		sleep(old, ok)
	od;
	phase_change(0, old, STATES, 0);
	/* list_del() */
	lock(0, old);
	store(0, IN_LIST, 0, RELAXED);
	unlock(0, old)
}

inline see(t, old)
{
	load(t, DATA, old, RELAXED);
	waiter_sees = (old > 0);
	assert(waiter_sees);
	atomic { waiter_sees = false; old = 0; waiters-- };
	finish(t)
}

active proctype waiter0()
{
	short old;
	bool ok, got, waiter_sees;

	task_waits = true;
	if
	:: true ->
		take(0, old, 0, ONE_SLEEPS, ok, got);
		if
		:: got
		:: else -> sleep_on_word(0, 0, old, ok, got)
		fi
	:: true ->
		take(0, old, 0, ONE_LISTED, ok, got);
		if
		:: got
		:: else -> sleep_listed(old, ok, got)
		fi
	fi;
	got = false;
	task_waits = false;
	see(0, old)
}

active proctype waiter2()
{
	short old;
	bool ok, got, waiter_sees;

	if
	:: true -> atomic { waiters--; finish(2) }
	:: true ->
		wanted = 2;
		take(2, old, 0, ONE_SLEEPS, ok, got);
		if
		:: got
		:: else -> sleep_on_word(2, 1, old, ok, got)
		fi;
		got = false;
		see(2, old)
	fi
}

#define touch                                          \
	atomic {                                       \
		word_lives = (waiters > 0);            \
		assert(word_lives);                    \
		word_lives = false                     \
	}

/* wake_listed() */
inline wake_listed(old, list)
{
	lock(1, old);
	load(1, IN_LIST, list, RELAXED);
	if
	:: list ->
		store(1, IN_LIST, 0, RELAXED);
		if
		:: BROKEN(6) -> unlock(1, old)
		:: else
		fi;
		atomic {
			can_rmw(1);
			task_lives = task_waits;
			assert(task_lives);
			task_lives = false;
			phase_wake(1, list, STATE)
		};
		if
		:: BROKEN(6)
		:: else -> unlock(1, old)
		fi;
		phase_kick(list, STATE)
	:: else -> unlock(1, old)
	fi;
	list = 0
}

inline complete(old, seen, list, ok)
{
	touch;
	load(1, X, seen, RELAXED);
	old = seen;
	do
	::
		touch;
		cas(1, X, seen, (seen + 1), ok, COMPLETE_ORDER, RELAXED);
		if
		:: ok -> break
		:: else
		fi
	od;
	if
	:: BROKEN(1) -> touch; load(1, X, seen, RELAXED)
	:: BROKEN(8) -> seen = old
	:: else
	fi;
	if
	:: (seen & SLEEPING) -> wake_one_on_word
	:: else
	fi;
	if
	:: (seen & ONE_LISTED) -> wake_listed(old, list)
	:: else
	fi;
	atomic { old = 0; seen = 0; ok = false }
}

active proctype completer()
{
	short old, seen, list;
	bool ok, word_lives, task_lives;

	store(1, DATA, 1, RELAXED);
	complete(old, seen, list, ok);
	if
	:: wanted == 2 -> complete(old, seen, list, ok)
	:: waiters == 0
	fi;
	finish(1)
}
