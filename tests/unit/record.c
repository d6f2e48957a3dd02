// SPDX-License-Identifier: GPL-2.0-only
/* record: what is written comes back, and what is not a record is refused with its line */
#include "lib/record/record.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/record/build.h"
#include "lib/record/types.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define HEADER	      "{\"type\":\"header\",\"schema\":1}\n"

static char dir[64], path[96], err[512];

static void make_dir(void)
{
	strcpy(dir, "/tmp/kt-record-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/run.jsonl", dir);
	err[0] = '\0';
}

static void remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

TestSuite(record, .init = make_dir, .fini = remove_dir, .timeout = 60);

static void put_file(const char *text, size_t length)
{
	FILE *out = fopen(path, "w");

	cr_assert_not_null(out);
	cr_assert_eq(fwrite(text, 1, length, out), length);
	cr_assert_eq(fclose(out), 0);
}

static off_t file_size(void)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_size;
}

static int last_byte(void)
{
	FILE *in = fopen(path, "r");
	int c = in && !fseek(in, -1, SEEK_END) ? getc(in) : EOF;

	if (in)
		fclose(in);
	return c;
}

/* What a reading came by: types of the records, and "LINE: REASON" of what was skipped, in order. */
struct seen {
	char types[1024], torn[1024];
	size_t nr_torn;
};

static int note_type(const json_t *record, size_t line, void *arg)
{
	struct seen *s = arg;

	(void)line;
	strcat(s->types, json_string_value(json_object_get(record, "type")));
	strcat(s->types, " ");
	return strlen(s->types) > 900 ? 77 : 0;
}

static void note_torn(size_t line, const char *reason, void *arg)
{
	struct seen *s = arg;
	size_t length = strlen(s->torn);

	s->nr_torn++;
	snprintf(s->torn + length, sizeof(s->torn) - length, "%zu: %s; ", line, reason);
}

static int read_seen(const char *from, struct seen *s)
{
	struct record_visitor v = { .each = note_type, .torn = note_torn, .arg = s };

	memset(s, 0, sizeof(*s));
	return record_read(from, &v, err, sizeof(err));
}

/* ---- writing --------------------------------------------------------------------------------- */

Test(record, what_is_written_is_read)
{
	char *argv[] = { "bench", "--filter",
			 ("a\xff"
			  "b\x1b[31m") };
	struct record_writer *w;
	struct seen s;

	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(record_write_header(w, &(struct record_header){ 0 }, 3, argv), 0);
	cr_expect_eq(record_write_environment(w), 0);
	cr_expect_eq(record_write_end(w, RECORD_COMPLETE), 0);
	cr_expect_eq(record_close(w), 0);

	cr_expect_eq(read_seen(path, &s), 0, "%s", err);
	cr_expect_str_eq(s.types, "header environment end ");
}

Test(record, an_existing_file_is_left_alone)
{
	struct record_writer *w;

	put_file("precious", 8);
	cr_expect_eq(record_create(&w, path, err, sizeof(err)), -EEXIST);
	cr_expect_null(w);
	cr_expect(strstr(err, "exists"), "%s", err);
	cr_expect_eq(file_size(), 8);
}

Test(record, a_directory_that_is_missing_is_named)
{
	struct record_writer *w;

	cr_expect_eq(record_create(&w, "/nonexistent/run.jsonl", err, sizeof(err)), -ENOENT);
	cr_expect(strstr(err, "/nonexistent/run.jsonl"), "%s", err);
}

Test(record, a_record_that_could_not_be_read_is_not_written)
{
	char *filler = malloc(RECORD_MAX_LINE + 1);
	struct record_writer *w;
	struct seen s;

	cr_assert_not_null(filler);
	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0);
	cr_assert_eq(record_write_header(w, &(struct record_header){ 0 }, 0, NULL), 0);
	memset(filler, 'x', RECORD_MAX_LINE);
	filler[RECORD_MAX_LINE] = '\0';
	cr_expect_eq(record_write(w, json_pack("{s:s, s:s}", "type", "a", "x", filler)), -EFBIG);
	filler[RECORD_MAX_LINE - strlen("{\"type\":\"a\",\"x\":\"\"}")] = '\0';
	cr_expect_eq(record_write(w, json_pack("{s:s, s:s}", "type", "a", "x", filler)), 0);
	cr_expect_eq(record_write(w, NULL), -ENOMEM);
	cr_expect_eq(record_close(w), 0);
	cr_expect_eq(read_seen(path, &s), 0, "%s", err);
	cr_expect_str_eq(s.types, "header a ");
	cr_expect_str_eq(s.torn, "");
	free(filler);
}

