/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_CPU_H
#define KTHREAD_CPU_H
/* For the includes of kernel code: what it has here stands in the headers below. */
#include <kthread/cpumask.h>
#include <kthread/smpboot.h>
#endif
