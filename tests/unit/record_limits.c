// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_limits: what the writers of lib/record/types.h refuse, what its readers refuse and how they
 * say it, and what they still read of older files.
 */
#include "tests/unit/record_test.h"

#include <errno.h>
#include <math.h>

static char why[256];

TestSuite(record_limits, .init = record_begin, .fini = record_finish, .timeout = 120);

static struct hist hists[2];

/* ---- what cannot be written ------------------------------------------------------------------ */

static json_t *kept[12];
static size_t nr_kept;

static int keep(const json_t *record, size_t line, void *arg)
{
	(void)line;
	(void)arg;
	if (nr_kept < ARRAY_SIZE(kept))
		kept[nr_kept++] = json_incref((json_t *)record);
	return 0;
}

/* The records that @write wrote; kept[0] is the header. */
static void written_by(void (*write)(struct record_writer *w))
{
	struct record_visitor v = { .each = keep, .torn = no_torn };
	struct record_writer *w;

	nr_kept = 0;
	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(record_write_header(w, &(struct record_header){ 0 }, 0, NULL), 0);
	write(w);
	cr_assert_eq(record_close(w), 0);
	cr_assert_eq(record_read(path, &v, err, sizeof(err)), 0, "%s", err);
}

static void write_same_names(struct record_writer *w)
{
	static struct record_losses l = {
		.nr_losses = 4,
		.loss = { { "full", 1 }, { "other", 5 }, { "full", 2 }, { "full", UINT64_MAX } },
		.nr_counters = 2,
		.counter = { { "a\xff", 1 }, { "a\\xff", 2 } },
	};
	static struct record_epoch e = {
		.arm = "a",
		.nr_counters = 3,
		.counter = { { "calls", 1.5 }, { "calls", 2 }, { "bad", NAN } },
		.hist = &hists[0],
	};
	struct record_block b = { .question = "q", .nr_epochs = 1, .epoch = &e };

	hist_init(&hists[0], HIST_K_USER);
	cr_assert_eq(record_write_losses(w, &l), 0);
	cr_assert_eq(record_write_block(w, &b), 0);
}

Test(record_limits, numbers_of_one_name_are_added_up)
{
	static struct record_epoch e = { .hist = &hists[1] };
	static struct record_losses l;

	written_by(write_same_names);
	cr_assert_eq(nr_kept, 3);
	cr_assert_eq(record_read_losses(kept[1], &l, why, sizeof(why)), 0, "%s", why);
	cr_assert_eq(l.nr_losses, 2);
	cr_expect_str_eq(l.loss[0].name, "full");
	cr_expect_eq(l.loss[0].value, UINT64_MAX);
	cr_expect_eq(l.loss[1].value, 5);
	cr_expect_eq(l.nr_counters, 2, "different bytes are different names");
	cr_assert_eq(record_read_epoch(kept[2], 0, &e, why, sizeof(why)), 0, "%s", why);
	cr_assert_eq(e.nr_counters, 2);
	cr_expect_eq(e.counter[0].value, 3.5);
	cr_expect(isnan(e.counter[1].value));
}

static void write_bad_hists(struct record_writer *w)
{
	static struct record_epoch e[2] = { { .arm = "good", .hist = &hists[0] },
					    { .arm = "bad", .hist = &hists[1] } };
	struct record_block b = { .question = "q",
				  .nr_epochs = 2,
				  .epoch = e,
				  .nr_dropped = 1,
				  .dropped = { { "late", "end before begin" } } };
	static struct record_trace t = { .kind = "wakeup",
					 .nr_metrics = 2,
					 .metric = { { "runq", &hists[0] },
						     { "wake", &hists[1] } } };
	static const struct record_pass pass = { 0, 10, 5, 1, 5 };
	static struct record_part part[2] = {
		{ .arm = "good", .nr_passes = 1, .pass = &pass, .hist = &hists[0] },
		{ .arm = "bad", .nr_passes = 1, .pass = &pass, .hist = &hists[1] }
	};
	struct record_instance in = { .question = "q", .nr_parts = 2, .part = part };

	hist_init(&hists[0], HIST_K_USER);
	hist_init(&hists[1], HIST_K_USER);
	hist_add(&hists[1], 5);
	hists[1].sum = 4;
	cr_assert_eq(record_write_block(w, &b), 0);
	cr_assert_eq(record_write_trace(w, &t), 0);
	cr_assert_eq(record_write_instance(w, &in), 0);
}

