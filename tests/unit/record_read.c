// SPDX-License-Identifier: GPL-2.0-only
/* record_read: a line that is not a record costs only itself, a file without a header is refused */
#include "tests/unit/record_test.h"

#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <zlib.h>

#define HEADER "{\"type\":\"header\",\"schema\":1}\n"

TestSuite(record_read, .init = record_begin, .fini = record_finish, .timeout = 60);

/* ---- reading --------------------------------------------------------------------------------- */

struct file {
	char text[220], types[40], torn[100];
};

ParameterizedTestParameters(record_read, a_line_that_is_not_a_record_costs_itself)
{
	static struct file files[] = {
		{ HEADER "{\"type\":\"a\"}\n{\"type\":\"b\",\"val", "header a ", "3: cut off; " },
		{ HEADER "{\"type\":\"end\"}", "header end ", "" },
		{ HEADER "[1,2]\n{\"type\":\"b\"}\n", "header b ", "2: not a JSON object; " },
		{ HEADER "{\"x\":1}\n{\"type\":\"b\"}\n", "header b ",
		  "2: a record without a type; " },
		{ HEADER "{\"type\":7}\n", "header ", "2: a record without a type; " },
		{ HEADER "{\"type\":\"a\"\n\n{\"type\":\"b\"}\n", "header b ",
		  "2: malformed JSON; 3: malformed JSON; " },
		{ HEADER "{\"type\":\"a\",\"type\":\"b\"}\n", "header ",
		  "2: a name is given twice; " },
		{ HEADER "{\"type\":\"a\",\"n\":99999999999999999999}\n{\"type\":\"b\"}\n",
		  "header b ", "2: a number is too big; " },
		{ HEADER "{\"type\":\"a\",\"n\":1e999}\n", "header ", "2: a number is too big; " },
		{ HEADER "{\"type\":\"a\",\"n\":NaN}\n", "header ", "2: malformed JSON; " },
		{ HEADER "{\"type\":\"a\\u0000\"}\n", "header ", "2: a NUL in a string; " },
		{ HEADER "{\"type\":\"a\xff\"}\n", "header ", "2: invalid UTF-8; " },
		{ "hello\n{\"type\":\"end\"}\n" HEADER "{\"type\":\"a\"}\n", "header a ",
		  "1: before the first header; 2: before the first header; " },
		/* cat of a torn file and another one */
		{ HEADER "{\"type\":\"block\",\"que" HEADER "{\"type\":\"a\"}\n",
		  "header header a ", "2: cut off; " },
		{ HEADER "{\"type\":\"header\",\"sch" HEADER, "header header ", "2: cut off; " },
		{ "{\"type\":\"header\",\"sch" HEADER "{\"type\":\"a\"}\n", "header a ",
		  "1: cut off; " },
		{ HEADER "{\"type\":\"block\",\"x\":\"{\\\"type\\\":\\\"header\\\"\n", "header ",
		  "2: malformed JSON; " },
	};

	return cr_make_param_array(struct file, files, ARRAY_SIZE(files));
}

ParameterizedTest(struct file *f, record_read, a_line_that_is_not_a_record_costs_itself)
{
	struct seen s;

	put_file(f->text, strlen(f->text));
	cr_expect_eq(read_seen(path, &s), 0, "%s: %s", f->text, err);
	cr_expect_str_eq(s.types, f->types, "%s", f->text);
	cr_expect_str_eq(s.torn, f->torn, "%s", f->text);
}

Test(record_read, the_reader_can_be_ended_early)
{
	char text[4096] = HEADER;
	struct seen s;

	for (int i = 0; i < 60; i++)
		strcat(text, "{\"type\":\"a long type name\"}\n");
	put_file(text, strlen(text));
	cr_expect_eq(read_seen(path, &s), 77);
}

static int note_line(const json_t *record, size_t line, void *arg)
{
	char *lines = arg;

	(void)record;
	snprintf(lines + strlen(lines), 100 - strlen(lines), "%zu ", line);
	return 0;
}

Test(record_read, lines_are_counted_with_those_that_are_skipped)
{
	static const char text[] = HEADER "?\n{\"type\":\"a\"}\n?\n?\n{\"type\":\"b\"}\n";
	char lines[100] = "";
	struct record_visitor v = { .each = note_line, .arg = lines };

	put_file(text, strlen(text));
	cr_expect_eq(record_read(path, &v, err, sizeof(err)), 0, "%s", err);
	cr_expect_str_eq(lines, "1 3 6 ");
}

