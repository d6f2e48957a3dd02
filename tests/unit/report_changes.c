// SPDX-License-Identifier: GPL-2.0-only
/* report: two builds or two settings: rows, their counts, what is said first, what fails */
#include "tests/unit/report_sides.h"

#include <criterion/parameterized.h>

#include "lib/report/changes.h"

TestSuite(report_changes, .init = begin_sides, .fini = finish, .timeout = 60);

/* ---- recheck --------------------------------------------------------------------------------- */

static const struct report_comparison *only(const struct report *r, enum judge_metric m)
{
	for (size_t i = 0; i < r->nr_comparisons; i++)
		if (r->comparison[i].j.metric == m)
			return &r->comparison[i];
	cr_assert_fail("no comparison of %s", judge_metric_name(m));
	return NULL;
}

struct course {
	char what[40];
	double first, again; /* ratio of new to old in the first pass and the recheck; 0: none */
	enum verdict verdict;
	enum judge_reason reason;
	enum report_change change;
};

ParameterizedTestParameters(report_changes, a_call_holds_when_measured_again)
{
	static struct course courses[] = {
		{ "slower, and again", 1.05, 1.05, VERDICT_SLOWER, JUDGE_DECIDED,
		  CHANGE_REGRESSED },
		{ "faster, and again", 0.95, 0.95, VERDICT_FASTER, JUDGE_DECIDED, CHANGE_IMPROVED },
		{ "slower, not again", 1.05, 1, VERDICT_INCONCLUSIVE, JUDGE_UNCONFIRMED,
		  CHANGE_INCONCLUSIVE },
		{ "slower, then faster", 1.05, 0.95, VERDICT_INCONCLUSIVE, JUDGE_UNCONFIRMED,
		  CHANGE_INCONCLUSIVE },
		{ "slower, never again", 1.05, 0, VERDICT_INCONCLUSIVE, JUDGE_UNCONFIRMED,
		  CHANGE_INCONCLUSIVE },
		{ "as fast", 1, 0, VERDICT_EQUIVALENT, JUDGE_DECIDED, CHANGE_UNCHANGED },
	};

	return cr_make_param_array(struct course, courses, sizeof(courses) / sizeof(courses[0]));
}

ParameterizedTest(struct course *c, report_changes, a_call_holds_when_measured_again)
{
	const struct report_comparison *p50;
	struct report_changes changes;
	struct report *r;

	builds_header(RECORD_CODE_CHANGED);
	sides_question("q", RECORD_BUILDS, "libkthread", NULL);
	sides_instances("q", "libkthread", 0, 16, 10000, c->first, 0);
	if (c->again > 0) {
		sides_recheck("q", "libkthread", 16, 0.99);
		sides_instances("q", "libkthread", 16, 16, 10000, c->again, 0);
	}
	r = read_back();
	p50 = only(r, JUDGE_P50);

	cr_expect_eq(p50->kind, REPORT_BUILDS);
	cr_expect_eq(p50->j.verdict, c->verdict, "%s: %s", c->what, verdict_name(p50->j.verdict));
	cr_expect_eq(p50->j.reason, c->reason, "%s: %s", c->what, judge_reason_name(p50->j.reason));
	cr_expect_eq(p50->j.nr, c->again > 0 ? 32 : 16, "all instances are shown");
	cr_expect_eq(p50->rechecked, c->again > 0);
	cr_expect_str_eq(p50->baseline, "libkthread (old)");
	cr_expect_str_eq(p50->candidate, "libkthread (new)");
	cr_expect_str_eq(p50->arm, "libkthread");
	report_count_changes(r, &changes);
	cr_expect_eq(changes.compared, 1);
	cr_expect_eq(changes.nr[c->change], 1, "%s", c->what);
	report_free(r);
}

