/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_SCHED_RT_H
#define KTHREAD_SCHED_RT_H
/* What kernel code includes <linux/sched/rt.h> for, as far as there is any. */
#include <kthread/sched/prio.h>
#endif
