// SPDX-License-Identifier: GPL-2.0-only
/*
 * In the place of an engine: NAME FILE... gives each FILE to the fuzzer once. Ends with
 * `N passed, 0 failed`, or by the first FILE that is not survived, which it named.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What stands after the last byte is not the input's: a sanitizer sees who reads it. */
static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *in = fopen(path, "re");
	uint8_t *data = NULL;
	long end = -1;

	if (in && !fseek(in, 0, SEEK_END))
		end = ftell(in);
	if (end >= 0)
		data = malloc(end ? (size_t)end : 1);
	if (data) {
		rewind(in);
		*size = fread(data, 1, (size_t)end, in);
	}
	if (!data || *size != (size_t)end) {
		perror(path);
		exit(1);
	}
	fclose(in);
	return data;
}

int main(int argc, char **argv)
{
	size_t size;

	for (int i = 1; i < argc; i++) {
		uint8_t *data = read_file(argv[i], &size);

		fprintf(stderr, "%s\n", argv[i]);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	printf("%d passed, 0 failed\n", argc - 1);
	return 0;
}
