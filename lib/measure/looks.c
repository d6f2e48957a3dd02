// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/measure/looks.h"

static bool is_look(size_t nr)
{
	return nr && judge_next_look((unsigned int)nr - 1) == nr;
}

bool looks_due(const struct looks *l, size_t nr)
{
	return !l->decided && (is_look(nr) || (l->called_at && is_look(nr - l->called_at)));
}

static bool is_call(enum verdict v)
{
	return v == VERDICT_SLOWER || v == VERDICT_FASTER;
}

static enum verdict p50(const struct judge_instance *in, size_t nr, double zone, void *memory)
{
	return judge(JUDGE_P50, in, nr, zone, memory).verdict;
}

/* The instances after the call are fresh: what do they say of it? */
static void confirm(struct looks *l, const struct judge_instance *in, size_t nr, double zone,
		    void *memory)
{
	enum verdict fresh = p50(in + l->called_at, nr - l->called_at, 0, memory);

	if (fresh == l->call && p50(in, nr, zone, memory) == l->call) {
		l->decided = true;
		l->verdict = l->call;
		l->called_at = 0;
	} else if (is_call(fresh) && fresh != l->call) {
		l->called_at = 0;
	}
}

static void look(struct looks *l, const struct judge_instance *in, size_t nr, double zone,
		 void *memory)
{
	enum verdict v = p50(in, nr, zone, memory);

	if (v == VERDICT_EQUIVALENT) {
		l->decided = true;
		l->verdict = v;
		l->called_at = 0;
	} else if (is_call(v) && (!l->called_at || l->call != v)) {
		l->called_at = nr;
		l->call = v;
	}
}

struct looks looks_at(const struct judge_instance *in, size_t nr, double zone, void *memory)
{
	struct looks l = { .verdict = VERDICT_INCONCLUSIVE, .call = VERDICT_INCONCLUSIVE };

	for (size_t n = 1; n <= nr && !l.decided; n++) {
		if (l.called_at && is_look(n - l.called_at))
			confirm(&l, in, n, zone, memory);
		if (!l.decided && is_look(n))
			look(&l, in, n, zone, memory);
	}
	return l;
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
	if (!is_call(call) || nr <= first)
		return false;
	return judge_at(m, in + first, nr - first, 0, confidence, memory).verdict == call &&
	       judge(m, in, nr, zone, memory).verdict == call;
}

struct looks looks_rechecked(const struct judge_instance *in, size_t first, size_t nr, double zone,
			     double confidence, void *memory)
{
	struct looks l = looks_at(in, first, zone, memory);

	if (!l.decided || !is_call(l.verdict) ||
	    looks_confirmed(JUDGE_P50, in, first, nr, l.verdict, zone, confidence, memory))
		return l;
	return (struct looks){ .verdict = VERDICT_INCONCLUSIVE,
			       .called_at = first,
			       .call = l.verdict };
}
