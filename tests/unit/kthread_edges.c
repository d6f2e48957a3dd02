// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corners that a review found broken: workers that park or end while somebody waits for them,
 * forked children, threads that stop themselves late. Each test hung or failed before its mend; the
 * mutation that brings that back is named.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <kthread/worker.h>

#include "lib/probe/slot.h"
#include "tests/unit/kthread_test.h"

TestSuite(kthread_edges, .timeout = 60);

static unsigned int started, go;

static void until_go(struct kthread_work *work)
{
	(void)work;
	ADD(started);
	WAIT_UNTIL(READ(go));
}

/* Until the thread is to park or to stop: it does so right behind this work. */
static void until_asked(struct kthread_work *work)
{
	until_go(work);
	WAIT_UNTIL(kthread_should_stop_or_park());
}

static DEFINE_KTHREAD_WORK(gate, until_asked);

static void *parks(void *k)
{
	return (void *)(long)kthread_park(k);
}

static void *stops(void *k)
{
	return (void *)(long)kthread_stop(k);
}

static void *cancels(void *work)
{
	return (void *)(long)kthread_cancel_work_sync(work);
}

static bool is_parked(struct task_struct *k)
{
	return get_current_state() == TASK_RUNNING && kthread_get_state(k) == TASK_PARKED;
}

/* A worker that parked right behind a work of its own. */
static struct kthread_worker *parked_behind_a_work(void)
{
	struct kthread_worker *w = kthread_run_worker(0, "edge");
	pthread_t parker;

	started = go = 0;
	kthread_queue_work(w, &gate);
	cr_assert(WAIT_UNTIL(READ(started)));
	pthread_create(&parker, NULL, parks, w->task);
	ADD(go);
	pthread_join(parker, NULL);
	cr_assert(is_parked(w->task));
	return w;
}

/*
 * Mutation G01: serve() without run_barriers() before the park leaves current_work set, and this
 * hangs.
 */
Test(kthread_edges, finished_work_of_a_parked_worker_is_not_waited_for)
{
	struct kthread_worker *w = parked_behind_a_work();

	kthread_flush_work(&gate);
	cr_expect_not(kthread_cancel_work_sync(&gate));
	kthread_unpark(w->task);
	kthread_destroy_worker(w);
}

/* Mutation G02: kthread_destroy_worker() without kthread_unpark() hangs. */
Test(kthread_edges, parked_worker_can_be_destroyed)
{
	kthread_destroy_worker(parked_behind_a_work());
}

static void cancel_while(void *(*ends)(void *))
{
	struct kthread_worker *w = kthread_run_worker(0, "edge");
	struct task_struct *k = w->task;
	pthread_t canceller, ender;

	get_task_struct(k);
	started = go = 0;
	kthread_queue_work(w, &gate);
	cr_assert(WAIT_UNTIL(READ(started)));
	pthread_create(&canceller, NULL, cancels, &gate);
	/* Its barrier stands at the head of the list. */
	cr_assert(WAIT_UNTIL(PEEK(gate.canceling)));
	pthread_create(&ender, NULL, ends, k);
	ADD(go);
	pthread_join(canceller, NULL);
	pthread_join(ender, NULL);
	kthread_unpark(k);
	kthread_destroy_worker(w);
	put_task_struct(k);
}

/*
 * Mutations G03, G03b: without run_barriers() in serve(), and in kt_worker_abandon(), the cancel
 * hangs.
 */
Test(kthread_edges, cancel_returns_though_its_worker_parks)
{
	for (int i = 0; i < 50; i++)
		cancel_while(parks);
}

Test(kthread_edges, cancel_returns_though_its_worker_is_stopped)
{
	for (int i = 0; i < 50; i++)
		cancel_while(stops);
}

static void nothing(struct kthread_work *work)
{
	(void)work;
}

