// SPDX-License-Identifier: GPL-2.0-only
/* Wait queues. The mutation that each test was seen to catch stands above it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_waitqueue, .timeout = 60);

static DECLARE_WAIT_QUEUE_HEAD(wq);
static unsigned int go, passed, looks;

static int waits(void *data)
{
	(void)data;
	wait_event(wq, (ADD(looks), READ(go)));
	ADD(passed);
	return 1;
}

static int waits_interruptible(void *data)
{
	int err = wait_event_interruptible(wq, (ADD(looks), READ(go)));

	(void)data;
	ADD(passed);
	return err;
}

static int waits_exclusive(void *data)
{
	int err = wait_event_interruptible_exclusive(wq, READ(go));

	(void)data;
	ADD(passed);
	return err;
}

static struct task_struct *sleeper(int (*fn)(void *data), unsigned int state)
{
	struct task_struct *k = get_task_struct(kthread_create(fn, NULL, "wq"));

	wake_up_process(k);
	/* Not in the wait for its first wake: that is over when it is listed. */
	cr_assert(WAIT_UNTIL(
		(waitqueue_active(&wq) && kthread_get_state(k) && thread_state(k->pid) == 'S') ||
		READ(looks) > 1000));
	cr_assert_leq(READ(looks), 1000, "it does not sleep");
	cr_assert_eq(kthread_get_state(k), state);
	return k;
}

static unsigned int nr_waiting(void)
{
	struct wait_queue_entry *e;
	unsigned int n = 0;

	for (e = READ(wq.first); e; e = READ(e->next))
		n++;
	return n;
}

/* It has looked once more than @before, and sleeps again. */
static bool looks_again(struct task_struct *k, unsigned int before)
{
	return WAIT_UNTIL(READ(passed) || (READ(looks) > before && thread_state(k->pid) == 'S')) &&
	       !READ(passed);
}

/*
 * Mutations: Q01: prepare_locked() does not set the state: the waiter spins and is never seen
 * asleep. Q06: del_locked() leaves `queued` set: the waiter is not listed again.
 */
Test(kthread_waitqueue, a_wake_without_the_condition_does_not_end_the_wait)
{
	struct task_struct *k = sleeper(waits, TASK_UNINTERRUPTIBLE);
	unsigned int before = READ(looks);

	cr_assert_eq(wake_up(&wq), 1);
	cr_assert(looks_again(k, before));
	cr_assert_eq(nr_waiting(), 1);
	cr_assert_eq(kthread_get_state(k), TASK_UNINTERRUPTIBLE);
	cr_assert_eq(wake_up_interruptible(&wq), 0, "it is not in an interruptible wait");
	cr_assert_eq(READ(passed), 0);
	ADD(go);
	wake_up(&wq);
	cr_assert(WAIT_UNTIL(READ(passed) == 1));
	cr_assert_eq(kthread_stop_put(k), 1);
	cr_assert(!waitqueue_active(&wq));
	cr_assert_eq(wake_up_all(&wq), 0);
}

static long stops(void *k)
{
	return kthread_stop(k);
}

/*
 * Mutation Q02: kthread_prepare_to_wait_event() does not look at signal_pending(): the waiter is
 * woken by the stop, and spins.
 */
Test(kthread_waitqueue, L18_stop_breaks_interruptible_waits)
{
	struct task_struct *k = sleeper(waits_interruptible, TASK_INTERRUPTIBLE);
	struct call stop;

	call_start(&stop, stops, k);
	cr_assert(WAIT_UNTIL(READ(stop.returned) || READ(looks) > 1000));
	cr_assert(READ(stop.returned), "it waits on");
	cr_assert_eq(call_join(&stop), -ERESTARTSYS);
	put_task_struct(k);
	cr_assert(!waitqueue_active(&wq));
}

/* Mutation Q03: wait_event() waits TASK_INTERRUPTIBLE: it ends without the condition. */
Test(kthread_waitqueue, stop_does_not_break_other_waits)
{
	struct task_struct *k = sleeper(waits, TASK_UNINTERRUPTIBLE);
	unsigned int before = READ(looks);
	struct call stop;

	call_start(&stop, stops, k);
	cr_assert(looks_again(k, before), "the stop ended it");
	ADD(go);
	wake_up(&wq);
	cr_assert_eq(call_join(&stop), 1);
	put_task_struct(k);
}

