// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_event: a wait that is written is read back equal, whatever it holds; what cannot be one is
 * refused by its field.
 */
#include "tests/unit/record_test.h"

#include <errno.h>

static char why[256];
static struct record_event got;

TestSuite(record_event, .init = record_begin, .fini = record_finish, .timeout = 60);

static struct record_event full(void)
{
	struct record_event e = {
		.kind = "wakeup",
		.question = "wakeup/trip=oneway",
		.subject = "libkthread",
		.population = "woken",
		.function = "work_fn",
		.why = RECORD_SLOW,
		.time_ns = UINT64_MAX,
		.ns = INT64_MAX + 1ULL,
		.nr_phases = 2,
		.phase = { { "wake", 0 }, { "runq", UINT64_MAX } },
		.task = { "a\xff\x1b[31m", 7, 8 },
		.cpu_before = 0,
		.cpu_queued = 1,
		.cpu = RECORD_NO_CPU,
		.migrations = 3,
		.has_waker = true,
		.waker = { { "swapper/1", 0, 0 }, "interrupt", 1 },
		.has_behind = true,
		.nr_behind = 2,
		.behind = { { { "hog", 1, 2 }, 5000000 }, { { "\"", 0, 0 }, 1 } },
		.other_ns = 9,
		.has_stack = true,
		.kernel = { 2, { "schedule+0x10", "0xffffffff81000000" } },
		.user = { 1, { "main" } },
	};

	return e;
}

static int take(const json_t *record, size_t line, void *arg)
{
	(void)line;
	if (strcmp(record_type(record), "event"))
		return 0;
	*(json_t **)arg = json_incref((json_t *)record);
	return 0;
}

/* The record of @e, as it is in a file. */
static json_t *pass(const struct record_event *e)
{
	static char *argv[] = { "kt" };
	const struct record_header h = { .tool = "trace" };
	struct record_visitor v = { .each = take, .torn = no_torn };
	struct record_writer *w;
	json_t *record = NULL;

	v.arg = &record;
	unlink(path);
	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(record_write_header(w, &h, 1, argv), 0);
	cr_assert_eq(record_write_event(w, e), 0);
	cr_assert_eq(record_close(w), 0);
	cr_assert_eq(record_read(path, &v, err, sizeof(err)), 0, "%s", err);
	cr_assert_not_null(record);
	return record;
}

static void expect_task(const struct record_task *t, const struct record_task *as)
{
	cr_expect_eq(t->tgid, as->tgid);
	cr_expect_eq(t->tid, as->tid);
	if (as->comm)
		cr_expect_str_eq(t->comm, as->comm);
	else
		cr_expect_null(t->comm);
}

static void expect_stack(const struct record_stack *s, const struct record_stack *as)
{
	cr_assert_eq(s->nr, as->nr);
	for (size_t i = 0; i < s->nr; i++)
		cr_expect_str_eq(s->frame[i], as->frame[i]);
}

static void expect_same(const struct record_event *e)
{
	cr_expect_str_eq(got.kind, e->kind);
	cr_assert_eq(!got.question, !e->question);
	if (e->question)
		cr_expect_str_eq(got.question, e->question);
	cr_assert_eq(!got.subject, !e->subject);
	if (e->subject)
		cr_expect_str_eq(got.subject, e->subject);
	cr_expect_str_eq(got.population, e->population);
	cr_assert_eq(!got.function, !e->function);
	if (e->function)
		cr_expect_str_eq(got.function, e->function);
	cr_expect_eq(got.why, e->why);
	cr_expect_eq(got.time_ns, e->time_ns);
	cr_expect_eq(got.ns, e->ns);
	cr_assert_eq(got.nr_phases, e->nr_phases);
	for (size_t i = 0; i < e->nr_phases; i++) {
		cr_expect_str_eq(got.phase[i].name, e->phase[i].name);
		cr_expect_eq(got.phase[i].value, e->phase[i].value);
	}
	cr_expect_eq(got.cpu_before, e->cpu_before);
	cr_expect_eq(got.cpu_queued, e->cpu_queued);
	cr_expect_eq(got.cpu, e->cpu);
	cr_expect_eq(got.migrations, e->migrations);
	cr_assert_eq(got.has_waker, e->has_waker);
	if (e->has_waker) {
		expect_task(&got.waker.task, &e->waker.task);
		cr_expect_eq(got.waker.cpu, e->waker.cpu);
		cr_expect_str_eq(got.waker.context, e->waker.context);
	}
	cr_assert_eq(got.has_behind, e->has_behind);
	cr_assert_eq(got.nr_behind, e->nr_behind);
	for (size_t i = 0; i < e->nr_behind; i++) {
		expect_task(&got.behind[i].task, &e->behind[i].task);
		cr_expect_eq(got.behind[i].ns, e->behind[i].ns);
	}
	cr_expect_eq(got.other_ns, e->other_ns);
	cr_assert_eq(got.has_stack, e->has_stack);
	expect_stack(&got.kernel, &e->kernel);
	expect_stack(&got.user, &e->user);
}

