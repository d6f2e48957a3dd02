/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory under the models, in two strengths; both are searched. Before including it a model defines NR_THREADS (2
 * or 3) and NR_WORDS; the words are numbered from 0, and all begin as 0. `t` is the calling thread's number. LOADS(t, w)
 * says which threads load which words other than by a read-modify-write; less is faster.
 *
 * TSO: what x86 does. Each thread's stores wait in a buffer of its own, in order, and reach memory whenever they
 * please; its loads look into its buffer first; a read-modify-write empties the buffer.
 *
 * C11: what C11 allows of relaxed, acquire and release accesses. A word is the list of all that was written to
 * it. A load may return anything not older than what its thread knows of it; a released value carries what its writer
 * knew, and who acquires it learns that. A read-modify-write reads the newest value and passes on what was released
 * before. So a store may stay unseen for long, and stores may be seen in another order. Not modelled: a relaxed load
 * that returns what is stored only after a later store of its own thread (the models' relaxed loads stand before a
 * releasing access or feed no other thread); two plain stores to one word that race (there are none).
 *
 * A futex_wait compares with the newest value: the kernel orders it against a futex_wake, so that one that saw an
 * older value is as if it had come before the wake.
 *
 * Variants: BROKEN(n) is true in a search for the n-th broken variant of the model.
 */
#define RELAXED 0
#define ACQUIRE 1
#define RELEASE 2
#define ACQ_REL 3
#ifndef HISTORY
#define HISTORY 16
#endif
#ifndef LOADS
#define LOADS(t, w) 1
#endif
#define DEPTH 4

c_decl {
	enum { nr_threads = NR_THREADS, nr_words = NR_WORDS, history = HISTORY, nr_stores = DEPTH };
	\#include "memory.c"
	static int loads(int t, int w) { return LOADS(t, w); }
};
c_state "struct memory memory" "Global"

byte waiting[NR_THREADS];		/* TSO: stores in each buffer */
byte last[NR_WORDS];			/* C11: index of the newest value */
byte at[NR_THREADS * NR_WORDS];		/* C11: index of the oldest value that a thread may see */
bool gone[NR_THREADS];			/* the thread looks at nothing any more */
short newest[NR_WORDS];			/* what is in memory */

hidden byte mm_t, mm_w, mm_i, mm_order; /* a step's arguments; no d_step puts them back */
hidden short mm_value;
short mm_out; /* 0 between the steps */

c_code { \#include "memory_steps.c" };

#define BROKEN(n) (c_expr { broken == n })

#define load(t, w, out, order)                                               \
	atomic {                                                             \
		mm_i = 0;                                                    \
		do                                                           \
		:: at[(t) * NR_WORDS + w] + mm_i < last[w] -> mm_i++         \
		:: break                                                     \
		od;                                                          \
		mm_t = t; mm_w = w; mm_order = order;                        \
		c_code { now.mm_out = do_load(mm_t, mm_w, mm_i, mm_order); }; \
		out = mm_out;                                                \
		mm_out = 0                                                   \
	}

#define store(t, w, value, order)                                            \
	atomic {                                                             \
		waiting[t] < DEPTH -> mm_t = t; mm_w = w; mm_value = value; mm_order = order; \
		c_code { do_store(mm_t, mm_w, mm_value, mm_order); }         \
	}

/* First in an atomic with rmw_now(), which must not wait in its middle. */
#define can_rmw(t) (waiting[t] == 0)

/* @old: before; @value may use it. Not a step of its own: put it into an atomic. */
#define rmw_now(t, w, old, value, order)                                     \
	old = newest[w];                                                     \
	mm_t = t; mm_w = w; mm_value = value; mm_order = order;              \
	c_code { do_rmw(mm_t, mm_w, mm_value, mm_order); }

#define rmw(t, w, old, value, order)                                         \
	atomic { can_rmw(t) -> rmw_now(t, w, old, value, order) }

/* Compare-and-swap; when it fails @seen is another value, as of a load. */
#define cas(t, w, seen, value, ok, order, order_failed)                      \
	atomic {                                                             \
		can_rmw(t);                                                  \
		if                                                           \
		:: newest[w] == seen -> rmw_now(t, w, seen, value, order); ok = true \
		:: else ->                                                   \
			ok = false;                                          \
			load(t, w, seen, order_failed)                       \
		fi                                                           \
	}

/*
 * membarrier(2) of @t, as far as @u is concerned: in the course of the call @u passes a full barrier, somewhere between
 * two of its accesses. One step for each of the others.
 */
#define membarrier_with(t, u)                                                \
	atomic {                                                             \
		waiting[t] == 0 && waiting[u] == 0 ->                        \
		mm_t = t; mm_w = u;                                          \
		c_code { do_barrier(mm_t, mm_w); }                           \
	}

/* @t looks at nothing any more. */
#define finish(t) atomic { mm_t = t; c_code { do_finish(mm_t); } }

/* In the kernel. A model without futexes leaves all false. */
bool in_futex[NR_THREADS];

/* Nothing moves any more: nobody must be in the futex. */
active proctype watch()
{
	bool missed_wake;

end:	atomic {
		timeout ->
		missed_wake = in_futex[0] || in_futex[1] || in_futex[NR_THREADS - 1];
		assert(!missed_wake)
	}
}

/* TSO: stores reach memory */
active proctype drain()
{
end:	do
	:: d_step { waiting[0] > 0 -> c_code { do_drain(0); } }
	:: d_step { waiting[1] > 0 -> c_code { do_drain(1); } }
#if NR_THREADS > 2
	:: d_step { waiting[2] > 0 -> c_code { do_drain(2); } }
#endif
	od
}
