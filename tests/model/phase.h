/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/kthread/phase.h and wait.c as far as the models need them: the phase word is PHASE, its sleepers are in the
 * futex as themselves (one) or as controllers.
 */
#define STATE  1 /* TASK_INTERRUPTIBLE */
#define PARKED 2
#define STATES 3
#define ASLEEP 4
#define STOP   8
#define PARK   16
#define WAITED 32
#define EXITED 64

bool self_in_futex;
bool in_futex[NR_THREADS]; /* controllers */

/* kt_phase_change() */
#define phase_change(t, old, clear, set) rmw(t, PHASE, old, ((old & (255 - (clear))) | (set)), ACQ_REL)

/* kt_phase_wake(): a read-modify-write in any case. 0 +: spin's scanner takes no ( after -> there. */
#define phase_wake(t, old, states) \
	rmw(t, PHASE, old, ((old & (states)) -> 0 + (old & (255 - STATES - ASLEEP)) : old), ACQ_REL)

/* kt_phase_kick() */
#define phase_kick(old, states)                                   \
	if                                                        \
	:: (old & (states)) && (old & ASLEEP) -> self_in_futex = false \
	:: else                                                   \
	fi

#define wake_controllers(old)                                             \
	if                                                                \
	:: (old & WAITED) -> d_step { in_futex[1] = false; in_futex[NR_THREADS - 1] = false } \
	:: else                                                           \
	fi

/* sleep_in_kernel(), of thread 0: until the state is clear */
inline sleep(old, ok)
{
	load(0, PHASE, old, ACQUIRE);
	do
	:: !(old & STATES) -> break
	:: (old & STATE) && (old & STOP) -> phase_change(0, old, STATES | ASLEEP, 0); break
	:: else ->
		ok = true;
		if
		:: !(old & ASLEEP) ->
			cas(0, PHASE, old, (old | ASLEEP), ok);
			if
			:: ok -> old = old | ASLEEP
			:: else
			fi
		:: else
		fi;
		if
		:: ok ->
			atomic { self_in_futex = (newest(PHASE) == old) };
			!self_in_futex;
			load(0, PHASE, old, ACQUIRE)
		:: else
		fi
	od;
	ok = false;
	old = 0
}
