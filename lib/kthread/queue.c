// SPDX-License-Identifier: GPL-2.0-only
/* Onto a worker's lists: queueing a work, and making ready those that are due. */
#include "lib/kthread/queue.h"

/* The coarse clock lags by a tick, of 10 ms at most; twice that for a tick that comes late. */
#define COARSE_NS 20000000

/* A second with a leap second after it, or in which the clock is set back by less than a second. */
#define SECOND_NS 2000000000

/* It is not later than this. */
static inline uint64_t coarse_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec + COARSE_NS;
}

/* The costly clock only when it is a matter of ticks. */
static inline bool is_past(uint64_t ns, uint64_t at_most_ns)
{
	return ns <= at_most_ns && ns <= slot_clock_ns();
}

bool kt_is_past(uint64_t ns)
{
	return is_past(ns, coarse_ns());
}

static inline bool is_seconds_away(const struct kthread_worker *w, uint64_t now_ns)
{
	return w->first_due_ns > now_ns && w->first_due_ns - now_ns > SECOND_NS;
}

/* Under the submit lock: no earlier deadline comes before the second is noted. */
static __attribute__((noinline)) void note_quiet_locked(struct kthread_worker *w)
{
	/* First the second, which thus has not begun after the time that the other clock says. */
	uint32_t second = second_now();

	if (is_seconds_away(w, coarse_ns()))
		__atomic_store_n(&w->quiet_second, second, __ATOMIC_RELAXED);
}

void kt_move_due_locked(struct kthread_worker *w)
{
	uint64_t now_ns = slot_clock_ns();
	struct kthread_delayed_work *d;

	while ((d = kt_armed_due_locked(w, now_ns))) {
		unlist_locked(w, &d->work);
		make_ready_locked(w, &d->work, &w->work_list);
	}
}

/*
 * A delayed work is due, or the list is torn: the order is found under both locks. Or nobody has used
 * the worker since a fork.
 */
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

/* What a call finds nearly always: an idle work of this worker, and nobody to wake. */
static inline bool is_plain_locked(const struct kthread_worker *w, const struct kthread_work *work)
{
	/* Acquire: the node is no longer the thread's, as in renew_pending_locked(). */
	return has_sound_tail(&w->submitted) &&
	       !__atomic_load_n(&work->pending, __ATOMIC_ACQUIRE) && !work->canceling && !w->idle &&
	       !is_elsewhere(w, work);
}

/* Under the submit lock, which it releases. */
static __attribute__((noinline)) bool queue_unlock(struct kthread_worker *worker,
						   struct kthread_work *work)
{
	struct wake wake = { NULL, 0, 0 };
	bool idle, elsewhere;

	if (!has_sound_tail(&worker->submitted)) {
		kt_lean_unlock(&worker->submit_lock);
		return queue_slowly(worker, work);
	}
	elsewhere = is_elsewhere(worker, work);
	idle = !work->canceling && !renew_pending_locked(work);
	if (idle)
		wake = insert_locked(worker, work, &worker->submitted);
	KT_DELAY("queue");
	kt_lean_unlock(&worker->submit_lock);
	wake_finish(&wake);
	if (elsewhere)
		kt_warn_two_workers("kthread_queue_work", work);
	return idle;
}

/* Under the submit lock, which it releases. */
static inline bool queue_locked(struct kthread_worker *worker, struct kthread_work *work)
{
	if (__builtin_expect(!is_plain_locked(worker, work), 0))
		return queue_unlock(worker, work);
	make_ready_locked(worker, work, &worker->submitted);
	KT_DELAY("queue");
	kt_lean_unlock(&worker->submit_lock);
	return true;
}

/* Works are armed, and perhaps due. */
static __attribute__((noinline)) bool queue_after_look(struct kthread_worker *worker,
						       struct kthread_work *work)
{
	uint64_t now_ns = coarse_ns();

	if (is_past(__atomic_load_n(&worker->first_due_ns, __ATOMIC_RELAXED), now_ns) ||
	    is_forked(worker))
		return queue_slowly(worker, work);
	kt_lean_lock(&worker->submit_lock, LEAN_HOLDS_NONE);
	if (is_seconds_away(worker, now_ns))
		note_quiet_locked(worker);
	return queue_locked(worker, work);
}

bool kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work)
{
	if (is_any_armed(worker) && !is_quiet(worker))
		return queue_after_look(worker, work);
	if (is_forked(worker))
		return queue_slowly(worker, work);
	kt_lean_lock(&worker->submit_lock, LEAN_HOLDS_NONE);
	return queue_locked(worker, work);
}
