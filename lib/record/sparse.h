/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_SPARSE_H
#define KT_RECORD_SPARSE_H
/*
 * A histogram that takes no more memory than it has buckets in use. A trace of ten thousand threads
 * has ten of them for each; as struct hist they would take gigabytes.
 */
#include "lib/measure/hist.h"

struct sparse;

/*
 * sparse_add - add @h, consistent, to *@c, made at its first use
 *
 * Return: 0; -ENOMEM; -EOVERFLOW: both counts together pass 2^64-1. On failure *@c is as it was.
 */
int sparse_add(struct sparse **c, const struct hist *h);

/* sparse_read - into @h, whatever that held; NULL is an empty one */
void sparse_read(const struct sparse *c, struct hist *h);

/*
 * sparse_merge - add @c to @h, as hist_merge() does; NULL is an empty one
 *
 * Return: 0; -EINVAL when @c is coarser, -EOVERFLOW when both counts together pass 2^64-1: then @h is
 * unchanged.
 */
int sparse_merge(struct hist *h, const struct sparse *c);

/* sparse_quantile - what hist_quantile() says of it; NAN of NULL */
double sparse_quantile(const struct sparse *c, double q);

/* sparse_k - the k of its buckets; of NULL the finest */
uint32_t sparse_k(const struct sparse *c);

/* The exact figures beside the buckets; of NULL 0. */
uint64_t sparse_count(const struct sparse *c);
uint64_t sparse_sum(const struct sparse *c);
uint64_t sparse_max(const struct sparse *c);

void sparse_free(struct sparse *c);
#endif
