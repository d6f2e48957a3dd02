// SPDX-License-Identifier: GPL-2.0-only
/*
 * kt_truth: use the kernel's own kthreads a known number of times and say how often, for the
 * tracers' counts to be compared with (tests/vm/suites/truth).
 *
 * All threads are called kt_truth*. What depends on scheduling is avoided: works wait behind a gate
 * that opens when all are queued, a thread is asleep before it is asked to park. One line each in
 * the kernel's log: "kt_truth: NAME=NUMBER", at the end "kt_truth: done", or "kt_truth: failed
 * WHAT".
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/version.h>

#define NR_IDLE	   40 /* queued while the worker sleeps */
#define NR_BUSY	   25 /* queued behind the gate */
#define NR_CANCEL  3  /* of those, cancelled there */
#define NR_DELAYED 6
#define NR_THREADS 5
#define NR_PARKS   8 /* of each of two threads */

#define WAIT_MS 10000

/* From 6.14 on kthread_create_worker() leaves starting the thread to its caller. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define run_worker(name) kthread_create_worker(0, name)
#else
#define run_worker(name) kthread_run_worker(0, name)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
#define state_of(t) READ_ONCE((t)->state)
#else
#define state_of(t) READ_ONCE((t)->__state)
#endif

static atomic_t nr_run = ATOMIC_INIT(0);
static DECLARE_COMPLETION(gate_entered);
static DECLARE_COMPLETION(gate_open);

static void say(const char *name, int n)
{
	pr_info("kt_truth: %s=%d\n", name, n);
}

static int fail(const char *what)
{
	pr_info("kt_truth: failed %s\n", what);
	return -EIO;
}

static bool is_asleep(struct task_struct *t)
{
	int i;

	for (i = 0; i < WAIT_MS; i++) {
		if (state_of(t) & TASK_INTERRUPTIBLE)
			return true;
		msleep(1);
	}
	return false;
}

/* ---- works ----------------------------------------------------------------------------------- */

static void step(struct kthread_work *w)
{
	atomic_inc(&nr_run);
}

static void gate(struct kthread_work *w)
{
	complete(&gate_entered);
	wait_for_completion(&gate_open);
	atomic_inc(&nr_run);
}

static int drive_works(struct kthread_worker *worker)
{
	static struct kthread_work idle, gate_work, busy[NR_BUSY];
	static struct kthread_delayed_work delayed[NR_DELAYED];
	int i, queued = 0, cancelled = 0, flushes = 0, later = 0;

	kthread_init_work(&idle, step);
	for (i = 0; i < NR_IDLE; i++) {
		if (!is_asleep(worker->task))
			return fail("the worker did not fall asleep");
		queued += kthread_queue_work(worker, &idle);
		kthread_flush_worker(worker);
		flushes++;
	}

	kthread_init_work(&gate_work, gate);
	queued += kthread_queue_work(worker, &gate_work);
	wait_for_completion(&gate_entered);
	for (i = 0; i < NR_BUSY; i++) {
		kthread_init_work(&busy[i], step);
		queued += kthread_queue_work(worker, &busy[i]);
	}
	if (kthread_queue_work(worker, &busy[0]))
		return fail("a pending work could be queued");
	for (i = 0; i < NR_CANCEL; i++)
		cancelled += kthread_cancel_work_sync(&busy[i]);
	complete(&gate_open);
	kthread_flush_worker(worker);
	flushes++;

	/* The first is cancelled before it is due: no event tells of it. */
	for (i = 0; i < NR_DELAYED; i++) {
		kthread_init_delayed_work(&delayed[i], step);
		kthread_queue_delayed_work(worker, &delayed[i], i ? 1 : 100 * HZ);
	}
	if (!kthread_cancel_delayed_work_sync(&delayed[0]))
		return fail("a delayed work was not pending");
	for (i = 1; i < NR_DELAYED; i++) {
		int waited;

		for (waited = 0; waited < WAIT_MS; waited++) {
			if (list_empty(&delayed[i].work.node) &&
			    atomic_read(&nr_run) == queued - cancelled + NR_DELAYED - 1)
				break;
			msleep(1);
		}
		later++;
	}

	say("queued", queued + later);
	say("cancelled", cancelled);
	say("run", atomic_read(&nr_run));
	/* kthread_destroy_worker() flushes once more. */
	say("flushes", flushes + 1);
	return 0;
}

/* ---- park and stop --------------------------------------------------------------------------- */

static int sleeper(void *arg)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (kthread_should_park()) {
			__set_current_state(TASK_RUNNING);
			kthread_parkme();
			continue;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 42;
}

static int drive_threads(void)
{
	struct task_struct *t[NR_THREADS];
	int i, n, parked = 0, unparked = 0, stopped = 0;

	for (i = 0; i < NR_THREADS; i++) {
		t[i] = kthread_run(sleeper, NULL, "kt_truth/%d", i);
		if (IS_ERR(t[i]))
			return fail("no thread");
	}
	for (i = 0; i < 2; i++)
		for (n = 0; n < NR_PARKS; n++) {
			if (!is_asleep(t[i]))
				return fail("a thread did not fall asleep");
			parked += !kthread_park(t[i]);
			kthread_unpark(t[i]);
			unparked++;
		}
	for (i = 0; i < NR_THREADS; i++) {
		if (!is_asleep(t[i]))
			return fail("a thread did not fall asleep");
		stopped += kthread_stop(t[i]) == 42;
	}
	say("park", parked);
	say("unpark", unparked);
	/* And the worker. */
	say("stop", stopped + 1);
	return 0;
}

static int __init kt_truth_init(void)
{
	struct kthread_worker *worker = run_worker("kt_truth_w");
	int ret;

	if (IS_ERR(worker))
		return fail("no worker");
	ret = drive_works(worker);
	kthread_destroy_worker(worker);
	ret = ret ?: drive_threads();
	if (!ret)
		pr_info("kt_truth: done\n");
	return ret;
}

static void __exit kt_truth_exit(void)
{
}

module_init(kt_truth_init);
module_exit(kt_truth_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("uses kthreads a known number of times");
