/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_FUZZ_INPUT_H
#define KT_TESTS_FUZZ_INPUT_H
/* An input as files that have a path, and what a renderer wrote. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/report/schema.h"
#include "tests/fuzz/holds.h"

struct input_file {
	int fd;
	char path[40];
};

static inline void input_file_make(struct input_file *f, const void *data, size_t size)
{
	f->fd = memfd_create("fuzz", MFD_CLOEXEC);
	HOLDS(f->fd >= 0 && (!size || write(f->fd, data, size) == (ssize_t)size));
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
}

/*
 * input_split - the files in @data, at most @most: a line "--" stands between two. Readers of records
 * pass over such a line, so that an input is a record as well. Return: how many, at least one
 */
static inline size_t input_split(struct input_file *f, size_t most, const uint8_t *data,
				 size_t size)
{
	size_t nr = 0;

	while (nr + 1 < most) {
		const uint8_t *end = size ? memmem(data, size, "\n--\n", 4) : NULL;
		size_t length = end ? (size_t)(end - data) + 1 : 0;

		if (!end)
			break;
		input_file_make(&f[nr++], data, length);
		data += length + 3;
		size -= length + 3;
	}
	input_file_make(&f[nr++], data, size);
	return nr;
}

static inline void input_close_all(struct input_file *f, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		close(f[i].fd);
}

/* What is written to out, as text after written_end(). */
struct written {
	FILE *out;
	char *text;
	size_t length;
};

static inline void written_begin(struct written *w)
{
	w->out = open_memstream(&w->text, &w->length);
	HOLDS(w->out);
}

static inline void written_end(struct written *w)
{
	HOLDS(!fclose(w->out));
}

/* written_is_harmless - no control character in what people read but the ends of lines */
static inline void written_is_harmless(const struct written *w)
{
	static const char control[] =
		"\001\002\003\004\005\006\007\010\011\013\014\015\016\017\020\021\022\023"
		"\024\025\026\027\030\031\032\033\034\035\036\037\177";

	HOLDS(strcspn(w->text, control) == w->length);
}

static inline void say_what_does_not_fit(const char *where, const char *what, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s %s\n", where, what);
}

/* written_fits - it is JSON, and as @schema has it */
static inline void written_fits(const struct written *w, const json_t *schema)
{
	json_t *value = json_loadb(w->text, w->length, JSON_REJECT_DUPLICATES, NULL);

	HOLDS(value && schema && !schema_check(schema, value, say_what_does_not_fit, NULL));
	json_decref(value);
}
#endif
