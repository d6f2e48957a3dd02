/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_TOPOLOGY_H
#define KTHREAD_TOPOLOGY_H
/* NUMA nodes of CPUs. */
#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

int kthread_cpu_to_node(unsigned int cpu);

/* cpu_to_node - the node of @cpu; 0 where there is only one, or where it is not known */
static inline int cpu_to_node(unsigned int cpu)
{
	return kthread_cpu_to_node(cpu);
}

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
