/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_QUEUE_H
#define KT_KTHREAD_QUEUE_H
/*
 * A worker's lists, shared by worker.c, serve.c, flush.c, delayed.c, armed.c, queue.c and mend.c:
 * works that are ready, in the order in which they run, and delayed works that are armed. A pending
 * work is on one of them.
 *
 * Ready works are on two lists, so that those who queue and the one that runs need not meet at each
 * work: the worker's thread takes from work_list, under the lock; kthread_queue_work() adds to
 * submitted, under the submit lock. All else holds both, the lock first, and begins by moving what
 * was submitted to the end of work_list: it sees one list. The thread does so when work_list is
 * empty.
 *
 * So the submit lock keeps a work that is not pending from becoming so, and the lock one that is
 * from running. What happens under one of them only meets in the work's pending word: see
 * renew_pending_locked().
 *
 * Whoever locks a worker first moves to the ready list what is due, so that nobody sees a work
 * armed beyond its time, and the order of runs is that of deadlines and insertions. Nobody needs to
 * wake an idle worker for that: it sleeps no longer than until its earliest deadline. That deadline
 * stands beside the submit lock, so that kthread_queue_work() need not take the other one before it
 * has passed; and while it is seconds away, a clock that has not changed its second is enough to say
 * so: see is_quiet(). Nor does the thread look while it has ready works: what is due comes after
 * them.
 *
 * A work initialised again while pending leaves its neighbours pointing to a node that does not
 * point back. That is looked for where those nodes are touched anyway, and mended.
 */
#include <kthread/delayed.h>

#include "lib/kthread/internal.h"
#include "lib/kthread/lean.h"
#include "lib/kthread/testing.h"
#include "lib/kthread/worklog.h"

#define NEVER_NS UINT64_MAX

#define WORKER_DYING 0x40000000U /* in flags: nobody will serve it again */

/* ---- lists ----------------------------------------------------------------------------------- */
static inline bool is_empty(const struct kthread_node *n)
{
	return n->next == n;
}

static inline void insert_before(struct kthread_node *n, struct kthread_node *pos)
{
	n->prev = pos->prev;
	n->next = pos;
	/* A head's: the thread looks at it without the lock, while it spins. */
	__atomic_store_n(&pos->prev->next, n, __ATOMIC_RELAXED);
	pos->prev = n;
}

static inline void remove_node(struct kthread_node *n)
{
	__atomic_store_n(&n->prev->next, n->next, __ATOMIC_RELAXED);
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

static inline struct kthread_delayed_work *delayed_of(struct kthread_node *n)
{
	return container_of(work_of(n), struct kthread_delayed_work, work);
}

static inline bool has_sound_tail(const struct kthread_node *head)
{
	return head->prev->next == head;
}

/* ---- works that are armed: armed.c ----------------------------------------------------------- */
void kt_armed_add_locked(struct kthread_worker *w, struct kthread_delayed_work *d, uint64_t due_ns);
void kt_armed_move_locked(struct kthread_worker *w, struct kthread_delayed_work *d,
			  uint64_t due_ns);
void kt_armed_remove_locked(struct kthread_worker *w, struct kthread_delayed_work *d);
void kt_armed_regrow_locked(struct kthread_worker *w); /* after its list was mended */
/* The first one if it is due; else NULL. */
struct kthread_delayed_work *kt_armed_due_locked(struct kthread_worker *w, uint64_t now_ns);
/* The earliest deadline, or an earlier time at which to look again. NEVER_NS: none is armed */
uint64_t kt_armed_first_locked(struct kthread_worker *w);

/* Without a lock. */
static inline bool is_any_armed(const struct kthread_worker *w)
{
	return __builtin_expect(__atomic_load_n(&w->first_due_ns, __ATOMIC_RELAXED) != NEVER_NS, 0);
}

/* The second of the wall clock: what is cheapest to read of any clock. */
static inline uint32_t second_now(void)
{
#ifdef KT_TEST_BUILD
	uint32_t second = __atomic_load_n(&kthread_test_second, __ATOMIC_RELAXED);

	if (second)
		return second;
#endif
#ifdef __GLIBC__
	return (uint32_t)time(NULL);
#else
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME_COARSE, &ts); /* musl's time() reads the costly one */
	return (uint32_t)ts.tv_sec;
#endif
}

