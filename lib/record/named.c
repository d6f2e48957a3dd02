// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/named.h"

#include <string.h>

/* The first of a name stands for all: field_put_named() refuses the others. */
json_t *named_counts_json(const struct record_count *count, size_t nr)
{
	json_t *object = json_object();

	for (size_t i = 0; i < nr; i++) {
		uint64_t sum = count[i].value;

		for (size_t j = i + 1; j < nr; j++)
			if (!strcmp(count[j].name, count[i].name) &&
			    __builtin_add_overflow(sum, count[j].value, &sum))
				sum = UINT64_MAX;
		field_put_named(&object, count[i].name, field_count(sum));
	}
	return object;
}

json_t *named_numbers_json(const struct record_number *number, size_t nr)
{
	json_t *object = json_object();

	for (size_t i = 0; i < nr; i++) {
		double sum = number[i].value;

		for (size_t j = i + 1; j < nr; j++)
			if (!strcmp(number[j].name, number[i].name))
				sum += number[j].value;
		field_put_named(&object, number[i].name, field_number(sum));
	}
	return object;
}

bool named_get_counts(const struct field_source *s, const char *key, struct record_count *count,
		      size_t *nr)
{
	const char *name;
	json_t *object, *value;

	*nr = 0;
	if (!field_get_object(s, key, RECORD_MAX_NUMBERS, &object))
		return false;
	json_object_foreach (object, name, value) {
		struct record_count *c = &count[(*nr)++];

		c->name = name;
		if (!field_count_of(s, value, key, &c->value))
			return false;
	}
	return true;
}

bool named_get_numbers(const struct field_source *s, const char *key, struct record_number *number,
		       size_t *nr)
{
	struct field_source inner = { .why = s->why, .whylen = s->whylen };
	const char *name;
	json_t *object, *value;

	*nr = 0;
	if (!field_get_object(s, key, RECORD_MAX_NUMBERS, &object))
		return false;
	inner.object = object;
	json_object_foreach (object, name, value) {
		struct record_number *n = &number[(*nr)++];

		n->name = name;
		if (!field_get_number(&inner, name, &n->value))
			return false;
	}
	return true;
}
