/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/kthread/phase.h, wait.c and park.c as far as the models need them. The phase word is PHASE; thread 0 is the one
 * it belongs to, all others are its controllers. That a compare-and-swap may fail for no reason, and that a loop of
 * them is one read-modify-write, is left out: trying again changes nothing.
 */
#define STATE	1 /* TASK_INTERRUPTIBLE */
#define PARKED	2
#define STATES	3
#define ASLEEP	4
#define STOP	8
#define PARK	16
#define WAITED	32
#define EXITED	64
#define CLAIMED 128
#define JOINED	256
#define ALL	511

/* kt_phase_change() */
#define phase_change(t, old, clear, set) phase_change_as(t, old, clear, set, ACQ_REL)
#define phase_change_as(t, old, clear, set, order) \
	rmw(t, PHASE, old, ((old & (ALL - (clear))) | (set)), order)

/* kt_phase_wake(): a read-modify-write in any case. 0 +: spin's scanner takes no ( after -> there. */
#define phase_wake(t, old, states) phase_wake_as(t, old, states, ACQ_REL)
#define phase_wake_as(t, old, states, order) atomic { can_rmw(t) -> phase_wake_now(t, old, states, order) }
#define phase_wake_now(t, old, states, order) \
	rmw_now(t, PHASE, old, ((old & (states)) -> 0 + (old & (ALL - STATES - ASLEEP)) : old), order)

/* kt_phase_unpark() */
#define phase_unpark(t, old, order)                                                   \
	rmw(t, PHASE, old, ((old & PARKED) -> 0 + (old & (ALL - PARK - WAITED - STATES - ASLEEP)) \
					   : 0 + (old & (ALL - PARK - WAITED))), order)

/* kt_phase_kick() */
#define phase_kick(old, states)                                        \
	if                                                             \
	:: (old & (states)) && (old & ASLEEP) -> in_futex[0] = false \
	:: else                                                        \
	fi

#define wake_controllers(old)                                          \
	if                                                             \
	:: (old & WAITED) -> d_step { in_futex[1] = false; in_futex[NR_THREADS - 1] = false } \
	:: else                                                        \
	fi

/* A model replaces one of these to break it. */
#ifndef SLEEP_ORDER
#define SLEEP_ORDER ACQUIRE
#endif
#ifndef NO_ASLEEP
#define NO_ASLEEP false
#endif
#ifndef PLAIN_ASLEEP
#define PLAIN_ASLEEP false
#endif
#ifndef MAY_TIME_OUT
#define MAY_TIME_OUT false
#define TIMED_OUT skip
#endif

/*
 * sleep_in_kernel(), of thread 0: until the state is clear, a stop interrupts it, or, where a model allows that, its
 * time is over. A spin() before it is its first load.
 */
inline sleep(old, ok)
{
	load(0, PHASE, old, SLEEP_ORDER);
	do
	:: !(old & STATES) -> break
	:: (old & STATE) && (old & STOP) -> phase_change(0, old, STATES | ASLEEP, 0); break
	:: else ->
		if
		:: NO_ASLEEP -> ok = true
		:: PLAIN_ASLEEP ->
			old = old | ASLEEP;
			store(0, PHASE, old, RELEASE);
			ok = true
		:: !(NO_ASLEEP || PLAIN_ASLEEP) && !(old & ASLEEP) ->
			cas(0, PHASE, old, (old | ASLEEP), ok, ACQ_REL, SLEEP_ORDER);
			if
			:: ok -> old = old | ASLEEP
			:: else
			fi
		:: !(NO_ASLEEP || PLAIN_ASLEEP) && (old & ASLEEP) -> ok = true
		fi;
		if
		:: ok ->
			atomic { can_rmw(0); in_futex[0] = (newest[PHASE] == old) };
			if
			:: !in_futex[0] -> load(0, PHASE, old, SLEEP_ORDER)
			:: MAY_TIME_OUT ->
				d_step { in_futex[0] = false; TIMED_OUT };
				phase_change(0, old, STATES | ASLEEP, 0);
				break
			fi
		:: else
		fi
	od;
	atomic { ok = false; old = 0 }
}

#ifndef NO_WAITED
#define NO_WAITED false
#endif
#ifndef CONTROLLER_ORDER
#define CONTROLLER_ORDER ACQUIRE
#endif

/* kt_wait_change() */
inline wait_change(t, seen, ok)
{
	if
	:: (seen & WAITED) || NO_WAITED -> ok = true
	:: else ->
		cas(t, PHASE, seen, (seen | WAITED), ok, ACQ_REL, CONTROLLER_ORDER);
		if
		:: ok -> seen = seen | WAITED
		:: else
		fi
	fi;
	if
	:: ok ->
		atomic { can_rmw(t); in_futex[t] = (newest[PHASE] == seen) };
		!in_futex[t];
		load(t, PHASE, seen, CONTROLLER_ORDER)
	:: else
	fi;
	ok = false
}

#ifndef PARK_TWO_STEPS
#define PARK_TWO_STEPS false
#endif
#ifndef PARK_ORDER
#define PARK_ORDER ACQ_REL
#endif

/* park_if_asked() */
inline park_if_asked(old, ok)
{
	load(0, PHASE, old, RELAXED);
	do
	:: !(old & PARK) -> ok = false; break
	:: (old & PARK) && !PARK_TWO_STEPS ->
		cas(0, PHASE, old, ((old & (ALL - STATES - WAITED)) | PARKED), ok, PARK_ORDER, RELAXED);
		if
		:: ok -> break
		:: else
		fi
	:: (old & PARK) && PARK_TWO_STEPS ->
		phase_change_as(0, old, STATES | WAITED, PARKED, PARK_ORDER);
		ok = true;
		break
	od
}

#ifndef PARKME_ORDER
#define PARKME_ORDER ACQ_REL
#endif

/* kt_parkme(); @did: it was parked */
inline parkme(old, ok, did)
{
	did = false;
	do
	::
		park_if_asked(old, ok);
		if
		:: !ok -> break
		:: else
		fi;
		did = true;
		wake_controllers(old);
		sleep(old, ok)
	od;
	phase_change_as(0, old, STATES, 0, PARKME_ORDER);
	old = 0
}