/* Instances after the recheck's first number are no part of the first pass, which they cannot make. */
Test(report_changes, what_the_recheck_alone_says_is_not_a_call)
{
	struct report *r;

	builds_header(RECORD_CODE_CHANGED);
	sides_question("q", RECORD_BUILDS, "libkthread", NULL);
	sides_instances("q", "libkthread", 0, 6, 10000, 1.05, 0);
	sides_recheck("q", "libkthread", 6, 0.99);
	sides_instances("q", "libkthread", 6, 60, 10000, 1.05, 0);
	r = read_back();
	cr_expect_gt(only(r, JUDGE_P50)->j.lo, 1.01);
	cr_expect_eq(only(r, JUDGE_P50)->j.verdict, VERDICT_INCONCLUSIVE);
	cr_expect_eq(only(r, JUDGE_P50)->j.reason, JUDGE_UNCONFIRMED);
	report_free(r);
}

/* Bad epochs were left out, of either side another one: the controller does not count such an instance. */
Test(report_changes, an_instance_without_a_pair_does_not_count)
{
	static struct sides_part made[2] = { { .name = "libkthread (old)" },
					     { .name = "libkthread (new)" } };
	struct record_part parts[2];
	struct record_instance in = { .question = "q", .batch = 1, .nr_parts = 2, .part = parts };
	struct record_writer *w;
	struct report *r;

	builds_header(RECORD_CODE_CHANGED);
	sides_question("q", RECORD_BUILDS, "libkthread", NULL);
	make_sides_part(&made[0], &parts[0], 10000, 0);
	make_sides_part(&made[1], &parts[1], 90000, 0);
	for (size_t i = 0; i < SIDES_PAIRS; i++)
		made[1].pass[i].block += SIDES_PAIRS;
	w = sides_writer();
	cr_assert_eq(record_write_instance(w, &in), 0);
	cr_assert_eq(record_close(w), 0);
	sides_instances("q", "libkthread", 1, 12, 10000, 1.0, 0);
	r = read_back();
	cr_expect_eq(only(r, JUDGE_P50)->j.nr, 12);
	cr_expect_eq(only(r, JUDGE_MEAN)->j.nr, 12);
	cr_expect_lt(only(r, JUDGE_MEAN)->j.ratio, 1.01);
	report_free(r);
}

/* One in ten operations takes ten times as long in the new build: its p50 is what it was. */
Test(report_changes, a_tail_regresses_once_it_is_measured_again)
{
	for (int again = 0; again < 2; again++) {
		struct report_row *row;
		struct report *r;
		char *text;

		if (again) {
			finish();
			begin_sides();
		}
		builds_header(RECORD_CODE_CHANGED);
		sides_question("q", RECORD_BUILDS, "libkthread", NULL);
		sides_instances("q", "libkthread", 0, 24, 10000, 1, 10);
		if (again) {
			sides_recheck("q", "libkthread", 24, 0.99);
			sides_instances("q", "libkthread", 24, 24, 10000, 1, 10);
		}
		r = read_back();
		cr_expect_eq(only(r, JUDGE_P50)->j.verdict, VERDICT_EQUIVALENT);
		cr_expect_gt(only(r, JUDGE_P99)->j.lo, 5);
		cr_expect_eq(only(r, JUDGE_P99)->j.verdict,
			     again ? VERDICT_SLOWER : VERDICT_INCONCLUSIVE);
		cr_assert_eq(report_rows(r, &row), 1);
		cr_expect_eq(row->change, again ? CHANGE_REGRESSED : CHANGE_UNCHANGED);
		cr_expect_eq(row->telling->j.metric, again ? JUDGE_MEAN : JUDGE_P50,
			     "the first that says so");
		text = rendered(r, as_text);
		if (again)
			cr_expect(strstr(text, "1 of 1 regressed: q libkthread mean 1.9"), "%s",
				  text);
		else
			cr_expect(strstr(text, "p99     10.0 [10.0, 10.0]") ||
					  strstr(text, "inconclusive, not yet confirmed"),
				  "%s", text);
		free(text);
		free(row);
		report_free(r);
	}
}

