// SPDX-License-Identifier: GPL-2.0-only
/* report: instances, what is judged of them, and that no row contradicts its verdict */
#include "tests/unit/report_records.h"

#include <math.h>

TestSuite(report_instances, .init = begin, .fini = finish, .timeout = 60);

#define NR_PAIRS 4
#define PER	 25

/* An arm's operations in an instance: NR_PAIRS passes of PER. */
struct made {
	struct record_pass pass[NR_PAIRS];
	struct hist hist;
	struct record_part part;
};

static struct made made[2];

/*
 * Operations of about @ns each, one in @one_in (0: none) ten times as long; in units of 1 / @batch
 * ns.
 */
static const struct record_part *make_part(struct made *m, const char *arm, double ns,
					   size_t one_in, uint64_t batch)
{
	static size_t number;

	hist_init(&m->hist, HIST_K_USER);
	for (size_t p = 0; p < NR_PAIRS; p++) {
		m->pass[p] = (struct record_pass){ .block = p,
						   .start_ns = clock_ns,
						   .iterations = PER * batch,
						   .p50 = ns * (double)batch };
		for (size_t i = 0; i < PER; i++) {
			double v = ns * (double)batch * (1 + 0.001 * (double)(number % 7));

			if (one_in && number % one_in == 0)
				v *= 10;
			hist_add(&m->hist, (uint64_t)v);
			m->pass[p].ns += (uint64_t)v;
			number++;
		}
		clock_ns += m->pass[p].ns;
	}
	m->part = (struct record_part){ .arm = arm,
					.nr_passes = NR_PAIRS,
					.pass = m->pass,
					.cpu_ns = 1000,
					.nr_counters = 1,
					.counter = { { "calls", 3 } },
					.nr_losses = 1,
					.loss = { { "impossible", 1 } },
					.hist = &m->hist };
	return &m->part;
}

/* @new NULL: it is decided, and in no later instance */
static void instance(const char *name, uint64_t batch, const struct record_part *old,
		     const struct record_part *new)
{
	struct record_part parts[2] = { *old };
	struct record_instance in = {
		.question = name,
		.batch = batch,
		.nr_parts = 1,
		.part = parts,
		.noise = { .steal = 0, .psi_cpu = NAN, .canary_ns = 1000 },
	};
	struct record_writer *w;

	if (new)
		parts[in.nr_parts++] = *new;
	fflush(out);
	cr_assert_eq(record_stream(&w, dup(fileno(out))), 0);
	cr_assert_eq(record_write_instance(w, &in), 0);
	cr_assert_eq(record_close(w), 0);
}

static const struct report_comparison *comparison(const struct report *r, enum judge_metric m)
{
	for (size_t i = 0; i < r->nr_comparisons; i++)
		if (r->comparison[i].j.metric == m)
			return &r->comparison[i];
	cr_assert_fail("no comparison of %s", judge_metric_name(m));
	return NULL;
}

/* A little of its own for each instance, so that no two agree. */
static double level(int i, double ns)
{
	return (double)wobble(i, (uint64_t)(ns * 1000)) / 1000;
}

Test(report_instances, are_added_up_and_judged)
{
	struct report *r;

	question("q", "latency");
	for (int i = 0; i < 16; i++)
		instance("q", 1, make_part(&made[0], "old", level(i, 10000), 0, 1),
			 make_part(&made[1], "new", level(i + 1, 10500), 0, 1));
	end("complete");
	r = read_back();

	cr_assert_eq(r->nr_results, 2);
	cr_expect_eq(r->nr_drops, 0);
	cr_expect_eq(r->question[0].nr_instances, 16);
	cr_expect_eq(r->question[0].nr_blocks, 0);
	cr_expect_eq(r->result[0].stats.count, 16 * NR_PAIRS * PER);
	cr_expect_eq(r->result[0].iterations, 16 * NR_PAIRS * PER);
	cr_expect_eq(r->result[0].cpu_ns, 16000);
	cr_expect_eq(r->result[0].counter[0].value, 48);
	cr_expect_eq(r->result[0].loss[0].value, 16);
	cr_assert_eq(r->nr_comparisons, NR_JUDGE_METRICS);
	for (int m = 0; m < JUDGE_P999; m++) {
		const struct report_comparison *c = comparison(r, (enum judge_metric)m);

		cr_expect_eq(c->j.nr, 16);
		cr_expect_not(c->of_blocks);
		cr_expect(fabs(c->j.ratio - 1.05) < 0.01, "%s: %g", judge_metric_name(m),
			  c->j.ratio);
		cr_expect_not(c->apart);
	}
	cr_expect_eq(comparison(r, JUDGE_P50)->j.verdict, VERDICT_SLOWER);
	cr_expect_eq(comparison(r, JUDGE_MEAN)->j.verdict, VERDICT_SLOWER);
	cr_expect_eq(comparison(r, JUDGE_P50)->j.zone, 0.01);
	cr_expect_eq(comparison(r, JUDGE_P99)->j.zone, JUDGE_ZONE_P99);
	cr_expect_eq(comparison(r, JUDGE_P999)->j.zone, JUDGE_ZONE_P999);
	cr_expect_eq(comparison(r, JUDGE_P999)->j.reason, JUDGE_FEW_VALUES);
	report_free(r);
}

