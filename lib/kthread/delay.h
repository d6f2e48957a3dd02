/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_DELAY_H
#define KTHREAD_DELAY_H
/*
 * Sleeping for a time: wakes do not end these, unlike schedule_timeout().
 *
 * Never early. How late is the system's: the timer slack of kthreads is 50 us, which a range given
 * to usleep_range() does not change.
 */
#include <stdint.h>

#include <kthread/sched.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

/*
 * kthread_sleep_ns - sleep for @ns in @state; a signal or a stop ends TASK_INTERRUPTIBLE
 *
 * Return: 0, or, when it was ended, the nanoseconds that were left, at least 1.
 */
uint64_t kthread_sleep_ns(uint64_t ns, unsigned int state);

/* kthread_delay_ns - keep the CPU busy for @ns */
void kthread_delay_ns(uint64_t ns);

/* msleep - sleep for @ms milliseconds, also when woken or asked to stop */
static inline void msleep(unsigned int ms)
{
	kthread_sleep_ns(ms * 1000000ULL, TASK_UNINTERRUPTIBLE);
}

/*
 * msleep_interruptible - the same, but a signal or a stop ends it (a wake does not)
 *
 * Return: 0, or the milliseconds that were left, at least 1.
 */
static inline unsigned long msleep_interruptible(unsigned int ms)
{
	uint64_t left_ns = kthread_sleep_ns(ms * 1000000ULL, TASK_INTERRUPTIBLE);

	return (unsigned long)((left_ns + 999999) / 1000000);
}

static inline void ssleep(unsigned int seconds)
{
	kthread_sleep_ns(seconds * 1000000000ULL, TASK_UNINTERRUPTIBLE);
}

/* usleep_range_state - sleep for at least @min_us microseconds in @state; @max_us is not used */
static inline void usleep_range_state(unsigned long min_us, unsigned long max_us,
				      unsigned int state)
{
	(void)max_us;
	kthread_sleep_ns(min_us * 1000ULL, state);
}

static inline void usleep_range(unsigned long min_us, unsigned long max_us)
{
	usleep_range_state(min_us, max_us, TASK_UNINTERRUPTIBLE);
}

static inline void usleep_idle_range(unsigned long min_us, unsigned long max_us)
{
	usleep_range_state(min_us, max_us, TASK_IDLE);
}

/* udelay and the like - wait without sleeping */
static inline void ndelay(unsigned long ns)
{
	kthread_delay_ns(ns);
}

static inline void udelay(unsigned long us)
{
	kthread_delay_ns(us * 1000ULL);
}

static inline void mdelay(unsigned long ms)
{
	kthread_delay_ns(ms * 1000000ULL);
}

/* fsleep - at least @us microseconds: up to 10 by udelay(), longer ones asleep */
static inline void fsleep(unsigned long us)
{
	if (us <= 10)
		udelay(us);
	else
		kthread_sleep_ns(us * 1000ULL, TASK_UNINTERRUPTIBLE);
}

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
