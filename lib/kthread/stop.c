// SPDX-License-Identifier: GPL-2.0-only
/* Stopping a thread: ask it to end, and wait until it has. */
#include "lib/kthread/internal.h"

#include <errno.h>

#include "lib/kthread/stamp.h"
#include "lib/kthread/testing.h"

/*
 * Ask, unpark, wake and claim the join in one step; only a per-CPU thread must be bound before it
 * goes on. Model: park_race.pml 5, 7, 10, exit.pml 1
 */
static uint32_t request_stop(struct kt_task *t)
{
	uint32_t old;

	if (__atomic_load_n(&t->phase, __ATOMIC_RELAXED) & PHASE_SHOULD_PARK)
		kt_rebind(t);
	kt_slot_request(t, PHASE_STATES);
	kt_waker_here(t);
	KT_DELAY("stop");
	old = kt_phase_change(&t->phase,
			      PHASE_STATES | PHASE_ASLEEP | PHASE_SHOULD_PARK | PHASE_WAITED,
			      PHASE_SHOULD_STOP | PHASE_JOIN_CLAIMED);
	kt_phase_kick(&t->phase, old, PHASE_STATES);
	if (old & PHASE_NOTIFY)
		kt_notify(t);
	/* Parkers learn that there will be no park; other stoppers look and sleep again. */
	if (old & PHASE_WAITED)
		kt_futex_wake(&t->phase, INT32_MAX, FUTEX_CONTROLLER);
	return old;
}

static void join(struct kt_task *t)
{
	uint32_t old;
	int state;

	/* A stopper that is cancelled half-way would leave a claim that nobody keeps. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	pthread_join(t->thread, NULL);
	pthread_setcancelstate(state, NULL);
	KT_DELAY("joined");
	/* Release: the end of the thread; pairs with stop_and_wait(). Model: exit.pml 3, 5 */
	old = kt_phase_change(&t->phase, PHASE_WAITED, PHASE_JOINED);
	if (old & PHASE_WAITED)
		kt_futex_wake(&t->phase, INT32_MAX, FUTEX_CONTROLLER);
}

static int stop_and_wait(struct kt_task *t)
{
	uint32_t seen;
	int ret;

	kt_get(t);
	seen = request_stop(t);
	if (!(seen & PHASE_JOIN_CLAIMED)) {
		join(t);
	} else {
		/* Acquire: pairs with join() of the one who claimed it. Model: exit.pml 2, 4 */
		seen = __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE);
		while (!(seen & PHASE_JOINED))
			seen = kt_wait_change(t, seen);
	}
	ret = t->result;
	kt_put(t);
	return ret;
}

/*
 * Also in its thread-local destructors, after the exit funnel, a thread must not join itself.
 * Either id may have been given to another thread since; both have not.
 */
static bool is_self(struct kt_task *t)
{
	return t == kt_self ||
	       (!kt_self && t->task.pid == gettid() && pthread_equal(t->thread, pthread_self()));
}

int kthread_stop(struct task_struct *k)
{
	struct kt_task *t = kt_task(k);
	int ret;

	USDT(sched, sched_kthread_stop, k->comm, k->pid);
	ret = kt_check_kthread(t, "kthread_stop");
	if (!ret && is_self(t)) {
		kthread_warn(KTHREAD_WARN_STOP_SELF, "kthread_stop: %s cannot stop itself",
			     k->comm);
		ret = -EDEADLK;
	}
	if (!ret)
		ret = stop_and_wait(t);
	USDT(sched, sched_kthread_stop_ret, ret);
	return ret;
}

int kthread_stop_put(struct task_struct *k)
{
	int ret = kthread_stop(k);

	put_task_struct(k);
	return ret;
}