/* Mutations: Q04 lists exclusive waiters in front, Q04b has wake_up() go on behind the first. */
Test(kthread_waitqueue, wake_up_wakes_all_but_only_one_exclusive)
{
	struct task_struct *k[6];
	unsigned int i;

	for (i = 0; i < 6; i++) {
		k[i] = sleeper(i % 2 ? waits_exclusive : waits_interruptible, TASK_INTERRUPTIBLE);
		cr_assert(WAIT_UNTIL(nr_waiting() == i + 1));
	}
	ADD(go);
	cr_assert_eq(wake_up(&wq), 4);
	cr_assert(WAIT_UNTIL(READ(passed) == 4));
	cr_assert_eq(nr_waiting(), 2);
	cr_assert_eq(wake_up_interruptible_nr(&wq, 1), 1);
	cr_assert(WAIT_UNTIL(READ(passed) == 5));
	cr_assert_eq(wake_up_all(&wq), 1);
	for (i = 0; i < 6; i++)
		cr_assert_eq(kthread_stop_put(k[i]), 0);
}

/* Mutation Q05: kthread_wait_over() without the jiffy: 0 although the condition holds. */
Test(kthread_waitqueue, timeouts)
{
	unsigned int never = 0, looks = 0;
	double begin = test_seconds();

	cr_assert_eq(wait_event_timeout(wq, READ(never), 30), 0);
	cr_assert(test_seconds() - begin >= 0.030, "never early");
	cr_assert_eq(wait_event_timeout(wq, true, 5), 5);
	cr_assert_eq(wait_event_timeout(wq, true, 0), 1);
	cr_assert_eq(wait_event_timeout(wq, false, 0), 0);
	cr_assert_eq(wait_event_interruptible_timeout(wq, READ(never), 1), 0);
	/* Looks before it lists itself, behind that, and when the time is over. */
	cr_assert_eq(wait_event_timeout(wq, ++looks > 2, 100), 1,
		     "found true when the time was over");
	cr_assert(!waitqueue_active(&wq));
}

static int waits_with_timeout(void *data)
{
	long left = wait_event_interruptible_timeout(wq, READ(go), 1000L * HZ);

	(void)data;
	ADD(passed);
	return left > 0 && left <= 1000L * HZ ? 7 : (int)left;
}

Test(kthread_waitqueue, timeouts_that_are_not_reached)
{
	struct task_struct *k = sleeper(waits_with_timeout, TASK_INTERRUPTIBLE);

	cr_assert_eq(kthread_stop_put(k), -ERESTARTSYS);
	k = sleeper(waits_with_timeout, TASK_INTERRUPTIBLE);
	ADD(go);
	wake_up(&wq);
	cr_assert(WAIT_UNTIL(READ(passed) == 2));
	cr_assert_eq(kthread_stop_put(k), 7);
}

/* ---- under load ------------------------------------------------------------------------------ */
#define ROUNDS 5000

static unsigned int tokens, taken;

