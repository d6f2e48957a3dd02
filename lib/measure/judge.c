// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/measure/judge.h"

#include <math.h>
#include <string.h>

#define LEAST_MORE 1.5

const unsigned int judge_looks[] = { 8, 12, 18, 27, 40, 60, 90, 135, 202, 303, 455, 683, 1024, 0 };

const char *judge_reason_name(enum judge_reason r)
{
	static const char *const name[] = {
		[JUDGE_DECIDED] = "decided",
		[JUDGE_FEW_INSTANCES] = "few_instances",
		[JUDGE_FEW_VALUES] = "few_values",
		[JUDGE_FEW_BURSTS] = "few_bursts",
		[JUDGE_DRIFTS] = "drifts",
		[JUDGE_WIDE] = "wide",
		[JUDGE_NOTHING] = "nothing_measured",
		[JUDGE_ZEROS] = "zeros",
		[JUDGE_UNCONFIRMED] = "unconfirmed",
	};

	return name[r];
}

unsigned int judge_next_look(unsigned int nr)
{
	for (const unsigned int *look = judge_looks; *look; look++)
		if (*look > nr)
			return *look;
	return 0;
}

const char *judge_metric_name(enum judge_metric m)
{
	static const char *const name[NR_JUDGE_METRICS] = {
		[JUDGE_P50] = "p50",
		[JUDGE_MEAN] = "mean",
		[JUDGE_P99] = "p99",
		[JUDGE_P999] = "p99.9",
	};

	return (unsigned int)m < NR_JUDGE_METRICS ? name[m] : NULL;
}

/* The two-sided normal score of @confidence, by bisection. */
static double normal_score(double confidence)
{
	double lo = 0, hi = 40, mid;

	for (int i = 0; i < 60; i++) {
		mid = (lo + hi) / 2;
		if (erfc(mid / sqrt(2)) > 1 - confidence)
			lo = mid;
		else
			hi = mid;
	}
	return (lo + hi) / 2;
}

/* An instance's pairs are sorted in the part that tails use. */
_Static_assert(2 * TAIL_MAX_GROUPS * HIST_NR_BUCKETS_MAX > JUDGE_MAX_PAIRS, "they fit");

/* tail_compare()'s memory first, then what the instances are gathered in. */
size_t judge_memory(size_t nr)
{
	return tail_memory() +
	       nr * (4 * sizeof(double) + 2 * sizeof(void *) + sizeof(struct mean_group));
}

static bool is_outside(double lo, double hi, double log_zone)
{
	return lo > log_zone || hi < -log_zone;
}

/* At an edge of the zone no number of instances decides, so a quarter of the zone is to go. */
double judge_more(double ratio, double lo, double hi, double zone)
{
	double half = log(hi / lo) / 2, log_zone = log1p(zone > 0 ? zone : 0), left, more;

	left = fmax(fabs(fabs(log(ratio)) - log_zone), log_zone / 4);
	more = (half / left) * (half / left);
	return isfinite(more) ? fmax(LEAST_MORE, more) : NAN;
}

/* What an interval of log ratios says. */
static void decide(struct judgement *j, double lo, double hi)
{
	double zone = log1p(j->zone);

	/* Of constants all three are one, but for rounding. */
	j->lo = fmin(exp(lo), j->ratio);
	j->hi = fmax(exp(hi), j->ratio);
	j->reason = JUDGE_DECIDED;
	j->more = 1;
	if (is_outside(lo, hi, zone)) {
		j->verdict = lo > zone ? VERDICT_SLOWER : VERDICT_FASTER;
		return;
	}
	if (lo >= -zone && hi <= zone) {
		j->verdict = VERDICT_EQUIVALENT;
		return;
	}
	j->reason = JUDGE_WIDE;
	j->more = judge_more(j->ratio, j->lo, j->hi, j->zone);
}

/* ---- p50 ------------------------------------------------------------------------------------- */

double judge_log_ratio(double baseline, double candidate)
{
	double r;

	if (!(baseline >= 0) || !(candidate >= 0) || (baseline == 0 && candidate == 0))
		return NAN;
	r = log(candidate) - log(baseline);
	/* Equal ones are equal, and infinity against infinity is nothing. */
	return baseline == candidate && isfinite(baseline) ? 0 : r;
}

/*
 * The median of its pairs; infinities are values like others. NAN when most pairs have no ratio:
 * what the others say is not what is typical.
 */
