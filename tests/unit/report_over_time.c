// SPDX-License-Identifier: GPL-2.0-only
/* report_over_time: when instances and blocks were, what an arm did in each, and which were noisy */
#include "tests/unit/report_records.h"

#include <math.h>

TestSuite(report_over_time, .init = begin, .fini = finish, .timeout = 60);

static const struct report_result *arm(const struct report *r, const char *name)
{
	for (size_t i = 0; i < r->nr_results; i++)
		if (!strcmp(r->result[i].name, name))
			return &r->result[i];
	cr_assert_fail("no arm %s", name);
	return NULL;
}

/* Two passes of an arm from @at_ns on, of ten operations of @ns each, and what they took. */
static json_t *part(const char *name, uint64_t at_ns, uint64_t ns, uint64_t batch)
{
	static struct hist h;

	hist_init(&h, HIST_K_USER);
	for (size_t i = 0; i < 20; i++)
		hist_add(&h, ns * batch);
	return json_pack("{s:s, s:[[i,I,I,I,f],[i,I,I,I,f]], s:o}", "arm", name, "passes", 0,
			 (json_int_t)at_ns, (json_int_t)(10 * ns), (json_int_t)10,
			 (double)(ns * batch), 1, (json_int_t)(at_ns + 20 * ns),
			 (json_int_t)(10 * ns), (json_int_t)10, (double)(ns * batch), "hist",
			 hist_to_json(&h));
}

static void instance(int number, uint64_t at_ns, uint64_t batch, double foreign)
{
	emit(json_pack("{s:s, s:s, s:i, s:I, s:[o,o], s:{s:f, s:f, s:I}}", "type", "instance",
		       "question", "q", "instance", number, "batch", (json_int_t)batch, "parts",
		       part("old", at_ns, 1000, batch), part("new", at_ns + 10000, 2000, batch),
		       "noise", "steal", 0.0, "foreign", foreign, "wall_ns",
		       (json_int_t)500000000));
}

Test(report_over_time, passes_parts_and_instances_have_their_times)
{
	const struct report_question *q;
	const struct report_part *p;
	struct report *r;

	question("q", "latency");
	instance(0, 5000, 1, 0);
	instance(1, 905000, 1, 0);
	r = read_back();
	q = &r->question[0];
	p = &arm(r, "new")->part[1];

	cr_assert_eq(q->nr_parts, 2);
	cr_assert_eq(p->at, 1);
	cr_assert_eq(p->nr_passes, 2);
	cr_expect_eq(p->pass[1].start_ns, 915000 + 40000);
	cr_expect_eq(p->pass[1].ns, 20000);
	cr_expect_eq(p->pass[1].iterations, 10);
	cr_expect_eq(p->start_ns, 915000);
	cr_expect_eq(p->end_ns, 915000 + 60000);
	cr_expect_eq(q->stretch[1].from_ns, 905000, "of the arm that was first");
	cr_expect_eq(q->stretch[1].to_ns, 975000);
	cr_expect_eq(q->stretch[1].at_ns, 900000);
	cr_expect_eq(q->from_ns, 5000);
	cr_expect_eq(q->to_ns, 975000);
	cr_expect_eq(q->span_ns, 970000);
	report_free(r);
}

Test(report_over_time, blocks_and_mode_time_have_theirs)
{
	const struct report_part *p;
	struct report *r;

	question("q", "time");
	for (int i = 0; i < 3; i++) {
		json_t *old = epoch("old", 100, 50), *new = i == 1 ? NULL : epoch("new", 200, 50);

		block("q", i == 1, old, new, 0);
	}
	r = read_back();
	p = &arm(r, "new")->part[1];

	cr_assert_eq(r->question[0].nr_parts, 2);
	cr_assert_eq(p->nr_passes, 1);
	cr_expect_eq(p->pass[0].start_ns, p->start_ns);
	cr_expect_eq(p->pass[0].ns, 200 * 50);
	cr_expect_eq(p->pass[0].iterations, 50);
	/* Before it 2.5 * 10 us, with a traced block of 5 us between, and the other arm. */
	cr_expect_eq(p->start_ns, 1000 + 15000 + 5000 + 5000);
	cr_expect_eq(r->question[0].stretch[1].at_ns, 20000);
	cr_expect_eq(r->question[0].span_ns, 35000);
	cr_expect(isnan(report_part_quantile(p, 1, 0.5)), "it has no distribution");
	report_free(r);
}