static bool take(void)
{
	unsigned int n = READ(tokens);

	while (n)
		if (__atomic_compare_exchange_n(&tokens, &n, n - 1, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			return true;
	return false;
}

static int consumer(void *data)
{
	while (!wait_event_interruptible_exclusive(wq, take()))
		ADD(taken);
	(void)data;
	return 0;
}

static int consumer_of_all(void *data)
{
	while (!wait_event_interruptible(wq, take()))
		ADD(taken);
	(void)data;
	return 0;
}

/* Each wake is for one token, so a wake that is lost leaves one. */
Test(kthread_waitqueue, no_wake_is_lost)
{
	struct task_struct *k[4];
	unsigned int i;
	int ret;

	for (i = 0; i < 4; i++)
		k[i] = get_task_struct(kthread_run(i == 3 ? consumer_of_all : consumer, NULL, "c"));
	for (i = 0; i < ROUNDS; i++) {
		ADD(tokens);
		wake_up(&wq);
		if (i % 64 == 0)
			cr_assert(WAIT_UNTIL(READ(taken) == i + 1));
		/* One is told to stop in the middle of it. */
		if (i == ROUNDS / 2) {
			kthread_stop_put(k[0]);
			k[0] = get_task_struct(kthread_run(consumer, NULL, "c"));
		}
	}
	cr_assert(WAIT_UNTIL(READ(taken) == ROUNDS));
	for (i = 0; i < 4; i++) {
		ret = kthread_stop_put(k[i]);
		cr_assert(!ret || ret == -EINTR, "it may not have run at all: %d", ret);
	}
	cr_assert(!waitqueue_active(&wq));
}

Test(kthread_waitqueue, more_waiters_than_one_batch_of_wakes)
{
	struct task_struct *k[40];
	unsigned int i;

	for (i = 0; i < 40; i++) {
		k[i] = sleeper(waits, TASK_UNINTERRUPTIBLE);
		cr_assert(WAIT_UNTIL(nr_waiting() == i + 1));
	}
	ADD(go);
	cr_assert_eq(wake_up(&wq), 40);
	cr_assert(WAIT_UNTIL(READ(passed) == 40));
	for (i = 0; i < 40; i++)
		kthread_stop_put(k[i]);
}

static int freezable_wait(void *data)
{
	int err;

	set_freezable();
	err = wait_event_freezable(wq, READ(go));
	(void)data;
	ADD(passed);
	return err;
}

/* Mutation Q07: wait_event_freezable() without try_to_freeze(): the freezer waits in vain. */
Test(kthread_waitqueue, a_wait_that_is_frozen_and_goes_on)
{
	struct task_struct *k = sleeper(freezable_wait, TASK_INTERRUPTIBLE);

	cr_assert_eq(kthread_freeze_all((long)test_patience() * HZ), 0);
	cr_assert_eq(kthread_get_state(k), TASK_FROZEN);
	ADD(go);
	wake_up(&wq);
	cr_assert_eq(READ(passed), 0);
	kthread_thaw_all();
	cr_assert(WAIT_UNTIL(READ(passed) == 1));
	cr_assert_eq(kthread_stop_put(k), 0);
}

/* ---- entries that stay ----------------------------------------------------------------------- */
static unsigned int woken;

static int waits_by_hand(void *data)
{
	DECLARE_WAITQUEUE(entry, current);

	if (data)
		add_wait_queue_exclusive(&wq, &entry);
	else
		add_wait_queue(&wq, &entry);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		ADD(looks);
		if (READ(go) || kthread_should_stop())
			break;
		schedule();
		ADD(woken);
	}
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(&wq, &entry);
	ADD(passed);
	return 0;
}

static struct task_struct *by_hand(bool exclusive)
{
	unsigned int before = nr_waiting();
	struct task_struct *k =
		get_task_struct(kthread_run(waits_by_hand, exclusive ? &woken : NULL, "hand"));

	cr_assert(WAIT_UNTIL(nr_waiting() == before + 1 && kthread_get_state(k) &&
			     thread_state(k->pid) == 'S'));
	return k;
}

/* Mutation: Q08: a wake takes the entry off. */
Test(kthread_waitqueue, an_entry_of_ones_own_stays_listed)
{
	struct task_struct *k = by_hand(false);
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		cr_assert_eq(wake_up(&wq), 1);
		cr_assert(WAIT_UNTIL(READ(woken) == i && READ(looks) == i + 1 &&
				     thread_state(k->pid) == 'S'));
		cr_assert_eq(nr_waiting(), 1);
	}
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	wake_up(&wq);
	cr_assert(WAIT_UNTIL(READ(passed)));
	cr_assert_eq(nr_waiting(), 0);
	kthread_stop_put(k);
}

Test(kthread_waitqueue, exclusive_entries_of_ones_own)
{
	struct task_struct *k[3] = { by_hand(true), by_hand(true), by_hand(false) };
	int i;

	/* The shared one and the first of the exclusive ones. */
	cr_assert_eq(wake_up(&wq), 2);
	cr_assert(WAIT_UNTIL(READ(woken) == 2));
	for (i = 0; i < 3; i++)
		cr_assert(WAIT_UNTIL(kthread_get_state(k[i]) && thread_state(k[i]->pid) == 'S'));
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	wake_up_all(&wq);
	cr_assert(WAIT_UNTIL(READ(passed) == 3));
	for (i = 0; i < 3; i++)
		kthread_stop_put(k[i]);
}

Test(kthread_waitqueue, entries_are_prepared_or_declared)
{
	struct wait_queue_entry e;

	init_waitqueue_entry(&e, current);
	cr_assert(!wq_has_sleeper(&wq));
	add_wait_queue(&wq, &e);
	cr_assert(wq_has_sleeper(&wq));
	set_current_state(TASK_INTERRUPTIBLE);
	cr_assert_eq(wake_up(&wq), 1);
	cr_assert_eq(get_current_state(), TASK_RUNNING);
	cr_assert_eq(wake_up(&wq), 0, "running: it is not counted");
	remove_wait_queue(&wq, &e);
	remove_wait_queue(&wq, &e);
	cr_assert(!wq_has_sleeper(&wq));
}

/* ---- waits of those that hold a lock --------------------------------------------------------- */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int nr_locked, nr_unlocked, commands;

static void spin_lock_irq(pthread_mutex_t *l)
{
	pthread_mutex_lock(l);
	nr_locked++;
}

static void spin_unlock_irq(pthread_mutex_t *l)
{
	nr_unlocked++;
	pthread_mutex_unlock(l);
}

