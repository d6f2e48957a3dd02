/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_QUEUE_H
#define KT_KTHREAD_QUEUE_H
/*
 * A worker's two lists, shared by worker.c, delayed.c and queue.c: works that are ready, in the
 * order in which they run, and delayed works that are armed, by deadline. A pending work is on one
 * of them.
 *
 * Whoever locks a worker first moves to the ready list what is due, so that nobody sees a work
 * armed beyond its time, and the order of runs is that of deadlines and insertions. The one who
 * moves needs not wake an idle worker: it sleeps no longer than to its earliest deadline.
 *
 * A work initialised again while pending leaves its neighbours pointing to a node that does not
 * point back. That is looked for where those nodes are touched anyway, and mended.
 */
#include "internal.h"

#define NEVER_NS UINT64_MAX

/* ---- lists ---- */
static inline bool is_empty(const struct kthread_node *n)
{
	return n->next == n;
}

static inline void insert_before(struct kthread_node *n, struct kthread_node *pos)
{
	n->prev = pos->prev;
	n->next = pos;
	pos->prev->next = n;
	pos->prev = n;
}

static inline void remove_node(struct kthread_node *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->next = n->prev = n;
}

static inline bool is_sound(const struct kthread_node *n)
{
	return n->prev->next == n && n->next->prev == n;
}

static inline struct kthread_work *work_of(struct kthread_node *n)
{
	return container_of(n, struct kthread_work, node);
}

/* ---- the lock ---- */
void kt_move_due_locked(struct kthread_worker *w); /* delayed.c */
void kt_mend_locked(struct kthread_worker *w);	   /* both lists; reported at the unlock */
void kt_warn_reinit(const struct kthread_worker *w);

static inline void lock_worker(struct kthread_worker *w)
{
	kt_lock(&w->lock);
	if (__builtin_expect(w->work_list.prev->next != &w->work_list, 0))
		kt_mend_locked(w);
	if (__builtin_expect(!is_empty(&w->delayed_work_list), 0))
		kt_move_due_locked(w);
}

static inline void unlock_worker(struct kthread_worker *w)
{
	bool mended = w->mended;

	w->mended = false;
	kt_unlock(&w->lock);
	if (__builtin_expect(mended, 0))
		kt_warn_reinit(w);
}

/* ---- waking, in two halves: the state under the lock, the system call behind it ---- */
struct wake {
	uint32_t *phase; /* NULL: nobody to wake */
	uint32_t old;
	pid_t tid;
};

struct wake kt_wake_idle_locked(struct kthread_worker *w, struct kt_task *t);
void kt_wake_finish(const struct wake *wake);

static inline struct wake wake_idle_locked(struct kthread_worker *w)
{
	if (w->idle && w->task)
		return kt_wake_idle_locked(w, kt_task(w->task));
	return (struct wake){ NULL, 0, 0 };
}

/* The worker may be gone by now, since its thread could run the work: only the address is used. */
static inline void wake_finish(const struct wake *wake)
{
	if (wake->phase)
		kt_wake_finish(wake);
}

/* ---- works ---- */

/* @work becomes ready: the one place of the event. The caller wakes the worker. */
static inline void make_ready_locked(struct kthread_worker *w, struct kthread_work *work,
				     struct kthread_node *pos)
{
	USDT(sched, sched_kthread_work_queue_work, work, work->func, w);
	insert_before(&work->node, pos);
	__atomic_store_n(&work->worker, w, __ATOMIC_RELAXED);
}

static inline struct wake insert_locked(struct kthread_worker *w, struct kthread_work *work,
					struct kthread_node *pos)
{
	make_ready_locked(w, work, pos);
	return wake_idle_locked(w);
}

static inline void take_locked(struct kthread_worker *w, struct kthread_work *work)
{
	if (__builtin_expect(!is_sound(&work->node), 0))
		kt_mend_locked(w);
	if (__builtin_expect(is_sound(&work->node), 1))
		remove_node(&work->node);
	else /* two of its neighbours were initialised again: it is on no list any more */
		work->node.next = work->node.prev = &work->node;
	work->armed = false;
}

/* Take a pending work back before it runs. */
static inline void withdraw_locked(struct kthread_worker *w, struct kthread_work *work)
{
	USDT(kthread, work_cancel, work, work->func, w);
	take_locked(w, work);
}

static inline bool is_elsewhere(const struct kthread_worker *w, const struct kthread_work *work)
{
	return work->worker && work->worker != w;
}

void kt_warn_two_workers(const char *func, const struct kthread_work *work);

/* worker.c */
struct kthread_worker *kt_lock_worker_of(struct kthread_work *work);
bool kt_called_by_worker(struct kthread_worker *w, const char *func);
void kt_flush_unlock(struct kthread_worker *w, struct kthread_work *work);
bool kt_cancel_sync(struct kthread_work *work, const char *func);

/* delayed.c */
uint64_t kt_first_due_locked(struct kthread_worker *w); /* NEVER_NS: none is armed */
#endif
