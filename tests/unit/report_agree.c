// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: whatever was measured of two builds, what a row shows and what is said of it never
 * contradict each other: in the model, in the text, in the JSON, in the counts.
 */
#include "tests/unit/report_sides.h"

#include "lib/measure/looks.h"
#include "lib/report/changes.h"

TestSuite(report_agree, .init = begin_sides, .fini = finish, .timeout = 300);

/* ---- any run --------------------------------------------------------------------------------- */

static uint64_t state;

static double uniform(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (double)((state * 0x2545f4914f6cdd1dULL) >> 11) / 9007199254740992.0 + 1e-17;
}

static double gauss(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static size_t below(size_t n)
{
	return (size_t)(uniform() * (double)n) % n;
}

struct shape {
	double base, ratio, again; /* ratio of the first pass and of the recheck */
	double noise, instance_noise, drift;
	double clusters; /* share of passes of the new side ten times as slow */
	double bursts;	 /* share of instances of both ten times as slow */
	double second;	 /* share of a second mode */
	double zeros;
};

static struct shape any_shape(void)
{
	static const double ratio[] = { 1, 1, 1.004, 1.02, 1.05, 0.95, 1.3, 0.5 };
	struct shape s = { .base = exp(log(20) + 10 * uniform()), .ratio = ratio[below(8)] };

	s.again = below(4) ? s.ratio : ratio[below(8)];
	s.noise = below(4) ? 0.05 * uniform() : 0;
	s.instance_noise = below(2) ? 0 : 0.02 * uniform();
	s.drift = below(4) ? 0 : 2 * uniform() - 1;
	s.clusters = below(3) ? 0 : 0.3 * uniform();
	s.bursts = below(3) ? 0 : 0.3 * uniform();
	s.second = below(4) ? 0 : uniform();
	s.zeros = below(8) ? 0 : uniform();
	return s;
}

static void fill(struct sides_part *p, struct record_part *part, const struct shape *s,
		 double level, double clusters)
{
	hist_init(&p->hist, HIST_K_USER);
	for (size_t i = 0; i < SIDES_PAIRS; i++) {
		struct hist one;
		double cluster = uniform() < clusters ? 10 : 1;

		hist_init(&one, HIST_K_USER);
		p->pass[i] = (struct record_pass){ .block = i,
						   .start_ns = clock_ns,
						   .iterations = SIDES_PER };
		for (size_t k = 0; k < SIDES_PER; k++) {
			double v = level * cluster * exp(s->noise * gauss());

			v *= uniform() < s->second ? 1.5 : 1;
			v = uniform() < s->zeros ? 0 : floor(v);
			hist_add(&one, (uint64_t)v);
			p->pass[i].ns += (uint64_t)v;
		}
		p->pass[i].p50 = hist_quantile(&one, 0.5);
		cr_assert_eq(hist_merge(&p->hist, &one), 0);
		clock_ns += p->pass[i].ns;
	}
	*part = (struct record_part){
		.arm = p->name, .nr_passes = SIDES_PAIRS, .pass = p->pass, .hist = &p->hist
	};
}

static void instances(uint64_t first, uint64_t nr, const struct shape *s, double ratio)
{
	static struct sides_part made[2] = { { .name = "arm (old)" }, { .name = "arm (new)" } };

	for (uint64_t i = 0; i < nr; i++) {
		double level = s->base * exp(s->drift * (double)i / (double)nr) *
			       (uniform() < s->bursts ? 10 : 1);
		struct record_part parts[2];
		struct record_instance in = { .question = "q",
					      .number = first + i,
					      .batch = 1,
					      .nr_parts = 2,
					      .part = parts,
					      .noise = { .psi_cpu = NAN, .canary_ns = NAN } };
		struct record_writer *w = sides_writer();

		fill(&made[0], &parts[0], s, level, 0);
		fill(&made[1], &parts[1], s, level * ratio * exp(s->instance_noise * gauss()),
		     s->clusters);
		cr_assert_eq(record_write_instance(w, &in), 0);
		cr_assert_eq(record_close(w), 0);
	}
}

/* ---- what must hold -------------------------------------------------------------------------- */

static void figure_agrees(const struct report_comparison *c, uint64_t seed)
{
	const struct judgement *j = &c->j;
	const char *name = judge_metric_name(j->metric);
	double zone = log1p(j->zone);

	cr_assert_eq(j->verdict == VERDICT_INCONCLUSIVE, j->reason != JUDGE_DECIDED, "seed %zu, %s",
		     (size_t)seed, name);
	cr_assert(isnan(j->lo) || (j->lo <= j->ratio && j->ratio <= j->hi),
		  "seed %zu, %s: %g [%g, %g]", (size_t)seed, name, j->ratio, j->lo, j->hi);
	switch (j->verdict) {
	case VERDICT_SLOWER:
		cr_assert(log(j->lo) > zone && c->rechecked, "seed %zu, %s: %g [%g, %g]",
			  (size_t)seed, name, j->ratio, j->lo, j->hi);
		break;
	case VERDICT_FASTER:
		cr_assert(log(j->hi) < -zone && c->rechecked, "seed %zu, %s: %g [%g, %g]",
			  (size_t)seed, name, j->ratio, j->lo, j->hi);
		break;
	case VERDICT_EQUIVALENT:
		cr_assert(log(j->lo) >= -zone && log(j->hi) <= zone, "seed %zu, %s: %g [%g, %g]",
			  (size_t)seed, name, j->ratio, j->lo, j->hi);
		break;
	case VERDICT_INCONCLUSIVE:
		cr_assert(isnan(c->more_s) || c->more_s > 0, "seed %zu, %s", (size_t)seed, name);
		break;
	}
}

/* A line of the table as people read it: "p50 1.031 [1.024, 1.038] regressed" */
static void lines_agree(const char *text, uint64_t seed, size_t *seen)
{
	for (const char *at = text; (at = strchr(at, '\n')); at++) {
		double ratio, lo, hi, zone;
		char metric[8], word[16];

		if (sscanf(at + 1, " %7[p509.mean] %lf [%lf, %lf] %15[a-z]", metric, &ratio, &lo,
			   &hi, word) != 5)
			continue;
		zone = !strcmp(metric, "p99") ? 0.05 : !strcmp(metric, "p99.9") ? 0.1 : 0.01;
		cr_assert(lo <= ratio && ratio <= hi, "seed %zu: %.80s", (size_t)seed, at + 1);
		if (!strcmp(word, "regressed"))
			cr_assert(lo > 1 && ratio >= 1 + zone - 0.001, "seed %zu: %.80s",
				  (size_t)seed, at + 1);
		else if (!strcmp(word, "improved"))
			cr_assert(hi < 1 && ratio <= 1 / (1 + zone) + 0.001, "seed %zu: %.80s",
				  (size_t)seed, at + 1);
		else if (!strcmp(word, "unchanged"))
			cr_assert(ratio <= 1 + zone + 0.001 && ratio >= 1 / (1 + zone) - 0.001,
				  "seed %zu: %.80s", (size_t)seed, at + 1);
		else
			cr_assert_str_eq(word, "inconclusive", "seed %zu: %.80s", (size_t)seed,
					 at + 1);
		++*seen;
	}
}

static void counts_agree(const struct report *r, uint64_t seed)
{
	size_t nr[4] = { 0 }, all = 0;
	struct report_changes c;
	enum report_change expected;

	for (size_t i = 0; i < r->nr_comparisons; i++)
		nr[r->comparison[i].j.verdict]++;
	report_count_changes(r, &c);
	for (int i = 0; i < NR_CHANGES; i++)
		all += c.nr[i];
	cr_assert(c.compared == 1 && all == 1, "seed %zu", (size_t)seed);
	expected = nr[VERDICT_SLOWER]				      ? CHANGE_REGRESSED
		   : nr[VERDICT_FASTER]				      ? CHANGE_IMPROVED
		   : r->comparison[0].j.verdict == VERDICT_EQUIVALENT ? CHANGE_UNCHANGED
								      : CHANGE_INCONCLUSIVE;
	cr_assert_eq(c.nr[expected], 1, "seed %zu: not %s", (size_t)seed,
		     report_change_name(expected));
}

static void json_agrees(const struct report *r, uint64_t seed)
{
	char *text = rendered(r, report_json);
	json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *row;
	size_t i;

	cr_assert_not_null(j);
	json_array_foreach (json_object_get(j, "comparisons"), i, row) {
		const struct report_comparison *c = &r->comparison[i];

		cr_assert_str_eq(json_string_value(json_object_get(row, "verdict")),
				 verdict_change_name(c->j.verdict), "seed %zu", (size_t)seed);
		cr_assert_str_eq(json_string_value(json_object_get(row, "kind")), "builds");
		cr_assert(isnan(c->j.ratio) ||
				  fabs(json_real_value(json_object_get(row, "ratio")) / c->j.ratio -
				       1) < 1e-6 ||
				  c->j.ratio == 0 || isinf(c->j.ratio),
			  "seed %zu", (size_t)seed);
	}
	cr_assert_eq(i, r->nr_comparisons);
	json_decref(j);
	free(text);
}

/* Clusters, bursts, two modes, drift, constants, zeros; measured again alike, otherwise, or not. */
Test(report_agree, rows_and_verdicts_of_builds_agree_whatever_was_measured)
{
	size_t verdicts[4] = { 0 }, unconfirmed = 0, lines = 0;

	for (uint64_t seed = 1; seed <= 500; seed++) {
		struct shape s;
		struct report *r;
		char *text;
		size_t first;

		if (seed > 1) {
			finish();
			begin_sides();
		}
		state = seed * 0x9e3779b97f4a7c15ULL + 1;
		s = any_shape();
		first = 6 + below(20);
		builds_header(RECORD_CODE_CHANGED);
		sides_question("q", RECORD_BUILDS, "arm", NULL);
		instances(0, first, &s, s.ratio);
		if (below(4)) {
			sides_recheck("q", "arm", first, looks_recheck_confidence(1 + below(5)));
			instances(first, 16 + below(10), &s, s.again);
		}
		r = read_back();
		cr_assert_eq(r->nr_comparisons, NR_JUDGE_METRICS, "seed %zu", (size_t)seed);
		for (size_t i = 0; i < r->nr_comparisons; i++) {
			const struct report_comparison *c = &r->comparison[i];

			figure_agrees(c, seed);
			verdicts[c->j.verdict]++;
			unconfirmed += c->j.reason == JUDGE_UNCONFIRMED;
		}
		counts_agree(r, seed);
		text = rendered(r, as_text);
		lines_agree(text, seed, &lines);
		json_agrees(r, seed);
		free(text);
		report_free(r);
	}
	for (int v = 0; v < 4; v++)
		cr_expect_gt(verdicts[v], 25, "%s: %zu", verdict_change_name((enum verdict)v),
			     verdicts[v]);
	cr_expect_gt(unconfirmed, 25, "%zu", unconfirmed);
	cr_expect_gt(lines, 200, "%zu", lines);
}