Test(report_changes, a_recheck_that_says_nothing_costs_itself)
{
	struct report *r;

	builds_header(RECORD_CODE_CHANGED);
	sides_question("q", RECORD_BUILDS, "libkthread", NULL);
	sides_recheck("nobody", "libkthread", 0, 0.99);
	sides_recheck("q", "stranger", 16, 0.99);
	emit(json_pack("{s:s, s:s, s:i, s:i}", "type", "recheck", "question", "q", "first", 3,
		       "confidence", 7));
	emit(json_pack("{s:s, s:s, s:i}", "type", "recheck", "question", "q", "confidence", 0));
	sides_instances("q", "libkthread", 0, 16, 10000, 1, 0);
	r = read_back();
	cr_expect_eq(r->question[0].nr_instances, 16);
	cr_expect_eq(r->question[0].nr_fresh, 0);
	cr_expect_eq(only(r, JUDGE_P50)->j.verdict, VERDICT_EQUIVALENT);
	cr_expect_eq(r->nr_drops, 4, "%zu", r->nr_drops);
	report_free(r);
}

/* ---- rows and counts ------------------------------------------------------------------------- */

static void measured_twice(const char *name, const char *arm, double ratio)
{
	sides_question(name, RECORD_BUILDS, arm, NULL);
	sides_instances(name, arm, 0, 16, 10000, ratio, 0);
	sides_recheck(name, arm, 16, 0.99);
	sides_instances(name, arm, 16, 16, 10000, ratio, 0);
}

Test(report_changes, the_worst_comes_first_and_only_a_few_are_named)
{
	static const double ratio[] = { 1.03, 1, 1.2, 0.8, 1.05, 1.1, 1.04 };
	static const double order[] = { 1.2, 1.1, 1.05, 1.04, 1.03, 1, 0.8 };
	char name[] = "q0", *text, *page, *json;
	struct report_row *row;
	struct report *r;

	builds_header(RECORD_CODE_CHANGED);
	for (size_t i = 0; i < 7; i++) {
		name[1] = (char)('0' + i);
		measured_twice(name, "libkthread", ratio[i]);
	}
	r = read_back();
	cr_assert_eq(report_rows(r, &row), 7);
	for (size_t i = 0; i < 7; i++)
		cr_expect_lt(fabs(row[i].telling->j.ratio - order[i]), 0.005, "%zu: %g", i,
			     row[i].telling->j.ratio);
	text = rendered(r, as_text);
	cr_expect_eq(strncmp(text, "5 of 7 regressed: q2 libkthread 1.2", 35), 0, "%.200s", text);
	cr_expect(strstr(text, "; q5 libkthread 1.1"), "%.200s", text);
	cr_expect(strstr(text, "; q4 libkthread 1.05"), "%.200s", text);
	cr_expect(strstr(text, "; and 2 more; 1 improved, 1 unchanged\n"), "%.200s", text);
	page = rendered(r, report_html);
	cr_expect(strstr(page, "<h1>5 of 7 regressed: q2 libkthread 1.2"));
	cr_expect(strstr(page, "▲ regressed") && strstr(page, "▼ improved") &&
		  strstr(page, "= unchanged"));
	json = rendered(r, report_json);
	cr_expect(strstr(json, "\"changes\": {\n  \"compared\": 7,\n  \"regressed\": 5,\n"
			       "  \"improved\": 1,\n  \"unchanged\": 1,\n  \"inconclusive\": 0,\n"
			       "  \"moved\": 0,\n  \"unstable\": 0\n }"));
	free(json);
	free(page);
	free(text);
	free(row);
	report_free(r);
}

