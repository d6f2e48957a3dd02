// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workers. Everything about a worker and its works changes under the worker's locks: see queue.h.
 */
#include <kthread/delayed.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/kthread/queue.h"
#include "lib/kthread/stamp.h"

#define WORKER_ALLOCATED \
	0x80000000U		 /* in flags: made by kthread_create_worker(), freed by destroy */
#define WORKER_DYING 0x40000000U /* in flags: nobody will serve it again */

struct flush_work {
	struct kthread_work work;
	struct completion done;
};

/* ---- queueing -------------------------------------------------------------------------------- */
/* Delayed works are armed, or the list is torn: the order is found under both locks. */
static __attribute__((noinline)) bool queue_slowly(struct kthread_worker *w,
						   struct kthread_work *work)
{
	struct wake wake = { NULL, 0, 0 };
	bool idle, elsewhere;

	lock_worker(w);
	elsewhere = is_elsewhere(w, work);
	idle = !is_pending_locked(work) && !work->canceling;
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
	bool idle, elsewhere;

	kt_lock(&worker->submit_lock);
	if (__builtin_expect(worker->armed || !has_sound_tail(&worker->submitted), 0)) {
		kt_unlock(&worker->submit_lock);
		return queue_slowly(worker, work);
	}
	elsewhere = is_elsewhere(worker, work);
	idle = !work->canceling && !is_pending_locked(work);
	if (idle)
		wake = insert_locked(worker, work, &worker->submitted);
	KT_DELAY("queue");
	kt_unlock(&worker->submit_lock);
	wake_finish(&wake);
	if (elsewhere)
		kt_warn_two_workers("kthread_queue_work", work);
	return idle;
}

/* ---- the worker's thread --------------------------------------------------------------------- */

/* What the thread does while there is nothing to do. */
enum rest { REST_NONE, REST_SPIN, REST_SPUN, REST_SLEEP };

/*
 * Nothing is there, seen under both locks. The thread is about to spin, if it may; or to sleep
 * until @w->sleep_until_ns, which only its thread changes.
 */
static enum rest rest_locked(struct kthread_worker *w, struct kt_task *t, enum rest rest)
{
	w->idle = !(rest != REST_SPUN && is_empty(&w->delayed_work_list) && kt_spin_wanted(t));
	if (!w->idle)
		return REST_SPIN;
	w->sleep_until_ns = kt_first_due_locked(w);
	kt_slot_absorb(t);
	/* Under the submit lock: pairs with kt_wake_idle_locked(). Model: worker.pml 2, 8 */
	kt_phase_change(&t->phase, PHASE_STATES, PHASE_INTERRUPTIBLE);
	return REST_SLEEP;
}

/* The next work; without one @rest says how to wait for it. */
static struct kthread_work *next_work(struct kthread_worker *w, struct kt_task *t, enum rest *rest)
{
	struct kthread_work *work = NULL;
	bool both;

	kt_lock(&w->lock);
	if (__builtin_expect(!is_sound(&w->work_list), 0))
		kt_mend_locked(w);
	both = *rest != REST_NONE || is_empty(&w->work_list) || !is_empty(&w->delayed_work_list);
	if (both) {
		lock_submit(w);
		move_due_locked(w);
	}
	if (!is_empty(&w->work_list)) {
		work = work_of(w->work_list.next);
		take_locked(w, work);
		/* After a sleep that ended by itself. */
		if (both)
			w->idle = 0;
		*rest = REST_NONE;
	} else {
		*rest = rest_locked(w, t, *rest);
	}
	w->current_work = work;
	if (both)
		unlock_submit(w);
	unlock_only(w);
	KT_DELAY("next");
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

	lock_worker(w);
	if (!is_empty(&w->work_list)) {
		work = work_of(w->work_list.next);
		if (work->func == kthread_flush_work_fn)
			take_locked(w, work);
		else
			work = NULL;
	}
	w->current_work = work;
	unlock_worker(w);
	return work;
}

/* Has anything changed since the thread found nothing to do? Only a hint: the locks tell. */
static bool is_stirred(struct kthread_worker *w, struct kt_task *t)
{
	return __atomic_load_n(&w->submitted.next, __ATOMIC_RELAXED) != &w->submitted ||
	       __atomic_load_n(&w->work_list.next, __ATOMIC_RELAXED) != &w->work_list ||
	       __atomic_load_n(&w->armed, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&t->phase, __ATOMIC_RELAXED) & PHASE_REQUESTS;
}

/*
 * Before the thread says that it is idle: a caller finds it running, and has nobody to wake.
 * Return: what came of it
 */
