// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parking. Names begin with the scenario's id; a mutation is named by its file in tests/mutations/.
 * The races are in kthread_races.c once more, with delays.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_park, .timeout = 60);

/* Mutation P01: the thread does not park before its function. */
Test(kthread_park, P1_park_before_the_first_wake)
{
	unsigned int starts = 0;
	struct task_struct *k = kthread_create(until_stop, &starts, "p1");

	cr_assert_eq(kthread_park(k), 0);
	cr_assert_eq(READ(starts), 0);
	kthread_unpark(k);
	cr_assert(WAIT_UNTIL(READ(starts) == 1));
	cr_assert_eq(kthread_stop(k), 42);
}

/* Mutation P02: the thread looks for a stop once more behind its first park. */
Test(kthread_park, P2_stop_of_a_thread_parked_before_its_first_wake_runs_it_once)
{
	unsigned int starts, i;

	for (i = 0; i < 300; i++) {
		struct task_struct *k = kthread_create(until_stop, &starts, "p2");

		starts = 0;
		cr_assert_eq(kthread_park(k), 0);
		cr_assert_eq(kthread_stop(k), 42, "the thread's own result");
		cr_assert_eq(starts, 1);
	}
}

/* Mutation P03: a wake ends every state. */
Test(kthread_park, P3_ordinary_wakes_do_not_end_a_park)
{
	unsigned int n = 0, frozen;
	struct task_struct *k = kthread_run(counting, &n, "p3");
	int i;

	cr_assert(WAIT_UNTIL(READ(n) > 0));
	cr_assert_eq(kthread_park(k), 0);
	frozen = READ(n);
	cr_assert(WAIT_UNTIL(thread_state(k->pid) == 'S'));
	for (i = 0; i < 10000; i++)
		cr_assert_eq(wake_up_process(k), 0);
	cr_assert_eq(wake_up_state(k, TASK_NORMAL), 0);
	cr_assert_eq(kthread_get_state(k), TASK_PARKED);
	cr_assert_eq(READ(n), frozen);
	kthread_unpark(k);
	cr_assert(WAIT_UNTIL(READ(n) > frozen));
	cr_assert_eq(kthread_stop(k), 7);
}

static int cpu_seen[100000];
static unsigned int nr_seen;

static int notes_cpu(void *started)
{
	ADD(*(unsigned int *)started);
	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			kthread_parkme();
			cpu_seen[READ(nr_seen) % 100000] = sched_getcpu();
			ADD(nr_seen);
		} else {
			sched_yield();
		}
	}
	return 0;
}

/* Mutation P04: unpark does not bind. */
Test(kthread_park, P4_a_per_cpu_thread_is_bound_again_before_it_goes_on)
{
	struct task_struct *k;
	struct cpumask other;
	unsigned int started = 0, i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		cr_skip_test("needs two CPUs");
	k = kthread_create_on_cpu(notes_cpu, &started, 0, "p4/%u");
	kthread_set_per_cpu(k, 0);
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(started)));
	cpumask_clear(&other);
	cpumask_set_cpu(1, &other);
	for (i = 0; i < 300; i++) {
		cr_assert_eq(kthread_park(k), 0);
		/* What CPU hotplug does to a bound thread. */
		syscall(SYS_sched_setaffinity, k->pid, sizeof(other), &other);
		kthread_unpark(k);
		cr_assert(WAIT_UNTIL(READ(nr_seen) == i + 1));
		cr_assert_eq(cpu_seen[i], 0);
	}
	kthread_stop(k);
}

static unsigned int hammer_stop;

static void *hammer(void *k)
{
	while (!READ(hammer_stop))
		wake_up_process(k);
	return NULL;
}

