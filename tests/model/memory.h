/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory under the models, in two strengths. Before including it a model defines NR_THREADS (2 or 3) and
 * NR_WORDS; the words are numbered from 0, and all begin as 0. `t` is the calling thread's number.
 *
 * -DTSO: what x86 does. Each thread's stores wait in a buffer of its own, in order, and reach memory whenever they
 * please; its loads look into its buffer first; a read-modify-write empties the buffer.
 *
 * Without: what C11 allows of relaxed, acquire and release accesses. A word is the list of all that was written to
 * it. A load may return anything not older than what its thread knows of it; a released value carries what its writer
 * knew, and who acquires it learns that. A read-modify-write reads the newest value and continues what was released
 * before. So a store may stay unseen for long, and loads and stores may overtake each other. Not modelled: the order of two
 * plain stores to one word that race (the models have none).
 *
 * A futex_wait compares with the newest value: the kernel orders it against a futex_wake, so that one that saw an older value is
 * as if it had come before the wake.
 */
#define RELAXED 0
#define ACQUIRE 1
#define RELEASE 2
#define ACQ_REL 3

byte mm_i, mm_j, mm_m; /* scratch, 0 between the steps */

#ifdef TSO

#define DEPTH 4
byte memory[NR_WORDS];
byte waiting[NR_THREADS]; /* stores in each buffer */
byte to[NR_THREADS * DEPTH], what[NR_THREADS * DEPTH];

inline drain_one(t)
{
	memory[to[(t) * DEPTH]] = what[(t) * DEPTH];
	waiting[t]--;
	mm_i = 0;
	do
	:: mm_i < DEPTH - 1 ->
		to[(t) * DEPTH + mm_i] = to[(t) * DEPTH + mm_i + 1];
		what[(t) * DEPTH + mm_i] = what[(t) * DEPTH + mm_i + 1];
		mm_i++
	:: else -> break
	od;
	to[(t) * DEPTH + DEPTH - 1] = 0;
	what[(t) * DEPTH + DEPTH - 1] = 0;
	mm_i = 0
}

active proctype drain()
{
end:	do
	:: d_step { waiting[0] > 0 -> drain_one(0) }
	:: d_step { waiting[1] > 0 -> drain_one(1) }
#if NR_THREADS > 2
	:: d_step { waiting[2] > 0 -> drain_one(2) }
#endif
	od
}

inline load(t, w, out, order)
{
	d_step {
		out = memory[w];
		mm_i = 0;
		do
		:: mm_i < waiting[t] ->
			if
			:: to[(t) * DEPTH + mm_i] == (w) -> out = what[(t) * DEPTH + mm_i]
			:: else
			fi;
			mm_i++
		:: else -> break
		od;
		mm_i = 0
	}
}

inline store(t, w, value, order)
{
	atomic {
		waiting[t] < DEPTH;
		to[(t) * DEPTH + waiting[t]] = w;
		what[(t) * DEPTH + waiting[t]] = value;
		waiting[t]++
	}
}

#define newest(w) memory[w]
/* First in an atomic with rmw_now(), which must not wait in its middle. */
#define can_rmw(t) (waiting[t] == 0)
/* @old: before; @value may use it. Not a step of its own: put it into an atomic. */
inline rmw_now(t, w, old, value, order)
{
	old = memory[w];
	memory[w] = value
}

inline finish(t)
{
	skip
}

#else /* C11 */

#ifndef HISTORY
#define HISTORY 10
#endif
typedef history {
	byte last; /* index of the newest value */
	byte value[HISTORY];
	byte knows[HISTORY * NR_WORDS]; /* what a released value carries, by word */
};
history words[NR_WORDS];
byte at[NR_THREADS * NR_WORDS]; /* the oldest value that each thread may still see, by word */

#define newest(w) words[w].value[words[w].last]
#define can_rmw(t) true

inline learn(t, w, i)
{
	mm_j = 0;
	do
	:: mm_j < NR_WORDS ->
		if
		:: words[w].knows[(i) * NR_WORDS + mm_j] > at[(t) * NR_WORDS + mm_j] ->
			at[(t) * NR_WORDS + mm_j] = words[w].knows[(i) * NR_WORDS + mm_j]
		:: else
		fi;
		mm_j++
	:: else -> break
	od;
	mm_j = 0
}

inline load(t, w, out, order)
{
	atomic {
		mm_i = at[(t) * NR_WORDS + w];
		do
		:: mm_i < words[w].last -> mm_i++
		:: break
		od;
		at[(t) * NR_WORDS + w] = mm_i;
		out = words[w].value[mm_i];
		if
		:: (order) & ACQUIRE -> learn(t, w, mm_i)
		:: else
		fi;
		mm_i = 0
	}
}

