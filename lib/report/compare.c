// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparisons: the instances that two arms were both in, judged. Blocks of older records are
 * instances of one pair; their medians are compared pair by pair, as they always were.
 */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/measure/looks.h"

/* Buckets are 0.8 % wide, and a ratio has two figures. */
#define ROUNDING 0.01

struct workspace {
	void *memory;	 /* of judge() */
	double *scratch; /* of compare_pairs() */
	struct judge_instance *in;
	double *pair;
	size_t nr, room_pairs; /* instances there is room for */
};

static void workspace_free(struct workspace *w)
{
	free(w->memory);
	free(w->scratch);
	free(w->in);
	free(w->pair);
}

static bool workspace_make(struct workspace *w, size_t nr)
{
	*w = (struct workspace){ .nr = nr };
	w->memory = malloc(judge_memory(nr + 1));
	w->scratch = calloc(2 * nr + 1, sizeof(*w->scratch));
	w->in = calloc(nr + 1, sizeof(*w->in));
	return w->memory && w->scratch && w->in;
}

/* ---- pairs ----------------------------------------------------------------------------------- */

/* The instances in which both arms were: those of a recheck follow the others. */
struct gathered {
	size_t nr, nr_first, nr_pairs;
	double wall_ns; /* what both arms took in them */
};

/* The passes of one block, in their order. Return: how many; @to has room for those of @a. */
static size_t pair_up(const struct report_part *a, const struct report_part *b, double *to)
{
	size_t nr = 0;

	for (size_t i = 0, k = 0; i < a->nr_passes && k < b->nr_passes;) {
		const struct report_pass *x = &a->pass[i], *y = &b->pass[k];

		if (x->block == y->block)
			to[nr++] = judge_log_ratio(x->p50, y->p50);
		i += x->block <= y->block;
		k += y->block <= x->block;
	}
	return nr;
}

static bool room_for_pairs(struct workspace *w, const struct report_result *base)
{
	size_t nr = 1;
	double *grown;

	for (size_t i = 0; i < base->nr_parts; i++)
		nr += base->part[i].nr_passes;
	if (nr <= w->room_pairs)
		return true;
	grown = realloc(w->pair, nr * sizeof(*grown));
	if (!grown)
		return false;
	w->pair = grown;
	w->room_pairs = nr;
	return true;
}

/* Those that are fresh, or those that are not. */
static void gather(struct workspace *w, struct gathered *g, const struct report_result *base,
		   const struct report_result *arm, bool fresh)
{
	for (size_t i = 0, k = 0; i < base->nr_parts && k < arm->nr_parts;) {
		const struct report_part *a = &base->part[i], *b = &arm->part[k];
		struct judge_instance *in = &w->in[g->nr];

		i += a->at <= b->at;
		k += b->at <= a->at;
		if (a->at != b->at || !(a->sample.count > 0) || !(b->sample.count > 0) ||
		    (arm->rechecked && b->fresh) != fresh)
			continue;
		*in = (struct judge_instance){ .a = &a->sample,
					       .b = &b->sample,
					       .log_ratio = w->pair + g->nr_pairs };
		/* Without a pair it is not an instance of both; the controller has not counted it either. */
		in->nr_pairs = pair_up(a, b, w->pair + g->nr_pairs);
		if (!in->nr_pairs)
			continue;
		g->nr_pairs += in->nr_pairs;
		g->nr++;
		g->wall_ns += (double)a->wall_ns + (double)b->wall_ns;
	}
}