Test(record_event, what_is_written_is_read)
{
	struct record_event e = full();
	json_t *record = pass(&e);

	cr_assert_eq(record_read_event(record, &got, why, sizeof(why)), 0, "%s", why);
	/* Names of any bytes are escaped in clear. */
	e.task.comm = "a\\xff\x1b[31m";
	expect_task(&got.task, &e.task);
	expect_same(&e);
	json_decref(record);
}

Test(record_event, what_is_not_known_stays_so)
{
	struct record_event e = { .kind = "wakeup",
				  .population = "first_run",
				  .cpu_before = RECORD_NO_CPU,
				  .cpu_queued = RECORD_NO_CPU,
				  .cpu = 0 };
	json_t *record = pass(&e);

	cr_assert_eq(record_read_event(record, &got, why, sizeof(why)), 0, "%s", why);
	expect_task(&got.task, &e.task);
	expect_same(&e);
	json_decref(record);
}

Test(record_event, the_longest_lists_go_through)
{
	static char frames[RECORD_MAX_FRAMES][8];
	struct record_event e = full();
	json_t *record;

	for (size_t i = 0; i < RECORD_MAX_FRAMES; i++) {
		snprintf(frames[i], sizeof(frames[i]), "f%zu", i);
		e.kernel.frame[i] = e.user.frame[i] = frames[i];
	}
	for (size_t i = 0; i < RECORD_MAX_BEHIND; i++)
		e.behind[i] = (struct record_behind){ { "one", i, i }, i };
	for (size_t i = 0; i < RECORD_MAX_PHASES; i++)
		e.phase[i] = (struct record_count){ frames[i], i };
	e.kernel.nr = e.user.nr = RECORD_MAX_FRAMES;
	e.nr_behind = RECORD_MAX_BEHIND;
	e.nr_phases = RECORD_MAX_PHASES;
	record = pass(&e);
	cr_assert_eq(record_read_event(record, &got, why, sizeof(why)), 0, "%s", why);
	expect_same(&e);
	json_decref(record);
}

Test(record_event, longer_ones_are_not_written)
{
	struct record_event e = full();

	e.kernel.nr = RECORD_MAX_FRAMES + 1;
	cr_expect_eq(record_write_event(NULL, &e), -EINVAL);
	e = full();
	e.nr_behind = RECORD_MAX_BEHIND + 1;
	cr_expect_eq(record_write_event(NULL, &e), -EINVAL);
	e = full();
	e.nr_phases = RECORD_MAX_PHASES + 1;
	cr_expect_eq(record_write_event(NULL, &e), -EINVAL);
	e = full();
	e.population = NULL;
	cr_expect_eq(record_write_event(NULL, &e), -EINVAL);
}

Test(record_event, what_cannot_be_a_wait_is_refused_by_its_field)
{
	static const struct {
		const char *field, *value, *said;
	} bad[] = {
		{ "why", "\"because\"", "why is not one of" },
		{ "ns", "-1", "ns is negative" },
		{ "ns", "1.5", "ns is not a whole number" },
		{ "population", "3", "population is not a string" },
		{ "question", "[]", "question is not a string" },
		{ "subject", "7", "subject is not a string" },
		{ "task", "[]", "task is not an object" },
		{ "cpu", "\"one\"", "cpu is not a whole number" },
		{ "waker", "{\"cpu\": -1}", "cpu is negative" },
		{ "waker", "7", "waker is not an object" },
		{ "behind", "{}", "behind is not a list" },
		{ "behind", "[{\"ns\": -2}]", "ns is negative" },
		{ "behind", "[7]", "member of behind" },
		{ "behind", "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]", "more than 16 members" },
		{ "stack", "{\"user\": [7]}", "frame of user" },
		{ "stack", "{\"kernel\": 7}", "kernel is not a list" },
		{ "phases",
		  "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1}",
		  "more than 8 members" },
	};
	struct record_event e = full();
	json_t *record = pass(&e);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		json_t *was = json_incref(json_object_get(record, bad[i].field));
		int ret;

		why[0] = '\0';
		json_object_set_new(record, bad[i].field,
				    json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
		ret = record_read_event(record, &got, why, sizeof(why));
		cr_expect(ret == -EINVAL && strstr(why, bad[i].said), "%s %s: %d, %s", bad[i].field,
			  bad[i].value, ret, why);
		json_object_set_new(record, bad[i].field, was);
	}
	json_decref(record);
}