/* Mutation G04: kt_task(k)->worker not set in create_worker(): the queue reads a freed task. */
Test(kthread_edges, worker_stopped_before_it_ran_is_left_without_a_task)
{
	struct kthread_worker *w = kthread_create_worker(0, "edge");
	struct kthread_work work;

	kthread_init_work(&work, nothing);
	cr_assert_eq(kthread_stop(w->task), -EINTR);
	cr_assert_null(w->task);
	cr_expect(kthread_queue_work(w, &work));
	cr_expect(kthread_cancel_work_sync(&work));
	kthread_destroy_worker(w);
}

static void leaves_a_state(struct kthread_work *work)
{
	until_go(work);
	set_current_state(TASK_INTERRUPTIBLE);
}

static unsigned int state_seen = 77;

static void notes_its_state(struct kthread_work *work)
{
	(void)work;
	state_seen = get_current_state();
}

/* Mutation G05: run_work() without the reset of the state. */
Test(kthread_edges, state_that_a_work_leaves_is_not_the_next_ones)
{
	struct kthread_worker *w = kthread_run_worker(0, "edge");
	struct kthread_work first, second;

	kthread_init_work(&first, leaves_a_state);
	kthread_init_work(&second, notes_its_state);
	started = go = 0;
	kthread_queue_work(w, &first);
	kthread_queue_work(w, &second);
	ADD(go);
	kthread_flush_worker(w);
	cr_expect_eq(state_seen, TASK_RUNNING);
	kthread_destroy_worker(w);
}

/* ---- fork ------------------------------------------------------------------------------------ */

/* Runs @fn in a child that is ended after 20 s. Return: its exit status, -1: killed */
static int in_child(int (*fn)(void *), void *arg)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		alarm(20);
		_exit(fn(arg));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int destroys(void *w)
{
	kthread_destroy_worker(w);
	return 0;
}

/*
 * Mutation G06: destroy and flush without a look at the process wait for a thread that the child
 * does not have.
 */
Test(kthread_edges, child_destroys_a_worker_of_its_parent)
{
	struct kthread_worker *w = kthread_run_worker(0, "edge");

	cr_expect_eq(in_child(destroys, w), 0);
	kthread_destroy_worker(w);
}

static int waits(void *x)
{
	return wait_for_completion_interruptible(x);
}

/* The child's are the parent's, so that they are looked for in the same lists. */
static struct completion waited[16];

static int waits_in_the_child(void *arg)
{
	struct completion *x = waited;
	struct task_struct *k[16];

	(void)arg;
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 16; i++) {
			init_completion(&x[i]);
			k[i] = kthread_create(waits, &x[i], "child/%d", i);
			get_task_struct(k[i]);
			wake_up_process(k[i]);
		}
		/* In the lists of those who wait. */
		for (int i = 0; i < 16; i++)
			if (!WAIT_UNTIL(thread_state(k[i]->pid) == 'S' &&
					kthread_get_state(k[i]) == TASK_INTERRUPTIBLE))
				return 1;
		for (int i = 0; i < 16; i++)
			complete(&x[i]);
		for (int i = 0; i < 16; i++) {
			if (!WAIT_UNTIL(!thread_state(k[i]->pid)))
				return 2;
			kthread_stop_put(k[i]);
		}
	}
	return 0;
}

/* Mutation G07: kt_completion_fork_child() empty: the child wakes threads of the parent's. */
Test(kthread_edges, completions_work_in_a_child_of_waiting_threads)
{
	struct completion *x = waited;
	struct task_struct *k[16];

	for (int i = 0; i < 16; i++) {
		init_completion(&x[i]);
		k[i] = kthread_run(waits, &x[i], "parent/%d", i);
	}
	for (int i = 0; i < 16; i++)
		cr_assert(WAIT_UNTIL(kthread_get_state(k[i]) == TASK_INTERRUPTIBLE &&
				     thread_state(k[i]->pid) == 'S'));
	cr_expect_eq(in_child(waits_in_the_child, NULL), 0);
	for (int i = 0; i < 16; i++)
		kthread_stop(k[i]);
}

