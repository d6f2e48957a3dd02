/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_HIST_BPF_H
#define KT_BPF_HIST_BPF_H
/*
 * Recording a value: bpf/tracer_shared.h says how the histograms lie in memory.
 *
 * Define HIST_PREEMPTIBLE before when a program that records can be interrupted by another one that
 * does (USDT, tracepoints outside of the scheduler's locks); else every recorder must run with
 * interrupts off.
 */
#include "bpf/common.bpf.h"

/* Sizes marked 1 are set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_head);
} heads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_cell_line);
} cells SEC(".maps");

static __always_inline void keep_larger(__u64 *at, __u64 v)
{
	__u64 old = *at;
	int i;

	/* Another recorder may come in between; it can do so only a few times in a row. */
	for (i = 0; i < 8 && old < v; i++) {
		__u64 seen = __sync_val_compare_and_swap(at, old, v);

		if (seen == old)
			return;
		old = seen;
	}
}

/* ---- a histogram of its own ------------------------------------------------------------------ */

/* An own function: it is called for a dozen metrics. In this order: the loader reads the other way. */
static __noinline void block_record(struct tracer_block *b, __u32 metric, __u64 v)
{
	__u32 bucket = hist_index(v, HIST_K_BPF);
	struct tracer_beside *beside;
	__u64 *at;

	if (metric >= TRACER_MAX_METRICS || bucket >= HIST_NR_BUCKETS_BPF)
		return;
	/*
	 * As a pointer: of a number that was checked and then spilled 6.1's verifier forgets the
	 * bound.
	 */
	at = &b->bucket[metric][bucket];
	barrier_var(at);
	beside = &b->beside[metric];
	if (BLOCK_ONE_WRITER) {
		*(volatile __u64 *)&beside->begun += 1;
		if (beside->extremes.max < v)
			beside->extremes.max = v;
		if (beside->extremes.inv_min < ~v)
			beside->extremes.inv_min = ~v;
		beside->sum += v;
		if (v >> HIST_MAX_BITS)
			b->overflow[metric]++;
		barrier();
		(*at)++;
		return;
	}
	__sync_fetch_and_add(&beside->begun, 1);
	keep_larger(&beside->extremes.max, v);
	keep_larger(&beside->extremes.inv_min, ~v);
	__sync_fetch_and_add(&beside->sum, v);
	if (v >> HIST_MAX_BITS)
		__sync_fetch_and_add(&b->overflow[metric], 1);
	__sync_fetch_and_add(at, 1);
}

/* ---- cells of subjects ----------------------------------------------------------------------- */

/*
 * cell_in_line - the cell of @key in @line, claimed when there is none yet; NULL: the line is full
 *
 * A cell that has counted to 2^31 without being read is passed over, so that none ever wraps.
 */
static __always_inline struct tracer_cell *cell_in_line(__u32 line, __u32 key)
{
	struct tracer_cell_line *l = bpf_map_lookup_elem(&cells, &line);
	__u32 i, page = line / TRACER_CELL_PAGE;

	if (!l)
		return NULL;
	for (i = 0; i < TRACER_CELLS_PER_LINE; i++) {
		struct tracer_cell *c = &l->cell[i];
		__u32 seen = c->key;

		if (!seen) {
			seen = __sync_val_compare_and_swap(&c->key, 0, key);
			if (!seen) {
				if (page < TRACER_CELL_PAGES)
					control.cell_page_used[page] = 1;
				return c;
			}
		}
		if (seen == key && !(c->count >> 31))
			return c;
	}
	return NULL;
}

static __always_inline struct tracer_cell *cell_of(__u32 key)
{
	/* Neighbouring buckets share a line. */
	__u32 hash = (key / TRACER_CELLS_PER_LINE) * 0x9e3779b1U, i;
	__u32 line = (__u32)(((__u64)hash * settings.nr_cell_lines) >> 32);

	for (i = 0; i < TRACER_CELL_LINES_TRIED; i++) {
		struct tracer_cell *c = cell_in_line(line + i, key);

		if (c)
			return c;
	}
	return NULL;
}

static __always_inline bool sparse_record(__u32 group, __u32 metric, __u32 bucket, __u64 v)
{
	__u32 index = group * settings.nr_metrics + metric;
	struct tracer_cell *c;
	struct tracer_head *h;

	if (group >= settings.nr_groups)
		return false;
	c = cell_of(TRACER_CELL_KEY(group, metric, bucket));
	h = bpf_map_lookup_elem(&heads, &index);
	if (!c || !h)
		return false;
	keep_larger(&h->extremes.max, v);
	keep_larger(&h->extremes.inv_min, ~v);
	__sync_fetch_and_add(&h->sum, v);
	if (v >> HIST_MAX_BITS)
		__sync_fetch_and_add(&h->overflow, 1);
	__sync_fetch_and_add(&c->count, 1);
	return true;
}

/*
 * hist_record - add @v to the metric @metric (counted from the kind's first) of @group
 *
 * A subject that has no group of its own, or no room for its value, has it in `others`: no value is
 * left out.
 */
static __always_inline void hist_record(__u32 group, __u32 metric, __u64 v)
{
	struct tracer_block *b;

	if (settings.group == TRACER_GROUP_SUBJECT) {
		if (sparse_record(group, metric, hist_index(v, HIST_K_BPF), v))
			return;
		count_shared(COUNTER_folded);
		group = 0;
	}
	b = group < settings.nr_groups ? block_of(group) : NULL;
	if (b)
		block_record(b, metric, v);
}
#endif
