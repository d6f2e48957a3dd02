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

bool report_effect_is_sure(const struct report_comparison *c)
{
	return !c->unstable && !c->moved && c->j.verdict != VERDICT_INCONCLUSIVE;
}

/* ---- the subject ----------------------------------------------------------------------------- */

struct name {
	const char *name;
	size_t at; /* in the order in which they were met */
};

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* Sorted, so that each name is one stretch. */
static const char *most_frequent(struct name *name, size_t nr)
{
	size_t best = 0, most = 0;

	qsort(name, nr, sizeof(*name), by_name);
	for (size_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && !strcmp(name[end].name, name[i].name);)
			end++;
		if (end - i < most || (end - i == most && name[i].at > name[best].at))
			continue;
		most = end - i;
		best = i;
	}
	return nr ? name[best].name : NULL;
}

const char *report_subject_arm(const struct report *r)
{
	struct name *name = calloc(r->nr_comparisons + 1, sizeof(*name));
	const char *subject;
	size_t nr = 0;

	if (!name)
		return NULL;
	for (size_t i = 0; i < r->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[i];

		if (c->kind == REPORT_ARMS && c->j.metric == JUDGE_P50)
			name[nr++] = (struct name){ c->candidate, i };
	}
	subject = most_frequent(name, nr);
	free(name);
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
