/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_JIFFIES_H
#define KTHREAD_JIFFIES_H
/*
 * Kernel time: a jiffy is one millisecond of CLOCK_MONOTONIC. Conversions to jiffies round up, so
 * that no wait is shorter than asked.
 */
#include <stdint.h>

#define HZ		     1000
#define MAX_SCHEDULE_TIMEOUT __LONG_MAX__
#define MAX_JIFFY_OFFSET     ((__LONG_MAX__ >> 1) - 1)

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)
unsigned long kthread_jiffies(void);
uint64_t kthread_jiffies_64(void);
#pragma GCC visibility pop

#define jiffies	   kthread_jiffies()
#define jiffies_64 get_jiffies_64()

/* get_jiffies_64 - jiffies that do not wrap around, where unsigned long has 32 bits either */
static inline uint64_t get_jiffies_64(void)
{
	return kthread_jiffies_64();
}

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

static inline uint64_t jiffies_to_nsecs(unsigned long j)
{
	return j * 1000000ULL;
}

static inline uint64_t jiffies64_to_nsecs(uint64_t j)
{
	return j * 1000000ULL;
}

static inline uint64_t nsecs_to_jiffies64(uint64_t ns)
{
	return ns / 1000000ULL;
}

/* Wrap-around safe comparisons. */
#define time_after(a, b)     ((long)((b) - (a)) < 0)
#define time_before(a, b)    time_after(b, a)
#define time_after_eq(a, b)  ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)

/* time_in_range - is @a between @b and @c, both included? _open: without @c */
#define time_in_range(a, b, c)	    (time_after_eq(a, b) && time_before_eq(a, c))
#define time_in_range_open(a, b, c) (time_after_eq(a, b) && time_before(a, c))

#define time_after64(a, b)     ((int64_t)((b) - (a)) < 0)
#define time_before64(a, b)    time_after64(b, a)
#define time_after_eq64(a, b)  ((int64_t)((a) - (b)) >= 0)
#define time_before_eq64(a, b) time_after_eq64(b, a)

/* Is @a before now, after now, ... ? */
#define time_is_before_jiffies(a)    time_after(jiffies, a)
#define time_is_after_jiffies(a)     time_before(jiffies, a)
#define time_is_before_eq_jiffies(a) time_after_eq(jiffies, a)
#define time_is_after_eq_jiffies(a)  time_before_eq(jiffies, a)

#ifdef __cplusplus
}
#endif
#endif
