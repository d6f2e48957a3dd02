// SPDX-License-Identifier: GPL-2.0-only
/* Reading record files line by line; a line that is not a record costs only itself. */
#include "lib/record/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/input.h"

/* ---- lines ----------------------------------------------------------------------------------- */

struct line_reader {
	struct input *in;
	char *line;
	size_t length, room;
	bool ended;    /* the line had its newline */
	bool too_long; /* and was not kept */
	size_t at, filled;
	char chunk[1 << 16];
};

static int keep(struct line_reader *r, const char *text, size_t length)
{
	if (r->length + length > RECORD_MAX_LINE)
		r->too_long = true;
	if (r->too_long)
		return 0;
	if (!r->line || r->length + length > r->room) {
		size_t room = r->room ? r->room : sizeof(r->chunk);
		char *line;

		while (room < r->length + length)
			room *= 2;
		line = realloc(r->line, room);
		if (!line)
			return -ENOMEM;
		r->line = line;
		r->room = room;
	}
	memcpy(r->line + r->length, text, length);
	r->length += length;
	return 0;
}

/* The next line without its newline. Return: 1, 0 at the end of the file, or -errno. */
static int next_line(struct line_reader *r)
{
	bool any = false;
	int ret;

	r->length = 0;
	r->ended = r->too_long = false;
	while (!r->ended) {
		const char *newline;
		size_t n;

		if (r->at == r->filled) {
			ssize_t got = input_read(r->in, r->chunk, sizeof(r->chunk));

			if (got <= 0)
				return got < 0 ? (int)got : any;
			r->at = 0;
			r->filled = (size_t)got;
		}
		any = true;
		newline = memchr(r->chunk + r->at, '\n', r->filled - r->at);
		n = newline ? (size_t)(newline - r->chunk) - r->at : r->filled - r->at;
		ret = keep(r, r->chunk + r->at, n);
		if (ret)
			return ret;
		r->at += n + (newline != NULL);
		r->ended = newline != NULL;
	}
	return 1;
}

/* ---- records --------------------------------------------------------------------------------- */

struct reading {
	const char *path;
	const struct record_visitor *v;
	struct line_reader in;
	size_t line;
	bool begun; /* a header has come */
	char *err;
	size_t errlen;
};

static void skip(const struct reading *r, size_t line, const char *reason)
{
	if (r->v->torn)
		r->v->torn(line, reason, r->v->arg);
}

static const char *parse_reason(const json_error_t *e)
{
	switch (json_error_code(e)) {
	case json_error_invalid_utf8:
		return "invalid UTF-8";
	case json_error_stack_overflow:
		return "nested too deep";
	case json_error_numeric_overflow:
		return "a number is too big";
	case json_error_duplicate_key:
		return "a name is given twice";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a NUL in a string";
	default:
		return "malformed JSON";
	}
}

/* The record in @text, or NULL and why there is none. */
static json_t *parse(const char *text, size_t length, const char **reason)
{
	json_error_t why;
	json_t *record = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);

	*reason = !record					     ? parse_reason(&why)
		  : !json_is_object(record)			     ? "not a JSON object"
		  : !json_is_string(json_object_get(record, "type")) ? "a record without a type"
								     : NULL;
	if (!*reason)
		return record;
	json_decref(record);
	return NULL;
}

/*
 * The header that cat put at the end of a torn line; the last one, since a header ends its line.
 */
static json_t *find_header(const char *line, size_t length, size_t *at_byte)
{
	static const char begin[] = "{\"type\":\"header\"";
	const char *at = NULL, *next = line, *end = line + length, *reason;

	while ((next = memmem(next, (size_t)(end - next), begin, sizeof(begin) - 1)))
		at = next++;
	*at_byte = at ? (size_t)(at - line) : 0;
	return at ? parse(at, (size_t)(end - at), &reason) : NULL;
}

