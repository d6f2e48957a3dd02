// SPDX-License-Identifier: GPL-2.0-only
/* Wait queues: entries of one's own, waits that hold a lock, frozen waits. */
#include "scenario.h"

struct queue {
	wait_queue_head_t wq;
	spinlock_t lock;
	atomic_t go, entered, looks, woken, left, commands;
	long ret;
	int how;
};

static struct queue *queue_new(void)
{
	struct queue *q = alloc(sizeof(*q));

	init_waitqueue_head(&q->wq);
	spin_lock_init(&q->lock);
	return q;
}

static void wait_by_hand(struct queue *q, wait_queue_entry_t *entry)
{
	atomic_inc(&q->entered);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (atomic_read(&q->go))
			break;
		schedule();
		atomic_inc(&q->woken);
	}
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(&q->wq, entry);
	atomic_inc(&q->left);
}

static int shared(void *data)
{
	struct queue *q = data;
	DECLARE_WAITQUEUE(entry, current);

	add_wait_queue(&q->wq, &entry);
	wait_by_hand(q, &entry);
	return 0;
}

static int exclusive(void *data)
{
	struct queue *q = data;
	DECLARE_WAITQUEUE(entry, current);

	add_wait_queue_exclusive(&q->wq, &entry);
	wait_by_hand(q, &entry);
	return 0;
}

static struct task_struct *waiter_run(int (*fn)(void *data), struct queue *q)
{
	int entered = atomic_read(&q->entered);
	struct task_struct *k = kthread_create(fn, q, "waits");

	get_task_struct(k);
	wake_up_process(k);
	AWAIT(atomic_read(&q->entered) > entered);
	await_blocked(k);
	return k;
}

void scenario_Q1(void)
{
	struct queue *q = queue_new();
	struct task_struct *k;
	int i;

	say("anybody: %d", wq_has_sleeper(&q->wq));
	k = waiter_run(shared, q);
	say("one: %d", wq_has_sleeper(&q->wq));
	for (i = 1; i <= 3; i++) {
		wake_up(&q->wq);
		AWAIT(atomic_read(&q->woken) == i);
		await_blocked(k);
	}
	say("woken three times, still listed: %d", waitqueue_active(&q->wq));
	atomic_set(&q->go, 1);
	wake_up(&q->wq);
	AWAIT(atomic_read(&q->left) == 1);
	say("removed: %d", !waitqueue_active(&q->wq));
	put_task_struct(k);
}

void scenario_Q2(void)
{
	struct queue *q = queue_new();
	struct task_struct *k[4];
	int i;

	for (i = 0; i < 4; i++)
		k[i] = waiter_run(i == 3 ? shared : exclusive, q);
	wake_up(&q->wq);
	AWAIT(atomic_read(&q->woken) >= 2);
	nap_ms(WAIT_MS);
	say("three exclusive ones and another, woken: %d", atomic_read(&q->woken));
	for (i = 0; i < 4; i++)
		await_blocked(k[i]);
	atomic_set(&q->woken, 0);
	wake_up_nr(&q->wq, 2);
	AWAIT(atomic_read(&q->woken) >= 3);
	nap_ms(WAIT_MS);
	say("two of them: %d", atomic_read(&q->woken));
	atomic_set(&q->go, 1);
	wake_up_all(&q->wq);
	AWAIT(atomic_read(&q->left) == 4);
	say("all: %d", atomic_read(&q->left));
	for (i = 0; i < 4; i++)
		put_task_struct(k[i]);
}

/* ---- with a lock ----------------------------------------------------------------------------- */
static bool has_go(struct queue *q)
{
	atomic_inc(&q->looks);
	return atomic_read(&q->go);
}

