// SPDX-License-Identifier: GPL-2.0-only
/* report: the schemas of what is written as JSON, and that values are held against them */
#include "tests/unit/report_test.h"

#include <criterion/parameterized.h>

#include "lib/report/schema.h"

/* All errors, one line each. */
static char said[4096];

static void say(const char *where, const char *what, void *arg)
{
	size_t used = strlen(said);

	(void)arg;
	snprintf(said + used, sizeof(said) - used, "%s %s\n", where, what);
}

struct rule {
	char schema[120], value[60], errors[120];
};

ParameterizedTestParameters(report_schema, rules)
{
	static struct rule rules[] = {
		{ "{'type': 'string'}", "'x'", "" },
		{ "{'type': 'string'}", "5", " is of type integer, expected string\n" },
		{ "{'type': ['number', 'null']}", "5", "" },
		{ "{'type': ['number', 'null']}", "true",
		  " is of type boolean, expected number or null\n" },
		{ "{'type': 'integer'}", "5.0", "" },
		{ "{'type': 'integer'}", "5.5", " is of type number, expected integer\n" },
		{ "{'const': 5}", "5.0", "" },
		{ "{'const': 5}", "'5'", " is \"5\", expected 5\n" },
		{ "{'enum': ['a', null]}", "null", "" },
		{ "{'enum': ['a', null]}", "'b'", " is \"b\", expected a or null\n" },
		{ "{'minimum': 0}", "-0.5", " is -0.5, expected at least 0\n" },
		{ "{'minimum': 0}", "'text'", "" },
		{ "{'maximum': 7}", "8", " is 8, expected at most 7\n" },
		{ "{'pattern': '^[0-9]{2}$'}", "'12'", "" },
		{ "{'pattern': '^[0-9]{2}$'}", "'123'", " is \"123\", expected ^[0-9]{2}$\n" },
		{ "{'pattern': '^[0-9]{2}$'}", "123", "" },
		{ "{'properties': {'a': {'type': 'null'}}}", "{'a': 1, 'b': 2}",
		  "/a is of type integer, expected null\n" },
		{ "{'required': ['a', 'b']}", "{'b': 1}", " has no \"a\"\n" },
		{ "{'required': ['a']}", "[]", "" },
		{ "{'properties': {'a': {}}, 'additionalProperties': false}", "{'a': 1, 'b': 2}",
		  " has \"b\", which is not described\n" },
		{ "{'additionalProperties': {'type': 'null'}}", "{'a': null, 'b': 2}",
		  "/b is of type integer, expected null\n" },
		{ "{'items': {'type': 'null'}}", "[null, [null], null]",
		  "/1 is of type array, expected null\n" },
		{ "{'prefixItems': [{'const': 1}], 'items': false}", "[2, 3]",
		  "/0 is 2, expected 1\n has 2 items, expected at most 1\n" },
		{ "{'prefixItems': [{'const': 1}, {}], 'items': false, 'minItems': 2}", "[1]",
		  " has 1 items, expected at least 2\n" },
		{ "{'maxItems': 1}", "[1, 2]", " has 2 items, expected at most 1\n" },
		{ "{'$ref': '#/$defs/n', '$defs': {'n': {'type': 'null'}}}", "1",
		  " is of type integer, expected null\n" },
		{ "{'if': {'required': ['a']}, 'then': {'required': ['b']}, 'else': {'required': ['c']}}",
		  "{'a': 1}", " has no \"b\"\n" },
		{ "{'if': {'required': ['a']}, 'then': {'required': ['b']}, 'else': {'required': ['c']}}",
		  "{'b': 1}", " has no \"c\"\n" },
		{ "{'title': 'x', 'description': 'y', '$id': 'z'}", "1", "" },
		/* What is not heeded is not taken for fulfilled. */
		{ "{'multipleOf': 2}", "2",
		  " has a schema with \"multipleOf\", which is not known here\n" },
		{ "{'$ref': '#/$defs/n'}", "1", " has a schema \"#/$defs/n\" that is not there\n" },
		{ "{'$ref': '#/$defs/n', '$defs': {'n': {'$ref': '#/$defs/n'}}}", "1",
		  " has a schema without end\n" },
	};

	return cr_make_param_array(struct rule, rules, sizeof(rules) / sizeof(rules[0]));
}

