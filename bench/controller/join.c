// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/join.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/controller/schedule.h"

#define MAX_ARMS (SCHEDULE_MAX_ARMS / 2)

struct joining {
	enum record_kind kind;
	void (*left_out)(const char *line, void *arg);
	void *arg;
};

const char *join_side(enum record_kind kind, unsigned int side)
{
	static const char *const name[][2] = { [RECORD_ARMS] = { "", "" },
					       [RECORD_BUILDS] = { "old", "new" },
					       [RECORD_SETTINGS] = { "A", "B" } };

	return name[kind][side];
}

static void leave_out(const struct joining *j, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void leave_out(const struct joining *j, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	j->left_out(line, j->arg);
}

static const struct suite_question *find_question(const struct suite *s, const char *name)
{
	for (size_t i = 0; i < s->nr; i++)
		if (!strcmp(s->question[i].name, name))
			return &s->question[i];
	return NULL;
}

static int find_arm(const struct suite_question *q, const char *name)
{
	for (unsigned int i = 0; i < q->nr_arms; i++)
		if (!strcmp(q->arm[i], name))
			return (int)i;
	return -1;
}

/* Do their figures mean the same? */
static bool is_comparable(const struct joining *j, const struct suite_question *a,
			  const struct suite_question *b)
{
	const char *first = join_side(j->kind, 0), *second = join_side(j->kind, 1);

	if (a->latency != b->latency) {
		leave_out(j, "%s: left out: its mode is %s in %s and %s in %s", b->name,
			  a->latency ? "latency" : "time", first, b->latency ? "latency" : "time",
			  second);
		return false;
	}
	if (a->batch != b->batch) {
		leave_out(j, "%s: left out: a value is of %llu operations in %s and of %llu in %s",
			  b->name, (unsigned long long)a->batch, first,
			  (unsigned long long)b->batch, second);
		return false;
	}
	return true;
}

/* The arm @number of @q as the next of @to; 0 or -ENOMEM */
static int add_arm(struct suite_question *to, const struct suite_question *q, int number,
		   enum record_kind kind, unsigned int side)
{
	unsigned int i = to->nr_arms++;
	const char *of = q->arm[number];

	to->source[i] = (struct suite_source){ .side = side,
					       .question = q->number,
					       .arm = (uint32_t)number,
					       .of = strdup(of),
					       .against = side ? (int)i - 1 : -1 };
	if (asprintf(&to->arm[i], "%s (%s)", of, join_side(kind, side)) < 0)
		to->arm[i] = NULL;
	return to->source[i].of && to->arm[i] ? 0 : -ENOMEM;
}

static int join_arms(const struct joining *j, struct suite_question *to,
		     const struct suite_question *a, const struct suite_question *b)
{
	int number, ret = 0;

	for (unsigned int i = 0; !ret && i < b->nr_arms; i++) {
		number = find_arm(a, b->arm[i]);
		if (number < 0) {
			leave_out(j, "%s: %s: left out: only %s has it", b->name, b->arm[i],
				  join_side(j->kind, 1));
			continue;
		}
		if (to->nr_arms == SCHEDULE_MAX_ARMS) {
			leave_out(j, "%s: %s: left out: more than %d arms of two sides", b->name,
				  b->arm[i], MAX_ARMS);
			continue;
		}
		ret = add_arm(to, a, number, j->kind, 0);
		if (!ret)
			ret = add_arm(to, b, (int)i, j->kind, 1);
	}
	for (unsigned int i = 0; !ret && i < a->nr_arms; i++)
		if (find_arm(b, a->arm[i]) < 0)
			leave_out(j, "%s: %s: left out: only %s has it", a->name, a->arm[i],
				  join_side(j->kind, 0));
	return ret;
}

static int join_question(const struct joining *j, struct suite *both,
			 const struct suite_question *a, const struct suite_question *b)
{
	struct suite_question *q = &both->question[both->nr++];
	int ret = -ENOMEM;

	*q = (struct suite_question){ .number = b->number,
				      .latency = b->latency,
				      .phases = b->phases,
				      .manual = b->manual,
				      .zone = b->zone,
				      .batch = b->batch };
	q->name = strdup(b->name);
	q->arm = calloc(SCHEDULE_MAX_ARMS, sizeof(*q->arm));
	q->source = calloc(SCHEDULE_MAX_ARMS, sizeof(*q->source));
	if (q->name && q->arm && q->source)
		ret = join_arms(j, q, a, b);
	/* Where they have no arm in common nothing of it is left. */
	if (!q->nr_arms)
		suite_question_free(&both->question[--both->nr]);
	return ret;
}

int join_suites(struct suite *both, const struct suite *first, const struct suite *second,
		enum record_kind kind, void (*left_out)(const char *line, void *arg), void *arg)
{
	const struct joining j = { kind, left_out, arg };
	int ret = 0;

	*both = (struct suite){ .path = strdup(second->path ? second->path : "") };
	both->question = calloc(second->nr + 1, sizeof(*both->question));
	if (!both->path || !both->question)
		ret = -ENOMEM;
	for (size_t i = 0; !ret && i < second->nr; i++) {
		const struct suite_question *b = &second->question[i];
		const struct suite_question *a = find_question(first, b->name);

		if (!a)
			leave_out(&j, "%s: left out: only %s has it", b->name, join_side(kind, 1));
		else if (is_comparable(&j, a, b))
			ret = join_question(&j, both, a, b);
	}
	for (size_t i = 0; !ret && i < first->nr; i++)
		if (!find_question(second, first->question[i].name))
			leave_out(&j, "%s: left out: only %s has it", first->question[i].name,
				  join_side(kind, 0));
	if (ret)
		suite_free(both);
	return ret;
}
