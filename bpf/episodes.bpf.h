/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_EPISODES_BPF_H
#define KT_BPF_EPISODES_BPF_H
/*
 * Single works and parks beside the sums, for the kinds that have them: all, or those that waited
 * long. What is not asked for costs nothing: the verifier takes it out.
 */
#include "bpf/common.bpf.h"

#include "bpf/episodes_shared.h"
#include "bpf/filters.bpf.h"
#include "bpf/waker.bpf.h"

/* Size set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} episodes_ring SEC(".maps");

static __always_inline bool episodes_on(void)
{
	return settings.events.episodes;
}

/* current, as the one who queues a work or asks for a park */
static __always_inline void episode_by(struct events_waker *by)
{
	struct task_struct *p = bpf_get_current_task_btf();

	who_is(&by->who, p);
	by->context = waker_context(p);
	by->cpu = bpf_get_smp_processor_id();
}

/*
 * episode_begin - room for an episode of @p, which is over at @end_ns and has waited @waited_ns in all
 *
 * Return: NULL: it is not asked for, or there is no room (counted); else fill in the rest and call
 * episode_done().
 */
static __always_inline struct episode *episode_begin(struct task_struct *p, __u64 end_ns,
						     __u64 waited_ns)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct episode *e;

	if (!settings.events.stream && waited_ns < settings.events.slower_ns)
		return NULL;
	if (!wanted_cpu(cpu))
		return NULL;
	e = bpf_ringbuf_reserve(&episodes_ring, sizeof(*e), 0);
	if (!e) {
		count(COUNTER_ring_full);
		return NULL;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->end_ns = end_ns;
	e->cpu = cpu;
	who_is(&e->who, p);
	return e;
}

static __always_inline void episode_stage(struct episode_stage *s, __u32 metric, __u64 ns)
{
	s->metric = metric;
	s->ns = ns;
}

static __always_inline void episode_done(struct episode *e)
{
	count(COUNTER_streamed);
	/* The loader looks by itself: waking it would be an event of its own. */
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
}
#endif
