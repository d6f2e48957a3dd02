// SPDX-License-Identifier: GPL-2.0-only
/* Workers. Names begin with the scenario's id; mutations are those of tests/mutations/. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_worker, .timeout = 60);

struct job {
	struct kthread_work work;
	struct kthread_worker *w;
	unsigned int runs, again, data, saw, ends;
	struct completion *started, *go;
	int ret;
};

static void job_fn(struct kthread_work *work)
{
	struct job *j = container_of(work, struct job, work);

	ADD(j->runs);
	j->saw = __atomic_load_n(&j->data, __ATOMIC_RELAXED);
	if (j->started)
		complete(j->started);
	if (j->go)
		wait_for_completion(j->go);
	if (READ(j->again)) {
		__atomic_fetch_sub(&j->again, 1, __ATOMIC_ACQ_REL);
		j->ret = kthread_queue_work(j->w, work);
	}
	ADD(j->ends);
}

static void job_init(struct job *j, struct kthread_worker *w)
{
	*j = (struct job){ .w = w };
	kthread_init_work(&j->work, job_fn);
}

/* A job that is running and waits for @go. */
static void job_run_blocked(struct job *j, struct kthread_worker *w, struct completion *go)
{
	DECLARE_COMPLETION_ONSTACK(started);

	init_completion(go);
	job_init(j, w);
	j->started = &started;
	j->go = go;
	cr_assert(kthread_queue_work(w, &j->work));
	wait_for_completion(&started);
	j->started = NULL;
}

/* A thread that waits for @j, by flush or by cancel. */
struct waiter {
	bool (*wait)(struct kthread_work *work);
	struct job *j;
	pthread_t thread;
	pid_t tid;
	unsigned int done, ends; /* how often had the job ended when the wait was over? */
	bool ret;
};

static bool flush(struct kthread_work *work)
{
	kthread_flush_work(work);
	return false;
}

static void *waits(void *arg)
{
	struct waiter *a = arg;

	__atomic_store_n(&a->tid, gettid(), __ATOMIC_RELEASE);
	a->ret = a->wait(&a->j->work);
	a->ends = READ(a->j->ends);
	ADD(a->done);
	return NULL;
}

/* Begins to wait, and sleeps when we return. */
static void waiter_start(struct waiter *a, bool (*wait)(struct kthread_work *), struct job *j)
{
	*a = (struct waiter){ .wait = wait, .j = j };
	pthread_create(&a->thread, NULL, waits, a);
	cr_assert(WAIT_UNTIL(READ(a->done) || (READ(a->tid) && thread_state(a->tid) == 'S')));
	cr_assert_eq(READ(a->done), 0, "it did not wait");
}

/* It is over while others, that it must not wait for, still hold the worker. */
static void waiter_end(struct waiter *a)
{
	cr_assert(WAIT_UNTIL(READ(a->done)), "it waits for more than it saw");
	pthread_join(a->thread, NULL);
}

/* Mutation W01: queueing does not look whether the work is pending. */
Test(kthread_worker, W1_queued_twice_runs_once)
{
	struct kthread_worker *w = kthread_run_worker(0, "w1");
	struct completion go;
	struct job blocker, j;

	job_run_blocked(&blocker, w, &go);
	job_init(&j, w);
	cr_assert(kthread_queue_work(w, &j.work));
	cr_assert(!kthread_queue_work(w, &j.work));
	complete(&go);
	kthread_flush_worker(w);
	cr_assert_eq(j.runs, 1);
	kthread_destroy_worker(w);
}

/*
 * It has looked at the data, and has not ended. Mutation W02b: queueing says false for a running
 * work.
 */
Test(kthread_worker, W2_a_work_that_runs_is_queued_again)
{
	struct kthread_worker *w = kthread_run_worker(0, "w2");
	struct completion go;
	struct job j;

	job_run_blocked(&j, w, &go);
	__atomic_store_n(&j.data, 7, __ATOMIC_RELAXED);
	cr_assert(kthread_queue_work(w, &j.work));
	complete_all(&go);
	kthread_flush_work(&j.work);
	cr_assert_eq(j.saw, 7);
	cr_assert_eq(j.runs, 2);
	kthread_destroy_worker(w);
}

