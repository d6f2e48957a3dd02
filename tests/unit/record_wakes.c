// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_wakes: bands and the matrix of a trace are read as they were written; one that cannot be
 * costs itself, and says why.
 */
#include "tests/unit/record_test.h"

#include <errno.h>

static char why[256];
static struct hist hist;

TestSuite(record_wakes, .init = record_begin, .fini = record_finish, .timeout = 60);

/* Buckets 5 (5 ns) and 100 (k 4), and the last one, whose sum stays where sums stay. */
static const struct record_band rows[] = {
	{ .index = 5, .count = 3, .sum = { 15, 7 } },
	{ .index = 100, .count = 2, .sum = { 2 * 640, UINT64_MAX } },
	{ .index = HIST_NR_BUCKETS(4) - 1, .count = 1ULL << 40, .sum = { UINT64_MAX, 0 } },
};

static void cell(const void *arg, size_t i, uint64_t *waker_cpu, uint64_t *cpu, struct hist *h)
{
	(void)arg;
	*waker_cpu = i;
	*cpu = 2 * i;
	hist_init(h, 2);
	for (size_t n = 0; n <= i; n++)
		hist_add(h, 1000 * n);
}

static struct record_trace full(void)
{
	return (struct record_trace){
		.question = "q",
		.subject = "arm",
		.bands = { .k = 4,
			   .nr_sums = 2,
			   .sum = { "end_to_end", "wake" },
			   .nr = ARRAY_SIZE(rows),
			   .band = rows },
		.matrix = { .metric = "woken", .nr = 3, .others = 7, .cell = cell },
	};
}

static int take(const json_t *record, size_t line, void *arg)
{
	(void)line;
	if (!strcmp(record_type(record), "trace"))
		*(json_t **)arg = json_incref((json_t *)record);
	return 0;
}

/* The record of @t, as it is in a file. */
static json_t *pass(const struct record_trace *t)
{
	static char *argv[] = { "kt" };
	const struct record_header h = { .tool = "bench" };
	struct record_visitor v = { .each = take, .torn = no_torn };
	struct record_writer *w;
	json_t *record = NULL;

	v.arg = &record;
	unlink(path);
	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(record_write_header(w, &h, 1, argv), 0);
	cr_assert_eq(record_write_trace(w, t), 0);
	cr_assert_eq(record_close(w), 0);
	cr_assert_eq(record_read(path, &v, err, sizeof(err)), 0, "%s", err);
	cr_assert_not_null(record);
	return record;
}

Test(record_wakes, bands_are_read_as_they_were_written)
{
	struct record_trace t = full();
	json_t *record = pass(&t);
	struct record_bands b;

	cr_assert_eq(record_read_bands(record, &b, why, sizeof(why)), 0, "%s", why);
	cr_expect_eq(b.k, 4);
	cr_assert_eq(b.nr_sums, 2);
	cr_expect_str_eq(b.sum[0], "end_to_end");
	cr_expect_str_eq(b.sum[1], "wake");
	cr_assert_eq(b.nr, ARRAY_SIZE(rows));
	for (size_t i = 0; i < b.nr; i++) {
		struct record_band band;

		cr_assert_eq(record_read_band(record, i, &band, why, sizeof(why)), 0, "%s", why);
		cr_expect_arr_eq(&band, &rows[i], sizeof(band), "number %zu", i);
	}
	json_decref(record);
}

Test(record_wakes, so_is_the_matrix)
{
	struct record_trace t = full();
	json_t *record = pass(&t);
	struct record_matrix m;

	cr_assert_eq(record_read_matrix(record, &m, why, sizeof(why)), 0, "%s", why);
	cr_expect_str_eq(m.metric, "woken");
	cr_expect_eq(m.others, 7);
	cr_assert_eq(m.nr, 3);
	for (size_t i = 0; i < m.nr; i++) {
		uint64_t waker_cpu, cpu;

		cr_assert_eq(record_read_cell(record, i, &waker_cpu, &cpu, &hist, why, sizeof(why)),
			     0, "%s", why);
		cr_expect_eq(waker_cpu, i);
		cr_expect_eq(cpu, 2 * i);
		cr_expect_eq(hist.k, 2);
		cr_expect_eq(hist.count, i + 1);
		cr_expect_eq(hist.max, 1000 * i);
	}
	json_decref(record);
}

Test(record_wakes, most_traces_have_neither)
{
	struct record_trace t = { .kind = "wakeup" };
	json_t *record = pass(&t);
	struct record_matrix m;
	struct record_bands b;

	cr_expect_null(json_object_get(record, "bands"));
	cr_expect_null(json_object_get(record, "matrix"));
	cr_expect_eq(record_read_bands(record, &b, why, sizeof(why)), 0);
	cr_expect_eq(b.nr, 0);
	cr_expect_eq(record_read_matrix(record, &m, why, sizeof(why)), 0);
	cr_expect_null(m.metric);
	json_decref(record);
}

