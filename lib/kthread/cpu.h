/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_CPU_H
#define KTHREAD_CPU_H
/* What kernel code includes <linux/cpu.h> for, as far as there is any. */
#include <kthread/cpumask.h>
#include <kthread/smpboot.h>
#endif
