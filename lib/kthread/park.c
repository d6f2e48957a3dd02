// SPDX-License-Identifier: GPL-2.0-only
/* Parking: two bits of the phase word, the request and the state. Nothing counts. */
#include "lib/kthread/internal.h"

#include <errno.h>

#include "lib/kthread/stamp.h"
#include "lib/kthread/testing.h"

static void wake_controllers(struct kt_task *t, uint32_t old)
{
	if (old & PHASE_WAITED)
		kt_futex_wake(&t->phase, INT32_MAX, FUTEX_CONTROLLER);
}

/*
 * Set PARKED if the request stands. One step: an unpark comes before it or after it. Model:
 * park_race.pml 1
 */
static bool park_if_asked(struct kt_task *t)
{
	uint32_t old = __atomic_load_n(&t->phase, __ATOMIC_RELAXED);
	uint32_t new;

	do {
		if (!(old & PHASE_SHOULD_PARK))
			return false;
		new = (old & ~(PHASE_STATES | PHASE_WAITED)) | PHASE_PARKED;
		KT_DELAY("parking");
		/*
		 * Release: all we did comes before the end of kthread_park(); pairs with its
		 * acquire. Model: park.pml 3
		 */
	} while (!__atomic_compare_exchange_n(&t->phase, &old, new, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	USDT(kthread, parked, t->task.pid);
	KT_DELAY("parked");
	wake_controllers(t, old);
	return true;
}

void kt_parkme(struct kt_task *t)
{
	kt_slot_absorb(t);
	while (park_if_asked(t)) {
		/* Only unpark and stop clear PARKED, so this is the end of a park for sure. */
		kt_sleep(t, NULL);
		USDT(kthread, unparked, t->task.pid);
	}
	/*
	 * Acquire: what the unparker wrote; pairs with kthread_unpark() and kthread_stop(). Model:
	 * park.pml 6
	 */
	kt_phase_change(&t->phase, PHASE_STATES, 0);
	/* The freezer took a parked thread for a frozen one. */
	if (t->freezable)
		kt_freeze(t, FREEZE_UNTIL_STOP);
}

void kthread_parkme(void)
{
	struct kt_task *t = kt_self;

	if (!t || !t->is_kthread) {
		kthread_warn(KTHREAD_WARN_NOT_KTHREAD,
			     "kthread_parkme: the caller is not a kthread");
		return;
	}
	kt_parkme(t);
}

/* Ask, if that makes sense; on success @seen is the phase after it. */
static int request_park(struct kt_task *t, uint32_t *seen)
{
	uint32_t old = __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE);

	do {
		if (old & PHASE_EXITED) {
			kthread_warn(KTHREAD_WARN_PARK_EXITED, "kthread_park: %s has exited",
				     t->task.comm);
			return -ENOSYS;
		}
		/* After stop's unpark nobody would end this park. */
		if (old & PHASE_SHOULD_STOP)
			return -ENOSYS;
		if (old & PHASE_SHOULD_PARK) {
			kthread_warn(KTHREAD_WARN_PARK_TWICE, "kthread_park: %s: park is pending",
				     t->task.comm);
			return -EBUSY;
		}
	} while (!__atomic_compare_exchange_n(&t->phase, &old, old | PHASE_SHOULD_PARK, true,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	*seen = old | PHASE_SHOULD_PARK;
	return 0;
}

static int wait_parked(struct kt_task *t)
{
	/*
	 * Acquire: what the thread wrote; pairs with park_if_asked() and kt_exit(). Model: park.pml
	 * 4, park_race.pml 9
	 */
	uint32_t seen = __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE);

	for (;;) {
		if (seen & PHASE_EXITED)
			return -ENOSYS;
		if (seen & PHASE_PARKED)
			return 0;
		/*
		 * Withdrawn: by stop, which ends the thread; or by unpark, as if we had come first.
		 */
		if (!(seen & PHASE_SHOULD_PARK))
			return seen & PHASE_SHOULD_STOP ? -ENOSYS : 0;
		seen = kt_wait_change(t, seen);
	}
}

int kthread_park(struct task_struct *k)
{
	struct kt_task *t = kt_task(k);
	uint32_t seen;
	int ret;

	USDT(kthread, park_begin, k->pid);
	if (kt_check_kthread(t, "kthread_park")) {
		ret = t->is_kthread ? -ENOSYS : -EINVAL;
		USDT(kthread, park_end, k->pid, ret);
		return ret;
	}
	kt_get(t);
	ret = request_park(t, &seen);
	if (!ret && t != kt_self) {
		KT_DELAY("park");
		kthread_wake_state(k, TASK_NORMAL);
		ret = wait_parked(t);
	}
	USDT(kthread, park_end, k->pid, ret);
	kt_put(t);
	return ret;
}

void kthread_unpark(struct task_struct *k)
{
	struct kt_task *t = kt_task(k);
	pid_t tid = k->pid;
	uint32_t old;

	USDT(kthread, unpark_begin, tid);
	if (!kt_check_kthread(t, "kthread_unpark") &&
	    __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) & PHASE_SHOULD_PARK) {
		kt_rebind(t);
		kt_slot_request_held(t, PHASE_PARKED);
		kt_waker_here(t);
		KT_DELAY("unpark");
		/* Pairs with kt_parkme() and wait_parked(). Model: park.pml 5, park_race.pml 4 */
		old = kt_phase_unpark(&t->phase);
		/* From here on @t may be gone. */
		kt_phase_kick(&t->phase, old, PHASE_PARKED);
		wake_controllers(t, old);
	}
	USDT(kthread, unpark_end, tid);
}
