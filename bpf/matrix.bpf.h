/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_MATRIX_BPF_H
#define KT_BPF_MATRIX_BPF_H
/*
 * Waits after wakes by the CPUs of both sides: wakes_shared.h says how they lie. A cell belongs to the
 * CPU that the woken thread runs on, which records with interrupts off: it has one writer. Without
 * the option nothing of it is even there.
 */
#include "bpf/common.bpf.h"
#include "bpf/events_state.h"
#include "bpf/wakes_shared.h"

/* Sized by the loader, as is the next one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} matrix_places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct matrix_cell);
} matrix_cells SEC(".maps");

static __always_inline bool matrix_on(void)
{
	return settings.matrix.nr_cpus;
}

/* matrix_waking - at sched_waking of a task that is not in a queue: by which CPU, + 1 */
static __always_inline void matrix_waking(__u32 *waker_cpu, const struct wake_state *wake)
{
	if (matrix_on() && events_wakes(wake))
		*waker_cpu = bpf_get_smp_processor_id() + 1;
}

/* The cell of a pair, made if need be; NULL: no room, and no other is free. */
static __always_inline struct matrix_cell *matrix_cell_of(__u32 group, __u32 waker_cpu, __u32 cpu)
{
	__u32 nr = settings.matrix.nr_cpus, index = (group * nr + waker_cpu) * nr + cpu;
	struct matrix_cell *cell;
	__u64 *place;

	if (waker_cpu >= nr || cpu >= nr)
		return NULL;
	place = bpf_map_lookup_elem(&matrix_places, &index);
	if (!place)
		return NULL;
	if (*place) {
		index = *place - 1;
		return bpf_map_lookup_elem(&matrix_cells, &index);
	}
	if (*(volatile __u32 *)&control.matrix_cells >= settings.matrix.nr_cells)
		return NULL;
	index = __sync_fetch_and_add(&control.matrix_cells, 1);
	if (index >= settings.matrix.nr_cells)
		return NULL;
	cell = bpf_map_lookup_elem(&matrix_cells, &index);
	if (!cell)
		return NULL;
	cell->waker_cpu = waker_cpu;
	cell->cpu = cpu;
	cell->group = group;
	/* Full barrier: pairs with the one in matrix_read(), which looks at cells that are made. */
	__sync_fetch_and_add(&cell->made, 1);
	*place = index + 1;
	return cell;
}

/*
 * matrix_record - @v is a wait of WOKEN, of @group; @waker_cpu as matrix_waking() has it
 *
 * An own function: the verifier walks the ways through it once.
 */
__noinline int matrix_record(__u32 group, __u32 waker_cpu, __u64 v)
{
	struct matrix_cell *cell;
	__u32 bucket;

	if (group >= settings.nr_groups)
		return 0;
	cell = matrix_cell_of(group, waker_cpu - 1, bpf_get_smp_processor_id());
	if (!cell) {
		group += settings.matrix.nr_cells;
		cell = bpf_map_lookup_elem(&matrix_cells, &group);
		if (cell)
			__sync_fetch_and_add(&cell->bucket[0], 1);
		return 0;
	}
	bucket = hist_index(v, MATRIX_K);
	if (bucket >= MATRIX_NR_BUCKETS)
		return 0;
	cell->bucket[bucket]++;
	cell->sum += v;
	if (cell->max < v)
		cell->max = v;
	if (cell->inv_min < ~v)
		cell->inv_min = ~v;
	cell->overflow += v >> HIST_MAX_BITS != 0;
	return 0;
}
#endif
