// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of `kt diff`: both sides, what is made of them, and every format.
 *
 * An input is two records with a line "--" between them: the base and the new one.
 */
#include <jansson.h>

#include "lib/report/diff.h"
#include "lib/report/schema.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_json(const struct written *w)
{
	static json_t *schema;

	if (!schema)
		schema = schema_diff();
	written_fits(w, schema);
}

static void render(const struct diff *d, const struct diff_format *f)
{
	const struct terminal_style style = { .width = 80 };
	struct written w;

	written_begin(&w);
	HOLDS(!f->render(w.out, d, &style));
	written_end(&w);
	written_is_harmless(&w);
	if (!strcmp(f->name, "json"))
		check_json(&w);
	free(w.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input_file file[NR_DIFF_SIDES];
	size_t nr = input_split(file, NR_DIFF_SIDES, data, size);
	const struct diff_format *f;
	struct diff *d = diff_new();
	char err[512] = "";
	int ret = 0;

	HOLDS(d);
	for (size_t i = 0; !ret && i < nr; i++)
		ret = diff_read(d, (enum diff_side)i, file[i].path, err, sizeof(err));
	if (!ret)
		ret = diff_finish(d, err, sizeof(err));
	HOLDS(!ret || (*err && !strchr(err, '\n')));
	for (size_t i = 0; !ret && (f = diff_format_at(i)); i++)
		render(d, f);
	d->full = true;
	if (!ret)
		render(d, diff_format_at(0));
	diff_free(d);
	input_close_all(file, nr);
	return 0;
}
