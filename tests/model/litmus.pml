/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of the models itself (memory.h): what it must not allow, and, as variants, what it must. One of the
 * tests is chosen per run.
 *
 * Bounds: three threads, the known small tests.
 *
 * VARIANT 1 tso c11 buffered: two threads store, each its own word, and load the other's: both may see nothing
 * VARIANT 2 c11 buffered: the same with a read-modify-write of its own word each
 * VARIANT 3 c11 message: data and a flag are stored; the flag is not released
 * VARIANT 4 c11 message: ... or not acquired
 * VARIANT 5 c11 sequence: a third one stores the flag again instead of changing it: what was released does not go on
 * VARIANT 6 c11 causal: a second one passes the flag on without acquiring it
 */
#define NR_THREADS 3
#define NR_WORDS 3
#define A 0
#define B 1
#define FLAG 2
#include "memory.h"

#define BUFFER 0   /* A, B */
#define MESSAGE 1  /* A by FLAG, twice the same word never goes back */
#define SEQUENCE 2 /* A by FLAG, changed by a third one */
#define CAUSAL 3   /* A by B by FLAG */

byte test = 255;
byte ended;
byte saw[NR_THREADS];

active proctype thread0()
{
	byte old;

	atomic {
		if
		:: test = BUFFER
		:: test = MESSAGE
		:: test = SEQUENCE
		:: test = CAUSAL
		fi
	};
	if
	:: test == BUFFER ->
		/* Right: both change one word. */
		if
		:: BROKEN(1) -> store(0, A, 1, RELEASE)
		:: BROKEN(2) -> rmw(0, A, old, 1, ACQ_REL)
		:: else -> store(0, A, 1, RELAXED); rmw(0, FLAG, old, old, ACQ_REL)
		fi;
		load(0, B, old, ACQUIRE);
		saw[0] = old
	:: else ->
		store(0, A, 1, RELAXED);
		store(0, FLAG, 1, (BROKEN(3) -> RELAXED : RELEASE))
	fi;
	old = 0;
	finish(0);
	ended++
}

active proctype thread1()
{
	byte old, again;
	bool message, sequence, causal, coherent;

	test != 255;
	if
	:: test == BUFFER ->
		if
		:: BROKEN(1) -> store(1, B, 1, RELEASE)
		:: BROKEN(2) -> rmw(1, B, old, 1, ACQ_REL)
		:: else -> store(1, B, 1, RELAXED); rmw(1, FLAG, old, old, ACQ_REL)
		fi;
		load(1, A, old, ACQUIRE);
		saw[1] = old
	:: test == MESSAGE ->
		load(1, FLAG, old, (BROKEN(4) -> RELAXED : ACQUIRE));
		load(1, FLAG, again, RELAXED);
		coherent = (again >= old);
		assert(coherent);
		load(1, A, again, RELAXED);
		message = (!old || again);
		assert(message)
	:: test == SEQUENCE ->
		load(1, FLAG, old, ACQUIRE);
		load(1, A, again, RELAXED);
		sequence = (old != 2 || again);
		assert(sequence)
	:: test == CAUSAL ->
		load(1, B, old, ACQUIRE);
		load(1, A, again, RELAXED);
		causal = (!old || again);
		assert(causal)
	fi;
	finish(1);
	ended++
}

active proctype thread2()
{
	byte old;
	bool buffered;

	test != 255;
	if
	:: test == SEQUENCE ->
		if
		:: BROKEN(5) ->
			load(2, FLAG, old, RELAXED);
			if
			:: old -> store(2, FLAG, 2, RELAXED)
			:: else
			fi
		:: else ->
			atomic {
				can_rmw(2);
				if
				:: newest[FLAG] == 1 -> rmw_now(2, FLAG, old, 2, RELAXED)
				:: else
				fi
			}
		fi
	:: test == CAUSAL ->
		load(2, FLAG, old, (BROKEN(6) -> RELAXED : ACQUIRE));
		if
		:: old -> store(2, B, 1, RELEASE)
		:: else
		fi
	:: test == BUFFER ->
		ended == 2;
		buffered = (saw[0] || saw[1]);
		assert(buffered)
	:: else
	fi;
	finish(2)
}