/*
 * Without a lock: is this a second of which it is known that no deadline comes in it?
 *
 * It was found when the first deadline was still farther away than such a second can last, also one
 * in which the clock is set back a little; and it is forgotten when an earlier deadline comes. A
 * second may come again, after the clock was set back by more: whoever queues a work in it without
 * anybody having done so in between has it run before what is due by then, which the thread finds
 * when it has run all that is ready.
 */
static inline bool is_quiet(const struct kthread_worker *w)
{
	/* Loaded twice: to keep it in a register would cost kthread_queue_work() a store. */
	return __atomic_load_n(&w->quiet_second, __ATOMIC_RELAXED) &&
	       second_now() == __atomic_load_n(&w->quiet_second, __ATOMIC_RELAXED);
}

bool kt_is_past(uint64_t ns);

static inline bool is_any_due(const struct kthread_worker *w)
{
	return is_any_armed(w) && kt_is_past(__atomic_load_n(&w->first_due_ns, __ATOMIC_RELAXED));
}

/* When the thread has to be awake for a deadline. */
static inline uint64_t wake_time(const struct kthread_worker *w, uint64_t due_ns)
{
	if (__builtin_expect(!(w->flags & KTW_PRECISE), 1) || due_ns == NEVER_NS)
		return due_ns;
	return due_ns < KTHREAD_PRECISE_NS ? 0 : due_ns - KTHREAD_PRECISE_NS;
}

/* ---- the locks ------------------------------------------------------------------------------- */
void kt_move_due_locked(struct kthread_worker *w);	 /* to the ready list, what is due */
void kt_mend_locked(struct kthread_worker *w);		 /* not submitted; reported at the unlock */
void kt_mend_submitted_locked(struct kthread_worker *w); /* the same */
void kt_mend_list(struct kthread_node *head, const struct kthread_node *other);
void kt_warn_reinit(const struct kthread_worker *w);

/* What was submitted goes to the end. */
static inline void collect_locked(struct kthread_worker *w)
{
	struct kthread_node *head = &w->submitted, *first, *last;

	if (__builtin_expect(!is_sound(head), 0))
		kt_mend_submitted_locked(w);
	if (is_empty(head))
		return;
	first = head->next;
	last = head->prev;
	first->prev = w->work_list.prev;
	__atomic_store_n(&w->work_list.prev->next, first, __ATOMIC_RELAXED);
	last->next = &w->work_list;
	w->work_list.prev = last;
	__atomic_store_n(&head->next, head, __ATOMIC_RELAXED);
	head->prev = head;
}

/* The submit lock, after the lock. Model: worker.pml 3, 5, 9 */
static inline void lock_submit(struct kthread_worker *w)
{
	kt_lean_lock(&w->submit_lock, LEAN_HOLDS_ANOTHER);
	if (__builtin_expect(!has_sound_tail(&w->work_list), 0))
		kt_mend_locked(w);
	collect_locked(w);
}

static inline void move_due_locked(struct kthread_worker *w)
{
	if (__builtin_expect(is_any_due(w), 0))
		kt_move_due_locked(w);
}

static inline void unlock_submit(struct kthread_worker *w)
{
	kt_lean_unlock(&w->submit_lock);
}

static inline void unlock_only(struct kthread_worker *w)
{
	bool mended = w->mended;

	w->mended = false;
	kt_lean_unlock(&w->lock);
	if (__builtin_expect(mended, 0))
		kt_warn_reinit(w);
}

void kt_worker_forked(struct kthread_worker *w);

/* Is it from before a fork, and locked by whoever was left behind there? Before any lock is taken. */
static inline bool is_forked(const struct kthread_worker *w)
{
	/* Acquire: its locks are free again; pairs with kt_worker_forked(). */
	return __builtin_expect(__atomic_load_n(&w->fork_nr, __ATOMIC_ACQUIRE) != kt_fork_nr, 0);
}

/* As it is: nobody is to run what is due. */
static inline void lock_both(struct kthread_worker *w)
{
	if (is_forked(w))
		kt_worker_forked(w);
	kt_lean_lock(&w->lock, LEAN_HOLDS_NONE);
	lock_submit(w);
}

static inline void lock_worker(struct kthread_worker *w)
{
	lock_both(w);
	move_due_locked(w);
}

/* The lock goes last: until then the thread takes nothing, and the worker lives. */
static inline void unlock_worker(struct kthread_worker *w)
{
	unlock_submit(w);
	unlock_only(w);
}