/* A limit on the file size stands for the full disk: the write comes up short, then fails. */
Test(record, a_full_disk_is_reported_and_leaves_whole_records)
{
	struct rlimit limit = { .rlim_cur = 300, .rlim_max = RLIM_INFINITY };
	struct record_writer *w;
	struct seen s;
	int ret = 0, written = 0;

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0);
	cr_assert_eq(record_write(w, json_pack("{s:s, s:i}", "type", "header", "schema", 1)), 0);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 20 && !ret; i++) {
		ret = record_write(w, json_pack("{s:s, s:s}", "type", "filler", "x",
						"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
		written += !ret;
	}
	cr_expect_lt(ret, 0);
	cr_expect_lt(record_write_end(w, RECORD_COMPLETE), 0, "nothing after a failure");
	cr_expect_lt(record_close(w), 0);
	cr_expect_eq(last_byte(), '\n', "the short write was taken back");
	cr_expect_eq(read_seen(path, &s), 0, "%s", err);
	cr_expect_eq(strlen(s.types), strlen("header ") + (size_t)written * strlen("filler "), "%s",
		     s.types);
}

static json_t *environment;

static int keep_environment(const json_t *record, size_t line, void *arg)
{
	(void)line;
	(void)arg;
	if (!strcmp(json_string_value(json_object_get(record, "type")), "environment"))
		environment = json_incref((json_t *)record);
	return 0;
}

Test(record, the_environment_says_what_is_needed)
{
	struct record_visitor v = { .each = keep_environment };
	struct record_environment e;
	struct record_writer *w;
	char host[256] = "", *text, why[100] = "";
	json_t *cpu;

	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(record_write_header(w, &(struct record_header){ 0 }, 0, NULL), 0);
	cr_assert_eq(record_write_environment(w), 0);
	cr_assert_eq(record_close(w), 0);
	cr_assert_eq(record_read(path, &v, err, sizeof(err)), 0, "%s", err);
	cr_assert_not_null(environment);
	cr_assert_eq(record_read_environment(environment, &e, why, sizeof(why)), 0, "%s", why);
	cr_expect_eq(strlen(e.host_id), 16);
	cr_expect_not_null(e.kernel);
	cpu = json_object_get(e.all, "cpu");
	cr_expect(json_is_integer(json_object_get(cpu, "nr_allowed")));
	cr_expect_gt(json_real_value(json_object_get(json_object_get(e.all, "clock"), "read_ns")),
		     0);
	cr_expect(json_is_array(json_object_get(e.all, "warnings")));

	gethostname(host, sizeof(host) - 1);
	text = json_dumps(environment, 0);
	if (strlen(host) > 3 && strcmp(host, "localhost"))
		cr_expect_null(strstr(text, host), "the host name must not be in clear");
	free(text);
	json_decref(environment);
}

Test(record, ids_are_random_uuids)
{
	char one[RECORD_ID_SIZE], other[RECORD_ID_SIZE];

	record_make_id(one);
	record_make_id(other);
	cr_expect_eq(strlen(one), 36);
	cr_expect_eq(one[14], '4', "version of the UUID");
	cr_expect_str_neq(one, other);
}

/* ---- builds ---------------------------------------------------------------------------------- */

static bool is_hex(const char *s)
{
	return *s && strspn(s, "0123456789abcdef") == strlen(s);
}

Test(record, a_build_says_what_tells_it_from_another)
{
	char id[RECORD_BUILD_ID_SIZE], command[200], line[200] = "";
	struct record_build b;
	FILE *readelf;

	record_build_self(&b);
	cr_expect_eq(strncmp(b.version, KT_VERSION, strlen(KT_VERSION)), 0, "%s", b.version);
	cr_expect(strstr(b.compiler, "gcc ") || strstr(b.compiler, "clang "), "%s", b.compiler);
	cr_assert_not_null(b.build_id);
	cr_expect(is_hex(b.build_id), "%s", b.build_id);
	cr_assert_eq(record_build_id("/proc/self/exe", id), 0);
	cr_expect_str_eq(id, b.build_id);

	snprintf(command, sizeof(command), "readelf -n /proc/%d/exe | grep -o 'Build ID: .*'",
		 (int)getpid());
	readelf = popen(command, "r");
	cr_assert_not_null(readelf);
	cr_assert_not_null(fgets(line, sizeof(line), readelf));
	pclose(readelf);
	line[strcspn(line, "\n")] = '\0';
	cr_expect_str_eq(line + strlen("Build ID: "), id, "as readelf has it");
}

Test(record, files_without_notes_have_no_build)
{
	static const char script[] = "#!/bin/sh\nexit 0\n";
	char id[RECORD_BUILD_ID_SIZE], text[20];

	put_file(script, strlen(script));
	cr_expect_eq(record_build_id(path, id), -ENOEXEC);
	cr_expect_str_eq(id, "");
	put_file("\177ELF\2\1\1\0", 8);
	cr_expect_eq(record_build_id(path, id), -ENOEXEC, "cut off");
	cr_expect_eq(record_build_id("/nonexistent", id), -ENOENT);
	cr_expect_eq(record_build_note("/proc/self/exe", "nobody", 1, text, sizeof(text)), -ENOENT);
	cr_expect_str_eq(text, "");
}

/* ---- names ----------------------------------------------------------------------------------- */

Test(record, names_that_are_not_utf8_stay_readable)
{
	json_t *j = record_string("a\xff\xc3\xa9\xed\xa0\x80z\xc3");

	cr_assert_not_null(j);
	cr_expect_str_eq(json_string_value(j), "a\\xff\xc3\xa9\\xed\\xa0\\x80z\\xc3");
	json_decref(j);
}

Test(record, different_names_stay_different)
{
	json_t *byte = record_string("a\xff"), *text = record_string("a\\xff");

	cr_expect_str_eq(json_string_value(byte), "a\\xff");
	cr_expect_str_eq(json_string_value(text), "a\\x5cxff");
	json_decref(byte);
	json_decref(text);
	text = record_string("\\xFF \\x \\\\");
	cr_expect_str_eq(json_string_value(text), "\\xFF \\x \\\\", "nothing else is touched");
	json_decref(text);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct file {
	char text[220], types[40], torn[100];
};

ParameterizedTestParameters(record, a_line_that_is_not_a_record_costs_itself)
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

ParameterizedTest(struct file *f, record, a_line_that_is_not_a_record_costs_itself)
{
	struct seen s;

	put_file(f->text, strlen(f->text));
	cr_expect_eq(read_seen(path, &s), 0, "%s: %s", f->text, err);
	cr_expect_str_eq(s.types, f->types, "%s", f->text);
	cr_expect_str_eq(s.torn, f->torn, "%s", f->text);
}

Test(record, the_reader_can_be_ended_early)
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

Test(record, lines_are_counted_with_those_that_are_skipped)
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

ParameterizedTestParameters(record, files_that_are_not_records_are_refused)
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
		{ HEADER "{\"type\":\"header\",\"schema\":9}\n", "line 2: schema 9" },
	};

	return cr_make_param_array(struct bad_file, files, ARRAY_SIZE(files));
}

