// SPDX-License-Identifier: GPL-2.0-only
/* How a run begins and ends: header, end; and the part of an environment that programs read. */
#include "lib/record/types.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "lib/record/field.h"
#include "lib/record/record.h"
#include "lib/record/sides.h"

void record_make_id(char id[RECORD_ID_SIZE])
{
	unsigned char b[16];

	/* The kernel's pool is up when a program runs; a short read cannot happen for 16 bytes. */
	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		memset(b, 0, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(id, RECORD_ID_SIZE,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
}

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static json_t *suite_json(const struct record_header *h)
{
	const struct record_build *b = &h->suite;
	json_t *suite;

	if (!h->suite_name && !b->version && !b->build_id && !b->compiler && !b->flags)
		return json_null();
	suite = json_object();
	field_put_text(&suite, "name", h->suite_name);
	sides_put_build(&suite, b);
	return suite;
}

int record_write_header(struct record_writer *w, const struct record_header *h, int argc,
			char **argv)
{
	json_t *record = field_record("header"), *command = json_array();
	char start[32] = "", id[RECORD_ID_SIZE];
	time_t now = time(NULL);
	struct tm utc;

	for (int i = 0; i < argc; i++)
		field_append(&command, record_string(argv[i]));
	if (gmtime_r(&now, &utc))
		strftime(start, sizeof(start), "%Y-%m-%dT%H:%M:%SZ", &utc);
	record_make_id(id);

	field_put(&record, "schema", json_integer(RECORD_SCHEMA));
	field_put_text(&record, "tool", h->tool);
	sides_put_build(&record, &h->kt);
	field_put(&record, "suite", suite_json(h));
	field_put(&record, "command", command);
	field_put_text(&record, "id", h->id ? h->id : id);
	field_put_text(&record, "start", start);
	field_put_count(&record, "start_ns", monotonic_ns());
	field_put(&record, "seed", h->has_seed ? field_count(h->seed) : json_null());
	field_put_bool(&record, "trace", h->traced);
	field_put_text(&record, "trace_reason", h->trace_reason);
	if (h->hosts) {
		field_put_count(&record, "hosts", h->hosts);
		field_put_count(&record, "merged", h->runs);
	}
	sides_put_header(&record, h);
	return record_write(w, record);
}

static bool get_suite(const struct field_source *s, struct record_header *h)
{
	struct field_source inner = { .why = s->why, .whylen = s->whylen };
	json_t *suite;

	if (!field_get_object(s, "suite", SIZE_MAX, &suite))
		return false;
	inner.object = suite;
	return field_get_text(&inner, "name", &h->suite_name) && sides_get_build(&inner, &h->suite);
}

static bool get_command(const struct field_source *s, json_t **command)
{
	json_t *word;
	size_t i;

	if (!field_get_array(s, "command", SIZE_MAX, command))
		return false;
	json_array_foreach (*command, i, word) {
		if (!json_is_string(word)) {
			field_refuse(s, "command is not a list of strings");
			return false;
		}
	}
	return true;
}

int record_read_header(const json_t *record, struct record_header *h, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };
	uint64_t schema;

	memset(h, 0, sizeof(*h));
	if (!field_need_count(&s, "schema", &schema) || !field_get_text(&s, "tool", &h->tool) ||
	    !sides_get_build(&s, &h->kt) || !get_suite(&s, h) || !get_command(&s, &h->command) ||
	    !field_get_text(&s, "id", &h->id) || !field_get_text(&s, "start", &h->start) ||
	    !field_get_count(&s, "start_ns", &h->start_ns) ||
	    !field_get_count(&s, "seed", &h->seed) || !field_get_bool(&s, "trace", &h->traced) ||
	    !field_get_text(&s, "trace_reason", &h->trace_reason) ||
	    !field_get_count(&s, "hosts", &h->hosts) || !field_get_count(&s, "merged", &h->runs) ||
	    !sides_get_header(&s, h))
		return -EINVAL;
	if (schema < 1 || schema > RECORD_SCHEMA)
		return field_refuse(&s, "schema is not one of 1 to %d", RECORD_SCHEMA);
	h->schema = (int)schema;
	h->has_seed =
		json_object_get(record, "seed") && !json_is_null(json_object_get(record, "seed"));
	return 0;
}

int record_read_environment(const json_t *record, struct record_environment *e, char *why,
			    size_t whylen)
{
	const struct field_source s = { record, why, whylen };
	struct field_source inner = { .why = why, .whylen = whylen };
	json_t *kernel;

	memset(e, 0, sizeof(*e));
	if (!field_get_text(&s, "host_id", &e->host_id) ||
	    !field_get_object(&s, "kernel", SIZE_MAX, &kernel))
		return -EINVAL;
	inner.object = kernel;
	if (!field_get_text(&inner, "release", &e->kernel))
		return -EINVAL;
	e->boot_id = json_string_value(json_object_get(record, "boot_id"));
	e->all = (json_t *)record;
	return 0;
}

/* ---- end ------------------------------------------------------------------------------------- */

static const char *const status_name[] = {
	[RECORD_COMPLETE] = "complete",
	[RECORD_INTERRUPTED] = "interrupted",
};

int record_write_end(struct record_writer *w, enum record_status status)
{
	json_t *record = field_record("end");

	field_put_text(&record, "status", status_name[status]);
	field_put_count(&record, "time_ns", monotonic_ns());
	return record_write(w, record);
}

int record_read_end(const json_t *record, enum record_status *status, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };
	const char *text;

	if (!field_need_text(&s, "status", &text))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(status_name) / sizeof(status_name[0]); i++) {
		if (!strcmp(text, status_name[i])) {
			*status = (enum record_status)i;
			return 0;
		}
	}
	return field_refuse(&s, "status is neither complete nor interrupted");
}
