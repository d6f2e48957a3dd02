// SPDX-License-Identifier: GPL-2.0-only
/* Delayed works: when they run, under the worker's locks. */
#include <kthread/delayed.h>

#include "lib/kthread/queue.h"

#define KEY_AT	offsetof(struct kthread_delayed_work, key_ns)
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

/* The locks take longer than it takes to fetch what they guard. */
static inline void prefetch_links(const struct kthread_delayed_work *dwork)
{
	__builtin_prefetch(&dwork->work, 1);
	__builtin_prefetch(&dwork->parent, 1);
}

/* Only a worker that sleeps beyond the new deadline must look again. */
static struct wake wake_for_locked(struct kthread_worker *w, uint64_t due_ns)
{
	return wake_time(w, due_ns) < w->sleep_until_ns ? wake_idle_locked(w) : NO_WAKE;
}

static struct wake arm_locked(struct kthread_worker *w, struct kthread_delayed_work *dwork,
			      uint64_t due_ns)
{
	dwork->work.armed = true;
	kt_armed_add_locked(w, dwork, due_ns);
	__atomic_store_n(&dwork->work.pending, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&dwork->work.worker, w, __ATOMIC_RELAXED);
	return wake_for_locked(w, due_ns);
}

/* It is armed, and stays so. */
static struct wake move_locked(struct kthread_worker *w, struct kthread_delayed_work *dwork,
			       uint64_t delay_ns)
{
	uint64_t due_ns;

	/* By a number, not a member: the parent may be NULL. */
	__builtin_prefetch((void *)((uintptr_t)dwork->parent + KEY_AT), 1);
	due_ns = due_after(delay_ns);
	kt_armed_move_locked(w, dwork, due_ns);
	return wake_for_locked(w, due_ns);
}

/* ---- queueing -------------------------------------------------------------------------------- */
static struct wake queue_locked(struct kthread_worker *w, struct kthread_delayed_work *dwork,
				uint64_t delay_ns)
{
	if (!delay_ns)
		return insert_locked(w, &dwork->work, &w->work_list);
	return arm_locked(w, dwork, due_after(delay_ns));
}

static struct wake queue_again_locked(struct kthread_worker *w, struct kthread_delayed_work *dwork,
				      uint64_t delay_ns)
{
	if (__atomic_load_n(&dwork->work.pending, __ATOMIC_RELAXED))
		unlist_locked(w, &dwork->work);
	return queue_locked(w, dwork, delay_ns);
}

bool kthread_queue_delayed_work_ns(struct kthread_worker *worker,
				   struct kthread_delayed_work *dwork, uint64_t delay_ns)
{
	struct kthread_work *work = &dwork->work;
	struct wake wake = NO_WAKE;
	bool idle, elsewhere;

	prefetch_links(dwork);
	lock_worker(worker);
	elsewhere = is_elsewhere(worker, work);
	idle = !is_pending_locked(work, elsewhere) && !work->canceling;
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

	prefetch_links(dwork);
	lock_worker(worker);
	elsewhere = is_elsewhere(worker, work);
	pending = is_pending_locked(work, elsewhere);
	canceling = work->canceling;
	changes = !canceling && !(pending && elsewhere);
	if (changes && pending && !work->armed)
		USDT(kthread, work_cancel, work, work->func, worker);
	if (changes && pending && work->armed && delay_ns)
		wake = move_locked(worker, dwork, delay_ns);
	else if (changes)
		wake = queue_again_locked(worker, dwork, delay_ns);
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
