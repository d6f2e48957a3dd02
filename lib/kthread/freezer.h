/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_FREEZER_H
#define KTHREAD_FREEZER_H
/*
 * The freezer: all threads that agreed to it stop at safe points of their own choosing, until
 * thawed.
 *
 *	set_freezable();
 *	while (!kthread_freezable_should_stop(NULL)) {
 *		wait for something and do it;
 *	}
 *
 * As in the kernel a kthread is not freezable unless it asks. Better than the kernel: a parked
 * thread counts as frozen, and when it is unparked meanwhile it freezes before it goes on.
 */
#include <stdbool.h>

#include <kthread/sched.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/**
 * kthread_freeze_all - freeze all freezable threads and wait until they are
 * @timeout: jiffies to wait at most
 *
 * Wakes those that sleep, again and again, as one may have been about to sleep. A caller that is
 * freezable itself is left out. Threads that become freezable later freeze at once.
 *
 * Context: may sleep.
 * Ordering: what each thread wrote before it froze is visible to the caller.
 * Return: 0; -EBUSY when the time was over, or somebody thawed: then none stays frozen.
 * Tests: W21, W22.
 */
int kthread_freeze_all(long timeout);

/*
 * kthread_thaw_all - let them go on; does not wait for them
 *
 * Ordering: what the caller wrote before is visible to each thread when it goes on.
 */
void kthread_thaw_all(void);

bool kthread_set_freezable(void);
bool kthread_try_to_freeze(void);
bool kthread_freezing(struct task_struct *p);

/**
 * kthread_freezable_should_stop - freeze here if asked to, then kthread_should_stop()
 * @was_frozen: if not NULL: did it freeze?
 *
 * A stop ends the freeze, so stopper and freezer cannot wait for each other.
 */
bool kthread_freezable_should_stop(bool *was_frozen);

#pragma GCC visibility pop

/* set_freezable - the calling kthread agrees to be frozen; try_to_freeze() and its result */
static inline bool set_freezable(void)
{
	return kthread_set_freezable();
}

/*
 * try_to_freeze - freeze here if asked to; a stop must wait for the thaw
 *
 * The state is TASK_RUNNING afterwards if it froze. Return: did it?
 */
static inline bool try_to_freeze(void)
{
	return kthread_try_to_freeze();
}

/*
 * freeze_kernel_threads, thaw_kernel_threads - kthread_freeze_all() with the kernel's 20 seconds,
 * and its end
 */
static inline int freeze_kernel_threads(void)
{
	return kthread_freeze_all(20L * HZ);
}

static inline void thaw_kernel_threads(void)
{
	kthread_thaw_all();
}

/* freezing - is @p asked to freeze, or frozen? */
static inline bool freezing(struct task_struct *p)
{
	return kthread_freezing(p);
}

#ifdef __cplusplus
}
#endif
#endif
