// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freezing is parking with a list: the request and the state are bits of the phase word, and the
 * freezer walks the list of those who agreed. A thread leaves the list before it ends, so all that
 * are listed live while the lock is held.
 */
#include "lib/kthread/internal.h"

#include <errno.h>

#include "lib/kthread/lock.h"
#include "lib/kthread/stamp.h"
#include "lib/kthread/testing.h"

/* The first of the waits after which the freezer wakes sleepers again; they double. */
#define RETRY_MIN_NS 1000000L
#define RETRY_MAX_NS 8000000L

static struct {
	uint32_t lock;
	uint32_t event; /* counts the threads that froze or left */
	bool active;
	struct kt_task *first;
} freezer;

/* Its other threads are the parent's; nobody frees a held lock. */
void kt_freezer_fork_child(void)
{
	struct kt_task *t = kt_self && kt_self->freezable ? kt_self : NULL;

	freezer.lock = 0;
	freezer.active = false;
	freezer.first = t;
	if (t) {
		t->freezer_next = NULL;
		kt_phase_change(&t->phase, PHASE_SHOULD_FREEZE, 0);
	}
}

/*
 * Release: the state of the calling thread; pairs with the acquire in kthread_freeze_all(). Model:
 * freezer.pml 7
 */
static void tell_freezer(void)
{
	__atomic_fetch_add(&freezer.event, 1, __ATOMIC_RELEASE);
	kt_futex_wake(&freezer.event, INT32_MAX, FUTEX_CONTROLLER);
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Set FROZEN if the request stands. One step: a thaw comes before it or after it. */
static bool freeze_if_asked(struct kt_task *t, enum kt_freeze how)
{
	uint32_t leave = how == FREEZE_UNTIL_STOP ? PHASE_SHOULD_STOP : 0;
	uint32_t old = __atomic_load_n(&t->phase, __ATOMIC_RELAXED);
	uint32_t new;

	do {
		if (!(old & PHASE_SHOULD_FREEZE) || old & leave)
			return false;
		new = (old & ~PHASE_STATES) | PHASE_FROZEN;
		/*
		 * Release: all we did comes before the end of kthread_freeze_all(); pairs with the
		 * acquire of ask_locked(). Model: freezer.pml 2
		 */
	} while (!__atomic_compare_exchange_n(&t->phase, &old, new, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return true;
}

bool kt_freeze(struct kt_task *t, enum kt_freeze how)
{
	bool frozen = false;

	kt_slot_absorb(t);
	while (freeze_if_asked(t, how)) {
		if (!frozen)
			USDT(kthread, freeze, t->task.pid);
		frozen = true;
		KT_DELAY("frozen");
		tell_freezer();
		/*
		 * Acquire: what the thawer wrote; pairs with thaw_locked(). Stop also ends it.
		 * Model: freezer.pml 5
		 */
		kt_sleep(t, NULL);
	}
	if (frozen)
		USDT(kthread, thaw, t->task.pid);
	return frozen;
}

static bool is_asked(struct kt_task *t)
{
	return t && __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) & PHASE_SHOULD_FREEZE;
}

bool kthread_try_to_freeze(void)
{
	return is_asked(kt_self) && kt_freeze(kt_self, FREEZE_UNTIL_THAW);
}

bool kthread_freezing(struct task_struct *p)
{
	return is_asked(kt_task(p));
}

bool kthread_freezable_should_stop(bool *was_frozen)
{
	bool frozen = is_asked(kt_self) && kt_freeze(kt_self, FREEZE_UNTIL_STOP);

	if (was_frozen)
		*was_frozen = frozen;
	return kthread_should_stop();
}

bool kthread_set_freezable(void)
{
	struct kt_task *t = kt_self;

	if (!t || !t->is_kthread) {
		kthread_warn(KTHREAD_WARN_NOT_KTHREAD,
			     "set_freezable: the caller is not a kthread");
		return false;
	}
	if (!t->freezable) {
		t->freezable = true;
		kt_lock(&freezer.lock);
		t->freezer_next = freezer.first;
		freezer.first = t;
		/* Else a thread that comes in the middle of a freeze would run through it. */
		if (freezer.active)
			kt_phase_change(&t->phase, 0, PHASE_SHOULD_FREEZE);
		kt_unlock(&freezer.lock);
	}
	return kthread_try_to_freeze();
}

/* @t ends. */
void kt_freezer_leave(struct kt_task *t)
{
	struct kt_task **p;

	kt_lock(&freezer.lock);
	for (p = &freezer.first; *p != t; p = &(*p)->freezer_next)
		;
	*p = t->freezer_next;
	kt_unlock(&freezer.lock);
	tell_freezer();
}

/* ---- the freezer ----------------------------------------------------------------------------- */

/* Ask @t, wake it if it sleeps. Return: does it run code of its own? */
static bool ask_locked(struct kt_task *t)
{
	/*
	 * Acquire: what the thread wrote before it froze; pairs with freeze_if_asked(). Model:
	 * freezer.pml 3, 6
	 */
	uint32_t old = kt_phase_change(&t->phase, 0, PHASE_SHOULD_FREEZE);

	if (old & (PHASE_FROZEN | PHASE_PARKED))
		return false;
	old = kt_wake(t, TASK_NORMAL);
	kt_phase_kick(&t->phase, old, TASK_NORMAL);
	return true;
}

static void thaw_locked(struct kt_task *t)
{
	uint32_t old = __atomic_load_n(&t->phase, __ATOMIC_RELAXED);
	uint32_t new;

	kt_slot_request_held(t, PHASE_FROZEN);
	kt_waker_here(t);
	KT_DELAY("thaw");
	do {
		new = old & ~PHASE_SHOULD_FREEZE;
		if (old & PHASE_FROZEN)
			new &= ~(PHASE_STATES | PHASE_ASLEEP);
		/*
		 * Release: the caller's writes; pairs with kt_sleep() in kt_freeze(). Model:
		 * freezer.pml 4
		 */
	} while (!__atomic_compare_exchange_n(&t->phase, &old, new, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	kt_phase_kick(&t->phase, old, PHASE_FROZEN);
}

void kthread_thaw_all(void)
{
	struct kt_task *t;

	kt_lock(&freezer.lock);
	freezer.active = false;
	for (t = freezer.first; t; t = t->freezer_next)
		thaw_locked(t);
	kt_unlock(&freezer.lock);
	/* A freezer that waits learns that it has lost. */
	tell_freezer();
}

static unsigned int ask_all_locked(void)
{
	unsigned int nr_running = 0;
	struct kt_task *t;

	for (t = freezer.first; t; t = t->freezer_next)
		if (t != kt_self)
			nr_running += ask_locked(t);
	return nr_running;
}

/* Sleep until one more has frozen, at most to @until. False: the time is over. */
static bool wait_event_or_retry(uint32_t seen, long retry_ns, const struct timespec *until)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	if (at.tv_sec > until->tv_sec ||
	    (at.tv_sec == until->tv_sec && at.tv_nsec >= until->tv_nsec))
		return false;
	at.tv_nsec += retry_ns;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_nsec -= 1000000000L;
		at.tv_sec++;
	}
	KT_DELAY("freezer");
	kt_futex_wait(&freezer.event, seen, &at, FUTEX_CONTROLLER);
	return true;
}

int kthread_freeze_all(long timeout)
{
	long retry_ns = RETRY_MIN_NS;
	struct timespec until;
	bool begun = false;
	uint32_t seen;

	kt_deadline(&until, timeout < 0 ? 0 : timeout);
	for (;;) {
		unsigned int nr_running = 0;
		bool lost;

		/* Before the walk: later freezes change the count. Model: freezer.pml 1 */
		seen = __atomic_load_n(&freezer.event, __ATOMIC_ACQUIRE);
		kt_lock(&freezer.lock);
		lost = begun && !freezer.active;
		if (!lost) {
			freezer.active = begun = true;
			nr_running = ask_all_locked();
		}
		kt_unlock(&freezer.lock);
		if (lost)
			return -EBUSY;
		if (!nr_running)
			return 0;
		if (!wait_event_or_retry(seen, retry_ns, &until)) {
			kthread_thaw_all();
			return -EBUSY;
		}
		if (retry_ns < RETRY_MAX_NS)
			retry_ns *= 2;
	}
}
