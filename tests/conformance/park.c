// SPDX-License-Identifier: GPL-2.0-only
/* Park and unpark. */
#include "scenario.h"

/* A parked actor does nothing for a while. */
static bool is_frozen_still(struct actor *a)
{
	int loops = atomic_read(&a->loops), unparks = atomic_read(&a->unparks);

	nap_ms(30);
	return loops == atomic_read(&a->loops) && unparks == atomic_read(&a->unparks);
}

void scenario_P1(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "p1");
	int ret = kthread_park(k);

	say("park before the first wake: %s, runs=%d %s", err(ret), atomic_read(&a->runs),
	    state_name(k));
	say("wake: %d", wake_up_process(k));
	nap_ms(20);
	say("after the wake: runs=%d %s", atomic_read(&a->runs), state_name(k));
	kthread_unpark(k);
	AWAIT(atomic_read(&a->loops) > 0);
	say("after unpark: runs=%d, parks in it: %d", atomic_read(&a->runs),
	    atomic_read(&a->parks));
	say("stop: %s", err(kthread_stop(k)));
}

void scenario_P2(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "p2");

	say("park before the first wake: %s", err(kthread_park(k)));
	say("stop of it: ret=%s", err(kthread_stop(k)));
	say("runs=%d, told to stop at its first look: %d", atomic_read(&a->runs), a->stop_first);
}

void scenario_P3(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = actor_run(a, "p3");
	int n, woken = 0;

	say("park: %s", err(kthread_park(k)));
	for (n = 0; n < 1000; n++)
		woken += wake_up_process(k);
	say("woken: %d, still parked: %d, %s", woken, is_frozen_still(a), state_name(k));
	kthread_unpark(k);
	AWAIT(atomic_read(&a->unparks) == 1);
	say("stop: %s", err(kthread_stop(k)));
}

void scenario_P4(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "p4");
	int n, elsewhere = 0;

	kthread_bind(k, last_cpu());
	wake_up_process(k);
	AWAIT(atomic_read(&a->loops) > 0);
	for (n = 1; n <= 50; n++) {
		kthread_park(k);
		kthread_unpark(k);
		AWAIT(atomic_read(&a->unparks) >= n);
		elsewhere += a->cpu != last_cpu();
	}
	say("bound, after each unpark on its CPU: %d", !elsewhere);
	say("stop: %s", err(kthread_stop(k)));
}

struct hammer {
	struct task_struct *k;
	atomic_t end;
};

static long hammers(void *arg)
{
	struct hammer *h = arg;

	while (!atomic_read(&h->end)) {
		wake_up_process(h->k);
		cond_resched();
	}
	return 0;
}

void scenario_P5(void)
{
	struct hammer *h = alloc(sizeof(*h));
	struct actor *a = actor_new();
	int n, bad = 0, moved = 0, loops;
	struct call *c;

	h->k = actor_run(a, "p5");
	c = call_start(hammers, h);
	for (n = 1; n <= 30; n++) {
		bad += kthread_park(h->k) != 0;
		loops = atomic_read(&a->loops);
		nap_ms(1);
		moved += loops != atomic_read(&a->loops);
		kthread_unpark(h->k);
		AWAIT(atomic_read(&a->unparks) >= n);
	}
	atomic_set(&h->end, 1);
	call_returns(c);
	say("wakes while it parks: all parks 0: %d, none left its park: %d", !bad, !moved);
	say("stop: %s", err(kthread_stop(h->k)));
}

void scenario_P6(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = actor_run(a, "p6");
	int ret = kthread_park(k);

	say("park: %s, parks=%d %s", err(ret), atomic_read(&a->parks), state_name(k));
	say("does nothing: %d", is_frozen_still(a));
	kthread_unpark(k);
	AWAIT(atomic_read(&a->unparks) == 1);
	say("goes on after unpark, stop: %s", err(kthread_stop(k)));
}

void scenario_P7(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = actor_run(a, "p7");
	int n, bad = 0;

	for (n = 0; n < 300; n++) {
		bad += kthread_park(k) != 0;
		kthread_unpark(k);
	}
	say("unpark and park at once: all 0: %d", !bad);
	say("stop: %s", err(kthread_stop(k)));
}