/* It queues itself without end. Mutation W03: flush waits until the work is idle. */
Test(kthread_worker, W3_flush_waits_for_the_instance_it_saw)
{
	struct kthread_worker *w = kthread_run_worker(0, "w3");
	struct completion go;
	struct waiter a;
	struct job j;

	job_run_blocked(&j, w, &go);
	__atomic_store_n(&j.again, (unsigned int)-1, __ATOMIC_RELEASE);
	waiter_start(&a, flush, &j);
	complete_all(&go);
	waiter_end(&a);
	cr_assert_geq(a.ends, 1);
	for (int i = 0; i < 1000; i++) {
		unsigned int before = READ(j.ends);

		kthread_flush_work(&j.work);
		cr_assert_gt(READ(j.ends), before);
	}
	cr_assert(READ(j.again), "it still goes on");
	__atomic_store_n(&j.again, 0, __ATOMIC_RELEASE);
	while (kthread_cancel_work_sync(&j.work))
		;
	kthread_destroy_worker(w);
}

/*
 * What follows on the worker holds it, and is not waited for. Mutations: W05 does not wait for a
 * pending work, W05b not for a running one; W05c (running), W05d (pending) wait
 * behind all that is queued.
 */
Test(kthread_worker, W5_flush_of_never_queued_idle_pending_and_running)
{
	struct kthread_worker *w = kthread_run_worker(0, "w5");
	struct completion go, go_behind;
	struct job blocker, j, behind;
	struct waiter a;

	job_init(&j, w);
	kthread_flush_work(&j.work);
	kthread_queue_work(w, &j.work);
	kthread_flush_work(&j.work);
	cr_assert_eq(j.ends, 1);
	kthread_flush_work(&j.work);
	cr_assert_eq(j.runs, 1);

	init_completion(&go_behind);
	job_init(&behind, w);
	behind.go = &go_behind;
	job_run_blocked(&blocker, w, &go);
	cr_assert(kthread_queue_work(w, &j.work));
	cr_assert(kthread_queue_work(w, &behind.work));
	waiter_start(&a, flush, &j);
	complete(&go);
	waiter_end(&a);
	cr_assert_eq(a.ends, 2, "pending");
	complete(&go_behind);
	kthread_flush_worker(w);

	job_run_blocked(&blocker, w, &go);
	cr_assert(kthread_queue_work(w, &behind.work));
	waiter_start(&a, flush, &blocker);
	complete(&go);
	waiter_end(&a);
	cr_assert_eq(a.ends, 1, "running");
	complete(&go_behind);
	kthread_flush_worker(w);
	cr_assert_eq(behind.ends, 2);
	kthread_destroy_worker(w);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

/*
 * Mutations: W07 does not wait for a running work, W07b leaves a pending one on the list, W07c says
 * true for one that was only running, W07d does not wait beside another cancel.
 */
Test(kthread_worker, W7_cancel_of_pending_running_and_requeueing)
{
	struct kthread_worker *w = kthread_run_worker(0, "w7");
	struct completion go;
	struct job blocker, j;
	struct waiter a, b;

	job_init(&j, w);
	cr_assert(!kthread_cancel_work_sync(&j.work), "never queued");
	job_run_blocked(&blocker, w, &go);
	kthread_queue_work(w, &j.work);
	cr_assert(kthread_cancel_work_sync(&j.work));
	cr_assert(!kthread_cancel_work_sync(&j.work));
	waiter_start(&a, kthread_cancel_work_sync, &blocker);
	complete(&go);
	waiter_end(&a);
	cr_assert(!a.ret, "it ran, and was not pending");
	cr_assert_eq(a.ends, 1);
	kthread_flush_worker(w);
	cr_assert_eq(j.runs, 0);

	/* Running and pending at once, two cancels: one of them took it off the list. */
	job_run_blocked(&j, w, &go);
	cr_assert(kthread_queue_work(w, &j.work));
	waiter_start(&a, kthread_cancel_work_sync, &j);
	waiter_start(&b, kthread_cancel_work_sync, &j);
	complete(&go);
	waiter_end(&a);
	waiter_end(&b);
	cr_assert_eq(a.ret + b.ret, 1);
	cr_assert_eq(a.ends, 1);
	cr_assert_eq(b.ends, 1);
	kthread_flush_worker(w);
	cr_assert_eq(j.runs, 1, "no run after the cancel");

	/* One that queues itself whenever it runs: once cancelled it is quiet. */
	for (int i = 0; i < 1000; i++) {
		struct job again;
		unsigned int runs;

		job_init(&again, w);
		again.again = (unsigned int)-1;
		kthread_queue_work(w, &again.work);
		if (i & 1)
			cr_assert(WAIT_UNTIL(READ(again.runs)));
		kthread_cancel_work_sync(&again.work);
		runs = READ(again.runs);
		kthread_flush_worker(w);
		cr_assert_eq(again.runs, runs);
		cr_assert_eq(again.ends, runs);
	}
	kthread_destroy_worker(w);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

/* From outside, and by the work itself. Mutation W08: queueing does not look for a cancel. */
Test(kthread_worker, W8_no_queueing_during_a_cancel)
{
	struct kthread_worker *w = kthread_run_worker(0, "w8");
	struct completion go;
	struct waiter a, b;
	struct job j;

	job_run_blocked(&j, w, &go);
	waiter_start(&a, kthread_cancel_work_sync, &j);
	waiter_start(&b, kthread_cancel_work_sync, &j);
	cr_assert(!kthread_queue_work(w, &j.work));
	__atomic_store_n(&j.again, 1, __ATOMIC_RELEASE);
	j.ret = -1;
	complete(&go);
	waiter_end(&a);
	waiter_end(&b);
	kthread_flush_worker(w);
	cr_expect_eq(j.ret, 0, "by itself");
	cr_expect_eq(j.runs, 1, "no run after the cancel");
	cr_expect(!a.ret && !b.ret);
	j.go = NULL;
	cr_assert(kthread_queue_work(w, &j.work), "usable again");
	kthread_flush_work(&j.work);
	cr_assert_eq(j.runs, 2);
	kthread_destroy_worker(w);
}

static struct job chaos[4];
static unsigned int queued, cancelled, chaos_end;

static void *chaos_thread(void *arg)
{
	unsigned int x = (unsigned int)(uintptr_t)arg, i;

	for (i = 0; i < 20000; i++) {
		struct job *j = &chaos[(x = x * 1103515245 + 12345) >> 16 & 3];

		switch (x >> 20 & 7) {
		case 0:
			if (kthread_cancel_work_sync(&j->work))
				ADD(cancelled);
			break;
		case 1:
			kthread_flush_work(&j->work);
			break;
		case 2:
			kthread_flush_worker(j->w);
			break;
		default:
			if (kthread_queue_work(j->w, &j->work))
				ADD(queued);
		}
	}
	ADD(chaos_end);
	return NULL;
}

/* Mutation W13: a cancel leaves a pending work on the list. */
Test(kthread_worker, W13_queued_is_run_plus_cancelled)
{
	struct kthread_worker *w = kthread_run_worker(0, "w13");
	unsigned int runs = 0;
	pthread_t t[4];
	uintptr_t i;

	for (i = 0; i < 4; i++)
		job_init(&chaos[i], w);
	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, chaos_thread, (void *)(i + 1));
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	kthread_destroy_worker(w);
	for (i = 0; i < 4; i++)
		runs += chaos[i].runs;
	cr_assert_eq(queued, runs + cancelled, "%u queued, %u run, %u cancelled", queued, runs,
		     cancelled);
	cr_assert(cancelled > 0);
}

static void ends_thread(struct kthread_work *work)
{
	(void)work;
	kthread_exit(3);
}

static long destroys(void *w)
{
	kthread_destroy_worker(w);
	return 0;
}

/* Mutations: W16 does not drain; W16b does not look for leftovers; W16c no look for the thread. */
Test(kthread_worker, W16_destroy)
{
	DEFINE_KTHREAD_WORK(end, ends_thread);
	struct kthread_worker *w;
	struct job blocker, j;
	struct completion go;
	struct call destroy;

	w = kthread_create_worker(0, "w16/never");
	kthread_destroy_worker(w);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);

	w = kthread_create_worker(0, "w16/queued");
	job_run_blocked(&blocker, w, &go);
	job_init(&j, w);
	kthread_queue_work(w, &j.work);
	call_start(&destroy, destroys, w);
	cr_assert(call_sleeps(&destroy), "it waits for both");
	complete(&go);
	call_join(&destroy);
	cr_assert_eq(j.runs, 1, "drained");

	w = kthread_run_worker(0, "w16/again");
	job_init(&j, w);
	j.again = (unsigned int)-1;
	kthread_queue_work(w, &j.work);
	kthread_destroy_worker(w);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_WORKER_LEFTOVER), 1);

	w = kthread_run_worker(0, "w16/gone");
	kthread_queue_work(w, &end);
	cr_assert(WAIT_UNTIL(!PEEK(w->task)));
	kthread_destroy_worker(w);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_WORKER_NONE), 1);
}

