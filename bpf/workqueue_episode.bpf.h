/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WORKQUEUE_EPISODE_BPF_H
#define KT_BPF_WORKQUEUE_EPISODE_BPF_H
/*
 * Single works of kworkers: who queued each, and what is known of it until it ends. Only while
 * episodes_on(). Those that softirqs execute are left out: the thread that a softirq interrupts has
 * nothing to do with them.
 */
#include "bpf/queuers.bpf.h"

#include "bpf/workqueue_shared.h"
#include "bpf/workqueue_state.h"

/* What runs. */
struct workqueue_running {
	struct events_waker by;
	__u32 has_by;
	__u32 metric; /* of its wait, or EPISODE_NO_METRIC */
	__u64 wait_ns, held_ns;
	__u32 was_held;
	__u32 reserved;
};

/* By thread id in the initial namespace. Size set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct workqueue_running);
} running SEC(".maps");

/* workqueue_episode_queued - current queues the work at @work; it does so once at a time */
static __always_inline void workqueue_episode_queued(__u64 work, __u64 now)
{
	struct queuer_key key = { .what = work, .which = now };

	queuer_note(&key);
}

/* workqueue_episode_started - worker @tid begins it; @w: the wait that ends, NULL: it was not seen */
static __always_inline void workqueue_episode_started(__u32 tid, __u64 work,
						      const struct workqueue_wait *w,
						      enum workqueue_outcome o,
						      const struct workqueue_started *s)
{
	struct workqueue_running r = { .metric = o == WORKQUEUE_IDLE   ? METRIC_READY_IDLE
						 : o == WORKQUEUE_BUSY ? METRIC_READY_BUSY
								       : EPISODE_NO_METRIC,
				       .wait_ns = s->wait_ns,
				       .held_ns = s->held_ns,
				       .was_held = s->was_held };

	if (w) {
		struct queuer_key key = { .what = work, .which = w->queued_ns };

		queuer_take(&key, &r.by, &r.has_by);
	}
	bpf_map_update_elem(&running, &tid, &r, BPF_ANY);
}

/* workqueue_episode_forget - what worker @tid executes is not wanted, or it has none */
static __always_inline void workqueue_episode_forget(__u32 tid)
{
	bpf_map_delete_elem(&running, &tid);
}

/* workqueue_episode_ended - worker @p, which is current, has executed @func for @run_ns */
static __always_inline void workqueue_episode_ended(struct task_struct *p, __u64 func, __u64 now,
						    __u64 run_ns)
{
	__u32 tid = p->pid;
	struct workqueue_running *r = bpf_map_lookup_elem(&running, &tid);
	__u64 held, wait;
	struct episode *e;

	if (!r)
		return;
	held = r->was_held ? r->held_ns : 0;
	wait = r->metric != EPISODE_NO_METRIC ? r->wait_ns : 0;
	e = episode_begin(p, now, held + wait);
	if (e) {
		e->func = func;
		e->has_by = r->has_by;
		e->by = r->by;
		e->metric = r->metric != EPISODE_NO_METRIC ? r->metric : METRIC_WORKQUEUE_RUN;
		e->begin_ns = now - run_ns - wait - held;
		episode_stage(&e->stage[0], r->was_held ? METRIC_HELD : EPISODE_NO_METRIC, held);
		episode_stage(&e->stage[1], r->metric, wait);
		episode_stage(&e->stage[2], METRIC_WORKQUEUE_RUN, run_ns);
		episode_done(e);
	}
	bpf_map_delete_elem(&running, &tid);
}
#endif