/* 0: a header of a schema that is known. */
static int check_header(const struct reading *r, const json_t *header)
{
	const json_t *schema = json_object_get(header, "schema");
	const char *text = json_string_value(json_object_get(header, "version"));
	json_int_t n = json_integer_value(schema);
	char version[40];

	snprintf(version, sizeof(version), "%s", text ? text : "of an unknown version");
	for (char *c = version; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';

	if (json_is_integer(schema) && n >= 1 && n <= RECORD_SCHEMA)
		return 0;
	if (json_is_integer(schema))
		snprintf(r->err, r->errlen,
			 "%s: line %zu: schema %" JSON_INTEGER_FORMAT
			 ", written by kt %s: only schemas 1 to %d are known here",
			 r->path, r->line, n, version, RECORD_SCHEMA);
	else
		snprintf(r->err, r->errlen, "%s: line %zu: a header without a schema", r->path,
			 r->line);
	return -EINVAL;
}

/* @begin: of its text in the line; @skipped: why what stands before it is not a record, or NULL. */
static int take(struct reading *r, const json_t *record, size_t begin, const char *skipped)
{
	const struct record_visitor *v = r->v;
	const char *type = json_string_value(json_object_get(record, "type"));
	int ret = 0;

	if (!r->begun && strcmp(type, "header"))
		return 0;
	/* A later one costs its own run: record_read_header() refuses it. */
	if (!r->begun)
		ret = check_header(r, record);
	if (ret)
		return ret;
	for (size_t line = 1; !r->begun && line < r->line; line++)
		skip(r, line, "before the first header");
	r->begun = true;
	if (skipped)
		skip(r, r->line, skipped);
	if (v->each_text)
		return v->each_text(record, r->in.line + begin, r->in.length - begin, r->line,
				    v->arg);
	return v->each(record, r->line, v->arg);
}

const char *record_type(const json_t *record)
{
	return json_string_value(json_object_get(record, "type"));
}

static int take_line(struct reading *r)
{
	struct line_reader *in = &r->in;
	const char *reason = "longer than 16 MiB";
	json_t *record = NULL;
	size_t begin = 0;
	int ret;

	r->line++;
	if (!in->too_long) {
		if (!r->begun && memchr(in->line, '\0', in->length)) {
			snprintf(r->err, r->errlen, "%s: line %zu: not a kt record: binary data",
				 r->path, r->line);
			return -EINVAL;
		}
		record = parse(in->line, in->length, &reason);
	}
	if (!record && !in->too_long) {
		record = find_header(in->line, in->length, &begin);
		if (record || !in->ended)
			reason = "cut off";
	}
	if (!record) {
		if (r->begun)
			skip(r, r->line, reason);
		return 0;
	}
	ret = take(r, record, begin, reason);
	json_decref(record);
	return ret;
}

static int read_records(struct reading *r)
{
	const char *damage;
	int got, ret;

	while ((got = next_line(&r->in)) > 0) {
		ret = take_line(r);
		if (ret)
			return ret;
	}
	if (got) {
		snprintf(r->err, r->errlen, "cannot read %s: %s", r->path, strerror(-got));
		return got;
	}
	damage = input_damage(r->in.in);
	if (r->begun) {
		if (damage)
			skip(r, r->line, damage);
		return 0;
	}
	if (damage)
		snprintf(r->err, r->errlen, "%s: not a kt record: %s", r->path, damage);
	else if (!r->line)
		snprintf(r->err, r->errlen, "%s is empty, not a kt record", r->path);
	else
		snprintf(r->err, r->errlen, "%s: not a kt record: no line of it is a header",
			 r->path);
	return -EINVAL;
}

int record_read(const char *path, const struct record_visitor *v, char *err, size_t errlen)
{
	struct reading *r = calloc(1, sizeof(*r));
	int ret = -ENOMEM;

	if (r) {
		r->path = strcmp(path, "-") ? path : "standard input";
		r->v = v;
		r->err = err;
		r->errlen = errlen;
		ret = input_open(&r->in.in, path);
	}
	if (ret) {
		snprintf(err, errlen, "cannot read %s: %s", path, strerror(-ret));
		free(r);
		return ret;
	}
	ret = read_records(r);
	input_close(r->in.in);
	free(r->in.line);
	free(r);
	return ret;
}
