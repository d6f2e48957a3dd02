// SPDX-License-Identifier: GPL-2.0-only
/* kt report --validate: JSON that this program, or another one, wrote, held against what is documented. */
#include "lib/report/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/render.h"

static const char report_text_of_schema[] =
#include "lib/report/report.schema.h"
	;
static const char diff_text_of_schema[] =
#include "lib/report/diff.schema.h"
	;

json_t *schema_report(void)
{
	return json_loads(report_text_of_schema, JSON_REJECT_DUPLICATES, NULL);
}

json_t *schema_diff(void)
{
	return json_loads(diff_text_of_schema, JSON_REJECT_DUPLICATES, NULL);
}

/* ---- one file -------------------------------------------------------------------------------- */

struct findings {
	FILE *out;
	const char *path;
	size_t nr;
};

static void begin(const struct findings *f)
{
	escape_terminal(f->out, strcmp(f->path, "-") ? f->path : "standard input");
	fputs(": ", f->out);
}

static void finding(const char *where, const char *what, void *arg)
{
	struct findings *f = arg;

	if (f->nr++ >= SCHEMA_MAX_SHOWN)
		return;
	begin(f);
	escape_terminal(f->out, *where ? where : "/");
	fputc(' ', f->out);
	escape_terminal(f->out, what);
	fputc('\n', f->out);
}

/* A record is JSON line by line, so it ends too late for a reader of one value. */
static bool is_record(const char *text)
{
	json_t *first = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
	bool is = json_object_get(first, "type") != NULL;

	json_decref(first);
	return is;
}

/* The number that says which version of its schema @value is of is wrong: nothing else would help. */
static bool is_other_version(struct findings *f, const json_t *schema, const json_t *value)
{
	const json_t *said = json_object_get(value, "schema"),
		     *known = json_object_get(json_object_get(json_object_get(schema, "properties"),
							      "schema"),
					      "const");

	if (!json_is_integer(said) || json_equal(said, known))
		return false;
	begin(f);
	fprintf(f->out, "is of schema %lld, and this kt knows %lld\n",
		(long long)json_integer_value(said), (long long)json_integer_value(known));
	return true;
}

/* @more: after a NUL more follows than @text */
static int validate(struct findings *f, const char *text, bool more)
{
	json_error_t why;
	json_t *value = more ? NULL
			     : json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why),
	       *schema = NULL;
	const char *kind = json_string_value(json_object_get(value, "kind"));
	bool is = false;

	if (value)
		schema = kind && !strcmp(kind, "runs") ? schema_diff() : schema_report();
	if (more) {
		begin(f);
		fputs("is not JSON: it holds a NUL\n", f->out);
	} else if (!value && is_record(text)) {
		begin(f);
		fputs("is a record; `kt report -f json` makes a report of it\n", f->out);
	} else if (!value) {
		begin(f);
		fprintf(f->out, "is not JSON: line %d: ", why.line);
		escape_terminal(f->out, why.text);
		fputc('\n', f->out);
	} else if (schema && !is_other_version(f, schema, value)) {
		is = !schema_check(schema, value, finding, f);
		if (is) {
			begin(f);
			fprintf(f->out, "as documented (%s)\n",
				json_string_value(json_object_get(schema, "title")));
		}
	}
	if (f->nr > SCHEMA_MAX_SHOWN)
		fprintf(f->out, "and %zu more\n", f->nr - SCHEMA_MAX_SHOWN);
	json_decref(value);
	json_decref(schema);
	return value && !schema ? -ENOMEM : is;
}

int schema_validate(FILE *out, const char *path, char *err, size_t errlen)
{
	struct findings f = { .out = out, .path = path };
	bool standard = !strcmp(path, "-");
	FILE *in = standard ? stdin : fopen(path, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t length = -1;
	int ret = in ? 0 : -errno;

	if (in) {
		errno = 0;
		length = getdelim(&text, &room, '\0', in);
		ret = length < 0 ? -errno : 0;
	}
	if (in && !standard)
		fclose(in);
	if (ret) {
		snprintf(err, errlen, "cannot read %s: %s", standard ? "standard input" : path,
			 strerror(-ret));
	} else {
		ret = validate(&f, length > 0 ? text : "", length > 0 && !text[length - 1]);
		if (ret < 0)
			snprintf(err, errlen, "out of memory");
	}
	free(text);
	return ret;
}
