// SPDX-License-Identifier: GPL-2.0-only
#include "lib/kthread/worklog.h"

#include <stdlib.h>

#include "lib/kthread/stamp.h"

/* One site for all: a tracer tells by it where the functions of the works lie. */
static __attribute__((noinline)) void announce(struct kthread_work_log *log, int last)
{
	log->head.announced = log->head.started;
	USDT(kthread, work_log, log, last);
}

static struct kthread_work_log *make_log(struct kt_task *t)
{
	struct kthread_work_log *log = KT_FAIL("log") ? NULL : calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->head.tid = (uint32_t)t->task.pid;
	log->head.magic = KTHREAD_LOG_MAGIC;
	t->log = log;
	/* A thread that we did not make may have none. */
	if (!kt_slot_own(t))
		t->slot = slot_register();
	if (t->slot)
		__atomic_store_n(&t->slot->log, (uintptr_t)log, __ATOMIC_RELAXED);
	announce(log, 0);
	return log;
}

struct kthread_log_entry *kt_log_start(struct kt_task *t, struct kthread_work *work,
				       kthread_work_func_t func, bool is_barrier)
{
	struct kthread_work_log *log = t->log ? t->log : make_log(t);
	struct kthread_log_entry *e;

	if (!log)
		return NULL;
	e = &log->entry[log->head.started % KTHREAD_LOG_NR];
	e->queued_ns = work->queued_ns;
	/* The next time it may be queued while nobody looks. */
	work->queued_ns = 0;
	e->end_ns = 0;
	e->func = (uintptr_t)func;
	e->flags = is_barrier ? KTHREAD_LOG_BARRIER : 0;
	e->start_ns = slot_clock_ns();
	/* It may be preempted, and read, anywhere: what is counted has its own times, not those of before. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	log->head.started++;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return e;
}

/* The work may be gone. */
void kt_log_end(struct kt_task *t, struct kthread_log_entry *e)
{
	struct kthread_work_log *log = t->log;

	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	e->end_ns = slot_clock_ns();
	if (log->head.started - log->head.announced >= KTHREAD_LOG_ANNOUNCE)
		announce(log, 0);
}

void kt_log_free(struct kt_task *t)
{
	struct kthread_work_log *log = t->log;

	if (!log)
		return;
	t->log = NULL;
	if (kt_slot_of(t))
		__atomic_store_n(&t->slot->log, 0, __ATOMIC_RELAXED);
	announce(log, 1);
	log->head.magic = 0;
	free(log);
}

void kt_log_fork_child(struct kt_task *t)
{
	struct kthread_work_log *log = t->log;

	if (!log)
		return;
	log->head.tid = (uint32_t)t->task.pid;
	if (t->slot)
		__atomic_store_n(&t->slot->log, (uintptr_t)log, __ATOMIC_RELAXED);
	/* With the end of its work, the one that forks perhaps. */
	log->head.announced = log->head.started - KTHREAD_LOG_ANNOUNCE;
}