Test(report_changes, the_same_code_only_moves)
{
	struct report_changes c;
	char why[160], *text;
	struct report *r;

	builds_header(RECORD_CODE_SAME);
	measured_twice("q", "libkthread", 1.3);
	measured_twice("faster", "libkthread", 0.7);
	measured_twice("same", "libkthread", 1);
	r = read_back();
	report_count_changes(r, &c);
	cr_expect_eq(c.compared, 3);
	cr_expect_eq(c.nr[CHANGE_REGRESSED], 0);
	cr_expect_eq(c.nr[CHANGE_MOVED], 2);
	cr_expect_eq(c.nr[CHANGE_UNCHANGED], 1);
	cr_expect_eq(report_failures(r, REPORT_FAIL_REGRESSED, why, sizeof(why)), 0);
	cr_expect_str_eq(why, "");
	text = rendered(r, as_text);
	cr_expect_eq(strncmp(text, "0 of 3 regressed, 1 unchanged, 2 moved with the same code\n",
			     58),
		     0, "%.200s", text);
	cr_expect(strstr(text, "  same code, moved\n"));
	cr_expect(strstr(text, "no function differs"));
	free(text);
	report_free(r);
}

/* Two passes agree that it regressed; that the machine was unsteady is said beside it. */
Test(report_changes, an_unstable_row_says_so_and_counts_unless_only_steady_ones_do)
{
	struct report_changes c;
	char why[160], *text;
	struct report *r;

	builds_header(RECORD_CODE_CHANGED);
	sides_question("q", RECORD_BUILDS, "libkthread", NULL);
	sides_steal = 0.5;
	sides_instances("q", "libkthread", 0, 32, 40000000, 1.3, 0);
	sides_recheck("q", "libkthread", 32, 0.99);
	sides_instances("q", "libkthread", 32, 16, 40000000, 1.3, 0);
	r = read_back();
	cr_assert(r->question[0].noise.unsteady);
	report_count_changes(r, &c);
	cr_expect_eq(c.nr[CHANGE_REGRESSED], 1);
	cr_expect_eq(c.unstable, 1);
	cr_expect_eq(report_failures(r, REPORT_FAIL_REGRESSED, why, sizeof(why)),
		     REPORT_FAIL_REGRESSED);
	cr_expect_eq(report_failures(r, REPORT_FAIL_REGRESSED | REPORT_FAIL_STEADY, why,
				     sizeof(why)),
		     0);
	cr_expect_str_eq(why, "");
	cr_expect_eq(report_failures(r, REPORT_FAIL_REGRESSED | REPORT_FAIL_UNSTABLE, why,
				     sizeof(why)),
		     REPORT_FAIL_REGRESSED | REPORT_FAIL_UNSTABLE);
	cr_expect_eq(strncmp(why, "1 regressed, ", 13), 0, "%s", why);
	text = rendered(r, as_text);
	cr_expect_eq(strncmp(text, "1 of 1 regressed: q libkthread 1.3", 34), 0, "%.200s", text);
	cr_expect(strstr(text, "] (unstable); 1 of them unstable\n"), "%.200s", text);
	cr_expect(strstr(text, "  unstable: regressed\n"), "%s", text);
	free(text);
	report_free(r);
}

Test(report_changes, an_arm_without_its_other_side_is_not_compared)
{
	struct report *r;
	char *text;

	builds_header(RECORD_CODE_CHANGED);
	sides_question("q", RECORD_BUILDS, "libkthread", "only the old suite has it");
	/* the old side was never measured */
	for (int i = 0; i < 16; i++)
		sides_instance("q", "libkthread", (uint64_t)i, 0, 10000, 0);
	r = read_back();
	cr_expect_eq(r->nr_comparisons, 0);
	text = rendered(r, as_text);
	cr_expect_eq(strncmp(text, "nothing was compared\n", 21), 0, "%.100s", text);
	cr_expect(strstr(text, "skipped: only the old suite has it"), "%s", text);
	cr_expect_null(strstr(text, "the baseline"), "%s", text);
	free(text);
	report_free(r);
}

