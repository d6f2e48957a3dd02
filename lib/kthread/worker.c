// SPDX-License-Identifier: GPL-2.0-only
/* Workers. Everything about a worker and its works changes under the worker's lock. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORKER_ALLOCATED \
	0x80000000U /* in flags: made by kthread_create_worker(), freed by destroy */

struct flush_work {
	struct kthread_work work;
	struct completion done;
};

/* ---- lists ---- */
static bool is_empty(const struct kthread_node *n)
{
	return n->next == n;
}

static void insert_before(struct kthread_node *n, struct kthread_node *pos)
{
	n->prev = pos->prev;
	n->next = pos;
	pos->prev->next = n;
	pos->prev = n;
}

static void remove_node(struct kthread_node *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->next = n->prev = n;
}

/* ---- queueing ---- */

/* A wake in two halves: the state under the lock, the system call behind it. */
struct wake {
	uint32_t *phase; /* NULL: nobody to wake */
	uint32_t old;
	pid_t tid;
};

static struct wake wake_idle_locked(struct kthread_worker *w)
{
	struct wake wake = { NULL, 0, 0 };
	struct kt_task *t = kt_task(w->task);

	if (!w->idle || !t)
		return wake;
	w->idle = 0;
	wake.tid = t->task.pid;
	USDT(kthread, wake_begin, wake.tid);
	wake.phase = &t->phase;
	wake.old = kt_wake(t, TASK_NORMAL);
	return wake;
}

/* The worker may be gone by now, since its thread could run the work: only the address is used. */
static void wake_finish(const struct wake *wake)
{
	if (!wake->phase)
		return;
	kt_phase_kick(wake->phase, wake->old, TASK_NORMAL);
	USDT(kthread, wake_end, wake->tid, (wake->old & TASK_NORMAL) != 0);
}

static struct wake insert_locked(struct kthread_worker *w, struct kthread_work *work,
				 struct kthread_node *pos)
{
	USDT(sched, sched_kthread_work_queue_work, work, work->func, w);
	insert_before(&work->node, pos);
	__atomic_store_n(&work->worker, w, __ATOMIC_RELAXED);
	return wake_idle_locked(w);
}

bool kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work)
{
	struct wake wake = { NULL, 0, 0 };
	bool idle, elsewhere;

	kt_lock(&worker->lock);
	elsewhere = work->worker && work->worker != worker;
	idle = is_empty(&work->node) && !work->canceling;
	if (idle)
		wake = insert_locked(worker, work, &worker->work_list);
	KT_DELAY("queue");
	kt_unlock(&worker->lock);
	wake_finish(&wake);
	if (elsewhere)
		kthread_warn(KTHREAD_WARN_WORK_TWO_WORKERS,
			     "kthread_queue_work: work %p belongs to another worker", (void *)work);
	return idle;
}

/* ---- the worker's thread ---- */

/* The next work; without one the worker is idle, and the caller about to sleep. */
static struct kthread_work *next_work(struct kthread_worker *w, struct kt_task *t)
{
	struct kthread_work *work = NULL;

	kt_lock(&w->lock);
	if (!is_empty(&w->work_list)) {
		work = container_of(w->work_list.next, struct kthread_work, node);
		remove_node(&work->node);
	} else {
		w->idle = 1;
		kt_slot_absorb(t);
		kt_phase_change(&t->phase, PHASE_STATES, PHASE_INTERRUPTIBLE);
	}
	w->current_work = work;
	kt_unlock(&w->lock);
	return work;
}

static void kthread_flush_work_fn(struct kthread_work *work);

/*
 * Before the thread parks or ends: no work is running any more, and who waits for no more than the
 * last one need not wait for the unpark. Return: the barrier of such a waiter
 */
static struct kthread_work *next_barrier(struct kthread_worker *w)
{
	struct kthread_work *work = NULL;

	kt_lock(&w->lock);
	if (!is_empty(&w->work_list)) {
		work = container_of(w->work_list.next, struct kthread_work, node);
		if (work->func == kthread_flush_work_fn)
			remove_node(&work->node);
		else
			work = NULL;
	}
	w->current_work = work;
	kt_unlock(&w->lock);
	return work;
}

static void slot_work(struct kt_task *t, struct kthread_work *work)
{
	if (__builtin_expect(slot_observed(), 0) && kt_slot_own(t))
		__atomic_store_n(&t->slot->work, (uintptr_t)work, __ATOMIC_RELAXED);
}

static void run_work(struct kt_task *t, struct kthread_work *work)
{
	kthread_work_func_t func = work->func;

	slot_work(t, work);
	USDT(sched, sched_kthread_work_execute_start, work, func);
	func(work);
	/* The work may be gone: its address is all that is left. */
	USDT(sched, sched_kthread_work_execute_end, work, func);
	slot_work(t, NULL);
	/* A state that the work left behind is not the next one's. */
	kthread_set_state_relaxed(TASK_RUNNING);
}

