// SPDX-License-Identifier: GPL-2.0-only
/* Signals of kthreads. The mutation that each test was seen to catch stands above it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_signal, .timeout = 60);

static DECLARE_WAIT_QUEUE_HEAD(wq);
static struct completion never;
static unsigned int go, ready, left;
static long ret, second;
static int signr;

static long wait_schedule(void)
{
	return schedule_timeout_interruptible(1000 * HZ) > 0 ? -ERESTARTSYS : 0;
}

static long wait_wq(void)
{
	return wait_event_interruptible(wq, READ(go));
}

static long wait_wq_timeout(void)
{
	return wait_event_interruptible_timeout(wq, READ(go), 1000 * HZ);
}

static long wait_freezable(void)
{
	return wait_event_freezable(wq, READ(go));
}

static long wait_freezable_timeout(void)
{
	return wait_event_freezable_timeout(wq, READ(go), 1000 * HZ);
}

static long wait_completion(void)
{
	return wait_for_completion_interruptible(&never);
}

static long wait_completion_timeout(void)
{
	return wait_for_completion_interruptible_timeout(&never, 1000 * HZ);
}

static long wait_msleep(void)
{
	return msleep_interruptible(1000000) > 0 ? -ERESTARTSYS : 0;
}

static long wait_hrtimeout(void)
{
	ktime_t kt = ktime_set(1000, 0);

	set_current_state(TASK_INTERRUPTIBLE);
	return schedule_hrtimeout(&kt, HRTIMER_MODE_REL);
}

static int waits(void *data)
{
	long (*wait)(void) = data;

	allow_signal(SIGUSR1);
	ADD(ready);
	ret = wait();
	second = wait();
	ADD(left);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 7;
}

static struct task_struct *waiter(void *wait)
{
	struct task_struct *k = get_task_struct(kthread_run(waits, wait, "waits"));

	cr_assert(WAIT_UNTIL(READ(ready) && thread_state(k->pid) == 'S'));
	return k;
}

struct wait_case {
	const char *name;
	long (*wait)(void);
	unsigned int state;
};

static struct wait_case cases[] = {
	{ "schedule", wait_schedule, 1 },
	{ "wait_event", wait_wq, 1 },
	{ "wait_event, timeout", wait_wq_timeout, 1 },
	{ "wait_event_freezable", wait_freezable, 1 },
	{ "wait_event_freezable_timeout", wait_freezable_timeout, 1 },
	{ "completion", wait_completion, 1 },
	{ "completion, timeout", wait_completion_timeout, 1 },
	{ "msleep", wait_msleep, 1 },
	{ "hrtimeout", wait_hrtimeout, 1 },
};

/* Mutations: S01: the pending signal is not looked at by waits. S02: the sender wakes nobody. */
Test(kthread_signal, an_allowed_signal_ends_the_wait_it_meets_and_the_next)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct task_struct *k;

		ready = left = 0;
		k = waiter((void *)cases[i].wait);
		cr_expect(!signal_pending(k));
		cr_expect_eq(send_sig(SIGUSR1, k, 1), 0);
		cr_assert(WAIT_UNTIL(READ(left)), "%s: it waits on", cases[i].name);
		cr_expect_eq(ret, -ERESTARTSYS, "%s", cases[i].name);
		cr_expect_eq(second, -ERESTARTSYS, "%s, again", cases[i].name);
		cr_expect(signal_pending(k));
		cr_expect_eq(kthread_stop(k), 7);
		put_task_struct(k);
	}
}

static int ignores(void *data)
{
	(void)data;
	allow_signal(SIGUSR1);
	disallow_signal(SIGUSR1);
	allow_signal(SIGHUP);
	ADD(ready);
	wait_event_interruptible(wq, READ(go));
	ADD(left);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 0;
}

/* Mutation: S03: what is not allowed is pending all the same. */
Test(kthread_signal, what_is_not_allowed_does_nothing)
{
	struct task_struct *k = get_task_struct(kthread_run(ignores, NULL, "ignores"));

	cr_assert(WAIT_UNTIL(READ(ready) && thread_state(k->pid) == 'S'));
	cr_expect_eq(send_sig(SIGUSR1, k, 0), 0, "allowed, and taken back");
	cr_expect_eq(send_sig(SIGTERM, k, 0), 0);
	cr_expect_eq(send_sig(SIGKILL, k, 0), 0);
	cr_expect(!signal_pending(k));
	cr_expect_eq(send_sig(0, k, 0), 0);
	cr_expect_eq(send_sig(-1, k, 0), -EINVAL);
	cr_expect_eq(send_sig(65, k, 0), -EINVAL);
	cr_expect(!READ(left));
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	wake_up(&wq);
	cr_assert(WAIT_UNTIL(READ(left)));
	kthread_stop(k);
	cr_expect_eq(send_sig(SIGHUP, k, 0), -ESRCH, "it has ended");
	put_task_struct(k);
}

static int takes(void *data)
{
	int *got = data;

	allow_signal(SIGUSR2);
	allow_signal(SIGUSR1);
	allow_signal(SIGKILL);
	ADD(ready);
	while (!READ(go))
		schedule_timeout_uninterruptible(1);
	got[0] = signal_pending(current);
	got[1] = fatal_signal_pending(current);
	got[2] = kernel_dequeue_signal();
	got[3] = kernel_dequeue_signal();
	got[4] = signal_pending(current);
	got[5] = fatal_signal_pending(current);
	flush_signals(current);
	got[6] = signal_pending(current);
	got[7] = kernel_dequeue_signal();
	got[8] = signal_pending_state(TASK_INTERRUPTIBLE, current);
	/* A flushed one does not end a wait any more. */
	got[9] = schedule_timeout_interruptible(1) == 0;
	ADD(left);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 0;
}