/* More than half of all operations are ten times as long, but not of a typical pass. */
Test(report_instances, a_row_says_why_its_figures_say_something_else)
{
	const struct report_comparison *c;
	struct report *r;
	char *text, *page;

	question("q", "latency");
	for (int i = 0; i < 24; i++)
		instance("q", 1, make_part(&made[0], "old", level(i, 10000), 0, 1),
			 make_part(&made[1], "new", level(i + 1, 10000), i % 3 ? 2 : 1, 1));
	r = read_back();
	c = comparison(r, JUDGE_P50);
	cr_expect_eq(c->j.verdict, VERDICT_EQUIVALENT, "%s, %g", judge_reason_name(c->j.reason),
		     c->j.ratio);
	cr_expect_gt(c->shown, 2);
	cr_expect(c->apart);
	cr_expect_eq(comparison(r, JUDGE_MEAN)->j.verdict, VERDICT_SLOWER);
	text = rendered(r, as_text);
	page = rendered(r, report_html);
	cr_expect(strstr(text, "p50: typical 1.0"), "%s", text);
	cr_expect(strstr(text, "slow operations come in bursts"), "%s", text);
	cr_expect(strstr(page, "slow operations come in bursts"));
	free(text);
	free(page);
	report_free(r);
}

Test(report_instances, a_few_bursts_decide_nothing_and_are_counted)
{
	const struct report_comparison *c;
	struct report *r;
	char *text, *json;

	question("q", "latency");
	for (int i = 0; i < 48; i++)
		instance("q", 1, make_part(&made[0], "old", level(i, 10000), 0, 1),
			 make_part(&made[1], "new", level(i + 1, 10000), i % 16 ? 0 : 2, 1));
	r = read_back();
	c = comparison(r, JUDGE_P99);
	cr_expect_eq(c->j.reason, JUDGE_FEW_BURSTS);
	cr_expect(fabs(c->j.bursts - 3) < 0.5, "%g", c->j.bursts);
	/* 3 of 10: another 7/3 of what 2 x 48 x 100 operations of 10 us took, and the slow ones. */
	cr_expect(c->more_s > 0.2 && c->more_s < 0.35, "%g", c->more_s);
	text = rendered(r, as_text);
	json = rendered(r, report_json);
	cr_expect(strstr(text,
			 "inconclusive, slow operations came in about 3 bursts, about 1 s more"),
		  "%s", text);
	cr_expect(strstr(json, "\"few_bursts\""));
	free(text);
	free(json);
	report_free(r);
}

/* 16.25 ns and 16.4 ns: values of 64 operations together, figures of single ones */
Test(report_instances, batches_keep_fractions_of_a_nanosecond)
{
	struct report *r;

	question("q", "latency");
	for (int i = 0; i < 12; i++)
		instance("q", 64, make_part(&made[0], "old", level(i, 16.25), 0, 64),
			 make_part(&made[1], "new", level(i + 1, 16.6), 0, 64));
	r = read_back();
	cr_expect(fabs(r->result[0].stats.p50 - 16.3) < 0.15, "%g", r->result[0].stats.p50);
	cr_expect(fabs(r->result[1].stats.mean - 16.65) < 0.1, "%g", r->result[1].stats.mean);
	cr_expect(fabs(report_quantile(&r->result[0], 0.5) - 16.3) < 0.15);
	cr_expect(fabs(r->result[0].block_p50[0] - 16.3) < 0.15, "%g", r->result[0].block_p50[0]);
	cr_expect_eq(r->result[0].iterations, 12 * NR_PAIRS * PER * 64);
	cr_expect(fabs(comparison(r, JUDGE_P50)->j.ratio - 16.6 / 16.25) < 0.01);
	report_free(r);
}

