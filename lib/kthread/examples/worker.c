// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker: one thread that runs works in order, the urgent ones at once, the others when their
 * time has come. The works live in the caller's own structures.
 */
#include <kthread/kthread.h>
#include <stdio.h>

struct job {
	struct kthread_work work;
	int nr;
};

struct ticker {
	struct kthread_delayed_work dwork;
	struct kthread_worker *worker;
	int left;
	struct completion done;
};

static void do_job(struct kthread_work *work)
{
	struct job *job = container_of(work, struct job, work);

	printf("job %d\n", job->nr);
}

/* Queues itself again until it has run often enough. */
static void tick(struct kthread_work *work)
{
	struct ticker *ticker = container_of(work, struct ticker, dwork.work);

	printf("tick, %d left\n", --ticker->left);
	if (ticker->left)
		kthread_queue_delayed_work(ticker->worker, &ticker->dwork, msecs_to_jiffies(5));
	else
		complete(&ticker->done);
}

int main(void)
{
	struct kthread_worker *worker = kthread_run_worker(0, "example");
	struct ticker ticker = { .worker = worker, .left = 3 };
	unsigned long begin;
	struct job jobs[3];
	int i;

	if (IS_ERR(worker)) {
		fprintf(stderr, "no worker: error %ld\n", PTR_ERR(worker));
		return 1;
	}
	for (i = 0; i < 3; i++) {
		kthread_init_work(&jobs[i].work, do_job);
		jobs[i].nr = i;
		kthread_queue_work(worker, &jobs[i].work);
	}
	/* Once they have run, their memory is ours again. */
	kthread_flush_worker(worker);

	init_completion(&ticker.done);
	kthread_init_delayed_work(&ticker.dwork, tick);
	begin = jiffies;
	kthread_queue_delayed_work(worker, &ticker.dwork, msecs_to_jiffies(5));
	wait_for_completion(&ticker.done);
	printf("three ticks of 5 ms were %s\n", jiffies - begin < 15 ? "early" : "not early");

	/* A deadline can be moved, and the whole work be taken back. */
	ticker.left = 1;
	kthread_queue_delayed_work(worker, &ticker.dwork, 3600 * HZ);
	kthread_mod_delayed_work(worker, &ticker.dwork, 7200 * HZ);
	printf("taken back: %d\n", kthread_cancel_delayed_work_sync(&ticker.dwork));

	kthread_destroy_worker(worker);
	return 0;
}