/* Mutations: S04: a flush leaves the bit. S05: the lowest signal is not taken away. */
Test(kthread_signal, pending_ones_are_taken_or_flushed)
{
	int got[10] = { 0 }, want[10] = { 1, 1, SIGKILL, SIGUSR1, 1, 0, 0, 0, 0, 1 }, i;
	struct task_struct *k = get_task_struct(kthread_run(takes, got, "takes"));

	cr_assert(WAIT_UNTIL(READ(ready)));
	send_sig(SIGUSR2, k, 0);
	send_sig(SIGKILL, k, 0);
	send_sig(SIGUSR1, k, 0);
	cr_expect(fatal_signal_pending(k));
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	cr_assert(WAIT_UNTIL(READ(left)));
	kthread_stop_put(k);
	for (i = 0; i < 10; i++)
		cr_expect_eq(got[i], want[i], "step %d: %d", i, got[i]);
}

static long kill_schedule(void)
{
	return schedule_timeout_killable(1000 * HZ) > 0 ? -ERESTARTSYS : 0;
}

static long kill_wq(void)
{
	return wait_event_killable(wq, READ(go));
}

static long kill_completion(void)
{
	return wait_for_completion_killable(&never);
}

static int waits_killable(void *data)
{
	long (*wait)(void) = data;

	allow_signal(SIGUSR1);
	allow_signal(SIGKILL);
	ADD(ready);
	ret = wait();
	second = wait();
	ADD(left);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 7;
}

/*
 * Mutations: S06: SIGKILL is a signal as any other, S06b: and any other is as SIGKILL. Q11: the
 * loop of wait_event_killable() does not see it.
 */
Test(kthread_signal, killable_waits_end_by_SIGKILL_only)
{
	long (*waits_of[])(void) = { kill_schedule, kill_wq, kill_completion };
	size_t i;

	for (i = 0; i < 3; i++) {
		struct task_struct *k;

		ready = left = 0;
		k = get_task_struct(kthread_run(waits_killable, (void *)waits_of[i], "killable"));
		cr_assert(WAIT_UNTIL(READ(ready) && kthread_get_state(k) == TASK_KILLABLE &&
				     thread_state(k->pid) == 'S'));
		send_sig(SIGUSR1, k, 0);
		cr_expect(signal_pending(k) && !fatal_signal_pending(k));
		cr_expect(!signal_pending_state(TASK_KILLABLE, k));
		/* It looks again, if that does not end the wait anyway, and sleeps on. */
		if (waits_of[i] == kill_wq)
			wake_up(&wq);
		cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_KILLABLE &&
				     thread_state(k->pid) == 'S'),
			  "number %zu", i);
		send_sig(SIGKILL, k, 0);
		cr_assert(WAIT_UNTIL(READ(left)), "number %zu", i);
		cr_expect_eq(ret, -ERESTARTSYS, "number %zu", i);
		cr_expect_eq(second, -ERESTARTSYS, "number %zu, again", i);
		cr_expect_eq(kthread_stop(k), 7);
		put_task_struct(k);
	}
}

static int flushes_until_stop(void *data)
{
	(void)data;
	allow_signal(SIGUSR1);
	ADD(ready);
	while (!READ(go))
		schedule_timeout_uninterruptible(1);
	/* The stop is there, and no flush takes it away. */
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	flush_signals(current);
	return signal_pending(current) && wait_event_interruptible(wq, false) == -ERESTARTSYS;
}

Test(kthread_signal, a_stop_is_pending_and_cannot_be_flushed)
{
	struct task_struct *k = kthread_run(flushes_until_stop, NULL, "flushes");

	cr_assert(WAIT_UNTIL(READ(ready)));
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	cr_expect_eq(kthread_stop(k), 1);
}

static int polls(void *data)
{
	struct pollfd p = { .fd = kthread_notify_fd(), .events = POLLIN };

	(void)data;
	allow_signal(SIGUSR1);
	ADD(ready);
	while (!signal_pending(current)) {
		poll(&p, 1, -1);
		kthread_notify_clear();
	}
	ADD(left);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 0;
}

Test(kthread_signal, a_thread_that_polls_learns_of_it)
{
	struct task_struct *k = kthread_run(polls, NULL, "polls");

	cr_assert(WAIT_UNTIL(READ(ready) && thread_state(k->pid) == 'S'));
	send_sig(SIGUSR1, k, 0);
	cr_expect(WAIT_UNTIL(READ(left)));
	kthread_stop(k);
}

static void on_signal(int sig)
{
	__atomic_store_n(&signr, sig, __ATOMIC_RELEASE);
}

/* One that is not a kthread gets it from the system. */
Test(kthread_signal, to_another_thread_the_system_sends_it)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &sa, NULL);
	cr_expect_eq(send_sig(SIGUSR1, current, 0), 0);
	cr_expect(WAIT_UNTIL(READ(signr) == SIGUSR1));
	cr_expect(!signal_pending(current));
}
