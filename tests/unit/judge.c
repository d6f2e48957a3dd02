// SPDX-License-Identifier: GPL-2.0-only
/* judge: what is said of an arm, in the corners and over thousands of made-up runs */
#include "lib/measure/judge.h"

#include "tests/unit/judge_series.h"

#include <criterion/parameterized.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Every instance the same: 4 pairs of 50 operations. */
static void run_of_constants(size_t nr, double a, double b)
{
	double va[200], vb[200];

	start_run(1);
	for (size_t i = 0; i < ARRAY_SIZE(va); i++) {
		va[i] = a;
		vb[i] = b;
	}
	for (size_t i = 0; i < nr; i++)
		add_instance(va, vb, 4, 50);
}

/* Instances with these effects and nothing else to tell them apart. */
static void run_of_effects(const double *effect, size_t nr)
{
	start_run(1);
	for (size_t i = 0; i < nr; i++) {
		pairs[i][0] = effect[i];
		instance[i] = (struct judge_instance){ &sample[0][i], &sample[1][i], 1, pairs[i] };
	}
	nr_instances = nr;
}

/* ---- looks and names ------------------------------------------------------------------------- */

Test(judge, looks_rise_and_end)
{
	cr_expect_eq(judge_next_look(0), JUDGE_MIN_INSTANCES);
	cr_expect_eq(judge_next_look(8), 12);
	cr_expect_eq(judge_next_look(9), 12);
	cr_expect_eq(judge_next_look(134), 135);
	cr_expect_eq(judge_next_look(135), 202);
	cr_expect_eq(judge_next_look(1023), 1024);
	cr_expect_eq(judge_next_look(1024), 0);
}

Test(judge, metrics_and_reasons_have_names)
{
	for (int m = 0; m < NR_JUDGE_METRICS; m++)
		cr_expect_not_null(judge_metric_name((enum judge_metric)m));
	cr_expect_null(judge_metric_name(NR_JUDGE_METRICS));
	for (int r = JUDGE_DECIDED; r <= JUDGE_UNCONFIRMED; r++)
		cr_expect_not_null(judge_reason_name((enum judge_reason)r));
}

Test(judge, log_ratio_of_a_pair_with_zeros)
{
	cr_expect(fabs(judge_log_ratio(100, 105) - log(1.05)) < 1e-12);
	cr_expect_eq(judge_log_ratio(0.1, 0.1), 0);
	cr_expect_eq(judge_log_ratio(0, 5), (double)INFINITY);
	cr_expect_eq(judge_log_ratio(5, 0), (double)-INFINITY);
	cr_expect(isnan(judge_log_ratio(0, 0)));
	cr_expect(isnan(judge_log_ratio(-1, 5)));
	cr_expect(isnan(judge_log_ratio(NAN, 5)));
	cr_expect(isnan(judge_log_ratio(INFINITY, INFINITY)));
}

/* ---- confidence ------------------------------------------------------------------------------ */

/* Two identical arms. */
static void run_of_noise(size_t nr)
{
	double a[200], b[200];

	start_run(7);
	for (size_t i = 0; i < nr; i++) {
		for (size_t n = 0; n < ARRAY_SIZE(a); n++) {
			a[n] = 1000 + 50 * gauss();
			b[n] = 1000 + 50 * gauss();
		}
		add_instance(a, b, 4, 50);
	}
}

Test(judge, more_confidence_is_a_wider_interval_around_the_same_ratio)
{
	void *memory = malloc(judge_memory(MAX_INSTANCES));

	cr_assert_not_null(memory);
	/* There are too few operations for p99.9. */
	for (enum judge_metric m = JUDGE_P50; m <= JUDGE_P99; m++) {
		struct judgement usual, more;

		run_of_noise(60);
		usual = judge(m, instance, nr_instances, 0.01, memory);
		more = judge_at(m, instance, nr_instances, 0.01, 0.9999, memory);
		cr_assert_geq(usual.confidence, 0.99, "%s", judge_metric_name(m));
		cr_expect_geq(more.confidence, 0.9999, "%s", judge_metric_name(m));
		cr_expect_eq(more.ratio, usual.ratio, "%s", judge_metric_name(m));
		cr_expect(more.lo < usual.lo && more.hi > usual.hi, "%s: %g to %g, then %g to %g",
			  judge_metric_name(m), usual.lo, usual.hi, more.lo, more.hi);
	}
}