/* Whatever the order in the record: old, then new. */
Test(report_changes, both_sides_of_an_arm_stand_together)
{
	static const char *const name[] = { "a (old)", "a (new)", "b (old)", "b (new)", "c (new)" };
	struct report *r;

	builds_header(RECORD_CODE_CHANGED);
	emit(json_pack("{s:s, s:s, s:s, s:f, s:[s,s,s,s,s], s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}}",
		       "type", "question", "question", "q", "mode", "time", "zone", 0.01, "arms",
		       "a (old)", "b (old)", "c (new)", "b (new)", "a (new)", "kind", "builds",
		       "sides", "a (new)", "against", "a (old)", "b (new)", "against", "b (old)",
		       "c (new)", "against", "c (old)"));
	r = read_back();
	cr_assert_eq(r->nr_results, 5);
	cr_expect_str_eq(r->result[0].name, name[0]);
	cr_expect_str_eq(r->result[1].name, name[1]);
	cr_expect_str_eq(r->result[2].name, name[2]);
	cr_expect_str_eq(r->result[3].name, name[3]);
	cr_expect_str_eq(r->result[4].name, name[4]);
	report_free(r);
}

Test(report_changes, another_baseline_leaves_them_alone)
{
	struct report *r = load(GOLDEN("builds.jsonl"));
	size_t nr = r->nr_comparisons;

	cr_expect_eq(report_rebase(r, "libkthread (new)"), 0);
	cr_expect_eq(r->nr_comparisons, nr);
	cr_expect_str_eq(r->comparison[0].baseline, "libkthread (old)");
	report_free(r);
}

Test(report_changes, settings_are_compared_alike)
{
	struct report *r = load(GOLDEN("settings.jsonl"));
	char *text = rendered(r, as_text);
	struct report_changes c;

	report_count_changes(r, &c);
	cr_expect_eq(c.compared, 2);
	cr_expect_eq(c.nr[CHANGE_IMPROVED], 1);
	cr_expect_eq(c.nr[CHANGE_UNCHANGED], 1);
	cr_expect_eq(r->comparison[0].kind, REPORT_SETTINGS);
	cr_expect_eq(strncmp(text, "0 of 2 regressed, 1 improved, 1 unchanged\n  A: echo 0 ", 53),
		     0, "%.200s", text);
	free(text);
	report_free(r);
}

/* ---- pooling --------------------------------------------------------------------------------- */

struct pair {
	char what[24];
	struct record_header a, b;
	bool pooled;
};

#define BUILDS(id)                                                                            \
	{                                                                                     \
		.kind = RECORD_BUILDS, .against = {.name = "o", .build = { .build_id = id } } \
	}
#define SETTINGS(command)                                           \
	{                                                           \
		.kind = RECORD_SETTINGS, .toggle = { "a", command } \
	}

Test(report_changes, runs_pool_when_both_sides_are_the_same)
{
	static const struct pair pairs[] = {
		{ "same builds", BUILDS("1"), BUILDS("1"), true },
		{ "another old one", BUILDS("1"), BUILDS("2"), false },
		{ "builds and arms", BUILDS("1"), { .kind = RECORD_ARMS }, false },
		{ "same settings", SETTINGS("b"), SETTINGS("b"), true },
		{ "other settings", SETTINGS("b"), SETTINGS("c"), false },
		{ "builds and settings", BUILDS("1"), SETTINGS("b"), false },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct pair *p = &pairs[i];
		struct report *r;

		if (i) {
			finish();
			begin_sides();
		}
		for (int run = 0; run < 2; run++) {
			const struct record_header *h = run ? &p->b : &p->a;

			sides_header(h);
			environment("host", "6.1");
			if (h->kind == RECORD_ARMS)
				question("q", "time");
			else
				sides_question("q", h->kind, "libkthread", NULL);
			sides_instances("q", "libkthread", 0, h->kind == RECORD_ARMS ? 0 : 10,
					10000, 1, 0);
		}
		r = read_back();
		cr_expect_eq(r->nr_groups, p->pooled ? 1 : 2, "%s", p->what);
		cr_expect_eq(r->nr_questions, p->pooled ? 1 : 2, "%s", p->what);
		cr_expect_eq(r->apart, !p->pooled, "%s", p->what);
		if (p->pooled)
			cr_expect_eq(r->question[0].nr_instances, 20, "%s", p->what);
		report_free(r);
	}
}