ParameterizedTest(struct bad_file *f, record, files_that_are_not_records_are_refused)
{
	struct seen s;

	put_file(f->text, strlen(f->text));
	cr_expect_eq(read_seen(path, &s), -EINVAL, "%s", f->text);
	cr_expect(strstr(err, f->says), "'%s' does not say '%s'", err, f->says);
	cr_expect_null(strchr(err, '\n'));
	cr_expect_eq(s.nr_torn, 0, "one line is enough: %s", s.torn);
}

Test(record, a_NUL_byte_in_a_line_costs_the_line)
{
	static const char text[] = HEADER "{\"type\":\"a\",\0\"n\":1}\n{\"type\":\"b\"}\n";
	struct seen s;

	put_file(text, sizeof(text) - 1);
	cr_expect_eq(read_seen(path, &s), 0, "%s", err);
	cr_expect_str_eq(s.types, "header b ");
	cr_expect_eq(s.nr_torn, 1);
}

Test(record, a_binary_file_is_refused_at_once)
{
	static const char text[] = "\177ELF\2\1\1\0\0\n" HEADER;
	struct seen s;

	put_file(text, sizeof(text) - 1);
	cr_expect_eq(read_seen(path, &s), -EINVAL);
	cr_expect(strstr(err, "binary data"), "%s", err);
}

Test(record, deep_nesting_costs_the_line)
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
Test(record, a_line_without_end_costs_itself)
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

Test(record, a_missing_file_and_a_directory_are_named)
{
	struct seen s;

	cr_expect_eq(read_seen(path, &s), -ENOENT);
	cr_expect(strstr(err, path), "%s", err);
	cr_expect_eq(read_seen(dir, &s), -EISDIR);
	cr_expect(strstr(err, "irectory"), "%s", err);
}

Test(record, standard_input_is_read_and_stays_open)
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

Test(record, compressed_files_are_read_like_plain_ones)
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
Test(record, plain_and_compressed_files_can_be_put_together)
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

