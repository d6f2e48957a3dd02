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

_Static_assert(CODE_MAX_NAMES <= RECORD_MAX_CODE_NAMES, "the record has room for all names");

void about_code(struct code_difference *d, const char *old, const char *new, struct record_code *c)
{
	static const enum record_code_status status[] = { [CODE_SAME] = RECORD_CODE_SAME,
							  [CODE_CHANGED] = RECORD_CODE_CHANGED,
							  [CODE_UNKNOWN] = RECORD_CODE_UNKNOWN };

	code_compare(d, old, new);
	*c = (struct record_code){ .status = status[d->status],
				   .reason = d->status == CODE_UNKNOWN ? d->reason : NULL,
				   .compared = d->compared,
				   .changed = d->changed,
				   .nr_names = d->nr_names };
	for (size_t i = 0; i < d->nr_names; i++)
		c->changed_name[i] = d->name[i];
}
