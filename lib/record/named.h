/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_NAMED_H
#define KT_RECORD_NAMED_H
/*
 * Lists of names and numbers, as objects {name: number}: the counters and losses of epochs and
 * traces. For lib/record only. At most RECORD_MAX_NUMBERS each.
 */
#include "lib/record/field.h"
#include "lib/record/types.h"

/*
 * named_counts_json, named_numbers_json - those of one name are added up, so that none is lost;
 * whole ones end at 2^64-1
 */
json_t *named_counts_json(const struct record_count *count, size_t nr);
json_t *named_numbers_json(const struct record_number *number, size_t nr);

bool named_get_counts(const struct field_source *s, const char *key, struct record_count *count,
		      size_t *nr);
bool named_get_numbers(const struct field_source *s, const char *key, struct record_number *number,
		       size_t *nr);
#endif