/* ---- constants ------------------------------------------------------------------------------- */

struct constant {
	double a, b;
	enum verdict p50, mean;
};

/*
 * The correlation of constants is rounding noise, the roots of their means one root: neither must
 * keep anything inconclusive.
 */
ParameterizedTestParameters(judge, constants_are_decided)
{
	static struct constant c[] = {
		{ 1000, 1000, VERDICT_EQUIVALENT, VERDICT_EQUIVALENT },
		{ 1000, 1050, VERDICT_SLOWER, VERDICT_SLOWER },
		{ 1050, 1000, VERDICT_FASTER, VERDICT_FASTER },
		{ 3, 7, VERDICT_SLOWER, VERDICT_SLOWER },
		{ 333, 333.1, VERDICT_EQUIVALENT, VERDICT_EQUIVALENT },
	};

	return cr_make_param_array(struct constant, c, ARRAY_SIZE(c));
}

ParameterizedTest(struct constant *c, judge, constants_are_decided)
{
	for (size_t nr = JUDGE_MIN_INSTANCES; nr <= MAX_INSTANCES; nr++) {
		struct judgement p50, mean;

		run_of_constants(nr, c->a, c->b);
		p50 = judged(JUDGE_P50);
		mean = judged(JUDGE_MEAN);
		cr_expect_eq(p50.verdict, c->p50, "%g, %g, %zu: p50 %s", c->a, c->b, nr,
			     judge_reason_name(p50.reason));
		cr_expect_eq(mean.verdict, c->mean, "%g, %g, %zu: mean %s", c->a, c->b, nr,
			     judge_reason_name(mean.reason));
		cr_expect(fabs(p50.ratio * c->a / c->b - 1) < 1e-9);
		cr_expect(fabs(mean.ratio * c->a / c->b - 1) < 1e-9);
		cr_expect(p50.lo <= p50.ratio && p50.ratio <= p50.hi);
		cr_expect(mean.lo <= mean.ratio && mean.ratio <= mean.hi);
		cr_expect_eq(p50.more, 1);
	}
}

Test(judge, constant_tails_are_decided)
{
	struct judgement j;

	run_of_constants(12, 1000, 1000);
	j = judged(JUDGE_P99);
	cr_expect_eq(j.verdict, VERDICT_EQUIVALENT, "%s", judge_reason_name(j.reason));
	cr_expect_eq(j.ratio, 1);
	run_of_constants(12, 1000, 1200);
	j = judged(JUDGE_P99);
	cr_expect_eq(j.verdict, VERDICT_SLOWER, "%s", judge_reason_name(j.reason));
	cr_expect(fabs(j.ratio - 1.2) < 0.01, "%g", j.ratio);
}

/* ---- zeros ----------------------------------------------------------------------------------- */

Test(judge, zeros_against_zeros_have_no_ratio_and_say_so)
{
	run_of_constants(12, 0, 0);
	for (int m = 0; m < NR_JUDGE_METRICS; m++) {
		struct judgement j = judged((enum judge_metric)m);

		cr_expect_eq(j.verdict, VERDICT_INCONCLUSIVE);
		cr_expect_eq(j.reason, JUDGE_ZEROS, "%s: %s", judge_metric_name(j.metric),
			     judge_reason_name(j.reason));
		cr_expect(isnan(j.ratio) && isnan(j.lo) && isnan(j.hi) && isnan(j.more));
	}
}

