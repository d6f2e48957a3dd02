/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_WAKES_H
#define KT_REPORT_WAKES_H
/*
 * What tracers say of the wakes of an arm, or of a trace, beside distributions: what the long ones
 * are long of, and between which CPUs they went. Part of report.h.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/record/sparse.h"

/* ---- bands ----------------------------------------------------------------------------------- */

/* The wholes and parts that are summed up: those of enum report_phase before PHASE_WOKEN. */
#define REPORT_NR_SUMS 7

/* Wakes whose end_to_end lies in one bucket. */
struct report_band_row {
	uint32_t index; /* of hist_low() */
	uint64_t count;
	uint64_t sum[REPORT_NR_SUMS];
};

enum report_band_number { BAND_P50, BAND_P90, BAND_P99, BAND_BEYOND, NR_REPORT_BANDS };

/*
 * Wakes up to the p50 of end_to_end, from there up to the p90, to the p99, and beyond, as well as
 * buckets allow: a limit is that of the bucket nearest to it.
 */
struct report_band {
	uint64_t count; /* 0: no bucket came to lie in it */
	uint64_t sum[REPORT_NR_SUMS];
	double from_share, to_share; /* of all wakes: 0 to about 0.5, ...; exactly what is in it */
	uint64_t from_ns, to_ns;     /* not shorter than, shorter than; of an empty one equal */
};

struct report_bands {
	uint64_t count; /* of all: the bands add up to it */
	struct report_band band[NR_REPORT_BANDS];
	uint32_t k; /* of the buckets */
	size_t nr;  /* rising; all of them, for finer pictures */
	struct report_band_row *row;
};

/* report_band_name - "up to p50", "p50 to p90", "p90 to p99", "beyond p99" */
const char *report_band_name(enum report_band_number n);

/* ---- matrix ---------------------------------------------------------------------------------- */

/* Waits of threads that were woken from one CPU and then ran on another, or the same. */
struct report_cell {
	uint64_t waker_cpu, cpu;
	uint64_t count, sum, max; /* ns */
	double p50, p99;       /* ns, within a quarter; NAN: not there, as in struct report_stats */
	struct sparse *sparse; /* all of its values */
};

struct report_matrix {
	const char *metric; /* of the waits */
	size_t nr;	    /* by waker_cpu, then by cpu; pairs without a wait have none */
	struct report_cell *cell;
	uint64_t others; /* waits for which there was no room */
};
#endif
