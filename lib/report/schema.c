// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/schema.h"

#include <math.h>
#include <regex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WHERE 1000
#define MAX_DEPTH 100 /* of schemas in one another: a reference that leads to itself ends */

struct check {
	const json_t *root;
	schema_error *each;
	void *arg;
	size_t nr;
	int depth;
	char where[MAX_WHERE];
};

/* ---- what is wrong --------------------------------------------------------------------------- */

static __attribute__((format(printf, 2, 3))) void wrong(struct check *c, const char *fmt, ...)
{
	char what[300];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	c->nr++;
	if (c->each)
		c->each(c->where, what, c->arg);
}

/* What @j is, short enough for a line; freed by the caller */
static char *shown(const json_t *j)
{
	char *text;

	if (json_is_object(j) || json_is_array(j))
		return strdup(json_is_object(j) ? "an object" : "an array");
	text = json_dumps(j, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
	if (text && strlen(text) > 60)
		strcpy(text + 57, "...");
	return text;
}

static void add(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s", more);
}

/* "number or null" */
static void list(char *text, size_t size, const json_t *all)
{
	json_t *item;
	size_t i;

	*text = '\0';
	json_array_foreach (all, i, item) {
		char *one = json_is_string(item) ? strdup(json_string_value(item)) : shown(item);

		if (i)
			add(text, size, i + 1 < json_array_size(all) ? ", " : " or ");
		add(text, size, one ? one : "?");
		free(one);
	}
}

/* ---- keywords -------------------------------------------------------------------------------- */

static void check(struct check *c, const json_t *schema, const json_t *value);

static const char *type_of(const json_t *j)
{
	static const char *const name[] = {
		[JSON_OBJECT] = "object",   [JSON_ARRAY] = "array", [JSON_STRING] = "string",
		[JSON_INTEGER] = "integer", [JSON_REAL] = "number", [JSON_TRUE] = "boolean",
		[JSON_FALSE] = "boolean",   [JSON_NULL] = "null",
	};

	return name[json_typeof(j)];
}

/* 5 and 5.0 are the same number. */
static bool is_type(const json_t *value, const char *type)
{
	if (!strcmp(type, "number"))
		return json_is_number(value);
	if (!strcmp(type, "integer") && json_is_real(value))
		return json_real_value(value) == floor(json_real_value(value));
	return !strcmp(type, type_of(value));
}

static bool equal(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b) && json_typeof(a) != json_typeof(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b);
}

static void check_type(struct check *c, const json_t *types, const json_t *value)
{
	char expected[100];
	json_t *type;
	size_t i;

	if (json_is_string(types)) {
		if (!is_type(value, json_string_value(types)))
			wrong(c, "is of type %s, expected %s", type_of(value),
			      json_string_value(types));
		return;
	}
	json_array_foreach (types, i, type)
		if (is_type(value, json_string_value(type)))
			return;
	list(expected, sizeof(expected), types);
	wrong(c, "is of type %s, expected %s", type_of(value), expected);
}

static void check_const(struct check *c, const json_t *expected, const json_t *value)
{
	char *is = shown(value), *wanted = shown(expected);

	if (!equal(expected, value))
		wrong(c, "is %s, expected %s", is ? is : "?", wanted ? wanted : "?");
	free(is);
	free(wanted);
}

static void check_enum(struct check *c, const json_t *values, const json_t *value)
{
	char expected[200], *is;
	json_t *one;
	size_t i;

	json_array_foreach (values, i, one)
		if (equal(one, value))
			return;
	list(expected, sizeof(expected), values);
	is = shown(value);
	wrong(c, "is %s, expected %s", is ? is : "?", expected);
	free(is);
}

static void check_minimum(struct check *c, const json_t *limit, const json_t *value)
{
	if (json_is_number(value) && json_number_value(value) < json_number_value(limit))
		wrong(c, "is %.9g, expected at least %.9g", json_number_value(value),
		      json_number_value(limit));
}

static void check_maximum(struct check *c, const json_t *limit, const json_t *value)
{
	if (json_is_number(value) && json_number_value(value) > json_number_value(limit))
		wrong(c, "is %.9g, expected at most %.9g", json_number_value(value),
		      json_number_value(limit));
}

static void check_pattern(struct check *c, const json_t *pattern, const json_t *value)
{
	regex_t regex;

	if (!json_is_string(value))
		return;
	if (regcomp(&regex, json_string_value(pattern), REG_EXTENDED | REG_NOSUB)) {
		wrong(c, "has a pattern in its schema that cannot be used");
		return;
	}
	if (regexec(&regex, json_string_value(value), 0, NULL, 0))
		wrong(c, "is \"%.60s\", expected %s", json_string_value(value),
		      json_string_value(pattern));
	regfree(&regex);
}

/* A step down to member @key, or item @index where that is NULL. */
static void check_below(struct check *c, const char *key, size_t index, const json_t *schema,
			const json_t *value)
{
	size_t end = strlen(c->where);
	char number[24];

	snprintf(number, sizeof(number), "%zu", index);
	add(c->where, MAX_WHERE, "/");
	add(c->where, MAX_WHERE, key ? key : number);
	check(c, schema, value);
	c->where[end] = '\0';
}