Test(record_limits, a_histogram_that_does_not_add_up_costs_itself_by_name)
{
	static struct record_instance in;
	static struct record_block b;
	static struct hist h;
	const char *name;

	written_by(write_bad_hists);
	cr_assert_eq(nr_kept, 4);
	cr_assert_eq(record_read_instance(kept[3], &in, why, sizeof(why)), 0, "%s", why);
	cr_expect_eq(in.nr_parts, 1);
	cr_assert_eq(in.nr_dropped, 1);
	cr_expect_str_eq(in.dropped[0].arm, "bad");
	cr_assert_eq(record_read_block(kept[1], &b, why, sizeof(why)), 0, "%s", why);
	cr_expect_eq(b.nr_epochs, 1);
	cr_assert_eq(b.nr_dropped, 2);
	cr_expect_str_eq(b.dropped[0].arm, "bad");
	cr_expect_str_eq(b.dropped[0].reason, "its histogram does not add up");
	cr_expect_str_eq(b.dropped[1].arm, "late");
	cr_expect_eq(record_read_metric(kept[2], 0, &name, &h, why, sizeof(why)), 0, "%s", why);
	cr_expect_eq(record_read_metric(kept[2], 1, &name, &h, why, sizeof(why)), -EINVAL);
	cr_expect_str_eq(name, "wake");
}

static void write_refused(struct record_writer *w)
{
	static struct record_question q = { .name = "q",
					    .nr_arms = 2,
					    .arm = { { .name = "a" }, { .name = "a" } } };
	static struct record_calibration c = { .question = "q",
					       .nr_arms = 2,
					       .arm = { { .name = "a" }, { .name = "a" } } };
	static struct record_trace t = { .kind = "k",
					 .nr_metrics = 2,
					 .metric = { { "m", &hists[0] }, { "m", &hists[0] } } };
	static struct record_losses l = { .nr_losses = RECORD_MAX_NUMBERS + 1 };

	hist_init(&hists[0], HIST_K_USER);
	cr_expect_eq(record_write_question(w, &q), -EINVAL);
	cr_expect_eq(record_write_calibration(w, &c), -EINVAL);
	cr_expect_eq(record_write_trace(w, &t), -EINVAL);
	cr_expect_eq(record_write_losses(w, &l), -EINVAL);
	t.kind = NULL;
	cr_expect_eq(record_write_trace(w, &t), -EINVAL);
	q.nr_arms = RECORD_MAX_ARMS + 1;
	cr_expect_eq(record_write_question(w, &q), -EINVAL);
	cr_expect_eq(record_write_failed(w, &(struct record_failed){ 0 }), -EINVAL);
	cr_expect_eq(record_write_recheck(w, &(struct record_recheck){ 0 }), -EINVAL);
	cr_expect_eq(record_write_recheck(w, &(struct record_recheck){ "q", 0, 1, 1, { NULL } }),
		     -EINVAL);
	cr_expect_eq(record_write_block(w, &(struct record_block){ 0 }), -EINVAL);
	cr_expect_eq(record_write_instance(w, &(struct record_instance){ 0 }), -EINVAL);
}

Test(record_limits, what_cannot_be_written_leaves_the_file_alone)
{
	written_by(write_refused);
	cr_expect_eq(nr_kept, 1);
}

/* ---- what must not be read ------------------------------------------------------------------- */

