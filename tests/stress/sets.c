// SPDX-License-Identifier: GPL-2.0-only
/*
 * sets SEED SECONDS [TEXT]: per-CPU sets that come and go while CPUs do (watch.h).
 */
#include <sys/wait.h>

#include "tests/stress/watch.h"

#define MAX_CPUS 1024

/* ---- what may happen to a thread, and when --------------------------------------------------- */
enum { NONE, CREATED, ACTIVE, PARKED };

static struct {
	unsigned int state, wanted, runs;
} cpus[MAX_CPUS];
static struct task_struct *threads[MAX_CPUS];
static unsigned int wrong_order, wrong_cpu, alive;
static unsigned int nr_cpus;

static void becomes(unsigned int cpu, unsigned int from, unsigned int to)
{
	if (READ(cpus[cpu].state) != from)
		ADD(wrong_order);
	__atomic_store_n(&cpus[cpu].state, to, __ATOMIC_RELEASE);
}

static void here(unsigned int cpu)
{
	if ((unsigned int)sched_getcpu() != cpu)
		ADD(wrong_cpu);
}

static void on_create(unsigned int cpu)
{
	becomes(cpu, NONE, CREATED);
	if (kthread_get_state(threads[cpu]) != TASK_PARKED)
		ADD(wrong_order);
}

static void on_setup(unsigned int cpu)
{
	here(cpu);
	becomes(cpu, CREATED, ACTIVE);
	ADD(alive);
}

static void on_park(unsigned int cpu)
{
	here(cpu);
	becomes(cpu, ACTIVE, PARKED);
}

static void on_unpark(unsigned int cpu)
{
	here(cpu);
	becomes(cpu, PARKED, ACTIVE);
}

/* Only of one that was set up. */
static void on_cleanup(unsigned int cpu, bool online)
{
	(void)online;
	if (READ(cpus[cpu].state) != ACTIVE && READ(cpus[cpu].state) != PARKED)
		ADD(wrong_order);
	__atomic_store_n(&cpus[cpu].state, NONE, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&alive, 1, __ATOMIC_ACQ_REL);
}

static int should_run(unsigned int cpu)
{
	return READ(cpus[cpu].wanted) != READ(cpus[cpu].runs);
}

static void on_run(unsigned int cpu)
{
	here(cpu);
	if (READ(cpus[cpu].state) != ACTIVE)
		ADD(wrong_order);
	ADD(cpus[cpu].runs);
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

/* A second one, of nothing but threads. */
static int never(unsigned int cpu)
{
	(void)cpu;
	return 0;
}

static void nothing(unsigned int cpu)
{
	(void)cpu;
}

static struct smp_hotplug_thread plain = {
	.thread_should_run = never,
	.thread_fn = nothing,
	.thread_comm = "plain/%u",
};

/* ---- those who disturb ----------------------------------------------------------------------- */
static unsigned int end;

static void cpus_come_and_go(void *unused)
{
	(void)unused;
	while (!READ(end)) {
		unsigned int cpu = rnd() % nr_cpus;

		if (rnd() & 1)
			kthread_cpu_offline(cpu);
		else
			kthread_cpu_online(cpu);
		delay_somewhere(rnd());
	}
}

static void plain_comes_and_goes(void *unused)
{
	(void)unused;
	while (!READ(end)) {
		if (kthread_smpboot_register(&plain))
			ADD(wrong_order);
		delay_somewhere(rnd());
		kthread_smpboot_unregister(&plain);
	}
}

static void all_online(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		kthread_cpu_online(cpu);
}

static void begin(void)
{
	unsigned int cpu;

	end = 0;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		/* One that was never set up is not cleaned up. */
		cpus[cpu].state = NONE;
		cpus[cpu].runs = cpus[cpu].wanted;
	}
	other_go(0, cpus_come_and_go, NULL);
	other_go(1, cpus_come_and_go, NULL);
	other_go(2, plain_comes_and_goes, NULL);
}

static void finish(void)
{
	unsigned int i;

	__atomic_store_n(&end, 1, __ATOMIC_RELEASE);
	for (i = 0; i < 3; i++)
		other_wait(i);
	all_online();
}

