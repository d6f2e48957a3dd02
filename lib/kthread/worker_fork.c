// SPDX-License-Identifier: GPL-2.0-only
/* Workers in a forked child: their threads are gone, and their lists are as they happened to be. */
#include "lib/kthread/queue.h"

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
	kt_mend_list(&w->work_list, &w->submitted);
	kt_mend_list(&w->submitted, &w->work_list);
	kt_mend_list(&w->delayed_work_list, NULL);
	settle(w, &w->work_list, false);
	settle(w, &w->submitted, false);
	settle(w, &w->delayed_work_list, true);
	kt_armed_regrow_locked(w);
}

/*
 * @w is from before a fork. Its thread was left behind, and so was whoever held its locks, perhaps
 * in the middle of a change: that is mended here, and nobody is blamed for it. Nobody in this
 * process holds them before the first caller has come here.
 */
void kt_worker_forked(struct kthread_worker *w)
{
	kt_lock(&forked_lock);
	if (w->fork_nr != kt_fork_nr) {
		__atomic_store_n(&w->lock, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&w->submit_lock, 0, __ATOMIC_RELAXED);
		finish_changes(w);
		/* Release: pairs with is_forked(). */
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
