/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_KTIME_H
#define KTHREAD_KTIME_H
/* Times in nanoseconds: ktime_get() is CLOCK_MONOTONIC, as jiffies are. */
#include <stdbool.h>
#include <stdint.h>

typedef int64_t ktime_t;

#define KTIME_MAX INT64_MAX

#ifndef NSEC_PER_SEC
#define NSEC_PER_SEC  1000000000L
#define NSEC_PER_MSEC 1000000L
#define NSEC_PER_USEC 1000L
#define USEC_PER_SEC  1000000L
#define USEC_PER_MSEC 1000L
#define MSEC_PER_SEC  1000L
#endif

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

uint64_t kthread_clock_ns(void);

static inline ktime_t ktime_get(void)
{
	return (ktime_t)kthread_clock_ns();
}

static inline uint64_t ktime_get_ns(void)
{
	return kthread_clock_ns();
}

/* ktime_set - seconds and nanoseconds together; KTIME_MAX if that is too long */
static inline ktime_t ktime_set(int64_t secs, unsigned long nsecs)
{
	return secs >= INT64_MAX / 1000000000 ? KTIME_MAX : secs * 1000000000 + (int64_t)nsecs;
}

static inline ktime_t ns_to_ktime(uint64_t ns)
{
	return (ktime_t)ns;
}

static inline ktime_t us_to_ktime(uint64_t us)
{
	return (ktime_t)(us * 1000);
}

static inline ktime_t ms_to_ktime(uint64_t ms)
{
	return (ktime_t)(ms * 1000000);
}

static inline int64_t ktime_to_ns(ktime_t kt)
{
	return kt;
}

static inline int64_t ktime_to_us(ktime_t kt)
{
	return kt / 1000;
}

static inline int64_t ktime_to_ms(ktime_t kt)
{
	return kt / 1000000;
}

static inline ktime_t ktime_add(ktime_t a, ktime_t b)
{
	return a + b;
}

static inline ktime_t ktime_sub(ktime_t a, ktime_t b)
{
	return a - b;
}

static inline ktime_t ktime_add_ns(ktime_t kt, uint64_t ns)
{
	return kt + (ktime_t)ns;
}

static inline ktime_t ktime_add_us(ktime_t kt, uint64_t us)
{
	return kt + us_to_ktime(us);
}

static inline ktime_t ktime_add_ms(ktime_t kt, uint64_t ms)
{
	return kt + ms_to_ktime(ms);
}

static inline int64_t ktime_us_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_us(later - earlier);
}

static inline int64_t ktime_ms_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_ms(later - earlier);
}

/* ktime_compare - negative, 0 or positive, as @a is before, at or after @b */
static inline int ktime_compare(ktime_t a, ktime_t b)
{
	return (a > b) - (a < b);
}

static inline bool ktime_after(ktime_t a, ktime_t b)
{
	return a > b;
}

static inline bool ktime_before(ktime_t a, ktime_t b)
{
	return a < b;
}

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
