// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/effects.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Up to about this share the axis is linear; a tenth of its length is then about 2 % wide. */
#define AXIS_LINEAR 0.02

double report_axis(double ratio)
{
	double at = asinh(log(ratio) / AXIS_LINEAR) / asinh(log(REPORT_AXIS_REACH) / AXIS_LINEAR);

	if (isnan(at) || ratio < 0)
		return NAN;
	return at > 1 ? 1 : at < -1 ? -1 : at;
}

enum report_told report_told(const struct report_comparison *c)
{
	static const enum report_told told[] = {
		[VERDICT_FASTER] = TOLD_FASTER,
		[VERDICT_EQUIVALENT] = TOLD_EQUIVALENT,
		[VERDICT_SLOWER] = TOLD_SLOWER,
		[VERDICT_INCONCLUSIVE] = TOLD_INCONCLUSIVE,
	};

	if (c->unstable)
		return TOLD_UNSTABLE;
	if (c->moved)
		return TOLD_MOVED;
	if (c->j.reason == JUDGE_UNCONFIRMED)
		return TOLD_UNCONFIRMED;
	return told[c->j.verdict];
}

const char *report_told_name(enum report_told told, enum report_kind kind)
{
	static const char *const name[NR_TOLD][2] = {
		[TOLD_FASTER] = { "faster", "improved" },
		[TOLD_EQUIVALENT] = { "equivalent", "unchanged" },
		[TOLD_SLOWER] = { "slower", "regressed" },
		[TOLD_MOVED] = { "moved", "moved" },
		[TOLD_UNSTABLE] = { "unstable", "unstable" },
		[TOLD_UNCONFIRMED] = { "unconfirmed", "unconfirmed" },
		[TOLD_INCONCLUSIVE] = { "inconclusive", "inconclusive" },
	};

	return name[told][kind != REPORT_ARMS];
}

bool report_effect_is_sure(const struct report_comparison *c)
{
	return report_told(c) <= TOLD_SLOWER;
}

/* ---- the arms -------------------------------------------------------------------------------- */

struct use {
	const char *name;
	size_t at; /* in the order in which they were met */
	size_t nr; /* questions */
};

static int by_name(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int by_use(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->nr != y->nr)
		return x->nr > y->nr ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

/* Sorted by name, each is one stretch. Return: how many are left */
static size_t count_uses(struct use *use, size_t nr)
{
	size_t left = 0;

	qsort(use, nr, sizeof(*use), by_name);
	for (size_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && !strcmp(use[end].name, use[i].name);)
			end++;
		use[left] = use[i];
		use[left++].nr = end - i;
	}
	qsort(use, left, sizeof(*use), by_use);
	return left;
}

ssize_t report_compared_arms(const struct report *r, const char *const **names)
{
	struct use *use = calloc(r->nr_comparisons + 1, sizeof(*use));
	const char **name = calloc(r->nr_comparisons + 1, sizeof(*name));
	size_t nr = 0;

	if (!use || !name) {
		free(use);
		free(name);
		return -ENOMEM;
	}
	for (size_t i = 0; i < r->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[i];

		if (c->kind == REPORT_ARMS && c->j.metric == JUDGE_P50)
			use[nr++] = (struct use){ c->candidate, i, 1 };
	}
	nr = count_uses(use, nr);
	for (size_t i = 0; i < nr; i++)
		name[i] = use[i].name;
	free(use);
	*names = name;
	return (ssize_t)nr;
}

const char *report_subject_arm(const struct report *r)
{
	const char *const *names = NULL;
	const char *subject = NULL;

	if (report_compared_arms(r, &names) > 0)
		subject = names[0];
	free((void *)names);
	return subject;
}

/* ---- effects --------------------------------------------------------------------------------- */

static double size_of(const struct report_effect *e)
{
	double size = fabs(log(e->c->j.ratio));

	return isfinite(size) ? size : -1;
}

/* qsort() does not keep the order of equals: their places do. */
static int largest_first(const void *a, const void *b)
{
	const struct report_effect *x = a, *y = b;
	double left = size_of(x), right = size_of(y);
	bool sure = report_effect_is_sure(x->c);

	if (left != right)
		return left > right ? -1 : 1;
	if (sure != report_effect_is_sure(y->c))
		return sure ? -1 : 1;
	return (x->c > y->c) - (x->c < y->c);
}

static const struct report_result *result_named(const struct report *r,
						const struct report_question *q, const char *name)
{
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *arm = &r->result[q->first_result + i];

		if (!arm->from_trace && !strcmp(arm->name, name))
			return arm;
	}
	return NULL;
}

static size_t add_effects(const struct report *r, const struct report_question *q,
			  const char *subject, struct report_effect *to)
{
	size_t nr = 0;

	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[q->first_comparison + i];
		struct report_effect e = { .q = q, .c = c };

		if (c->j.metric != JUDGE_P50 ||
		    (c->kind == REPORT_ARMS && (!subject || strcmp(c->candidate, subject))))
			continue;
		e.arm = result_named(r, q, c->candidate);
		e.base = result_named(r, q, c->baseline);
		if (e.arm && e.base)
			to[nr++] = e;
	}
	return nr;
}

ssize_t report_effects(const struct report *r, struct report_effect **effects)
{
	const char *subject = report_subject_arm(r);
	size_t nr = 0;

	*effects = calloc(r->nr_comparisons + 1, sizeof(**effects));
	if (!*effects)
		return -ENOMEM;
	for (size_t i = 0; i < r->nr_questions; i++)
		nr += add_effects(r, &r->question[i], subject, *effects + nr);
	qsort(*effects, nr, sizeof(**effects), largest_first);
	return (ssize_t)nr;
}