/*
 * ---- P14: mutations: make_thread() that does not park; smpboot_fn() that does not note its park
 */
static bool P14_register_and_unregister_while_cpus_come_and_go(void)
{
	unsigned int i, cpu;

	begin();
	for (i = 0; i < 5; i++) {
		for (cpu = 0; cpu < nr_cpus; cpu++)
			cpus[cpu].state = NONE;
		CHECK(kthread_smpboot_register(&set) == 0);
		delay_somewhere(rnd());
		for (cpu = 0; cpu < nr_cpus; cpu++)
			ADD(cpus[cpu].wanted);
		delay_somewhere(rnd());
		kthread_smpboot_unregister(&set);
		for (cpu = 0; cpu < nr_cpus; cpu++)
			CHECK(!threads[cpu]);
		CHECK(!READ(alive));
		step();
	}
	finish();
	CHECK(!wrong_order && !wrong_cpu);
	return true;
}

static bool P14_work_is_done_on_each_cpu_that_is_there(void)
{
	unsigned int i, cpu;

	begin();
	CHECK(kthread_smpboot_register(&set) == 0);
	for (i = 0; i < 20; i++) {
		for (cpu = 0; cpu < nr_cpus; cpu++) {
			struct task_struct *k = READ(threads[cpu]);

			ADD(cpus[cpu].wanted);
			/* Made once, it stays until the set goes. */
			if (k)
				wake_up_process(k);
		}
		delay_somewhere(rnd());
		step();
	}
	finish();
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		CHECK(threads[cpu]);
		wake_up_process(threads[cpu]);
		CHECK(WAIT_UNTIL(!should_run(cpu)));
	}
	kthread_smpboot_unregister(&set);
	CHECK(!wrong_order && !wrong_cpu && !READ(alive));
	return true;
}

/*
 * ---- L14: the child begins with no set, and may have sets of its own: mutation:
 * kt_smpboot_fork_child() that leaves the lock
 */
static int in_child(void)
{
	unsigned int cpu;

	all_online();
	for (cpu = 0; cpu < nr_cpus; cpu++)
		cpus[cpu].state = NONE;
	alive = wrong_order = 0;
	if (kthread_smpboot_register(&set))
		return 2;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		ADD(cpus[cpu].wanted);
		wake_up_process(threads[cpu]);
		if (!WAIT_UNTIL(!should_run(cpu)))
			return 3;
	}
	kthread_smpboot_unregister(&set);
	return READ(alive) || READ(wrong_order) ? 4 : 0;
}

static bool L14_fork_while_sets_come_and_go(void)
{
	int status = -1, i;
	pid_t pid;

	begin();
	for (i = 0; i < 5; i++) {
		delay_somewhere(rnd());
		fflush(NULL);
		pid = fork();
		if (!pid) {
			alarm(60);
			__atomic_store_n(&kthread_test_delay, NULL, __ATOMIC_RELEASE);
			_exit(in_child());
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			break;
		step();
	}
	finish();
	if (status)
		printf("the child: status %#x\n", status);
	CHECK(!status);
	return true;
}

int main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "P14_register_and_unregister_while_cpus_come_and_go",
		  P14_register_and_unregister_while_cpus_come_and_go },
		{ "P14_work_is_done_on_each_cpu_that_is_there",
		  P14_work_is_done_on_each_cpu_that_is_there },
		{ "L14_fork_while_sets_come_and_go", L14_fork_while_sets_come_and_go },
	};
	long n = sysconf(_SC_NPROCESSORS_CONF);
	cpu_set_t all;

	sched_getaffinity(0, sizeof(all), &all);
	/* A thread of a CPU that is not there runs elsewhere, and is a thread all the same. */
	if (n < 1 || n > MAX_CPUS || CPU_COUNT(&all) != n) {
		printf("skipped: needs all CPUs, and no more than %d\n0 passed, 0 failed\n",
		       MAX_CPUS);
		return 0;
	}
	nr_cpus = (unsigned int)n;
	scenarios_play(argc, argv, scenarios, sizeof(scenarios) / sizeof(*scenarios));
	return stress_end();
}
