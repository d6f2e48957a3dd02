// SPDX-License-Identifier: GPL-2.0-only
/* The 2004 engine: that it works as far as it did, and hangs where it did. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/keventd/keventd.h"

TestSuite(keventd, .timeout = 60);

static int until_stop(void *data)
{
	if (data)
		__atomic_fetch_add((unsigned int *)data, 1, __ATOMIC_ACQ_REL);
	while (!keventd_should_stop()) {
		keventd_set_state(KEVENTD_INTERRUPTIBLE);
		if (!keventd_should_stop())
			keventd_schedule();
	}
	keventd_set_state(KEVENTD_RUNNING);
	return 42;
}

static bool wait_for(unsigned int *n, unsigned int value)
{
	int i;

	for (i = 0; i < 100000 && __atomic_load_n(n, __ATOMIC_ACQUIRE) < value; i++)
		usleep(100);
	return __atomic_load_n(n, __ATOMIC_ACQUIRE) >= value;
}

static void cycles(unsigned int n)
{
	unsigned int starts = 0, ran = 0, i;
	struct keventd_task *k;
	int err, ret;

	for (i = 0; i < n; i++) {
		k = keventd_run(&err, until_stop, &starts, "k/%u", i);
		cr_assert(k, "%d", err);
		ret = keventd_stop(k);
		cr_assert(ret == 42 || ret == -EINTR, "%d", ret);
		ran += ret == 42;
	}
	cr_assert_eq(ran, starts);
}

Test(keventd, creation_runs_inline_before_the_helper_is_up)
{
	cycles(500);
}

Test(keventd, creation_through_the_helper)
{
	cr_assert_eq(keventd_init(), 0);
	cr_assert_eq(keventd_init(), 0, "once");
	cycles(2000);
}

Test(keventd, stop_before_the_first_wake_never_calls_the_function)
{
	unsigned int starts = 0;
	struct keventd_task *k;
	int err = 1;

	keventd_init();
	k = keventd_create(&err, until_stop, &starts, "%s", "sixteen bytes or more");
	cr_assert(k);
	cr_assert_eq(err, 0);
	cr_assert_str_eq(keventd_comm(k), "sixteen bytes o");
	cr_assert_gt(keventd_tid(k), 0);
	cr_assert_eq(keventd_stop(k), -EINTR);
	cr_assert_eq(starts, 0);
}

static void *creates(void *arg)
{
	(void)arg;
	cycles(300);
	return NULL;
}

Test(keventd, creators_and_stoppers_queue_behind_each_other)
{
	pthread_t t[4];
	int i;

	keventd_init();
	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, creates, NULL);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

static int notes_cpu(void *data)
{
	__atomic_store_n((unsigned int *)data, (unsigned int)sched_getcpu() + 1, __ATOMIC_RELEASE);
	return until_stop(NULL);
}

Test(keventd, bind)
{
	unsigned int cpu = 0;
	struct keventd_task *k = keventd_create(NULL, notes_cpu, &cpu, "bind");

	cr_assert_eq(keventd_bind(k, 0), 0);
	cr_assert_eq(keventd_bind(k, -1), -EINVAL);
	cr_assert_eq(keventd_wake_up(k), 1);
	cr_assert(wait_for(&cpu, 1));
	cr_assert_eq(cpu, 1);
	cr_assert_eq(keventd_stop(k), 42);
}

static int ends(void *data)
{
	__atomic_fetch_add((unsigned int *)data, 1, __ATOMIC_ACQ_REL);
	return 1;
}

/* The hang is the behaviour: a child plays it, and is alive and silent when we look. */
Test(keventd, M8_stop_of_a_thread_that_ended_hangs)
{
	int told[2], status;
	struct keventd_task *k;
	unsigned int n = 0;
	pid_t child;
	char c;

	cr_assert_eq(pipe(told), 0);
	child = fork();
	if (!child) {
		k = keventd_get(keventd_create(NULL, ends, &n, "ends"));
		keventd_wake_up(k);
		if (!wait_for(&n, 1))
			_exit(1);
		usleep(20000);
		if (write(told[1], "s", 1) != 1)
			_exit(2);
		keventd_stop(k);
		_exit(3);
	}
	cr_assert_eq(read(told[0], &c, 1), 1);
	usleep(200000);
	cr_assert_eq(waitpid(child, &status, WNOHANG), 0, "it came back: status %d", status);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
}