static enum rest spin_for_work(struct kthread_worker *w, struct kt_task *t, uint64_t begin_ns)
{
	uint32_t max_ns = __atomic_load_n(&t->spin_max_ns, __ATOMIC_RELAXED);
	int i;

	do {
		for (i = 0; i < KT_SPIN_CHUNK; i++) {
			if (is_stirred(w, t)) {
				t->spin_failed = 0;
				return REST_NONE;
			}
			kt_cpu_relax();
		}
	} while (slot_clock_ns() - begin_ns < max_ns);
	return REST_SPUN;
}

/* Until woken, or until a delayed work is due. @spun_ns: see kt_sleep_spun() */
static void sleep_idle(struct kt_task *t, uint64_t until_ns, uint64_t spun_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(until_ns / 1000000000),
		.tv_nsec = (long)(until_ns % 1000000000),
	};

	kt_sleep_spun(t, until_ns == NEVER_NS ? NULL : &until, spun_ns);
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
	KT_DELAY("ran");
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
	enum rest rest = REST_NONE;
	struct kthread_work *work;
	uint64_t spun_ns = 0;
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
		work = next_work(w, t, &rest);
		if (work) {
			run_work(t, work);
			continue;
		}
		if (rest == REST_SPIN) {
			spun_ns = slot_clock_ns();
			rest = spin_for_work(w, t, spun_ns);
			if (rest == REST_NONE)
				spun_ns = 0;
			continue;
		}
		/* After the state: a request before it woke nobody. Model: worker.pml 1 */
		phase = __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE);
		if (!(phase & PHASE_REQUESTS))
			sleep_idle(t, w->sleep_until_ns, spun_ns);
		else
			kt_phase_change(&t->phase, PHASE_STATES, 0);
		spun_ns = 0;
	}
	kt_phase_change(&t->phase, PHASE_STATES, 0);
}

/*
 * Those who wait for works that will not run: somebody else stopped the thread of a dying worker.
 */
static void release_flushers_locked(struct kthread_worker *w)
{
	struct kthread_node *n, *next;

	if (!is_sound(&w->work_list))
		kt_mend_locked(w);
	for (n = w->work_list.next; n != &w->work_list; n = next) {
		next = n->next;
		if (work_of(n)->func != kthread_flush_work_fn)
			continue;
		take_locked(w, work_of(n));
		/* Destroy joins this thread before it frees the worker: we may go on. */
		kthread_flush_work_fn(work_of(n));
	}
}

/* @t serves its worker no more. Works that are queued stay for another thread. */
void kt_worker_abandon(struct kt_task *t)
{
	struct kthread_worker *w = t->worker;

	t->worker = NULL;
	if (__atomic_load_n(&w->task, __ATOMIC_RELAXED) == &t->task)
		run_barriers(w, t);
	lock_both(w);
	if (w->task == &t->task) {
		__atomic_store_n(&w->task, NULL, __ATOMIC_RELAXED);
		w->current_work = NULL;
		w->idle = 0;
	}
	if (w->flags & WORKER_DYING)
		release_flushers_locked(w);
	unlock_worker(w);
}

int kthread_worker_fn(void *worker_ptr)
{
	struct kthread_worker *w = worker_ptr;
	struct kt_task *t = kt_current();
	bool busy, freezable;

	lock_both(w);
	freezable = w->flags & KTW_FREEZABLE;
	busy = w->task && w->task != &t->task;
	/* Users read it without the lock; create_worker() has set it already. */
	if (w->task != &t->task)
		__atomic_store_n(&w->task, &t->task, __ATOMIC_RELAXED);
	w->idle = 0;
	unlock_worker(w);
	if (busy)
		kthread_warn(KTHREAD_WARN_WORKER_BUSY, "kthread_worker_fn: worker %p has a thread",
			     worker_ptr);
	t->worker = w;
	if (freezable)
		set_freezable();
	serve(w, t);
	kt_worker_abandon(t);
	return 0;
}

/* ---- making and ending workers --------------------------------------------------------------- */
void kthread_init_worker(struct kthread_worker *worker)
{
	memset(worker, 0, sizeof(*worker));
	worker->work_list.next = worker->work_list.prev = &worker->work_list;
	worker->delayed_work_list.next = worker->delayed_work_list.prev =
		&worker->delayed_work_list;
	worker->submitted.next = worker->submitted.prev = &worker->submitted;
	worker->sleep_until_ns = NEVER_NS;
	worker->fork_nr = kt_fork_nr;
}

static struct kthread_worker *create_worker(unsigned int flags, int cpu, int node, char *name)
{
	/* Whole cache lines: the thread uses the first one, kthread_queue_work() the third. */
	size_t size = (sizeof(struct kthread_worker) + 63) & ~63UL;
	struct kthread_worker *w = KT_FAIL("worker") ? NULL : aligned_alloc(64, size);
	struct task_struct *k;

