/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_FIELD_H
#define KT_RECORD_FIELD_H
/*
 * Fields of records, both ways: what the writers and readers of types.h are made of. For lib/record
 * only.
 *
 * Writing: a field that cannot be added (no memory) turns the object into NULL, and a NULL object
 * takes further fields without a word; record_write() then says -ENOMEM. Reading: each function
 * says whether the field can be what it is asked for; when it cannot, the reason is in @why.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/measure/hist.h"

/* ---- writing --------------------------------------------------------------------------------- */

/* field_record - a new record: {"type": @type} */
json_t *field_record(const char *type);

/* field_put - add @value, whose reference is taken over */
void field_put(json_t **object, const char *key, json_t *value);

/* An array that cannot take @value becomes NULL likewise. */
void field_append(json_t **array, json_t *value);

/* field_count - a whole number: from 2^63 on a string of decimal digits */
json_t *field_count(uint64_t value);
void field_put_count(json_t **object, const char *key, uint64_t value);

/* field_number - NaN and infinity: null */
json_t *field_number(double value);
void field_put_number(json_t **object, const char *key, double value);

/* field_put_text - any bytes, as record_string(); NULL: null */
void field_put_text(json_t **object, const char *key, const char *text);
void field_put_bool(json_t **object, const char *key, bool value);

/*
 * field_put_named - add @value, taken over, by a name of any bytes; false when the object has that
 * name already: then nothing is added
 */
bool field_put_named(json_t **object, const char *name, json_t *value);

/* ---- reading --------------------------------------------------------------------------------- */

struct field_source {
	const json_t *object;
	char *why;
	size_t whylen;
};

/* field_refuse - puts the reason into @why; -EINVAL */
int field_refuse(const struct field_source *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* What is not there, or null, reads as 0, NAN, NULL or false. */
bool field_get_count(const struct field_source *s, const char *key, uint64_t *value);
bool field_get_number(const struct field_source *s, const char *key, double *value);
bool field_get_text(const struct field_source *s, const char *key, const char **text);
bool field_get_bool(const struct field_source *s, const char *key, bool *value);

/* The same for what must be there. */
bool field_need_count(const struct field_source *s, const char *key, uint64_t *value);
bool field_need_text(const struct field_source *s, const char *key, const char **text);

/*
 * field_get_array, field_get_object - of at most @max members; NULL when it is not there, and then
 * empty for jansson
 */
bool field_get_array(const struct field_source *s, const char *key, size_t max, json_t **array);
bool field_get_object(const struct field_source *s, const char *key, size_t max, json_t **object);

/* field_count_of - the number that @value stands for, under the name @key in the reason */
bool field_count_of(const struct field_source *s, const json_t *value, const char *key,
		    uint64_t *count);

/* ---- histograms, as SCHEMA.md has them ------------------------------------------------------- */

json_t *hist_to_json(const struct hist *h);

/*
 * hist_from_json - doubts every index and count, and then what hist_is_consistent() says
 *
 * Return: 0; or -EINVAL with the reason in @why ("hist: count is negative" for @what "hist"): then
 * @h is empty.
 */
int hist_from_json(struct hist *h, const json_t *j, const char *what, char *why, size_t whylen);
#endif
