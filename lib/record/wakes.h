/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_WAKES_H
#define KT_RECORD_WAKES_H
/*
 * What a `trace` says of wakes beside its histograms: bands and matrix. For lib/record only; types.h
 * has the readers.
 */
#include "lib/record/field.h"
#include "lib/record/types.h"

/* wakes_can_write - may both be written? */
bool wakes_can_write(const struct record_bands *b, const struct record_matrix *m);

json_t *wakes_bands_json(const struct record_bands *b);
json_t *wakes_matrix_json(const struct record_matrix *m);
#endif