static void run_barriers(struct kthread_worker *w, struct kt_task *t)
{
	struct kthread_work *work;

	while ((work = next_barrier(w)))
		run_work(t, work);
}

static void serve(struct kthread_worker *w, struct kt_task *t)
{
	struct kthread_work *work;
	uint32_t phase;

	for (;;) {
		phase = __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE);
		if (phase & PHASE_SHOULD_STOP)
			break;
		if (phase & PHASE_SHOULD_PARK) {
			run_barriers(w, t);
			kt_parkme(t);
			continue;
		}
		if (phase & PHASE_SHOULD_FREEZE) {
			run_barriers(w, t);
			kt_freeze(t, FREEZE_UNTIL_STOP);
			continue;
		}
		KT_DELAY("look");
		work = next_work(w, t);
		if (work) {
			run_work(t, work);
			continue;
		}
		/* After the state: a request that came before it woke nobody. */
		phase = __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE);
		if (!(phase & PHASE_REQUESTS))
			kt_sleep(t, NULL);
		else
			kt_phase_change(&t->phase, PHASE_STATES, 0);
	}
	kt_phase_change(&t->phase, PHASE_STATES, 0);
}

/* @t serves its worker no more. Works that are queued stay for another thread. */
void kt_worker_abandon(struct kt_task *t)
{
	struct kthread_worker *w = t->worker;

	t->worker = NULL;
	if (__atomic_load_n(&w->task, __ATOMIC_RELAXED) == &t->task)
		run_barriers(w, t);
	kt_lock(&w->lock);
	if (w->task == &t->task) {
		w->task = NULL;
		w->current_work = NULL;
		w->idle = 0;
	}
	kt_unlock(&w->lock);
}

int kthread_worker_fn(void *worker_ptr)
{
	struct kthread_worker *w = worker_ptr;
	struct kt_task *t = kt_current();
	bool busy;

	kt_lock(&w->lock);
	busy = w->task && w->task != &t->task;
	/* Users read it without the lock; create_worker() has set it already. */
	if (w->task != &t->task)
		w->task = &t->task;
	w->idle = 0;
	kt_unlock(&w->lock);
	if (busy)
		kthread_warn(KTHREAD_WARN_WORKER_BUSY, "kthread_worker_fn: worker %p has a thread",
			     worker_ptr);
	t->worker = w;
	if (w->flags & KTW_FREEZABLE)
		set_freezable();
	serve(w, t);
	kt_worker_abandon(t);
	return 0;
}

/* ---- making and ending workers ---- */
void kthread_init_worker(struct kthread_worker *worker)
{
	memset(worker, 0, sizeof(*worker));
	worker->work_list.next = worker->work_list.prev = &worker->work_list;
}

static struct kthread_worker *create_worker(unsigned int flags, int cpu, char *name)
{
	struct kthread_worker *w = KT_FAIL("worker") ? NULL : malloc(sizeof(*w));
	struct task_struct *k;

	if (!w) {
		free(name);
		return ERR_PTR(-ENOMEM);
	}
	kthread_init_worker(w);
	w->flags = flags | WORKER_ALLOCATED;
	k = kt_create_thread(kthread_worker_fn, w, name);
	if (IS_ERR(k)) {
		free(w);
		return ERR_CAST(k);
	}
	if (cpu >= 0)
		kthread_bind(k, (unsigned int)cpu);
	/* From the start: a thread that is stopped before its function runs leaves its worker, too.
	 */
	kt_task(k)->worker = w;
	w->task = k;
	w->idle = 1; /* so that the first work starts it */
	return w;
}

struct kthread_worker *kthread_create_worker_on_node(unsigned int flags, int node,
						     const char *namefmt, ...)
{
	va_list ap;
	char *name;

	(void)node;
	va_start(ap, namefmt);
	name = kt_format_name(namefmt, ap);
	va_end(ap);
	return create_worker(flags, -1, name);
}

struct kthread_worker *kthread_create_worker_on_cpu(int cpu, unsigned int flags,
						    const char *namefmt)
{
	if (cpu < 0 || cpu >= KTHREAD_NR_CPUS || cpu >= sysconf(_SC_NPROCESSORS_CONF))
		return ERR_PTR(-EINVAL);
	return create_worker(flags, cpu, kt_format_cpu(namefmt, (unsigned int)cpu));
}

