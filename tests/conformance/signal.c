// SPDX-License-Identifier: GPL-2.0-only
/* Signals as a kthread sees them. */
#include "scenario.h"

enum signal_wait {
	AT_SCHEDULE,
	AT_EVENT,
	AT_EVENT_TIMEOUT,
	AT_FREEZABLE,
	AT_FREEZABLE_TIMEOUT,
	AT_COMPLETION,
	AT_COMPLETION_TIMEOUT,
	AT_MSLEEP,
	AT_HRTIMEOUT,
	AT_UNINTERRUPTIBLE,
	AT_KILLABLE,
	AT_KILLABLE_EVENT,
	AT_KILLABLE_COMPLETION,
	NR_SIGNAL_WAITS
};

static const char *const names[] = {
	"schedule",
	"wait_event_interruptible",
	"wait_event_interruptible_timeout",
	"wait_event_freezable",
	"wait_event_freezable_timeout",
	"wait_for_completion_interruptible",
	"wait_for_completion_interruptible_timeout",
	"msleep_interruptible",
	"schedule_hrtimeout",
	"uninterruptible schedule",
	"schedule_timeout_killable",
	"wait_event_killable",
	"wait_for_completion_killable",
};

struct listener {
	enum signal_wait at;
	bool allow;
	wait_queue_head_t wq;
	struct completion never;
	atomic_t go, entered, left, early[2];
};

/* Return: was the wait ended before its time, and without what it waited for? */
static bool wait_once(struct listener *l)
{
	ktime_t kt = ktime_set(3600, 0);

	switch (l->at) {
	case AT_SCHEDULE:
		return schedule_timeout_interruptible(FAR) > 0;
	case AT_EVENT:
		return wait_event_interruptible(l->wq, atomic_read(&l->go)) == -ERESTARTSYS;
	case AT_EVENT_TIMEOUT:
		return wait_event_interruptible_timeout(l->wq, atomic_read(&l->go), FAR) ==
		       -ERESTARTSYS;
	case AT_FREEZABLE:
		return wait_event_freezable(l->wq, atomic_read(&l->go)) == -ERESTARTSYS;
	case AT_FREEZABLE_TIMEOUT:
		return wait_event_freezable_timeout(l->wq, atomic_read(&l->go), FAR) ==
		       -ERESTARTSYS;
	case AT_COMPLETION:
		return wait_for_completion_interruptible(&l->never) == -ERESTARTSYS;
	case AT_COMPLETION_TIMEOUT:
		return wait_for_completion_interruptible_timeout(&l->never, FAR) == -ERESTARTSYS;
	case AT_MSLEEP:
		return msleep_interruptible(3600 * 1000) > 0;
	case AT_HRTIMEOUT:
		set_current_state(TASK_INTERRUPTIBLE);
		return schedule_hrtimeout(&kt, HRTIMER_MODE_REL) == -EINTR;
	case AT_UNINTERRUPTIBLE:
		return schedule_timeout_uninterruptible(HZ / 5) > 0;
	case AT_KILLABLE:
		return schedule_timeout_killable(FAR) > 0;
	case AT_KILLABLE_EVENT:
		return wait_event_killable(l->wq, atomic_read(&l->go)) == -ERESTARTSYS;
	case AT_KILLABLE_COMPLETION:
		return wait_for_completion_killable(&l->never) == -ERESTARTSYS;
	default:
		return false;
	}
}

static int listens(void *data)
{
	struct listener *l = data;

	if (l->allow) {
		allow_signal(SIGUSR1);
		allow_signal(SIGKILL);
	}
	atomic_set(&l->entered, 1);
	atomic_set(&l->early[0], wait_once(l));
	atomic_set(&l->left, 1);
	atomic_set(&l->early[1], wait_once(l));
	atomic_set(&l->left, 2);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return RESULT;
}

static struct task_struct *listener_run(struct listener *l, enum signal_wait at, bool allow)
{
	struct task_struct *k;

	l->at = at;
	l->allow = allow;
	init_waitqueue_head(&l->wq);
	init_completion(&l->never);
	k = kthread_run(listens, l, "listens");
	AWAIT(atomic_read(&l->entered));
	await_blocked(k);
	return k;
}