static double instance_effect(const struct judge_instance *in, double *v)
{
	size_t nr = in->nr_pairs < JUDGE_MAX_PAIRS ? in->nr_pairs : JUDGE_MAX_PAIRS, n = 0;

	for (size_t p = 0; p < nr; p++)
		if (!isnan(in->log_ratio[p]))
			v[n++] = in->log_ratio[p];
	return 2 * n > nr ? stat_median(v, n) : NAN;
}

/* Differences of log ratios below this are how they were rounded. */
#define NEGLIGIBLE 1e-9

static double spread(const double *d, size_t nr)
{
	double lo = d[0], hi = d[0];

	for (size_t i = 1; i < nr; i++) {
		lo = fmin(lo, d[i]);
		hi = fmax(hi, d[i]);
	}
	return hi - lo;
}

/* Averages neighbours; an odd last one joins the last two. */
static size_t halve(double *d, size_t nr)
{
	size_t half = nr / 2;

	for (size_t i = 0; i < half; i++)
		d[i] = (d[2 * i] + d[2 * i + 1]) / 2;
	if (nr % 2 && half)
		d[half - 1] = (2 * d[half - 1] + d[nr - 1]) / 3;
	return half;
}

/*
 * Instances that follow each other closely (a machine that drifts, a neighbour who stays) are not
 * independent, and the interval would be too short. They are taken together in pairs until they are
 * independent. The limit is 1.3 standard errors: 2 would let a correlation of a half pass at the
 * numbers of instances that there are.
 */
static size_t make_independent(double *d, size_t nr)
{
	while (nr >= 3 && spread(d, nr) > NEGLIGIBLE && stat_lag1(d, nr) > 1.3 / sqrt((double)nr))
		nr = halve(d, nr);
	return nr;
}

/* @scratch: room for as many pairs as an instance has, and for the instances twice */
static void judge_p50(struct judgement *j, const struct judge_instance *in, size_t nr,
		      double confidence, double *effect, double *sorted, double *pairs)
{
	size_t n = 0, lo = 0, hi = 0, measured = 0;
	bool finite = true;

	for (size_t i = 0; i < nr; i++) {
		double e = instance_effect(&in[i], pairs);

		measured += in[i].nr_pairs > 0;
		if (isnan(e))
			continue;
		finite = finite && isfinite(e);
		effect[n++] = e;
	}
	j->nr = n;
	j->reason = measured ? JUDGE_ZEROS : JUDGE_NOTHING;
	if (2 * n <= measured)
		return;
	memcpy(sorted, effect, n * sizeof(*sorted));
	j->ratio = exp(stat_median(sorted, n));
	/* Half of them 0 and half infinite. */
	if (isnan(j->ratio))
		return;
	j->reason = JUDGE_FEW_INSTANCES;
	if (n < JUDGE_MIN_INSTANCES) {
		j->more = (double)JUDGE_MIN_INSTANCES / (double)n;
		return;
	}
	if (finite) {
		size_t m = make_independent(effect, n);

		if (m < n) {
			n = m;
			memcpy(sorted, effect, n * sizeof(*sorted));
			j->ratio = exp(stat_median(sorted, n));
		}
	}
	j->confidence = stat_median_interval(n, confidence, &lo, &hi);
	if (!(j->confidence > 0)) {
		j->reason = JUDGE_DRIFTS;
		j->more = 2;
		return;
	}
	decide(j, sorted[lo], sorted[hi]);
}

/* As many times as far as they lie apart. */
#define FAR 10

enum verdict judge_far(const struct judge_instance *in, size_t nr, void *memory)
{
	double *effect = (double *)((char *)memory + tail_memory()), apart;
	size_t n = 0;

	for (size_t i = 0; i < nr; i++) {
		effect[n] = instance_effect(&in[i], memory);
		n += isfinite(effect[n]);
	}
	if (n < nr || n < JUDGE_MIN_INSTANCES)
		return VERDICT_INCONCLUSIVE;
	apart = fmax(spread(effect, n), NEGLIGIBLE);
	for (size_t i = 0; i < n; i++)
		if (!(fabs(effect[i]) >= FAR * apart) || (effect[i] > 0) != (effect[0] > 0))
			return VERDICT_INCONCLUSIVE;
	return effect[0] > 0 ? VERDICT_SLOWER : VERDICT_FASTER;
}

/* ---- mean and tails -------------------------------------------------------------------------- */

#define JUDGE_MIN_BEYOND 10