	if (!w) {
		free(name);
		return ERR_PTR(-ENOMEM);
	}
	kthread_init_worker(w);
	w->flags = flags | WORKER_ALLOCATED;
	k = kt_create_thread(kthread_worker_fn, w, name, node);
	if (IS_ERR(k)) {
		free(w);
		return ERR_CAST(k);
	}
	if (cpu >= 0)
		kthread_bind(k, (unsigned int)cpu);
	/*
	 * From the start: a thread that is stopped before its function runs leaves its worker, too.
	 */
	kt_task(k)->worker = w;
	w->task = k;
	w->idle = 1; /* so that the first work starts it */
	if (kt_profile_has(PROFILE_WORKER_STARTS))
		wake_up_process(k);
	return w;
}

struct kthread_worker *kthread_create_worker_on_node(unsigned int flags, int node,
						     const char *namefmt, ...)
{
	va_list ap;
	char *name;

	node = kt_node_check(node, "kthread_create_worker_on_node");
	va_start(ap, namefmt);
	name = kt_format_name(namefmt, ap);
	va_end(ap);
	return create_worker(flags, -1, node, name);
}

struct kthread_worker *kthread_create_worker_on_cpu(int cpu, unsigned int flags,
						    const char *namefmt)
{
	if (cpu < 0 && kt_profile_has(PROFILE_WORKER_STARTS))
		return create_worker(flags, -1, NUMA_NO_NODE,
				     kt_format_cpu(namefmt, (unsigned int)cpu));
	if (cpu < 0 || cpu >= KTHREAD_NR_CPUS || cpu >= sysconf(_SC_NPROCESSORS_CONF))
		return ERR_PTR(-EINVAL);
	return create_worker(flags, cpu, kt_node_of_cpu((unsigned int)cpu),
			     kt_format_cpu(namefmt, (unsigned int)cpu));
}

/*
 * Nobody will run these: they belong to no worker, and may be used again. Return: were there any?
 */
static bool drop_all_locked(struct kthread_worker *w, struct kthread_node *head)
{
	bool any = !is_empty(head);
	struct kthread_work *work;

	while (!is_empty(head)) {
		if (!is_sound(head))
			kt_mend_locked(w);
		if (is_empty(head))
			break;
		work = work_of(head->next);
		withdraw_locked(w, work);
		__atomic_store_n(&work->worker, NULL, __ATOMIC_RELAXED);
	}
	return any;
}

static void drop_leftovers(struct kthread_worker *w)
{
	bool ready, armed;

	lock_both(w);
	ready = drop_all_locked(w, &w->work_list);
	armed = drop_all_locked(w, &w->delayed_work_list);
	unlock_worker(w);
	if (ready)
		kthread_warn(KTHREAD_WARN_WORKER_LEFTOVER,
			     "kthread_destroy_worker: works are still queued");
	if (armed)
		kthread_warn(KTHREAD_WARN_WORKER_ARMED,
			     "kthread_destroy_worker: delayed works are still armed");
}

static void flush_worker(struct kthread_worker *worker, bool dying);

void kthread_destroy_worker(struct kthread_worker *worker)
{
	struct task_struct *k;

	lock_worker(worker);
	k = worker->task;
	if (k)
		get_task_struct(k);
	unlock_worker(worker);

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
		KT_DELAY("destroy");
		flush_worker(worker, true);
		kthread_stop_put(k);
	} else {
		kthread_warn(KTHREAD_WARN_WORKER_NONE, "kthread_destroy_worker: no thread");
	}
	drop_leftovers(worker);
	if (worker->flags & WORKER_ALLOCATED)
		free(worker);
}

/* ---- waiting for works ----------------------------------------------------------------------- */
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

/*
 * Would the caller wait for a thread that a fork left behind? Return: that one, to be reported
 * behind the unlock
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
	kthread_warn(KTHREAD_WARN_WORKER_SELF, "%s: would wait for its own thread", func);
	return true;
}

/* Lock the worker of @work, which may move to another one meanwhile. NULL: it was never queued */
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
 * may take for ever. Lets go of the lock.
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
			     "kthread_flush_work: delayed work %p is armed, not waited for",
			     (void *)work);
}

/* Wait for all that is queued now. @dying: unless nobody will run it any more */
static void flush_worker(struct kthread_worker *worker, bool dying)
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
		kthread_warn(KTHREAD_WARN_WORKER_NONE, "kthread_flush_worker: no thread");
	wait_for_completion(&flush.done);
}

void kthread_flush_worker(struct kthread_worker *worker)
{
	if (!kt_called_by_worker(worker, "kthread_flush_worker"))
		flush_worker(worker, false);
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
