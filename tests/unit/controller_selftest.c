// SPDX-License-Identifier: GPL-2.0-only
/*
 * controller: what a self-test counts, and where it is kept.
 */
#include "bench/controller/selftest.h"
#include "bench/controller/selftest_store.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/record/record.h"

static char dir[64], err[512], kept[PATH_MAX];

static void begin(void)
{
	strcpy(dir, "/tmp/kt-selftest-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(setenv("XDG_STATE_HOME", dir, 1), 0);
}

static void finish(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(controller_selftest, .init = begin, .fini = finish, .timeout = 60);

/* ---- counting -------------------------------------------------------------------------------- */

static struct report_comparison comparison(const char *arm, enum judge_metric m, enum verdict v)
{
	return (struct report_comparison){ .candidate = arm,
					   .baseline = "plain",
					   .j = { .metric = m, .verdict = v } };
}

static const struct record_rate *rate(const struct selftest *s, const char *operation,
				      const char *metric, double shift)
{
	for (size_t i = 0; i < s->found.nr_rates; i++) {
		const struct record_rate *r = &s->found.rate[i];

		if (!strcmp(r->operation, operation) && !strcmp(r->metric, metric) &&
		    (r->shift == shift || (isnan(shift) && isnan(r->shift))))
			return r;
	}
	cr_assert_fail("no rate of %s, %s, %g", operation, metric, shift);
	return NULL;
}

static void expect_rate(const struct record_rate *r, uint64_t compared, uint64_t slower,
			uint64_t faster, uint64_t equivalent)
{
	cr_expect_eq(r->compared, compared, "%s %s: compared", r->operation, r->metric);
	cr_expect_eq(r->slower, slower, "%s %s: slower", r->operation, r->metric);
	cr_expect_eq(r->faster, faster, "%s %s: faster", r->operation, r->metric);
	cr_expect_eq(r->equivalent, equivalent, "%s %s: equivalent", r->operation, r->metric);
}

static struct selftest s;

Test(controller_selftest, verdicts_are_counted_by_what_is_known_of_the_arm)
{
	static struct report_comparison c[9];
	static struct record_number plain = { "added", 100 }, added = { "added", 300 };
	static struct report_result results[] = {
		{ .name = "plain", .iterations = 10000, .nr_counters = 1, .counter = &plain },
		{ .name = "+2%", .iterations = 10000, .nr_counters = 1, .counter = &added },
	};
	static struct report_question q[] = {
		{ .name = "selftest/op=wake/cpu=same/arms=same", .nr_comparisons = 6 },
		{ .name = "selftest/op=wake/cpu=same/arms=slower",
		  .first_comparison = 6,
		  .nr_comparisons = 3,
		  .nr_results = 2,
		  .noise = { .unsteady = true } },
	};
	struct report r = {
		.nr_questions = 2,
		.question = q,
		.comparison = c,
		.nr_comparisons = 9,
		.result = results,
	};

	c[0] = comparison("same-1", JUDGE_P50, VERDICT_EQUIVALENT);
	c[1] = comparison("same-1", JUDGE_MEAN, VERDICT_EQUIVALENT);
	c[2] = comparison("same-2", JUDGE_P50, VERDICT_FASTER);
	c[3] = comparison("same-2", JUDGE_MEAN, VERDICT_INCONCLUSIVE);
	c[4] = comparison("same-3", JUDGE_P50, VERDICT_INCONCLUSIVE);
	c[5] = comparison("same-3", JUDGE_MEAN, VERDICT_SLOWER);
	c[6] = comparison("+2%", JUDGE_P50, VERDICT_SLOWER);
	c[7] = comparison("+2%", JUDGE_MEAN, VERDICT_INCONCLUSIVE);
	c[8] = comparison("somebody's", JUDGE_P50, VERDICT_SLOWER);
	cr_assert_eq(selftest_add(&s, &r, SIZE_MAX), 0);

	expect_rate(rate(&s, "wake/cpu=same", "p50", 0), 3, 0, 1, 1);
	expect_rate(rate(&s, "wake/cpu=same", "mean", 0), 3, 1, 0, 1);
	expect_rate(rate(&s, "wake/cpu=same", "any", 0), 3, 1, 1, 1);
	expect_rate(rate(&s, "wake/cpu=same", "p50", 0.02), 1, 1, 0, 0);
	expect_rate(rate(&s, "wake/cpu=same", "mean", 0.02), 1, 0, 0, 0);
	cr_expect_float_eq(rate(&s, "wake/cpu=same", "p50", 0.02)->added, 0.02, 1e-12,
			   "beside what the arm that adds nothing says");
	cr_expect_eq(s.found.nr_rates, 5, "an arm of unknown truth is not counted");
	cr_expect_eq(s.found.questions, 2);
	cr_expect_eq(s.found.unsteady, 1);
	cr_expect_eq(selftest_compared(&s), 3);

	/* A round that was cut: its last question is not whole. */
	cr_assert_eq(selftest_add(&s, &r, 1), 0);
	cr_expect_eq(rate(&s, "wake/cpu=same", "p50", 0)->compared, 6);
	cr_expect_eq(rate(&s, "wake/cpu=same", "p50", 0.02)->compared, 1);
	selftest_free(&s);
}

Test(controller_selftest, a_tail_is_seen_in_the_mean_or_p999_and_its_median_is_the_same)
{
	static struct report_comparison c[8];
	static struct report_question q = { .name = "selftest/op=tail/arms=tail",
					    .nr_comparisons = 4 };
	struct report r = { .nr_questions = 1, .question = &q, .comparison = c };

	c[0] = comparison("1-in-200", JUDGE_P50, VERDICT_SLOWER);
	c[1] = comparison("1-in-200", JUDGE_MEAN, VERDICT_INCONCLUSIVE);
	c[2] = comparison("1-in-200", JUDGE_P99, VERDICT_FASTER);
	c[3] = comparison("1-in-200", JUDGE_P999, VERDICT_SLOWER);
	cr_assert_eq(selftest_add(&s, &r, SIZE_MAX), 0);
	c[3].j.verdict = VERDICT_INCONCLUSIVE;
	cr_assert_eq(selftest_add(&s, &r, SIZE_MAX), 0);

	expect_rate(rate(&s, "tail", "p50", 0), 2, 2, 0, 0);
	expect_rate(rate(&s, "tail", "mean or p99.9", NAN), 2, 1, 0, 0);
	expect_rate(rate(&s, "tail", "mean", 0.025), 2, 0, 0, 0);
	selftest_free(&s);
}

Test(controller_selftest, of_two_sides_every_arm_is_the_same_code)
{
	static struct report_comparison c[3];
	static struct report_question q[] = {
		{ .name = "park/cpu=same", .kind = REPORT_BUILDS, .nr_comparisons = 2 },
		{ .name = "create_stop",
		  .kind = REPORT_BUILDS,
		  .first_comparison = 2,
		  .nr_comparisons = 1 },
	};
	struct report r = { .nr_questions = 2, .question = q, .comparison = c };

	c[0] = comparison("futex (new)", JUDGE_P50, VERDICT_EQUIVALENT);
	c[1] = comparison("+2% (new)", JUDGE_P50, VERDICT_SLOWER);
	c[2] = comparison("pthread (new)", JUDGE_P50, VERDICT_FASTER);
	cr_assert_eq(selftest_add(&s, &r, SIZE_MAX), 0);

	expect_rate(rate(&s, "park", "p50", 0), 2, 1, 0, 1);
	expect_rate(rate(&s, "create_stop", "any", 0), 1, 0, 1, 0);
	cr_expect_eq(s.found.nr_rates, 4);
	selftest_free(&s);
}

Test(controller_selftest, more_operations_than_there_is_room_for_are_refused)
{
	static struct report_comparison c;
	static struct report_question q = { .nr_comparisons = 1 };
	struct report r = { .nr_questions = 1, .question = &q, .comparison = &c };
	char name[40];
	int ret = 0;

	c = comparison("same-1", JUDGE_P50, VERDICT_EQUIVALENT);
	q.name = name;
	for (int i = 0; !ret && i < 1000; i++) {
		snprintf(name, sizeof(name), "selftest/op=%d/arms=same", i);
		ret = selftest_add(&s, &r, SIZE_MAX);
	}
	cr_expect_eq(ret, -E2BIG);
	selftest_free(&s);
}

/* ---- keeping --------------------------------------------------------------------------------- */

static int store(const char *host, const char *cpu, const char *kernel, const char *start)
{
	static struct record_selftest t;
	const struct record_header h = { .tool = "selftest" };

	t = (struct record_selftest){
		.host_id = host, .cpu = cpu, .kernel = kernel, .start = start, .complete = true
	};
	err[0] = '\0';
	return selftest_store(&h, 0, NULL, &t, kept, sizeof(kept), err, sizeof(err));
}

/* "START KERNEL" of what is found for that machine, "" for nothing */
static const char *found(const char *host, const char *cpu, const char *kernel)
{
	static char text[192];
	struct selftest_kept k;
	struct record_machine m;

	snprintf(m.host_id, sizeof(m.host_id), "%s", host);
	snprintf(m.cpu, sizeof(m.cpu), "%s", cpu);
	snprintf(m.kernel, sizeof(m.kernel), "%s", kernel);
	text[0] = '\0';
	if (selftest_find(&m, &k))
		snprintf(text, sizeof(text), "%s %s", k.start, k.kernel);
	return text;
}

Test(controller_selftest, one_is_kept_per_host_cpu_and_kernel)
{
	struct stat st;

	cr_expect_str_eq(found("abc", "cpu", "6.1"), "");
	cr_assert_eq(store("abc", "cpu", "6.1", "2026-01-01"), 0, "%s", err);
	cr_assert_eq(store("abc", "cpu", "6.12", "2026-02-01"), 0, "%s", err);
	cr_assert_eq(store("abc", "cpu", "6.12", "2026-03-01"), 0, "%s", err);
	cr_assert_eq(store("abc", "other", "6.1", "2026-04-01"), 0, "%s", err);
	cr_assert_eq(store("abd", "cpu", "6.1", "2026-05-01"), 0, "%s", err);

	cr_expect_str_eq(found("abc", "cpu", "6.1"), "2026-01-01 6.1", "of the same kernel");
	cr_expect_str_eq(found("abc", "cpu", "6.12"), "2026-03-01 6.12", "the later one");
	cr_expect_str_eq(found("abc", "cpu", "6.18"), "2026-03-01 6.12", "the newest of another");
	cr_expect_str_eq(found("abc", "third", "6.1"), "", "another CPU is another machine");
	cr_expect_str_eq(found("ab", "cpu", "6.1"), "", "and so is another host");
	cr_assert_eq(stat(kept, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
	snprintf(kept, sizeof(kept), "%s/kt", dir);
	cr_assert_eq(stat(kept, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0700);
}

#define HEADER "{\"type\":\"header\",\"schema\":2}\n"

static void put(const char *text)
{
	FILE *out = fopen(kept, "w");

	cr_assert_not_null(out);
	fputs(text, out);
	cr_assert_eq(fclose(out), 0);
}

Test(controller_selftest, what_is_not_a_self_test_is_as_if_it_were_not_there)
{
	static const char *const bad[] = {
		"",
		"\n",
		"{",
		"[1]\n",
		HEADER,
		"{\"type\":\"selftest\",\"host_id\":\"abc\",\"cpu\":\"cpu\",\"rates\":[]}\n",
		HEADER "{\"type\":\"selftest\"}\n",
		HEADER "{\"type\":\"selftest\",\"host_id\":7,\"rates\":[]}\n",
		HEADER "{\"type\":\"selftest\",\"host_id\":\"abd\",\"cpu\":\"cpu\",\"rates\":[]}\n",
		HEADER "{\"type\":\"selftest\",\"host_id\":\"abc\",\"cpu\":\"CPU\",\"rates\":[]}\n",
		HEADER
		"{\"type\":\"selftest\",\"host_id\":\"abc\",\"cpu\":\"cpu\",\"rates\":[7]}\n",
		HEADER
		"{\"type\":\"selftest\",\"host_id\":\"abc\",\"cpu\":\"cpu\",\"rates\":[", /* torn */
		"\x1f\x8b\x08",
	};
	static const char good[] = HEADER
		"{\"type\":\"selftest\",\"host_id\":\"abc\",\"cpu\":\"cpu\",\"kernel\":\"6.1\","
		"\"start\":\"x\",\"rates\":[]}\n";
	char other[PATH_MAX + 8], command[5 * PATH_MAX];

	cr_assert_eq(store("abc", "cpu", "6.1", "2026-01-01"), 0, "%s", err);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(bad[i]);
		cr_expect_str_eq(found("abc", "cpu", "6.1"), "", "'%s'", bad[i]);
	}
	put(good);
	cr_expect_str_eq(found("abc", "cpu", "6.1"), "x 6.1");

	snprintf(command, sizeof(command), "gzip -c '%s' >'%s.gz' && mv '%s.gz' '%s'", kept, kept,
		 kept, kept);
	cr_assert_eq(system(command), 0);
	cr_expect_str_eq(found("abc", "cpu", "6.1"), "", "compressed");
	put(good);
	cr_assert_eq(truncate(kept, SELFTEST_MAX_FILE + 1), 0);
	cr_expect_str_eq(found("abc", "cpu", "6.1"), "", "larger than any");
	put(good);
	snprintf(other, sizeof(other), "%s/elsewhere", dir);
	cr_assert_eq(rename(kept, other), 0);
	cr_assert_eq(symlink(other, kept), 0);
	cr_expect_str_eq(found("abc", "cpu", "6.1"), "", "a link");
	cr_assert_eq(unlink(kept), 0);
	cr_assert_eq(mkfifo(kept, 0600), 0);
	cr_expect_str_eq(found("abc", "cpu", "6.1"), "", "a FIFO without a writer");
	cr_assert_eq(unlink(kept), 0);
	cr_assert_eq(rename(other, kept), 0);
	cr_expect_str_eq(found("abc", "cpu", "6.1"), "x 6.1", "none of these");
	if (!geteuid()) {
		cr_assert_eq(chown(kept, 65534, 65534), 0);
		cr_expect_str_eq(found("abc", "cpu", "6.1"), "", "somebody else's");
	}
}

Test(controller_selftest, where_it_cannot_be_kept_one_sentence_says_so)
{
	char file[96];
	FILE *out;

	snprintf(file, sizeof(file), "%s/file", dir);
	out = fopen(file, "w");
	cr_assert_not_null(out);
	fclose(out);
	setenv("XDG_STATE_HOME", file, 1);
	cr_expect_eq(store("abc", "cpu", "6.1", "x"), -ENOTDIR);
	cr_expect(strstr(err, "cannot make directory"), "%s", err);
	cr_expect(strstr(err, "XDG_STATE_HOME"), "%s", err);
	cr_expect_str_eq(found("abc", "cpu", "6.1"), "");

	setenv("XDG_STATE_HOME", "relative", 1);
	setenv("HOME", "", 1);
	if (geteuid())
		cr_expect_eq(store("abc", "cpu", "6.1", "x"), -ENOENT);
	setenv("XDG_STATE_HOME", dir, 1);
	cr_expect_eq(store("../../etc/x", "cpu", "6.1", "x"), -EINVAL,
		     "an identity is hexadecimal");
	cr_expect_eq(store(NULL, "cpu", "6.1", "x"), -EINVAL);
}

Test(controller_selftest, what_was_there_stays_when_another_cannot_be_written)
{
	char directory[96];

	cr_assert_eq(store("abc", "cpu", "6.1", "2026-01-01"), 0, "%s", err);
	snprintf(directory, sizeof(directory), "%s/kt", dir);
	cr_assert_eq(mkdir(kept, 0700), -1);
	/* In its place stands what a file cannot replace. */
	cr_assert_eq(unlink(kept), 0);
	cr_assert_eq(mkdir(kept, 0700), 0);
	cr_expect_eq(store("abc", "cpu", "6.1", "2026-02-01"), -EISDIR);
	cr_expect(strstr(err, "cannot write"), "%s", err);
	cr_assert_eq(rmdir(kept), 0);
	cr_expect_eq(rmdir(directory), 0, "nothing was left beside it");
}
