// SPDX-License-Identifier: GPL-2.0-only
/* The rare ends of a worker's lists: waking its thread, mending what was torn, reports. */
#include "lib/kthread/queue.h"

/*
 * From either end as far as each node and its neighbour agree; what lies between was initialised
 * again while it was on the list. Whole lists stay as they are. @other: the list that takes from
 * this one, or gives to it; halfway the nodes lead to its head.
 */
static void mend(struct kthread_node *head, const struct kthread_node *other)
{
	struct kthread_node *last = head, *first = head;

	while (last->next != head && last->next != other && last->next->prev == last)
		last = last->next;
	if (last->next == head && head->prev == last)
		return;
	while (first->prev != head && first->prev != other && first->prev->next == first)
		first = first->prev;
	__atomic_store_n(&last->next, first, __ATOMIC_RELAXED);
	first->prev = last;
}

static uint32_t forked_lock;

/* What is on the list is pending, whatever was left undone when it was put there. */
static void settle(struct kthread_worker *w, struct kthread_node *head, bool armed)
{
	struct kthread_node *n;

	for (n = head->next; n != head; n = n->next) {
		work_of(n)->armed = armed;
		__atomic_store_n(&work_of(n)->worker, w, __ATOMIC_RELAXED);
		__atomic_store_n(&work_of(n)->pending, 1, __ATOMIC_RELAXED);
	}
}

/* The fork found somebody in the middle of a change, which is nobody's misuse: not reported. */
static void finish_changes(struct kthread_worker *w)
{
	mend(&w->work_list, &w->submitted);
	mend(&w->submitted, &w->work_list);
	mend(&w->delayed_work_list, NULL);
	settle(w, &w->work_list, false);
	settle(w, &w->submitted, false);
	settle(w, &w->delayed_work_list, true);
}

/*
 * @w is from before a fork. Its thread was left behind, and so was whoever held its locks, perhaps
 * in the middle of a change. Nobody in this process holds them before the first caller has come
 * here.
 */
void kt_worker_forked(struct kthread_worker *w)
{
	kt_lock(&forked_lock);
	if (w->fork_nr != kt_fork_nr) {
		if (__atomic_load_n(&w->task, __ATOMIC_RELAXED)) {
			__atomic_store_n(&w->lock, 0, __ATOMIC_RELAXED);
			__atomic_store_n(&w->submit_lock, 0, __ATOMIC_RELAXED);
			finish_changes(w);
		}
		/* Release: pairs with lock_both(). */
		__atomic_store_n(&w->fork_nr, kt_fork_nr, __ATOMIC_RELEASE);
	}
	kt_unlock(&forked_lock);
}

/* The thread that forked may be a worker's, and goes on as such. */
void kt_worker_fork_child(void)
{
	forked_lock = 0;
	if (kt_self && kt_self->worker)
		kt_worker_forked(kt_self->worker);
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

void kt_mend_locked(struct kthread_worker *w)
{
	mend(&w->work_list, &w->submitted);
	mend(&w->delayed_work_list, NULL);
	w->mended = true;
}

void kt_mend_submitted_locked(struct kthread_worker *w)
{
	mend(&w->submitted, &w->work_list);
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
