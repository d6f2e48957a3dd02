// SPDX-License-Identifier: GPL-2.0-only
/* Sets of per-CPU threads. The mutation that each test was seen to catch stands above it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_smpboot, .timeout = 60);

#define NR_CPUS 8192

/*
 * What happened to the thread of CPU 0, a letter each, and how often any ran where it should not.
 */
static char events[64];
static unsigned int nr_events, wrong_cpu, wanted[NR_CPUS], runs[NR_CPUS];
static struct task_struct *threads[NR_CPUS];

static void note(unsigned int cpu, char event)
{
	if (event != 'c' && (unsigned int)sched_getcpu() != cpu)
		ADD(wrong_cpu);
	if (cpu == 0 && READ(nr_events) < sizeof(events) - 1) {
		events[READ(nr_events)] = event;
		ADD(nr_events);
	}
}

static void on_create(unsigned int cpu)
{
	/* Only when it is truly parked. */
	if (kthread_get_state(threads[cpu]) != TASK_PARKED)
		ADD(wrong_cpu);
	note(cpu, 'c');
}

static void on_setup(unsigned int cpu)
{
	note(cpu, 's');
}
static void on_park(unsigned int cpu)
{
	note(cpu, 'p');
}
static void on_unpark(unsigned int cpu)
{
	note(cpu, 'u');
}
static void on_cleanup(unsigned int cpu, bool online)
{
	note(cpu, online ? 'x' : 'X');
}

static int should_run(unsigned int cpu)
{
	return READ(wanted[cpu]) != READ(runs[cpu]);
}

static void on_run(unsigned int cpu)
{
	note(cpu, 'r');
	ADD(runs[cpu]);
}

static struct smp_hotplug_thread set = {
	.store = threads,
	.thread_should_run = should_run,
	.thread_fn = on_run,
	.create = on_create,
	.setup = on_setup,
	.cleanup = on_cleanup,
	.park = on_park,
	.unpark = on_unpark,
	.thread_comm = "set/%u",
};

static bool seen(const char *what)
{
	return WAIT_UNTIL(READ(nr_events) >= strlen(what)) && !strcmp(events, what);
}

static void run_on(unsigned int cpu)
{
	ADD(wanted[cpu]);
	wake_up_process(threads[cpu]);
	cr_assert(WAIT_UNTIL(READ(runs[cpu]) == READ(wanted[cpu])));
}

static void needs_cpu_0(void)
{
	cpu_set_t mask;

	sched_getaffinity(0, sizeof(mask), &mask);
	if (!CPU_ISSET(0, &mask))
		cr_skip_test("may not run on CPU 0");
}

/*
 * Mutation P14: make_thread() does not park first. Mutation P14b: smpboot_fn() does not note that
 * it has parked.
 */
