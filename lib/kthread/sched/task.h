/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_SCHED_TASK_H
#define KTHREAD_SCHED_TASK_H
/* What kernel code includes <linux/sched/task.h> for, as far as there is any. */
#include <kthread/sched.h>
#endif