/* Runs of one build may have found other batches. */
Test(report_instances, batches_that_differ_are_brought_to_one_unit)
{
	struct report *r;

	question("q", "latency");
	for (int i = 0; i < 12; i++) {
		uint64_t batch = i < 6 ? 64 : 32;

		instance("q", batch, make_part(&made[0], "old", level(i, 20), 0, batch),
			 make_part(&made[1], "new", level(i + 1, 30), 0, batch));
	}
	r = read_back();
	cr_expect(fabs(r->result[0].stats.p50 - 20) < 0.3, "%g", r->result[0].stats.p50);
	cr_expect(fabs(r->result[0].stats.mean - 20) < 0.3, "%g", r->result[0].stats.mean);
	cr_expect_lt(r->result[0].stats.max, 21);
	cr_expect(fabs(comparison(r, JUDGE_P99)->j.ratio - 1.5) < 0.03);
	report_free(r);
}

Test(report_instances, mode_time_judges_the_median_and_the_mean)
{
	struct report *r;

	question("q", "time");
	for (int i = 0; i < 16; i++)
		instance("q", 1, make_part(&made[0], "old", level(i, 10000), 0, 1),
			 make_part(&made[1], "new", level(i + 1, 9000), 0, 1));
	r = read_back();
	cr_assert_eq(r->nr_comparisons, 2, "no tails of one value per epoch");
	cr_expect_eq(r->result[0].stats.count, 16 * NR_PAIRS, "one value per pass");
	cr_expect(fabs(r->result[0].stats.p50 - 10030) < 30, "%g", r->result[0].stats.p50);
	cr_expect(fabs(comparison(r, JUDGE_P50)->j.ratio - 0.9) < 0.01);
	cr_expect_eq(comparison(r, JUDGE_P50)->j.verdict, VERDICT_FASTER);
	cr_expect_eq(comparison(r, JUDGE_MEAN)->j.verdict, VERDICT_FASTER);
	report_free(r);
}

/* An arm that is decided drops out: what the machine did later says nothing of it. */
Test(report_instances, only_those_in_which_both_were_are_compared)
{
	struct report *r;
	char *text;

	question("q", "latency");
	for (int i = 0; i < 24; i++) {
		const struct record_part *old =
			make_part(&made[0], "old", level(i, i < 12 ? 10000 : 20000), 0, 1);

		instance("q", 1, old,
			 i < 12 ? make_part(&made[1], "new", level(i + 1, 10000), 0, 1) : NULL);
	}
	r = read_back();
	cr_expect_eq(r->result[0].nr_parts, 24);
	cr_expect_eq(r->result[1].nr_parts, 12);
	cr_expect_eq(r->question[0].nr_parts, 24);
	for (int m = 0; m < JUDGE_P999; m++) {
		const struct report_comparison *c = comparison(r, (enum judge_metric)m);

		/* The p50 on the first eight, which decide it. */
		cr_expect_eq(c->j.nr, m == JUDGE_P50 ? 8 : 12);
		cr_expect(fabs(c->j.ratio - 1) < 0.02, "%s: %g", judge_metric_name(m), c->j.ratio);
	}
	cr_expect(comparison(r, JUDGE_MEAN)->apart);
	text = rendered(r, as_text);
	cr_expect(strstr(text, "where both were measured"), "%s", text);
	free(text);
	report_free(r);
}

/* Eight say that it is slower, and four fresh ones are too few to confirm it. */
Test(report_instances, slower_needs_fresh_instances)
{
	const struct report_comparison *c;
	struct report *r;
	char *text;

	question("q", "latency");
	for (int i = 0; i < 12; i++)
		instance("q", 1, make_part(&made[0], "old", level(i, 10000), 0, 1),
			 make_part(&made[1], "new", level(i + 1, 10500), 0, 1));
	r = read_back();
	c = comparison(r, JUDGE_P50);
	cr_expect_eq(c->j.verdict, VERDICT_INCONCLUSIVE);
	cr_expect_eq(c->j.reason, JUDGE_UNCONFIRMED, "%s", judge_reason_name(c->j.reason));
	cr_expect(fabs(c->j.more - 16.0 / 12) < 1e-9, "%g", c->j.more);
	cr_expect_gt(c->j.lo, 1.01);
	text = rendered(r, as_text);
	cr_expect(strstr(text,
			 "inconclusive, not yet confirmed by fresh instances, about 1 s more"),
		  "%s", text);
	free(text);
	report_free(r);
}