/* Any field of a record replaced by a value of another type: read or refused with a reason. */
static void try_all(const json_t *record)
{
	static struct record_header h;
	static struct record_environment e;
	static struct record_question q;
	static struct record_calibration c;
	static struct record_block b;
	static struct record_epoch epoch = { .hist = &hists[0] };
	static struct record_trace t;
	static struct record_losses l;
	static struct record_instance in;
	static struct record_part part = { .hist = &hists[0] };
	struct record_failed f;
	struct record_pass pass;
	enum record_status status;
	const char *name;
	struct record_recheck r;
	static struct record_selftest self;
	int ret[16];

#define TRY(i, call)                                                                              \
	do {                                                                                      \
		why[0] = '\0';                                                                    \
		ret[i] = call;                                                                    \
		cr_assert((ret[i] == 0) == (why[0] == '\0'), "%s: %d, '%s'", #call, ret[i], why); \
	} while (0)
	TRY(0, record_read_header(record, &h, why, sizeof(why)));
	TRY(1, record_read_environment(record, &e, why, sizeof(why)));
	TRY(2, record_read_question(record, &q, why, sizeof(why)));
	TRY(3, record_read_calibration(record, &c, why, sizeof(why)));
	TRY(4, record_read_block(record, &b, why, sizeof(why)));
	TRY(5, record_read_epoch(record, 0, &epoch, why, sizeof(why)));
	TRY(6, record_read_trace(record, &t, why, sizeof(why)));
	TRY(7, record_read_metric(record, 0, &name, &hists[1], why, sizeof(why)));
	TRY(8, record_read_losses(record, &l, why, sizeof(why)));
	TRY(9, record_read_failed(record, &f, why, sizeof(why)));
	TRY(10, record_read_end(record, &status, why, sizeof(why)));
	TRY(11, record_read_instance(record, &in, why, sizeof(why)));
	TRY(12, record_read_part(record, 0, &part, why, sizeof(why)));
	TRY(13, record_read_pass(record, 0, 0, &pass, why, sizeof(why)));
	TRY(14, record_read_recheck(record, &r, why, sizeof(why)));
	TRY(15, record_read_selftest(record, &self, why, sizeof(why)));
#undef TRY
}

/* Puts each of some values in the place of each member of @at, all the way down. */
static void vary(const json_t *record, json_t *at, int depth)
{
	static const char *const value[] = { "null", "true",	 "-1",
					     "1.5",  "\"-1\"",	 "\"18446744073709551616\"",
					     "\"\"", "[]",	 "[[]]",
					     "{}",   "{\"a\":7}" };
	const char *key;
	json_t *member;
	void *next;
	size_t i;

	if (depth > 6)
		return;
	json_object_foreach_safe(at, next, key, member)
	{
		char *name = strdup(key);

		json_incref(member);
		vary(record, member, depth + 1);
		for (size_t v = 0; v < ARRAY_SIZE(value); v++) {
			json_object_set_new(at, name, json_loads(value[v], JSON_DECODE_ANY, NULL));
			try_all(record);
		}
		json_object_set_new(at, name, member);
		free(name);
	}
	json_array_foreach (at, i, member) {
		json_incref(member);
		vary(record, member, depth + 1);
		for (size_t v = 0; v < ARRAY_SIZE(value); v++) {
			json_array_set_new(at, i, json_loads(value[v], JSON_DECODE_ANY, NULL));
			try_all(record);
		}
		json_array_set_new(at, i, member);
	}
}

static void write_one_of_each(struct record_writer *w)
{
	static const struct record_header h = {
		.kind = RECORD_BUILDS,
		.against = { .name = "old" },
		.toggle = { "true", NULL },
		.code = { .status = RECORD_CODE_CHANGED, .nr_names = 1, .changed_name = { "f" } }
	};
	static const struct record_question q = {
		.name = "q",
		.kind = RECORD_SETTINGS,
		.nr_arms = 1,
		.arm = { { .name = "a", .label = "text", .of = "o", .side = "A", .against = "b" } },
		.nr_skipped = 1,
		.skipped = { { "b", "reason" } }
	};
	static const struct record_calibration c = { .question = "q",
						     .nr_arms = 1,
						     .arm = { { .name = "a" } } };
	static const struct record_losses l = { .nr_losses = 1,
						.loss = { { "full", 1 } },
						.nr_counters = 1,
						.counter = { { "spun", 1 } } };
	const struct record_failed f = { .question = "q", .arm = "a", .reason = "reason" };
	const struct record_recheck r = { .question = "q", .nr_arms = 1, .arm = { "a" } };
	static const struct record_selftest self = {
		.nr_rates = 1, .rate = { { .operation = "loop", .metric = "p50" } }
	};

	cr_assert_eq(record_write_header(w, &h, 0, NULL), 0);
	cr_assert_eq(record_write_selftest(w, &self), 0);
	cr_assert_eq(record_write_recheck(w, &r), 0);
	cr_assert_eq(record_write_question(w, &q), 0);
	cr_assert_eq(record_write_calibration(w, &c), 0);
	cr_assert_eq(record_write_losses(w, &l), 0);
	cr_assert_eq(record_write_failed(w, &f), 0);
	write_bad_hists(w);
	cr_assert_eq(record_write_end(w, RECORD_COMPLETE), 0);
}

Test(record_limits, a_field_of_another_type_is_refused_with_its_name)
{
	written_by(write_one_of_each);
	cr_assert_eq(nr_kept, ARRAY_SIZE(kept));
	for (size_t i = 0; i < nr_kept; i++)
		vary(kept[i], kept[i], 0);
}

struct bad_field {
	char text[200], says[60];
};

Test(record_limits, reasons_name_the_field)
{
	static const struct bad_field epochs[] = {
		{ "{\"arm\":\"a\",\"iterations\":-1}", "iterations is negative" },
		{ "{\"arm\":\"a\",\"start_ns\":1.0}", "start_ns is not a whole number" },
		{ "{\"arm\":\"a\",\"cpu_ns\":\"18446744073709551616\"}", "cpu_ns is not a whole" },
		{ "{\"arm\":\"a\",\"cpu_ns\":\"99999999999999999999\"}", "cpu_ns is not a whole" },
		{ "{\"arm\":\"a\",\"nvcsw\":\"+1\"}", "nvcsw is not a whole number" },
		{ "{\"arm\":7}", "arm is not a string" },
		{ "{\"arm\":\"a\",\"counters\":{\"c\\u001b\":true}}", "c? is not a number" },
		{ "{\"arm\":\"a\"}", "hist: it is not an object" },
		/* version 1 wrote a value of 2^63 and more so */
		{ "{\"arm\":\"a\",\"hist\":{\"k\":7,\"count\":1,\"sum\":-5,\"overflow\":1,\"runs\":[]}}",
		  "hist: sum is negative" },
		{ "{\"arm\":\"a\",\"hist\":{\"k\":7,\"count\":1,\"sum\":5,\"min\":5,\"max\":-5,\"overflow\":1,\"runs\":[]}}",
		  "hist: max is negative" },
	};
	static struct record_epoch e = { .hist = &hists[0] };

	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		json_t *epoch = json_loads(epochs[i].text, 0, NULL);
		json_t *record = json_pack("{s:[o]}", "epochs", epoch);

		cr_assert_not_null(epoch, "%s", epochs[i].text);
		cr_expect_eq(record_read_epoch(record, 0, &e, why, sizeof(why)), -EINVAL);
		cr_expect(strstr(why, epochs[i].says), "'%s' does not say '%s'", why,
			  epochs[i].says);
		json_decref(record);
	}
}