void scenario_S1(void)
{
	struct listener *l = alloc(sizeof(*l));
	struct task_struct *k = listener_run(l, AT_EVENT, false);

	say("sent: %s", err(send_sig(SIGUSR1, k, 1)));
	send_sig(SIGKILL, k, 1);
	nap_ms(WAIT_MS);
	say("not allowed: pending %d, the wait has ended %d", signal_pending(k),
	    atomic_read(&l->left));
	atomic_set(&l->go, 1);
	wake_up(&l->wq);
	AWAIT(atomic_read(&l->left) == 2);
	say("then it ends for its reason: %d", !atomic_read(&l->early[0]));
	say("stop: %s", err(kthread_stop(k)));
}

void scenario_S2(void)
{
	int at;

	for (at = 0; at < AT_UNINTERRUPTIBLE; at++) {
		struct listener *l = alloc(sizeof(*l));
		struct task_struct *k = listener_run(l, at, true);

		send_sig(SIGUSR1, k, 1);
		AWAIT(atomic_read(&l->left) == 2);
		say("%s: ended by the signal: %d, the next one too: %d, pending: %d", names[at],
		    atomic_read(&l->early[0]), atomic_read(&l->early[1]), signal_pending(k));
		kthread_stop(k);
	}
}

void scenario_S3(void)
{
	struct listener *l = alloc(sizeof(*l));
	struct task_struct *k = listener_run(l, AT_UNINTERRUPTIBLE, true);

	send_sig(SIGKILL, k, 1);
	AWAIT(atomic_read(&l->left) == 2);
	say("uninterruptible: ended by a signal: %d; fatal: %d", atomic_read(&l->early[0]),
	    fatal_signal_pending(k));
	kthread_stop(k);
}

void scenario_S4(void)
{
	int at;

	for (at = AT_KILLABLE; at < NR_SIGNAL_WAITS; at++) {
		struct listener *l = alloc(sizeof(*l));
		struct task_struct *k = listener_run(l, at, true);

		send_sig(SIGUSR1, k, 1);
		nap_ms(WAIT_MS);
		say("%s: ended by any signal: %d, fatal: %d", names[at], atomic_read(&l->left) > 0,
		    fatal_signal_pending(k));
		send_sig(SIGKILL, k, 1);
		AWAIT(atomic_read(&l->left) == 2);
		say("%s: ended by SIGKILL: %d, the next one too: %d, fatal: %d", names[at],
		    atomic_read(&l->early[0]), atomic_read(&l->early[1]), fatal_signal_pending(k));
		say("stop: %s", err(kthread_stop(k)));
	}
}

struct taker {
	atomic_t ready, go, over;
};

static int takes(void *data)
{
	struct taker *t = data;

	allow_signal(SIGUSR2);
	allow_signal(SIGUSR1);
	allow_signal(SIGHUP);
	atomic_set(&t->ready, 1);
	while (!atomic_read(&t->go))
		schedule_timeout_uninterruptible(1);
	say("taken: %d", kernel_dequeue_signal());
	disallow_signal(SIGUSR1);
	say("then: %d", kernel_dequeue_signal());
	say("pending: %d", signal_pending(current));
	say("then: %d", kernel_dequeue_signal());
	atomic_set(&t->over, 1);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 0;
}

void scenario_S5(void)
{
	struct taker *t = alloc(sizeof(*t));
	struct task_struct *k = kthread_run(takes, t, "takes");

	AWAIT(atomic_read(&t->ready));
	send_sig(SIGUSR2, k, 1);
	send_sig(SIGUSR1, k, 1);
	send_sig(SIGHUP, k, 1);
	send_sig(SIGHUP, k, 1);
	atomic_set(&t->go, 1);
	AWAIT(atomic_read(&t->over));
	kthread_stop(k);
}

static int flushes(void *data)
{
	struct taker *t = data;

	allow_signal(SIGUSR1);
	atomic_set(&t->ready, 1);
	while (!atomic_read(&t->go))
		schedule_timeout_uninterruptible(1);
	say("pending: %d", signal_pending(current));
	flush_signals(current);
	say("flushed: %d", signal_pending(current));
	say("waits for all of its time: %d", schedule_timeout_interruptible(1) == 0);
	atomic_set(&t->over, 1);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	flush_signals(current);
	say("told to stop, and flushed: %d", signal_pending(current));
	return 0;
}

void scenario_S6(void)
{
	struct taker *t = alloc(sizeof(*t));
	struct task_struct *k = kthread_run(flushes, t, "flushes");

	AWAIT(atomic_read(&t->ready));
	send_sig(SIGUSR1, k, 1);
	atomic_set(&t->go, 1);
	AWAIT(atomic_read(&t->over));
	kthread_stop(k);
}
