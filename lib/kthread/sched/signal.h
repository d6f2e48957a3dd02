/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_SCHED_SIGNAL_H
#define KTHREAD_SCHED_SIGNAL_H
/*
 * Signals as a kthread sees them: all are ignored, except those that it allows. One of these, once
 * sent, stays pending and ends the thread's interruptible waits, now and later, until it is
 * flushed; no handler is called and no thread is killed.
 *
 *	allow_signal(SIGHUP);
 *	while (!kthread_should_stop()) {
 *		if (wait_event_interruptible(wq, has_work()) && signal_pending(current))
 *			flush_signals(current);
 *		...
 *	}
 *
 * The signals are those that send_sig() sends, within the process. What kill(2) and other programs
 * send is not seen: kthreads have all signals blocked, so other threads of the process handle it;
 * one of them may pass it on by send_sig(), though not from a signal handler. SIGKILL from outside
 * ends the process, as ever.
 *
 * A stop is also something that is pending (since 6.1, see <kthread/profile.h>), which
 * flush_signals() does not take away.
 */
#include <signal.h>
#include <stdbool.h>

#include <kthread/sched.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

void kthread_allow_signal(int sig, bool allow);
int kthread_send_sig(int sig, struct task_struct *p);
void kthread_flush_signals(struct task_struct *p);
int kthread_dequeue_signal(void);
bool kthread_fatal_signal_pending(struct task_struct *p);

/* allow_signal - the calling thread wants @sig from now on; disallow_signal: no longer */
static inline void allow_signal(int sig)
{
	kthread_allow_signal(sig, true);
}

static inline void disallow_signal(int sig)
{
	kthread_allow_signal(sig, false);
}

/**
 * send_sig - send @sig to @p, which cannot vanish during the call
 * @priv: accepted, without effect
 *
 * To a thread that is not a kthread it goes by the system, as tgkill(2) sends it.
 *
 * Context: any thread; not a signal handler.
 * Return: 0, also if @p does not allow it: then nothing has happened; -EINVAL for a number that is
 * not a signal, -ESRCH if @p has ended.
 */
static inline int send_sig(int sig, struct task_struct *p, int priv)
{
	(void)priv;
	return kthread_send_sig(sig, p);
}

/* flush_signals - @p, mostly the caller, has none pending any more */
static inline void flush_signals(struct task_struct *p)
{
	kthread_flush_signals(p);
}

/* kernel_dequeue_signal - take the lowest pending signal of the caller. Return: it, or 0 */
static inline int kernel_dequeue_signal(void)
{
	return kthread_dequeue_signal();
}

/* signal_pending - has @p a signal pending, or is it asked to stop? Interruptible waits end then. */
static inline bool signal_pending(struct task_struct *p)
{
	return kthread_signal_pending(p);
}

/* fatal_signal_pending - is SIGKILL, which @p allows, pending? Waits in TASK_KILLABLE end then. */
static inline bool fatal_signal_pending(struct task_struct *p)
{
	return kthread_fatal_signal_pending(p);
}

/* signal_pending_state - would a wait of @p in @state end at once? */
static inline bool signal_pending_state(unsigned int state, struct task_struct *p)
{
	return ((state & TASK_INTERRUPTIBLE) && signal_pending(p)) ||
	       ((state & TASK_WAKEKILL) && fatal_signal_pending(p));
}

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
