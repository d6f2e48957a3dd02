// SPDX-License-Identifier: GPL-2.0-only
/* Delayed works: a worker's list of deadlines, under the worker's lock. */
#include <kthread/delayed.h>

#include "lib/kthread/queue.h"

#define NO_WAKE ((struct wake){ NULL, 0, 0 })

/* ---- deadlines ------------------------------------------------------------------------------- */
static uint64_t due_after(uint64_t delay_ns)
{
	uint64_t now_ns = slot_clock_ns();

	return delay_ns < NEVER_NS - now_ns ? now_ns + delay_ns : NEVER_NS;
}

static uint64_t jiffies_to_ns(unsigned long delay)
{
	return delay < NEVER_NS / 1000000 ? delay * 1000000ULL : NEVER_NS;
}

/* After those with the same deadline: works armed alike run in the order of arming. */
static struct kthread_node *place_locked(struct kthread_worker *w, uint64_t due_ns)
{
	struct kthread_node *head = &w->delayed_work_list;
	struct kthread_node *pos = head;

	while (pos->prev != head) {
		if (__builtin_expect(pos->prev->next != pos, 0)) {
			kt_mend_locked(w);
			pos = head;
			continue;
		}
		if (delayed_of(pos->prev)->due_ns <= due_ns)
			break;
		pos = pos->prev;
	}
	return pos;
}

static struct wake arm_locked(struct kthread_worker *w, struct kthread_delayed_work *dwork,
			      uint64_t due_ns)
{
	insert_before(&dwork->work.node, place_locked(w, due_ns));
	__atomic_store_n(&dwork->work.pending, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&dwork->work.worker, w, __ATOMIC_RELAXED);
	dwork->work.armed = true;
	dwork->due_ns = due_ns;
	/* Only a worker that sleeps beyond the new deadline must look again. */
	return due_ns < w->sleep_until_ns ? wake_idle_locked(w) : NO_WAKE;
}

/* ---- queueing -------------------------------------------------------------------------------- */
static struct wake queue_locked(struct kthread_worker *w, struct kthread_delayed_work *dwork,
				uint64_t delay_ns)
{
	if (!delay_ns)
		return insert_locked(w, &dwork->work, &w->work_list);
	return arm_locked(w, dwork, due_after(delay_ns));
}

bool kthread_queue_delayed_work_ns(struct kthread_worker *worker,
				   struct kthread_delayed_work *dwork, uint64_t delay_ns)
{
	struct kthread_work *work = &dwork->work;
	struct wake wake = NO_WAKE;
	bool idle, elsewhere;

	lock_worker(worker);
	elsewhere = is_elsewhere(worker, work);
	idle = !renew_pending_locked(work) && !work->canceling;
	if (idle)
		wake = queue_locked(worker, dwork, delay_ns);
	KT_DELAY("queue_delayed");
	unlock_worker(worker);
	wake_finish(&wake);
	if (elsewhere)
		kt_warn_two_workers("kthread_queue_delayed_work", work);
	return idle;
}

bool kthread_queue_delayed_work(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
				unsigned long delay)
{
	return kthread_queue_delayed_work_ns(worker, dwork, jiffies_to_ns(delay));
}

bool kthread_mod_delayed_work_ns(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
				 uint64_t delay_ns)
{
	struct kthread_work *work = &dwork->work;
	struct wake wake = NO_WAKE;
	bool pending, elsewhere, changes, canceling;

	lock_worker(worker);
	elsewhere = is_elsewhere(worker, work);
	pending = renew_pending_locked(work);
	canceling = work->canceling;
	changes = !canceling && !(pending && elsewhere);
	if (changes && pending && !work->armed)
		USDT(kthread, work_cancel, work, work->func, worker);
	if (changes && pending)
		unlist_locked(worker, work);
	if (changes)
		wake = queue_locked(worker, dwork, delay_ns);
	KT_DELAY("mod");
	unlock_worker(worker);
	wake_finish(&wake);
	if (elsewhere)
		kt_warn_two_workers("kthread_mod_delayed_work", work);
	if (__builtin_expect(canceling, 0) && kt_profile_has(PROFILE_MOD_FALSE))
		return false;
	return pending || !changes;
}

bool kthread_mod_delayed_work(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
			      unsigned long delay)
{
	return kthread_mod_delayed_work_ns(worker, dwork, jiffies_to_ns(delay));
}

/* ---- waiting --------------------------------------------------------------------------------- */
void kthread_flush_delayed_work(struct kthread_delayed_work *dwork)
{
	struct kthread_work *work = &dwork->work;
	struct kthread_worker *w = kt_lock_worker_of(work);

	if (!w)
		return;
	if (kt_self && kt_self->worker == w) {
		unlock_worker(w);
		kt_called_by_worker(w, "kthread_flush_delayed_work");
		return;
	}
	if (work->armed) {
		unlist_locked(w, work);
		make_ready_locked(w, work, &w->work_list);
	}
	/* Wakes the worker for both. */
	kt_flush_unlock(w, work);
}

bool kthread_cancel_delayed_work_sync(struct kthread_delayed_work *dwork)
{
	return kt_cancel_sync(&dwork->work, "kthread_cancel_delayed_work_sync");
}