/* ---- waking, in two halves: the state under the lock, the system call after it --------------- */
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

/* ---- works ----------------------------------------------------------------------------------- */

/*
 * Under the submit lock: @work stays pending if it is. Return: was it? If not, it stays so, and the
 * caller may make it ready.
 *
 * The thread may take a pending work meanwhile. The exchange decides: if it comes first, the
 * thread's own in take_locked() follows it, and the run sees what our caller wrote.
 */
static inline bool renew_pending_locked(struct kthread_work *work)
{
	/*
	 * Acquire: the node is no longer the thread's; pairs with take_locked(). Model: worker.pml
	 * 6, 10
	 */
	return __atomic_load_n(&work->pending, __ATOMIC_ACQUIRE) &&
	       __atomic_exchange_n(&work->pending, 1, __ATOMIC_ACQ_REL);
}

/*
 * The same under both locks: a work of @w is not taken meanwhile, and the lock orders its next run
 * after the caller's writes.
 */
static inline bool is_pending_locked(struct kthread_work *work, bool elsewhere)
{
	if (__builtin_expect(elsewhere, 0))
		return renew_pending_locked(work);
	/* Acquire: as above. */
	return __atomic_load_n(&work->pending, __ATOMIC_ACQUIRE);
}

/*
 * @work becomes ready: the one place of the event. Under the submit lock, and also under the lock
 * if @pos is on work_list. The caller wakes the worker.
 */
static inline void make_ready_locked(struct kthread_worker *w, struct kthread_work *work,
				     struct kthread_node *pos)
{
	USDT(sched, sched_kthread_work_queue_work, kt_log_queued(work), work->func, w);
	insert_before(&work->node, pos);
	__atomic_store_n(&work->pending, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&work->worker, w, __ATOMIC_RELAXED);
}

static inline struct wake insert_locked(struct kthread_worker *w, struct kthread_work *work,
					struct kthread_node *pos)
{
	make_ready_locked(w, work, pos);
	return wake_idle_locked(w);
}

/*
 * @work leaves its list, but stays pending for those who hold the locks of another worker: they
 * must not take the node before we are done with it, nor between two lists.
 */
static inline void unlist_locked(struct kthread_worker *w, struct kthread_work *work)
{
	if (__builtin_expect(!is_sound(&work->node), 0))
		kt_mend_locked(w);
	if (__builtin_expect(!is_sound(&work->node), 0))
		/* Two of its neighbours were initialised again: it is on no list any more. */
		work->node.next = work->node.prev = &work->node;
	else if (work->armed)
		kt_armed_remove_locked(w, container_of(work, struct kthread_delayed_work, work));
	else
		remove_node(&work->node);
	work->armed = false;
}

static inline void take_locked(struct kthread_worker *w, struct kthread_work *work)
{
	unlist_locked(w, work);
	KT_DELAY("take");
	/* Last; a read-modify-write: pairs with renew_pending_locked(). Model: worker.pml 7 */
	__atomic_exchange_n(&work->pending, 0, __ATOMIC_ACQ_REL);
}

/* Take a pending work back before it runs. */
static inline void withdraw_locked(struct kthread_worker *w, struct kthread_work *work)
{
	USDT(kthread, work_cancel, work, work->func, w);
	take_locked(w, work);
}

static inline bool is_elsewhere(const struct kthread_worker *w, const struct kthread_work *work)
{
	/* The locks of the other one are not ours. */
	const struct kthread_worker *last = __atomic_load_n(&work->worker, __ATOMIC_RELAXED);

	return last && last != w;
}

void kt_warn_two_workers(const char *func, const struct kthread_work *work);

/* ---- waiting for works ----------------------------------------------------------------------- */

/* What a barrier runs; under the kernel's name, by which a tracer knows it. */
void kthread_flush_work_fn(struct kthread_work *work);

/* Lock the worker of @work, which may move to another one meanwhile. NULL: it was never queued */
struct kthread_worker *kt_lock_worker_of(struct kthread_work *work);

bool kt_called_by_worker(struct kthread_worker *w, const char *func);
void kt_flush_unlock(struct kthread_worker *w, struct kthread_work *work);

/* Wait for all that is queued now. @dying: unless nobody will run it any more */
void kt_flush_worker(struct kthread_worker *worker, bool dying);

bool kt_cancel_sync(struct kthread_work *work, const char *func);
#endif
