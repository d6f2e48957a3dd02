/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_WORKLOG_H
#define KT_KTHREAD_WORKLOG_H
/* A worker's log of its works, kept while somebody looks: lib/probe/work_log.h. */
#include <kthread/worker.h>
#include <stddef.h>

#include "lib/kthread/internal.h"
#include "lib/probe/usdt.h"
#include "lib/probe/work_log.h"

#if __SIZEOF_POINTER__ == 8
_Static_assert(offsetof(struct kthread_work, queued_ns) == KTHREAD_WORK_QUEUED_AT,
	       "where a tracer reads it");
#endif

/* Return: NULL when there is no memory for a log. @is_barrier: a flush waits by it */
struct kthread_log_entry *kt_log_start(struct kt_task *t, struct kthread_work *work,
				       kthread_work_func_t func, bool is_barrier);
void kt_log_end(struct kt_task *t, struct kthread_log_entry *e);

/*
 * As the first argument of the probe of queueing, and so called only while somebody looks: that
 * saves the hot path a second question. The probe of the log shares its semaphore.
 */
static inline struct kthread_work *kt_log_queued(struct kthread_work *work)
{
	work->queued_ns = slot_clock_ns();
	return work;
}

static inline bool kt_log_wanted(void)
{
	return USDT_ENABLED(USDT_SEMAPHORE(kthread, work_log));
}

void kt_log_free(struct kt_task *t);	   /* the thread's own, which is at its end */
void kt_log_fork_child(struct kt_task *t); /* the child's thread goes on with it */
#endif
