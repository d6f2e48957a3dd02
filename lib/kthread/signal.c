// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals of kthreads: a set of those allowed and one of those pending, and a bit of the phase word
 * that says whether any is, which is all that a wait looks at. One lock for all of them: signals
 * are rare.
 */
#include <kthread/sched/signal.h>

#include "lib/kthread/internal.h"

#include <errno.h>

#include "lib/kthread/lock.h"
#include "lib/kthread/testing.h"

#define NR_SIGNALS 64

static uint32_t lock;

static uint64_t bit_of(int sig)
{
	return 1ULL << (sig - 1);
}

static bool is_signal(int sig)
{
	return sig >= 1 && sig <= NR_SIGNALS;
}

/* Nobody frees a held lock. */
void kt_signal_fork_child(void)
{
	lock = 0;
}

/* @t has only these left. Under the lock the bit and the set agree. */
static void set_pending_locked(struct kt_task *t, uint64_t pending)
{
	t->pending = pending;
	/* Pairs with the look of a wait at its phase: a signal comes before it or ends it. */
	kt_phase_change(&t->phase, PHASE_SIGNAL | PHASE_KILL,
			(pending ? PHASE_SIGNAL : 0) |
				(pending & bit_of(SIGKILL) ? PHASE_KILL : 0));
}

void kthread_allow_signal(int sig, bool allow)
{
	struct kt_task *t = kt_current();

	if (!is_signal(sig))
		return;
	kt_lock(&lock);
	if (allow) {
		t->allowed |= bit_of(sig);
	} else {
		t->allowed &= ~bit_of(sig);
		if (t->pending & bit_of(sig))
			set_pending_locked(t, t->pending & ~bit_of(sig));
	}
	kt_unlock(&lock);
}

/* Return: is it pending now, and was not before? */
static bool send(struct kt_task *t, int sig)
{
	bool sent;

	kt_lock(&lock);
	sent = t->allowed & bit_of(sig) & ~t->pending;
	if (sent)
		set_pending_locked(t, t->pending | bit_of(sig));
	kt_unlock(&lock);
	KT_DELAY("signal");
	return sent;
}

int kthread_send_sig(int sig, struct task_struct *p)
{
	struct kt_task *t = kt_task(p);
	int saved = errno, ret;

	if (sig < 0 || sig > NR_SIGNALS)
		return -EINVAL;
	if (!t->is_kthread) {
		ret = syscall(SYS_tgkill, getpid(), p->pid, sig) ? -errno : 0;
		errno = saved;
		return ret;
	}
	ret = kt_check_kthread(t, "send_sig");
	if (!ret && __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) & PHASE_EXITED)
		ret = -ESRCH;
	if (ret || !sig)
		return ret;
	/* Once it is pending the thread may end by it. */
	kt_get(t);
	if (send(t, sig))
		kthread_wake_state(p, TASK_INTERRUPTIBLE | (sig == SIGKILL ? TASK_WAKEKILL : 0));
	kt_put(t);
	return 0;
}

void kthread_flush_signals(struct task_struct *p)
{
	struct kt_task *t = kt_task(p);

	kt_lock(&lock);
	if (t->pending)
		set_pending_locked(t, 0);
	kt_unlock(&lock);
}

int kthread_dequeue_signal(void)
{
	struct kt_task *t = kt_current();
	int sig = 0;

	kt_lock(&lock);
	if (t->pending) {
		sig = __builtin_ctzll(t->pending) + 1;
		set_pending_locked(t, t->pending & ~bit_of(sig));
	}
	kt_unlock(&lock);
	return sig;
}

bool kthread_fatal_signal_pending(struct task_struct *p)
{
	return __atomic_load_n(&kt_task(p)->phase, __ATOMIC_ACQUIRE) & PHASE_KILL;
}
