// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/selftest.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the arm 1-in-200 adds to the mean: 50 us to one of 200 operations of 10 us. */
#define TAIL_SHIFT 0.025

/* ---- what is known of arms ------------------------------------------------------------------- */

enum truth { TRUTH_UNKNOWN, TRUTH_SHIFT, TRUTH_TAIL };

static enum truth truth_of(const char *arm, double *shift)
{
	char *end;

	*shift = 0;
	if (!strncmp(arm, "same", 4))
		return TRUTH_SHIFT;
	if (!strcmp(arm, "1-in-200"))
		return TRUTH_TAIL;
	if (*arm != '+')
		return TRUTH_UNKNOWN;
	*shift = strtod(arm, &end) / 100;
	return !strcmp(end, "%") && *shift > 0 ? TRUTH_SHIFT : TRUTH_UNKNOWN;
}

/*
 * "wake/cpu=same" of selftest/op=wake/cpu=same/arms=slower; of others what comes before parameters,
 * "park" of park/cpu=same
 */
static const char *operation_of(struct selftest *s, const char *question)
{
	static const char begin[] = "selftest/op=";
	const char *end = strchr(question, '=');
	char name[256];

	if (!strncmp(question, begin, sizeof(begin) - 1)) {
		question += sizeof(begin) - 1;
		end = strstr(question, "/arms=");
	} else {
		while (end && end > question && *end != '/')
			end--;
	}
	snprintf(name, sizeof(name), "%.*s",
		 end && end > question ? (int)(end - question) : (int)strlen(question), question);
	for (size_t i = 0; i < s->nr_operations; i++)
		if (!strcmp(s->operation[i], name))
			return s->operation[i];
	if (s->nr_operations == SELFTEST_MAX_OPERATIONS)
		return NULL;
	s->operation[s->nr_operations] = strdup(name);
	return s->operation[s->nr_operations] ? s->operation[s->nr_operations++] : NULL;
}

/* ---- rates ----------------------------------------------------------------------------------- */

/* The one of that name and shift, made at its first use; NULL: there are too many. */
static struct record_rate *rate_of(struct selftest *s, const char *operation, const char *metric,
				   double shift)
{
	struct record_selftest *f = &s->found;

	for (size_t i = 0; i < f->nr_rates; i++) {
		struct record_rate *r = &f->rate[i];

		if (r->operation == operation && !strcmp(r->metric, metric) &&
		    (r->shift == shift || (isnan(r->shift) && isnan(shift))))
			return r;
	}
	if (f->nr_rates == RECORD_MAX_RATES)
		return NULL;
	f->rate[f->nr_rates] = (struct record_rate){
		.operation = operation, .metric = metric, .shift = shift, .added = NAN
	};
	return &f->rate[f->nr_rates++];
}

static int add_verdict(struct selftest *s, const char *operation, const char *metric, double shift,
		       enum verdict v)
{
	struct record_rate *r = rate_of(s, operation, metric, shift);

	if (!r)
		return -E2BIG;
	r->compared++;
	r->slower += v == VERDICT_SLOWER;
	r->faster += v == VERDICT_FASTER;
	r->equivalent += v == VERDICT_EQUIVALENT;
	return 0;
}

static const struct report_result *result_of(const struct report *r,
					     const struct report_question *q, const char *arm)
{
	for (size_t i = 0; i < q->nr_results; i++)
		if (!strcmp(r->result[q->first_result + i].name, arm))
			return &r->result[q->first_result + i];
	return NULL;
}

/* The counter "added" per operation, as the driver says it; NAN: it does not. */
static double added_to(const struct report *r, const struct report_question *q, const char *arm)
{
	const struct report_result *result = result_of(r, q, arm);

	for (size_t i = 0; result && result->iterations && i < result->nr_counters; i++)
		if (!strcmp(result->counter[i].name, "added"))
			return result->counter[i].value / (double)result->iterations;
	return NAN;
}

/* Beside what it finds in the arm that adds nothing. */
static void note_added(struct selftest *s, const struct report *r, const struct report_question *q,
		       const struct report_comparison *c, struct record_rate *rate)
{
	double added = added_to(r, q, c->candidate) - added_to(r, q, c->baseline);
	size_t at = (size_t)(rate - s->found.rate);

	if (!isfinite(added) || !(rate->shift > 0))
		return;
	s->added[at] += added;
	s->nr_added[at]++;
	rate->added = s->added[at] / (double)s->nr_added[at];
}

/* ---- one arm --------------------------------------------------------------------------------- */

/* What was said of one arm, by metric; inconclusive where nothing was. */
struct said {
	bool is[NR_JUDGE_METRICS];
	enum verdict verdict[NR_JUDGE_METRICS];
};

