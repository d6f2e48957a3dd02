/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_CONTROLLER_TEST_H
#define KT_TESTS_CONTROLLER_TEST_H
/*
 * For tests of the controller with real workers: the test program is its own benchmark binary. It
 * is the worker when its first option begins with --bench-, and has the questions of its file.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/controller/interrupt.h"
#include "bench/controller/run.h"
#include "bench/harness/bench.h"
#include "lib/record/types.h"

/* After the last question of the file: constructors run in the order they stand in. */
#define BE_WORKER()                                                               \
	__attribute__((constructor)) static void be_worker(int argc, char **argv) \
	{                                                                         \
		int status;                                                       \
                                                                                  \
		if (argc < 2 || strncmp(argv[1], "--bench-", 8))                  \
			return;                                                   \
		status = bench_main(argc, argv);                                  \
		fflush(stdout);                                                   \
		_exit(status);                                                    \
	}

#define SELF "/proc/self/exe"

static char dir[] = "/tmp/controller-test-XXXXXX";
static char path[64];

static inline void init(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/run.jsonl", dir);
}

static inline void fini(void)
{
	unlink(path);
	rmdir(dir);
}

/* Measure the questions that match @filter as @o says; the record goes to path. */
static inline struct run_summary run_as(const char *filter, struct measure_opts o)
{
	char *argv[] = { "test" }, err[300] = "";
	struct run_summary sum;
	struct suite suite;

	o.path = SELF;
	o.seed = 1;
	interrupt_install();
	cr_assert_eq(record_create(&o.out, path, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(record_write_header(o.out, &(struct record_header){ .tool = "bench" }, 1,
					 argv),
		     0);
	cr_assert_eq(suite_list(&suite, SELF, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(suite_filter(&suite, filter, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(run_questions(&suite, &o, &sum, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(record_close(o.out), 0);
	suite_free(&suite);
	return sum;
}

static inline struct run_summary run(const char *filter, uint64_t time_ns, uint64_t patience_ns)
{
	return run_as(filter,
		      (struct measure_opts){ .time_ns = time_ns, .patience_ns = patience_ns });
}

/* All records of one type (and question, unless NULL), as an array. */
struct selection {
	const char *type, *question;
	json_t *found;
};

static inline const char *text(const json_t *record, const char *key)
{
	const char *s = json_string_value(json_object_get(record, key));

	return s ? s : "";
}

static inline int pick(const json_t *record, size_t line, void *arg)
{
	struct selection *s = arg;

	(void)line;
	if (!strcmp(text(record, "type"), s->type) &&
	    (!s->question || !strcmp(text(record, "question"), s->question)))
		json_array_append(s->found, (json_t *)record);
	return 0;
}

static inline json_t *records(const char *type, const char *question)
{
	struct selection s = { type, question, json_array() };
	const struct record_visitor v = { .each = pick, .arg = &s };
	char err[300] = "";

	cr_assert_eq(record_read(path, &v, err, sizeof(err)), 0, "%s", err);
	return s.found;
}

static inline size_t count(const char *type, const char *question)
{
	json_t *found = records(type, question);
	size_t n = json_array_size(found);

	json_decref(found);
	return n;
}

static inline void expect_failed(const char *question, const char *arm, const char *reason)
{
	json_t *found = records("failed", question), *first = json_array_get(found, 0);

	cr_expect_eq(json_array_size(found), 1, "%s: %zu failures", question,
		     json_array_size(found));
	cr_expect_str_eq(text(first, "arm"), arm, "%s", question);
	cr_expect(strstr(text(first, "reason"), reason), "%s: %s", question, text(first, "reason"));
	json_decref(found);
}

static inline void expect_no_child(void)
{
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD);
}

/* However slow the machine: a question has one instance at least, and that a pair of blocks. */
#define MIN_INSTANCES 1
#define MIN_PASSES    2

#define MS 1000000ULL
#define S  1000000000ULL
#endif
