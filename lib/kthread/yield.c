// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving way. The slice is CPU time, whose clock costs a system call: it is read only when the slice
 * can be over by the other clock.
 */
#include "lib/kthread/internal.h"

#include <sched.h>

#include "lib/kthread/testing.h"

static uint64_t cpu_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

void kt_yield(void)
{
	KT_DELAY("yield");
	sched_yield();
}

void kt_slice_restart(struct kt_task *t)
{
	t->slice_cpu_ns = cpu_clock_ns();
	t->slice_check_ns = slot_clock_ns() + KTHREAD_SLICE_NS;
}

static bool slice_is_over(struct kt_task *t)
{
	uint64_t now_ns = slot_clock_ns();
	uint64_t ran_ns;

	if (now_ns < t->slice_check_ns)
		return false;
	t->asks_resched = true;
	ran_ns = cpu_clock_ns() - t->slice_cpu_ns;
	if (ran_ns > KTHREAD_SLICE_NS)
		return true;
	t->slice_check_ns = now_ns + (KTHREAD_SLICE_NS - ran_ns);
	return false;
}

bool kthread_need_resched(void)
{
	return slice_is_over(kt_current());
}

int kthread_cond_resched(void)
{
	struct kt_task *t = kt_current();

	if (!slice_is_over(t))
		return 0;
	kt_yield();
	kt_slice_restart(t);
	return 1;
}
