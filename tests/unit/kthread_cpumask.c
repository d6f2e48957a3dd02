// SPDX-License-Identifier: GPL-2.0-only
/* Sets of CPUs. */
#include <criterion/criterion.h>
#include <sched.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_cpumask, .timeout = 60);

Test(kthread_cpumask, the_machines_own)
{
	unsigned int configured = (unsigned int)sysconf(_SC_NPROCESSORS_CONF);
	unsigned int cpu, n = 0, online = 0;
	cpu_set_t set;

	cr_expect_eq(nr_cpu_ids, configured);
	cr_expect_eq(num_possible_cpus(), configured);
	for_each_possible_cpu (cpu)
		cr_expect_eq(cpu, n++);
	cr_expect_eq(n, configured);
	sched_getaffinity(0, sizeof(set), &set);
	for_each_online_cpu (cpu) {
		online++;
		cr_expect(CPU_ISSET(cpu, &set));
		cr_expect(cpu_online(cpu));
	}
	cr_expect_eq(online, (unsigned int)CPU_COUNT(&set));
	cr_expect_eq(num_online_cpus(), online);
	cr_expect(!cpu_online(nr_cpu_ids));
	cr_expect(!cpu_possible(nr_cpu_ids));
	cr_expect_lt(raw_smp_processor_id(), nr_cpu_ids);
	cr_expect_geq(cpu_to_node(0), 0);
}

/* Mutation: A25: the set of online CPUs stays what it was. */
Test(kthread_cpumask, online_follows_kthread_cpu_online)
{
	unsigned int cpu = cpumask_last(cpu_online_mask), n = num_online_cpus();

	if (n < 2)
		cr_skip_test("needs two CPUs");
	kthread_cpu_offline(cpu);
	cr_expect(!cpu_online(cpu));
	cr_expect_eq(num_online_cpus(), n - 1);
	cr_expect_neq(cpumask_last(cpu_online_mask), cpu);
	kthread_cpu_online(cpu);
	cr_expect_eq(num_online_cpus(), n);
}

/* Mutation: A26: every CPU of the same row has the same set. */
Test(kthread_cpumask, the_set_of_one_cpu)
{
	unsigned int cpu, i;

	for (cpu = 0; cpu < KTHREAD_NR_CPUS; cpu += cpu < 200 ? 1 : 61) {
		const struct cpumask *m = cpumask_of(cpu);

		for (i = 0; i < KTHREAD_NR_CPUS; i++)
			cr_assert_eq(cpumask_test_cpu(i, m), i == cpu, "%u in the set of %u", i,
				     cpu);
	}
	cr_expect_eq(cpumask_of(3), cpumask_of(3));
	cr_expect(!cpumask_test_cpu(0, cpumask_of(KTHREAD_NR_CPUS)));
}

/* Mutation: A27: CPUs before the one that is asked for are found. */
Test(kthread_cpumask, looking_for_cpus)
{
	unsigned int nr = nr_cpu_ids, cpu, n = 0;
	struct cpumask m, all;
	cpumask_var_t var;

	cpumask_clear(&m);
	cr_expect(cpumask_empty(&m));
	cr_expect_geq(cpumask_first(&m), nr);
	cr_expect_geq(cpumask_last(&m), nr);
	cr_expect_geq(cpumask_any(&m), nr);
	cr_expect_eq(cpumask_weight(&m), 0);
	for_each_cpu (cpu, &m)
		n++;
	cr_expect_eq(n, 0);

	cpumask_setall(&all);
	cr_expect(cpumask_full(&all));
	cr_expect(!cpumask_full(&m));
	cr_expect_eq(cpumask_weight(&all), nr);
	cr_expect_eq(cpumask_first(&all), 0);
	cr_expect_eq(cpumask_last(&all), nr - 1);
	cr_expect_geq(cpumask_next((int)nr - 1, &all), nr);

	cpumask_set_cpu(nr - 1, &m);
	cr_expect_eq(cpumask_first(&m), nr - 1);
	cr_expect_geq(cpumask_any_but(&m, nr - 1), nr);
	cr_expect_eq(cpumask_any_and(&m, &all), nr - 1);
	cr_expect(cpumask_intersects(&m, &all));
	cr_expect(cpumask_subset(&m, &all));
	cr_expect_eq(cpumask_equal(&m, &all), nr == 1);
	cpumask_set_cpu(nr, &m); /* there is no such CPU */
	cr_expect_eq(cpumask_weight(&m), 1);
	cr_expect(cpumask_equal(&m, cpumask_of(nr - 1)));

	cr_assert(alloc_cpumask_var(&var, GFP_KERNEL));
	cpumask_copy(var, &m);
	cr_expect(cpumask_equal(var, &m));
	cpumask_clear_cpu(nr - 1, var);
	cr_expect(cpumask_empty(var));
	cr_expect_eq(cpumask_andnot(var, &all, &m), nr > 1);
	cr_expect_eq(cpumask_weight(var), nr - 1);
	cpumask_or(var, var, &m);
	cr_expect(cpumask_full(var));
	cpumask_xor(var, var, &m);
	cr_expect_eq(cpumask_weight(var), nr - 1);
	cr_expect(!cpumask_and(var, var, &m));
	cr_assert(zalloc_cpumask_var(&var, GFP_KERNEL));
	cr_expect(cpumask_empty(var));
	free_cpumask_var(var);
}