Test(kthread_park, P5_wakes_that_collide_with_parking_lose_nothing)
{
	unsigned int starts = 0;
	struct task_struct *k = kthread_run(until_stop, &starts, "p5");
	pthread_t t;
	int i;

	cr_assert(WAIT_UNTIL(READ(starts)));
	pthread_create(&t, NULL, hammer, k);
	for (i = 0; i < 2000; i++) {
		cr_assert_eq(kthread_park(k), 0);
		cr_assert_eq(kthread_get_state(k), TASK_PARKED);
		kthread_unpark(k);
	}
	__atomic_store_n(&hammer_stop, 1, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	cr_assert_eq(kthread_stop(k), 42);
}

static unsigned int at_work, returned;
static pid_t parker;

/* A park is asked for: wait until the parker sleeps, or has not waited. */
static void parker_waits(void)
{
	WAIT_UNTIL(READ(returned) || thread_state(parker) == 'S');
}

static int works_on(void *data)
{
	unsigned int *n = data;

	while (!kthread_should_stop()) {
		__atomic_store_n(&at_work, 1, __ATOMIC_RELEASE);
		ADD(*n);
		if (kthread_should_park()) {
			parker_waits();
			__atomic_store_n(&at_work, 0, __ATOMIC_RELEASE);
			kthread_parkme();
		}
	}
	return 7;
}

/* Mutation P06: park returns as soon as it has asked. */
Test(kthread_park, P6_a_parked_thread_runs_no_code_of_its_own)
{
	unsigned int n = 0, before, working, i, j;
	struct task_struct *k = kthread_run(works_on, &n, "p6");

	parker = gettid();
	for (i = 0; i < 200; i++) {
		/* Else the next park would come before it has run at all. */
		before = READ(n);
		cr_assert(WAIT_UNTIL(READ(n) > before));
		cr_assert_eq(kthread_park(k), 0);
		working = READ(at_work);
		__atomic_store_n(&returned, working, __ATOMIC_RELEASE);
		cr_assert_eq(working, 0, "it did not wait");
		before = READ(n);
		for (j = 0; j < 100; j++)
			cr_assert_eq(READ(n), before);
		kthread_unpark(k);
	}
	kthread_stop(k);
}

/* P7_ROUNDS=1000000 for as many. */
Test(kthread_park, P7_unpark_followed_by_park_at_once, .timeout = 600)
{
	const char *rounds = getenv("P7_ROUNDS");
	int n = rounds ? atoi(rounds) : 50000, i;
	unsigned int starts = 0;
	struct task_struct *k = kthread_run(until_stop, &starts, "p7");

	for (i = 0; i < n; i++) {
		cr_assert_eq(kthread_park(k), 0);
		cr_assert_eq(kthread_get_state(k), TASK_PARKED);
		kthread_unpark(k);
		if (i % 100 == 0)
			cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_INTERRUPTIBLE));
	}
	cr_assert_eq(kthread_stop(k), 42);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

/* Mutation P07b: unpark leaves the thread asleep in the kernel. */
Test(kthread_park, P7_unpark_wakes_a_thread_that_sleeps)
{
	unsigned int n = 0;
	struct task_struct *k = kthread_run(counting, &n, "p7");

	cr_assert(WAIT_UNTIL(READ(n)));
	cr_assert_eq(kthread_park(k), 0);
	cr_assert(WAIT_UNTIL(thread_state(k->pid) == 'S'));
	kthread_unpark(k);
	cr_assert_eq(kthread_stop(k), 7);
}

/* Mutation P08: unpark looks neither for a request nor for the state that it ends. */
Test(kthread_park, P8_unpark_of_a_running_thread_does_nothing)
{
	unsigned int starts = 0;
	struct task_struct *k = kthread_create_on_cpu(until_stop, &starts, 0, "p8/%u");

	kthread_set_per_cpu(k, 0);
	kthread_unpark(k);
	cr_assert_eq(kthread_get_state(k), TASK_UNINTERRUPTIBLE, "not even started");
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(starts)));
	kthread_unpark(k);
	cr_assert_eq(kthread_park(k), 0);
	cr_assert_eq(kthread_stop(k), 42);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

/* Mutation P08b: unpark binds a thread that is not parked. */
Test(kthread_park, P8_unpark_of_a_running_per_cpu_thread_does_not_bind_it)
{
	struct cpumask all, other, seen;
	unsigned int starts = 0;
	struct task_struct *k;

	syscall(SYS_sched_getaffinity, 0, sizeof(all), &all);
	if (!cpumask_test_cpu(0, &all) || !cpumask_test_cpu(1, &all))
		cr_skip_test("needs two CPUs");
	k = kthread_create_on_cpu(until_stop, &starts, 0, "p8/%u");
	kthread_set_per_cpu(k, 0);
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(starts)));
	cpumask_clear(&other);
	cpumask_set_cpu(1, &other);
	syscall(SYS_sched_setaffinity, k->pid, sizeof(other), &other);
	kthread_unpark(k);
	cpumask_clear(&seen);
	syscall(SYS_sched_getaffinity, k->pid, sizeof(seen), &seen);
	cr_assert(cpumask_test_cpu(1, &seen) && !cpumask_test_cpu(0, &seen));
	cr_assert_eq(kthread_stop(k), 42);
}

/* Mutation P09: stop binds as kthread_bind() does, which reports a thread that was started. */
Test(kthread_park, P9_stop_of_a_per_cpu_thread_that_is_not_parked_is_quiet)
{
	unsigned int starts = 0;
	struct task_struct *k = kthread_create_on_cpu(until_stop, &starts, 0, "p9/%u");

	kthread_set_per_cpu(k, 0);
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(starts)));
	cr_assert_eq(kthread_stop(k), 42);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

