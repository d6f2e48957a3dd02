// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of `kt report`: the reader of records, what it makes of them, and every format.
 *
 * An input is a record. Beyond what the sanitizers see: what is written is whole and harmless, and the
 * JSON is as its schema describes it. All formats of each input take long: by the input's bytes some are
 * chosen, and with FUZZ_ALL in the environment all of them.
 */
#include <jansson.h>

#include "lib/report/md.h"
#include "lib/report/report.h"
#include "lib/report/schema.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ends_in(const struct written *w, const char *end)
{
	size_t n = strlen(end);

	return w->length >= n && !memcmp(w->text + w->length - n, end, n);
}

static size_t count(const struct written *w, const char *what)
{
	size_t nr = 0;

	for (const char *at = w->text; (at = strstr(at, what)); at++)
		nr++;
	return nr;
}

static void check_json(const struct written *w)
{
	static json_t *schema;

	if (!schema)
		schema = schema_report();
	written_fits(w, schema);
}

static void check(const char *format, const struct written *w)
{
	if (!strcmp(format, "perfetto"))
		return;
	written_is_harmless(w);
	if (!strcmp(format, "json"))
		check_json(w);
	else if (!strcmp(format, "html"))
		HOLDS(ends_in(w, "</html>\n") && count(w, "<script") == 1);
	else if (!strcmp(format, "md"))
		HOLDS(w->length <= MD_LIMIT);
	else if (!strcmp(format, "openmetrics"))
		HOLDS(ends_in(w, "# EOF\n"));
}

#define ONE_OF 5

struct choice {
	uint32_t hash;
	bool all;
};

static struct choice choose(const uint8_t *data, size_t size)
{
	struct choice c = { .hash = 2166136261, .all = getenv("FUZZ_ALL") };

	for (size_t i = 0; i < size; i++)
		c.hash = (c.hash ^ data[i]) * 16777619;
	return c;
}

static void render(const struct report *r, const struct report_format *f, struct choice *c)
{
	const struct terminal_style style = { .width = 80 };
	struct written w;

	if (!c->all && c->hash++ % ONE_OF)
		return;
	if (f->refuses && f->refuses(r))
		return;
	written_begin(&w);
	HOLDS(!f->render(w.out, r, &style));
	written_end(&w);
	check(f->name, &w);
	free(w.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct report_format *f;
	struct input_file file;
	struct report *r;
	struct choice c = choose(data, size);
	const char *path = file.path;
	char err[512] = "";
	int ret;

	input_file_make(&file, data, size);
	ret = report_load_singles(&r, &path, 1, err, sizeof(err));
	close(file.fd);
	HOLDS(!ret || (*err && !strchr(err, '\n')));
	if (ret)
		return 0;
	for (size_t i = 0; (f = report_format_at(i)); i++)
		render(r, f, &c);
	r->full = r->verbose = r->programs = true;
	render(r, report_format_at(0), &c);
	for (r->table = TABLE_FIGURES + 1; r->table < NR_REPORT_TABLES; r->table++)
		render(r, report_format_named("csv"), &c);
	report_free(r);
	return 0;
}
