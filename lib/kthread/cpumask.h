/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_CPUMASK_H
#define KTHREAD_CPUMASK_H
/* A set of CPUs: as much of it as kthread_bind_mask() needs. */
#include <stdbool.h>
#include <string.h>

#define KTHREAD_NR_CPUS	  8192
#define KTHREAD_LONG_BITS (8 * sizeof(unsigned long))

struct cpumask {
	unsigned long bits[KTHREAD_NR_CPUS / (8 * sizeof(unsigned long))];
};

static inline void cpumask_clear(struct cpumask *m)
{
	memset(m, 0, sizeof(*m));
}

static inline void cpumask_setall(struct cpumask *m)
{
	memset(m, 0xff, sizeof(*m));
}

static inline void cpumask_set_cpu(unsigned int cpu, struct cpumask *m)
{
	m->bits[cpu / KTHREAD_LONG_BITS] |= 1UL << cpu % KTHREAD_LONG_BITS;
}

static inline bool cpumask_test_cpu(unsigned int cpu, const struct cpumask *m)
{
	return m->bits[cpu / KTHREAD_LONG_BITS] >> cpu % KTHREAD_LONG_BITS & 1;
}
#endif