static unsigned int slots_taken(void)
{
	unsigned int n = 0;

	for (int i = 0; i < KTHREAD_SLOT_NR; i++)
		n += READ(kthread_slot_registry.slot[i].tid) != 0;
	return n;
}

static int counts_slots(void *arg)
{
	(void)arg;
	return (int)slots_taken();
}

static int has_its_slot(void *arg)
{
	struct kthread_slot *s = slot_self();

	(void)arg;
	return s && (pid_t)s->tid == gettid() && slots_taken() == 1 ? 0 : 1;
}

static int forks(void *status)
{
	*(int *)status = in_child(has_its_slot, NULL);
	ADD(started);
	return 0;
}

/* Mutation G08: after_fork_in_child() that only forgets the current slot. */
Test(kthread_edges, child_has_its_own_slot_and_no_others)
{
	struct task_struct *k[8];
	int status = -2;

	for (int i = 0; i < 8; i++)
		k[i] = kthread_run(until_stop, NULL, "slot/%d", i);
	cr_expect(WAIT_UNTIL(slots_taken() >= 8), "each takes one when it first runs");
	cr_expect_leq(in_child(counts_slots, NULL), 1);
	started = 0;
	k[0] = (kthread_stop(k[0]), kthread_create(forks, &status, "forks"));
	get_task_struct(k[0]);
	wake_up_process(k[0]);
	cr_assert(WAIT_UNTIL(READ(started)));
	kthread_stop_put(k[0]);
	cr_expect_eq(status, 0);
	for (int i = 1; i < 8; i++)
		kthread_stop(k[i]);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static pthread_key_t key;
static int own_stop = 1234;

static void stops_itself(void *k)
{
	own_stop = kthread_stop(k);
	ADD(started);
}

static int sets_the_key(void *arg)
{
	(void)arg;
	pthread_setspecific(key, current);
	return 3;
}

/* Mutation G09: is_self() that compares the task only. */
Test(kthread_edges, stop_of_oneself_is_refused_in_a_destructor_too)
{
	struct task_struct *k;

	pthread_key_create(&key, stops_itself);
	started = 0;
	k = kthread_create(sets_the_key, NULL, "late");
	get_task_struct(k);
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(started)));
	cr_expect_eq(own_stop, -EDEADLK);
	cr_expect_eq(kthread_stop(k), 3);
	put_task_struct(k);
}

static int until_park_is_asked(void *arg)
{
	(void)arg;
	ADD(started);
	WAIT_UNTIL(kthread_should_park());
	return 5;
}

/*
 * Mutation G10: kt_rebind() without its look at PARKED sets the affinity of a thread id that is
 * free.
 */
Test(kthread_edges, thread_that_ended_is_not_bound_again)
{
	struct task_struct *k = kthread_create_on_cpu(until_park_is_asked, NULL, 0, "edge/%u");
	pthread_t parker;

	kthread_set_per_cpu(k, 0);
	get_task_struct(k);
	started = 0;
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(started)));
	pthread_create(&parker, NULL, parks, k);
	pthread_join(parker, NULL);
	cr_assert(WAIT_UNTIL(syscall(SYS_tgkill, getpid(), k->pid, 0)));
	cr_expect_eq(kthread_bind_error(k), 0);
	cr_expect_eq(kthread_stop(k), 5);
	cr_expect_eq(kthread_bind_error(k), 0);
	put_task_struct(k);
}

static pid_t waiter;

static void *completes(void *x)
{
	WAIT_UNTIL(thread_state(waiter) == 'S');
	complete(x);
	return NULL;
}

/* Mutation G11: kt_left() in nanoseconds, which overflow. */
Test(kthread_edges, rest_of_a_very_long_timeout)
{
	struct completion x;
	unsigned long left;
	pthread_t t;

	init_completion(&x);
	waiter = gettid();
	pthread_create(&t, NULL, completes, &x);
	left = wait_for_completion_timeout(&x, msecs_to_jiffies(-1));
	pthread_join(t, NULL);
	cr_expect_gt(left, msecs_to_jiffies(-1) / 2);
}
