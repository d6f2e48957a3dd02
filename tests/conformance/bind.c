// SPDX-License-Identifier: GPL-2.0-only
/* Binding to a CPU. */
#include "scenario.h"

void scenario_B1(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "b1");

	kthread_bind(k, last_cpu());
	wake_up_process(k);
	AWAIT(atomic_read(&a->loops) > 0);
	say("on its CPU: %d, CPUs %d", a->cpu == last_cpu(), nr_bound(k));
	say("stop: %s", err(kthread_stop(k)));
}

void scenario_B2(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "b2");

	kthread_bind(k, last_cpu());
	wake_up_process(k);
	AWAIT(atomic_read(&a->loops) > 0);
	say("moved from outside: %s", err(move_from_outside(k, 0)));
	kthread_stop(k);
}

void scenario_B3(void)
{
	struct actor *a = actor_new();
	struct task_struct *k;
	int before;

	a->lazy = true;
	k = actor_run(a, "b3");
	await_blocked(k);
	before = nr_bound(k);
	kthread_bind(k, last_cpu());
	say("bind after the start changes nothing: %d", nr_bound(k) == before);
	say("stop: %s", err(kthread_stop(k)));
}

void scenario_B4(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "b4");

	kthread_bind(k, last_cpu());
	say("bound, never woken, stop: %s", err(kthread_stop(k)));
	say("runs=%d", atomic_read(&a->runs));
}

void scenario_B5(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "b5");

	kthread_bind(k, 0);
	kthread_bind(k, last_cpu());
	wake_up_process(k);
	AWAIT(atomic_read(&a->loops) > 0);
	say("bound twice before its start, on the last CPU: %d", a->cpu == last_cpu());
	kthread_stop(k);
}

void scenario_B6(void)
{
#if SINCE(6, 14)
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "b6");

	say("before the start: %s", err(kthread_affine_preferred(k, mask_of(last_cpu()))));
	wake_up_process(k);
	AWAIT(atomic_read(&a->loops) > 0);
	say("on its CPU: %d, CPUs %d", a->cpu == last_cpu(), nr_bound(k));
	say("moved from outside: %s", err(move_from_outside(k, 0)));
	say("stop: %s", err(kthread_stop(k)));
#else
	absent();
#endif
}

void scenario_B7(void)
{
#if SINCE(6, 14)
	struct actor *a = actor_new();
	struct task_struct *k;

	a->lazy = true;
	k = actor_run(a, "b7");
	await_blocked(k);
	say("after the start: %s", err(kthread_affine_preferred(k, mask_of(last_cpu()))));
	say("stop: %s", err(kthread_stop(k)));
#else
	absent();
#endif
}
