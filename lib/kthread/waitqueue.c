// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wait queues. An entry lies on the waiter's stack, and whoever takes it off the queue clears
 * `queued` as its last access to it. The lock orders condition and wake: of a waiter that lists
 * itself and then looks, and a waker that writes and then walks the list, the later one sees the
 * earlier one's write.
 */
#include "lib/kthread/internal.h"

#include "lib/kthread/lock.h"
#include "lib/kthread/testing.h"

/*
 * System calls put off to the unlock: woken threads need the lock. More are rare, and made under
 * it.
 */
#define MAX_KICKS 16

struct kick {
	uint32_t *phase;
	uint32_t old;
};

static void add_locked(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	e->link = e->flags & WQ_FLAG_EXCLUSIVE ? wq->last : &wq->first;
	e->next = *e->link;
	__atomic_store_n(e->link, e, __ATOMIC_RELEASE);
	if (e->next)
		e->next->link = &e->next;
	else
		wq->last = &e->next;
	__atomic_store_n(&e->queued, true, __ATOMIC_RELAXED);
}

static void del_locked(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	__atomic_store_n(e->link, e->next, __ATOMIC_RELEASE);
	if (e->next)
		e->next->link = e->link;
	else
		wq->last = e->link;
	/* Release: our use of the entry; pairs with kthread_finish_wait(). It may be gone then. */
	__atomic_store_n(&e->queued, false, __ATOMIC_RELEASE);
}

static void prepare_locked(struct wait_queue_head *wq, struct wait_queue_entry *e,
			   unsigned int flags, unsigned int state)
{
	if (!e->queued) {
		e->flags = flags;
		add_locked(wq, e);
	}
	set_current_state(state);
}

void kthread_prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *e,
			     unsigned int flags, unsigned int state)
{
	kt_lock(&wq->lock);
	prepare_locked(wq, e, flags, state);
	kt_unlock(&wq->lock);
}

/* A waiter told to stop leaves the queue: else it could swallow the wake of an exclusive one. */
long kthread_prepare_to_wait_event(struct wait_queue_head *wq, struct wait_queue_entry *e,
				   unsigned int flags, unsigned int state)
{
	long ret = 0;

	kt_lock(&wq->lock);
	if (signal_pending_state(state, e->task)) {
		if (e->queued)
			del_locked(wq, e);
		ret = -ERESTARTSYS;
	} else {
		prepare_locked(wq, e, flags, state);
	}
	kt_unlock(&wq->lock);
	KT_DELAY("prepared");
	return ret;
}

void kthread_finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	__set_current_state(TASK_RUNNING);
	/* Acquire: pairs with del_locked() of a waker, which is done with the entry then. */
	if (!__atomic_load_n(&e->queued, __ATOMIC_ACQUIRE))
		return;
	kt_lock(&wq->lock);
	if (e->queued)
		del_locked(wq, e);
	kt_unlock(&wq->lock);
}

void kthread_add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e,
			    unsigned int flags)
{
	kt_lock(&wq->lock);
	e->flags = (e->flags & ~WQ_FLAG_EXCLUSIVE) | flags;
	add_locked(wq, e);
	kt_unlock(&wq->lock);
}

/* Under the lock in any case: a waker that took the entry off may still be at it. */
void kthread_remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	kt_lock(&wq->lock);
	if (e->queued)
		del_locked(wq, e);
	kt_unlock(&wq->lock);
}

static void kick_all(const struct kick *kicks, unsigned int nr, uint32_t states)
{
	unsigned int i;

	/* The threads may be gone by now: only the addresses are used. */
	for (i = 0; i < nr; i++)
		kt_phase_kick(kicks[i].phase, kicks[i].old, states);
}

/* Return: how many it woke. @nr_exclusive 0: all */
int kthread_wake_up(struct wait_queue_head *wq, unsigned int state, int nr_exclusive)
{
	uint32_t states = state & PHASE_STATES;
	struct wait_queue_entry *e, *next;
	struct kick kicks[MAX_KICKS];
	unsigned int nr = 0;
	int woken = 0;

	kt_lock(&wq->lock);
	for (e = wq->first; e; e = next) {
		bool exclusive = e->flags & WQ_FLAG_EXCLUSIVE;
		struct kt_task *t = kt_task(e->task);
		uint32_t *phase = &t->phase;
		uint32_t old;

		next = e->next;
		/* It cannot leave before the unlock, so it lives until then. */
		old = kt_wake(t, states);
		if (!(old & states))
			continue;
		if (!(e->flags & WQ_FLAG_STAYS))
			del_locked(wq, e);
		woken++;
		if (nr == MAX_KICKS) {
			kick_all(kicks, nr, states);
			nr = 0;
		}
		kicks[nr++] = (struct kick){ phase, old };
		if (exclusive && !--nr_exclusive)
			break;
	}
	kt_unlock(&wq->lock);
	kick_all(kicks, nr, states);
	return woken;
}

bool kthread_waitqueue_active(struct wait_queue_head *wq)
{
	return __atomic_load_n(&wq->first, __ATOMIC_ACQUIRE) != NULL;
}

/* The lock orders the caller's write and a waiter's look: whoever is not listed yet looks later. */
bool kthread_wq_has_sleeper(struct wait_queue_head *wq)
{
	bool has;

	kt_lock(&wq->lock);
	has = wq->first != NULL;
	kt_unlock(&wq->lock);
	return has;
}
