// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second measuring of two sides: what the controller says of it in the end is what the report
 * will say of the same instances, whenever it ends.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "bench/controller/again.h"

#define NR_FIRST 12
#define MAX_NR	 100

static struct suite_question q = { .name = "made up", .zone = 0.01 };
static struct measure_opts opts;
static struct session s;
static struct place *old, *new;
static void *memory;
static double ratio[MAX_NR];
static const struct judge_sample nothing; /* of the mean */
static uint64_t seed;

static double uniform(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((double)(seed >> 11) + 0.5) * 0x1p-53;
}

static void begin_one(void)
{
	s = (struct session){ .q = &q, .o = &opts, .nr = 2, .nr_left = 2, .nr_sides = 2 };
	s.place = calloc(2, sizeof(*s.place));
	cr_assert_not_null(s.place);
	old = &s.place[0];
	new = &s.place[1];
	*old = (struct place){ .name = "arm (old)", .against = -1, .partner = 1 };
	*new = (struct place){ .name = "arm (new)", .side = 1, .against = 0, .partner = 0 };
}

static void begin(void)
{
	memory = malloc(judge_memory(MAX_NR));
	cr_assert_not_null(memory);
	begin_one();
}

static void end(void)
{
	free(s.place);
	free(memory);
}

TestSuite(controller_again, .init = begin, .fini = end, .timeout = 60);

/* An instance of one pair. */
static void add(double of)
{
	ratio[new->nr_instances] = log(of);
	new->instance[new->nr_instances] = (struct judge_instance){
		.a = &nothing, .b = &nothing, .nr_pairs = 1, .log_ratio = &ratio[new->nr_instances]
	};
	new->nr_instances++;
}

/* The first measuring called its p50 slower. */
static void call(void)
{
	for (int i = 0; i < NR_FIRST; i++)
		add(1.1);
	again_flag(&s, memory);
	new->called[JUDGE_P50] = VERDICT_SLOWER;
	new->called[JUDGE_MEAN] = VERDICT_INCONCLUSIVE;
	s.confidence = looks_recheck_confidence(1);
	again_begin(&s);
}

static void measure(double of)
{
	add(of);
	again_look(&s, memory);
}

/* Three that say the opposite: too many for 16, not for 22. */
static void measure_three_odd_ones(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		measure(i == 3 || i == 8 || i == 13 ? 0.9 : 1.1);
}

Test(controller_again, it_ends_between_two_looks_and_all_of_it_counts)
{
	call();
	cr_assert_eq(looks_recheck_instances(s.confidence), 16);
	measure_three_odd_ones(22);
	cr_expect_eq(again_says(new), VERDICT_INCONCLUSIVE, "it was not, of 16");
	again_end(&s, memory);
	cr_expect_eq(again_says(new), VERDICT_SLOWER);
}

Test(controller_again, what_an_arm_did_before_it_was_given_up_counts)
{
	call();
	measure_three_odd_ones(22);
	new->given_up = old->given_up = true;
	again_end(&s, memory);
	cr_expect_eq(again_says(new), VERDICT_SLOWER);
}

/* Whatever was measured, and however long. */
Test(controller_again, the_end_says_what_the_report_will)
{
	unsigned int confirmed = 0, nr = 400;

	for (seed = 1; seed <= nr; seed++) {
		uint64_t kept = seed;
		unsigned int fresh = 1 + (unsigned int)(40 * uniform());
		double shift = 0.03 * uniform();
		bool report;

		free(s.place);
		begin_one();
		call();
		for (int i = 0; i < NR_FIRST; i++)
			ratio[i] = shift + 0.06 * (uniform() - 0.5);
		for (unsigned int i = 0; i < fresh && !again_is_over(&s); i++)
			measure(exp(shift + 0.06 * (uniform() - 0.5)));
		again_end(&s, memory);
		report = looks_confirmed(JUDGE_P50, new->instance, new->nr_first, new->nr_instances,
					 VERDICT_SLOWER, q.zone, s.confidence, memory);
		cr_assert_eq(again_says(new) == VERDICT_SLOWER, report, "seed %u, %u fresh",
			     (unsigned int)kept, fresh);
		confirmed += report;
		seed = kept;
	}
	cr_expect(confirmed > 50 && confirmed < nr - 50, "%u of %u", confirmed, nr);
}
