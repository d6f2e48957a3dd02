// SPDX-License-Identifier: GPL-2.0-only
/* The machine's CPUs, and looking for CPUs in sets. */
#include <kthread/cpumask.h>
#include <kthread/smp.h>

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct cpumask possible;
static unsigned int nr_ids;

static void count_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);
	unsigned int cpu;

	nr_ids = n < 1 ? 1 : n > KTHREAD_NR_CPUS ? KTHREAD_NR_CPUS : (unsigned int)n;
	for (cpu = 0; cpu < nr_ids; cpu++)
		cpumask_set_cpu(cpu, &possible);
}

unsigned int kthread_nr_cpu_ids(void)
{
	pthread_once(&once, count_cpus);
	return nr_ids;
}

const struct cpumask *kthread_cpus_possible(void)
{
	pthread_once(&once, count_cpus);
	return &possible;
}

/*
 * A row for each bit of a word, with that bit in its first word and 0 in the others. The set of a CPU
 * whose bit is in word n of a set begins n words before the row, at 0s of the row above.
 */
const struct cpumask *kthread_cpumask_of(unsigned int cpu)
{
	static unsigned long rows[1 + KTHREAD_LONG_BITS][KTHREAD_NR_CPUS / KTHREAD_LONG_BITS];
	unsigned int bit = cpu % KTHREAD_LONG_BITS;
	unsigned long *word = &rows[1 + bit][0];

	if (cpu >= KTHREAD_NR_CPUS)
		return (const struct cpumask *)&rows[0][0];
	/* The first caller writes it; others who come meanwhile write the same. */
	if (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
		__atomic_store_n(word, 1UL << bit, __ATOMIC_RELEASE);
	return (const struct cpumask *)(word - cpu / KTHREAD_LONG_BITS);
}

unsigned int kthread_cpumask_next(int cpu, const struct cpumask *m)
{
	unsigned int nr = kthread_nr_cpu_ids();
	unsigned int next = cpu < 0 ? 0 : (unsigned int)cpu + 1;
	unsigned long word;

	while (next < nr) {
		word = __atomic_load_n(&m->bits[next / KTHREAD_LONG_BITS], __ATOMIC_RELAXED) >>
		       next % KTHREAD_LONG_BITS;
		if (word) {
			next += (unsigned int)__builtin_ctzl(word);
			break;
		}
		next = (next / KTHREAD_LONG_BITS + 1) * KTHREAD_LONG_BITS;
	}
	return next < nr ? next : nr;
}

unsigned int kthread_cpumask_last(const struct cpumask *m)
{
	unsigned int cpu, last = kthread_nr_cpu_ids();

	for (cpu = kthread_cpumask_next(-1, m); cpu < kthread_nr_cpu_ids();
	     cpu = kthread_cpumask_next((int)cpu, m))
		last = cpu;
	return last;
}

unsigned int kthread_cpumask_weight(const struct cpumask *m)
{
	unsigned int cpu, n = 0;

	for_each_cpu (cpu, m)
		n++;
	return n;
}

unsigned int kthread_this_cpu(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (unsigned int)cpu;
}
