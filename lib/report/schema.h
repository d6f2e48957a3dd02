/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_SCHEMA_H
#define KT_REPORT_SCHEMA_H
/*
 * JSON held against a JSON Schema (draft 2020-12), as far as report.schema.json and diff.schema.json
 * use it: type, const, enum, minimum, maximum, pattern, properties, required, additionalProperties,
 * items, prefixItems, minItems, maxItems, $ref to #/$defs/, if, then, else. Any other keyword that is
 * not a mere description is an error of the schema, so that nothing in it goes unheeded.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/* schema_report, schema_diff - what is installed as report.schema.json, diff.schema.json; NULL: no memory */
json_t *schema_report(void);
json_t *schema_diff(void);

/* Something that is not as described: where (a JSON pointer) and what. */
typedef void schema_error(const char *where, const char *what, void *arg);

/* schema_check - Return: how many errors @each was called for; 0: @value is as @schema says */
size_t schema_check(const json_t *schema, const json_t *value, schema_error *each, void *arg);

/*
 * schema_validate - is the JSON of file @path ("-": standard input) as its schema describes it? What is
 * not, at most SCHEMA_MAX_SHOWN lines of it, and else that it is, goes to @out for a terminal.
 *
 * Return: 1 it is, 0 it is not; -errno and one sentence in @err: it cannot be read.
 */
#define SCHEMA_MAX_SHOWN 20
int schema_validate(FILE *out, const char *path, char *err, size_t errlen);
#endif
