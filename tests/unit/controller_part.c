// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an epoch leaves: the controller judges the very numbers that the report will find.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "bench/controller/instance.h"

static struct suite_question q = { .name = "made up" };
static struct session s = { .q = &q };
static struct place *p;

static void begin(void)
{
	p = calloc(1, sizeof(*p));
	cr_assert_not_null(p);
	p->part = calloc(1, sizeof(*p->part));
	cr_assert_not_null(p->part);
	part_begin(p);
	hist_init(&p->answer.hist, HIST_K_USER);
	p->answer.start_ns = 1000;
	p->answer.end_ns = 1000 + 1000003;
	p->answer.iterations = 7;
}

static void end(void)
{
	free(p->part);
	free(p);
}

TestSuite(controller_part, .init = begin, .fini = end);

/* The record's own p50 of it is rounded, and the report does not look at that. */
Test(controller_part, time_per_iteration_is_judged_as_exactly_as_it_is_recorded)
{
	q.latency = false;
	cr_assert(part_keep_pass(&s, p, 3));
	cr_expect_eq(p->part->pass[0].ns, 1000003);
	cr_expect_eq(p->part->pass[0].iterations, 7);
	cr_expect_eq(p->part->p50[3], 1000003.0 / 7);
}

Test(controller_part, a_median_is_judged_as_it_is_rounded_in_the_record)
{
	q.latency = true;
	for (uint64_t ns = 100000; ns < 100400; ns++)
		hist_add(&p->answer.hist, ns);
	cr_assert(part_keep_pass(&s, p, 3));
	cr_expect_eq(p->part->p50[3], p->part->pass[0].p50);
}
