// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often is something said of arms that are alike, and how often of one that is not, when arms
 * leave and come back as `kt bench` lets them?
 *
 * leaving TRIALS SEED [SCENARIO]: runs of a baseline and three arms are made up, operation by
 * operation; bench/controller/look.c decides after each instance which arms are in the next one and when the
 * question ends, and the verdicts are those of lib/measure/looks.h, as in a report. Arms 2 and 3 are
 * always alike; arm 1 is as the scenario says. A run has 3 s or 30 s of time by the made-up clock.
 *
 * Prints per scenario and metric what was said of the arms that are alike, with the exact 95 %
 * interval (Clopper and Pearson) of the share of false calls, the same of arm 1, and what the runs
 * took.
 *
 * A study, not a test: it takes minutes and nothing is asserted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/controller/look.h"
#include "tests/statistics/series.h"

#define NR_ARMS	    4
#define OPERATIONS  50	   /* 0.5 ms of 10 us */
#define BETWEEN_NS  60000  /* epochs */
#define SETUP_NS    500000 /* an arm */
#define MIN_BLOCKS  8
#define INSTANCE_NS 40000000ULL
#define SET_UP	    0.009 /* spread of set-ups that are alike */

struct study {
	struct scenario scenario;
	double seconds;
};

/* What an arm shares with nobody (its own bursts, its own level) lasts over instances. */
static const struct study studies[] = {
	{ { .name = "alike, 3 s" }, 3 },
	{ { .name = "alike, 30 s" }, 30 },
	{ { .name = "heavy tail, 30 s", .pareto = 0.02 }, 30 },
	{ { .name = "common bursts, 30 s", .shared_share = 0.02, .shared_length = 40 }, 30 },
	{ { .name = "own bursts, 30 s", .own_share = 0.02, .own_length = 10 }, 30 },
	{ { .name = "wandering level, 30 s", .ar_shared = 0.2, .ar_own = 0.05 }, 30 },
	{ { .name = "drift, 30 s", .drift = 0.3 }, 30 },
	{ { .name = "1 in 200 +50 us, 30 s", .slow_one_in = 200, .slow_ns = 50000 }, 30 },
	{ { .name = "+5 %, 3 s", .shift = 1.05 }, 3 },
};

#define NR_STUDIES (sizeof(studies) / sizeof(studies[0]))

static struct suite_question question = { .name = "made up", .latency = true, .zone = 0.01 };

/* ---- one run --------------------------------------------------------------------------------- */

struct run {
	const struct study *study;
	struct session s;
	struct weather weather;
	double passed_ns;
};

struct pass {
	struct hist *all;
	double ns, value[OPERATIONS];
	int nr;
};

static void take(void *arg, double ns)
{
	struct pass *p = arg;

	hist_add(p->all, (uint64_t)ns);
	p->ns += ns;
	p->value[p->nr++] = ns;
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void one_pass(struct run *r, unsigned int arm, unsigned int block)
{
	struct session_part *part = r->s.place[arm].part;
	struct pass p = { .all = &part->hist };

	epoch(&r->study->scenario, &r->weather, (int)arm, r->passed_ns / 1e9 / r->study->seconds,
	      OPERATIONS, take, &p);
	qsort(p.value, OPERATIONS, sizeof(*p.value), rising);
	part->p50[block] = (p.value[OPERATIONS / 2 - 1] + p.value[OPERATIONS / 2]) / 2;
	part->pass[part->record.nr_passes++] = (struct record_pass){ .block = block,
								     .ns = (uint64_t)p.ns,
								     .iterations = OPERATIONS };
	r->passed_ns += p.ns + BETWEEN_NS;
}

/* As in instance.c: pairs of mirrored blocks, at least so many, until it is long enough. */
static void instance(struct run *r, void *memory)
{
	double begin = r->passed_ns;
	unsigned int first = (unsigned int)(next_random() % NR_ARMS);

	for (unsigned int i = 0; i < NR_ARMS; i++) {
		struct session_part *part = r->s.place[i].part;

		part->record = (struct record_part){ .pass = part->pass, .hist = &part->hist };
		hist_init(&part->hist, HIST_K_USER);
		for (unsigned int b = 0; b < SESSION_MAX_BLOCKS; b++)
			part->p50[b] = NAN;
		r->weather.set_up[i] = SET_UP * normal();
		if (session_is_active(&r->s, i))
			r->passed_ns += SETUP_NS + OPERATIONS * 10000;
	}
	for (unsigned int b = 0; b < SESSION_MAX_BLOCKS; b++) {
		if (b >= MIN_BLOCKS && b % 2 == 0 && r->passed_ns - begin >= INSTANCE_NS)
			break;
		for (unsigned int i = 0; i < NR_ARMS; i++) {
			unsigned int arm = (first + (b % 2 ? NR_ARMS - 1 - i : i)) % NR_ARMS;

			if (session_is_active(&r->s, arm))
				one_pass(r, arm, b);
		}
		first += b % 2;
	}
	if (look(&r->s, (uint64_t)(r->passed_ns - begin), memory))
		abort();
}

static uint64_t left_of(double all_ns, double passed_ns)
{
	return all_ns > passed_ns ? (uint64_t)(all_ns - passed_ns) : 0;
}

/* As in instance.c. */
static bool wants_more(struct run *r, unsigned int nr, void *memory)
{
	double time_ns = r->study->seconds * 1e9, hard_ns = 5 * time_ns + 1e9;
	struct look_left left = { .medians_ns = left_of(time_ns, r->passed_ns),
				  .tails_ns = left_of(time_ns, r->passed_ns),
				  .calls_ns = left_of(hard_ns, r->passed_ns),
				  .least_ns = INSTANCE_NS };

	if (nr >= JUDGE_MIN_INSTANCES)
		return look_plan(&r->s, &left, memory);
	return !look_all_decided(&r->s);
}

static void run(struct run *r, const struct study *study, void *memory)
{
	*r = (struct run){ .study = study, .weather = weather_init(&study->scenario) };
	r->s = (struct session){ .q = &question, .nr = NR_ARMS, .nr_left = NR_ARMS };
	r->s.place = calloc(NR_ARMS, sizeof(*r->s.place));
	for (unsigned int i = 0; r->s.place && i < NR_ARMS; i++)
		r->s.place[i].part = calloc(1, sizeof(*r->s.place[i].part));
	if (!r->s.place || !r->s.place[NR_ARMS - 1].part)
		abort();
	for (unsigned int nr = 0; wants_more(r, nr, memory); nr++)
		instance(r, memory);
}

static void run_free(struct run *r)
{
	look_free(&r->s);
	for (unsigned int i = 0; i < NR_ARMS; i++)
		free(r->s.place[i].part);
	free(r->s.place);
}

/* ---- what was said --------------------------------------------------------------------------- */

struct tally {
	int nr, equivalent, slower, faster;
};

static void count(struct tally *t, enum verdict v)
{
	t->nr++;
	t->equivalent += v == VERDICT_EQUIVALENT;
	t->slower += v == VERDICT_SLOWER;
	t->faster += v == VERDICT_FASTER;
}

/* Probability of @k or fewer of @n at @p. */
static double at_most(int k, int n, double p)
{
	double sum = 0;

	for (int i = 0; i <= k; i++)
		sum += exp(lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) +
			   (n - i) * log1p(-p));
	return sum;
}

