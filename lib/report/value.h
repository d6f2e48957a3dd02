/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_VALUE_H
#define KT_REPORT_VALUE_H
/*
 * JSON values as the reports of runs and of comparisons write them. What does not exist is null.
 * jansson escapes control characters and refuses what is not UTF-8, so hostile names need no more
 * than it.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/record/types.h"

/* value_number - null for NAN and infinities */
json_t *value_number(double v);

/* value_text - null for NULL; a text that was cut to a length may end in the middle of a character */
json_t *value_text(const char *s);

/* value_count - readers of JSON take 63 bits; beyond them the first digits have to do */
json_t *value_count(uint64_t n);

/* value_build - version, build_id, compiler, flags */
json_t *value_build(const struct record_build *b);

/* value_write - the whole of a report, which is released. Return: 0, or -errno; NULL: -ENOMEM */
int value_write(FILE *out, json_t *all);

struct report;
struct report_question;

/* value_trace - of a kind of a trace what it has beside its figures */
json_t *value_trace(const struct report *r, const struct report_question *q);
#endif