/* Called in one of @metric; equivalent in all of them. */
static enum verdict together(const struct said *said, const enum judge_metric *metric, size_t nr)
{
	bool equivalent = true;

	for (size_t i = 0; i < nr; i++) {
		enum verdict v = said->verdict[metric[i]];

		if (!said->is[metric[i]])
			continue;
		if (verdict_is_call(v))
			return v;
		equivalent &= v == VERDICT_EQUIVALENT;
	}
	return equivalent ? VERDICT_EQUIVALENT : VERDICT_INCONCLUSIVE;
}

static int add_shifted(struct selftest *s, const char *operation, const struct said *said,
		       double shift)
{
	static const enum judge_metric all[] = { JUDGE_P50, JUDGE_MEAN, JUDGE_P99, JUDGE_P999 };
	int ret = 0;

	for (int m = 0; !ret && m < NR_JUDGE_METRICS; m++)
		if (said->is[m])
			ret = add_verdict(s, operation, judge_metric_name((enum judge_metric)m),
					  shift, said->verdict[m]);
	if (ret || shift > 0)
		return ret;
	return add_verdict(s, operation, "any", 0, together(said, all, NR_JUDGE_METRICS));
}

/* Its median is as it was; how far p99 moves depends on what else is slow, so that says nothing. */
static int add_tail(struct selftest *s, const char *operation, const struct said *said)
{
	static const enum judge_metric tails[] = { JUDGE_MEAN, JUDGE_P999 };
	int ret = add_verdict(s, operation, "p50", 0, said->verdict[JUDGE_P50]);

	if (!ret)
		ret = add_verdict(s, operation, "mean", TAIL_SHIFT, said->verdict[JUDGE_MEAN]);
	if (!ret)
		ret = add_verdict(s, operation, "p99.9", NAN, said->verdict[JUDGE_P999]);
	if (!ret)
		ret = add_verdict(s, operation, "mean or p99.9", NAN, together(said, tails, 2));
	return ret;
}

static struct said said_of(const struct report *r, const struct report_question *q, const char *arm)
{
	struct said said = { 0 };

	for (int m = 0; m < NR_JUDGE_METRICS; m++)
		said.verdict[m] = VERDICT_INCONCLUSIVE;
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[q->first_comparison + i];

		if (strcmp(c->candidate, arm))
			continue;
		said.is[c->j.metric] = true;
		said.verdict[c->j.metric] = c->j.verdict;
	}
	return said;
}

/* Two sides of one binary are the same code, whatever the arm is called. */
static enum truth truth_in(const struct report_question *q, const char *arm, double *shift)
{
	if (q->kind == REPORT_ARMS)
		return truth_of(arm, shift);
	*shift = 0;
	return TRUTH_SHIFT;
}

/* @c: the arm's p50 */
static int add_arm(struct selftest *s, const struct report *r, const struct report_question *q,
		   const struct report_comparison *c)
{
	const char *operation;
	struct said said;
	double shift;
	enum truth truth = truth_in(q, c->candidate, &shift);
	int ret;

	if (truth == TRUTH_UNKNOWN)
		return 0;
	operation = operation_of(s, q->name);
	if (!operation)
		return s->nr_operations == SELFTEST_MAX_OPERATIONS ? -E2BIG : -ENOMEM;
	said = said_of(r, q, c->candidate);
	if (truth == TRUTH_TAIL)
		return add_tail(s, operation, &said);
	ret = add_shifted(s, operation, &said, shift);
	if (!ret)
		note_added(s, r, q, c, rate_of(s, operation, "p50", shift));
	return ret;
}

int selftest_add(struct selftest *s, const struct report *r, size_t nr)
{
	int ret = 0;

	for (size_t i = 0; i < r->nr_questions && i < nr; i++) {
		const struct report_question *q = &r->question[i];

		s->found.questions++;
		s->found.unsteady += q->noise.unsteady;
		for (size_t k = 0; !ret && k < q->nr_comparisons; k++) {
			const struct report_comparison *c = &r->comparison[q->first_comparison + k];

			if (c->j.metric == JUDGE_P50)
				ret = add_arm(s, r, q, c);
		}
	}
	return ret;
}

uint64_t selftest_compared(const struct selftest *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->found.nr_rates; i++) {
		const struct record_rate *r = &s->found.rate[i];

		if (r->shift == 0 && !strcmp(r->metric, "p50"))
			sum += r->compared;
	}
	return sum;
}

void selftest_free(struct selftest *s)
{
	for (size_t i = 0; i < s->nr_operations; i++)
		free(s->operation[i]);
	s->nr_operations = 0;
}