static void *stop_it(void *k)
{
	return (void *)(intptr_t)kthread_stop(k);
}

/* Mutation W17: a stop waits until nothing is queued. */
Test(kthread_worker, W17_stop_of_the_thread_leaves_works_pending)
{
	struct kthread_worker w;
	struct completion go;
	struct job blocker, j;
	struct task_struct *k;

	kthread_init_worker(&w);
	k = kthread_run(kthread_worker_fn, &w, "w17");
	get_task_struct(k);
	job_run_blocked(&blocker, &w, &go);
	job_init(&j, &w);
	kthread_queue_work(&w, &j.work);
	/* The stop must come before the blocker ends: it is waited for in the thread's own word. */
	{
		pthread_t t;
		void *ret;

		pthread_create(&t, NULL, stop_it, k);
		cr_assert(WAIT_UNTIL(signal_pending(k)));
		complete(&go);
		pthread_join(t, &ret);
		cr_assert_eq((int)(intptr_t)ret, 0);
	}
	put_task_struct(k);
	cr_assert_eq(j.runs, 0);
	cr_assert_eq(w.task, NULL);
	cr_assert(!kthread_queue_work(&w, &j.work), "still pending");
	k = kthread_run(kthread_worker_fn, &w, "w17/next");
	cr_assert(WAIT_UNTIL(READ(j.runs) == 1), "another thread serves it");
	kthread_stop(k);
}