/* They were left out in silence, and the rest judged: 30 of 40 are 0, so 1.10 is not typical. */
Test(judge, mostly_zeros_are_not_what_the_others_say)
{
	double effect[40];

	for (int i = 0; i < 40; i++)
		effect[i] = judge_log_ratio(i % 4 ? 0 : 10, i % 4 ? 0 : 11);
	run_of_effects(effect, 40);
	cr_expect_eq(judged(JUDGE_P50).reason, JUDGE_ZEROS);
	cr_expect(isnan(judged(JUDGE_P50).ratio));
	/* The same within each instance. */
	start_run(1);
	for (int i = 0; i < 10; i++) {
		const double a[] = { 0, 0, 10, 0 }, b[] = { 0, 0, 11, 0 };

		add_instance(a, b, 4, 1);
	}
	cr_expect_eq(judged(JUDGE_P50).reason, JUDGE_ZEROS);
}

Test(judge, a_candidate_of_zeros_is_faster)
{
	struct judgement j;

	run_of_constants(12, 1000, 0);
	j = judged(JUDGE_P50);
	cr_expect_eq(j.verdict, VERDICT_FASTER);
	cr_expect_eq(j.ratio, 0);
	j = judged(JUDGE_P99);
	cr_expect_eq(j.verdict, VERDICT_FASTER);
	cr_expect_lt(j.ratio, 0.002);
	swap_arms();
	cr_expect_eq(judged(JUDGE_P50).verdict, VERDICT_SLOWER);
	cr_expect_eq(judged(JUDGE_P50).ratio, (double)INFINITY);
	cr_expect_eq(judged(JUDGE_P99).verdict, VERDICT_SLOWER);
}

Test(judge, half_zero_and_half_infinite_is_nothing)
{
	double effect[10];

	for (int i = 0; i < 10; i++)
		effect[i] = i % 2 ? INFINITY : -INFINITY;
	run_of_effects(effect, 10);
	cr_expect_eq(judged(JUDGE_P50).verdict, VERDICT_INCONCLUSIVE);
	cr_expect_eq(judged(JUDGE_P50).reason, JUDGE_ZEROS);
	cr_expect(isnan(judged(JUDGE_P50).ratio));
}

/* ---- few ------------------------------------------------------------------------------------- */

Test(judge, nothing_measured_is_nothing)
{
	start_run(1);
	for (int m = 0; m < NR_JUDGE_METRICS; m++)
		cr_expect_eq(judged((enum judge_metric)m).reason, JUDGE_NOTHING);
}

Test(judge, fewer_than_eight_instances_say_how_many_more)
{
	for (size_t nr = 1; nr < JUDGE_MIN_INSTANCES; nr++) {
		run_of_constants(nr, 1000, 2000);
		for (int m = 0; m < JUDGE_P999; m++) {
			struct judgement j = judged((enum judge_metric)m);

			cr_expect_eq(j.verdict, VERDICT_INCONCLUSIVE);
			cr_expect_eq(j.reason, JUDGE_FEW_INSTANCES, "%zu: %s", nr,
				     judge_reason_name(j.reason));
			cr_expect(fabs(j.more - 8.0 / (double)nr) < 1e-9);
			cr_expect(isnan(j.lo));
			cr_expect_eq(j.confidence, 0);
		}
	}
}

/* 8 x 200 operations: p99 has 16 beyond it, p99.9 has 1.6, and ten are wanted. */
Test(judge, few_values_beyond_say_how_many_more)
{
	struct judgement j;

	run_of_constants(8, 1000, 1000);
	cr_expect_eq(judged(JUDGE_P99).reason, JUDGE_DECIDED);
	j = judged(JUDGE_P999);
	cr_expect_eq(j.reason, JUDGE_FEW_VALUES);
	cr_expect(fabs(j.more - 10 / 1.6) < 0.01, "%g", j.more);
}

/* ---- ties, drift, width ---------------------------------------------------------------------- */

