// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of lists of targets, as `kt report --targets` takes them: held against a run, and shown.
 *
 * An input is a list.
 */
#include "lib/report/targets.h"

#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void render(const struct report *r, const char *format)
{
	const struct terminal_style style = { .width = 80 };
	struct written w;

	written_begin(&w);
	HOLDS(!report_format_named(format)->render(w.out, r, &style));
	written_end(&w);
	written_is_harmless(&w);
	free(w.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct report *r;
	struct report_targets *targets = NULL;
	struct input_file file;
	char err[1024] = "";
	int ret;

	if (!r)
		HOLDS(!report_load(&r, "tests/golden/small.jsonl", err, sizeof(err)));
	input_file_make(&file, data, size);
	ret = report_targets_read(&targets, r, file.path, err, sizeof(err));
	close(file.fd);
	HOLDS(!ret || *err);
	if (ret)
		return 0;
	r->targets = targets;
	for (r->full = false;; r->full = true) {
		render(r, "text");
		if (r->full)
			break;
	}
	r->targets = NULL;
	report_targets_free(targets);
	return 0;
}
