/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHAPES_THREADS_H
#define SHAPES_THREADS_H
#include <kthread/cpumask.h>

#define NR_CPUS KTHREAD_NR_CPUS
#endif
