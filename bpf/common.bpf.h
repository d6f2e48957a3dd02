/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_COMMON_BPF_H
#define KT_BPF_COMMON_BPF_H
/*
 * What every BPF object of ours has: settings, control word, counters, histograms. Which tasks it
 * looks at is in filters.bpf.h, for whom it counts in subjects.bpf.h.
 *
 * Include it first. Define HIST_PREEMPTIBLE before when a program that counts can be interrupted by
 * another one that does; bpf/hist.bpf.h says when that is so.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/tracer_shared.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct tracer_settings settings = {};
struct tracer_control control = {};

/* One per CPU, as many as the loader finds. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_counts);
} counters SEC(".maps");

/* ---- counters -------------------------------------------------------------------------------- */

static __always_inline struct tracer_counts *counts_here(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&counters, &cpu);
}

/* count_shared - where another of our programs may run on this CPU in between */
static __always_inline void count_shared(__u32 id)
{
	struct tracer_counts *c = counts_here();

	if (c)
		__sync_fetch_and_add(&c->counter[id], 1);
}

static __always_inline void count_n(__u32 id, __u64 n)
{
	struct tracer_counts *c = counts_here();

#ifdef HIST_PREEMPTIBLE
	if (c)
		__sync_fetch_and_add(&c->counter[id], n);
#else
	if (c)
		c->counter[id] += n;
#endif
}

static __always_inline void count(__u32 id)
{
	count_n(id, 1);
}

/* count and leave: `return lose(COUNTER_map_full);` */
static __always_inline int lose(__u32 id)
{
	count_shared(id);
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
#endif
