/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WAKES_H
#define KT_BPF_WAKES_H
/*
 * Bands and matrix of wakes on the loader's side: from the maps of wakes_shared.h into a snapshot. The
 * core calls these for each kind; one whose object has no such maps has neither.
 */
#include "bpf/tracer_impl.h"

/* bands_size, matrix_size - before load, after slab_size(); 0 or -errno */
int bands_size(struct tracer *t);
int matrix_size(struct tracer *t);

/* bands_map, matrix_map - after load; 0 or -errno */
int bands_map(struct tracer *t);
int matrix_map(struct tracer *t);

/*
 * bands_read - into the groups of @s, and they begin anew; only while no program is at work, so that
 * a row is whole: while counting is on there are none, and they stay for later
 */
int bands_read(struct tracer *t, struct tracer_snapshot *s);

/* matrix_read - what came since the last read, into the groups of @s; waits for nobody */
int matrix_read(struct tracer *t, struct tracer_snapshot *s);

void bands_close(struct tracer *t);
void matrix_close(struct tracer *t);
#endif
