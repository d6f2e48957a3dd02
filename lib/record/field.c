// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/field.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/record/record.h"

/* ---- writing --------------------------------------------------------------------------------- */

static void drop(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

json_t *field_record(const char *type)
{
	json_t *record = json_object();

	field_put(&record, "type", json_string(type));
	return record;
}

void field_put(json_t **object, const char *key, json_t *value)
{
	/* Takes the reference over in any case; refuses a NULL object or value. */
	if (json_object_set_new(*object, key, value))
		drop(object);
}

void field_append(json_t **array, json_t *value)
{
	if (json_array_append_new(*array, value))
		drop(array);
}

json_t *field_count(uint64_t value)
{
	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	return json_sprintf("%" PRIu64, value);
}

void field_put_count(json_t **object, const char *key, uint64_t value)
{
	field_put(object, key, field_count(value));
}

json_t *field_number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

void field_put_number(json_t **object, const char *key, double value)
{
	field_put(object, key, field_number(value));
}

void field_put_text(json_t **object, const char *key, const char *text)
{
	field_put(object, key, text ? record_string(text) : json_null());
}

void field_put_bool(json_t **object, const char *key, bool value)
{
	field_put(object, key, json_boolean(value));
}

bool field_put_named(json_t **object, const char *name, json_t *value)
{
	json_t *clean = record_string(name);
	const char *key = json_string_value(clean);
	bool known = key && json_object_get(*object, key);

	if (known)
		json_decref(value);
	else if (key)
		field_put(object, key, value);
	if (!key) {
		json_decref(value);
		drop(object);
	}
	json_decref(clean);
	return !known;
}

/* ---- reading --------------------------------------------------------------------------------- */

int field_refuse(const struct field_source *s, const char *fmt, ...)
{
	va_list args;

	if (!s->whylen)
		return -EINVAL;
	va_start(args, fmt);
	vsnprintf(s->why, s->whylen, fmt, args);
	va_end(args);
	/* Names in it come from the record: nothing of them may steer a terminal. */
	for (char *c = s->why; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return -EINVAL;
}

static const json_t *find(const struct field_source *s, const char *key)
{
	const json_t *j = json_object_get(s->object, key);

	return json_is_null(j) ? NULL : j;
}

/* Digits alone: no sign, no blanks, nothing beyond 64 bits. */
static bool parse_digits(const char *text, uint64_t *value)
{
	*value = 0;
	if (!*text)
		return false;
	for (; *text; text++)
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*text - '0'), value))
			return false;
	return true;
}

bool field_count_of(const struct field_source *s, const json_t *j, const char *key, uint64_t *value)
{
	*value = 0;
	if (json_is_string(j) && parse_digits(json_string_value(j), value))
		return true;
	if (!json_is_integer(j)) {
		field_refuse(s, "%s is not a whole number up to 2^64-1", key);
		return false;
	}
	if (json_integer_value(j) < 0) {
		field_refuse(s, "%s is negative", key);
		return false;
	}
	*value = (uint64_t)json_integer_value(j);
	return true;
}

bool field_get_count(const struct field_source *s, const char *key, uint64_t *value)
{
	const json_t *j = find(s, key);

	*value = 0;
	return !j || field_count_of(s, j, key, value);
}

bool field_need_count(const struct field_source *s, const char *key, uint64_t *value)
{
	return field_count_of(s, find(s, key), key, value);
}

bool field_get_number(const struct field_source *s, const char *key, double *value)
{
	const json_t *j = find(s, key);

	*value = json_is_number(j) ? json_number_value(j) : NAN;
	if (!j || json_is_number(j))
		return true;
	field_refuse(s, "%s is not a number", key);
	return false;
}

bool field_get_text(const struct field_source *s, const char *key, const char **text)
{
	const json_t *j = find(s, key);

	*text = json_string_value(j);
	if (!j || *text)
		return true;
	field_refuse(s, "%s is not a string", key);
	return false;
}

bool field_need_text(const struct field_source *s, const char *key, const char **text)
{
	if (field_get_text(s, key, text) && *text)
		return true;
	field_refuse(s, "%s is not a string", key);
	return false;
}

bool field_get_bool(const struct field_source *s, const char *key, bool *value)
{
	const json_t *j = find(s, key);

	*value = json_is_true(j);
	if (!j || json_is_boolean(j))
		return true;
	field_refuse(s, "%s is neither true nor false", key);
	return false;
}

bool field_get_array(const struct field_source *s, const char *key, size_t max, json_t **array)
{
	*array = json_object_get(s->object, key);
	if (!*array || json_is_null(*array)) {
		*array = NULL;
		return true;
	}
	if (json_is_array(*array) && json_array_size(*array) <= max)
		return true;
	if (json_is_array(*array))
		field_refuse(s, "%s has more than %zu members", key, max);
	else
		field_refuse(s, "%s is not a list", key);
	return false;
}

bool field_get_object(const struct field_source *s, const char *key, size_t max, json_t **object)
{
	*object = json_object_get(s->object, key);
	if (!*object || json_is_null(*object)) {
		*object = NULL;
		return true;
	}
	if (json_is_object(*object) && json_object_size(*object) <= max)
		return true;
	if (json_is_object(*object))
		field_refuse(s, "%s has more than %zu members", key, max);
	else
		field_refuse(s, "%s is not an object", key);
	return false;
}
