// SPDX-License-Identifier: GPL-2.0-only
/* Workers. Names begin with the scenario's id. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "kthread_test.h"

TestSuite(kthread_worker, .timeout = 60);

struct job {
	struct kthread_work work;
	struct kthread_worker *w;
	unsigned int runs, again, data, saw;
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

/* Whatever queue_work returned, a run after it sees what was written before it. */
Test(kthread_worker, W2_a_false_return_still_orders_the_callers_writes)
{
	struct kthread_worker *w = kthread_run_worker(0, "w2");
	unsigned int i, seen;
	struct job j;

	job_init(&j, w);
	for (i = 1; i <= 100000; i++) {
		__atomic_store_n(&j.data, i, __ATOMIC_RELAXED);
		kthread_queue_work(w, &j.work);
		if (i % 64 == 0) {
			kthread_flush_work(&j.work);
			seen = __atomic_load_n(&j.saw, __ATOMIC_RELAXED);
			cr_assert_eq(seen, i);
		}
	}
	kthread_destroy_worker(w);
}

Test(kthread_worker, W3_flush_waits_for_the_instance_it_saw)
{
	struct kthread_worker *w = kthread_run_worker(0, "w3");
	struct completion go;
	struct job j;

	job_run_blocked(&j, w, &go);
	j.again = 1000000;
	complete_all(&go);
	kthread_flush_work(&j.work);
	cr_assert(READ(j.runs) >= 1);
	__atomic_store_n(&j.again, 1, __ATOMIC_RELAXED);
	cr_assert(WAIT_UNTIL(READ(j.again) <= 1));
	while (kthread_cancel_work_sync(&j.work))
		;
	kthread_destroy_worker(w);
}

struct suicidal {
	struct kthread_work work;
	unsigned int *runs;
};

static void free_self(struct kthread_work *work)
{
	struct suicidal *s = container_of(work, struct suicidal, work);

	ADD(*s->runs);
	free(s);
}

Test(kthread_worker, W4_a_work_may_free_itself)
{
	struct kthread_worker *w = kthread_run_worker(0, "w4");
	unsigned int runs = 0, i;

	for (i = 0; i < 20000; i++) {
		struct suicidal *s = malloc(sizeof(*s));

		kthread_init_work(&s->work, free_self);
		s->runs = &runs;
		cr_assert(kthread_queue_work(w, &s->work));
		/* The same address may come again and look current; a flush of it must end. */
		if (i % 16 == 0)
			kthread_flush_worker(w);
	}
	kthread_flush_worker(w);
	cr_assert_eq(runs, i);
	kthread_destroy_worker(w);
}

Test(kthread_worker, W5_flush_of_never_queued_idle_pending_and_running)
{
	struct kthread_worker *w = kthread_run_worker(0, "w5");
	struct completion go;
	struct job blocker, j;

	job_init(&j, w);
	kthread_flush_work(&j.work);
	kthread_queue_work(w, &j.work);
	kthread_flush_work(&j.work);
	kthread_flush_work(&j.work);
	cr_assert_eq(j.runs, 1);

	job_run_blocked(&blocker, w, &go);
	kthread_queue_work(w, &j.work);
	complete(&go);
	kthread_flush_work(&j.work);
	cr_assert_eq(j.runs, 2);
	job_run_blocked(&blocker, w, &go);
	complete(&go);
	kthread_flush_work(&blocker.work);
	cr_assert_eq(blocker.runs, 1);
	kthread_destroy_worker(w);
}

Test(kthread_worker, W6_the_flush_barrier_dies_with_the_waiters_frame)
{
	struct kthread_worker *w = kthread_run_worker(0, "w6");
	struct job j;
	int i;

	job_init(&j, w);
	for (i = 0; i < 20000; i++) {
		volatile char frame[256];

		kthread_queue_work(w, &j.work);
		kthread_flush_work(&j.work);
		memset((char *)frame, 0x55, sizeof(frame));
		cr_assert_eq(j.runs, (unsigned int)i + 1);
	}
	kthread_destroy_worker(w);
}

static void *cancel_it(void *work)
{
	return (void *)(intptr_t)kthread_cancel_work_sync(work);
}

Test(kthread_worker, W7_cancel_of_pending_running_and_requeueing)
{
	struct kthread_worker *w = kthread_run_worker(0, "w7");
	struct completion go;
	struct job blocker, j;
	pthread_t t[2];
	void *ret[2];

	job_init(&j, w);
	cr_assert(!kthread_cancel_work_sync(&j.work), "never queued");
	job_run_blocked(&blocker, w, &go);
	kthread_queue_work(w, &j.work);
	cr_assert(kthread_cancel_work_sync(&j.work));
	cr_assert(!kthread_cancel_work_sync(&j.work));
	complete(&go);
	kthread_flush_worker(w);
	cr_assert_eq(j.runs, 0);

	/* Running and pending at once, two cancels: one of them took it off the list. */
	job_run_blocked(&j, w, &go);
	cr_assert(kthread_queue_work(w, &j.work));
	pthread_create(&t[0], NULL, cancel_it, &j.work);
	pthread_create(&t[1], NULL, cancel_it, &j.work);
	cr_assert(WAIT_UNTIL(PEEK(j.work.canceling) == 2));
	/* W8: no queueing during a cancel, from outside or from the work itself */
	cr_assert(!kthread_queue_work(w, &j.work));
	j.again = 1;
	j.ret = -1;
	complete(&go);
	pthread_join(t[0], &ret[0]);
	pthread_join(t[1], &ret[1]);
	cr_assert_eq((intptr_t)ret[0] + (intptr_t)ret[1], 1);
	cr_assert_eq(j.ret, 0, "W8: refused");
	cr_assert_eq(j.runs, 1, "no run after the cancel");
	cr_assert(kthread_queue_work(w, &j.work), "usable again");
	complete_all(&go);
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

Test(kthread_worker, W16_destroy)
{
	struct kthread_worker *w;
	struct job j;
	DEFINE_KTHREAD_WORK(end, ends_thread);

	w = kthread_create_worker(0, "w16/never");
	kthread_destroy_worker(w);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);

	w = kthread_create_worker(0, "w16/queued");
	job_init(&j, w);
	kthread_queue_work(w, &j.work);
	kthread_destroy_worker(w);
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

Test(kthread_worker, W20_one_work_on_two_workers_is_reported)
{
	struct kthread_worker *a = kthread_run_worker(0, "w20a");
	struct kthread_worker *b = kthread_run_worker(0, "w20b");
	struct job j;

	job_init(&j, a);
	cr_assert(kthread_queue_work(a, &j.work));
	kthread_flush_work(&j.work);
	cr_assert(kthread_queue_work(b, &j.work));
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_WORK_TWO_WORKERS), 1);
	kthread_flush_work(&j.work);
	cr_assert_eq(j.runs, 2);
	kthread_destroy_worker(a);
	kthread_destroy_worker(b);
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

Test(kthread_worker, W24_waiting_for_oneself_is_reported_and_returns)
{
	DEFINE_KTHREAD_WORK(work, waits_for_itself);

	self_worker = kthread_run_worker(0, "w24");
	kthread_queue_work(self_worker, &work);
	cr_assert(WAIT_UNTIL(READ(self_wait_runs) == 1));
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_WORKER_SELF), 4);
	kthread_destroy_worker(self_worker);
}

static unsigned int order[100], nr_order;
static struct job fifo[100];

static void note_order(struct kthread_work *work)
{
	order[nr_order++] = (unsigned int)(container_of(work, struct job, work) - fifo);
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