struct bad_record {
	const char *text, *says;
};

Test(record_limits, rates_that_do_not_add_up_are_neither_written_nor_read)
{
	static const struct bad_record selftests[] = {
		{ "{\"rates\":[{\"operation\":\"o\",\"metric\":\"p50\",\"compared\":2,\"slower\":1,\"equivalent\":2}]}",
		  "more verdicts than comparisons" },
		{ "{\"rates\":[{\"operation\":\"o\",\"metric\":\"p50\",\"compared\":2,"
		  "\"slower\":\"18446744073709551615\",\"faster\":2}]}",
		  "more verdicts than comparisons" },
		{ "{\"rates\":[{\"operation\":\"o\",\"metric\":\"p50\"}]}", "compared is not" },
		{ "{\"rates\":[7]}", "operation is not" },
		{ "{}", "rates is not a list" },
	};
	static struct record_selftest t;
	struct record_writer *w;

	for (size_t i = 0; i < ARRAY_SIZE(selftests); i++) {
		json_t *record = json_loads(selftests[i].text, 0, NULL);

		cr_assert_not_null(record, "%s", selftests[i].text);
		why[0] = '\0';
		cr_expect_eq(record_read_selftest(record, &t, why, sizeof(why)), -EINVAL);
		cr_expect(strstr(why, selftests[i].says), "'%s' does not say '%s'", why,
			  selftests[i].says);
		json_decref(record);
	}
	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0, "%s", err);
	t = (struct record_selftest){ .nr_rates = 1,
				      .rate = { { "o", "p50", 0, .compared = 2, .faster = 3 } } };
	cr_expect_eq(record_write_selftest(w, &t), -EINVAL);
	t.rate[0] = (struct record_rate){ .operation = "o", .compared = 2 };
	cr_expect_eq(record_write_selftest(w, &t), -EINVAL, "without a metric");
	t.nr_rates = RECORD_MAX_RATES + 1;
	cr_expect_eq(record_write_selftest(w, &t), -EINVAL, "too many");
	cr_assert_eq(record_close(w), 0);
	cr_expect_eq(file_size(), 0, "nothing was written");
}