/* The clocks of two boots have nothing in common. */
Test(report_over_time, runs_follow_one_another_on_the_axis)
{
	const struct report_question *q;
	struct report *r;

	environment("host", "6.1");
	question("q", "latency");
	instance(0, 900000000, 1, 0);
	instance(1, 900100000, 1, 0);
	end("complete");
	header("00000000-0000-4000-8000-00000000000b", 1);
	environment("host", "6.1");
	question("q", "latency");
	instance(0, 5000, 1, 0);
	end("complete");
	r = read_back();
	q = &r->question[0];

	cr_assert_eq(r->nr_questions, 1, "they are pooled");
	cr_assert_eq(q->nr_parts, 3);
	cr_expect_eq(q->stretch[0].run, 0);
	cr_expect_eq(q->stretch[2].run, 1);
	cr_expect_eq(q->stretch[1].at_ns, 100000);
	cr_expect_eq(q->stretch[2].at_ns, 170000);
	cr_expect_eq(q->span_ns, 240000);
	cr_expect_eq(q->from_ns, 0, "there is no one clock");
	cr_expect_eq(q->to_ns, 0);
	report_free(r);
}

/* Each instance is a window of half a second here, and a traced block is one between them. */
Test(report_over_time, a_noisy_half_second_marks_its_instances)
{
	static const bool noisy[] = { false, false, true, false };
	struct report *r;

	question("q", "latency");
	for (int i = 0; i < 4; i++) {
		instance(i, 1000000 * ((uint64_t)i + 1), 1, noisy[i] ? 1.5 : 0);
		if (i == 1)
			emit(json_pack("{s:s, s:s, s:b, s:[], s:{s:f, s:f, s:I}}", "type", "block",
				       "question", "q", "traced", 1, "epochs", "noise", "steal",
				       0.0, "foreign", 1.9, "wall_ns", (json_int_t)600000000));
	}
	r = read_back();

	cr_assert_eq(r->question[0].nr_parts, 4);
	cr_expect_eq(r->question[0].noise.nr_noisy, 2);
	for (size_t i = 0; i < 4; i++) {
		const struct report_stretch *s = &r->question[0].stretch[i];

		cr_expect_eq(s->noisy, noisy[i], "number %zu", i);
		cr_expect_eq(s->foreign, noisy[i] ? 1.5 : 0, "number %zu", i);
	}
	report_free(r);
}

Test(report_over_time, the_distribution_of_a_part_is_whole)
{
	static double bucket[COARSE_NR];
	const struct report_result *a;
	struct report *r;
	double sum = 0;

	question("q", "latency");
	instance(0, 5000, 64, 0);
	instance(1, 105000, 64, 0);
	r = read_back();
	a = arm(r, "new");
	for (size_t i = 0; i < a->nr_parts; i++)
		report_part_coarse(&a->part[i], bucket);

	cr_expect_float_eq(a->part[1].pass[1].p50, 2000, 1e-9, "of one operation");
	cr_expect_float_eq(report_part_quantile(&a->part[1], a->unit, 0.5), 2000, 2000 / 128.0);
	cr_expect_float_eq(report_part_quantile(&a->part[1], a->unit, 1), 2000, 2000 / 128.0);
	for (uint32_t i = 0; i < COARSE_NR; i++) {
		sum += bucket[i];
		if (bucket[i] == 0)
			continue;
		cr_expect_leq((double)coarse_low(i) * a->unit, 2000);
		cr_expect_gt((double)coarse_low(i + 1) * a->unit, 2000);
	}
	cr_expect_eq(sum, 40);
	report_free(r);
}

/* Both ends of a bucket, of every bucket of a histogram */
Test(report_over_time, a_fine_bucket_lies_in_one_coarse_bucket)
{
	static const uint32_t ks[] = { COARSE_K, HIST_K_BPF, HIST_K_USER };

	for (size_t n = 0; n < sizeof(ks) / sizeof(ks[0]); n++)
		for (uint32_t i = 0; i < HIST_NR_BUCKETS(ks[n]); i++) {
			uint32_t at = coarse_index(i, ks[n]);

			cr_assert_lt(at, COARSE_NR);
			cr_assert_leq(coarse_low(at), hist_low(i, ks[n]));
			cr_assert_geq(coarse_low(at + 1), hist_low(i + 1, ks[n]));
		}
}