static int waits_locked(void *data)
{
	struct queue *q = data;

	spin_lock_irq(&q->lock);
	atomic_inc(&q->entered);
	switch (q->how) {
	case 0:
		wait_event_lock_irq(q->wq, has_go(q), q->lock);
		break;
	case 1:
		wait_event_lock_irq_cmd(q->wq, has_go(q), q->lock, atomic_inc(&q->commands));
		break;
	case 2:
		q->ret = wait_event_interruptible_lock_irq(q->wq, has_go(q), q->lock);
		break;
	case 3:
		q->ret = wait_event_interruptible_lock_irq_timeout(q->wq, has_go(q), q->lock, FAR);
		break;
	default:
		q->ret = wait_event_lock_irq_timeout(q->wq, has_go(q), q->lock, FAR);
		break;
	}
	say("number %d: the lock is held: %d", q->how, !spin_trylock(&q->lock));
	spin_unlock_irq(&q->lock);
	atomic_inc(&q->left);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 0;
}

void scenario_Q3(void)
{
	int how;

	for (how = 0; how < 5; how++) {
		struct queue *q = queue_new();
		struct task_struct *k;
		bool was_free;

		q->how = how;
		k = waiter_run(waits_locked, q);
		was_free = spin_trylock(&q->lock);
		if (was_free)
			spin_unlock(&q->lock);
		wake_up(&q->wq);
		AWAIT(atomic_read(&q->looks) >= 3);
		await_blocked(k);
		spin_lock_irq(&q->lock);
		atomic_set(&q->go, 1);
		spin_unlock_irq(&q->lock);
		wake_up(&q->wq);
		AWAIT(atomic_read(&q->left));
		say("number %d: not held asleep: %d, commands: %d, result: %s", how, was_free,
		    atomic_read(&q->commands), q->ret > 0 ? "time left" : err(q->ret));
		kthread_stop(k);
		put_task_struct(k);
	}
}

static int told_to_stop(void *data)
{
	struct queue *q = data;

	spin_lock_irq(&q->lock);
	atomic_inc(&q->entered);
	q->ret = wait_event_interruptible_lock_irq(q->wq, has_go(q) || kthread_should_stop(),
						   q->lock);
	spin_unlock_irq(&q->lock);
	say("a stop, and the condition holds: %s", err(q->ret));
	spin_lock_irq(&q->lock);
	q->ret = wait_event_lock_irq_timeout(q->wq, has_go(q), q->lock, 2);
	spin_unlock_irq(&q->lock);
	say("time is over: %s", err(q->ret));
	return 0;
}

void scenario_Q4(void)
{
	struct queue *q = queue_new();
	struct task_struct *k = waiter_run(told_to_stop, q);

	kthread_stop(k);
	put_task_struct(k);
}

static int waits_freezable(void *data)
{
	struct queue *q = data;

	set_freezable();
	atomic_inc(&q->entered);
	q->ret = wait_event_freezable_timeout(q->wq, has_go(q), FAR);
	atomic_inc(&q->left);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 0;
}

void scenario_Q5(void)
{
	struct queue *q = queue_new();
	struct task_struct *k = waiter_run(waits_freezable, q);
	int ret = freeze_prepare(k);

	say("prepared: %d, freeze: %d", ret, freeze_now());
	atomic_set(&q->go, 1);
	wake_up(&q->wq);
	nap_ms(WAIT_MS);
	say("woken while frozen, goes on: %d", atomic_read(&q->left));
	say("thaw: %d", thaw_now());
	wake_up(&q->wq);
	AWAIT(atomic_read(&q->left));
	say("time left: %d", q->ret > 0);
	kthread_stop(k);
	put_task_struct(k);
}

void scenario_Q6(void)
{
	struct completion *c = alloc(sizeof(*c));

	init_completion(c);
	complete_all(c);
	wait_for_completion_io(c);
	say("io: returns, with a timeout: %d", wait_for_completion_io_timeout(c, HZ) > 0);
	reinit_completion(c);
	say("time is over: %d", (int)wait_for_completion_io_timeout(c, 2));
}
