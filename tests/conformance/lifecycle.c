// SPDX-License-Identifier: GPL-2.0-only
/* Waking, stopping, ending. */
#include "scenario.h"

void scenario_L1(void)
{
	struct actor *a = actor_new();
	int ret = kthread_stop(kthread_create(actor_fn, a, "l1"));

	say("stop before wake: ret=%s runs=%d", err(ret), atomic_read(&a->runs));
}

void scenario_L2(void)
{
	struct actor *a;
	struct task_struct *k;
	bool legal = true;
	int n, ret;

	for (n = 0; n < 100; n++) {
		a = actor_new();
		k = kthread_run(actor_fn, a, "l2");
		ret = kthread_stop(k);
		if (ret != (atomic_read(&a->runs) ? RESULT : -EINTR))
			legal = false;
		release(a);
	}
	say("its result if it ran, else -EINTR: %d", legal);
}

static int ends_by_itself(void *data)
{
	return *(int *)data;
}

void scenario_L3(void)
{
	static int result = 7;
	struct task_struct *k;
	bool same = true;
	int n, ret;

	for (n = 0; n < 100; n++) {
		k = kthread_create(ends_by_itself, &result, "l3");
		get_task_struct(k);
		wake_up_process(k);
		if (n % 2)
			nap_ms(1);
		ret = kthread_stop(k);
		/* -EINTR: the stop came before its first look. */
		if (ret != 7 && ret != -EINTR)
			same = false;
		put_task_struct(k);
	}
	say("ends while it is stopped: its result: %d", same);
}

void scenario_L4(void)
{
	static int result = 7;
	struct task_struct *k = kthread_create(ends_by_itself, &result, "l4");

	get_task_struct(k);
	wake_up_process(k);
	AWAIT(has_exited(k));
	say("wake after its end: %d", wake_up_process(k));
	say("stop after its end: %s", err(kthread_stop(k)));
	put_task_struct(k);
}

static int counts(void *data)
{
	atomic_inc((atomic_t *)data);
	return 0;
}

void scenario_L20(void)
{
	static atomic_t ran;
	int n, bad = 0;

	atomic_set(&ran, 0);
	for (n = 0; n < 300; n++)
		bad += IS_ERR(kthread_run(counts, &ran, "l20/%d", n));
	AWAIT(atomic_read(&ran) == 300);
	say("end by themselves, nobody holds them: not made %d, ran %d", bad, atomic_read(&ran));
}

/* ---- A stops B stops C ----------------------------------------------------------------------- */
struct link {
	struct task_struct *next;
	atomic_t running;
	int result;
};

static int stops_next(void *data)
{
	struct link *l = data;

	atomic_set(&l->running, 1);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return l->result + (l->next ? kthread_stop(l->next) : 0);
}

void scenario_L6(void)
{
	struct link *l = alloc(3 * sizeof(*l));
	struct task_struct *k = NULL;
	int i;

	for (i = 0; i < 3; i++) {
		l[i].next = k;
		l[i].result = 1 << (4 * i);
		k = kthread_run(stops_next, &l[i], "l6/%d", i);
		AWAIT(atomic_read(&l[i].running));
	}
	say("A stops B stops C: sum of results %d", kthread_stop(k));
}

/* ---- ways out -------------------------------------------------------------------------------- */
struct way_out {
	char how;
	long result;
	struct completion done;
};

static int leaves(void *data)
{
	struct way_out *w = data;

	if (w->how == 'e')
		kthread_exit(w->result);
	if (w->how == 'c')
		kthread_complete_and_exit(&w->done, w->result);
	if (w->how == 'n')
		kthread_complete_and_exit(NULL, w->result);
	return (int)w->result;
}

static void leave(const char *label, char how, long result)
{
	struct way_out *w = alloc(sizeof(*w));
	struct task_struct *k = kthread_create(leaves, w, "l7");

	w->how = how;
	w->result = result;
	init_completion(&w->done);
	get_task_struct(k);
	wake_up_process(k);
	AWAIT(has_exited(k));
	result = kthread_stop(k);
	say("%s: stop: %s, completed: %d", label, err(result), completion_done(&w->done));
	put_task_struct(k);
}

void scenario_L7(void)
{
	leave("return", 'r', 5);
	leave("return negative", 'r', -5);
	leave("kthread_exit", 'e', 6);
	leave("kthread_exit cuts to int", 'e', (long)(1UL << 32) + 9);
	leave("kthread_complete_and_exit", 'c', 7);
	leave("kthread_complete_and_exit(NULL)", 'n', -8);
}

/* ---- what wake_up_process() says ------------------------------------------------------------- */
static int spins(void *data)
{
	struct actor *a = data;

	atomic_set(&a->runs, 1);
	while (!atomic_read(&a->parks))
		cond_resched();
	a->lazy = true;
	return actor_fn(a);
}

void scenario_L21(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(spins, a, "l21");

	say("before its start: %d", wake_up_process(k));
	AWAIT(atomic_read(&a->runs) == 1);
	say("while it runs: %d", wake_up_process(k));
	atomic_set(&a->parks, 1);
	AWAIT(atomic_read(&a->loops) > 0);
	await_blocked(k);
	say("while it sleeps: %d", wake_up_process(k));
	AWAIT(atomic_read(&a->loops) > 1);
	kthread_park(k);
	say("while it is parked: %d", wake_up_process(k));
	say("stop: %s", err(kthread_stop(k)));
}

