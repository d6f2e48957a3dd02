/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_SIDES_H
#define KT_RECORD_SIDES_H
/*
 * What records of runs with two sides have beside the others: fields of header and question. In a
 * run of kind "arms" none of them is written. For lib/record only.
 */
#include "lib/record/field.h"
#include "lib/record/types.h"

/* sides_put_kind - the field "kind", unless @kind is RECORD_ARMS */
void sides_put_kind(json_t **object, enum record_kind kind);

/* sides_get_kind - RECORD_ARMS where it is not there */
bool sides_get_kind(const struct field_source *s, enum record_kind *kind);

/* sides_put_header, sides_get_header - kind, against, toggle and code of @h */
void sides_put_header(json_t **object, const struct record_header *h);
bool sides_get_header(const struct field_source *s, struct record_header *h);

/* sides_put_arms, sides_get_arms - kind and sides of @q, whose arms have their names */
void sides_put_arms(json_t **object, const struct record_question *q);
bool sides_get_arms(const struct field_source *s, struct record_question *q);

/* sides_put_build, sides_get_build - version, build_id, compiler, flags */
void sides_put_build(json_t **object, const struct record_build *b);
bool sides_get_build(const struct field_source *s, struct record_build *b);
#endif
