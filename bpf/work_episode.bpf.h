/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WORK_EPISODE_BPF_H
#define KT_BPF_WORK_EPISODE_BPF_H
/*
 * Single works: who queued each, and what its worker knows of it until it ends. Only while
 * episodes_on().
 */
#include "bpf/queuers.bpf.h"

#include "bpf/work_shared.h"
#include "bpf/work_state.h"
#include "lib/probe/work_log.h"

/*
 * Works that wait, as keys of queuers. One that a log will tell of: when it was queued, as its
 * process reads the clock, and its function. Others: their address.
 */

/* What runs, by thread id in the initial namespace: not of threads with a log. */
struct work_running {
	struct events_waker by;
	__u32 has_by;
	__u32 metric; /* of its delay, or EPISODE_NO_METRIC */
	__u64 delay_ns;
};

/* Size set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct work_running);
} running SEC(".maps");

/* Of a thread with a log, a bit for each place of it: what the delay of that item was. */
struct work_delays {
	__u64 idle, busy;
};

static __always_inline __u32 delay_metric(enum work_outcome o)
{
	return o == WORK_IDLE	? METRIC_DELAY_IDLE
	       : o == WORK_BUSY ? METRIC_DELAY_BUSY
				: EPISODE_NO_METRIC;
}

/* work_episode_started - @p, which is current, begins to execute it; @o, @delay_ns: as work_started() */
static __always_inline void work_episode_started(struct task_struct *p, const struct work_key *work,
						 enum work_outcome o, __u64 delay_ns)
{
	struct queuer_key key = { .what = work->work, .tgid = work->tgid };
	struct work_running r = { .metric = delay_metric(o), .delay_ns = delay_ns };
	__u32 tid = p->pid;

	queuer_take(&key, &r.by, &r.has_by);
	bpf_map_update_elem(&running, &tid, &r, BPF_ANY);
}

/* The stages of a work that ran for @run_ns. */
static __always_inline void fill_work(struct episode *e, __u32 metric, __u64 delay_ns, __u64 run_ns)
{
	bool waited = metric != EPISODE_NO_METRIC;

	e->metric = waited ? metric : METRIC_RUN;
	e->begin_ns = e->end_ns - run_ns - (waited ? delay_ns : 0);
	episode_stage(&e->stage[0], metric, delay_ns);
	episode_stage(&e->stage[1], METRIC_RUN, run_ns);
	episode_stage(&e->stage[2], EPISODE_NO_METRIC, 0);
}

/* work_episode_ended - @p, which is current, has executed @func for @run_ns */
static __always_inline void work_episode_ended(struct task_struct *p, __u64 func,
					       const struct func_origin *origin, __u64 now,
					       __u64 run_ns)
{
	__u32 tid = p->pid;
	struct work_running *r = bpf_map_lookup_elem(&running, &tid);
	struct episode *e;

	if (!r)
		return;
	e = episode_begin(p, now, r->delay_ns);
	if (e) {
		e->func = func;
		e->origin = *origin;
		e->has_by = r->has_by;
		e->by = r->by;
		fill_work(e, r->metric, r->delay_ns, run_ns);
		episode_done(e);
	}
	bpf_map_delete_elem(&running, &tid);
}

/* work_delays_note - item number @n of a log began */
static __always_inline void work_delays_note(struct work_delays *d, __u32 n, enum work_outcome o)
{
	__u64 bit = 1ULL << (n % KTHREAD_LOG_NR);

	d->idle &= ~bit;
	d->busy &= ~bit;
	if (o == WORK_IDLE)
		d->idle |= bit;
	else if (o == WORK_BUSY)
		d->busy |= bit;
}

static __always_inline __u32 work_delays_metric(const struct work_delays *d, __u32 n)
{
	__u64 bit = 1ULL << (n % KTHREAD_LOG_NR);

	return d->idle & bit   ? METRIC_DELAY_IDLE
	       : d->busy & bit ? METRIC_DELAY_BUSY
			       : EPISODE_NO_METRIC;
}

/*
 * work_episode_logged - item @entry of the log of @p, which is current, has ended; @key: as its
 * queueing was seen; @metric: of its delay
 */
static __always_inline void work_episode_logged(struct task_struct *p,
						const struct kthread_log_entry *entry,
						const struct queuer_key *key, __u32 metric,
						const struct func_origin *origin)
{
	struct episode *e;
	__u64 delay;

	/* A log is its process's to write: what has not come to pass yet is no moment of the trace. */
	if (entry->end_ns > bpf_ktime_get_ns()) {
		count(COUNTER_negative);
		return;
	}
	/* It may also say another thing now than when the item began. */
	if (entry->queued_ns > entry->start_ns)
		metric = EPISODE_NO_METRIC;
	delay = metric != EPISODE_NO_METRIC ? entry->start_ns - entry->queued_ns : 0;
	e = episode_begin(p, entry->end_ns, delay);
	if (!e)
		return;
	e->func = entry->func;
	e->origin = *origin;
	queuer_take(key, &e->by, &e->has_by);
	fill_work(e, metric, delay, entry->end_ns - entry->start_ns);
	episode_done(e);
}
#endif