/* A wake between set_current_state() and schedule() is not lost. */
static int slow_to_sleep(void *data)
{
	struct actor *a = data;

	set_current_state(TASK_INTERRUPTIBLE);
	atomic_set(&a->runs, 1);
	while (!atomic_read(&a->parks))
		;
	schedule();
	say("schedule() returns, state running: %d", state_of(current) == TASK_RUNNING);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return a->result;
}

void scenario_L22(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_run(slow_to_sleep, a, "l22");

	AWAIT(atomic_read(&a->runs) == 1);
	say("wake of one about to sleep: %d", wake_up_process(k));
	atomic_set(&a->parks, 1);
	say("stop: %s", err(kthread_stop(k)));
}

void scenario_L23(void)
{
	struct actor *a = actor_new();
	struct task_struct *k;

	a->lazy = true;
	k = actor_run(a, "l23");
	await_blocked(k);
	say("asleep: %s", state_name(k));
	say("stop wakes it: %s", err(kthread_stop(k)));
}

/* ---- does a stop break waits? ---------------------------------------------------------------- */
static const char *const waits[] = {
	"wait_event_interruptible",
	"wait_for_completion_interruptible",
	"wait_event",
	"wait_for_completion",
	"schedule_timeout_interruptible",
	"schedule_timeout_uninterruptible",
};

#define NR_WAITS ((int)(sizeof(waits) / sizeof(waits[0])))

struct waiter {
	int what;
	long limit;
	bool until_stop; /* the wait comes after the thread has seen the stop */
	atomic_t in, stopping;
	bool broken, too_short;
};

/* Did it end before its time was over? */
static bool wait_is_broken(int what, long limit)
{
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(wq);
	struct completion never;

	init_completion(&never);
	switch (what) {
	case 0:
		return wait_event_interruptible_timeout(wq, completion_done(&never), limit) != 0;
	case 1:
		return wait_for_completion_interruptible_timeout(&never, limit) != 0;
	case 2:
		return wait_event_timeout(wq, completion_done(&never), limit) != 0;
	case 3:
		return wait_for_completion_timeout(&never, limit) != 0;
	case 4:
		return schedule_timeout_interruptible(limit) != 0;
	default:
		return schedule_timeout_uninterruptible(limit) != 0;
	}
}

static int waiter_fn(void *data)
{
	struct waiter *w = data;

	atomic_set(&w->in, 1);
	while (w->until_stop && !kthread_should_stop())
		schedule_timeout_interruptible(1);
	w->broken = wait_is_broken(w->what, w->limit);
	/* Over before the stop came: that shows nothing. */
	w->too_short = !atomic_read(&w->stopping);
	if (w->what == 0 && w->until_stop)
		say("signal_pending: %d", signal_pending(current));
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static void wait_and_stop(int what, bool until_stop)
{
	struct waiter *w = alloc(sizeof(*w));
	struct task_struct *k;

	w->what = what;
	w->until_stop = until_stop;
	w->limit = msecs_to_jiffies(40);
	do {
		atomic_set(&w->in, 0);
		atomic_set(&w->stopping, 0);
		w->limit *= 2;
		k = kthread_run(waiter_fn, w, "l18");
		AWAIT(atomic_read(&w->in));
		if (!until_stop)
			await_blocked(k);
		atomic_set(&w->stopping, 1);
		kthread_stop(k);
	} while (w->too_short && w->limit < 60 * HZ);
	say("%s: %s", waits[what], w->broken ? "broken" : "not broken");
}

void scenario_L18(void)
{
	int what;

	for (what = 0; what < NR_WAITS; what++)
		wait_and_stop(what, false);
}

void scenario_L24(void)
{
	int what;

	for (what = 0; what < NR_WAITS; what++)
		wait_and_stop(what, true);
}

void scenario_L25(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = actor_run(a, "l25");

	get_task_struct(k);
#if SINCE(6, 7)
	say("kthread_stop_put: %s", err(kthread_stop_put(k)));
#else
	(void)k;
	kthread_stop(k);
	put_task_struct(k);
	absent();
#endif
}

static int asks(void *data)
{
	struct actor *a = data;

	say("at first: stop %d park %d", kthread_should_stop(), kthread_should_park());
	atomic_set(&a->runs, 1);
	while (!kthread_should_park())
		schedule_timeout_interruptible(1);
	say("asked to park: stop %d park %d", kthread_should_stop(), kthread_should_park());
	kthread_parkme();
	say("unparked: stop %d park %d", kthread_should_stop(), kthread_should_park());
	atomic_set(&a->runs, 2);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	say("asked to stop: stop %d park %d", kthread_should_stop(), kthread_should_park());
	return a->result;
}

void scenario_L26(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_run(asks, a, "l26");

	AWAIT(atomic_read(&a->runs) == 1);
	say("park: %s", err(kthread_park(k)));
	kthread_unpark(k);
	AWAIT(atomic_read(&a->runs) == 2);
	say("stop: %s", err(kthread_stop(k)));
}
