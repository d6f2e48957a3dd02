/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_BANDS_BPF_H
#define KT_BPF_BANDS_BPF_H
/*
 * Whole wakes of arms by their length: wakes_shared.h says how they lie. Where groups are not arms
 * nothing of it is even there.
 */
#include "bpf/common.bpf.h"
#include "bpf/wake_state.h"
#include "bpf/wakes_shared.h"

/* Sized by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bands_row);
} bands SEC(".maps");

static __always_inline void bands_add(__u64 *at, __u64 v)
{
	if (BLOCK_ONE_WRITER)
		*at += v;
	else
		__sync_fetch_and_add(at, v);
}

/*
 * bands_index - the row of this CPU for wakes of @arm that take @ns
 *
 * An own function, and a number: the verifier walks the ways through it once, and the rest once.
 */
__noinline int bands_index(__u32 arm, __u64 ns)
{
	__u32 cpu = bpf_get_smp_processor_id();

	cpu = settings.shard_owned ? cpu : cpu % (settings.nr_shards ?: 1);
	return (arm * settings.nr_shards + cpu) * BANDS_NR + hist_index(ns, BANDS_K);
}

/*
 * bands_record - the wake of an arm that @slot answers
 *
 * Also an own function, so that the caller needs no room for all these values: its stack is as deep
 * as the kernel allows.
 */
static __noinline void bands_record(const struct wake_state *s, const struct kthread_slot *slot)
{
	struct bands_row *row;
	struct wake_whole w;
	__u32 index;

	wake_whole_of(s, slot, &w);
	index = bands_index(s->arm, w.value[METRIC_END_TO_END]);
	row = bpf_map_lookup_elem(&bands, &index);
	if (!row)
		return;
	bands_add(&row->count, 1);
	for (int i = 0; i < BANDS_NR_SUMS; i++)
		bands_add(&row->sum[i], w.value[i]);
}
#endif