struct bad_file {
	char text[200], says[60];
};

ParameterizedTestParameters(record_read, files_that_are_not_records_are_refused)
{
	static struct bad_file files[] = {
		{ "", "is empty" },
		{ "hello\n", "no line of it is a header" },
		{ "hello", "no line of it is a header" },
		{ "\n", "no line of it is a header" },
		{ "{\"type\":\"end\"}\n", "no line of it is a header" },
		{ "{\"type\":\"header\"}\n", "line 1: a header without a schema" },
		{ "{\"type\":\"header\",\"schema\":\"1\"}\n", "without a schema" },
		{ "{\"type\":\"header\",\"schema\":0}\n", "schema 0" },
		{ "{\"type\":\"header\",\"schema\":3,\"version\":\"0.9\"}\n",
		  "schema 3, written by kt 0.9: only schemas 1 to 2" },
		{ "{\"type\":\"header\",\"schema\":3,\"version\":\"\\u001b[2J\"}\n",
		  "written by kt ?[2J" },
	};

	return cr_make_param_array(struct bad_file, files, ARRAY_SIZE(files));
}

ParameterizedTest(struct bad_file *f, record_read, files_that_are_not_records_are_refused)
{
	struct seen s;

	put_file(f->text, strlen(f->text));
	cr_expect_eq(read_seen(path, &s), -EINVAL, "%s", f->text);
	cr_expect(strstr(err, f->says), "'%s' does not say '%s'", err, f->says);
	cr_expect_null(strchr(err, '\n'));
	cr_expect_eq(s.nr_torn, 0, "one line is enough: %s", s.torn);
}

/* Of a file put together by cat: its run cannot be read, the others can. */
Test(record_read, a_later_header_of_an_unknown_schema_is_for_the_visitor)
{
	static const char text[] = HEADER "{\"type\":\"header\",\"schema\":9}\n" HEADER;
	struct seen s;

	put_file(text, sizeof(text) - 1);
	cr_expect_eq(read_seen(path, &s), 0, "%s", err);
	cr_expect_str_eq(s.types, "header header header ");
}

Test(record_read, a_NUL_byte_in_a_line_costs_the_line)
{
	static const char text[] = HEADER "{\"type\":\"a\",\0\"n\":1}\n{\"type\":\"b\"}\n";
	struct seen s;

	put_file(text, sizeof(text) - 1);
	cr_expect_eq(read_seen(path, &s), 0, "%s", err);
	cr_expect_str_eq(s.types, "header b ");
	cr_expect_eq(s.nr_torn, 1);
}

Test(record_read, a_binary_file_is_refused_at_once)
{
	static const char text[] = "\177ELF\2\1\1\0\0\n" HEADER;
	struct seen s;

	put_file(text, sizeof(text) - 1);
	cr_expect_eq(read_seen(path, &s), -EINVAL);
	cr_expect(strstr(err, "binary data"), "%s", err);
}

Test(record_read, deep_nesting_costs_the_line)
{
	static char text[400100] = HEADER;
	struct seen s;

	memset(text + strlen(HEADER), '[', 400000);
	text[strlen(text)] = '\n';
	put_file(text, strlen(text));
	cr_expect_eq(read_seen(path, &s), 0, "%s", err);
	cr_expect_str_eq(s.torn, "2: nested too deep; ");
}

/* 16 MiB are read, and one byte more is not kept. */
Test(record_read, a_line_without_end_costs_itself)
{
	static char filler[16 << 20];
	struct seen s;
	FILE *out;

	memset(filler, ' ', sizeof(filler));
	for (size_t more = 0; more < 2; more++) {
		out = fopen(path, "w");
		cr_assert_not_null(out);
		fputs(HEADER, out);
		fwrite(filler, 1, sizeof(filler) - strlen("{\"type\":\"a\"}") + more, out);
		fputs("{\"type\":\"a\"}\n{\"type\":\"b\"}\n", out);
		cr_assert_eq(fclose(out), 0);
		cr_expect_eq(read_seen(path, &s), 0, "%s", err);
		cr_expect_str_eq(s.types, more ? "header b " : "header a b ");
		cr_expect_str_eq(s.torn, more ? "2: longer than 16 MiB; " : "");
	}
}

Test(record_read, a_missing_file_and_a_directory_are_named)
{
	struct seen s;

	cr_expect_eq(read_seen(path, &s), -ENOENT);
	cr_expect(strstr(err, path), "%s", err);
	cr_expect_eq(read_seen(dir, &s), -EISDIR);
	cr_expect(strstr(err, "irectory"), "%s", err);
}

