// SPDX-License-Identifier: GPL-2.0-only
/* Sleeping until a time. */
#include <kthread/delay.h>
#include <kthread/hrtimer.h>

#include "lib/kthread/internal.h"

#include <errno.h>

#include "lib/kthread/testing.h"

/* Far enough, and no sum of it and a time overflows. */
#define NS_MAX ((uint64_t)INT64_MAX / 2)

uint64_t kthread_sleep_ns(uint64_t ns, unsigned int state)
{
	uint64_t now_ns = slot_clock_ns();
	uint64_t at_ns = now_ns + (ns < NS_MAX ? ns : NS_MAX);
	struct kt_task *t = kt_current();
	struct timespec until;
	int ret = 0;

	kt_deadline_ns(&until, at_ns);
	/* Wakes are others' business: only the time counts, or a signal. */
	while (now_ns < at_ns && ret != -EINTR) {
		set_current_state(state);
		KT_DELAY("sleep ns");
		ret = kt_schedule(t, &until);
		now_ns = slot_clock_ns();
	}
	return now_ns < at_ns ? at_ns - now_ns : 0;
}

void kthread_delay_ns(uint64_t ns)
{
	uint64_t begin_ns = slot_clock_ns();

	while (slot_clock_ns() - begin_ns < ns)
		kt_cpu_relax();
}

int kthread_schedule_hrtimeout(const int64_t *expires, unsigned int mode)
{
	struct kt_task *t = kt_current();
	struct timespec until;
	uint64_t at_ns;

	if (!expires) {
		kt_schedule(t, NULL);
		return -EINTR;
	}
	/* A negative time is over: before the start of the machine, or less than now. */
	at_ns = *expires > 0 ? (uint64_t)*expires : 0;
	if (!*expires) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	if (at_ns > NS_MAX)
		at_ns = NS_MAX;
	kt_deadline_ns(&until, mode & HRTIMER_MODE_REL ? slot_clock_ns() + at_ns : at_ns);
	return kt_schedule(t, &until) == -ETIMEDOUT ? 0 : -EINTR;
}
