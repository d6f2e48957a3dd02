// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/measure/looks.h"

#include <math.h>

static bool is_look(size_t nr)
{
	return nr && judge_next_look((unsigned int)nr - 1) == nr;
}

bool looks_due(const struct looks *l, size_t nr)
{
	return !l->decided && (is_look(nr) || (l->called_at && is_look(nr - l->called_at)));
}

/* What the looks are at. */
struct series {
	enum judge_metric metric;
	const struct judge_instance *in;
	double zone;
	void *memory;
};

static enum verdict verdict_on(const struct series *s, size_t from, size_t to, double zone)
{
	return judge(s->metric, s->in + from, to - from, zone, s->memory).verdict;
}

/* The instances after the call are fresh: what do they say of it? */
static void confirm(struct looks *l, const struct series *s, size_t nr)
{
	enum verdict fresh = verdict_on(s, l->called_at, nr, 0);

	if (s->metric == JUDGE_P50 && !verdict_is_call(fresh))
		fresh = judge_far(s->in + l->called_at, nr - l->called_at, s->memory);
	if (fresh == l->call && verdict_on(s, 0, nr, s->zone) == l->call) {
		l->decided = true;
		l->verdict = l->call;
		l->called_at = 0;
	} else if (verdict_is_call(fresh) && fresh != l->call) {
		l->called_at = 0;
	}
}

static void look(struct looks *l, const struct series *s, size_t nr)
{
	enum verdict v = verdict_on(s, 0, nr, s->zone);

	if (v == VERDICT_EQUIVALENT) {
		l->decided = true;
		l->verdict = v;
		l->called_at = 0;
	} else if (verdict_is_call(v) && (!l->called_at || l->call != v)) {
		l->called_at = nr;
		l->call = v;
	}
}

void looks_go_on(struct looks *l, enum judge_metric m, const struct judge_instance *in, size_t nr,
		 double zone, void *memory)
{
	const struct series s = { m, in, zone, memory };

	if (!l->nr)
		*l = (struct looks){ .verdict = VERDICT_INCONCLUSIVE,
				     .call = VERDICT_INCONCLUSIVE };
	while (l->nr < nr && !l->decided) {
		l->nr++;
		if (l->called_at && is_look(l->nr - l->called_at))
			confirm(l, &s, l->nr);
		if (!l->decided && is_look(l->nr))
			look(l, &s, l->nr);
	}
}

struct looks looks_of(enum judge_metric m, const struct judge_instance *in, size_t nr, double zone,
		      void *memory)
{
	struct looks l = { .verdict = VERDICT_INCONCLUSIVE, .call = VERDICT_INCONCLUSIVE };

	looks_go_on(&l, m, in, nr, zone, memory);
	return l;
}

struct looks looks_at(const struct judge_instance *in, size_t nr, double zone, void *memory)
{
	return looks_of(JUDGE_P50, in, nr, zone, memory);
}

/* What is said stays within what the interval shows: looks that found something else decide nothing. */
static void ask_for_confirmation(struct judgement *j, const struct looks *l, size_t nr)
{
	unsigned int next;

	if (l->decided && l->verdict == j->verdict)
		return;
	j->verdict = VERDICT_INCONCLUSIVE;
	j->reason = JUDGE_UNCONFIRMED;
	next = judge_next_look((unsigned int)(nr - l->called_at));
	j->more = next ? (double)(l->called_at + next) / (double)nr : NAN;
}

struct judgement looks_judge(enum judge_metric m, const struct judge_instance *in, size_t nr,
			     double zone, void *memory)
{
	struct judgement j;
	struct looks l;

	if (m == JUDGE_P50) {
		l = looks_at(in, nr, zone, memory);
		j = judge(m, in, l.decided ? l.nr : nr, zone, memory);
	} else {
		j = judge(m, in, nr, zone, memory);
		if (verdict_is_call(j.verdict))
			l = looks_of(m, in, nr, zone, memory);
	}
	if (verdict_is_call(j.verdict))
		ask_for_confirmation(&j, &l, nr);
	return j;
}

/* ---- measured again -------------------------------------------------------------------------- */

double looks_recheck_confidence(size_t nr_flagged)
{
	return 1 - (1 - JUDGE_CONFIDENCE) / (double)(nr_flagged ? nr_flagged : 1);
}

size_t looks_recheck_instances(double confidence)
{
	size_t least = JUDGE_MIN_INSTANCES, lo, hi;

	while (least < LOOKS_MAX_RECHECK / 2 &&
	       !(stat_median_interval(least, confidence, &lo, &hi) > 0))
		least++;
	return 2 * least;
}

bool looks_confirmed(enum judge_metric m, const struct judge_instance *in, size_t first, size_t nr,
		     enum verdict call, double zone, double confidence, void *memory)
{
	if (!verdict_is_call(call) || nr <= first)
		return false;
	return judge_at(m, in + first, nr - first, 0, confidence, memory).verdict == call &&
	       judge(m, in, nr, zone, memory).verdict == call;
}
