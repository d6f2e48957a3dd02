// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shaped like a RAID array's daemon: woken, or after a while by itself; parked while the array is
 * changed; a signal wakes it and does no harm. Writers wait for a barrier with a lock held.
 */
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#define DAEMON_WAKE 0

struct array {
	struct task_struct *daemon;
	wait_queue_head_t wake;
	unsigned long flags;
	unsigned int rounds;

	spinlock_t lock;
	wait_queue_head_t barrier_wait;
	int barrier;
	int nr_pending;
};

static struct array array;

static void wake_daemon(struct array *a)
{
	set_bit(DAEMON_WAKE, &a->flags);
	wake_up(&a->wake);
}

static void handle_pending(struct array *a)
{
	spin_lock_irq(&a->lock);
	if (a->nr_pending) {
		a->nr_pending--;
		wake_up(&a->barrier_wait);
	}
	a->rounds++;
	spin_unlock_irq(&a->lock);
}

static int array_daemon(void *arg)
{
	struct array *a = arg;

	allow_signal(SIGKILL);
	while (!kthread_should_stop()) {
		if (signal_pending(current))
			flush_signals(current);
		wait_event_interruptible_timeout(a->wake,
						 test_bit(DAEMON_WAKE, &a->flags) ||
							 kthread_should_stop() ||
							 kthread_should_park(),
						 5 * HZ);
		if (kthread_should_park())
			kthread_parkme();
		if (test_and_clear_bit(DAEMON_WAKE, &a->flags))
			handle_pending(a);
	}
	return 0;
}

/* A write is on its way; not while somebody has raised the barrier. */
static void begin_write(struct array *a)
{
	spin_lock_irq(&a->lock);
	wait_event_lock_irq(a->barrier_wait, !a->barrier, a->lock);
	a->nr_pending++;
	spin_unlock_irq(&a->lock);
	wake_daemon(a);
}

static void raise_barrier(struct array *a)
{
	spin_lock_irq(&a->lock);
	a->barrier++;
	wait_event_lock_irq_cmd(a->barrier_wait, !a->nr_pending, a->lock, wake_daemon(a));
	spin_unlock_irq(&a->lock);
}

static void lower_barrier(struct array *a)
{
	spin_lock_irq(&a->lock);
	a->barrier--;
	spin_unlock_irq(&a->lock);
	wake_up(&a->barrier_wait);
}

static int writer(void *arg)
{
	begin_write(arg);
	return 0;
}

static int __init array_init(void)
{
	struct array *a = &array;
	struct task_struct *w;
	int i;

	init_waitqueue_head(&a->wake);
	init_waitqueue_head(&a->barrier_wait);
	spin_lock_init(&a->lock);
	a->daemon = kthread_run(array_daemon, a, "%s_raid%d", "shape", 1);
	if (IS_ERR(a->daemon))
		return PTR_ERR(a->daemon);
	for (i = 0; i < 3; i++)
		begin_write(a);
	raise_barrier(a);
	pr_info("nothing is pending: %d\n", a->nr_pending == 0);

	/* A writer that comes now waits until the barrier is down. */
	w = kthread_create(writer, a, "writer");
	if (IS_ERR(w))
		return PTR_ERR(w);
	get_task_struct(w);
	wake_up_process(w);
	msleep(20);
	spin_lock_irq(&a->lock);
	pr_info("the writer waits: %d\n", a->nr_pending == 0);
	spin_unlock_irq(&a->lock);
	lower_barrier(a);
	kthread_stop(w);
	put_task_struct(w);

	send_sig(SIGKILL, a->daemon, 1);
	raise_barrier(a);
	pr_info("the daemon lives on: %d\n", a->nr_pending == 0);
	pr_info("parked: %d\n", kthread_park(a->daemon));
	kthread_unpark(a->daemon);
	return 0;
}

static void __exit array_exit(void)
{
	pr_info("stopped: %d\n", kthread_stop(array.daemon));
}

module_init(array_init);
module_exit(array_exit);
MODULE_LICENSE("GPL");