/* Twelve effects, of which most are exactly 0: the interval of order statistics keeps its cover. */
Test(judge, ties_are_values_like_others)
{
	const double effect[] = { 0, 0, 0.1, 0, 0, -0.1, 0, 0, 0.1, 0, 0, 0 };
	struct judgement j;

	run_of_effects(effect, 12);
	j = judged(JUDGE_P50);
	cr_expect_eq(j.ratio, 1);
	/* 99 % of 12: ranks 1 and 10 (coverage 0.9937): python3 -c 'print(1 - 2 * 13 / 4096)' */
	cr_expect(fabs(j.confidence - 0.99365234375) < 1e-9, "%.9f", j.confidence);
	cr_expect_eq(j.lo, 1);
	cr_expect(fabs(j.hi - exp(0.1)) < 1e-12, "%g", j.hi);
	cr_expect_eq(j.reason, JUDGE_WIDE);
}

Test(judge, instances_that_drift_are_not_so_many)
{
	double effect[24];
	struct judgement j;

	for (int i = 0; i < 24; i++)
		effect[i] = 0.02 + 0.001 * i;
	run_of_effects(effect, 12);
	j = judged(JUDGE_P50);
	cr_expect_eq(j.verdict, VERDICT_INCONCLUSIVE);
	cr_expect_eq(j.reason, JUDGE_DRIFTS);
	cr_expect(isnan(j.lo));
	cr_expect_eq(j.more, 2);
	/* As many, in an order that goes nowhere. */
	for (int i = 0; i < 24; i++)
		effect[i] = 0.02 + 0.001 * ((i * 7) % 24);
	run_of_effects(effect, 24);
	cr_expect_eq(judged(JUDGE_P50).verdict, VERDICT_SLOWER);
}

/*
 * Neighbours that agree are taken together, and the ratio shown is the median of what the interval
 * is of (0.5525), where that of the effects as they were is 0.5050.
 *   python3 -c 'import statistics as s
 *   l = [0.9, 0.3, 0.1, 0.7, 0, 0, 1, 0.8, 1, 0.2, 0.6, 0.4]
 *   e = [x + (.1 if i in (2, 10) else .005) for i, x in enumerate(l)]
 *   print(sorted(e)[1], s.median(e), sorted(e)[10])'
 */
Test(judge, the_ratio_is_of_the_instances_taken_together)
{
	static const double level[] = { 0.9, 0.3, 0.1, 0.7, 0, 0, 1, 0.8, 1, 0.2, 0.6, 0.4 };
	double effect[24];
	struct judgement j;

	for (int i = 0; i < 24; i++)
		effect[i] = level[i / 2] + i % 2 * (i / 2 == 2 || i / 2 == 10 ? 0.2 : 0.01);
	run_of_effects(effect, 24);
	j = judged(JUDGE_P50);
	cr_expect_eq(j.nr, 24);
	cr_expect(fabs(log(j.ratio) - 0.5525) < 1e-9, "%.9f", log(j.ratio));
	cr_expect(fabs(log(j.lo) - 0.005) < 1e-9, "%.9f", log(j.lo));
	cr_expect(fabs(log(j.hi) - 1.005) < 1e-9, "%.9f", log(j.hi));
}

/* Differences of 1e-16 are how numbers are rounded, whatever they seem to drift to. */
Test(judge, rounding_does_not_drift)
{
	double effect[8];

	for (int i = 0; i < 8; i++)
		effect[i] = 1e-16 * i;
	run_of_effects(effect, 8);
	cr_expect_eq(judged(JUDGE_P50).verdict, VERDICT_EQUIVALENT);
}

/*
 * Effects -0.05 .. 0.05: of 11, ranks 0 and 10 hold 99 %. Half width 0.05, distance to the nearer
 * edge ln 1.01: (0.05 / 0.00995)^2 = 25.25
 */
Test(judge, a_wide_interval_says_how_many_more)
{
	double effect[11];
	struct judgement j;

	for (int i = 0; i < 11; i++)
		effect[i] = 0.01 * ((i * 4) % 11 - 5);
	run_of_effects(effect, 11);
	j = judged(JUDGE_P50);
	cr_expect_eq(j.reason, JUDGE_WIDE);
	cr_expect(fabs(j.more - 25.25) < 0.01, "%g", j.more);
}