/* What a reader does not know it must not take for something else. */
Test(record_limits, words_of_two_sides_that_are_not_known_are_refused)
{
	static const struct bad_record headers[] = {
		{ "{\"schema\":2,\"kind\":\"nights\"}", "kind is not arms, builds or settings" },
		{ "{\"schema\":2,\"code\":{\"status\":\"alike\"}}", "the status of code is not" },
		{ "{\"schema\":2,\"code\":{\"status\":\"same\",\"names\":[null]}}",
		  "names is not a list of strings" },
		{ "{\"schema\":2,\"against\":{\"version\":\"1\"}}", "name is not a string" },
		{ "{\"schema\":2,\"toggle\":[\"a\",\"b\",\"c\"]}", "toggle has more than 2" },
	};
	struct record_header h;

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		json_t *record = json_loads(headers[i].text, 0, NULL);

		cr_assert_not_null(record, "%s", headers[i].text);
		cr_expect_eq(record_read_header(record, &h, why, sizeof(why)), -EINVAL);
		cr_expect(strstr(why, headers[i].says), "'%s' does not say '%s'", why,
			  headers[i].says);
		json_decref(record);
	}
}

static void write_one_side(struct record_writer *w)
{
	static const struct record_question q = { .name = "q",
						  .nr_arms = 1,
						  .arm = { { .name = "a" } } };

	cr_assert_eq(record_write_question(w, &q), 0);
}

Test(record_limits, a_run_of_one_side_has_no_word_of_two)
{
	static const char *const word[] = { "kind", "against", "toggle", "code", "sides" };

	written_by(write_one_side);
	cr_assert_eq(nr_kept, 2);
	for (size_t i = 0; i < nr_kept; i++)
		for (size_t n = 0; n < ARRAY_SIZE(word); n++)
			cr_expect_null(json_object_get(kept[i], word[n]), "%s", word[n]);
}

/* ---- version 1 ------------------------------------------------------------------------------- */

static size_t nr_read[4]; /* headers, epochs, metrics, others */

static int read_any(const json_t *record, size_t line, void *arg)
{
	const char *type = json_string_value(json_object_get(record, "type")), *name;
	static struct record_epoch e = { .hist = &hists[0] };
	static struct record_environment env;
	static struct record_calibration c;
	static struct record_question q;
	static struct record_header h;
	static struct record_losses l;
	static struct record_block b;
	static struct record_trace t;
	enum record_status status;
	int ret = -ENOENT;

	(void)arg;
	snprintf(why, sizeof(why), "no reader");
	if (!strcmp(type, "header")) {
		ret = record_read_header(record, &h, why, sizeof(why));
		cr_expect_eq(h.schema, 1);
		cr_expect_str_eq(h.kt.version, "0.1.0");
		cr_expect_null(h.kt.build_id);
		cr_expect_null(h.suite_name);
	} else if (!strcmp(type, "environment")) {
		ret = record_read_environment(record, &env, why, sizeof(why));
		cr_expect_str_eq(env.kernel, "6.12.0-example");
	} else if (!strcmp(type, "question")) {
		ret = record_read_question(record, &q, why, sizeof(why));
		cr_expect_str_eq(q.arm[0].name, "futex");
	} else if (!strcmp(type, "calibration")) {
		ret = record_read_calibration(record, &c, why, sizeof(why));
	} else if (!strcmp(type, "block")) {
		ret = record_read_block(record, &b, why, sizeof(why));
		for (size_t i = 0; !ret && i < b.nr_epochs; i++, nr_read[1]++)
			ret = record_read_epoch(record, i, &e, why, sizeof(why));
	} else if (!strcmp(type, "trace")) {
		ret = record_read_trace(record, &t, why, sizeof(why));
		for (size_t i = 0; !ret && i < t.nr_metrics; i++, nr_read[2]++)
			ret = record_read_metric(record, i, &name, &hists[0], why, sizeof(why));
	} else if (!strcmp(type, "losses")) {
		ret = record_read_losses(record, &l, why, sizeof(why));
		cr_expect(l.has_bpf_ns);
	} else if (!strcmp(type, "end")) {
		ret = record_read_end(record, &status, why, sizeof(why));
		cr_expect_eq(status, RECORD_COMPLETE);
	}
	cr_assert_eq(ret, 0, "line %zu, %s: %s", line, type, why);
	nr_read[strcmp(type, "header") ? 3 : 0]++;
	return 0;
}

/* A bench run and a trace put together, as kt 0.1.0 wrote them. */
Test(record_limits, files_of_version_1_are_read)
{
	struct record_visitor v = { .each = read_any, .torn = no_torn };

	cr_assert_eq(record_read("tests/golden/v1.jsonl", &v, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(nr_read[0], 2);
	cr_expect_eq(nr_read[1], 28 * 3 + 24 * 2);
	cr_expect_eq(nr_read[2], 3 * 8 + 6 + 3);
	cr_expect_eq(nr_read[3], 73);
}
