// SPDX-License-Identifier: GPL-2.0-only
/* record: what is written comes back; names, builds and histograms as JSON */
#include "tests/unit/record_test.h"

#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "lib/record/build.h"
#include "lib/record/field.h"

TestSuite(record, .init = record_begin, .fini = record_finish, .timeout = 60);

static int last_byte(void)
{
	FILE *in = fopen(path, "r");
	int c = in && !fseek(in, -1, SEEK_END) ? getc(in) : EOF;

	if (in)
		fclose(in);
	return c;
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

/* kt bench -o - >>file: what stood there before is not ours to cut. */
Test(record, a_stream_keeps_what_was_there_before)
{
	struct rlimit limit = { .rlim_cur = 300, .rlim_max = RLIM_INFINITY };
	struct record_writer *w;
	struct stat st;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600), ret = 0;

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(write(fd, "somebody else's line, 40 characters long\n", 41), 41);
	cr_assert_eq(record_stream(&w, fd), 0);
	cr_assert_eq(record_write(w, json_pack("{s:s, s:i}", "type", "header", "schema", 1)), 0);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 20 && !ret; i++)
		ret = record_write(w, json_pack("{s:s, s:s}", "type", "filler", "x",
						"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
	cr_expect_eq(ret, -EFBIG);
	cr_expect_eq(record_close(w), -EFBIG);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_size, 300, "%ld bytes: nothing was cut", (long)st.st_size);
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
		cr_expect_eq(hist_from_json(&back, j, "h", err, sizeof(err)), 0, "%s", err);
		cr_expect_arr_eq(&back, &h, sizeof(h));
		json_decref(j);
	}
	hist_init(&h, HIST_K_USER);
	empty = hist_to_json(&h);
	cr_expect_eq(hist_from_json(&back, empty, "h", err, sizeof(err)), 0, "%s", err);
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
	cr_expect_eq(hist_from_json(&h, j, "h", err, sizeof(err)), -EINVAL, "%s", b->text);
	cr_expect_eq(strncmp(err, "h: ", 3), 0, "%s", err);
	cr_expect_eq(h.count, 0);
	for (size_t i = 0; i < HIST_NR_BUCKETS_MAX; i++)
		cr_assert_eq(h.bucket[i], 0, "left empty");
	json_decref(j);
}
