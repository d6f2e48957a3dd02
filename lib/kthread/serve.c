// SPDX-License-Identifier: GPL-2.0-only
/* A worker's thread: one work after the other, and how it waits for the next. */
#include <kthread/worker.h>

#include <sys/prctl.h>

#include "lib/kthread/queue.h"
#include "lib/kthread/stamp.h"

/* What the thread does while there is nothing to do. */
enum rest { REST_NONE, REST_SPIN, REST_SPUN, REST_NEAR, REST_SLEEP };

/* Is a deadline so near that a precise worker does not sleep? */
static bool is_near(const struct kthread_worker *w, uint64_t first_ns)
{
	return w->flags & KTW_PRECISE && first_ns != NEVER_NS &&
	       wake_time(w, first_ns) <= slot_clock_ns();
}

/*
 * Nothing is there, seen under both locks. The thread is about to spin, if it may; or to sleep
 * until @w->sleep_until_ns, which only its thread changes.
 */
static enum rest rest_locked(struct kthread_worker *w, struct kt_task *t, enum rest rest)
{
	uint64_t first_ns = kt_armed_first_locked(w);

	w->idle = 0;
	if (is_near(w, first_ns))
		return REST_NEAR;
	if (rest != REST_SPUN && is_empty(&w->delayed_work_list) && kt_spin_wanted(t))
		return REST_SPIN;
	w->idle = 1;
	w->sleep_until_ns = wake_time(w, first_ns);
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

	kt_lean_lock(&w->lock, LEAN_HOLDS_NONE);
	if (__builtin_expect(!is_sound(&w->work_list), 0))
		kt_mend_locked(w);
	both = *rest != REST_NONE || is_empty(&w->work_list);
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

/*
 * Before the thread parks or ends: no work is running any more, and those who wait only for the
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

/*
 * Has anything changed since the thread found nothing to do, and @first_ns the earliest deadline?
 * Only a hint: the locks decide.
 */
static bool is_stirred(struct kthread_worker *w, struct kt_task *t, uint64_t first_ns)
{
	return __atomic_load_n(&w->submitted.next, __ATOMIC_RELAXED) != &w->submitted ||
	       __atomic_load_n(&w->work_list.next, __ATOMIC_RELAXED) != &w->work_list ||
	       __atomic_load_n(&w->first_due_ns, __ATOMIC_RELAXED) != first_ns ||
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
			if (is_stirred(w, t, NEVER_NS)) {
				t->spin_failed = 0;
				return REST_NONE;
			}
			kt_cpu_relax();
		}
	} while (slot_clock_ns() - begin_ns < max_ns);
	return REST_SPUN;
}

/* Of a precise worker, until the deadline that is so near. */
static void spin_until_due(struct kthread_worker *w, struct kt_task *t)
{
	uint64_t first_ns = __atomic_load_n(&w->first_due_ns, __ATOMIC_RELAXED);

	while (slot_clock_ns() < first_ns && !is_stirred(w, t, first_ns))
		kt_cpu_relax();
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

static void run_work(struct kt_task *t, struct kthread_work *work)
{
	kthread_work_func_t func = work->func;
	struct kthread_log_entry *e = NULL;

	USDT(sched, sched_kthread_work_execute_start, work, func);
	if (kt_log_wanted())
		e = kt_log_start(t, work, func);
	func(work);
	KT_DELAY("ran");
	if (__builtin_expect(e != NULL, 0))
		kt_log_end(t, e);
	/* The work may be gone: its address is all that is left. */
	USDT(sched, sched_kthread_work_execute_end, work, func);
	/* A state that the work left behind is not the next one's, nor that it was announced. */
	if (__builtin_expect(t->announced, 0))
		__set_current_state(TASK_RUNNING);
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
		if (rest == REST_NEAR) {
			spin_until_due(w, t);
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

/* @t no longer serves its worker. Works that are queued stay for another thread. */
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
	bool busy, freezable, precise;
	int slack_ns = 0;

	lock_both(w);
	freezable = w->flags & KTW_FREEZABLE;
	precise = w->flags & KTW_PRECISE;
	busy = w->task && w->task != &t->task;
	/* Users read it without the lock; create_worker() has set it already. */
	if (w->task != &t->task)
		__atomic_store_n(&w->task, &t->task, __ATOMIC_RELAXED);
	w->idle = 0;
	unlock_worker(w);
	if (busy)
		kthread_warn(KTHREAD_WARN_WORKER_BUSY,
			     "kthread_worker_fn: worker %p already has a thread", worker_ptr);
	t->worker = w;
	if (freezable)
		set_freezable();
	if (precise) {
		slack_ns = prctl(PR_GET_TIMERSLACK);
		prctl(PR_SET_TIMERSLACK, 1);
	}
	serve(w, t);
	kt_worker_abandon(t);
	/* The function may be called by one that does other things after. */
	if (precise && slack_ns > 0)
		prctl(PR_SET_TIMERSLACK, slack_ns);
	return 0;
}
