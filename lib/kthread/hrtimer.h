/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_HRTIMER_H
#define KTHREAD_HRTIMER_H
/*
 * Sleeping until woken, or until a time in nanoseconds. Timers with callbacks are not provided: a
 * thread of one's own, or a delayed work, does what they do.
 */
#include <kthread/ktime.h>
#include <kthread/sched.h>

/* Absolute or from now; the other bits of the kernel's are accepted, without effect. */
enum hrtimer_mode {
	HRTIMER_MODE_ABS = 0x00,
	HRTIMER_MODE_REL = 0x01,
	HRTIMER_MODE_PINNED = 0x02,
	HRTIMER_MODE_SOFT = 0x04,
	HRTIMER_MODE_HARD = 0x08,
	HRTIMER_MODE_ABS_PINNED = 0x02,
	HRTIMER_MODE_REL_PINNED = 0x03,
	HRTIMER_MODE_ABS_SOFT = 0x04,
	HRTIMER_MODE_REL_SOFT = 0x05,
	HRTIMER_MODE_ABS_HARD = 0x08,
	HRTIMER_MODE_REL_HARD = 0x09,
};

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

int kthread_schedule_hrtimeout(const int64_t *expires, unsigned int mode);

/**
 * schedule_hrtimeout_range - schedule() until *@expires at most
 * @expires: NULL: no limit; a time of 0 returns at once
 * @delta: how much later it may be: not used, the thread's timer slack is what counts
 * @mode: HRTIMER_MODE_ABS: a time of ktime_get(); HRTIMER_MODE_REL: from now
 *
 * Never early. To be called with a state, as schedule(); returns in TASK_RUNNING.
 * Return: 0 when the time is over, -EINTR when woken, also by a signal or a stop.
 */
static inline int schedule_hrtimeout_range(ktime_t *expires, uint64_t delta,
					   const enum hrtimer_mode mode)
{
	(void)delta;
	return kthread_schedule_hrtimeout(expires, mode);
}

/* schedule_hrtimeout - the same without a range */
static inline int schedule_hrtimeout(ktime_t *expires, const enum hrtimer_mode mode)
{
	return kthread_schedule_hrtimeout(expires, mode);
}

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
