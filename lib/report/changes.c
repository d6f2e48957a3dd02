// SPDX-License-Identifier: GPL-2.0-only
/* Two builds or settings: what each arm has come to, and what all of them have. */
#include "lib/report/changes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const change_name[NR_CHANGES] = {
	[CHANGE_REGRESSED] = "regressed", [CHANGE_IMPROVED] = "improved",
	[CHANGE_UNCHANGED] = "unchanged", [CHANGE_INCONCLUSIVE] = "inconclusive",
	[CHANGE_MOVED] = "moved",
};

const char *report_change_name(enum report_change c)
{
	return change_name[c];
}

/* ---- rows ------------------------------------------------------------------------------------ */

static const struct report_comparison *figure_that_says(const struct report *r,
							const struct report_question *q,
							const char *candidate, enum verdict v)
{
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[q->first_comparison + i];

		if (!strcmp(c->candidate, candidate) && c->j.verdict == v)
			return c;
	}
	return NULL;
}

static const struct report_comparison *
p50_of(const struct report *r, const struct report_question *q, const struct report_comparison *c)
{
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *other = &r->comparison[q->first_comparison + i];

		if (!strcmp(other->candidate, c->candidate) && other->j.metric == JUDGE_P50)
			return other;
	}
	return c;
}

static enum report_change change_of(const struct report_comparison *c)
{
	static const enum report_change change[] = {
		[VERDICT_SLOWER] = CHANGE_REGRESSED,
		[VERDICT_FASTER] = CHANGE_IMPROVED,
		[VERDICT_EQUIVALENT] = CHANGE_UNCHANGED,
		[VERDICT_INCONCLUSIVE] = CHANGE_INCONCLUSIVE,
	};

	return c->moved ? CHANGE_MOVED : change[c->j.verdict];
}

struct report_row report_row_of(const struct report *r, const struct report_question *q,
				const struct report_comparison *c)
{
	struct report_row row = { .q = q };

	row.telling = figure_that_says(r, q, c->candidate, VERDICT_SLOWER);
	if (!row.telling)
		row.telling = figure_that_says(r, q, c->candidate, VERDICT_FASTER);
	if (!row.telling)
		row.telling = p50_of(r, q, c);
	row.change = change_of(row.telling);
	return row;
}

static bool is_change(const struct report_question *q)
{
	return q->kind == REPORT_BUILDS || q->kind == REPORT_SETTINGS;
}

bool report_has_changes(const struct report *r)
{
	for (size_t i = 0; i < r->nr_questions; i++)
		if (is_change(&r->question[i]))
			return true;
	return false;
}

/* qsort() does not keep the order of equals: their places do. */
static int worst_first(const void *a, const void *b)
{
	const struct report_row *x = a, *y = b;
	bool left = x->change == CHANGE_REGRESSED, right = y->change == CHANGE_REGRESSED;

	if (left != right)
		return right - left;
	if (left && x->telling->j.ratio != y->telling->j.ratio)
		return x->telling->j.ratio > y->telling->j.ratio ? -1 : 1;
	return (x->telling > y->telling) - (x->telling < y->telling);
}

/* Calls @each for every row. */
static void for_rows(const struct report *r, void (*each)(const struct report_row *row, void *arg),
		     void *arg)
{
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; is_change(q) && k < q->nr_comparisons; k++) {
			const struct report_comparison *c = &r->comparison[q->first_comparison + k];
			struct report_row row;

			if (c->j.metric != JUDGE_P50)
				continue;
			row = report_row_of(r, q, c);
			each(&row, arg);
		}
	}
}

struct rows {
	struct report_row *row;
	size_t nr;
};

static void add_row(const struct report_row *row, void *arg)
{
	struct rows *rows = arg;

	rows->row[rows->nr++] = *row;
}

ssize_t report_rows(const struct report *r, struct report_row **row)
{
	struct rows rows = { .row = calloc(r->nr_comparisons + 1, sizeof(*rows.row)) };

	*row = rows.row;
	if (!rows.row)
		return -ENOMEM;
	for_rows(r, add_row, &rows);
	qsort(rows.row, rows.nr, sizeof(*rows.row), worst_first);
	return (ssize_t)rows.nr;
}

static void count_row(const struct report_row *row, void *arg)
{
	struct report_changes *c = arg;

	c->compared++;
	c->nr[row->change]++;
	c->unstable += row->telling->unstable;
}

void report_count_changes(const struct report *r, struct report_changes *c)
{
	*c = (struct report_changes){ 0 };
	for_rows(r, count_row, c);
}

/* ---- --fail-on ------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum report_failure failure;
} failures[] = {
	{ "regressed", REPORT_FAIL_REGRESSED },
	{ "slower", REPORT_FAIL_SLOWER },
	{ "unstable", REPORT_FAIL_UNSTABLE },
};

#define NR_FAILURES (sizeof(failures) / sizeof(failures[0]))

const char *report_fail_on_name(size_t i)
{
	return i < NR_FAILURES ? failures[i].name : NULL;
}

static unsigned int failure_named(const char *text, size_t length)
{
	for (size_t i = 0; i < NR_FAILURES; i++)
		if (strlen(failures[i].name) == length && !strncmp(failures[i].name, text, length))
			return failures[i].failure;
	return 0;
}

bool report_fail_on_parse(const char *text, unsigned int *set)
{
	unsigned int named = 0;

	for (;;) {
		size_t length = strcspn(text, ",");
		unsigned int one = failure_named(text, length);

		if (!one)
			return false;
		named |= one;
		if (!text[length])
			break;
		text += length + 1;
	}
	*set |= named;
	return true;
}

struct regressions {
	bool steady; /* only those */
	size_t nr;
};

static void count_regression(const struct report_row *row, void *arg)
{
	struct regressions *g = arg;

	g->nr += row->change == CHANGE_REGRESSED && !(g->steady && row->telling->unstable);
}

static size_t nr_regressed(const struct report *r, bool steady)
{
	struct regressions g = { .steady = steady };

	for_rows(r, count_regression, &g);
	return g.nr;
}

static size_t nr_slower(const struct report *r, bool steady)
{
	size_t nr = 0;

	for (size_t i = 0; i < r->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[i];

		nr += c->kind == REPORT_ARMS && c->j.verdict == VERDICT_SLOWER &&
		      !(steady && c->unstable);
	}
	return nr;
}

static size_t nr_unstable(const struct report *r)
{
	size_t nr = 0;

	for (size_t i = 0; i < r->nr_comparisons; i++)
		nr += r->comparison[i].unstable;
	return nr;
}

bool report_may_fail(const struct report *r, unsigned int set)
{
	unsigned int may = REPORT_FAIL_UNSTABLE;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		if (!q->from_trace)
			may |= is_change(q) ? REPORT_FAIL_REGRESSED : REPORT_FAIL_SLOWER;
	}
	return set & may;
}

unsigned int report_failures(const struct report *r, unsigned int set, char *why, size_t whylen)
{
	size_t nr[NR_FAILURES], used = 0;
	bool steady = set & REPORT_FAIL_STEADY;
	unsigned int found = 0;

	nr[0] = nr_regressed(r, steady);
	nr[1] = nr_slower(r, steady);
	nr[2] = nr_unstable(r);
	*why = '\0';
	for (size_t i = 0; i < NR_FAILURES; i++) {
		if (!(set & failures[i].failure) || !nr[i])
			continue;
		found |= failures[i].failure;
		if (used < whylen)
			used += (size_t)snprintf(why + used, whylen - used, "%s%zu %s",
						 used ? ", " : "", nr[i], failures[i].name);
	}
	return found;
}
