/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_SMP_H
#define KTHREAD_SMP_H
/* On which CPU am I? The answer may be out of date at once, except in a thread that is bound. */
#include <kthread/cpumask.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif
unsigned int kthread_this_cpu(void);
#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop

#define raw_smp_processor_id() kthread_this_cpu()
#define smp_processor_id()     kthread_this_cpu()
#endif