Test(record_read, standard_input_is_read_and_stays_open)
{
	static const char text[] = HEADER "{\"type\":\"a\"}\n";
	struct seen s;
	int fd;

	put_file(text, strlen(text));
	fd = open(path, O_RDONLY);
	cr_assert_geq(fd, 0);
	cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	cr_expect_eq(read_seen("-", &s), 0, "%s", err);
	cr_expect_str_eq(s.types, "header a ");
	cr_expect_neq(fcntl(STDIN_FILENO, F_GETFD), -1);
	cr_expect_eq(read_seen("-", &s), -EINVAL, "at its end");
	cr_expect(strstr(err, "standard input is empty"), "%s", err);
}

/* ---- compressed ------------------------------------------------------------------------------ */

/* Records with numbers that compress badly, so that a file cut in two has some in either half. */
static void compress_records(const char *mode, int nr)
{
	gzFile out = gzopen(path, mode);
	uint32_t seed = 1;

	cr_assert_not_null(out);
	gzputs(out, HEADER);
	for (int i = 0; i < nr; i++) {
		seed = seed * 1664525 + 1013904223;
		gzprintf(out, "{\"type\":\"a\",\"n\":%u}\n", seed);
	}
	cr_assert_eq(gzclose(out), Z_OK);
}

Test(record_read, compressed_files_are_read_like_plain_ones)
{
	struct seen s;

	compress_records("wb", 2);
	cr_expect_eq(read_seen(path, &s), 0, "%s", err);
	cr_expect_str_eq(s.types, "header a a ");
	compress_records("ab", 1);
	cr_expect_eq(read_seen(path, &s), 0, "two put together: %s", err);
	cr_expect_str_eq(s.types, "header a a header a ");
	cr_expect_str_eq(s.torn, "");
}

/* zlib's own functions for files drop the plain part without a word. */
Test(record_read, plain_and_compressed_files_can_be_put_together)
{
	struct seen s;
	FILE *out;

	compress_records("wb", 2);
	out = fopen(path, "a");
	cr_assert_not_null(out);
	fputs(HEADER "{\"type\":\"b\"}\n", out);
	cr_assert_eq(fclose(out), 0);
	compress_records("ab", 1);
	cr_expect_eq(read_seen(path, &s), 0, "%s", err);
	cr_expect_str_eq(s.types, "header a a header b header a ");
	cr_expect_str_eq(s.torn, "");
}

static int count_record(const json_t *record, size_t line, void *arg)
{
	(void)record;
	*(size_t *)arg = line;
	return 0;
}

static char damage[300];

static void keep_reason(size_t line, const char *reason, void *arg)
{
	(void)line;
	(void)arg;
	snprintf(damage, sizeof(damage), "%s", reason);
}

Test(record_read, a_compressed_file_that_is_cut_off_is_torn_there)
{
	size_t last = 0;
	struct record_visitor v = { .each = count_record, .torn = keep_reason, .arg = &last };

	compress_records("wb", 20000);
	cr_assert_eq(truncate(path, file_size() / 2), 0);
	cr_expect_eq(record_read(path, &v, err, sizeof(err)), 0, "%s", err);
	cr_expect_gt(last, 1000);
	cr_expect_lt(last, 20000);
	cr_expect_str_eq(damage, "the compressed data is cut off");
}

Test(record_read, a_compressed_file_that_is_damaged_is_torn_there)
{
	size_t last = 0;
	struct record_visitor v = { .each = count_record, .torn = keep_reason, .arg = &last };
	int fd;

	compress_records("wb", 20000);
	fd = open(path, O_WRONLY);
	cr_assert_geq(fd, 0);
	cr_assert_eq(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
			    16, file_size() / 2),
		     16);
	close(fd);
	cr_expect_eq(record_read(path, &v, err, sizeof(err)), 0, "%s", err);
	cr_expect_gt(last, 1000);
	cr_expect_eq(strncmp(damage, "the compressed data is ", 23), 0, "%s", damage);
}

Test(record_read, a_compressed_file_without_its_beginning_is_refused)
{
	struct seen s;

	compress_records("wb", 2);
	cr_assert_eq(truncate(path, 5), 0);
	cr_expect_eq(read_seen(path, &s), -EINVAL);
	cr_expect(strstr(err, path), "%s", err);
	cr_expect_null(strchr(err, '\n'));
}
