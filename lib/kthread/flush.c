// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for works: a work of the waiter's own, the barrier, is queued after them. */
#include <kthread/worker.h>

#include "lib/kthread/queue.h"
#include "lib/probe/mark.h"

struct flush_work {
	struct kthread_work work;
	struct completion done;
};

void kthread_flush_work_fn(struct kthread_work *work)
{
	KT_MARK(KT_MARK_FLUSH, kthread_flush_work_fn);
	/* The waiter's stack frame may be gone afterwards. */
	complete(&container_of(work, struct flush_work, work)->done);
}

static void flush_init(struct flush_work *f)
{
	kthread_init_work(&f->work, kthread_flush_work_fn);
	init_completion(&f->done);
}

/*
 * Would the caller wait for a thread that a fork left behind? Return: that one, to be reported
 * after the unlock
 */
static struct kt_task *left_behind(struct kthread_worker *w)
{
	struct kt_task *t = w->task ? kt_task(w->task) : NULL;

	return t && t->is_kthread && t->fork_nr != kt_fork_nr ? t : NULL;
}

bool kt_called_by_worker(struct kthread_worker *w, const char *func)
{
	if (!kt_self || kt_self->worker != w)
		return false;
	kthread_warn(KTHREAD_WARN_WORKER_SELF, "%s: the worker would wait for itself", func);
	return true;
}

struct kthread_worker *kt_lock_worker_of(struct kthread_work *work)
{
	struct kthread_worker *w;

	while ((w = __atomic_load_n(&work->worker, __ATOMIC_RELAXED))) {
		lock_worker(w);
		if (w == __atomic_load_n(&work->worker, __ATOMIC_RELAXED))
			return w;
		unlock_worker(w);
	}
	return NULL;
}

/*
 * Wait for the instance of @work that is ready or running on @w, not for one that is armed: that
 * may take for ever. Releases the lock.
 */
void kt_flush_unlock(struct kthread_worker *w, struct kthread_work *work)
{
	bool ready = !is_empty(&work->node) && !work->armed;
	struct wake wake = { NULL, 0, 0 };
	struct kt_task *dead = left_behind(w);
	struct kthread_node *behind;
	struct flush_work flush;
	bool wait = true;

	flush_init(&flush);
	if (__builtin_expect(!is_sound(&work->node) || !is_sound(&w->work_list), 0))
		kt_mend_locked(w);
	behind = is_sound(&work->node) ? work->node.next : &w->work_list;
	if (dead)
		wait = false;
	else if (ready)
		wake = insert_locked(w, &flush.work, behind);
	else if (w->current_work == work)
		wake = insert_locked(w, &flush.work, w->work_list.next);
	else
		wait = false;
	unlock_worker(w);
	KT_DELAY("flush");
	wake_finish(&wake);
	if (dead)
		kt_check_kthread(dead, "kthread_flush_work");
	if (wait)
		wait_for_completion(&flush.done);
}

void kthread_flush_work(struct kthread_work *work)
{
	struct kthread_worker *w = kt_lock_worker_of(work);
	bool armed;

	if (!w)
		return;
	if (kt_self && kt_self->worker == w) {
		unlock_worker(w);
		kt_called_by_worker(w, "kthread_flush_work");
		return;
	}
	armed = work->armed;
	kt_flush_unlock(w, work);
	if (armed)
		kthread_warn(KTHREAD_WARN_WORK_DELAYED,
			     "kthread_flush_work: delayed work %p is armed and is not waited for",
			     (void *)work);
}

void kt_flush_worker(struct kthread_worker *worker, bool dying)
{
	struct flush_work flush;
	struct kt_task *dead;
	struct wake wake;
	bool served;

	flush_init(&flush);
	lock_worker(worker);
	dead = left_behind(worker);
	if (dead) {
		unlock_worker(worker);
		kt_check_kthread(dead, "kthread_flush_worker");
		return;
	}
	served = worker->task;
	if (dying)
		worker->flags |= WORKER_DYING;
	if (dying && !served) {
		unlock_worker(worker);
		return;
	}
	wake = insert_locked(worker, &flush.work, &worker->work_list);
	unlock_worker(worker);
	wake_finish(&wake);
	if (!served)
		kthread_warn(KTHREAD_WARN_WORKER_NONE,
			     "kthread_flush_worker: the worker has no thread");
	wait_for_completion(&flush.done);
}

void kthread_flush_worker(struct kthread_worker *worker)
{
	if (!kt_called_by_worker(worker, "kthread_flush_worker"))
		kt_flush_worker(worker, false);
}

bool kt_cancel_sync(struct kthread_work *work, const char *func)
{
	struct kthread_worker *w = kt_lock_worker_of(work);
	bool pending;

	if (!w)
		return false;
	pending = !is_empty(&work->node);
	if (pending)
		withdraw_locked(w, work);
	if (w->current_work != work) {
		unlock_worker(w);
		return pending;
	}
	if (kt_self && kt_self->worker == w) {
		unlock_worker(w);
		kt_called_by_worker(w, func);
		return pending;
	}
	/* Queueing fails while anybody waits here. */
	__atomic_store_n(&work->canceling, work->canceling + 1, __ATOMIC_RELAXED);
	kt_flush_unlock(w, work);
	KT_DELAY("cancelled");
	lock_worker(w);
	__atomic_store_n(&work->canceling, work->canceling - 1, __ATOMIC_RELAXED);
	unlock_worker(w);
	return pending;
}

bool kthread_cancel_work_sync(struct kthread_work *work)
{
	if (work->delayed)
		kthread_warn(KTHREAD_WARN_WORK_DELAYED,
			     "kthread_cancel_work_sync: %p is a delayed work", (void *)work);
	return kt_cancel_sync(work, "kthread_cancel_work_sync");
}