static struct gathered gather_all(struct workspace *w, const struct report_result *base,
				  const struct report_result *arm)
{
	struct gathered g = { 0 };

	gather(w, &g, base, arm, false);
	g.nr_first = g.nr;
	gather(w, &g, base, arm, true);
	return g;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static enum judge_reason reason_of(const struct comparison *c, size_t nr_both)
{
	if (c->verdict != VERDICT_INCONCLUSIVE)
		return JUDGE_DECIDED;
	if (2 * c->nr_pairs <= nr_both)
		return nr_both ? JUDGE_ZEROS : JUDGE_NOTHING;
	if (isnan(c->lo))
		return JUDGE_FEW_INSTANCES;
	return c->unstable ? JUDGE_DRIFTS : JUDGE_WIDE;
}

/* Block by block, at 95 %. */
static void compare_blocks(const struct report_result *base, const struct report_result *arm,
			   double zone, struct workspace *w, struct report_comparison *to)
{
	size_t nr = base->nr_p50 < arm->nr_p50 ? base->nr_p50 : arm->nr_p50, nr_both = 0;
	struct judgement *j = &to->j;
	struct comparison c;

	for (size_t i = 0; i < nr; i++)
		nr_both += !isnan(base->block_p50[i]) && !isnan(arm->block_p50[i]);
	c = compare_pairs(base->block_p50, arm->block_p50, nr, zone, w->scratch);
	/* What a minority of the blocks says is not what is typical. */
	if (2 * c.nr_pairs <= nr_both) {
		c.verdict = VERDICT_INCONCLUSIVE;
		c.ratio = c.lo = c.hi = NAN;
	}
	*j = (struct judgement){ .metric = JUDGE_P50,
				 .verdict = c.verdict,
				 .reason = reason_of(&c, nr_both),
				 .zone = zone,
				 .nr = c.nr_merged,
				 .ratio = c.ratio,
				 .lo = c.lo,
				 .hi = c.hi,
				 .confidence = isnan(c.lo) ? 0 : c.confidence,
				 .bursts = NAN,
				 .more = NAN };
	if (j->reason == JUDGE_DECIDED)
		j->more = 1;
	else if (j->reason == JUDGE_WIDE)
		j->more = judge_more(c.ratio, c.lo, c.hi, zone);
	else if (j->reason == JUDGE_FEW_INSTANCES)
		j->more = (double)VERDICT_MIN_PAIRS / (double)c.nr_pairs;
	to->unstable = c.unstable;
}

/* What the first pass called, by what it waited for: its looks, of p50; else all its instances. */
static enum verdict called_first(const struct judgement *j, struct workspace *w, size_t nr)
{
	if (j->metric == JUDGE_P50)
		return looks_at(w->in, nr, j->zone, w->memory).verdict;
	return judge(j->metric, w->in, nr, j->zone, w->memory).verdict;
}

/* Of builds and settings a call holds when it was made, and measuring again confirms it. */
static void ask_for_recheck(struct judgement *j, struct workspace *w, const struct gathered *g,
			    double confidence)
{
	enum verdict called = called_first(j, w, g->nr_first);
	bool again = g->nr > g->nr_first;
	double more;

	if (again && looks_confirmed(j->metric, w->in, g->nr_first, g->nr, called, j->zone,
				     confidence, w->memory))
		return;
	if (!verdict_is_call(j->verdict) && !(again && verdict_is_call(called)))
		return;
	j->verdict = VERDICT_INCONCLUSIVE;
	j->reason = JUDGE_UNCONFIRMED;
	more = (double)looks_recheck_instances(looks_recheck_confidence(1)) / (double)g->nr;
	j->more = again ? NAN : 1 + more;
}

/* ---- comparisons ----------------------------------------------------------------------------- */

static double figure_of(const struct report_stats *s, enum judge_metric m)
{
	switch (m) {
	case JUDGE_P50:
		return s->p50;
	case JUDGE_MEAN:
		return s->mean;
	case JUDGE_P99:
		return s->p99;
	case JUDGE_P999:
		return s->p999;
	case NR_JUDGE_METRICS:
		break;
	}
	return NAN;
}

/* Does the row's own ratio lie beside its interval? */
static bool is_apart(const struct report_comparison *c)
{
	return isfinite(c->shown) && c->shown > 0 && !isnan(c->j.lo) &&
	       (log(c->shown) < log(c->j.lo) - ROUNDING || log(c->shown) > log(c->j.hi) + ROUNDING);
}

static bool compare(const struct report_question *q, const struct report_result *base,
		    const struct report_result *arm, enum judge_metric m, struct workspace *w,
		    struct report_comparison *c)
{
	struct gathered g;

	if (!room_for_pairs(w, base))
		return false;
	*c = (struct report_comparison){
		.kind = q->kind,
		.benchmark = q->name,
		.baseline = base->name,
		.candidate = arm->name,
		.arm = arm->of ? arm->of : arm->name,
		.of_blocks = !q->nr_instances,
		.shown = figure_of(&arm->stats, m) / figure_of(&base->stats, m),
		.more_s = NAN,
	};
	g = gather_all(w, base, arm);
	if (m == JUDGE_P50 && c->of_blocks)
		compare_blocks(base, arm, q->zone, w, c);
	else if (c->of_blocks || q->kind != REPORT_ARMS)
		c->j = judge(m, w->in, g.nr, judge_zone(m, q->zone), w->memory);
	else
		c->j = looks_judge(m, w->in, g.nr, judge_zone(m, q->zone), w->memory);
	if (q->kind != REPORT_ARMS)
		ask_for_recheck(&c->j, w, &g, q->recheck_confidence);
	c->rechecked = g.nr > g.nr_first;
	c->unstable |= q->noise.unsteady;
	c->apart = is_apart(c);
	if (c->j.verdict == VERDICT_INCONCLUSIVE && c->j.more > 1 && g.wall_ns > 0)
		c->more_s = (c->j.more - 1) * g.wall_ns / 1e9;
	return true;
}

int report_compare(const struct report_question *q, const struct report_result *base,
		   const struct report_result *arm, enum judge_metric m,
		   struct report_comparison *c)
{
	struct workspace w;
	bool done = workspace_make(&w, q->nr_parts) && compare(q, base, arm, m, &w, c);

	workspace_free(&w);
	return done ? 0 : -ENOMEM;
}

static const struct report_result *measured_arm(const struct report *r,
						const struct report_question *q, const char *name)
{
	for (size_t i = 0; name && i < q->nr_results; i++) {
		const struct report_result *arm = &r->result[q->first_result + i];

		if (!strcmp(arm->name, name) && !arm->from_trace && arm->stats.count)
			return arm;
	}
	return NULL;
}

const struct report_result *report_baseline(const struct report *r, const struct report_question *q)
{
	return measured_arm(r, q, q->baseline);
}

const struct report_result *report_base_of(const struct report *r, const struct report_question *q,
					   const struct report_result *arm)
{
	return measured_arm(r, q, q->kind == REPORT_ARMS ? q->baseline : arm->against);
}

static bool compare_arms(struct report *out, struct report_question *q, struct workspace *w)
{
	bool time = !strcmp(q->mode, "time");
	bool same_code =
		q->kind == REPORT_BUILDS && out->run[q->run].header.code.status == RECORD_CODE_SAME;

	q->first_comparison = out->nr_comparisons;
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *arm = &out->result[q->first_result + i],
					   *base = report_base_of(out, q, arm);

		if (!base || arm == base || arm->from_trace || !arm->stats.count)
			continue;
		for (int m = 0; m < (time ? JUDGE_P99 : NR_JUDGE_METRICS); m++) {
			struct report_comparison *c = &out->comparison[out->nr_comparisons++];

			if (!compare(q, base, arm, (enum judge_metric)m, w, c))
				return false;
			c->moved = same_code && verdict_is_call(c->j.verdict);
		}
	}
	q->nr_comparisons = out->nr_comparisons - q->first_comparison;
	return true;
}

int build_compare(struct report *r)
{
	struct workspace w;
	size_t most = 0;
	bool done;

	for (size_t i = 0; i < r->nr_questions; i++)
		if (r->question[i].nr_parts > most)
			most = r->question[i].nr_parts;
	free(r->comparison);
	r->nr_comparisons = 0;
	r->comparison = calloc(NR_JUDGE_METRICS * r->nr_results + 1, sizeof(*r->comparison));
	done = workspace_make(&w, most) && r->comparison;
	for (size_t i = 0; done && i < r->nr_questions; i++)
		done = compare_arms(r, &r->question[i], &w);
	workspace_free(&w);
	return done ? 0 : -ENOMEM;
}

ssize_t report_rebase(struct report *r, const char *baseline)
{
	ssize_t nr = 0;

	for (size_t i = 0; i < r->nr_questions; i++) {
		struct report_question *q = &r->question[i];

		for (size_t k = 0; q->kind == REPORT_ARMS && k < q->nr_results; k++) {
			const struct report_result *arm = &r->result[q->first_result + k];

			if (arm->from_trace || strcmp(arm->name, baseline))
				continue;
			q->baseline = arm->name;
			nr++;
		}
	}
	return build_compare(r) ? -ENOMEM : nr;
}
