// SPDX-License-Identifier: GPL-2.0-only
/* The end of a thread: one way out for it, whatever it does. */
#include "lib/kthread/internal.h"

#include "lib/kthread/stamp.h"
#include "lib/kthread/testing.h"
#include "lib/kthread/worklog.h"

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
	kt_log_free(t);
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
		kthread_warn(KTHREAD_WARN_NOT_KTHREAD, "kthread_exit: the caller is not a kthread");
	pthread_exit(NULL);
}

void kthread_complete_and_exit(struct completion *comp, long code)
{
	if (comp)
		complete(comp);
	kthread_exit(code);
}