/* The p at which @k or fewer of @n have the probability @wanted; it falls as p rises. */
static double solve(int k, int n, double probability)
{
	double lo = 0, hi = 1;

	for (int i = 0; i < 50; i++) {
		double mid = (lo + hi) / 2;

		if (at_most(k, n, mid) > probability)
			lo = mid;
		else
			hi = mid;
	}
	return hi;
}

static void share(const char *what, int k, int n)
{
	double lo = k ? solve(k - 1, n, 0.975) : 0, hi = k < n ? solve(k, n, 0.025) : 1;

	printf("  %s %5.1f %% [%.1f, %.1f]", what, 100. * k / n, 100 * lo, 100 * hi);
}

static void study_one(const struct study *st, int trials, void *memory)
{
	struct tally alike[NR_JUDGE_METRICS] = { 0 }, changed[NR_JUDGE_METRICS] = { 0 };
	bool differs = st->scenario.slow_one_in > 0 || st->scenario.shift > 0;
	int seen = 0;
	double ns = 0;
	struct run r;

	for (int i = 0; i < trials; i++) {
		enum verdict of_1[NR_JUDGE_METRICS];

		run(&r, st, memory);
		ns += r.passed_ns;
		for (unsigned int arm = 1; arm < NR_ARMS; arm++) {
			for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++) {
				const struct place *p = &r.s.place[arm];
				double zone = judge_zone(m, question.zone);
				enum verdict v =
					looks_judge(m, p->instance, p->nr_instances, zone, memory)
						.verdict;

				count(arm == 1 && differs ? &changed[m] : &alike[m], v);
				if (arm == 1)
					of_1[m] = v;
			}
		}
		seen += of_1[JUDGE_MEAN] == VERDICT_SLOWER || of_1[JUDGE_P999] == VERDICT_SLOWER;
		run_free(&r);
	}
	printf("%s: %d runs, %.1f s each\n", st->scenario.name, trials, ns / 1e9 / trials);
	for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++) {
		const struct tally *t = &alike[m];

		printf("  %-6s alike: %d", judge_metric_name(m), t->nr);
		share("equivalent", t->equivalent, t->nr);
		share("called", t->slower + t->faster, t->nr);
		t = &changed[m];
		if (t->nr) {
			printf("  arm 1:");
			share("slower", t->slower, t->nr);
			share("equivalent", t->equivalent, t->nr);
		}
		putchar('\n');
	}
	if (differs) {
		printf("  arm 1:");
		share("slower in the mean or p99.9", seen, trials);
		putchar('\n');
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int trials = argc > 1 ? atoi(argv[1]) : 0;
	void *memory = malloc(judge_memory(SESSION_MAX_LOOK));

	if (argc < 3 || trials < 1 || !memory) {
		fprintf(stderr, "usage: leaving TRIALS SEED [SCENARIO]\n");
		return 2;
	}
	start_random(strtoull(argv[2], NULL, 0));
	for (size_t i = 0; i < NR_STUDIES; i++)
		if (argc < 4 || !strcmp(argv[3], studies[i].scenario.name))
			study_one(&studies[i], trials, memory);
	free(memory);
	return 0;
}