/* Whatever arm is the baseline: its instances count, and reversed the ratio is the inverse. */
Test(report_instances, another_baseline_turns_the_ratio_over)
{
	double was[JUDGE_P999];
	struct report *r;

	question("q", "latency");
	for (int i = 0; i < 16; i++)
		instance("q", 1, make_part(&made[0], "old", level(i, 10000), 0, 1),
			 make_part(&made[1], "new", level(i + 1, 10500), 0, 1));
	r = read_back();
	for (int m = 0; m < JUDGE_P999; m++)
		was[m] = comparison(r, (enum judge_metric)m)->j.ratio;
	cr_assert_eq(report_rebase(r, "new"), 1);
	for (int m = 0; m < JUDGE_P999; m++) {
		const struct report_comparison *c = comparison(r, (enum judge_metric)m);

		cr_expect_str_eq(c->baseline, "new");
		cr_expect(fabs(c->j.ratio * was[m] - 1) < 1e-6);
	}
	cr_expect_eq(comparison(r, JUDGE_P50)->j.verdict, VERDICT_FASTER);
	cr_expect_eq(report_rebase(r, "nowhere"), 0);
	report_free(r);
}

Test(report_instances, a_baseline_that_is_not_an_arm_is_said)
{
	struct report *r;
	char *text, *page, *json;

	emit(json_pack("{s:s, s:s, s:s, s:s, s:f, s:[s,s]}", "type", "question", "question", "q",
		       "mode", "latency", "baseline", "<odl>", "zone", 0.01, "arms", "old", "new"));
	for (int i = 0; i < 3; i++)
		instance("q", 1, make_part(&made[0], "old", 10000, 0, 1),
			 make_part(&made[1], "new", 10000, 0, 1));
	r = read_back();
	cr_expect_eq(r->nr_comparisons, 0);
	text = rendered(r, as_text);
	page = rendered(r, report_html);
	json = rendered(r, report_json);
	cr_expect(strstr(text, "no verdicts: the baseline <odl> is not among the arms"), "%s",
		  text);
	cr_expect(strstr(page, "the baseline &lt;odl&gt; is not among the arms"));
	cr_expect(strstr(json, "\"baseline_measured\": false"));
	free(text);
	free(page);
	free(json);
	report_free(r);
}

/* What is wrong with a part costs that part. */
Test(report_instances, parts_that_cannot_be_read_cost_themselves)
{
	struct report *r;

	question("q", "latency");
	instance("q", 1, make_part(&made[0], "old", 10000, 0, 1),
		 make_part(&made[1], "new", 10000, 0, 1));
	instance("q", 1, make_part(&made[0], "old", 10000, 0, 1),
		 make_part(&made[1], "stranger", 10000, 0, 1));
	emit(json_pack("{s:s, s:s, s:i, s:[{s:s, s:[[i,i,i]], s:{}}]}", "type", "instance",
		       "question", "q", "instance", 3, "parts", "arm", "new", "passes", 1, 2, 3,
		       "hist"));
	emit(json_pack("{s:s, s:s, s:i, s:s}", "type", "instance", "question", "q", "instance", 4,
		       "parts", "none"));
	instance("nobody", 1, make_part(&made[0], "old", 10000, 0, 1), NULL);
	r = read_back();
	cr_expect_eq(r->question[0].nr_instances, 3, "%zu", r->question[0].nr_instances);
	cr_expect_eq(r->result[0].stats.count, 2 * NR_PAIRS * PER);
	cr_expect_eq(r->result[1].stats.count, NR_PAIRS * PER);
	cr_expect_eq(r->nr_drops, 4, "%zu", r->nr_drops);
	report_free(r);
}

/* Slower in the mean from the first instance on: said once fresh ones confirm it. */
Test(report_instances, a_call_of_the_mean_is_confirmed_too)
{
	static const int nr[] = { 12, 24 };
	const struct judgement *few, *many;
	struct report *r;

	for (int c = 0; c < 2; c++) {
		char name[] = { 'q', (char)('0' + c), 0 };

		question(name, "latency");
		for (int i = 0; i < nr[c]; i++)
			instance(name, 1, make_part(&made[0], "old", level(i, 10000), 0, 1),
				 make_part(&made[1], "new", level(i + 1, 10000), 20, 1));
	}
	r = read_back();

	cr_assert_eq(r->nr_comparisons, 2 * NR_JUDGE_METRICS);
	few = &r->comparison[JUDGE_MEAN].j;
	many = &r->comparison[NR_JUDGE_METRICS + JUDGE_MEAN].j;
	cr_expect(few->lo > 1 + few->zone, "%g", few->lo);
	cr_expect_eq(few->verdict, VERDICT_INCONCLUSIVE);
	cr_expect_eq(few->reason, JUDGE_UNCONFIRMED);
	cr_expect(few->more > 1);
	cr_expect_eq(many->verdict, VERDICT_SLOWER);
	report_free(r);
}
