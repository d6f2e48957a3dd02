/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_SLAB_H
#define KT_BPF_SLAB_H
/*
 * Histograms of a tracer, seen from user space while programs go on writing them.
 *
 * A read takes what it finds and waits for nobody, so it may come in the middle of an event: a
 * value then is in a bucket and its sum is not there yet, or the other way round. What stands beside
 * the buckets is therefore made to agree with them, and what that leaves over comes with the next
 * read: over all reads nothing is lost and nothing counted twice. When counting has been switched
 * off the loader waits for the programs in flight, and the last read is whole.
 */
#include "bpf/tracer_impl.h"

/* What stands beside the buckets of one histogram, of which count values lie in first..last. */
struct slab_figures {
	uint64_t count;
	uint32_t first, last;
	uint64_t in_last; /* values in the last bucket of all, where overflow is */
	struct tracer_extremes extremes;
	uint64_t sum;
	uint64_t overflow;
};

/* slab_settle - make @f agree with its buckets, of @k; what it must not have any more is in @left */
void slab_settle(struct slab_figures *f, uint32_t k, struct slab_figures *left);

/* slab_window - a part of an array map, mapped; NULL and errno on failure */
void *slab_window(int fd, size_t offset, size_t bytes);

/* The cells of the subjects; see cells.c */
struct tracer_cells;
int cells_size(struct tracer *t); /* before load */
int cells_read(struct tracer *t, struct tracer_snapshot *s);
void cells_free(struct tracer_cells *c);
uint64_t cells_count(const struct tracer_cells *c, uint32_t group, uint32_t metric);
uint64_t cells_sum(const struct tracer_cells *c, uint32_t group, uint32_t metric);
bool cells_hist(const struct tracer_cells *c, uint32_t group, uint32_t metric, struct hist *h);
#endif
