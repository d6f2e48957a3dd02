/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_COMMON_BPF_H
#define KT_BPF_COMMON_BPF_H
/*
 * What every BPF object of ours has: settings, control word, counters. Which tasks it looks at is in
 * filters.bpf.h, for whom it counts in subjects.bpf.h, how it records a value in hist.bpf.h.
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

/* Size set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_block);
} blocks SEC(".maps");

/*
 * With HIST_PREEMPTIBLE a program may be interrupted by another one of ours; without it a block that
 * belongs to one CPU has one writer at a time, and plain adds do.
 */
#ifdef HIST_PREEMPTIBLE
#define BLOCK_ONE_WRITER 0
#else
#define BLOCK_ONE_WRITER settings.shard_owned
#endif

/* block_of - the block of @group for this CPU */
static __always_inline struct tracer_block *block_of(__u32 group)
{
	__u32 cpu = bpf_get_smp_processor_id(), index = group * settings.nr_shards;

	index += settings.shard_owned ? cpu : cpu % (settings.nr_shards ?: 1);
	return bpf_map_lookup_elem(&blocks, &index);
}

/* ---- counters -------------------------------------------------------------------------------- */

/* count_shared - where another of our programs may run on this CPU in between */
static __always_inline void count_shared(__u32 id)
{
	struct tracer_block *b = block_of(0);

	if (b)
		__sync_fetch_and_add(&b->counter[id], 1);
}

static __always_inline void count_in(struct tracer_block *b, __u32 id, __u64 n)
{
	if (BLOCK_ONE_WRITER)
		b->counter[id] += n;
	else
		__sync_fetch_and_add(&b->counter[id], n);
}

static __always_inline void count_n(__u32 id, __u64 n)
{
	struct tracer_block *b = block_of(0);

	if (b)
		count_in(b, id, n);
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

/*
 * started - is counting on? First statement of each program; counts the hit. The block of group 0,
 * where it is.
 */
static __always_inline struct tracer_block *started(void)
{
	struct tracer_block *b;

	if (!*(volatile __u32 *)&control.enabled)
		return NULL;
	b = block_of(0);
	if (b)
		count_in(b, COUNTER_EVENTS, 1);
	return b;
}
#endif
