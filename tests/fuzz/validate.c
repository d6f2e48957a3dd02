// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of `kt report --validate`: any JSON, held against the schemas.
 *
 * An input is a file that is to be validated.
 */
#include "lib/report/schema.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input_file file;
	struct written w;
	char err[512] = "";
	int ret;

	input_file_make(&file, data, size);
	written_begin(&w);
	ret = schema_validate(w.out, file.path, err, sizeof(err));
	written_end(&w);
	close(file.fd);
	/* Whatever it is, it says so: that it cannot be read, or at least one line of what it is. */
	HOLDS(ret < 0 ? *err != 0 : w.length && w.text[w.length - 1] == '\n');
	written_is_harmless(&w);
	free(w.text);
	return 0;
}
