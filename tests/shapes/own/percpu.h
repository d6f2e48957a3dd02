/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHAPES_PERCPU_H
#define SHAPES_PERCPU_H
/*
 * An array with one for each CPU; its first has the name, as if it were alone, so that its address
 * is what smp_hotplug_thread::store wants.
 */
#include <kthread/cpumask.h>

#define DEFINE_PER_CPU(type, name)                     \
	__typeof__(type) name##_cpus[KTHREAD_NR_CPUS]; \
	extern __typeof__(type) name __attribute__((alias(#name "_cpus")))

#define per_cpu(name, cpu) (((__typeof__(&(name)))percpu_array(&(name)))[cpu])

/* The compiler is not to know that there is one only. */
static inline void *percpu_array(void *first)
{
	__asm__("" : "+r"(first));
	return first;
}
#endif
