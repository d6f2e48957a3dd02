// SPDX-License-Identifier: GPL-2.0-only
/* Onto a worker's lists: queueing a work, and making ready those that are due. */
#include "lib/kthread/queue.h"

void kt_move_due_locked(struct kthread_worker *w)
{
	uint64_t now_ns = slot_clock_ns();
	struct kthread_delayed_work *d;

	while ((d = kt_armed_due_locked(w, now_ns))) {
		unlist_locked(w, &d->work);
		make_ready_locked(w, &d->work, &w->work_list);
	}
}

/* A delayed work is due, or the list is torn: the order is found under both locks. */
static __attribute__((noinline)) bool queue_slowly(struct kthread_worker *w,
						   struct kthread_work *work)
{
	struct wake wake = { NULL, 0, 0 };
	bool idle, elsewhere;

	lock_worker(w);
	elsewhere = is_elsewhere(w, work);
	idle = !is_pending_locked(work, elsewhere) && !work->canceling;
	if (idle)
		wake = insert_locked(w, work, &w->work_list);
	KT_DELAY("queue");
	unlock_worker(w);
	wake_finish(&wake);
	if (elsewhere)
		kt_warn_two_workers("kthread_queue_work", work);
	return idle;
}

bool kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work)
{
	struct wake wake = { NULL, 0, 0 };
	bool idle, elsewhere, due = may_be_due(worker);

	kt_lock(&worker->submit_lock);
	if (__builtin_expect(due || !has_sound_tail(&worker->submitted), 0)) {
		kt_unlock(&worker->submit_lock);
		return queue_slowly(worker, work);
	}
	elsewhere = is_elsewhere(worker, work);
	idle = !work->canceling && !renew_pending_locked(work);
	if (idle)
		wake = insert_locked(worker, work, &worker->submitted);
	KT_DELAY("queue");
	kt_unlock(&worker->submit_lock);
	wake_finish(&wake);
	if (elsewhere)
		kt_warn_two_workers("kthread_queue_work", work);
	return idle;
}
