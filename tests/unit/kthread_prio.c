// SPDX-License-Identifier: GPL-2.0-only
/* Nice, policy, affinity: changed for the system, and read back. Mutations stand above the tests. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_prio, .timeout = 60);

static bool may_raise(void)
{
	struct sched_param param = { .sched_priority = 1 };
	struct task_struct *k = kthread_create(until_stop, NULL, "may");
	bool may = !sched_setscheduler(k->pid, SCHED_FIFO, &param);

	kthread_stop(k);
	return may;
}

/* Mutation: A20: the process is made nice, not the thread. */
Test(kthread_prio, nice_is_the_threads_own_and_the_systems)
{
	struct task_struct *k = kthread_run(until_stop, NULL, "nice");
	int mine = getpriority(PRIO_PROCESS, 0);

	cr_expect_eq(task_nice(k), 0);
	set_user_nice(k, 7);
	cr_expect_eq(task_nice(k), 7);
	cr_expect_eq(getpriority(PRIO_PROCESS, (id_t)k->pid), 7);
	cr_expect_eq(getpriority(PRIO_PROCESS, 0), mine);
	set_user_nice(k, MAX_NICE + 1);
	set_user_nice(k, MIN_NICE - 1);
	cr_expect_eq(task_nice(k), 7, "out of range");
	set_user_nice(k, MAX_NICE);
	cr_expect_eq(task_nice(k), MAX_NICE);
	kthread_stop(k);
}

/* Mutation: A21: _low and the middle are the same. */
Test(kthread_prio, policies)
{
	struct sched_param param = { .sched_priority = 7 }, bad = { .sched_priority = 1000 };
	struct task_struct *k;

	if (!may_raise())
		cr_skip_test("needs CAP_SYS_NICE");
	k = kthread_run(until_stop, NULL, "policy");
	cr_expect(!rt_task(k));
	cr_expect_eq(kthread_get_policy(k), SCHED_NORMAL);
	sched_set_fifo(k);
	cr_expect(rt_task(k));
	cr_expect_eq(sched_getscheduler(k->pid), SCHED_FIFO);
	cr_expect_eq(kthread_get_priority(k), MAX_RT_PRIO / 2);
	sched_set_fifo_low(k);
	cr_expect_eq(kthread_get_priority(k), 1);
	cr_expect_eq(sched_setscheduler_nocheck(k, SCHED_RR, &param), 0);
	cr_expect_eq(kthread_get_policy(k), SCHED_RR);
	cr_expect_eq(kthread_get_priority(k), 7);
	cr_expect_eq(sched_setscheduler_nocheck(k, SCHED_RR, &bad), -EINVAL);
	sched_set_normal(k, -3);
	cr_expect_eq(sched_getscheduler(k->pid), SCHED_OTHER);
	cr_expect_eq(task_nice(k), -3);
	cr_expect_eq(kthread_get_priority(k), 0);
	kthread_stop(k);
}

static enum kthread_warning last;
static char text[256];

static void hook(enum kthread_warning w, const char *t)
{
	last = w;
	snprintf(text, sizeof(text), "%s", t);
}

/* Mutation: A22: nobody hears of it. */
Test(kthread_prio, what_is_not_permitted_is_reported)
{
	struct rlimit none = { 0, 0 };
	struct task_struct *k;

	setrlimit(RLIMIT_NICE, &none);
	setrlimit(RLIMIT_RTPRIO, &none);
	if (!getuid() && setuid(65534))
		cr_skip_test("cannot become nobody");
	k = kthread_run(until_stop, NULL, "refused");
	kthread_warn_hook(hook);
	sched_set_fifo(k);
	cr_expect_eq(last, KTHREAD_WARN_PRIORITY);
	cr_expect(strstr(text, "sched_set_fifo"), "%s", text);
	cr_expect(strstr(text, "RLIMIT_RTPRIO"), "%s", text);
	cr_expect_eq(kthread_get_policy(k), SCHED_NORMAL);
	set_user_nice(k, -5);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_PRIORITY), 2);
	cr_expect_eq(task_nice(k), 0);
	kthread_stop(k);
}

static unsigned int nr_of(struct task_struct *k)
{
	struct cpumask mask;

	cr_expect_eq(kthread_get_cpus(k, &mask), 0);
	return cpumask_weight(&mask);
}

/* Mutation: A23: of a bound thread it is refused. */
Test(kthread_prio, cpus_of_a_running_thread)
{
	unsigned int first = cpumask_first(cpu_online_mask);
	unsigned int last_cpu = cpumask_last(cpu_online_mask);
	struct task_struct *k = kthread_run(until_stop, NULL, "cpus");
	struct task_struct *b = kthread_create(until_stop, NULL, "bound");
	struct cpumask none, got;

	cr_expect_eq(nr_of(k), num_online_cpus());
	cr_expect_eq(set_cpus_allowed_ptr(k, cpumask_of(last_cpu)), 0);
	cr_expect_eq(kthread_get_cpus(k, &got), 0);
	cr_expect(cpumask_equal(&got, cpumask_of(last_cpu)));
	cpumask_clear(&none);
	cr_expect_eq(set_cpus_allowed_ptr(k, &none), -EINVAL);
	cr_expect_eq(nr_of(k), 1, "nothing has changed");
	cr_expect_eq(set_cpus_allowed_ptr(k, cpu_possible_mask), 0);
	cr_expect_eq(nr_of(k), num_online_cpus());

	kthread_bind(b, first);
	wake_up_process(b);
	cr_expect_eq(set_cpus_allowed_ptr(b, cpumask_of(last_cpu)), 0);
	kthread_get_cpus(b, &got);
	cr_expect(cpumask_test_cpu(last_cpu, &got));
	kthread_stop(k);
	kthread_stop(b);
}

/* Mutation: A24: the id of a thread that has ended is used; it may be another's by then. */
Test(kthread_prio, an_ended_thread_is_left_alone)
{
	struct sched_param param = { .sched_priority = 0 };
	struct task_struct *k = get_task_struct(kthread_run(until_stop, NULL, "ended"));
	struct cpumask mask;

	kthread_stop(k);
	/* As if the number had been given to this thread. */
	k->pid = gettid();
	set_user_nice(k, 9);
	cr_expect_neq(getpriority(PRIO_PROCESS, 0), 9);
	cr_expect_eq(set_cpus_allowed_ptr(k, cpumask_of(0)), -ESRCH);
	cr_expect_eq(kthread_get_cpus(k, &mask), -ESRCH);
	cr_expect_eq(kthread_get_policy(k), -ESRCH);
	cr_expect_eq(sched_setscheduler_nocheck(k, SCHED_BATCH, &param), -ESRCH);
	cr_expect_eq(sched_getscheduler(0), SCHED_OTHER);
	put_task_struct(k);
}

Test(kthread_prio, any_thread_not_only_kthreads)
{
	cr_expect_eq(task_nice(current), getpriority(PRIO_PROCESS, 0));
	set_user_nice(current, 11);
	cr_expect_eq(getpriority(PRIO_PROCESS, (id_t)gettid()), 11);
	cr_expect(!tsk_is_kthread(current));
}
