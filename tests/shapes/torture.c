// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shaped like a torture test: workers that hammer something, one thread that moves them from CPU to
 * CPU, one that makes them pause together, and an end in which each waits to be stopped.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#define NR_WORKERS 4

static struct task_struct *workers[NR_WORKERS];
static struct task_struct *shuffler, *stutterer;
static atomic_t rounds = ATOMIC_INIT(0), ended = ATOMIC_INIT(0), moved = ATOMIC_INIT(0);
static atomic_t pauses = ATOMIC_INIT(0);
static int pausing, stopping;

static int torture_must_stop(void)
{
	return READ_ONCE(stopping) || kthread_should_stop();
}

/* Each thread ends here, in its own time, and waits for its stop. */
static void torture_kthread_stopping(void)
{
	atomic_inc(&ended);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
}

static void torture_sleep_us(unsigned int us)
{
	ktime_t kt = ns_to_ktime(us * NSEC_PER_USEC);

	set_current_state(TASK_IDLE);
	schedule_hrtimeout_range(&kt, 10 * NSEC_PER_USEC, HRTIMER_MODE_REL);
}

static void stutter_wait(void)
{
	while (READ_ONCE(pausing) && !torture_must_stop())
		schedule_timeout_interruptible(1);
	if (signal_pending(current))
		flush_signals(current);
}

static int torture_worker(void *arg)
{
	long nr = (long)arg;

	set_user_nice(current, MAX_NICE);
	do {
		atomic_inc(&rounds);
		udelay(5);
		if (atomic_read(&rounds) % 8 == nr)
			torture_sleep_us(50);
		cond_resched();
		stutter_wait();
	} while (!torture_must_stop());
	torture_kthread_stopping();
	return task_nice(current);
}

/* All CPUs but one, in turn; where there is one only it is left. */
static int torture_shuffle(void *unused)
{
	unsigned int idle = nr_cpu_ids;
	cpumask_var_t mask;
	int i, ret;

	(void)unused;
	if (!alloc_cpumask_var(&mask, GFP_KERNEL))
		return -ENOMEM;
	do {
		idle = cpumask_next(idle, cpu_online_mask);
		if (idle >= nr_cpu_ids)
			idle = cpumask_first(cpu_online_mask);
		cpumask_copy(mask, cpu_online_mask);
		if (num_online_cpus() > 1)
			cpumask_andnot(mask, mask, cpumask_of(idle));
		for (i = 0; i < NR_WORKERS; i++) {
			ret = set_cpus_allowed_ptr(workers[i], mask);
			WARN_ONCE(ret, "worker %d cannot be moved: %d\n", i, ret);
		}
		atomic_inc(&moved);
		schedule_timeout_interruptible(HZ / 200);
	} while (!torture_must_stop());
	free_cpumask_var(mask);
	torture_kthread_stopping();
	return 0;
}

static int torture_stutter(void *unused)
{
	(void)unused;
	do {
		WRITE_ONCE(pausing, 1);
		msleep_interruptible(3);
		WRITE_ONCE(pausing, 0);
		atomic_inc(&pauses);
		schedule_timeout_idle(3);
	} while (!torture_must_stop());
	torture_kthread_stopping();
	return 0;
}

static struct task_struct *torture_create_kthread(int (*fn)(void *arg), void *arg, const char *name)
{
	struct task_struct *t = kthread_create(fn, arg, "%s", name);

	if (WARN_ON(IS_ERR(t)))
		return NULL;
	wake_up_process(t);
	return t;
}

static int __init torture_init(void)
{
	long i;

	for (i = 0; i < NR_WORKERS; i++) {
		workers[i] = torture_create_kthread(torture_worker, (void *)i, "torture_worker");
		if (!workers[i])
			return -ENOMEM;
	}
	shuffler = torture_create_kthread(torture_shuffle, NULL, "torture_shuffle");
	stutterer = torture_create_kthread(torture_stutter, NULL, "torture_stutter");
	if (!shuffler || !stutterer)
		return -ENOMEM;
	while (atomic_read(&moved) < 4 || atomic_read(&pauses) < 4 || atomic_read(&rounds) < 200)
		msleep(1);
	return 0;
}

static void __exit torture_exit(void)
{
	int i, sum = 0;

	/* The shuffler first: it must not touch workers that have ended. */
	WRITE_ONCE(stopping, 1);
	while (atomic_read(&ended) < NR_WORKERS + 2)
		schedule_timeout_uninterruptible(1);
	kthread_stop(shuffler);
	kthread_stop(stutterer);
	for (i = 0; i < NR_WORKERS; i++)
		sum += kthread_stop(workers[i]);
	pr_info("ended by themselves: %d, nice %d\n", atomic_read(&ended), sum / NR_WORKERS);
}

module_init(torture_init);
module_exit(torture_exit);
MODULE_LICENSE("GPL");