#if NR_THREADS > 2
#define all_past(w) (at[w] > 0 && at[NR_WORDS + w] > 0 && at[2 * NR_WORDS + w] > 0)
#else
#define all_past(w) (at[w] > 0 && at[NR_WORDS + w] > 0)
#endif

/* Forget the oldest value of @w while no thread may see it. */
inline forget(w)
{
	do
	:: words[w].last > 0 && all_past(w) ->
		mm_m = 0;
		do
		:: mm_m < words[w].last ->
			words[w].value[mm_m] = words[w].value[mm_m + 1];
			mm_j = 0;
			do
			:: mm_j < NR_WORDS ->
				words[w].knows[mm_m * NR_WORDS + mm_j] =
					words[w].knows[(mm_m + 1) * NR_WORDS + mm_j];
				mm_j++
			:: else -> break
			od;
			mm_m++
		:: else -> break
		od;
		words[w].value[words[w].last] = 0;
		mm_j = 0;
		do
		:: mm_j < NR_WORDS ->
			words[w].knows[words[w].last * NR_WORDS + mm_j] = 0;
			mm_j++
		:: else -> break
		od;
		words[w].last--;
		mm_m = 0;
		do
		:: mm_m < NR_THREADS -> at[mm_m * NR_WORDS + w]--; mm_m++
		:: else -> break
		od;
		mm_m = 0;
		do
		:: mm_m < NR_WORDS ->
			mm_j = 0;
			do
			:: mm_j <= words[mm_m].last ->
				if
				:: words[mm_m].knows[mm_j * NR_WORDS + w] > 0 ->
					words[mm_m].knows[mm_j * NR_WORDS + w]--
				:: else
				fi;
				mm_j++
			:: else -> break
			od;
			mm_m++
		:: else -> break
		od;
		mm_m = 0;
		mm_j = 0
	:: else -> break
	od
}

/* @w gets a newest value, seen by @t; the caller fills in what it carries. */
inline append(t, w, v)
{
	forget(w);
	assert(words[w].last < HISTORY - 1);
	words[w].last++;
	words[w].value[words[w].last] = v;
	at[(t) * NR_WORDS + w] = words[w].last
}

inline carry(t, w, order)
{
	mm_j = 0;
	do
	:: mm_j < NR_WORDS ->
		if
		:: ((order) & RELEASE) &&
		   at[(t) * NR_WORDS + mm_j] > words[w].knows[words[w].last * NR_WORDS + mm_j] ->
			words[w].knows[words[w].last * NR_WORDS + mm_j] = at[(t) * NR_WORDS + mm_j]
		:: else
		fi;
		mm_j++
	:: else -> break
	od;
	mm_j = 0;
	words[w].knows[words[w].last * NR_WORDS + w] = words[w].last
}

inline store(t, w, v, order)
{
	d_step {
		append(t, w, v);
		carry(t, w, order)
	}
}

/* @old: before; @v may use it. Not a step of its own: put it into an atomic. */
inline rmw_now(t, w, old, v, order)
{
	old = newest(w);
	at[(t) * NR_WORDS + w] = words[w].last;
	if
	:: (order) & ACQUIRE -> learn(t, w, words[w].last)
	:: else
	fi;
	append(t, w, v);
	/* What was released before goes on. */
	mm_j = 0;
	do
	:: mm_j < NR_WORDS ->
		words[w].knows[words[w].last * NR_WORDS + mm_j] =
			words[w].knows[(words[w].last - 1) * NR_WORDS + mm_j];
		mm_j++
	:: else -> break
	od;
	carry(t, w, order)
}

/* @t looks at nothing any more. */
inline finish(t)
{
	d_step {
		mm_i = 0;
		do
		:: mm_i < NR_WORDS -> at[(t) * NR_WORDS + mm_i] = words[mm_i].last; mm_i++
		:: else -> break
		od;
		mm_i = 0
	}
}
#endif

inline rmw(t, w, old, v, order)
{
	atomic { can_rmw(t); rmw_now(t, w, old, v, order); }
}

/* Compare-and-swap; when it fails @seen is another value, as after a load with acquire. */
inline cas(t, w, seen, v, ok)
{
	atomic {
		can_rmw(t);
		if
		:: newest(w) == seen -> rmw_now(t, w, seen, v, ACQ_REL); ok = true
		:: newest(w) != seen -> ok = false
		fi
	};
	if
	:: !ok -> load(t, w, seen, ACQUIRE)
	:: else
	fi
}
