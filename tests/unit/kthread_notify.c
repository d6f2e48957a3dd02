// SPDX-License-Identifier: GPL-2.0-only
/*
 * The eventfd by which a thread in poll() learns of requests and wakes. The mutation that each test
 * was seen to catch stands above it. Linked with the testing build: one test delays at a marked
 * point.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "tests/unit/kthread_test.h"

extern void (*kthread_test_delay)(const char *point);

TestSuite(kthread_notify, .timeout = 60);

static unsigned int polls, wakes, ready;

static int in_poll(void *data)
{
	struct pollfd p = { .events = POLLIN };

	(void)data;
	p.fd = kthread_notify_fd();
	cr_assert_geq(p.fd, 0);
	cr_assert_eq(kthread_notify_fd(), p.fd);
	ADD(ready);
	while (!kthread_should_stop()) {
		ADD(polls);
		cr_assert_eq(poll(&p, 1, -1), 1);
		kthread_notify_clear();
		/* Cleared, unless more has come. */
		cr_assert(!poll(&p, 1, 0) || kthread_should_stop_or_park() || READ(wakes));
		if (kthread_should_park())
			kthread_parkme();
	}
	return 5;
}

static struct task_struct *poller(void)
{
	struct task_struct *k = kthread_run(in_poll, NULL, "poller");

	/* In its first poll, and asleep there. */
	cr_assert(WAIT_UNTIL(READ(polls) && thread_state(k->pid) == 'S'));
	return k;
}

/* Mutation L18b: request_stop() without kt_notify(): the stop hangs. */
Test(kthread_notify, L18_stop_of_a_thread_in_poll_returns)
{
	int i;

	for (i = 0; i < 300; i++) {
		struct task_struct *k = i % 2 ? poller() : kthread_run(in_poll, NULL, "poller");
		int ret = kthread_stop(k);

		cr_assert(ret == 5 || (ret == -EINTR && i % 2 == 0));
		__atomic_store_n(&polls, 0, __ATOMIC_RELEASE);
	}
}

/* Mutation L18c: kthread_notify_fd() does not look for requests that came first: the stop hangs. */
static int late(void *data)
{
	struct pollfd p = { .events = POLLIN };

	(void)data;
	ADD(ready);
	while (!kthread_should_stop())
		sched_yield();
	p.fd = kthread_notify_fd();
	return poll(&p, 1, -1);
}

Test(kthread_notify, L18_a_request_that_came_before_the_eventfd_is_told)
{
	struct task_struct *k = kthread_run(late, NULL, "late");

	cr_assert(WAIT_UNTIL(READ(ready)));
	cr_assert_eq(kthread_stop(k), 1);
}

/* Mutation N01: kt_wake() ignores PHASE_NOTIFY: the park hangs. */
Test(kthread_notify, a_thread_in_poll_can_be_parked)
{
	struct task_struct *k = poller();
	int i;

	for (i = 0; i < 300; i++) {
		cr_assert_eq(kthread_park(k), 0);
		cr_assert_eq(kthread_get_state(k), TASK_PARKED);
		kthread_unpark(k);
	}
	cr_assert_eq(kthread_stop(k), 5);
}

/* Mutation N02: the same. */
Test(kthread_notify, a_thread_in_poll_learns_of_wakes)
{
	struct task_struct *k = poller();
	unsigned int i, before;

	ADD(wakes);
	for (i = 0; i < 1000; i++) {
		before = READ(polls);
		cr_assert_eq(wake_up_process(k), 0, "it does not sleep in schedule()");
		cr_assert(WAIT_UNTIL(READ(polls) > before));
	}
	cr_assert_eq(kthread_stop(k), 5);
}

static int once(void *data)
{
	(void)data;
	kthread_notify_fd();
	set_current_state(TASK_INTERRUPTIBLE);
	ADD(ready);
	/* Awake, so that it goes on before the waker does. */
	while (get_current_state() != TASK_RUNNING)
		sched_yield();
	return 0;
}

static pid_t ending;
static int stranger;

static void wait_for_the_end(const char *point)
{
	if (strcmp(point, "notify") || !ending)
		return;
	WAIT_UNTIL(!thread_state(ending));
	/* Takes the number, if it is free. */
	stranger = eventfd(0, EFD_NONBLOCK);
}

/*
 * The thread ends, and nobody has a reference, between the change of its phase and the write.
 * Mutation N03: kt_notify_wake() without kt_get() and kt_put(): it writes to another's file.
 */
Test(kthread_notify, a_wake_never_writes_to_the_file_of_another)
{
	struct task_struct *k = kthread_run(once, NULL, "once");
	uint64_t count;

	cr_assert(WAIT_UNTIL(READ(ready)));
	ending = k->pid;
	__atomic_store_n(&kthread_test_delay, wait_for_the_end, __ATOMIC_RELEASE);
	wake_up_process(k);
	__atomic_store_n(&kthread_test_delay, NULL, __ATOMIC_RELEASE);
	cr_assert_gt(stranger, 0);
	cr_assert_lt(read(stranger, &count, sizeof(count)), 0);
}

static unsigned int nr_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* Mutation N04: kt_task_free() does not close it. */
Test(kthread_notify, no_descriptor_is_leaked)
{
	unsigned int before = 0, i;

	for (i = 0; i < 50; i++) {
		struct task_struct *k = kthread_run(late, NULL, "late");

		/* One that is stopped before has no descriptor. */
		cr_assert(WAIT_UNTIL(READ(ready) == i + 1));
		cr_assert_eq(kthread_stop(k), 1);
		if (i == 0)
			before = nr_fds();
	}
	cr_assert_eq(nr_fds(), before);
}

/* Mutation N05: kt_notify_fork_child() does nothing: the child's wake is seen by the parent. */
Test(kthread_notify, a_forked_child_has_an_eventfd_of_its_own)
{
	struct pollfd p = { .fd = kthread_notify_fd(), .events = POLLIN };
	int status = 0;
	pid_t pid;

	cr_assert_geq(p.fd, 0);
	pid = fork();
	if (!pid) {
		wake_up_process(current);
		_exit(poll(&p, 1, 0) != 1);
	}
	waitpid(pid, &status, 0);
	cr_assert(WIFEXITED(status) && !WEXITSTATUS(status));
	cr_assert_eq(poll(&p, 1, 0), 0);
	wake_up_process(current);
	cr_assert_eq(poll(&p, 1, 0), 1);
	kthread_notify_clear();
	cr_assert_eq(poll(&p, 1, 0), 0);
}
