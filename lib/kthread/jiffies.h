/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_JIFFIES_H
#define KTHREAD_JIFFIES_H
/*
 * Kernel time: a jiffy is one millisecond of CLOCK_MONOTONIC. Conversions to jiffies round up, so
 * that no wait is shorter than asked.
 */
#define HZ		     1000
#define MAX_SCHEDULE_TIMEOUT __LONG_MAX__
#define MAX_JIFFY_OFFSET     ((__LONG_MAX__ >> 1) - 1)

#pragma GCC visibility push(default)
unsigned long kthread_jiffies(void);
#pragma GCC visibility pop

#define jiffies kthread_jiffies()

static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	return (int)ms < 0 ? (unsigned long)MAX_JIFFY_OFFSET : ms;
}

static inline unsigned long usecs_to_jiffies(unsigned int us)
{
	return us / 1000UL + (us % 1000U != 0);
}

static inline unsigned long nsecs_to_jiffies(unsigned long long ns)
{
	return (unsigned long)(ns / 1000000ULL);
}

static inline unsigned int jiffies_to_msecs(unsigned long j)
{
	return (unsigned int)j;
}

static inline unsigned int jiffies_to_usecs(unsigned long j)
{
	return (unsigned int)(j * 1000UL);
}

/* Wrap-around safe comparisons. */
#define time_after(a, b)     ((long)((b) - (a)) < 0)
#define time_before(a, b)    time_after(b, a)
#define time_after_eq(a, b)  ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
#endif