/* Mutation W18: a worker that was created does not count as idle. */
Test(kthread_worker, W18_the_first_work_starts_a_created_worker)
{
	struct kthread_worker *w = kthread_create_worker(0, "w18");
	struct job j;

	job_init(&j, w);
	cr_assert_eq(kthread_get_state(w->task), TASK_UNINTERRUPTIBLE);
	cr_assert(kthread_queue_work(w, &j.work));
	cr_assert(WAIT_UNTIL(READ(j.runs) == 1));
	kthread_destroy_worker(w);

	w = kthread_create_worker_on_cpu(0, 0, "w18/%u");
	cr_assert_str_eq(w->task->comm, "w18/0");
	kthread_destroy_worker(w);
	w = kthread_run_worker_on_cpu(0, 0, "w18/%u");
	kthread_destroy_worker(w);
	cr_assert_eq(PTR_ERR(kthread_create_worker_on_cpu(-1, 0, "x/%u")), -EINVAL);
}

/* Mutation W19: queueing is refused while there is no thread. */
Test(kthread_worker, W19_works_queued_before_a_thread_serves_run_later)
{
	struct kthread_worker w;
	struct task_struct *k;
	struct job j;

	kthread_init_worker(&w);
	job_init(&j, &w);
	cr_assert(kthread_queue_work(&w, &j.work));
	cr_assert_eq(j.runs, 0);
	k = kthread_run(kthread_worker_fn, &w, "w19");
	cr_assert(WAIT_UNTIL(READ(j.runs) == 1));
	kthread_flush_worker(&w);
	kthread_stop(k);
}

