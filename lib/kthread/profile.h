/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_PROFILE_H
#define KTHREAD_PROFILE_H
/*
 * Profiles: behave as the kernel of a given version where versions differ. The default is the
 * newest behaviour; KTHREAD_PROFILE=6.1 in the environment, or kthread_set_profile("6.1"), asks for
 * an older one. The first create decides for the whole process, and for its children. A program
 * that runs with more privileges than its caller (set-user-ID) does not look at the environment.
 *
 * A version is MAJOR.MINOR, which stands for the last release of that series, or
 * MAJOR.MINOR.PATCH, from 5.10 to 7; "7.x" and "newest" are the default.
 *
 * What differs, and where (all that is not listed is the same in every profile):
 *
 *	since			before						from then on
 *	5.14, 5.13.2, 5.12.17,	kthread_mod_delayed_work() returns false	it returns true
 *	5.10.50			while somebody cancels the work
 *	6.1			kthread_stop() wakes the thread once, its	it ends them, and
 *				later interruptible waits go on: they do not	signal_pending() is
 *				return -ERESTARTSYS, and signal_pending() is	true
 *				false
 *	6.14			kthread_create_worker() and its variants	the first queued
 *				start the thread; _on_cpu takes a negative	work starts it;
 *				CPU for "unbound"				-EINVAL
 *	6.14			a node gets a thread's memory only		its CPUs are also
 *										preferred
 *
 * Without a switch, because 5.10 and later agree, or because a caller cannot see it:
 * -EBUSY of a park that is pending (4.18), the name before the creation (6.4), the unpark of a
 * thread that nobody asked to park (6.12: the kernel only warned), the state of a worker that
 * freezes (6.12). Functions that came later (kthread_affine_preferred(), kthread_run_worker(),
 * kthread_stop_put(), ...) are there in every profile. So are the reports of misuse.
 */

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/**
 * kthread_set_profile - behave as kernel @version, whatever KTHREAD_PROFILE says
 *
 * A KTHREAD_PROFILE that is not a version is reported once, and the newest behaviour taken.
 *
 * Return: 0; -EINVAL if @version is not known; -EBUSY after the first create: then nothing changes.
 */
int kthread_set_profile(const char *version);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