Test(record_wakes, what_does_not_add_up_is_not_written)
{
	struct record_band bad[3];
	struct record_trace t = full();

	t.bands.band = bad;
	for (int i = 0; i < 5; i++) {
		memcpy(bad, rows, sizeof(bad));
		if (i == 0)
			bad[1].index = 5;
		else if (i == 1)
			bad[0].sum[0] = 16;
		else if (i == 2)
			bad[1].sum[0] = 2 * 640 - 1;
		else if (i == 3)
			bad[0].count = 0;
		else
			bad[2].index++;
		cr_expect_eq(record_write_trace(NULL, &t), -EINVAL, "number %d", i);
	}
	t = full();
	t.bands.k = 8;
	cr_expect_eq(record_write_trace(NULL, &t), -EINVAL);
	t = full();
	t.bands.nr_sums = 0;
	cr_expect_eq(record_write_trace(NULL, &t), -EINVAL);
	t = full();
	t.matrix.nr = RECORD_MAX_CELLS + 1;
	cr_expect_eq(record_write_trace(NULL, &t), -EINVAL);
}

/* What is put in the place of a field of bands or matrix, and who refuses it: all or the first row. */
struct bad {
	const char *of, *field, *value, *said;
	bool row;
};

static int read_of(const json_t *record, const struct bad *bad)
{
	bool bands = !strcmp(bad->of, "bands");
	struct record_matrix m;
	struct record_bands b;
	struct record_band band;
	uint64_t waker_cpu, cpu;

	if (bad->row)
		return bands ? record_read_band(record, 0, &band, why, sizeof(why))
			     : record_read_cell(record, 0, &waker_cpu, &cpu, &hist, why,
						sizeof(why));
	return bands ? record_read_bands(record, &b, why, sizeof(why))
		     : record_read_matrix(record, &m, why, sizeof(why));
}

Test(record_wakes, what_cannot_be_is_refused_by_its_field)
{
	static const struct bad bad[] = {
		{ "bands", "k", "9", "k is not one of 1 to 7", false },
		{ "bands", "k", "9", "does not add up", true },
		{ "bands", "k", "-1", "k is negative", true },
		{ "bands", "k", "4.5", "k is not a whole number", false },
		{ "bands", "sums", "[]", "sums has no member", false },
		{ "bands", "sums", "[1]", "a member of sums is not a string", false },
		{ "bands", "sums", "[\"a\"]", "is not a list of 3 numbers", true },
		{ "bands", "sums", "[1,1,1,1,1,1,1,1,1]", "more than 8 members", false },
		{ "bands", "rows", "{}", "rows is not a list", false },
		{ "bands", "rows", "[7]", "is not a list of 4 numbers", true },
		{ "bands", "rows", "[[5, 1, 5]]", "is not a list of 4 numbers", true },
		{ "bands", "rows", "[[5, 1, 6, 0]]", "a band does not add up", true },
		{ "bands", "rows", "[[5, 0, 0, 0]]", "a band does not add up", true },
		{ "bands", "rows", "[[592, 1, 0, 0]]", "a band does not add up", true },
		{ "bands", "rows", "[[5000000000000, 1, 0, 0]]", "a band does not add up", true },
		{ "bands", "rows", "[[5, 1, -5, 0]]", "a sum of a band is negative", true },
		{ "bands", "rows", "[[0.5, 1, 5, 0]]", "the index of a band is not a whole", true },
		{ "matrix", "metric", "null", "metric", false },
		{ "matrix", "others", "-1", "others is negative", false },
		{ "matrix", "cells", "{}", "cells is not a list", false },
		{ "matrix", "cells", "[7]", "a cell of matrix is not an object", true },
		{ "matrix", "cells", "[{\"cpu\": 1}]", "waker_cpu", true },
		{ "matrix", "cells", "[{\"waker_cpu\": 1, \"cpu\": 1}]", "a cell of matrix", true },
	};
	struct record_trace t = full();
	json_t *record = pass(&t);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		json_t *object = json_object_get(record, bad[i].of),
		       *was = json_incref(json_object_get(object, bad[i].field));
		int ret;

		why[0] = '\0';
		json_object_set_new(object, bad[i].field,
				    json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
		ret = read_of(record, &bad[i]);
		cr_expect(ret == -EINVAL && strstr(why, bad[i].said), "%s %s: %d, %s", bad[i].field,
			  bad[i].value, ret, why);
		json_object_set_new(object, bad[i].field, was);
	}
	json_object_set_new(record, "bands", json_integer(7));
	cr_expect_eq(read_of(record, &bad[0]), -EINVAL);
	json_object_set_new(record, "matrix", json_true());
	cr_expect_eq(read_of(record, &bad[17]), -EINVAL);
	json_decref(record);
}

Test(record_wakes, bands_out_of_order_are_refused)
{
	struct record_trace t = full();
	json_t *record = pass(&t), *rows_json, *moved;
	struct record_band band;

	rows_json = json_object_get(json_object_get(record, "bands"), "rows");
	moved = json_incref(json_array_get(rows_json, 0));
	json_array_remove(rows_json, 0);
	json_array_append_new(rows_json, moved);
	cr_expect_eq(record_read_band(record, 0, &band, why, sizeof(why)), 0);
	cr_expect_eq(record_read_band(record, 2, &band, why, sizeof(why)), -EINVAL);
	cr_expect(strstr(why, "rising order"), "%s", why);
	json_decref(record);
}