/* Mutation P10: a second park is not refused. */
Test(kthread_park, P10_a_second_park_is_refused)
{
	struct task_struct *k = kthread_run(until_stop, NULL, "p10");

	cr_assert_eq(kthread_park(k), 0);
	cr_assert_eq(kthread_park(k), -EBUSY);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_PARK_TWICE), 1);
	cr_assert_eq(kthread_get_state(k), TASK_PARKED);
	kthread_unpark(k);
	cr_assert(WAIT_UNTIL(kthread_get_state(k) != TASK_PARKED));
	kthread_stop(k);
}

static int ends_when_told(void *go)
{
	while (!READ(*(unsigned int *)go))
		sched_yield();
	return 9;
}

/* Mutation P11b: park of a thread that has exited is not reported. */
Test(kthread_park, P11_park_of_a_thread_that_exits_returns)
{
	int i;

	for (i = 0; i < 500; i++) {
		unsigned int go = 0;
		struct task_struct *k = kthread_run(ends_when_told, &go, "p11");

		get_task_struct(k);
		while (kthread_get_state(k) == TASK_UNINTERRUPTIBLE)
			sched_yield();
		__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
		if (i % 5 == 0)
			cr_assert(WAIT_UNTIL(!thread_state(k->pid)));
		/* It may still park before its function if the first wake is not through. */
		switch (kthread_park(k)) {
		case -ENOSYS:
			break;
		case 0:
			kthread_unpark(k);
			break;
		default:
			cr_assert_fail("neither");
		}
		kthread_stop_put(k);
	}
	cr_assert(kthread_warn_count(KTHREAD_WARN_PARK_EXITED) >= 1);
}

static unsigned int self_rounds;

static int parks_itself(void *data)
{
	(void)data;
	cr_assert_eq(kthread_park(current), 0);
	cr_assert(kthread_should_park());
	ADD(self_rounds);
	kthread_parkme();
	ADD(self_rounds);
	cr_assert(WAIT_UNTIL(kthread_should_park()));
	parker_waits();
	return until_stop(NULL);
}

/* Mutation P12: parking counts, and a park takes the count of an earlier one. */
Test(kthread_park, P12_after_a_self_park_the_next_park_waits_for_the_real_one)
{
	struct task_struct *k = kthread_run(parks_itself, NULL, "p12");
	unsigned int state;

	parker = gettid();
	cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_PARKED));
	cr_assert_eq(READ(self_rounds), 1);
	cr_assert_eq(kthread_park(k), -EBUSY);
	kthread_unpark(k);
	cr_assert(WAIT_UNTIL(READ(self_rounds) == 2));
	cr_assert_eq(kthread_park(k), 0);
	state = kthread_get_state(k);
	ADD(returned);
	cr_assert_eq(state, TASK_PARKED, "it did not wait");
	cr_assert_eq(kthread_stop(k), 42);
}

static long parks(void *k)
{
	return kthread_park(k);
}

Test(kthread_park, P13_park_and_stop_at_once_both_return)
{
	int i;

	for (i = 0; i < 1000; i++) {
		unsigned int starts = 0;
		struct task_struct *k = kthread_create(until_stop, &starts, "p13");
		struct call park;
		int stop;

		get_task_struct(k);
		if (i % 2)
			wake_up_process(k);
		call_start(&park, parks, k);
		if (i % 4 > 1)
			sched_yield();
		stop = kthread_stop(k);
		call_join(&park);
		cr_assert(park.ret == 0 || park.ret == -ENOSYS, "%ld", park.ret);
		cr_assert(stop == 42 || stop == -EINTR);
		cr_assert_eq(stop == 42, starts == 1);
		put_task_struct(k);
	}
}

static unsigned int works;
static void count_work(struct kthread_work *work)
{
	(void)work;
	ADD(works);
}

/* Mutation P15: a worker does not look for a park. */
Test(kthread_park, P15_a_worker_parks_between_two_works)
{
	struct kthread_worker *w = kthread_run_worker(0, "p15");
	DEFINE_KTHREAD_WORK(work, count_work);
	struct call park;

	cr_assert(kthread_queue_work(w, &work));
	kthread_flush_worker(w);
	cr_assert_eq(READ(works), 1);
	call_start(&park, parks, w->task);
	cr_assert(WAIT_UNTIL(READ(park.returned)));
	cr_assert_eq(call_join(&park), 0);
	cr_assert(kthread_queue_work(w, &work));
	cr_assert_eq(kthread_get_state(w->task), TASK_PARKED);
	cr_assert_eq(READ(works), 1);
	kthread_unpark(w->task);
	kthread_flush_work(&work);
	cr_assert_eq(READ(works), 2);
	kthread_destroy_worker(w);
}