/* What a comparison of groups says: its interval, or why there is none. */
static void say(struct judgement *j, enum tail_gate gate, double confidence, double lo, double hi)
{
	switch (gate) {
	case TAIL_OK:
		j->confidence = confidence;
		decide(j, log(lo), log(hi));
		return;
	case TAIL_FEW_GROUPS:
		j->reason = JUDGE_FEW_INSTANCES;
		j->more = (double)JUDGE_MIN_INSTANCES / (double)j->nr;
		return;
	case TAIL_FEW_VALUES:
		j->reason = JUDGE_FEW_VALUES;
		return;
	case TAIL_FEW_BURSTS:
		j->reason = JUDGE_FEW_BURSTS;
		j->more = j->bursts > 0 ? fmax(LEAST_MORE, TAIL_MIN_BURSTS / j->bursts) : NAN;
		return;
	case TAIL_TOGETHER:
		j->reason = JUDGE_DRIFTS;
		j->more = 2;
		return;
	case TAIL_UNBOUNDED:
		j->reason = JUDGE_WIDE;
		return;
	case TAIL_ZEROS:
		j->reason = JUDGE_ZEROS;
		return;
	}
}

static void judge_mean(struct judgement *j, const struct judge_instance *in, size_t nr,
		       double confidence, struct mean_group *g)
{
	double nr_a = 0, nr_b = 0;
	struct mean_interval m;
	size_t n = 0;

	for (size_t i = 0; i < nr; i++) {
		if (!(in[i].a->count > 0) || !(in[i].b->count > 0))
			continue;
		g[n++] = (struct mean_group){ in[i].a->sum, in[i].b->sum };
		nr_a += in[i].a->count;
		nr_b += in[i].b->count;
	}
	j->nr = n;
	if (!n)
		return;
	m = mean_compare(g, n, nr_a, nr_b, normal_score(confidence));
	j->ratio = m.ratio;
	j->bursts = m.bursts;
	say(j, m.gate, confidence, m.lo, m.hi);
}

static void judge_tail(struct judgement *j, const struct judge_instance *in, size_t nr, double q,
		       double confidence, const struct tail_sample **a,
		       const struct tail_sample **b, void *memory)
{
	struct tail_stretches s = { .a = a, .b = b };
	struct tail_interval t;

	for (size_t i = 0; i < nr; i++) {
		if (!in[i].a->tail.nr_buckets || !in[i].b->tail.nr_buckets)
			continue;
		a[s.nr] = &in[i].a->tail;
		b[s.nr++] = &in[i].b->tail;
	}
	j->nr = s.nr;
	if (!s.nr)
		return;
	t = tail_compare(&s, q, normal_score(confidence), memory);
	j->ratio = t.ratio;
	j->bursts = t.bursts;
	say(j, t.gate, confidence, t.lo, t.hi);
	if (t.gate == TAIL_FEW_VALUES && t.beyond > 0)
		j->more = fmax(LEAST_MORE, JUDGE_MIN_BEYOND / t.beyond);
}

struct judgement judge(enum judge_metric m, const struct judge_instance *in, size_t nr, double zone,
		       void *memory)
{
	return judge_at(m, in, nr, zone, JUDGE_CONFIDENCE, memory);
}

struct judgement judge_at(enum judge_metric metric, const struct judge_instance *in, size_t nr,
			  double zone, double confidence, void *memory)
{
	struct judgement j = { .metric = metric,
			       .verdict = VERDICT_INCONCLUSIVE,
			       .reason = JUDGE_NOTHING,
			       .zone = zone > 0 ? zone : 0,
			       .ratio = NAN,
			       .lo = NAN,
			       .hi = NAN,
			       .bursts = NAN,
			       .more = NAN };
	char *rest = (char *)memory + tail_memory();
	double *numbers = (double *)rest;
	const struct tail_sample **samples;
	struct mean_group *groups;

	samples = (const struct tail_sample **)(numbers + 4 * nr);
	groups = (struct mean_group *)(samples + 2 * nr);
	switch (metric) {
	case JUDGE_P50:
		judge_p50(&j, in, nr, confidence, numbers, numbers + nr, memory);
		break;
	case JUDGE_MEAN:
		judge_mean(&j, in, nr, confidence, groups);
		break;
	case JUDGE_P99:
	case JUDGE_P999:
		judge_tail(&j, in, nr, metric == JUDGE_P99 ? 0.99 : 0.999, confidence, samples,
			   samples + nr, memory);
		break;
	case NR_JUDGE_METRICS:
		break;
	}
	return j;
}
