// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/about.h"

#include <string.h>

#include "bench/harness/built.h"

static const char *note(const char *path, uint32_t type, char *text, size_t size)
{
	return record_build_note(path, BENCH_NOTE_OWNER, type, text, size) ? NULL : text;
}

void about_suite(struct about *a, const char *path, const char **name, struct record_build *b)
{
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	b->build_id = record_build_id(path, a->build_id) ? NULL : a->build_id;
	b->version = note(path, BENCH_NOTE_VERSION, a->version, sizeof(a->version));
	b->compiler = note(path, BENCH_NOTE_COMPILER, a->compiler, sizeof(a->compiler));
	b->flags = note(path, BENCH_NOTE_FLAGS, a->flags, sizeof(a->flags));
}