/* Numbers of instances begin anew with each run, and so does what the recheck says of them. */
Test(report_changes, the_rechecks_of_pooled_runs_stay_rechecks)
{
	const struct record_header h = BUILDS("1");
	struct report *r;

	for (int run = 0; run < 2; run++) {
		sides_header(&h);
		environment("host", "6.1");
		sides_question("q", RECORD_BUILDS, "libkthread", NULL);
		sides_instances("q", "libkthread", 0, 16, 10000, 1.05, 0);
		if (run)
			continue;
		sides_recheck("q", "libkthread", 16, 0.99);
		sides_instances("q", "libkthread", 16, 16, 10000, 1.05, 0);
	}
	r = read_back();
	cr_assert_eq(r->nr_questions, 1);
	cr_expect_eq(r->question[0].nr_instances, 48);
	cr_expect_eq(r->question[0].nr_fresh, 16);
	cr_expect_eq(only(r, JUDGE_P50)->j.verdict, VERDICT_SLOWER);
	report_free(r);
}

/* ---- --fail-on ------------------------------------------------------------------------------- */

struct fail_on {
	char text[32];
	int set; /* -1: refused */
};

ParameterizedTestParameters(report_changes, fail_on_takes_names)
{
	static struct fail_on all[] = {
		{ "regressed", REPORT_FAIL_REGRESSED },
		{ "slower", REPORT_FAIL_SLOWER },
		{ "unstable", REPORT_FAIL_UNSTABLE },
		{ "slower,unstable", REPORT_FAIL_SLOWER | REPORT_FAIL_UNSTABLE },
		{ "slower,slower", REPORT_FAIL_SLOWER },
		{ "", -1 },
		{ "slow", -1 },
		{ "slowers", -1 },
		{ "slower,", -1 },
		{ ",slower", -1 },
		{ "slower regressed", -1 },
		{ "improved", -1 },
	};

	return cr_make_param_array(struct fail_on, all, sizeof(all) / sizeof(all[0]));
}

ParameterizedTest(struct fail_on *f, report_changes, fail_on_takes_names)
{
	unsigned int set = 0;

	cr_expect_eq(report_fail_on_parse(f->text, &set), f->set >= 0, "'%s'", f->text);
	cr_expect_eq(set, f->set >= 0 ? (unsigned int)f->set : 0, "'%s': %u", f->text, set);
}

Test(report_changes, slower_is_of_arms_and_regressed_of_builds)
{
	struct report *arms = load(GOLDEN("instances.jsonl")),
		      *builds = load(GOLDEN("builds.jsonl"));
	unsigned int both = REPORT_FAIL_REGRESSED | REPORT_FAIL_SLOWER;
	char why[160];

	cr_expect_eq(report_failures(arms, both, why, sizeof(why)), REPORT_FAIL_SLOWER);
	cr_expect_str_eq(why, "1 slower");
	cr_expect_eq(report_failures(arms, REPORT_FAIL_REGRESSED, why, sizeof(why)), 0);
	cr_expect_eq(report_failures(builds, both, why, sizeof(why)), REPORT_FAIL_REGRESSED);
	cr_expect_str_eq(why, "1 regressed");
	cr_expect_eq(report_failures(builds, 0, why, sizeof(why)), 0);
	report_free(arms);
	report_free(builds);
}
