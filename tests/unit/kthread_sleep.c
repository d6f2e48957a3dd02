// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleeping for a time, giving way, and what is no cancellation point. The mutation that each test
 * was seen to catch stands above it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>

#include "tests/unit/hold.h"

TestSuite(kthread_sleep, .timeout = 60);

static unsigned int ready, over, steps;

static uint64_t took_ns(void (*fn)(void))
{
	uint64_t begin = ktime_get_ns();

	fn();
	return ktime_get_ns() - begin;
}

static void sleep_ms(void)
{
	msleep(5);
}

static void sleep_s(void)
{
	ssleep(1);
}

static void sleep_us(void)
{
	usleep_range(3000, 4000);
}

static void sleep_idle(void)
{
	usleep_idle_range(3000, 4000);
}

static void sleep_short(void)
{
	fsleep(9);
}

static void sleep_long(void)
{
	fsleep(3000);
}

static void spin_us(void)
{
	udelay(300);
}

static void spin_ns(void)
{
	ndelay(300000);
}

static void spin_ms(void)
{
	mdelay(2);
}

/* Mutation: Y01: half the time. */
Test(kthread_sleep, no_sleep_is_early)
{
	static const struct {
		void (*fn)(void);
		uint64_t ns;
	} sleeps[] = {
		{ sleep_ms, 5000000 },	 { sleep_s, 1000000000 }, { sleep_us, 3000000 },
		{ sleep_idle, 3000000 }, { sleep_short, 9000 },	  { sleep_long, 3000000 },
		{ spin_us, 300000 },	 { spin_ns, 300000 },	  { spin_ms, 2000000 },
	};
	size_t i;

	for (i = 0; i < sizeof(sleeps) / sizeof(sleeps[0]); i++)
		cr_expect_geq(took_ns(sleeps[i].fn), sleeps[i].ns, "number %zu", i);
	cr_expect_eq(msleep_interruptible(3), 0);
	cr_expect_eq(get_current_state(), TASK_RUNNING);
	msleep(0);
}

static int sleeps_long(void *data)
{
	(void)data;
	ADD(ready);
	msleep(50);
	ADD(over);
	return 0;
}

/* Mutation: Y02: a wake ends it. */
Test(kthread_sleep, wakes_do_not_end_a_sleep)
{
	struct task_struct *k = get_task_struct(kthread_create(sleeps_long, NULL, "sleeps"));
	uint64_t begin = ktime_get_ns();

	wake_up_process(k);
	while (!READ(over)) {
		wake_up_process(k);
		usleep(300);
	}
	cr_expect_geq(ktime_get_ns() - begin, 50000000U);
	kthread_stop_put(k);
}

static int sleeps_interruptible(void *data)
{
	(void)data;
	ADD(ready);
	return msleep_interruptible(3600 * 1000) > 0;
}

Test(kthread_sleep, a_stop_ends_an_interruptible_sleep)
{
	struct task_struct *k = kthread_run(sleeps_interruptible, NULL, "sleeps");

	cr_assert(WAIT_UNTIL(READ(ready) && thread_state(k->pid) == 'S'));
	wake_up_process(k);
	cr_expect_eq(kthread_stop(k), 1, "the time that was left");
}

/* Mutations: Y03: absolute is taken for relative. Y04: 0 when woken. */
Test(kthread_sleep, hrtimeouts_by_mode)
{
	ktime_t kt = ms_to_ktime(3), begin = ktime_get(), past = 1, none = 0;

	set_current_state(TASK_INTERRUPTIBLE);
	cr_expect_eq(schedule_hrtimeout(&kt, HRTIMER_MODE_REL), 0);
	cr_expect_geq(ktime_ms_delta(ktime_get(), begin), 3);

	kt = ktime_add_ms(ktime_get(), 3);
	set_current_state(TASK_UNINTERRUPTIBLE);
	cr_expect_eq(schedule_hrtimeout_range(&kt, 1000, HRTIMER_MODE_ABS), 0);
	cr_expect(!ktime_before(ktime_get(), kt));

	set_current_state(TASK_INTERRUPTIBLE);
	cr_expect_eq(schedule_hrtimeout(&past, HRTIMER_MODE_ABS), 0, "over already");
	set_current_state(TASK_INTERRUPTIBLE);
	cr_expect_eq(schedule_hrtimeout(&none, HRTIMER_MODE_REL), 0);
	cr_expect_eq(get_current_state(), TASK_RUNNING);

	kt = KTIME_MAX;
	set_current_state(TASK_INTERRUPTIBLE);
	wake_up_process(current);
	cr_expect_eq(schedule_hrtimeout(&kt, HRTIMER_MODE_REL), -EINTR, "woken");
	set_current_state(TASK_INTERRUPTIBLE);
	wake_up_process(current);
	cr_expect_eq(schedule_hrtimeout(NULL, HRTIMER_MODE_ABS), -EINTR);
}

