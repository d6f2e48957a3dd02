// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a known number of things with libkthread, so that a tool can count what the probes say:
 * with argument N: N threads made, started, parked, unparked and stopped, N works queued and run,
 * one more work cancelled.
 */
#include <stdio.h>
#include <stdlib.h>

#include <kthread/kthread.h>

static int until_stop(void *data)
{
	(void)data;
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (kthread_should_park())
			kthread_parkme();
		else
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 42;
}

static unsigned int runs;

static void count(struct kthread_work *work)
{
	(void)work;
	runs++;
}

static int threads(int n)
{
	struct task_struct *k;
	int i;

	for (i = 0; i < n; i++) {
		k = kthread_run(until_stop, NULL, "probed/%d", i);
		if (IS_ERR(k) || kthread_park(k))
			return 1;
		kthread_unpark(k);
		/* Parked before its function or in it: either way it has a result. */
		if (kthread_stop(k) != 42)
			return 1;
	}
	return 0;
}

static int works(int n)
{
	struct kthread_worker *w = kthread_run_worker(0, "probed/w");
	DEFINE_KTHREAD_WORK(work, count);
	int i;

	if (IS_ERR(w))
		return 1;
	for (i = 0; i < n; i++) {
		kthread_queue_work(w, &work);
		kthread_flush_work(&work);
	}
	if (kthread_park(w->task) || !kthread_queue_work(w, &work) ||
	    !kthread_cancel_work_sync(&work))
		return 1;
	kthread_unpark(w->task);
	kthread_destroy_worker(w);
	return runs != (unsigned int)n;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 10;

	return threads(n) || works(n);
}
