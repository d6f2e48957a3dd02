/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_REPORT_RECORDS_H
#define KT_TESTS_REPORT_RECORDS_H
/* For tests that make a record of their own: begin() as .init, finish() as .fini of the suite. */
#include "tests/unit/report_test.h"

#include <errno.h>

#include "lib/record/field.h"
#include "lib/record/record.h"

/* The record that a test writes; one program has one at a time. */
static char path[64];
static FILE *out;
static uint64_t clock_ns;

static inline void emit(json_t *record)
{
	cr_assert_not_null(record);
	cr_assert_eq(json_dumpf(record, out, JSON_COMPACT), 0);
	fputc('\n', out);
	json_decref(record);
}

static inline void header(const char *id, int schema)
{
	emit(json_pack("{s:s, s:i, s:s, s:s, s:s*, s:b}", "type", "header", "schema", schema,
		       "tool", "bench", "version", "0.1.0", "id", id, "trace", 0));
}

static inline void environment(const char *host, const char *kernel)
{
	emit(json_pack("{s:s, s:s, s:{s:s}}", "type", "environment", "host_id", host, "kernel",
		       "release", kernel));
}

static inline void end(const char *status)
{
	emit(json_pack("{s:s, s:s}", "type", "end", "status", status));
}

static inline void begin(void)
{
	int fd;

	strcpy(path, "/tmp/kt-model-XXXXXX");
	fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	out = fdopen(fd, "w");
	clock_ns = 1000;
	header("00000000-0000-4000-8000-00000000000a", 1);
}

static inline void finish(void)
{
	unlink(path);
}

static inline struct report *read_back(void)
{
	fclose(out);
	return load(path);
}

static inline void question(const char *name, const char *mode)
{
	emit(json_pack("{s:s, s:s, s:s, s:s, s:f, s:[s,s], s:{s:s}}", "type", "question",
		       "question", name, "mode", mode, "baseline", "old", "zone", 0.01, "arms",
		       "old", "new", "skipped", "gone", "not built in"));
}

/*
 * An epoch of @nr operations that all take about @ns; hist NULL stands for one that was not taken.
 */
static inline json_t *epoch(const char *arm, uint64_t ns, size_t nr)
{
	static struct hist h;
	uint64_t start = clock_ns;

	hist_init(&h, HIST_K_USER);
	for (size_t i = 0; i < nr; i++)
		hist_add(&h, ns + i % 3);
	clock_ns += ns * nr;
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:{s:i}, s:o}", "arm", arm, "iterations",
			 (json_int_t)nr, "start_ns", (json_int_t)start, "end_ns",
			 (json_int_t)clock_ns, "cpu_ns", (json_int_t)(ns * nr / 2), "counters",
			 "calls", 2, "hist", hist_to_json(&h));
}

static inline void block(const char *name, bool traced, json_t *old, json_t *new, double steal)
{
	json_t *epochs = json_array();

	if (old)
		json_array_append_new(epochs, old);
	if (new)
		json_array_append_new(epochs, new);
	emit(json_pack("{s:s, s:s, s:b, s:o, s:{s:f, s:n, s:i}}", "type", "block", "question", name,
		       "traced", traced, "epochs", epochs, "noise", "steal", steal, "psi_cpu",
		       "canary_ns", 1000));
}

/* Medians that go up and down a little, so that no two blocks agree and no neighbours correlate */
static inline uint64_t wobble(int i, uint64_t ns)
{
	static const int step[] = { 0, 7, -4, 3, -8, 5, 1, -6, 8, -2, 6, -5 };

	return ns + (uint64_t)((int64_t)ns * step[(i * 5) % 12] / 4000);
}

static inline json_t *trace_of(const char *question_name, const char *kind, const char *subject,
			       const char *metric, uint64_t ns, size_t nr)
{
	static struct hist h;
	json_t *j = json_pack("{s:s, s:s}", "type", "trace", "subject", subject);

	hist_init(&h, HIST_K_BPF);
	for (size_t i = 0; i < nr; i++)
		hist_add(&h, ns);
	if (question_name)
		json_object_set_new(j, "question", json_string(question_name));
	if (kind)
		json_object_set_new(j, "kind", json_string(kind));
	json_object_set_new(j, "metrics", json_pack("{s:o}", metric, hist_to_json(&h)));
	return j;
}
#endif
