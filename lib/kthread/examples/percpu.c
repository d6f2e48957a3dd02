// SPDX-License-Identifier: GPL-2.0-only
/*
 * One thread per CPU, each bound to its own: the set says what they do, the library makes them,
 * parks them while their CPU is not used, and ends them. Here each adds up what it is given; taking
 * the CPUs away for a moment gives a quiet time in which all sums belong together.
 */
#include <kthread/kthread.h>
#include <stdio.h>

static struct task_struct *threads[KTHREAD_NR_CPUS];
static unsigned int given[KTHREAD_NR_CPUS];
static unsigned long sum[KTHREAD_NR_CPUS];
static struct completion added;
static unsigned int set_up, cleaned_up;

static int has_more(unsigned int cpu)
{
	return __atomic_load_n(&given[cpu], __ATOMIC_ACQUIRE) != 0;
}

static void add(unsigned int cpu)
{
	sum[cpu] += __atomic_exchange_n(&given[cpu], 0, __ATOMIC_ACQ_REL);
	complete(&added);
}

static void count_setup(unsigned int cpu)
{
	(void)cpu;
	__atomic_fetch_add(&set_up, 1, __ATOMIC_RELAXED);
}

static void count_cleanup(unsigned int cpu, bool online)
{
	(void)cpu;
	__atomic_fetch_add(&cleaned_up, online, __ATOMIC_RELAXED);
}

static struct smp_hotplug_thread adders = {
	.store = threads,
	.thread_should_run = has_more,
	.thread_fn = add,
	.setup = count_setup,
	.cleanup = count_cleanup,
	.thread_comm = "adder/%u",
};

int main(void)
{
	unsigned int cpu, nr = 0;
	unsigned long total = 0;

	init_completion(&added);
	if (smpboot_register_percpu_thread(&adders))
		return 1;
	for (cpu = 0; cpu < KTHREAD_NR_CPUS; cpu++) {
		if (!threads[cpu])
			continue;
		nr++;
		__atomic_store_n(&given[cpu], 7, __ATOMIC_RELEASE);
		wake_up_process(threads[cpu]);
		wait_for_completion(&added);
	}
	for (cpu = 0; cpu < KTHREAD_NR_CPUS; cpu++)
		if (threads[cpu])
			kthread_cpu_offline(cpu); /* returns when the thread is parked */
	for (cpu = 0; cpu < KTHREAD_NR_CPUS; cpu++) {
		total += sum[cpu];
		if (threads[cpu])
			kthread_cpu_online(cpu);
	}
	smpboot_unregister_percpu_thread(&adders);
	printf("each added %lu, not set up %u, not cleaned up %u, on a wrong CPU %lu\n", total / nr,
	       nr - set_up, nr - cleaned_up, kthread_warn_count(KTHREAD_WARN_WRONG_CPU));
	return total != 7UL * nr;
}
