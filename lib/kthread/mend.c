// SPDX-License-Identifier: GPL-2.0-only
/* The rare ends of a worker's lists: waking its thread, mending what was torn, reports. */
#include "lib/kthread/queue.h"

/*
 * From either end as far as each node and its neighbour agree; what lies between was initialised
 * again while it was on the list. Whole lists stay as they are.
 */
void kt_mend_list(struct kthread_node *head)
{
	struct kthread_node *last = head, *first = head;

	while (last->next != head && last->next->prev == last)
		last = last->next;
	if (last->next == head && head->prev == last)
		return;
	while (first->prev != head && first->prev->next == first)
		first = first->prev;
	__atomic_store_n(&last->next, first, __ATOMIC_RELAXED);
	first->prev = last;
}

struct wake kt_wake_idle_locked(struct kthread_worker *w, struct kt_task *t)
{
	struct wake wake = { &t->phase, 0, t->task.pid };

	w->idle = 0;
	USDT(kthread, wake_begin, wake.tid);
	/* Pairs with rest_locked(). Model: worker.pml 4 */
	wake.old = kt_wake(t, TASK_NORMAL);
	return wake;
}

void kt_wake_finish(const struct wake *wake)
{
	kt_phase_kick(wake->phase, wake->old, TASK_NORMAL);
	USDT(kthread, wake_end, wake->tid, (wake->old & TASK_NORMAL) != 0);
}

void kt_mend_submitted_locked(struct kthread_worker *w)
{
	kt_mend_list(&w->submitted);
	w->mended = true;
}

void kt_warn_reinit(const struct kthread_worker *w)
{
	kthread_warn(KTHREAD_WARN_WORK_REINIT,
		     "a work was initialised again while pending on worker %p", (const void *)w);
}

void kt_warn_two_workers(const char *func, const struct kthread_work *work)
{
	kthread_warn(KTHREAD_WARN_WORK_TWO_WORKERS, "%s: work %p belongs to another worker", func,
		     (const void *)work);
}
