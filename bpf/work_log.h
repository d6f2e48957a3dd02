/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WORK_LOG_H
#define KT_BPF_WORK_LOG_H
/*
 * What a worker's log (lib/probe/work_log.h) says happened since the last look: plain C, compiled
 * into BPF, into a unit test and into a fuzzer, since the log is its process's to write.
 *
 * An item is looked at twice: once it has begun, for its delay, and once it has ended. Items begin
 * in order; one may begin within another. What a log says of before @since_ns is of before the
 * counting.
 */
#include "bpf/work_state.h"
#include "lib/probe/work_log.h"

/* How far the log of a thread has been read. Zeroed: no log is known. */
struct work_log {
	uint64_t addr;	/* as the process sees it */
	uint32_t begun; /* the first of which the beginning has not been looked at */
	uint32_t ended; /* likewise the end */
};

/* What one item of a log means. */
struct work_news {
	enum work_outcome begun, ended; /* WORK_NOTHING: nothing new */
	uint64_t delay_ns, run_ns;
	bool ends_here; /* the next look begins after it */
};

/*
 * work_log_look - the head of the log has been read: how many items are there to look at?
 * @lost: so many were overwritten before anybody looked
 *
 * They are those from @l->ended on. Return: their number, KTHREAD_LOG_NR at most.
 */
static inline __attribute__((always_inline)) uint32_t
work_log_look(struct work_log *l, const struct kthread_log_head *head, uint32_t tid, uint32_t *lost)
{
	uint32_t nr = head->started - l->ended;

	*lost = 0;
	if (head->magic != KTHREAD_LOG_MAGIC || head->tid != tid) {
		l->addr = 0; /* freed, or the process has other memory now */
		return 0;
	}
	if (nr > 0x7fffffff) {
		/* Another log where the last one was. */
		l->begun = l->ended = 0;
		nr = head->started;
	}
	if (nr > KTHREAD_LOG_NR) {
		*lost = nr - KTHREAD_LOG_NR;
		l->ended += *lost;
		nr = KTHREAD_LOG_NR;
	}
	if (l->begun - l->ended > KTHREAD_LOG_NR)
		l->begun = l->ended;
	return nr;
}

/* work_log_item - item number @n of the log, @e, for which work_log_look() asked, in their order */
static inline __attribute__((always_inline)) void
work_log_item(struct work_log *l, struct work_thread *t, uint32_t n,
	      const struct kthread_log_entry *e, uint64_t since_ns, struct work_news *news)
{
	bool barrier = e->flags & KTHREAD_LOG_BARRIER;

	news->begun = news->ended = WORK_NOTHING;
	news->delay_ns = news->run_ns = 0;
	news->ends_here = false;
	if (n == l->begun) {
		l->begun++;
		if (e->start_ns >= since_ns)
			news->begun = work_begun(t, e->queued_ns >= since_ns ? e->queued_ns : 0,
						 e->start_ns, barrier, &news->delay_ns);
	}
	if (!e->end_ns || n != l->ended)
		return;
	l->ended++;
	news->ends_here = true;
	if (e->end_ns >= since_ns)
		news->ended = work_over(t, e->start_ns >= since_ns ? e->start_ns : 0, e->end_ns,
					barrier, &news->run_ns);
}
#endif
