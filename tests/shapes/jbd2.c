// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shaped like a journal's thread: it commits what callers ask for, or after a while by itself; the
 * callers wait for the number of their transaction. It says when it has begun and when it ends.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/freezer.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#define UNMOUNT 1U

struct journal {
	spinlock_t state_lock;
	struct task_struct *task;
	unsigned int flags;
	unsigned int request, committed;
	unsigned long commit_at;
	wait_queue_head_t wait_commit, wait_done_commit;
};

static struct journal journal;
static struct task_struct *thread;

/* With the lock. */
static bool has_work(struct journal *j)
{
	return j->request != j->committed ||
	       (j->commit_at && time_after_eq(jiffies, j->commit_at)) || j->flags & UNMOUNT;
}

static void commit_transaction(struct journal *j)
{
	unsigned int number = j->request;

	j->commit_at = 0;
	spin_unlock_irq(&j->state_lock);
	msleep(1);
	spin_lock_irq(&j->state_lock);
	j->committed = number;
	wake_up(&j->wait_done_commit);
}

static int journal_thread(void *arg)
{
	struct journal *j = arg;
	DEFINE_WAIT(wait);
	long left;

	set_freezable();
	WRITE_ONCE(j->task, current);
	wake_up(&j->wait_done_commit);
	spin_lock_irq(&j->state_lock);
	while (!(j->flags & UNMOUNT)) {
		if (j->request != j->committed ||
		    (j->commit_at && time_after_eq(jiffies, j->commit_at))) {
			if (j->request == j->committed)
				j->request++;
			commit_transaction(j);
			continue;
		}
		left = j->commit_at ? (long)(j->commit_at - jiffies) : MAX_SCHEDULE_TIMEOUT;
		if (freezing(current)) {
			spin_unlock_irq(&j->state_lock);
			try_to_freeze();
			spin_lock_irq(&j->state_lock);
			continue;
		}
		prepare_to_wait(&j->wait_commit, &wait, TASK_INTERRUPTIBLE);
		if (!has_work(j)) {
			spin_unlock_irq(&j->state_lock);
			schedule_timeout(left);
			spin_lock_irq(&j->state_lock);
		}
		finish_wait(&j->wait_commit, &wait);
	}
	WRITE_ONCE(j->task, NULL);
	wake_up(&j->wait_done_commit);
	spin_unlock_irq(&j->state_lock);
	return 0;
}

static unsigned int start_commit(struct journal *j)
{
	unsigned int number;

	spin_lock_irq(&j->state_lock);
	number = ++j->request;
	wake_up(&j->wait_commit);
	spin_unlock_irq(&j->state_lock);
	return number;
}

static void wait_commit(struct journal *j, unsigned int number)
{
	spin_lock_irq(&j->state_lock);
	while ((int)(number - j->committed) > 0) {
		wake_up(&j->wait_commit);
		spin_unlock_irq(&j->state_lock);
		wait_event(j->wait_done_commit, (int)(number - READ_ONCE(j->committed)) <= 0);
		spin_lock_irq(&j->state_lock);
	}
	spin_unlock_irq(&j->state_lock);
}

static int __init journal_init(void)
{
	struct journal *j = &journal;
	unsigned int number;
	int i;

	spin_lock_init(&j->state_lock);
	init_waitqueue_head(&j->wait_commit);
	init_waitqueue_head(&j->wait_done_commit);
	thread = kthread_create(journal_thread, j, "jbd/%s", "shape");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	get_task_struct(thread);
	wake_up_process(thread);
	wait_event(j->wait_done_commit, READ_ONCE(j->task) != NULL);
	for (i = 0; i < 3; i++)
		wait_commit(j, start_commit(j));
	pr_info("committed on request: %u\n", j->committed);

	spin_lock_irq(&j->state_lock);
	number = j->committed + 1;
	j->commit_at = jiffies + HZ / 100;
	wake_up(&j->wait_commit);
	spin_unlock_irq(&j->state_lock);
	wait_event(j->wait_done_commit, (int)(number - READ_ONCE(j->committed)) <= 0);
	pr_info("committed by itself: %u\n", j->committed);
	return 0;
}

/* The thread ends by itself; then we wait until it runs no more of the module. */
static void __exit journal_exit(void)
{
	struct journal *j = &journal;

	spin_lock_irq(&j->state_lock);
	j->flags |= UNMOUNT;
	while (j->task) {
		wake_up(&j->wait_commit);
		spin_unlock_irq(&j->state_lock);
		wait_event(j->wait_done_commit, READ_ONCE(j->task) == NULL);
		spin_lock_irq(&j->state_lock);
	}
	spin_unlock_irq(&j->state_lock);
	pr_info("ended: %d\n", kthread_stop(thread));
	put_task_struct(thread);
}

module_init(journal_init);
module_exit(journal_exit);
MODULE_LICENSE("GPL");
