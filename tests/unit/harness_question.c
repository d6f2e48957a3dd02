// SPDX-License-Identifier: GPL-2.0-only
/* From definitions to questions. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "bench/harness/question.h"

static void body(struct bench_state *st)
{
	(void)st;
}

static struct bench_questions make(struct bench_def *def, bench_question_exists exists)
{
	struct bench_questions qs;
	char err[256] = "";

	cr_assert_eq(bench_questions_make(&qs, def, exists, NULL, err, sizeof(err)), 0, "%s", err);
	return qs;
}

Test(harness_question, without_parameters_a_benchmark_is_one_question)
{
	struct bench_def def = {
		.name = "park", .file = "x.c", .body = body, .arms = BENCH_ARMS("a")
	};
	struct bench_questions qs = make(&def, NULL);

	cr_assert_eq(qs.nr, 1);
	cr_expect_str_eq(qs.question[0].name, "park");
	cr_expect_eq(qs.question[0].nr_params, 0);
	cr_expect_eq(qs.question[0].nr_arms, 1);
	bench_questions_free(&qs);
}

Test(harness_question, product_in_order_last_parameter_fastest)
{
	static const char *const want[] = {
		"wakeup/trip=oneway/cpu=same/wait=sleep",
		"wakeup/trip=oneway/cpu=same/wait=spin",
		"wakeup/trip=oneway/cpu=cross/wait=sleep",
		"wakeup/trip=oneway/cpu=cross/wait=spin",
		"wakeup/trip=roundtrip/cpu=same/wait=sleep",
		"wakeup/trip=roundtrip/cpu=same/wait=spin",
		"wakeup/trip=roundtrip/cpu=cross/wait=sleep",
		"wakeup/trip=roundtrip/cpu=cross/wait=spin",
	};
	struct bench_def def = { .name = "wakeup",
				 .file = "x.c",
				 .body = body,
				 .arms = BENCH_ARMS("a", "b"),
				 .params = BENCH_PARAMS("trip=oneway,roundtrip", "cpu=same,cross",
							"wait=sleep,spin") };
	struct bench_questions qs = make(&def, NULL);

	cr_assert_eq(qs.nr, 8);
	for (size_t i = 0; i < 8; i++)
		cr_expect_str_eq(qs.question[i].name, want[i]);
	cr_expect_str_eq(qs.question[3].param[2].key, "wait");
	cr_expect_str_eq(qs.question[3].param[2].value, "spin");
	bench_questions_free(&qs);
}

static bool no_spin_on_one_cpu(const struct bench_question *q, void *arg)
{
	(void)arg;
	return strcmp(q->param[0].value, "same") || strcmp(q->param[1].value, "spin");
}

Test(harness_question, combinations_that_do_not_exist_are_left_out)
{
	struct bench_def def = { .name = "w",
				 .file = "x.c",
				 .body = body,
				 .arms = BENCH_ARMS("a"),
				 .params = BENCH_PARAMS("cpu=same,cross", "wait=sleep,spin") };
	struct bench_questions qs = make(&def, no_spin_on_one_cpu);

	cr_assert_eq(qs.nr, 3);
	cr_expect_str_eq(qs.question[0].name, "w/cpu=same/wait=sleep");
	cr_expect_str_eq(qs.question[1].name, "w/cpu=cross/wait=sleep");
	bench_questions_free(&qs);
}

Test(harness_question, malformed_parameters_are_refused_with_the_place_and_nothing_is_left)
{
	static const char *const bad[] = { "cpu",    "=same",	"cpu=",	   "cpu=a,,b",
					   "cpu=a,", "cpu=a/b", "cpu=a\tb" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *params[] = { "ok=1", bad[i], NULL };
		struct bench_def def = { .name = "w",
					 .file = "driver.c",
					 .line = 7,
					 .body = body,
					 .arms = BENCH_ARMS("a"),
					 .params = params };
		struct bench_questions qs;
		char err[256] = "";

		cr_expect_eq(bench_questions_make(&qs, &def, NULL, NULL, err, sizeof(err)), -EINVAL,
			     "%s", bad[i]);
		cr_expect_eq(qs.nr, 0);
		cr_expect(strstr(err, "driver.c:7") && strstr(err, bad[i]), "%s", err);
	}
}

Test(harness_question, without_arms_there_is_nothing_to_ask)
{
	struct bench_def def = { .name = "w", .file = "x.c", .body = body };
	struct bench_questions qs;
	char err[256];

	cr_expect_eq(bench_questions_make(&qs, &def, NULL, NULL, err, sizeof(err)), -EINVAL);
}

Test(harness_question, fields_that_contradict_each_other_are_refused_with_the_place)
{
	static const struct {
		struct bench_def def;
		const char *says;
	} bad[] = {
		{ { .baseline = "futx" }, "has the baseline 'futx', which is not one of its arms" },
		{ { .batch = 2 }, "has a batch, which is for .mode = BENCH_LATENCY" },
		{ { .batch = 2, .mode = BENCH_LATENCY, .phases = true }, "has a batch and phases" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *arms[] = { "futex", NULL };
		struct bench_def def = bad[i].def;
		struct bench_questions qs;
		char err[256] = "";

		def.name = "w";
		def.file = "driver.c";
		def.line = 7;
		def.body = body;
		def.arms = arms;
		cr_expect_eq(bench_questions_make(&qs, &def, NULL, NULL, err, sizeof(err)),
			     -EINVAL);
		cr_expect_eq(qs.nr, 0);
		cr_expect(strstr(err, "driver.c:7: benchmark w ") && strstr(err, bad[i].says), "%s",
			  err);
	}
}

Test(harness_question, the_order_is_that_of_the_sources)
{
	static struct bench_def late = { .name = "late", .file = "b.c", .line = 1 };
	static struct bench_def second = { .name = "second", .file = "a.c", .line = 20 };
	static struct bench_def first = { .name = "first", .file = "a.c", .line = 3 };
	const struct bench_def *d;

	bench_register(&late);
	bench_register(&second);
	bench_register(&first);

	d = bench_defs();
	cr_assert_eq(d, &first);
	cr_assert_eq(d->next, &second);
	cr_assert_eq(d->next->next, &late);
}
