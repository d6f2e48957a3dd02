/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_RECORD_TEST_H
#define KT_TESTS_RECORD_TEST_H
/* Shared by the tests of lib/record: a file at @path, and what a reading of it came by. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/record/record.h"
#include "lib/record/types.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static char dir[64], path[96], err[512];

static inline void record_begin(void)
{
	strcpy(dir, "/tmp/kt-record-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/run.jsonl", dir);
	err[0] = '\0';
}

static inline void record_finish(void)
{
	unlink(path);
	rmdir(dir);
}

static inline void put_file(const char *text, size_t length)
{
	FILE *out = fopen(path, "w");

	cr_assert_not_null(out);
	cr_assert_eq(fwrite(text, 1, length, out), length);
	cr_assert_eq(fclose(out), 0);
}

static inline off_t file_size(void)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_size;
}

/* Types of the records, and "LINE: REASON" of what was skipped, in order. */
struct seen {
	char types[1024], torn[1024];
	size_t nr_torn;
};

static inline int note_type(const json_t *record, size_t line, void *arg)
{
	struct seen *s = arg;

	(void)line;
	strcat(s->types, json_string_value(json_object_get(record, "type")));
	strcat(s->types, " ");
	return strlen(s->types) > 900 ? 77 : 0;
}

static inline void note_torn(size_t line, const char *reason, void *arg)
{
	struct seen *s = arg;
	size_t length = strlen(s->torn);

	s->nr_torn++;
	snprintf(s->torn + length, sizeof(s->torn) - length, "%zu: %s; ", line, reason);
}

static inline int read_seen(const char *from, struct seen *s)
{
	struct record_visitor v = { .each = note_type, .torn = note_torn, .arg = s };

	memset(s, 0, sizeof(*s));
	return record_read(from, &v, err, sizeof(err));
}

/* For readings in which nothing may be skipped. */
static inline void no_torn(size_t line, const char *reason, void *arg)
{
	(void)arg;
	cr_assert_fail("line %zu: %s", line, reason);
}
#endif