void scenario_P8(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = actor_run(a, "p8");
	int loops;

	kthread_unpark(k);
	loops = atomic_read(&a->loops);
	AWAIT(atomic_read(&a->loops) > loops + 2);
	say("unpark of a running one: parks=%d", atomic_read(&a->parks));
	say("park after it: %s", err(kthread_park(k)));
	say("does nothing: %d", is_frozen_still(a));
	say("stop: %s", err(kthread_stop(k)));
}

void scenario_P9(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "p9");

	kthread_bind(k, last_cpu());
	wake_up_process(k);
	AWAIT(atomic_read(&a->loops) > 0);
	say("bound, never parked, stop: %s", err(kthread_stop(k)));
}

void scenario_P10(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = actor_run(a, "p10");

	say("park: %s", err(kthread_park(k)));
	say("park again: %s", err(kthread_park(k)));
	say("still parked: %d", is_frozen_still(a));
	kthread_unpark(k);
	AWAIT(atomic_read(&a->unparks) == 1);
	say("one unpark is enough, stop: %s", err(kthread_stop(k)));
}

static int ends_at_once(void *data)
{
	return *(int *)data;
}

void scenario_P11(void)
{
	static int result = 3;
	struct task_struct *k = kthread_create(ends_at_once, &result, "p11");

	get_task_struct(k);
	wake_up_process(k);
	AWAIT(has_exited(k));
	nap_ms(5);
	say("park after its end: %s", err(kthread_park(k)));
	say("stop: %s", err(kthread_stop(k)));
	put_task_struct(k);
}

static int parks_itself(void *data)
{
	struct actor *a = data;
	int ret = kthread_park(current);

	say("park of itself: %s, should park: %d", err(ret), kthread_should_park());
	atomic_set(&a->runs, 1);
	kthread_parkme();
	atomic_set(&a->runs, 2);
	return actor_fn(data);
}

void scenario_P16(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_run(parks_itself, a, "p16");

	AWAIT(atomic_read(&a->runs) == 1 && state_of(k) == TASK_PARKED);
	say("parked by parkme: %s", state_name(k));
	kthread_unpark(k);
	AWAIT(atomic_read(&a->runs) == 2 + 1);
	say("unparked, stop: %s", err(kthread_stop(k)));
}

static int parkme_unasked(void *data)
{
	kthread_parkme();
	say("parkme unasked returns, running: %d", state_of(current) == TASK_RUNNING);
	return actor_fn(data);
}

void scenario_P17(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_run(parkme_unasked, a, "p17");

	AWAIT(atomic_read(&a->loops) > 0);
	say("stop: %s", err(kthread_stop(k)));
}

void scenario_P18(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = actor_run(a, "p18");

	say("park: %s", err(kthread_park(k)));
	say("stop of a parked one: %s", err(kthread_stop(k)));
	say("it left parkme: %d", atomic_read(&a->unparks));
}

void scenario_P19(void)
{
	struct actor *a = actor_new();
	struct task_struct *k;

	a->lazy = true;
	k = actor_run(a, "p19");
	await_blocked(k);
	say("park of a sleeper: %s", err(kthread_park(k)));
	say("it is %s", state_name(k));
	kthread_unpark(k);
	AWAIT(atomic_read(&a->unparks) == 1);
	say("stop: %s", err(kthread_stop(k)));
}

/* What the thread wrote before it parked, and what the unparker wrote, is seen. */
struct handed {
	int word;
	atomic_t started, unparks;
};

static int hands_over(void *data)
{
	struct handed *h = data;

	atomic_set(&h->started, 1);
	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			WRITE_ONCE(h->word, READ_ONCE(h->word) + 1);
			kthread_parkme();
			atomic_inc(&h->unparks);
			continue;
		}
		schedule_timeout_interruptible(1);
	}
	return 0;
}

void scenario_P20(void)
{
	struct handed *h = alloc(sizeof(*h));
	struct task_struct *k = kthread_run(hands_over, h, "p20");
	int n, lost = 0;

	AWAIT(atomic_read(&h->started));
	for (n = 1; n <= 50; n++) {
		h->word = 10 * n;
		kthread_park(k);
		lost += h->word != 10 * n + 1;
		kthread_unpark(k);
		AWAIT(atomic_read(&h->unparks) >= n);
	}
	say("writes seen on both sides: %d", !lost);
	kthread_stop(k);
}