/* An edge of the interval just over the zone's: there is always another look to go. */
Test(judge, more_while_inconclusive_is_at_least_half_as_many_again)
{
	double effect[8] = { -0.0101, 0, 0, 0, 0, 0, 0, 0 };
	struct judgement j;

	run_of_effects(effect, 8);
	j = judged(JUDGE_P50);
	cr_expect_eq(j.reason, JUDGE_WIDE);
	cr_expect_eq(j.more, 1.5);
}

Test(judge, pairs_beyond_the_limit_are_not_looked_at)
{
	static double many[2 * JUDGE_MAX_PAIRS];

	start_run(1);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = i < JUDGE_MAX_PAIRS ? 0.5 : -0.5;
	for (size_t i = 0; i < 8; i++)
		instance[i] = (struct judge_instance){ &sample[0][i], &sample[1][i],
						       ARRAY_SIZE(many), many };
	nr_instances = 8;
	cr_expect(fabs(judged(JUDGE_P50).ratio - exp(0.5)) < 1e-12);
}

/* ---- any run --------------------------------------------------------------------------------- */

struct shape {
	double factor, noise, instance_noise, drift;
	double clusters;  /* share of epochs of B ten times as slow */
	double bursts;	  /* share of instances of both ten times as slow */
	double own_burst; /* one instance of A much slower */
	double second;	  /* share of a second mode */
	double zeros;
	bool constant;
};

static struct shape any_shape(void)
{
	static const double factor[] = { 1, 1, 1, 1.005, 1.02, 1.05, 0.95, 1.3, 2, 0.1 };
	struct shape s = { .factor = factor[below(ARRAY_SIZE(factor))] };

	s.constant = below(8) == 0;
	s.noise = s.constant ? 0 : 0.2 * uniform() * uniform();
	s.instance_noise = below(3) ? 0 : 0.03 * uniform();
	s.drift = below(4) ? 0 : 2 * uniform() - 1;
	s.clusters = below(3) ? 0 : 0.3 * uniform();
	s.bursts = below(3) ? 0 : 0.3 * uniform();
	s.own_burst = below(5) ? 0 : 20 * uniform();
	s.second = below(3) ? 0 : uniform();
	s.zeros = below(6) ? 0 : uniform() * (double)(1 + below(2));
	return s;
}

static double operation(const struct shape *s, double level)
{
	double v = level * exp(s->noise * gauss());

	if (uniform() < s->second)
		v *= 1.5;
	return uniform() < s->zeros ? 0 : v;
}

static void make_run(size_t nr, const struct shape *s)
{
	size_t nr_pairs = 1 + below(6), per = 4 + below(35);
	double base = exp(log(2) + 12 * uniform()), a[MAX_OPERATIONS], b[MAX_OPERATIONS];
	size_t burst_at = below(nr);

	for (size_t i = 0; i < nr; i++) {
		double at = (double)i / (double)nr, level = base * exp(s->drift * at),
		       slow = uniform() < s->bursts ? 10 : 1,
		       own = s->own_burst > 0 && i == burst_at ? 1 + s->own_burst : 1,
		       apart = exp(s->instance_noise * gauss());

		for (size_t k = 0; k < nr_pairs * per; k++) {
			static double cluster;

			if (k % per == 0)
				cluster = uniform() < s->clusters ? 10 : 1;
			a[k] = floor(operation(s, level * slow * own));
			b[k] = floor(operation(s, level * slow * apart * s->factor * cluster));
		}
		add_instance(a, b, nr_pairs, per);
	}
}

