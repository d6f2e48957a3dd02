// SPDX-License-Identifier: GPL-2.0-only
/*
 * works SEED COUNT: COUNT operations (default 10^7) by 8 threads on the works of one worker: queue,
 * flush, cancel. W13: each true of kthread_queue_work() is one run or one successful cancel; not
 * one more, not one less.
 */
#include <pthread.h>
#include <sched.h>

#include "stress.h"

#define NR_THREADS 8
#define NR_WORKS   32

extern void (*kthread_test_delay)(const char *point);

static struct work {
	struct kthread_work work;
	unsigned long runs;   /* by the worker alone */
	unsigned int running; /* never more than one at a time */
} works[NR_WORKS];

static struct kthread_worker *worker;
static unsigned int overlaps;

static struct caller {
	pthread_t thread;
	uint64_t x;
	unsigned long ops, queued, refused, cancelled;
} callers[NR_THREADS];

static void run(struct kthread_work *kw)
{
	struct work *w = container_of(kw, struct work, work);

	if (__atomic_fetch_add(&w->running, 1, __ATOMIC_RELAXED))
		overlaps++;
	w->runs++;
	__atomic_fetch_sub(&w->running, 1, __ATOMIC_RELAXED);
}

/* Rare: most of the time the operations are to run at full speed into each other. */
static void delay(const char *point)
{
	static __thread uint64_t x;

	if (!x)
		x = stress_state((uintptr_t)point, (unsigned int)getpid());
	if (!(stress_random(&x) & 1023))
		sched_yield();
}

static void *call(void *arg)
{
	struct caller *c = arg;
	unsigned long i;
	struct work *w;

	for (i = 0; i < c->ops; i++) {
		uint64_t r = stress_random(&c->x);

		w = &works[(r >> 8) % NR_WORKS];
		if ((r & 255) < 180) {
			if (kthread_queue_work(worker, &w->work))
				c->queued++;
			else
				c->refused++;
		} else if ((r & 255) < 200) {
			c->cancelled += kthread_cancel_work_sync(&w->work);
		} else if ((r & 255) < 254) {
			kthread_flush_work(&w->work);
		} else {
			kthread_flush_worker(worker);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long seed = stress_arg(argc, argv, 1, 1);
	unsigned long count = stress_arg(argc, argv, 2, 10000000);
	unsigned long queued = 0, refused = 0, cancelled = 0, runs = 0;
	unsigned int i;

	__atomic_store_n(&kthread_test_delay, delay, __ATOMIC_RELEASE);
	for (i = 0; i < NR_WORKS; i++)
		kthread_init_work(&works[i].work, run);
	worker = kthread_run_worker(0, "stress");
	if (IS_ERR(worker))
		return 1;
	for (i = 0; i < NR_THREADS; i++) {
		callers[i].x = stress_state(seed, i);
		callers[i].ops = count / NR_THREADS;
		if (pthread_create(&callers[i].thread, NULL, call, &callers[i]))
			return 1;
	}
	for (i = 0; i < NR_THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		queued += callers[i].queued;
		refused += callers[i].refused;
		cancelled += callers[i].cancelled;
	}
	kthread_destroy_worker(worker);
	for (i = 0; i < NR_WORKS; i++)
		runs += works[i].runs;
	printf("works: %lu operations; queued %lu (refused %lu) = runs %lu + cancelled %lu\n",
	       count / NR_THREADS * NR_THREADS, queued, refused, runs, cancelled);
	stress_check(queued == runs + cancelled, "W13: each true is one run or one cancel");
	stress_check(!overlaps, "W3: a work never runs twice at a time");
	stress_check(runs && cancelled, "W13: both happened");
	return stress_end();
}
