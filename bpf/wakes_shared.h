/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WAKES_SHARED_H
#define KT_BPF_WAKES_SHARED_H
/*
 * Wakes in the two ways that no histogram shows, as bands.bpf.h and matrix.bpf.h write them and
 * bands.c and matrix.c read them.
 *
 * Bands, with TRACER_GROUP_ARM: whole wakes by their END_TO_END, each with the sums of its parts. The
 * map `bands` has the rows of a histogram's buckets,
 *
 *	index = (group * nr_shards + shard) * BANDS_NR + bucket
 *
 * Matrix, with tracer_opts.matrix: WOKEN by the CPU of the waker and the one that the thread then runs
 * on. `matrix_places` (index = (group * nr_cpus + waker's CPU) * nr_cpus + CPU) has the number of the
 * pair's cell + 1, 0: none yet; `matrix_cells` has the cells, and after the last one, per group, one
 * that only counts what found no room. All of what belongs to a CPU is written by that CPU alone.
 */
#include "bpf/wakeup_shared.h"
#include "lib/measure/hist.h"

#define BANDS_K	 4
#define BANDS_NR HIST_NR_BUCKETS(BANDS_K)

/* By metric: those of a whole wake come first. */
#define BANDS_NR_SUMS (METRIC_UNATTRIBUTED + 1)

/* A cache line. */
struct bands_row {
	uint64_t count;
	uint64_t sum[BANDS_NR_SUMS];
};
_Static_assert(sizeof(struct bands_row) == 64, "as many lines as rows are touched");
_Static_assert(METRIC_CALL == 0 && METRIC_END_TO_END < BANDS_NR_SUMS, "indexed by metric");

#define MATRIX_K	  2
#define MATRIX_NR_BUCKETS HIST_NR_BUCKETS(MATRIX_K)
#define MATRIX_MAX_CELLS  8192
#define MATRIX_MAX_PLACES (1U << 22)

struct matrix_cell {
	uint32_t waker_cpu, cpu;
	uint32_t group;
	uint32_t made; /* not 0: what stands before is there */
	uint64_t sum;
	uint64_t max, inv_min; /* as struct tracer_extremes */
	uint64_t overflow;
	uint64_t bucket[MATRIX_NR_BUCKETS]; /* of a cell that only counts: the first one alone */
};

/* Constants, part of struct tracer_settings. */
struct matrix_settings {
	uint32_t nr_cpus; /* whose pairs have a place; 0: no matrix */
	uint32_t nr_cells;
};
#endif
