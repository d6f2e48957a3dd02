/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_COMMON_BPF_H
#define KT_BPF_COMMON_BPF_H
/*
 * What every BPF object of ours has: settings, control word, counters, histograms. Which tasks it
 * looks at is in filters.bpf.h, for whom it counts in subjects.bpf.h.
 *
 * Include it first. Define HIST_PREEMPTIBLE before when a program that records can be preempted
 * (USDT, tracepoints outside of the scheduler's locks): min and max are then kept with
 * compare-and-swap, which needs Linux 5.12; without it every recorder must run with interrupts off.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/tracer_shared.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct tracer_settings settings = {};
struct tracer_control control = {};

/* Sizes marked 1 are set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_hist);
} hists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_extremes);
} extremes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_COUNTER_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* ---- counters -------------------------------------------------------------------------------- */

static __always_inline void count_n(__u32 id, __u64 n)
{
	__u64 *v = bpf_map_lookup_elem(&counters, &id);

	/* Atomic: an interrupt may run another of our programs on this CPU in between. */
	if (v)
		__sync_fetch_and_add(v, n);
}

static __always_inline void count(__u32 id)
{
	count_n(id, 1);
}

/* count and leave: `return lose(COUNTER_map_full);` */
static __always_inline int lose(__u32 id)
{
	count_n(id, 1);
	return 0;
}

/* started - is counting on? First statement of each program; counts the hit. */
static __always_inline bool started(void)
{
	if (!*(volatile __u32 *)&control.enabled)
		return false;
	count(COUNTER_EVENTS);
	return true;
}

/* ---- histograms ------------------------------------------------------------------------------ */

static __always_inline void keep_larger(__u64 *at, __u64 v)
{
#ifdef HIST_PREEMPTIBLE
	__u64 old = *at;
	int i;

	/*
	 * Another task of this CPU may record in between; it can do so only a few times in a row.
	 */
	for (i = 0; i < 8 && old < v; i++) {
		__u64 seen = __sync_val_compare_and_swap(at, old, v);

		if (seen == old)
			return;
		old = seen;
	}
#else
	if (*at < v)
		*at = v;
#endif
}

/*
 * bank_now - the bank to record in: read once per program, so that one event's values stay together
 */
static __always_inline __u32 bank_now(void)
{
	return *(volatile __u32 *)&control.bank & 1;
}

/* hist_record - add @v to the metric @metric (counted from the kind's first) of @group in @bank */
static __always_inline void hist_record(__u32 bank, __u32 group, __u32 metric, __u64 v)
{
	__u32 cell = (bank * settings.nr_groups + group) * settings.nr_metrics + metric;
	__u32 cpu = bpf_get_smp_processor_id(), bucket = hist_index(v, HIST_K_BPF), index;
	struct tracer_extremes *e;
	struct tracer_hist *h;
	__u64 *at;

	index = cell * settings.nr_shards + cpu % (settings.nr_shards ?: 1);
	h = bpf_map_lookup_elem(&hists, &index);
	if (!h || bucket >= HIST_NR_BUCKETS_BPF || group >= settings.nr_groups) {
		count(COUNTER_record_failed);
		return;
	}
	/*
	 * As a pointer: of a number that was checked and then spilled 6.1's verifier forgets the
	 * bound.
	 */
	at = &h->bucket[bucket];
	barrier_var(at);
	e = &h->extremes;
#ifndef HIST_PREEMPTIBLE
	if (!settings.shard_owned) {
		e = bpf_map_lookup_elem(&extremes, &cell);
		if (!e) {
			count(COUNTER_record_failed);
			return;
		}
	}
#endif
	keep_larger(&e->max, v);
	keep_larger(&e->inv_min, ~v);
#ifndef HIST_PREEMPTIBLE
	if (settings.shard_owned) {
		h->sum += v;
		(*at)++;
		h->overflow += v >> HIST_MAX_BITS != 0;
		return;
	}
#endif
	__sync_fetch_and_add(&h->sum, v);
	__sync_fetch_and_add(at, 1);
	if (v >> HIST_MAX_BITS)
		__sync_fetch_and_add(&h->overflow, 1);
}
#endif
