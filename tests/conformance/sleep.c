// SPDX-License-Identifier: GPL-2.0-only
/* Sleeping for a time, and giving way. */
#include "scenario.h"

struct sleeper {
	int (*fn)(void);
	atomic_t entered, left;
};

static int sleeps(void *data)
{
	struct sleeper *s = data;
	int ret;

	atomic_set(&s->entered, 1);
	ret = s->fn();
	atomic_set(&s->left, 1);
	return ret;
}

static struct task_struct *sleeper_run(struct sleeper *s, int (*fn)(void))
{
	struct task_struct *k;

	s->fn = fn;
	k = kthread_create(sleeps, s, "sleeps");
	get_task_struct(k);
	wake_up_process(k);
	AWAIT(atomic_read(&s->entered));
	await_blocked(k);
	return k;
}

static bool is_early(ktime_t begin, unsigned int ms)
{
	return ktime_before(ktime_get(), ktime_add_ms(begin, ms));
}

/* For what sleeps by jiffies: on a stalled machine the kernel's are made up for in a burst. */
static bool is_early_jiffies(unsigned long begin, unsigned int ms)
{
	return time_before(jiffies, begin + msecs_to_jiffies(ms));
}

static int sleep_ms(void)
{
	unsigned long begin = jiffies;

	msleep(100);
	return is_early_jiffies(begin, 100);
}

static int sleep_range(void)
{
	ktime_t begin = ktime_get();

	usleep_range(100000, 100100);
	return is_early(begin, 100);
}

static int sleep_flexible(void)
{
	unsigned long begin = jiffies;

	fsleep(100000);
	return is_early_jiffies(begin, 100);
}

static int sleep_interruptible(void)
{
	unsigned long begin = jiffies;

	return msleep_interruptible(100) > 0 ? -1 : is_early_jiffies(begin, 100);
}

void scenario_T1(void)
{
	static int (*const fns[])(void) = { sleep_ms, sleep_range, sleep_flexible,
					    sleep_interruptible };
	int i, n, ret;

	for (i = 0; i < 4; i++) {
		struct sleeper *s = alloc(sizeof(*s));
		struct task_struct *k = sleeper_run(s, fns[i]);

		for (n = 0; n < 10; n++)
			wake_up_process(k);
		AWAIT(atomic_read(&s->left));
		ret = kthread_stop(k);
		put_task_struct(k);
		say("number %d, woken again and again: early %d", i, ret);
	}
}

static int left_of_a_second(void)
{
	return msleep_interruptible(1000) > 0;
}

static int left_of_all(void)
{
	unsigned long begin = jiffies;

	msleep(500);
	return is_early_jiffies(begin, 500);
}

void scenario_T2(void)
{
	struct sleeper *s = alloc(sizeof(*s));
	struct task_struct *k = sleeper_run(s, left_of_a_second);

	say("msleep_interruptible: a stop leaves some of the time: %d", kthread_stop(k));
	put_task_struct(k);
	s = alloc(sizeof(*s));
	k = sleeper_run(s, left_of_all);
	say("msleep: a stop ends it: %d", kthread_stop(k));
	put_task_struct(k);
}

static int hrtimeouts(void *data)
{
	ktime_t begin = ktime_get(), kt = ms_to_ktime(20), none = 0;
	struct completion *over = data;
	int ret;

	set_current_state(TASK_INTERRUPTIBLE);
	ret = schedule_hrtimeout(&kt, HRTIMER_MODE_REL);
	say("relative: %s, early %d", err(ret), is_early(begin, 20));
	kt = ktime_add_ms(ktime_get(), 20);
	set_current_state(TASK_UNINTERRUPTIBLE);
	ret = schedule_hrtimeout_range(&kt, 1000, HRTIMER_MODE_ABS);
	say("absolute: %s, early %d", err(ret), ktime_before(ktime_get(), kt));
	kt = 1;
	set_current_state(TASK_UNINTERRUPTIBLE);
	say("over already: %s", err(schedule_hrtimeout(&kt, HRTIMER_MODE_ABS)));
	set_current_state(TASK_INTERRUPTIBLE);
	ret = schedule_hrtimeout(&none, HRTIMER_MODE_REL);
	say("none: %s, running: %d", err(ret), state_of(current) == TASK_RUNNING);
	kt = ktime_set(3600, 0);
	set_current_state(TASK_INTERRUPTIBLE);
	wake_up_process(current);
	say("woken: %s", err(schedule_hrtimeout(&kt, HRTIMER_MODE_REL)));
	set_current_state(TASK_INTERRUPTIBLE);
	wake_up_process(current);
	say("without an end, woken: %s", err(schedule_hrtimeout(NULL, HRTIMER_MODE_REL)));
	complete(over);
	return 0;
}

void scenario_T3(void)
{
	struct completion *over = alloc(sizeof(*over));

	init_completion(over);
	kthread_run(hrtimeouts, over, "hrtimeouts");
	wait_for_completion(over);
}

static int without_a_state(void *data)
{
	struct completion *over = data;

	schedule();
	say("schedule: returns");
	say("schedule_timeout: time is left: %d", schedule_timeout(FAR) > 0);
	set_current_state(TASK_INTERRUPTIBLE);
	cond_resched();
	say("cond_resched leaves the state alone: %d", state_of(current) == TASK_INTERRUPTIBLE);
	__set_current_state(TASK_RUNNING);
	say("schedule_timeout_idle: %ld", schedule_timeout_idle(2));
	say("schedule_timeout_killable: %ld", schedule_timeout_killable(2));
	complete(over);
	return 0;
}

void scenario_T4(void)
{
	struct completion *over = alloc(sizeof(*over));

	init_completion(over);
	kthread_run(without_a_state, over, "stateless");
	wait_for_completion(over);
}
