// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_trace: traces of kinds that are told by their records alone: shares, losses, intervals, many
 * subjects, and layouts that make no sense.
 */
#include "lib/report/render.h"

#include <errno.h>
#include <math.h>

#include "lib/record/record.h"
#include "lib/record/types.h"
#include "lib/record/sparse.h"
#include "tests/unit/report_test.h"

static struct report_growing *growing;
static struct record_writer *writer;
static struct record_layout layout;
static struct hist hist;

static void begin(void)
{
	const struct record_header h = { .tool = "trace", .id = "a" };
	char *argv[] = { "trace", "wakeup" };

	growing = report_grow();
	cr_assert_not_null(growing);
	cr_assert_eq(record_watched(&writer, report_grow_record, growing), 0);
	cr_assert_eq(record_write_header(writer, &h, 2, argv), 0);
	layout = (struct record_layout){
		.kind = "naps",
		.noun = "naps",
		.nr_metrics = 4,
		.metric = { { .name = "after", .waits = "after naps", .counted = true },
			    { .name = "half", .of = "after" },
			    { .name = "pushed", .waits = "after a push" },
			    { .name = "up", .running = true } },
		.nr_losses = 3,
		.loss = { { "missed", "nobody saw it", "values" },
			  { "skipped", "busy", "hits" },
			  { "unsent", "no room", "events" } },
	};
}

TestSuite(report_trace, .init = begin, .timeout = 120);

static void metric(struct record_trace *t, struct hist *h, const char *name, uint64_t count,
		   uint64_t ns)
{
	hist_init(h, HIST_K_BPF);
	for (uint64_t i = 0; i < count; i++)
		hist_add(h, ns);
	if (count)
		t->metric[t->nr_metrics++] = (struct record_metric){ name, h };
}

/* @after naps of 10 ns, @pushed of 50 ns, and @up ns of running, in the interval number @n. */
static void subject(const char *name, unsigned int n, uint64_t after, uint64_t pushed, uint64_t up)
{
	static struct hist room[4];
	struct record_trace t = {
		.kind = "naps", .subject = name, .start_ns = 1000 * n, .end_ns = 1000 * (n + 1)
	};

	metric(&t, &room[0], "after", after, 10);
	metric(&t, &room[1], "half", after, 5);
	metric(&t, &room[2], "pushed", pushed, 50);
	metric(&t, &room[3], "up", up ? 1 : 0, up);
	cr_assert_eq(record_write_trace(writer, &t), 0);
}

static void losses(unsigned int n, const char *name, uint64_t lost)
{
	struct record_losses l = { .start_ns = 1000 * n, .end_ns = 1000 * (n + 1), .events = 900 };

	if (name)
		l.loss[l.nr_losses++] = (struct record_count){ name, lost };
	cr_assert_eq(record_write_losses(writer, &l), 0);
}

static struct report *grown(void)
{
	char err[256] = "";
	struct report *r;

