// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is in the next instance: made-up instances of arms whose medians and tails are as a test says,
 * and what the plan makes of them with the time that is left.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/controller/look.h"

#define NR_ARMS	   4 /* the first is the baseline */
#define NR_BLOCKS  8
#define OPERATIONS 600 /* of an arm in an instance */
#define MS	   1000000ULL
#define S	   (1000 * MS)

struct arm {
	double ratio;  /* of all its operations */
	double spread; /* of its instances */
	double slow;   /* share of its operations that take ten times as long */
};

static struct suite_question q = { .name = "made up", .latency = true, .zone = 0.01 };
static struct measure_opts opts;
static struct session s;
static void *memory;
static uint64_t seed;

static double uniform(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((double)(seed >> 11) + 0.5) * 0x1p-53;
}

static double gauss(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static void begin(void)
{
	seed = 5;
	q.latency = true;
	s = (struct session){ .q = &q, .o = &opts, .nr = NR_ARMS, .nr_left = NR_ARMS };
	s.place = calloc(NR_ARMS, sizeof(*s.place));
	memory = malloc(judge_memory(SESSION_MAX_LOOK));
	cr_assert(s.place && memory);
	for (unsigned int i = 0; i < NR_ARMS; i++) {
		s.place[i].part = calloc(1, sizeof(*s.place[i].part));
		cr_assert_not_null(s.place[i].part);
		s.place[i].against = i ? 0 : -1;
		s.place[i].partner = -1;
	}
}

static void end(void)
{
	look_free(&s);
	for (unsigned int i = 0; i < NR_ARMS; i++)
		free(s.place[i].part);
	free(s.place);
	free(memory);
}

TestSuite(controller_look, .init = begin, .fini = end, .timeout = 60);

static void measure(unsigned int i, const struct arm *arm)
{
	struct session_part *part = s.place[i].part;
	double level = arm->ratio * exp(arm->spread * gauss());

	part->record = (struct record_part){ .pass = part->pass, .hist = &part->hist };
	hist_init(&part->hist, HIST_K_USER);
	for (unsigned int b = 0; b < SESSION_MAX_BLOCKS; b++)
		part->p50[b] = NAN;
	if (!session_is_active(&s, i))
		return;
	for (unsigned int b = 0; b < NR_BLOCKS; b++) {
		part->p50[b] = 10000 * level * exp(0.002 * gauss());
		part->pass[part->record.nr_passes++] =
			(struct record_pass){ .block = b, .ns = MS, .iterations = 100 };
	}
	for (int n = 0; n < OPERATIONS; n++) {
		double ns = 10000 * level * exp(0.05 * gauss());

		hist_add(&part->hist, (uint64_t)(uniform() < arm->slow ? 10 * ns : ns));
	}
}

/* An instance, in which each arm that is in takes 10 ms. */
static void instance(const struct arm *arm)
{
	uint64_t wall = 0;

	for (unsigned int i = 0; i < NR_ARMS; i++) {
		wall += session_is_active(&s, i) ? 10 * MS : 0;
		measure(i, &arm[i]);
	}
	s.number++;
	cr_assert_eq(look(&s, wall, memory), 0);
}

static bool plan(uint64_t medians_ns, uint64_t tails_ns, uint64_t calls_ns)
{
	struct look_left left = { medians_ns, tails_ns, calls_ns, MS };

	return look_plan(&s, &left, memory);
}

/* "0-2-": the places of those that are in the next instance */
static const char *in(void)
{
	static char text[NR_ARMS + 1];

	for (unsigned int i = 0; i < NR_ARMS; i++)
		text[i] = session_is_active(&s, i) ? '0' + (char)i : '-';
	return text;
}

static const struct arm alike[NR_ARMS] = {
	{ 1, 0.001, 0.02 }, { 1, 0.001, 0.02 }, { 1, 0.001, 0.02 }, { 1, 0.001, 0.02 }
};

Test(controller_look, a_decided_arm_rests_while_others_are_open)
{
	struct arm arms[NR_ARMS];

	memcpy(arms, alike, sizeof(arms));
	arms[2] = (struct arm){ 1.012, 0.02, 0.02 }; /* for long */
	for (int n = 0; n < 8; n++) {
		cr_expect_str_eq(in(), "0123", "%d", n);
		instance(arms);
	}
	cr_expect(plan(60 * S, 60 * S, 60 * S));
	cr_expect_str_eq(in(), "0-2-", "its tails could be decided, but a median comes first");
	cr_expect(s.place[1].decided && s.place[3].decided);
}

Test(controller_look, with_all_medians_decided_tails_have_the_time_that_is_left)
{
	int n;

	for (n = 0; n < 8; n++)
		instance(alike);
	cr_expect(look_all_decided(&s));
	cr_expect_str_eq(in(), "0---");
	cr_expect(plan(20 * S, 20 * S, 20 * S));
	cr_expect_str_eq(in(), "0123");
	for (; n < 1000 && plan(60 * S, 60 * S, 60 * S); n++)
		instance(alike);
	cr_expect(n > 8 && n < 1000, "ends when they are decided: %d", n);
	for (unsigned int i = 1; i < NR_ARMS; i++) {
		const struct place *p = &s.place[i];

		for (enum judge_metric m = JUDGE_P99; m < NR_JUDGE_METRICS; m++)
			cr_expect(p->wanted[m] == 0, "%u %s: %g of %zu", i, judge_metric_name(m),
				  p->wanted[m], p->nr_instances);
	}
}

Test(controller_look, what_cannot_be_decided_in_time_is_not_measured)
{
	for (int n = 0; n < 8; n++)
		instance(alike);
	cr_expect_not(plan(20 * S, 5 * MS, 20 * S), "far less than an instance of two arms takes");
	cr_expect_not(plan(20 * S, 0, 20 * S), "none is meant for them");
	cr_expect_not(plan(0, 0, 20 * S), "and it is over");
}

/* 10 ms an arm and instance: what is near must not wait for what is far. Three times the time is no hope. */
Test(controller_look, the_nearest_come_first)
{
	static const double further[NR_ARMS] = { 0, 11, 400, 11 };

	for (int n = 0; n < 19; n++) {
		instance(alike);
		for (unsigned int i = 0; i < NR_ARMS; i++)
			s.place[i].rests = false;
	}
	cr_assert(look_all_decided(&s));
	cr_expect(plan(60 * S, 60 * S, 60 * S));
	for (unsigned int i = 1; i < NR_ARMS; i++)
		for (enum judge_metric m = JUDGE_MEAN; m < NR_JUDGE_METRICS; m++)
			s.place[i].wanted[m] = 19 + further[i];

	cr_expect(plan(60 * S, 20 * S, 60 * S));
	cr_expect_str_eq(in(), "0123");
	/* Enough for the far one alone. */
	cr_expect(plan(60 * S, 5 * S, 60 * S));
	cr_expect_str_eq(in(), "01-3");
	cr_expect(plan(60 * S, 100 * MS, 60 * S), "time for one more beside the baseline");
	cr_expect_str_eq(in(), "01--");
	cr_expect_not(plan(60 * S, 70 * MS, 60 * S));
}

/* An arm whose median takes days does not keep the others from their tails. */
Test(controller_look, a_hopeless_median_has_no_priority)
{
	struct arm arms[NR_ARMS];

	memcpy(arms, alike, sizeof(arms));
	arms[3] = (struct arm){ 1.01, 0.3, 0.02 };
	for (int n = 0; n < 12; n++) {
		instance(arms);
		cr_expect_not(s.place[3].decided);
	}
	cr_expect(plan(4 * S, 4 * S, 4 * S));
	cr_expect_str_eq(in(), "0123", "it stays in, since nothing is lost by that");
	cr_expect(plan(4 * S, 0, 4 * S));
	cr_expect_str_eq(in(), "0--3", "also when there is no time for tails");
}

/* A slower arm is called at eight, and confirmed by eight more: that it waits for, and nobody else. */
Test(controller_look, a_call_that_waits_has_a_little_more_time)
{
	struct arm arms[NR_ARMS];
	int n;

	memcpy(arms, alike, sizeof(arms));
	arms[1].ratio = 1.1;
	arms[2] = (struct arm){ 1.01, 0.05, 0.02 }; /* open */
	for (n = 0; n < 10; n++)
		instance(arms);
	cr_expect_not(plan(0, 0, 0));
	cr_expect(plan(0, 0, S));
	cr_expect_str_eq(in(), "01--");
	for (; plan(0, 0, S); n++)
		instance(arms);
	cr_expect_eq(n, 16, "%d", n);
	cr_expect_eq(s.place[1].looks.verdict, VERDICT_SLOWER);
}

Test(controller_look, a_call_of_tails_is_confirmed_as_well)
{
	struct arm arms[NR_ARMS];
	struct looks p99;
	int n;

	memcpy(arms, alike, sizeof(arms));
	for (unsigned int i = 0; i < NR_ARMS; i++)
		arms[i].slow = i == 1 ? 0.03 : 0.001;
	for (n = 0; n < 8; n++)
		instance(arms);
	for (; n < 1000 && plan(60 * S, 60 * S, 60 * S); n++)
		instance(arms);
	p99 = looks_of(JUDGE_P99, s.place[1].instance, s.place[1].nr_instances, JUDGE_ZONE_P99,
		       memory);
	cr_expect(p99.decided && p99.verdict == VERDICT_SLOWER);
	cr_expect_geq(s.place[1].nr_instances, 16, "a call and its confirmation");
}

/* Its epochs of that instance stand in the record, where the report finds them. */
Test(controller_look, the_instance_in_which_an_arm_is_given_up_counts)
{
	instance(alike);
	for (unsigned int i = 0; i < NR_ARMS; i++)
		measure(i, &alike[i]);
	s.place[2].given_up = true;
	cr_assert_eq(look(&s, 40 * MS, memory), 0);
	cr_expect_eq(s.place[2].nr_instances, 2);
	instance(alike);
	cr_expect_eq(s.place[2].nr_instances, 2, "it is in no later one");
	cr_expect_eq(s.place[1].nr_instances, 3);
}

/* In mode "time" there is the mean beside the median, and no tail. */
Test(controller_look, mode_time_has_no_tails)
{
	int n;

	q.latency = false;
	for (n = 0; n < 8; n++)
		instance(alike);
	for (; n < 1000 && plan(20 * S, 20 * S, 20 * S); n++)
		instance(alike);
	cr_expect(n < 1000);
	for (unsigned int i = 1; i < NR_ARMS; i++) {
		cr_expect_eq(s.place[i].instance[0].b->tail.nr_buckets, 0);
		cr_expect_eq(s.place[i].more_looks[JUDGE_P99].nr, 0);
		cr_expect_gt(s.place[i].more_looks[JUDGE_MEAN].nr, 0);
	}
}

/* As before there were looks: nothing to compare, and all the time there is. */
Test(controller_look, without_a_baseline_the_time_decides)
{
	for (unsigned int i = 0; i < NR_ARMS; i++)
		s.place[i].against = -1;
	for (int n = 0; n < 40; n++)
		instance(alike);
	cr_expect(plan(1, 0, 0));
	cr_expect_str_eq(in(), "0123");
	cr_expect_not(plan(0, 0, 60 * S));
}