Test(record, a_compressed_file_that_is_cut_off_is_torn_there)
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

Test(record, a_compressed_file_that_is_damaged_is_torn_there)
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

Test(record, a_compressed_file_without_its_beginning_is_refused)
{
	struct seen s;

	compress_records("wb", 2);
	cr_assert_eq(truncate(path, 5), 0);
	cr_expect_eq(read_seen(path, &s), -EINVAL);
	cr_expect(strstr(err, path), "%s", err);
	cr_expect_null(strchr(err, '\n'));
}

/* ---- histograms ------------------------------------------------------------------------------ */

Test(record, histograms_come_back_as_they_were)
{
	static const uint32_t k[] = { HIST_K_BPF, HIST_K_USER };
	static struct hist h, back;
	json_t *empty;

	for (size_t i = 0; i < ARRAY_SIZE(k); i++) {
		json_t *j;

		hist_init(&h, k[i]);
		for (uint64_t v = 0; v < 3000; v++)
			hist_add(&h, v * v * v);
		hist_add(&h, 1ULL << 45);
		j = hist_to_json(&h);
		cr_assert_not_null(j);
		cr_expect_eq(hist_from_json(&back, j), 0);
		cr_expect_arr_eq(&back, &h, sizeof(h));
		json_decref(j);
	}
	hist_init(&h, HIST_K_USER);
	empty = hist_to_json(&h);
	cr_expect_eq(hist_from_json(&back, empty), 0);
	cr_expect_eq(back.count, 0);
	json_decref(empty);
}

struct bad_hist {
	char text[160];
};

ParameterizedTestParameters(record, bad_histograms_are_refused)
{
	static struct bad_hist hists[] = {
		{ "[]" },
		{ "{}" },
		{ "{\"k\":7,\"count\":0,\"sum\":1,\"overflow\":0,\"runs\":[]}" },
		{ "{\"k\":99,\"count\":1,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[5,1]]}" },
		{ "{\"k\":-1,\"count\":1,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[5,1]]}" },
		{ "{\"k\":7,\"count\":2,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[5,1]]}" },
		{ "{\"k\":7,\"count\":-1,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[5,-1]]}" },
		{ "{\"k\":7,\"count\":1.0,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[5,1]]}" },
		{ "{\"k\":7,\"count\":1,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[4352,1]]}" },
		{ "{\"k\":5,\"count\":1,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[1152,1]]}" },
		{ "{\"k\":7,\"count\":2,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[4351,1,1]]}" },
		{ "{\"k\":7,\"count\":1,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[-5,1]]}" },
		{ "{\"k\":7,\"count\":1,\"sum\":5,\"min\":6,\"max\":5,\"overflow\":0,\"runs\":[[5,1]]}" },
		{ "{\"k\":7,\"count\":1,\"sum\":6,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[5,1]]}" },
		{ "{\"k\":7,\"count\":1,\"sum\":9,\"min\":5,\"max\":9,\"overflow\":0,\"runs\":[[5,1]]}" },
		{ "{\"k\":7,\"count\":1,\"sum\":5,\"min\":null,\"max\":null,\"overflow\":0,\"runs\":[[5,1]]}" },
		{ "{\"k\":7,\"count\":2,\"sum\":9,\"min\":4,\"max\":5,\"overflow\":0,\"runs\":[[5,1],[4,1]]}" },
		{ "{\"k\":7,\"count\":2,\"sum\":10,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[5,1],[5,1]]}" },
		{ "{\"k\":7,\"count\":1,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":1,\"runs\":[[5,1]]}" },
		{ "{\"k\":7,\"count\":1,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[5,1],[]]}" },
		{ "{\"k\":7,\"count\":1,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":[[5,1],7]}" },
		{ "{\"k\":7,\"count\":1,\"sum\":5,\"min\":5,\"max\":5,\"overflow\":0,\"runs\":{}}" },
	};

	return cr_make_param_array(struct bad_hist, hists, ARRAY_SIZE(hists));
}

ParameterizedTest(struct bad_hist *b, record, bad_histograms_are_refused)
{
	json_t *j = json_loads(b->text, 0, NULL);
	static struct hist h;

	cr_assert_not_null(j, "%s", b->text);
	cr_expect_eq(hist_from_json(&h, j), -EINVAL, "%s", b->text);
	cr_expect_eq(h.count, 0);
	for (size_t i = 0; i < HIST_NR_BUCKETS_MAX; i++)
		cr_assert_eq(h.bucket[i], 0, "left empty");
	json_decref(j);
}
