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

/* Keeps the types of the records in order, as one string. */
static int note_type(const json_t *record, size_t line, void *arg)
{
	char *types = arg;

	(void)line;
	strcat(types, json_string_value(json_object_get(record, "type")));
	strcat(types, " ");
	return strlen(types) > 900 ? 77 : 0;
}

static int read_types(char types[1024])
{
	struct record_visitor v = { .each = note_type, .arg = types };

	types[0] = '\0';
	return record_read(path, &v, err, sizeof(err));
}

/* ---- writing --------------------------------------------------------------------------------- */

Test(record, what_is_written_is_read)
{
	char *argv[] = { "bench", "--filter",
			 ("a\xff"
			  "b\x1b[31m") };
	struct record_writer *w;
	char types[1024];

	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(record_write(w, record_header("bench", 3, argv)), 0);
	cr_expect_eq(record_write(w, record_environment()), 0);
	cr_expect_eq(record_write(w, record_end("complete")), 0);
	cr_expect_eq(record_close(w), 0);

	cr_expect_eq(read_types(types), 0, "%s", err);
	cr_expect_str_eq(types, "header environment end ");
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

/* A limit on the file size stands for the full disk: the write comes up short, then fails. */
Test(record, a_full_disk_is_reported_and_leaves_whole_records)
{
	struct rlimit limit = { .rlim_cur = 300, .rlim_max = RLIM_INFINITY };
	struct record_writer *w;
	char types[1024];
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
	cr_expect_lt(record_write(w, record_end("complete")), 0, "nothing after a failure");
	cr_expect_lt(record_close(w), 0);
	cr_expect_eq(last_byte(), '\n', "the short write was taken back");
	cr_expect_eq(read_types(types), 0, "%s", err);
	cr_expect_eq(strlen(types), strlen("header ") + (size_t)written * strlen("filler "), "%s",
		     types);
}

Test(record, header_and_environment_say_what_is_needed)
{
	json_t *h = record_header("trace", 0, NULL), *e = record_environment();
	const char *id = json_string_value(json_object_get(h, "id"));
	char host[256] = "", *text;

	cr_assert_not_null(id);
	cr_expect_eq(strlen(id), 36);
	cr_expect_eq(id[14], '4', "version of the UUID");
	cr_expect_eq(json_integer_value(json_object_get(h, "schema")), RECORD_SCHEMA);
	cr_expect_not_null(json_object_get(json_object_get(e, "kernel"), "release"));
	cr_expect(json_is_integer(json_object_get(json_object_get(e, "cpu"), "nr_allowed")));
	cr_expect_gt(json_real_value(json_object_get(json_object_get(e, "clock"), "read_ns")), 0);
	cr_expect(json_is_array(json_object_get(e, "warnings")));

	gethostname(host, sizeof(host) - 1);
	text = json_dumps(e, 0);
	if (strlen(host) > 3 && strcmp(host, "localhost"))
		cr_expect_null(strstr(text, host), "the host name must not be in clear");
	free(text);
	json_decref(h);
	json_decref(e);
}

Test(record, names_that_are_not_utf8_stay_readable)
{
	json_t *j = record_string("a\xff\xc3\xa9\xed\xa0\x80z\xc3");

	cr_assert_not_null(j);
	cr_expect_str_eq(json_string_value(j), "a\\xff\xc3\xa9\\xed\\xa0\\x80z\\xc3");
	json_decref(j);
}

/* ---- reading --------------------------------------------------------------------------------- */

Test(record, a_torn_last_line_is_ignored)
{
	static const char text[] = HEADER "{\"type\":\"a\"}\n{\"type\":\"b\",\"val";
	char types[1024];

	put_file(text, strlen(text));
	cr_expect_eq(read_types(types), 0, "%s", err);
	cr_expect_str_eq(types, "header a ");
}

Test(record, a_last_line_without_newline_that_is_whole_counts)
{
	static const char text[] = HEADER "{\"type\":\"end\"}";
	char types[1024];

	put_file(text, strlen(text));
	cr_expect_eq(read_types(types), 0);
	cr_expect_str_eq(types, "header end ");
}

Test(record, the_reader_can_be_ended_early)
{
	char text[4096] = HEADER, types[1024];

	for (int i = 0; i < 60; i++)
		strcat(text, "{\"type\":\"a long type name\"}\n");
	put_file(text, strlen(text));
	cr_expect_eq(read_types(types), 77);
}

struct bad_file {
	char text[200], says[40];
};

ParameterizedTestParameters(record, bad_files_are_refused_with_their_line)
{
	static struct bad_file files[] = {
		{ "", "empty" },
		{ "hello\n", "line 1" },
		{ "hello", "line 1" },
		{ "\n", "line 1" },
		{ "{\"type\":\"end\"}\n", "no header" },
		{ "{\"type\":\"header\"}\n", "schema" },
		{ "{\"type\":\"header\",\"schema\":2}\n", "schema" },
		{ "{\"type\":\"header\",\"schema\":\"1\"}\n", "schema" },
		{ HEADER "{\"type\":\"header\",\"schema\":9}\n", "line 2" },
		{ HEADER "[1,2]\n", "line 2: not a JSON object" },
		{ HEADER "{\"x\":1}\n", "line 2: a record without a type" },
		{ HEADER "{\"type\":7}\n", "line 2: a record without a type" },
		{ HEADER "{\"type\":\"a\"\n{\"type\":\"b\"}\n", "line 2" },
		{ HEADER "{\"type\":\"a\"}\n{\"type\":\"b\n", "line 3" },
		{ HEADER "{\"type\":\"a\",\"type\":\"b\"}\n", "given twice" },
		{ HEADER "{\"type\":\"a\",\"n\":99999999999999999999}\n", "number too big" },
		{ HEADER "{\"type\":\"a\",\"n\":1e999}\n", "number too big" },
		{ HEADER "{\"type\":\"a\",\"n\":NaN}\n", "line 2" },
		{ HEADER "{\"type\":\"a\\u0000\"}\n", "NUL" },
		{ HEADER "{\"type\":\"a\xff\"}\n", "invalid UTF-8" },
	};

	return cr_make_param_array(struct bad_file, files, ARRAY_SIZE(files));
}

ParameterizedTest(struct bad_file *f, record, bad_files_are_refused_with_their_line)
{
	char types[1024];

	put_file(f->text, strlen(f->text));
	cr_expect_eq(read_types(types), -EINVAL, "%s", f->text);
	cr_expect(strstr(err, f->says), "'%s' does not say '%s'", err, f->says);
	cr_expect_null(strchr(err, '\n'));
}

Test(record, a_NUL_byte_in_a_line_is_refused)
{
	static const char text[] = HEADER "{\"type\":\"a\",\0\"n\":1}\n";
	char types[1024];

	put_file(text, sizeof(text) - 1);
	cr_expect_eq(read_types(types), -EINVAL);
	cr_expect(strstr(err, "line 2"), "%s", err);
}

Test(record, deep_nesting_is_refused)
{
	static char text[400100] = HEADER;

	memset(text + strlen(HEADER), '[', 400000);
	text[strlen(text)] = '\n';
	put_file(text, strlen(text));
	cr_expect_eq(read_types((char[1024]){ 0 }), -EINVAL);
	cr_expect(strstr(err, "deep"), "%s", err);
}

Test(record, a_line_without_end_is_refused)
{
	static char chunk[1 << 20];
	FILE *out = fopen(path, "w");

	memset(chunk, 'x', sizeof(chunk));
	cr_assert_not_null(out);
	fputs(HEADER, out);
	for (int i = 0; i < 17; i++)
		fwrite(chunk, 1, sizeof(chunk), out);
	fclose(out);
	cr_expect_eq(read_types((char[1024]){ 0 }), -EINVAL);
	cr_expect(strstr(err, "line 2 is longer"), "%s", err);
}

Test(record, a_missing_file_and_a_directory_are_named)
{
	struct record_visitor v = { .each = note_type };

	cr_expect_eq(read_types((char[1024]){ 0 }), -ENOENT);
	cr_expect(strstr(err, path), "%s", err);
	cr_expect_eq(record_read(dir, &v, err, sizeof(err)), -EISDIR);
	cr_expect(strstr(err, "irectory"), "%s", err);
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