	cr_assert_eq(record_write_end(writer, RECORD_COMPLETE), 0);
	cr_assert_eq(record_close(writer), 0);
	cr_assert_eq(report_grown(growing, &r, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(r->nr_questions, 1);
	return r;
}

static void expect_text(const struct report *r, const char *part)
{
	char *text = rendered(r, as_text);

	cr_expect(strstr(text, part), "no '%s' in:\n%s", part, text);
	free(text);
}

/* ---- shares ---------------------------------------------------------------------------------- */

Test(report_trace, waited_is_a_share_of_waiting_and_running)
{
	struct report_waits all;
	struct report *r;

	record_write_layout(writer, &layout);
	subject("", 0, 20, 2, 700);
	losses(0, NULL, 0);
	r = grown();
	report_waits_all(&all, r, &r->question[0]);
	cr_expect_eq(all.ns, 20 * 10 + 2 * 50);
	cr_expect_eq(all.running_ns, 700);
	cr_expect_eq(all.counted, 20);
	cr_expect_eq(all.others, 2);
	cr_expect_float_eq(report_waits_share(&all, all.ns), 0.3, 1e-9);
	expect_text(r, "waited for a CPU: 30 % of the time (after naps 20 %, after a push 10 %)");
	expect_text(r, "\n  half");
	report_free(r);
}

Test(report_trace, a_loss_is_a_share_of_what_it_is_lost_from)
{
	struct report_waits all;
	struct report *r;
	uint64_t whole;

	record_write_layout(writer, &layout);
	subject("", 0, 99, 0, 0);
	losses(0, "missed", 1);
	subject("", 1, 0, 0, 0);
	losses(1, "skipped", 600);
	losses(2, "unsent", 7);
	r = grown();
	report_waits_all(&all, r, &r->question[0]);
	for (size_t i = 0; i < 3; i++) {
		static const struct {
			const char *name;
			uint64_t whole;
		} expected[] = { { "missed", 100 }, { "skipped", 3 * 900 + 600 }, { "unsent", 7 } };
		const struct record_count *loss = &r->run[0].tracing.loss[i];

		cr_expect_str_eq(loss->name, expected[i].name);
		report_loss_share(r->question[0].trace, &all, &r->run[0].tracing, loss, &whole);
		cr_expect_eq(whole, expected[i].whole, "%s of %lu", loss->name,
			     (unsigned long)whole);
	}
	/* Single events that found no room are in the figures all the same. */
	cr_expect_float_eq(report_coverage(r->question[0].trace, &all, &r->run[0].tracing),
			   0.99 * (1 - 600.0 / 3300), 1e-9);
	expect_text(r, "figures cover 81.0 % of the naps");
	expect_text(r, "1 of 100 naps (1 %): nobody saw it (missed)");
	report_free(r);
}

Test(report_trace, one_whose_wait_is_not_over_is_named)
{
	const struct record_cost c = { .waiting = 2, .waiting_ns = 900, .waiting_name = "idler-7" };
	struct report *r;

	record_write_layout(writer, &layout);
	subject("", 0, 0, 0, 0);
	losses(0, NULL, 0);
	record_write_cost(writer, &c);
	r = grown();
	expect_text(r,
		    "still waiting for a CPU at the end: idler-7, for 900 ns so far, and 1 more");
	report_free(r);
}

/* ---- intervals ------------------------------------------------------------------------------- */

/* An interrupt out of an idle CPU is nobody's doing, and an idle CPU is in nobody's way. */
Test(report_trace, the_idle_task_is_not_blamed)
{
	struct record_event e = {
		.kind = "naps",
		.population = "after",
		.why = RECORD_WORST,
		.ns = 50,
		.task = { "napper", 7, 8 },
		.cpu_queued = 1,
		.cpu = 1,
		.has_waker = true,
		.waker = { { "swapper/1", 0, 0 }, "idle", 1 },
		.has_behind = true,
		.nr_behind = 1,
		.behind = { { { "swapper/1", 0, 0 }, 50 } },
	};
	struct report *r;
	char *html;

	record_write_layout(writer, &layout);
	record_write_event(writer, &e);
	e.ns--;
	e.waker.context = "interrupt";
	record_write_event(writer, &e);
	e.ns--;
	e.waker.context = "softirq";
	record_write_event(writer, &e);
	subject("", 0, 20, 0, 700);
	losses(0, NULL, 0);
	r = grown();
	expect_text(
		r,
		"napper 8 at 0.000 s, woken by an interrupt on the idle CPU 1, waited on CPU 1, which was idle");
	html = rendered(r, report_html);
	cr_expect_not_null(strstr(html, "napper 8<td class=l>after naps"));
	cr_expect_not_null(strstr(html, "an interrupt on the idle CPU 1"));
	cr_expect_not_null(strstr(html, "a softirq on the idle CPU 1"));
	cr_expect_null(strstr(html, "swapper"));
	free(html);
	report_free(r);
}

Test(report_trace, intervals_stay_apart_and_add_up)
{
	const struct report_trace *t;
	struct report *r;

	record_write_layout(writer, &layout);
	subject("a", 0, 30, 1, 10);
	subject("b", 0, 10, 0, 10);
	losses(0, NULL, 0);
	losses(1, NULL, 0); /* nobody did anything */
	subject("b", 2, 5, 0, 10);
	losses(2, "missed", 5);
	t = report_growing_trace(growing);
	cr_expect_eq(t->last.counted, 5, "as far as it has come");
	r = grown();
	t = r->question[0].trace;
	cr_assert_eq(t->nr_intervals, 3);
	cr_expect_eq(t->span_ns, 3000);
	cr_expect_eq(t->interval[0].counted, 40);
	cr_expect_eq(t->interval[0].part[1].count, 1, "the second whole");
	cr_expect_eq(t->interval[0].wait_ns, 40 * 10 + 50);
	cr_expect_eq(t->interval[0].lost, 0);
	cr_expect_float_eq(t->interval[0].p50, 10, 0.5);
	cr_expect(isnan(t->interval[0].p99), "of forty values there is none");
	cr_expect_eq(t->interval[1].counted, 0);
	cr_expect_float_eq(t->interval[2].lost, 0.5, 1e-9);
	report_free(r);
}

/* What came before the first whole had values is not in it. */
Test(report_trace, an_interval_keeps_the_distribution_of_its_first_whole)
{
	static const struct {
		size_t nr, whole;
		uint64_t count, ns;
	} expected[] = { { 1, 0, 40, 10 }, { 0, REPORT_MAX_WHOLES, 0, 0 }, { 1, 1, 7, 50 } };
	const struct report_trace *t;
	struct report *r;

	record_write_layout(writer, &layout);
	subject("a", 0, 0, 3, 10);
	subject("b", 0, 30, 1, 10);
	subject("c", 0, 10, 0, 10);
	losses(0, NULL, 0);
	losses(1, NULL, 0);
	subject("a", 2, 0, 7, 10);
	losses(2, NULL, 0);
	r = grown();
	t = r->question[0].trace;
	cr_assert_eq(t->nr_intervals, 3);
	cr_expect_eq(t->more_coarse, 0);
	for (size_t i = 0; i < 3; i++) {
		const struct report_interval *n = &t->interval[i];

		cr_expect_eq(n->whole, expected[i].whole, "number %zu", i);
		cr_assert_eq(n->coarse.nr, expected[i].nr, "number %zu", i);
		if (!n->coarse.nr)
			continue;
		cr_expect_eq(n->coarse.bucket[0].count, expected[i].count);
		cr_expect_leq(coarse_low(n->coarse.bucket[0].index), expected[i].ns);
		cr_expect_gt(coarse_low(n->coarse.bucket[0].index + 1), expected[i].ns);
	}
	report_free(r);
}

/* ---- pairs of CPUs --------------------------------------------------------------------------- */

/* From CPU i to CPU 7, i waits of 1000 ns. */
static void pair(const void *arg, size_t i, uint64_t *waker_cpu, uint64_t *cpu, struct hist *h)
{
	(void)arg;
	*waker_cpu = i;
	*cpu = 7;
	hist_init(h, 2);
	for (size_t n = 0; n < i; n++)
		hist_add(h, 1000);
}

Test(report_trace, pairs_of_cpus_are_listed_by_what_they_waited)
{
	struct record_trace t = { .kind = "naps",
				  .subject = "",
				  .end_ns = 1000,
				  .matrix = {
					  .metric = "after", .nr = 6, .others = 4, .cell = pair } };
	struct report *r;
	char *text;

	record_write_layout(writer, &layout);
	metric(&t, &hist, "after", 15, 1000);
	cr_assert_eq(record_write_trace(writer, &t), 0);
	losses(0, NULL, 0);
	r = grown();
	r->top = 3;
	text = rendered(r, as_text);
	cr_expect(strstr(text, "after, from CPU to CPU"), "%s", text);
	cr_expect(strstr(text, "         5 -> 7                    5 "), "%s", text);
	cr_expect(strstr(text, "         3 -> 7                    3 "), "%s", text);
	cr_expect_null(strstr(text, "         2 -> 7"));
	/* Pairs that nobody waited in are none. */
	cr_expect(strstr(text, "         2 more pairs              3 "), "%s", text);
	cr_expect(strstr(text, "  and 4 for which there was no room\n"), "%s", text);
	free(text);
	report_free(r);
}

/* ---- subjects -------------------------------------------------------------------------------- */

Test(report_trace, of_many_subjects_none_is_lost)
{
	struct report_waits all;
	struct report *r;
	char name[32];

	record_write_layout(writer, &layout);
	for (unsigned int n = 0; n < 2; n++)
		for (unsigned int i = 0; i < 20000; i++) {
			snprintf(name, sizeof(name), "thread-%u", n ? 19999 - i : i);
			subject(name, n, 1, i == 777 && !n ? 9 : 0, 1);
		}
	r = grown();
	cr_expect_eq(r->question[0].nr_results, 20000);
	cr_expect_eq(r->nr_drops, 0);
	report_waits_all(&all, r, &r->question[0]);
	cr_expect_eq(all.counted, 40000);
	cr_expect_str_eq(r->result[0].name, "thread-777", "it waited longest");
	cr_expect_not_null(report_metric_find(&r->result[19999], "half", &hist));
	cr_expect_eq(hist.count, 2, "those that are not whole in memory can be read too");
	r->top = 3;
	expect_text(r, "\n19997 more            39 994 ");
	report_free(r);
}

/* ---- what makes no sense --------------------------------------------------------------------- */

Test(report_trace, parts_of_themselves_and_of_each_other_end)
{
	struct report *r;

	layout.metric[0].of = "pushed";
	layout.metric[1].of = "half";
	layout.metric[2].of = "after";
	record_write_layout(writer, &layout);
	subject("", 0, 10, 10, 10);
	losses(0, NULL, 0);
	r = grown();
	expect_text(r, "lost: nothing");
	report_free(r);
}

Test(report_trace, more_wholes_than_columns)
{
	static struct hist room[RECORD_MAX_METRICS];
	static char name[RECORD_MAX_METRICS][16];
	struct record_trace t = { .kind = "naps", .subject = "", .end_ns = 1 };
	struct report *r;

	for (size_t i = 0; i < RECORD_MAX_METRICS; i++) {
		snprintf(name[i], sizeof(name[i]), "whole-%zu", i);
		metric(&t, &room[i], name[i], 3, i);
	}
	cr_assert_eq(record_write_trace(writer, &t), 0);
	r = grown();
	cr_expect_eq(r->question[0].trace->interval[0].part[REPORT_MAX_WHOLES - 1].count, 3);
	expect_text(r, "whole-63");
	report_free(r);
}

/* Of one k, with buckets that are there, that are new, and that come before and after all others. */
Test(report_trace, sparse_ones_of_one_kind_add_up)
{
	static struct hist sum, one, read;
	struct sparse *s = NULL;
	uint64_t x = 1;

	hist_init(&sum, HIST_K_BPF);
	for (int i = 0; i < 500; i++) {
		hist_init(&one, HIST_K_BPF);
		for (int n = 0; n < i % 7; n++) {
			x = x * 6364136223846793005ull + 1442695040888963407ull;
			hist_add(&one, x >> (20 + x % 43));
		}
		cr_assert_eq(sparse_add(&s, &one), 0);
		hist_merge(&sum, &one);
		sparse_read(s, &read);
		cr_assert_arr_eq(&read, &sum, sizeof(sum), "after %d", i);
	}
	one.count = UINT64_MAX;
	cr_expect_eq(sparse_add(&s, &one), -EOVERFLOW);
	sparse_read(s, &read);
	cr_expect_arr_eq(&read, &sum, sizeof(sum), "as it was");
	sparse_free(s);
}

/* ---- sparse ---------------------------------------------------------------------------------- */

Test(report_trace, sparse_ones_hold_what_was_added)
{
	static struct hist a, b, sum, read;
	struct sparse *s = NULL;

	hist_init(&a, HIST_K_BPF);
	hist_init(&b, HIST_K_USER);
	for (uint64_t v = 0; v < 5000; v++) {
		hist_add(&a, v * v);
		hist_add(&b, v << 30);
	}
	cr_assert_eq(sparse_add(&s, &b), 0);
	cr_assert_eq(sparse_add(&s, &a), 0, "coarser than what is there");
	hist_init(&sum, HIST_K_BPF);
	hist_merge(&sum, &b);
	hist_merge(&sum, &a);
	sparse_read(s, &read);
	cr_expect_arr_eq(&read, &sum, sizeof(sum));
	cr_expect_eq(sparse_count(s), 10000);
	cr_expect_eq(sparse_k(s), HIST_K_BPF);
	hist_init(&read, HIST_K_BPF);
	cr_assert_eq(sparse_merge(&read, s), 0);
	cr_expect_arr_eq(&read, &sum, sizeof(sum));
	hist_init(&read, HIST_K_USER);
	cr_expect_eq(sparse_merge(&read, s), -EINVAL, "it is coarser");
	hist_init(&read, 3);
	cr_assert_eq(sparse_merge(&read, s), 0);
	cr_expect(hist_is_consistent(&read));
	cr_expect_eq(read.count, 10000);
	cr_expect_eq(sparse_max(s), sum.max);
	a.count = UINT64_MAX;
	cr_expect_eq(sparse_add(&s, &a), -EOVERFLOW);
	cr_expect_eq(sparse_count(s), 10000, "unchanged");
	sparse_free(s);
}
