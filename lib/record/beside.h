/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_BESIDE_H
#define KT_RECORD_BESIDE_H
/*
 * What stands beside the figures of a block and of an instance: what was not kept, and the noise.
 * For lib/record only.
 */
#include "lib/record/field.h"
#include "lib/record/types.h"

json_t *beside_dropped_json(const char *arm, const char *reason);
json_t *beside_noise_json(const struct record_noise *n);

/* beside_get_dropped - the list "dropped", of RECORD_MAX_ARMS at most */
bool beside_get_dropped(const struct field_source *s, struct record_dropped *dropped, size_t *nr);
bool beside_get_noise(const struct field_source *s, struct record_noise *n);
#endif