static void holds(const struct judgement *j, uint64_t seed)
{
	const char *name = judge_metric_name(j->metric);
	double at = log(j->ratio), zone = log1p(j->zone);

	cr_assert_eq(j->verdict == VERDICT_INCONCLUSIVE, j->reason != JUDGE_DECIDED, "seed %zu, %s",
		     (size_t)seed, name);
	cr_assert_eq(isnan(j->lo), isnan(j->hi), "seed %zu, %s", (size_t)seed, name);
	cr_assert(isnan(j->lo) || (j->lo <= j->ratio && j->ratio <= j->hi),
		  "seed %zu, %s: %.17g [%.17g, %.17g]", (size_t)seed, name, j->ratio, j->lo, j->hi);
	cr_assert(isnan(j->lo) || j->confidence >= JUDGE_CONFIDENCE, "seed %zu, %s: %g",
		  (size_t)seed, name, j->confidence);
	cr_assert(isnan(j->more) || (j->more >= 1 && isfinite(j->more)), "seed %zu, %s: more %g",
		  (size_t)seed, name, j->more);
	switch (j->verdict) {
	case VERDICT_SLOWER:
		cr_assert(j->lo > 1 && at > zone, "seed %zu, %s: slower at %g", (size_t)seed, name,
			  j->ratio);
		break;
	case VERDICT_FASTER:
		cr_assert(j->hi < 1 && at < -zone, "seed %zu, %s: faster at %g", (size_t)seed, name,
			  j->ratio);
		break;
	case VERDICT_EQUIVALENT:
		cr_assert(fabs(at) <= zone, "seed %zu, %s: equivalent at %g", (size_t)seed, name,
			  j->ratio);
		break;
	case VERDICT_INCONCLUSIVE:
		break;
	}
}

static bool near(double a, double b)
{
	return a == b || (isnan(a) && isnan(b)) || fabs(a / b - 1) < 1e-6;
}

static void mirrors(const struct judgement *j, const struct judgement *m, uint64_t seed)
{
	static const enum verdict other[] = {
		[VERDICT_SLOWER] = VERDICT_FASTER,
		[VERDICT_FASTER] = VERDICT_SLOWER,
		[VERDICT_EQUIVALENT] = VERDICT_EQUIVALENT,
		[VERDICT_INCONCLUSIVE] = VERDICT_INCONCLUSIVE,
	};
	const char *name = judge_metric_name(j->metric);

	cr_assert_eq(m->verdict, other[j->verdict], "seed %zu, %s: %s and %s", (size_t)seed, name,
		     verdict_name(j->verdict), verdict_name(m->verdict));
	cr_assert_eq(m->reason, j->reason, "seed %zu, %s: %s and %s", (size_t)seed, name,
		     judge_reason_name(j->reason), judge_reason_name(m->reason));
	cr_assert(near(m->ratio, 1 / j->ratio) && near(m->lo, 1 / j->hi) && near(m->hi, 1 / j->lo),
		  "seed %zu, %s: %.9g [%.9g, %.9g] and %.9g [%.9g, %.9g]", (size_t)seed, name,
		  j->ratio, j->lo, j->hi, m->ratio, m->lo, m->hi);
}

/*
 * Clusters, bursts, two modes, drift, constants, zeros, in any mixture: what is said and what is
 * shown never contradict each other, and the arms' order does not matter.
 */
Test(judge, ratio_and_verdict_agree_whatever_was_measured, .timeout = 300)
{
	size_t seen[4] = { 0 }, reasons[JUDGE_ZEROS + 1] = { 0 };

	for (uint64_t seed = 1; seed <= 1500; seed++) {
		struct judgement j[NR_JUDGE_METRICS];
		struct shape s;

		start_run(seed);
		s = any_shape();
		make_run(1 + below(45), &s);
		for (int m = 0; m < NR_JUDGE_METRICS; m++) {
			j[m] = judged((enum judge_metric)m);
			holds(&j[m], seed);
			seen[j[m].verdict]++;
			reasons[j[m].reason]++;
		}
		swap_arms();
		for (int m = 0; m < NR_JUDGE_METRICS; m++) {
			struct judgement mirrored = judged((enum judge_metric)m);

			mirrors(&j[m], &mirrored, seed);
		}
	}
	for (int v = 0; v < 4; v++)
		cr_expect_gt(seen[v], 100, "%s: %zu", verdict_name((enum verdict)v), seen[v]);
	for (int r = 0; r <= JUDGE_ZEROS; r++)
		cr_expect(reasons[r] > 5 || r == JUDGE_NOTHING, "%s: %zu",
			  judge_reason_name((enum judge_reason)r), reasons[r]);
}
