// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of `kt merge`: several records into one, the tables, and both records that it can write.
 *
 * An input is up to four records with a line "--" between two. Beyond what the sanitizers see: what is
 * written can be read, and merging that again gives as many runs.
 */
#include <errno.h>

#include "lib/record/record.h"
#include "lib/report/merge_table.h"
#include "tests/fuzz/input.h"

#define MAX_FILES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct merge *m)
{
	const struct merge_view view = { .style = { .width = 80 }, .top = 10, .verbose = true };
	const struct merge_format *f;
	struct written w;
	int ret;

	for (size_t i = 0; (f = merge_format_at(i)); i++) {
		written_begin(&w);
		ret = f->print(w.out, m, &view);
		written_end(&w);
		HOLDS(!ret || ret == -EOVERFLOW);
		written_is_harmless(&w);
		free(w.text);
	}
}

static int each(const json_t *record, size_t line, void *arg)
{
	size_t *nr = arg;

	(void)line;
	*nr += !strcmp(record_type(record), "header");
	return 0;
}

static void torn(size_t line, const char *reason, void *arg)
{
	(void)line;
	(void)reason;
	(void)arg;
	HOLDS(!"a line that was written is not a record");
}

static size_t nr_runs(const struct written *w)
{
	struct input_file file;
	size_t nr = 0;
	const struct record_visitor v = { .each = each, .torn = torn, .arg = &nr };
	char err[512];

	input_file_make(&file, w->text, w->length);
	HOLDS(!record_read(file.path, &v, err, sizeof(err)));
	close(file.fd);
	return nr;
}

static void write_records(struct merge *m)
{
	static char *command[] = { "kt", "merge", NULL };
	struct written w;
	int ret;

	written_begin(&w);
	HOLDS(!merge_write(m, w.out));
	written_end(&w);
	HOLDS(nr_runs(&w) == m->nr_runs);
	free(w.text);
	written_begin(&w);
	ret = merge_write_union(m, w.out, false, 2, command);
	written_end(&w);
	HOLDS(!ret || ret == -EOVERFLOW);
	HOLDS(ret || nr_runs(&w) == 1);
	free(w.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input_file file[MAX_FILES];
	size_t nr = input_split(file, MAX_FILES, data, size);
	struct merge *m = merge_new();
	char err[600];

	HOLDS(m && !merge_begin_spool(m, "/dev/shm", false, err, sizeof(err)));
	for (size_t i = 0; i < nr; i++)
		HOLDS(!merge_file(m, file[i].path, err, sizeof(err)));
	HOLDS(!merge_finish(m));
	if (m->nr_runs) {
		print(m);
		write_records(m);
	}
	merge_free(m);
	input_close_all(file, nr);
	return 0;
}
