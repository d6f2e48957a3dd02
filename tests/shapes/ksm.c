// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shaped like a scanner in the background: nice, freezable, a batch of work and then a rest, whose
 * length can be changed while it lasts; switched off it sleeps without an end.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/freezer.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define NR_PAGES 4096
#define BATCH	 100

static DECLARE_WAIT_QUEUE_HEAD(thread_wait);
static DECLARE_WAIT_QUEUE_HEAD(rest_wait);
static struct task_struct *scanner;
static unsigned int sums[NR_PAGES];
static atomic_t batches = ATOMIC_INIT(0);
static unsigned int rest_ms = 10;
static bool run;

static bool should_run(void)
{
	return READ_ONCE(run);
}

static void scan_batch(unsigned int *next)
{
	unsigned int i;

	for (i = 0; i < BATCH && likely(!freezing(current)); i++) {
		cond_resched();
		sums[*next] = sums[*next] * 31 + *next;
		*next = (*next + 1) % NR_PAGES;
	}
	atomic_inc(&batches);
}

static int scan_thread(void *unused)
{
	unsigned int next = 0, ms;

	(void)unused;
	set_freezable();
	set_user_nice(current, 5);
	while (!kthread_should_stop()) {
		if (should_run())
			scan_batch(&next);
		if (should_run()) {
			ms = READ_ONCE(rest_ms);
			wait_event_freezable_timeout(rest_wait, ms != READ_ONCE(rest_ms),
						     msecs_to_jiffies(ms));
		} else {
			wait_event_freezable(thread_wait, should_run() || kthread_should_stop());
		}
	}
	return 0;
}

static void await_batches(int until)
{
	while (atomic_read(&batches) < until)
		msleep(1);
}

static int __init scan_init(void)
{
	int seen;

	scanner = kthread_run(scan_thread, NULL, "ksmd-shape");
	if (IS_ERR(scanner))
		return PTR_ERR(scanner);
	WRITE_ONCE(run, true);
	wake_up_interruptible(&thread_wait);
	await_batches(3);
	seen = atomic_read(&batches);
	pr_info("nice %d\n", task_nice(scanner));

	/* An hour's rest, and its end. */
	WRITE_ONCE(rest_ms, 3600 * 1000);
	wake_up_interruptible(&rest_wait);
	await_batches(seen + 1);
	seen = atomic_read(&batches);
	WRITE_ONCE(rest_ms, 5);
	wake_up_interruptible(&rest_wait);
	await_batches(seen + 2);

	/* Switched off it rests without an end, and goes on when it is switched on. */
	WRITE_ONCE(run, false);
	msleep(20);
	seen = atomic_read(&batches);
	WRITE_ONCE(run, true);
	wake_up_interruptible(&thread_wait);
	await_batches(seen + 2);
	WRITE_ONCE(run, false);
	pr_info("scanned\n");
	return 0;
}

static void __exit scan_exit(void)
{
	pr_info("stopped: %d\n", kthread_stop(scanner));
}

module_init(scan_init);
module_exit(scan_exit);
MODULE_LICENSE("GPL");
