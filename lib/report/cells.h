/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_CELLS_H
#define KT_REPORT_CELLS_H
/*
 * A histogram that takes no more memory than it has buckets in use. A trace of ten thousand threads
 * has ten of them for each; as struct hist they would take gigabytes.
 */
#include "lib/measure/hist.h"

struct cells;

/*
 * cells_add - add @h, consistent, to *@c, made at its first use
 *
 * Return: 0; -ENOMEM; -EOVERFLOW: both counts together pass 2^64-1. On failure *@c is as it was.
 */
int cells_add(struct cells **c, const struct hist *h);

/* cells_read - into @h, whatever that held; NULL is an empty one */
void cells_read(const struct cells *c, struct hist *h);

/* The exact figures beside the buckets; of NULL 0. */
uint64_t cells_count(const struct cells *c);
uint64_t cells_sum(const struct cells *c);
uint64_t cells_max(const struct cells *c);

void cells_free(struct cells *c);
#endif
