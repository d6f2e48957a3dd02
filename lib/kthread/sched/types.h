/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_SCHED_TYPES_H
#define KTHREAD_SCHED_TYPES_H
/* For the includes of kernel code: what it has here stands in the header below. */
#include <kthread/sched/prio.h>
#endif