static unsigned int order[100], nr_order;
static struct job fifo[100];

static void note_order(struct kthread_work *work)
{
	order[nr_order++] = (unsigned int)(container_of(work, struct job, work) - fifo);
}

/* Mutations: W20 does not report; W20b queues it although it is pending on the other one. */
Test(kthread_worker, W20_one_work_on_two_workers_is_reported)
{
	struct kthread_worker *a = kthread_run_worker(0, "w20a");
	struct kthread_worker *b = kthread_run_worker(0, "w20b");
	struct completion go;
	struct job j, blocker;

	job_init(&j, a);
	cr_assert(kthread_queue_work(a, &j.work));
	kthread_flush_work(&j.work);
	cr_assert(kthread_queue_work(b, &j.work), "idle: it moves");
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_WORK_TWO_WORKERS), 1);
	kthread_flush_work(&j.work);
	cr_assert_eq(j.runs, 2);

	/* Pending, with neighbours: it stays, and so does the list. */
	job_run_blocked(&blocker, a, &go);
	for (int i = 0; i < 5; i++) {
		kthread_init_work(&fifo[i].work, note_order);
		cr_assert(kthread_queue_work(a, &fifo[i].work));
	}
	for (int i = 0; i < 5; i++)
		cr_expect(!kthread_queue_work(b, &fifo[i].work));
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_WORK_TWO_WORKERS), 6);
	kthread_flush_worker(b);
	cr_assert_eq(READ(nr_order), 0);
	cr_expect(kthread_cancel_work_sync(&fifo[2].work));
	complete(&go);
	kthread_flush_worker(a);
	cr_assert_eq(nr_order, 4);
	for (unsigned int i = 0; i < 4; i++)
		cr_expect_eq(order[i], i + (i >= 2));
	kthread_destroy_worker(a);
	kthread_destroy_worker(b);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_ANY), 6);
}

static int self_wait_runs;
static struct kthread_worker *self_worker;

static void waits_for_itself(struct kthread_work *work)
{
	kthread_flush_work(work);
	kthread_flush_worker(self_worker);
	kthread_cancel_work_sync(work);
	kthread_destroy_worker(self_worker);
	ADD(self_wait_runs);
}

/*
 * Mutations: W24 flush_worker, W24b flush, W24c cancel, W24d destroy without their looks at who
 * calls.
 */
Test(kthread_worker, W24_waiting_for_oneself_is_reported_and_returns)
{
	DEFINE_KTHREAD_WORK(work, waits_for_itself);

	self_worker = kthread_run_worker(0, "w24");
	kthread_queue_work(self_worker, &work);
	cr_assert(WAIT_UNTIL(READ(self_wait_runs) == 1));
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_WORKER_SELF), 4);
	kthread_destroy_worker(self_worker);
}

Test(kthread_worker, works_run_in_the_order_of_queueing)
{
	struct kthread_worker *w = kthread_create_worker(0, "fifo");
	unsigned int i;

	for (i = 0; i < 100; i++) {
		kthread_init_work(&fifo[i].work, note_order);
		kthread_queue_work(w, &fifo[i].work);
	}
	kthread_destroy_worker(w);
	for (i = 0; i < 100; i++)
		cr_assert_eq(order[i], i);
}