Test(kthread_smpboot, P14_the_order_of_callbacks)
{
	needs_cpu_0();
	cr_assert_eq(smpboot_register_percpu_thread(&set), 0);
	cr_assert_eq(wrong_cpu, 0, "created, and not parked");
	cr_assert(seen("cs"), "%s", events);
	cr_assert(kthread_is_per_cpu(threads[0]));
	cr_assert_str_eq(threads[0]->comm, "set/0");
	run_on(0);
	cr_assert(seen("csr"), "%s", events);
	cr_assert_eq(kthread_cpu_offline(0), 0);
	cr_assert(seen("csrp"), "%s", events);
	cr_assert_eq(kthread_get_state(threads[0]), TASK_PARKED);
	cr_assert_eq(kthread_cpu_offline(0), 0, "it is already");
	cr_assert_eq(kthread_cpu_online(0), 0);
	run_on(0);
	cr_assert_str_eq(events, "csrpur");
	smpboot_unregister_percpu_thread(&set);
	cr_assert_str_eq(events, "csrpurx");
	cr_assert_null(threads[0]);
	cr_assert_eq(wrong_cpu, 0);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

/*
 * Mutation P14c: cleanup is told that the CPU is online. Mutation P14e: the thread goes on behind a
 * park without a look whether it was a stop that ended it.
 */
Test(kthread_smpboot, P14_stop_of_a_parked_thread_cleans_up_without_unpark)
{
	needs_cpu_0();
	cr_assert_eq(smpboot_register_percpu_thread(&set), 0);
	cr_assert(seen("cs"), "%s", events);
	cr_assert_eq(kthread_cpu_offline(0), 0);
	smpboot_unregister_percpu_thread(&set);
	cr_assert_str_eq(events, "cspX");
	cr_assert_eq(kthread_cpu_online(0), 0);
}

/* Mutation P14d: cleanup without a look at the status. */
Test(kthread_smpboot, P14_cleanup_only_after_setup)
{
	needs_cpu_0();
	set.selfparking = true;
	cr_assert_eq(smpboot_register_percpu_thread(&set), 0);
	/* Nobody unparks those of such a set. */
	smpboot_unregister_percpu_thread(&set);
	cr_assert_str_eq(events, "c");
}

/* As in the kernel: whoever has such a set lets each go on, once. Mutation B05: all are unparked. */
Test(kthread_smpboot, threads_that_park_themselves_start_parked)
{
	needs_cpu_0();
	set.selfparking = true;
	cr_assert_eq(smpboot_register_percpu_thread(&set), 0);
	cr_assert_eq(kthread_get_state(threads[0]), TASK_PARKED);
	cr_assert_eq(kthread_park(threads[0]), -EBUSY);
	kthread_unpark(threads[0]);
	cr_assert(seen("cs"), "%s", events);
	/* The library leaves it alone when its CPU goes. */
	cr_assert_eq(kthread_cpu_offline(0), 0);
	cr_assert_neq(kthread_get_state(threads[0]), TASK_PARKED);
	cr_assert_eq(kthread_cpu_online(0), 0);
	smpboot_unregister_percpu_thread(&set);
}

/* Mutation B01: online_locked() does not make the threads that are missing. */
Test(kthread_smpboot, a_cpu_that_comes_later_gets_its_thread)
{
	needs_cpu_0();
	cr_assert_eq(kthread_cpu_offline(0), 0);
	cr_assert_eq(smpboot_register_percpu_thread(&set), 0);
	cr_assert_null(threads[0]);
	cr_assert_eq(kthread_cpu_online(0), 0);
	cr_assert_not_null(threads[0]);
	cr_assert(seen("cs"), "%s", events);
	run_on(0);
	smpboot_unregister_percpu_thread(&set);
	cr_assert_str_eq(events, "csrx");
	cr_assert_eq(kthread_cpu_online(NR_CPUS), -EINVAL);
	cr_assert_eq(kthread_cpu_offline(NR_CPUS), -EINVAL);
}

static bool is_bound(unsigned int cpu)
{
	cpu_set_t mask;

	CPU_ZERO(&mask);
	return !sched_getaffinity(threads[cpu]->pid, sizeof(mask), &mask) &&
	       CPU_COUNT(&mask) == 1 && CPU_ISSET(cpu, &mask);
}

/* Mutation B04: kthread_create_on_cpu() does not bind. */
Test(kthread_smpboot, each_cpu_runs_its_own)
{
	unsigned int cpu, round, nr = 0;

	cr_assert_eq(smpboot_register_percpu_thread(&set), 0);
	for (cpu = 0; cpu < (unsigned int)sysconf(_SC_NPROCESSORS_CONF); cpu++)
		cr_assert(!threads[cpu] || is_bound(cpu), "%u", cpu);
	for (round = 0; round < 100; round++)
		for (cpu = 0; cpu < (unsigned int)sysconf(_SC_NPROCESSORS_CONF); cpu++) {
			if (!threads[cpu])
				continue;
			nr += round == 0;
			run_on(cpu);
			if (round % 10 == 0) {
				cr_assert_eq(kthread_cpu_offline(cpu), 0);
				cr_assert_eq(kthread_cpu_online(cpu), 0);
			}
		}
	cr_assert_gt(nr, 0);
	smpboot_unregister_percpu_thread(&set);
	cr_assert_eq(wrong_cpu, 0);
}