void kthread_destroy_worker(struct kthread_worker *worker)
{
	struct task_struct *k;

	kt_lock(&worker->lock);
	k = worker->task;
	if (k)
		get_task_struct(k);
	kt_unlock(&worker->lock);

	if (k && kt_task(k) == kt_self) {
		kthread_warn(KTHREAD_WARN_WORKER_SELF, "kthread_destroy_worker: called by itself");
		put_task_struct(k);
		return;
	}
	if (k && kt_check_kthread(kt_task(k), "kthread_destroy_worker")) {
		/* Left behind by fork(): there is nobody to wait for. */
		put_task_struct(k);
	} else if (k) {
		/* A parked worker would never come to what is queued. */
		if (__atomic_load_n(&kt_task(k)->phase, __ATOMIC_ACQUIRE) & PHASE_SHOULD_PARK)
			kthread_unpark(k);
		kthread_flush_worker(worker);
		kthread_stop_put(k);
	} else {
		kthread_warn(KTHREAD_WARN_WORKER_NONE, "kthread_destroy_worker: no thread");
	}
	if (!is_empty(&worker->work_list))
		kthread_warn(KTHREAD_WARN_WORKER_LEFTOVER,
			     "kthread_destroy_worker: works are still queued");
	if (worker->flags & WORKER_ALLOCATED)
		free(worker);
}

/* ---- waiting for works ---- */
static void kthread_flush_work_fn(struct kthread_work *work)
{
	/* The waiter's stack frame may be gone afterwards. */
	complete(&container_of(work, struct flush_work, work)->done);
}

static void flush_init(struct flush_work *f)
{
	kthread_init_work(&f->work, kthread_flush_work_fn);
	init_completion(&f->done);
}

/* Would the caller wait for a thread that a fork left behind? */
static bool is_dead(struct kthread_worker *w, const char *func)
{
	return w->task && kt_task(w->task)->is_kthread && kt_check_kthread(kt_task(w->task), func);
}

static bool called_by_worker(struct kthread_worker *w, const char *func)
{
	if (!kt_self || kt_self->worker != w)
		return false;
	kthread_warn(KTHREAD_WARN_WORKER_SELF, "%s: would wait for its own thread", func);
	return true;
}

/* Lock the worker of @work, which may move to another one meanwhile. NULL: it was never queued */
static struct kthread_worker *lock_worker_of(struct kthread_work *work)
{
	struct kthread_worker *w;

	while ((w = __atomic_load_n(&work->worker, __ATOMIC_RELAXED))) {
		kt_lock(&w->lock);
		if (w == work->worker)
			return w;
		kt_unlock(&w->lock);
	}
	return NULL;
}

/* Wait for the instance of @work that is pending or running on @w; takes the lock's end with it. */
static void flush_unlock(struct kthread_worker *w, struct kthread_work *work)
{
	struct wake wake = { NULL, 0, 0 };
	struct flush_work flush;
	bool wait = true;

	flush_init(&flush);
	if (is_dead(w, "kthread_flush_work"))
		wait = false;
	else if (!is_empty(&work->node))
		wake = insert_locked(w, &flush.work, work->node.next);
	else if (w->current_work == work)
		wake = insert_locked(w, &flush.work, w->work_list.next);
	else
		wait = false;
	kt_unlock(&w->lock);
	wake_finish(&wake);
	if (wait)
		wait_for_completion(&flush.done);
}

void kthread_flush_work(struct kthread_work *work)
{
	struct kthread_worker *w = lock_worker_of(work);

	if (!w)
		return;
	if (kt_self && kt_self->worker == w) {
		kt_unlock(&w->lock);
		called_by_worker(w, "kthread_flush_work");
		return;
	}
	flush_unlock(w, work);
}

void kthread_flush_worker(struct kthread_worker *worker)
{
	struct flush_work flush;
	struct wake wake;
	bool served;

	if (called_by_worker(worker, "kthread_flush_worker"))
		return;
	flush_init(&flush);
	kt_lock(&worker->lock);
	if (is_dead(worker, "kthread_flush_worker")) {
		kt_unlock(&worker->lock);
		return;
	}
	served = worker->task;
	wake = insert_locked(worker, &flush.work, &worker->work_list);
	kt_unlock(&worker->lock);
	wake_finish(&wake);
	if (!served)
		kthread_warn(KTHREAD_WARN_WORKER_NONE, "kthread_flush_worker: no thread");
	wait_for_completion(&flush.done);
}

bool kthread_cancel_work_sync(struct kthread_work *work)
{
	struct kthread_worker *w = lock_worker_of(work);
	bool pending, own;

	if (!w)
		return false;
	pending = !is_empty(&work->node);
	if (pending) {
		USDT(kthread, work_cancel, work, work->func, w);
		remove_node(&work->node);
	}
	if (w->current_work != work) {
		kt_unlock(&w->lock);
		return pending;
	}
	own = kt_self && kt_self->worker == w;
	if (own) {
		kt_unlock(&w->lock);
		called_by_worker(w, "kthread_cancel_work_sync");
		return pending;
	}
	/* Queueing fails while anybody waits here. */
	work->canceling++;
	flush_unlock(w, work);
	kt_lock(&w->lock);
	work->canceling--;
	kt_unlock(&w->lock);
	return pending;
}