static json_t *quoted(const char *text)
{
	char json[200];
	json_t *j;

	snprintf(json, sizeof(json), "%s", text);
	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	j = json_loads(json, JSON_DECODE_ANY, NULL);
	cr_assert_not_null(j, "%s", json);
	return j;
}

ParameterizedTest(struct rule *rule, report_schema, rules)
{
	json_t *schema = quoted(rule->schema), *value = quoted(rule->value);
	size_t nr;

	*said = '\0';
	nr = schema_check(schema, value, say, NULL);
	cr_expect_str_eq(said, rule->errors, "%s of %s: %s", rule->value, rule->schema, said);
	cr_expect_eq(nr == 0, *rule->errors == '\0');
	json_decref(schema);
	json_decref(value);
}

/* ---- the schemas that are shipped ------------------------------------------------------------ */

static const char *const known[] = {
	"$schema",  "$id",   "$defs",	    "title",	"description", "type",
	"const",    "enum",  "minimum",	    "maximum",	"pattern",     "properties",
	"required", "items", "prefixItems", "minItems", "maxItems",    "additionalProperties",
	"$ref",	    "if",    "then",	    "else",
};

static bool is_known(const char *key)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(key, known[i]))
			return true;
	return false;
}

static size_t nr_described;

/* Each keyword is one that schema_check() heeds, and each member says what it is. */
static void look_through(const json_t *schema, const json_t *root)
{
	const char *key, *name;
	json_t *of, *below;
	size_t i;

	json_object_foreach ((json_t *)schema, key, of) {
		cr_expect(is_known(key), "%s", key);
		if (!strcmp(key, "$ref"))
			cr_expect_not_null(json_object_get(json_object_get(root, "$defs"),
							   json_string_value(of) + 8),
					   "%s", json_string_value(of));
		if (!strcmp(key, "$defs") || !strcmp(key, "properties"))
			json_object_foreach (of, name, below)
				look_through(below, root);
		else if (json_is_object(of))
			look_through(of, root);
		else if (!strcmp(key, "prefixItems"))
			json_array_foreach (of, i, below)
				look_through(below, root);
	}
	nr_described += json_object_get(schema, "description") != NULL;
}

Test(report_schema, those_shipped_use_what_is_heeded)
{
	json_t *schema[] = { schema_report(), schema_diff() };

	for (size_t i = 0; i < 2; i++) {
		cr_assert_not_null(schema[i]);
		look_through(schema[i], schema[i]);
		json_decref(schema[i]);
	}
	cr_expect_gt(nr_described, 200);
}

Test(report_schema, the_built_in_ones_are_the_files)
{
	json_t *schema[] = { schema_report(), schema_diff() };
	static const char *const path[] = { "lib/report/report.schema.json",
					    "lib/report/diff.schema.json" };

	for (size_t i = 0; i < 2; i++) {
		json_t *file = json_load_file(path[i], JSON_REJECT_DUPLICATES, NULL);

		cr_expect(json_equal(schema[i], file), "%s", path[i]);
		json_decref(file);
		json_decref(schema[i]);
	}
}

/* Everything that is written is described, and what is not written is not missed. */
Test(report_schema, what_is_written_is_as_described, .timeout = 60)
{
	static const char *const records[] = { "small",	   "instances",	    "builds", "moved",
					       "settings", "trace",	    "live",   "threads",
					       "hostile",  "hostile_sides", "apart",  "v1" };
	json_t *schema = schema_report();

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		char path[60];
		struct report *r;
		json_t *j;
		char *text;

		snprintf(path, sizeof(path), GOLDEN("%s.jsonl"), records[i]);
		r = load(path);
		text = rendered(r, report_json);
		j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		*said = '\0';
		cr_expect_eq(schema_check(schema, j, say, NULL), 0, "%s: %s", path, said);
		json_decref(j);
		free(text);
		report_free(r);
	}
	json_decref(schema);
}