/*
 * Mutations: Y05: it only returns. Y05b: one sleep is announced for good, Y05c: or one that did not
 * come about.
 */
Test(kthread_sleep, schedule_without_a_state_gives_way)
{
	struct hold yields = { .point = "yield", .go = 1 };
	long left;

	hold_begin(&yields);
	schedule();
	cr_expect_eq(READ(yields.came), 1);
	left = schedule_timeout(1000000);
	cr_expect(left > 0 && left <= 1000000, "it may have had to wait for its CPU: %ld", left);
	cr_expect_eq(READ(yields.came), 2);
	/* A wake came first: that was a sleep that is over, not a yield. */
	set_current_state(TASK_INTERRUPTIBLE);
	wake_up_process(current);
	schedule();
	cr_expect_eq(READ(yields.came), 2);
	schedule();
	cr_expect_eq(READ(yields.came), 3);
	/* Announced, and thought better of it. */
	set_current_state(TASK_INTERRUPTIBLE);
	wake_up_process(current);
	__set_current_state(TASK_RUNNING);
	schedule();
	cr_expect_eq(READ(yields.came), 4);
}

static void run_for_cpu_ns(uint64_t ns)
{
	struct timespec ts;
	uint64_t begin = 0, now;

	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
		now = (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
		begin = begin ?: now;
	} while (now - begin <= ns);
}

static int asks(void *data)
{
	int *said = data, i;

	said[0] = need_resched();
	run_for_cpu_ns(KTHREAD_SLICE_NS);
	said[1] = need_resched();
	said[2] = need_resched(); /* until it has called schedule() */
	set_current_state(TASK_INTERRUPTIBLE);
	schedule_timeout(1);
	said[3] = need_resched();
	run_for_cpu_ns(KTHREAD_SLICE_NS);
	said[4] = need_resched();
	schedule();
	said[5] = need_resched();
	said[6] = cond_resched();
	run_for_cpu_ns(KTHREAD_SLICE_NS);
	set_current_state(TASK_INTERRUPTIBLE);
	said[7] = cond_resched();
	said[8] = get_current_state() == TASK_INTERRUPTIBLE;
	__set_current_state(TASK_RUNNING);
	said[9] = cond_resched();
	/* Sleeping is not running. */
	for (i = 0; i < 10; i++)
		usleep(1000);
	said[10] = need_resched();
	ADD(over);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ);
	return 0;
}

/* Mutations: Y06: schedule() does not begin a slice. Y07: the time of sleep counts. */
Test(kthread_sleep, need_resched_after_a_slice)
{
	int want[11] = { 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0 }, said[11], i;
	struct task_struct *k = kthread_run(asks, said, "asks");

	cr_assert(WAIT_UNTIL(READ(over)));
	kthread_stop(k);
	for (i = 0; i < 11; i++)
		cr_expect_eq(said[i], want[i], "question %d: %d", i, said[i]);
}

/* ---- cancellation ---------------------------------------------------------------------------- */
static DECLARE_WAIT_QUEUE_HEAD(wq);
static struct task_struct *poller;

static int polls(void *data)
{
	(void)data;
	kthread_notify_fd();
	ADD(ready);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ);
	return 3;
}

static int waits_all(void *data)
{
	struct task_struct *k;
	struct completion c;
	ktime_t kt = 1000;

	(void)data;
	init_completion(&c);
	pthread_cancel(pthread_self());
	schedule();
	schedule_timeout_interruptible(1);
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_hrtimeout(&kt, HRTIMER_MODE_REL);
	msleep(1);
	ADD(steps);
	wait_event_timeout(wq, false, 1);
	wait_event_interruptible_timeout(wq, false, 1);
	wait_for_completion_timeout(&c, 1);
	wait_for_completion_interruptible_timeout(&c, 1);
	ADD(steps);
	kthread_notify_fd();
	wake_up_process(current);
	kthread_notify_clear();
	wake_up_process(poller);
	ADD(steps);
	WARN_ON(true);
	k = kthread_create_on_node(until_stop, NULL, 0, "child");
	get_task_struct(k);
	wake_up_process(k);
	kthread_park(k);
	kthread_unpark(k);
	kthread_stop(k);
	put_task_struct(k);
	kthread_stop_put(poller); /* the last reference: the eventfd is closed */
	ADD(steps);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	ADD(steps);
	pthread_testcancel();
	ADD(steps);
	return 0;
}

/* Mutations: Y08: the eventfd is written by libc's write(). Y09: a report is one. */
Test(kthread_sleep, no_wait_is_a_cancellation_point)
{
	struct task_struct *k;

	poller = get_task_struct(kthread_run(polls, NULL, "polls"));
	cr_assert(WAIT_UNTIL(READ(ready)));
	k = get_task_struct(kthread_create(waits_all, NULL, "waits"));
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(steps) == 4), "cancelled in between");
	cr_expect_eq(kthread_stop_put(k), -ECANCELED);
	cr_expect_eq(READ(steps), 5, "at its own cancellation point");
}
