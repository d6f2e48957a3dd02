/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_NOTIFY_H
#define KTHREAD_NOTIFY_H
/*
 * Threads that block in system calls of their own: an eventfd that becomes readable when somebody
 * stops, parks, freezes or wakes the thread, to be polled with what it waits for.
 *
 *	struct pollfd p[] = { { sock, POLLIN, 0 }, { kthread_notify_fd(), POLLIN, 0 } };
 *
 *	while (!kthread_should_stop()) {
 *		poll(p, 2, -1);
 *		kthread_notify_clear();
 *		if (kthread_should_park())
 *			kthread_parkme();
 *		look at the socket and at whatever others wake it for
 *	}
 *
 * Without it a stop waits until the system call ends by itself. A wake of a thread that has one
 * costs a system call, always.
 */

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/**
 * kthread_notify_fd - the calling thread's eventfd, made at the first call
 *
 * Look at conditions of your own after the first call: a wake that came before it does not show; a
 * request to stop, park or freeze does. It lives as long as the thread's handle: do not close it,
 * and read it by kthread_notify_clear() only. A forked child has a new one under the same number.
 *
 * Return: the descriptor, non-blocking and closed by exec; -errno when no more can be had.
 * Tests: L18.
 */
int kthread_notify_fd(void);

/*
 * kthread_notify_clear - make it unreadable, before looking at what it may have announced
 *
 * Ordering: what was written before the wakes so far is visible to the caller afterwards.
 */
void kthread_notify_clear(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