/* The condition is looked at with the lock. */
static bool has_go(void)
{
	cr_assert_eq(pthread_mutex_trylock(&lock), EBUSY);
	ADD(looks);
	return READ(go);
}

enum locked_wait { PLAIN, CMD, INT, INT_CMD, TIMEOUT, INT_TIMEOUT, NR_LOCKED_WAITS };

static int waits_locked(void *data)
{
	long ret = -1;

	spin_lock_irq(&lock);
	switch ((enum locked_wait)(long)data) {
	case PLAIN:
		wait_event_lock_irq(wq, has_go(), lock);
		ret = 0;
		break;
	case CMD:
		wait_event_lock_irq_cmd(wq, has_go(), lock, ADD(commands));
		ret = 0;
		break;
	case INT:
		ret = wait_event_interruptible_lock_irq(wq, has_go(), lock);
		break;
	case INT_CMD:
		ret = wait_event_interruptible_lock_irq_cmd(wq, has_go(), lock, ADD(commands));
		break;
	case TIMEOUT:
		ret = wait_event_lock_irq_timeout(wq, has_go(), lock, 1000 * HZ);
		break;
	case INT_TIMEOUT:
		ret = wait_event_interruptible_lock_irq_timeout(wq, has_go(), lock, 1000 * HZ);
		break;
	default:
		break;
	}
	spin_unlock_irq(&lock);
	ADD(passed);
	return (int)ret;
}

static struct task_struct *locked_waiter(long which)
{
	struct task_struct *k = kthread_create(waits_locked, (void *)which, "locked");

	go = passed = looks = commands = 0;
	get_task_struct(k);
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(looks) >= 2 && kthread_get_state(k) &&
			     thread_state(k->pid) == 'S'));
	return k;
}

/* Mutation: Q09: it sleeps with the lock held. */
Test(kthread_waitqueue, a_lock_is_not_held_asleep)
{
	long which;

	for (which = 0; which < NR_LOCKED_WAITS; which++) {
		struct task_struct *k = locked_waiter(which);
		int ret;

		cr_assert(WAIT_UNTIL(!pthread_mutex_trylock(&lock)), "number %ld", which);
		__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
		pthread_mutex_unlock(&lock);
		wake_up(&wq);
		cr_assert(WAIT_UNTIL(READ(passed)), "number %ld", which);
		ret = kthread_stop(k);
		if (which == TIMEOUT || which == INT_TIMEOUT)
			cr_assert(ret > 0 && ret <= 1000 * HZ, "number %ld: %d", which, ret);
		else
			cr_assert_eq(ret, 0, "number %ld: %d", which, ret);
		cr_assert_eq(READ(commands), which == CMD || which == INT_CMD);
		cr_assert_eq(nr_locked, nr_unlocked);
		put_task_struct(k);
	}
}

Test(kthread_waitqueue, waits_with_a_lock_end_by_a_stop_or_in_time)
{
	static const long ends[] = { INT, INT_CMD, INT_TIMEOUT };
	size_t i;

	for (i = 0; i < 3; i++) {
		struct task_struct *k = locked_waiter(ends[i]);

		cr_assert_eq(kthread_stop(k), -ERESTARTSYS, "number %ld", ends[i]);
		put_task_struct(k);
	}
	spin_lock_irq(&lock);
	cr_assert_eq(wait_event_lock_irq_timeout(wq, has_go(), lock, 2), 0);
	cr_assert_eq(wait_event_interruptible_lock_irq_timeout(wq, has_go(), lock, 2), 0);
	spin_unlock_irq(&lock);
}

static int waits_freezable(void *data)
{
	(void)data;
	set_freezable();
	ADD(looks);
	return (int)wait_event_freezable_timeout(wq, READ(go), 1000 * HZ);
}

/* Mutation: Q10: the wait does not let the freezer in. */
Test(kthread_waitqueue, a_freezable_wait_with_a_timeout_freezes)
{
	struct task_struct *k = get_task_struct(kthread_run(waits_freezable, NULL, "freezable"));
	long left;

	cr_assert(WAIT_UNTIL(READ(looks) && waitqueue_active(&wq) && thread_state(k->pid) == 'S'));
	cr_assert_eq(freeze_kernel_threads(), 0);
	cr_assert_eq(kthread_get_state(k), TASK_FROZEN);
	thaw_kernel_threads();
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	wake_up(&wq);
	left = kthread_stop(k);
	cr_assert(left > 0 || left == -ERESTARTSYS, "%ld", left);
	cr_assert_eq(wait_event_freezable_timeout(wq, false, 2), 0);
	put_task_struct(k);
}
