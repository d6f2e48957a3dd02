/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHAPES_PERCPU_H
#define SHAPES_PERCPU_H
#include <kthread/cpumask.h>

#define DEFINE_PER_CPU(type, name) __typeof__(type) name[KTHREAD_NR_CPUS]
#define per_cpu(name, cpu)	   ((name)[cpu])
#define per_cpu_ptr(name, cpu)	   (&(*(name))[cpu])
#endif