static void check_properties(struct check *c, const json_t *properties, const json_t *value)
{
	const char *key;
	json_t *schema;

	json_object_foreach ((json_t *)properties, key, schema) {
		const json_t *member = json_object_get(value, key);

		if (member)
			check_below(c, key, 0, schema, member);
	}
}

static void check_required(struct check *c, const json_t *names, const json_t *value)
{
	json_t *name;
	size_t i;

	if (!json_is_object(value))
		return;
	json_array_foreach (names, i, name)
		if (!json_object_get(value, json_string_value(name)))
			wrong(c, "has no \"%s\"", json_string_value(name));
}

static void check_additional(struct check *c, const json_t *schema, const json_t *properties,
			     const json_t *value)
{
	const char *key;
	json_t *member;

	json_object_foreach ((json_t *)value, key, member) {
		if (json_object_get(properties, key))
			continue;
		if (json_is_false(schema))
			wrong(c, "has \"%.100s\", which is not described", key);
		else
			check_below(c, key, 0, schema, member);
	}
}

static void check_items(struct check *c, const json_t *schema, size_t from, const json_t *value)
{
	if (json_is_false(schema) && json_array_size(value) > from)
		wrong(c, "has %zu items, expected at most %zu", json_array_size(value), from);
	for (size_t i = from; !json_is_false(schema) && i < json_array_size(value); i++)
		check_below(c, NULL, i, schema, json_array_get(value, i));
}

static void check_prefix(struct check *c, const json_t *schemas, const json_t *value)
{
	json_t *schema;
	size_t i;

	json_array_foreach (schemas, i, schema)
		if (i < json_array_size(value))
			check_below(c, NULL, i, schema, json_array_get(value, i));
}

static void check_size(struct check *c, const json_t *limit, const json_t *value, bool most)
{
	size_t is = json_array_size(value), wanted = (size_t)json_integer_value(limit);

	if (json_is_array(value) && (most ? is > wanted : is < wanted))
		wrong(c, "has %zu items, expected at %s %zu", is, most ? "most" : "least", wanted);
}

static void check_reference(struct check *c, const json_t *to, const json_t *value)
{
	static const char inside[] = "#/$defs/";
	const char *name = json_string_value(to);
	const json_t *schema = NULL;

	if (!strncmp(name, inside, strlen(inside)))
		schema = json_object_get(json_object_get(c->root, "$defs"), name + strlen(inside));
	if (schema)
		check(c, schema, value);
	else
		wrong(c, "has a schema \"%s\" that is not there", name);
}

static void check_if(struct check *c, const json_t *schema, const json_t *condition,
		     const json_t *value)
{
	struct check quiet = { .root = c->root, .depth = c->depth };
	const json_t *then;

	check(&quiet, condition, value);
	then = json_object_get(schema, quiet.nr ? "else" : "then");
	if (then)
		check(c, then, value);
}

static bool is_description(const char *key)
{
	static const char *const names[] = { "$schema", "$id",	       "$defs", "$comment",
					     "title",	"description", "then",	"else" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(key, names[i]))
			return true;
	return false;
}

/* false: the keyword is not known */
static bool check_keyword(struct check *c, const json_t *schema, const char *key, const json_t *of,
			  const json_t *value)
{
	static const struct {
		const char *key;
		void (*check)(struct check *c, const json_t *of, const json_t *value);
	} simple[] = {
		{ "type", check_type },
		{ "const", check_const },
		{ "enum", check_enum },
		{ "minimum", check_minimum },
		{ "maximum", check_maximum },
		{ "pattern", check_pattern },
		{ "properties", check_properties },
		{ "required", check_required },
		{ "prefixItems", check_prefix },
		{ "$ref", check_reference },
	};

	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
		if (strcmp(key, simple[i].key))
			continue;
		simple[i].check(c, of, value);
		return true;
	}
	if (!strcmp(key, "additionalProperties"))
		check_additional(c, of, json_object_get(schema, "properties"), value);
	else if (!strcmp(key, "items"))
		check_items(c, of, json_array_size(json_object_get(schema, "prefixItems")), value);
	else if (!strcmp(key, "minItems") || !strcmp(key, "maxItems"))
		check_size(c, of, value, !strcmp(key, "maxItems"));
	else if (!strcmp(key, "if"))
		check_if(c, schema, of, value);
	else
		return is_description(key);
	return true;
}

static void check(struct check *c, const json_t *schema, const json_t *value)
{
	const char *key;
	json_t *of;

	if (c->depth == MAX_DEPTH) {
		wrong(c, "has a schema without end");
		return;
	}
	c->depth++;
	json_object_foreach ((json_t *)schema, key, of)
		if (!check_keyword(c, schema, key, of, value))
			wrong(c, "has a schema with \"%s\", which is not known here", key);
	c->depth--;
}

size_t schema_check(const json_t *schema, const json_t *value, schema_error *each, void *arg)
{
	struct check c = { .root = schema, .each = each, .arg = arg };

	check(&c, schema, value);
	return c.nr;
}
