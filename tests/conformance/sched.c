// SPDX-License-Identifier: GPL-2.0-only
/* Nice, policy, affinity, sets of CPUs, and reports. */
#include "scenario.h"

void scenario_A1(void)
{
	struct task_struct *k = actor_run(actor_new(), "a1");

	say("at first: %d", task_nice(k));
	set_user_nice(k, 5);
	say("5: %d", task_nice(k));
	set_user_nice(k, MAX_NICE + 1);
	set_user_nice(k, MIN_NICE - 1);
	say("out of range: %d", task_nice(k));
	set_user_nice(k, MIN_NICE);
	say("the least: %d", task_nice(k));
	kthread_stop(k);
}

void scenario_A2(void)
{
	struct task_struct *k = actor_run(actor_new(), "a2");

	say("at first: policy %d", policy_of(k));
	sched_set_fifo(k);
	say("fifo: policy %d, priority %d", policy_of(k), priority_of(k));
	sched_set_fifo_low(k);
	say("low: policy %d, priority %d", policy_of(k), priority_of(k));
	sched_set_normal(k, 7);
	say("normal: policy %d, priority %d, nice %d", policy_of(k), priority_of(k), task_nice(k));
	say("stop: %s", err(kthread_stop(k)));
}

static bool is_free(struct task_struct *k)
{
	return nr_bound(k) > 1 || last_cpu() == 0;
}

void scenario_A3(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = actor_run(a, "a3");
	struct cpumask *none = alloc(sizeof(*none));

	say("to the last CPU: %s", err(set_cpus_allowed_ptr(k, cpumask_of(last_cpu()))));
	say("CPUs: %d", nr_bound(k));
	say("to no CPU: %s", err(set_cpus_allowed_ptr(k, none)));
	say("CPUs: %d", nr_bound(k));
	say("to all: %s", err(set_cpus_allowed_ptr(k, cpu_possible_mask)));
	say("is free: %d", is_free(k));
	say("stop: %s", err(kthread_stop(k)));
}

void scenario_A4(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "a4");

	kthread_bind(k, 0);
	wake_up_process(k);
	AWAIT(atomic_read(&a->loops) > 0);
	say("of a bound one: %s", err(set_cpus_allowed_ptr(k, cpumask_of(last_cpu()))));
	say("CPUs: %d", nr_bound(k));
	kthread_stop(k);
}

void scenario_A5(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "a5");

	say("before the start: %s", err(set_cpus_allowed_ptr(k, cpumask_of(last_cpu()))));
	say("CPUs: %d", nr_bound(k));
	wake_up_process(k);
	AWAIT(atomic_read(&a->loops) > 0);
	say("started, CPUs are as many: %d", nr_bound(k) == 1);
	kthread_stop(k);
}

void scenario_A6(void)
{
	struct cpumask *a = alloc(sizeof(*a)), *b = alloc(sizeof(*b));
	int cpu, n = 0;

	say("empty: %d, weight %d", cpumask_empty(a), (int)cpumask_weight(a));
	say("first and next of none: %d %d", cpumask_first(a) >= nr_cpu_ids,
	    cpumask_next(-1, a) >= nr_cpu_ids);
	cpumask_copy(b, cpumask_of(0));
	say("of 0: first %d, weight %d, next is none: %d", (int)cpumask_first(b),
	    (int)cpumask_weight(b), cpumask_next(0, b) >= nr_cpu_ids);
	say("and: %d", cpumask_and(a, b, cpu_possible_mask));
	say("subset: %d %d, equal: %d", cpumask_subset(a, b),
	    cpumask_subset(cpu_possible_mask, a) == (nr_cpu_ids == 1), cpumask_equal(a, b));
	say("andnot: %d", cpumask_andnot(a, a, b));
	cpumask_setall(a);
	say("all: first %d, as many as can be: %d, full: %d", (int)cpumask_first(a),
	    cpumask_weight(a) >= num_possible_cpus(), cpumask_full(a));
	for_each_online_cpu (cpu)
		n += cpumask_test_cpu(cpu, cpu_possible_mask);
	say("online: %d, each possible: %d", n > 0, n == (int)num_online_cpus());
}

void scenario_A7(void)
{
	int i, value = 0;

	for (i = 0; i < 3; i++)
		value += WARN_ON_ONCE(i > 0);
	value += WARN_ON(i == 0);
	value += WARN(i == 3, "i is %d\n", i);
	say("value: %d", value);
}

void scenario_A8(void)
{
#if SINCE(7, 0)
	struct task_struct *k = actor_run(actor_new(), "a8");

	say("a kthread: %d, its user: %d", tsk_is_kthread(k) != NULL,
	    tsk_is_kthread(current) != NULL);
	kthread_stop(k);
#else
	absent();
#endif
}
