// SPDX-License-Identifier: GPL-2.0-only
/* The end of a thread: one way out for it, whatever it does, and those who wait for that. */
#include "lib/kthread/internal.h"

#include <errno.h>

#include "lib/kthread/stamp.h"
#include "lib/kthread/testing.h"

/*
 * The exit funnel: a cleanup handler of the thread, so that return, kthread_exit(), pthread_exit()
 * and cancellation all come here. The thread never joins itself: either a stopper does, or the last
 * reference detaches it.
 */
void kt_exit(void *arg)
{
	struct kt_task *t = arg;
	uint32_t old;

	USDT(kthread, exit, t->task.pid, t->result);
	if (t->worker)
		kt_worker_abandon(t);
	if (t->freezable)
		kt_freezer_leave(t);
	kt_affine_leave(t);
	if (t->node != NUMA_NO_NODE)
		kt_node_leave();
	if (t->slot) {
		/* Wakers that come late would stamp the place of another thread. */
		__atomic_store_n(&t->slot, NULL, __ATOMIC_RELAXED);
		slot_unregister();
	}
	kt_self = NULL;
	KT_DELAY("exit");
	/*
	 * Release: the result, and all that the thread did; pairs with kthread_stop() and
	 * wait_parked(). Model: park_race.pml 6, 8, exit.pml 9
	 */
	old = kt_phase_change(&t->phase, PHASE_STATES | PHASE_WAITED, PHASE_EXITED);
	if (old & PHASE_WAITED)
		kt_futex_wake(&t->phase, INT32_MAX, FUTEX_CONTROLLER);
	kt_put(t);
}

void kthread_exit(long result)
{
	struct kt_task *t = kt_self;

	if (t && t->is_kthread)
		t->result = (int)result;
	else
		kthread_warn(KTHREAD_WARN_NOT_KTHREAD, "kthread_exit: caller is no kthread");
	pthread_exit(NULL);
}

void kthread_complete_and_exit(struct completion *comp, long code)
{
	if (comp)
		complete(comp);
	kthread_exit(code);
}

bool kthread_should_stop(void)
{
	struct kt_task *t = kt_self;

	/* Acquire: what the stopper wrote; pairs with request_stop(). */
	return t && __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) & PHASE_SHOULD_STOP;
}

bool kthread_should_stop_or_park(void)
{
	struct kt_task *t = kt_self;

	return t && __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) &
			    (PHASE_SHOULD_STOP | PHASE_SHOULD_PARK);
}

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
 * Also in its thread-local destructors, behind the exit funnel, a thread must not join itself.
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
		kthread_warn(KTHREAD_WARN_STOP_SELF, "kthread_stop: %s stops itself", k->comm);
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
