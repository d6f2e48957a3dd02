// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_trace_page: what the page says of a trace, in which order, and that names of threads, CPUs and
 * functions are no markup in it.
 */
#include <errno.h>

#include "lib/record/record.h"
#include "lib/record/types.h"
#include "tests/unit/report_test.h"

static struct report_growing *growing;
static struct record_writer *writer;
static struct record_layout layout;

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
		.by = "thread",
		.nr_metrics = 4,
		.metric = { { .name = "after",
			      .title = "asleep -> up",
			      .waits = "after naps",
			      .counted = true },
			    { .name = "half", .of = "after" },
			    { .name = "pushed", .waits = "after a push" },
			    { .name = "up", .running = true } },
		.nr_losses = 1,
		.loss = { { "missed", "nobody saw it", "values" } },
	};
}

TestSuite(report_trace_page, .init = begin, .timeout = 120);

static void metric(struct record_trace *t, struct hist *h, const char *name, uint64_t count,
		   uint64_t ns)
{
	hist_init(h, HIST_K_BPF);
	for (uint64_t i = 0; i < count; i++)
		hist_add(h, ns);
	if (count)
		t->metric[t->nr_metrics++] = (struct record_metric){ name, h };
}

/* @after naps of 1000 ns, of which half is a part, @up ns of running, in the interval number @n. */
static void subject(const char *name, unsigned int n, uint64_t after, uint64_t up)
{
	static struct hist room[4];
	struct record_trace t = { .kind = "naps",
				  .subject = name,
				  .start_ns = 1000000 * ((uint64_t)n + 7),
				  .end_ns = 1000000 * ((uint64_t)n + 8) };

	metric(&t, &room[0], "after", after, 1000);
	metric(&t, &room[1], "half", after, 500);
	metric(&t, &room[3], "up", up ? 1 : 0, up);
	cr_assert_eq(record_write_trace(writer, &t), 0);
}

static void losses(unsigned int n, uint64_t lost)
{
	struct record_losses l = { .start_ns = 1000000 * ((uint64_t)n + 7),
				   .end_ns = 1000000 * ((uint64_t)n + 8),
				   .events = 900 };

	if (lost)
		l.loss[l.nr_losses++] = (struct record_count){ "missed", lost };
	cr_assert_eq(record_write_losses(writer, &l), 0);
}

static void event(uint64_t ns, const char *comm, const char *frame)
{
	const struct record_event e = {
		.kind = "naps",
		.population = "after",
		.why = RECORD_WORST,
		.time_ns = 9000000,
		.ns = ns,
		.task = { comm, 7, 8 },
		.cpu_before = 3,
		.cpu_queued = 3,
		.cpu = 5,
		.has_waker = true,
		.waker = { { "<waker>", 1, 2 }, "task", 4 },
		.has_behind = true,
		.nr_behind = 1,
		.behind = { { { "<hog>", 1, 2 }, ns / 2 } },
		.other_ns = ns / 2,
		.has_stack = true,
		.kernel = { 1, { frame } },
	};

	cr_assert_eq(record_write_event(writer, &e), 0);
}

/* The page; the caller frees it. */
static char *page(void)
{
	char err[256] = "", *html;
	struct report *r;

	cr_assert_eq(record_write_end(writer, RECORD_COMPLETE), 0);
	cr_assert_eq(record_close(writer), 0);
	cr_assert_eq(report_grown(growing, &r, err, sizeof(err)), 0, "%s", err);
	html = rendered(r, report_html);
	report_free(r);
	return html;
}

/* @parts stand in @html in this order. */
static void expect_order(const char *html, const char *const *parts, size_t nr)
{
	const char *at = html;

	for (size_t i = 0; i < nr; i++) {
		const char *found = strstr(at, parts[i]);

		cr_assert_not_null(found, "no '%s' after '%s' in:\n%s", parts[i],
				   i ? parts[i - 1] : "the beginning", at);
		at = found;
	}
}

#define EXPECT_ORDER(html, ...)                                  \
	expect_order(html, (const char *const[]){ __VA_ARGS__ }, \
		     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

Test(report_trace_page, losses_stand_before_the_figures_that_they_touch)
{
	char *html;

	record_write_layout(writer, &layout);
	subject("a", 0, 90, 30000);
	losses(0, 10);
	html = page();
	EXPECT_ORDER(html, "<section class=question", "The figures cover 90.0 % of what happened.",
		     "10 of 100 naps (10 %): nobody saw it (missed)",
		     "<h3>Where the time went</h3>", ">p99<");
	free(html);
}

Test(report_trace_page, all_subjects_together_come_first_with_parts_and_shares)
{
	char *html;

	record_write_layout(writer, &layout);
	subject("a", 0, 20, 10000);
	subject("b", 0, 40, 10000);
	losses(0, 0);
	html = page();
	EXPECT_ORDER(html, "Nothing was lost.", "<h3>Where the time went</h3>",
		     "asleep → up<td>60<td>",
		     "<td>60.0 µs<td class=share style=\"--w:75.0%\" data-v=0.75>75 %",
		     "<tr class=part><td class=\"name in1\">half<td>60<td>",
		     "<td>30.0 µs<td>50 % of it", "<h3>By thread</h3>", "<table class=sort>",
		     "b</span>", "a</span>");
	free(html);
}

Test(report_trace_page, cpus_stand_in_their_order)
{
	char *html;

	layout.by = "cpu";
	record_write_layout(writer, &layout);
	subject("CPU 10", 0, 90, 1);
	subject("CPU 9", 0, 10, 1);
	subject("CPU 2", 0, 50, 1);
	losses(0, 0);
	html = page();
	EXPECT_ORDER(html, "<h3>By CPU</h3>", "CPU 2<", "CPU 9<", "CPU 10<", "all metrics of");
	free(html);
}

Test(report_trace_page, of_many_subjects_the_rest_is_summed_up)
{
	char name[32], *html;
	size_t small;

	record_write_layout(writer, &layout);
	for (unsigned int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "thread-%u", i);
		subject(name, 0, i < 100 ? 5 : 2, 1);
	}
	losses(0, 0);
	html = page();
	EXPECT_ORDER(html, "<summary>80 more</summary>",
		     "and 2900 more, which waited 5.80 ms in all (5 800 naps)");
	small = strlen(html);
	cr_expect_lt(small, 200000, "%zu bytes", small);
	free(html);
}

Test(report_trace_page, intervals_are_a_map_with_words)
{
	char *html;

	record_write_layout(writer, &layout);
	for (unsigned int n = 0; n < 12; n++) {
		subject("", n, n == 5 ? 1000 : 30, 30000);
		losses(n, n == 7 ? 3 : 0);
	}
	html = page();
	EXPECT_ORDER(
		html, "<h3>Over time</h3>", "<svg class=\"plot tmap\"",
		"aria-label=\"Heat map: after in 12 intervals, 12.0 ms in all: p50 from 1.00 µs "
		"to 1.00 µs, longest 1.00 µs",
		"<path class=d4 d=\"", "<path class=d8 d=\"M2613 ", "<path class=lost d=\"M3519 ",
		">p50</text>", "1 000, in even steps", "▼ above a column",
		"<summary>12 intervals in figures", "<td class=slower>9.1 %");
	cr_expect_null(strstr(html, "<path class=d1 d="), "thirty of a thousand is not few");
	free(html);
}

Test(report_trace_page, more_intervals_than_columns_are_taken_together)
{
	char *html;

	record_write_layout(writer, &layout);
	for (unsigned int n = 0; n < 1001; n++) {
		subject("", n, 1, 1000);
		losses(n, 0);
	}
	html = page();
	EXPECT_ORDER(html, "6 intervals are one column.", "the first 100 intervals in figures");
	cr_expect_lt(strlen(html), 200000, "%zu bytes", strlen(html));
	free(html);
}

Test(report_trace_page, the_longest_waits_say_who_where_and_behind_whom)
{
	char *html;

	record_write_layout(writer, &layout);
	event(5000, "<napper>", "<script>alert(1)</script>");
	subject("", 0, 20, 1000);
	losses(0, 0);
	subject("", 1, 20, 1000);
	losses(1, 0);
	html = page();
	EXPECT_ORDER(
		html, "<h3>Longest waits</h3>",
		"Who ran while these waited: &lt;hog&gt; <b>50 %</b>, others, or not known 50 %.",
		"<td>5.00 µs<td class=l>&lt;napper&gt; 8<td class=l>after naps<td>0.002 s",
		"&lt;waker&gt; 2 on CPU 4<td class=l>3 → 5<td class=l>&lt;hog&gt; 2 50 %",
		"stack of the waker, 1 frames", "kernel  &lt;script&gt;alert(1)&lt;/script&gt;");
	cr_expect_null(strstr(html, "<script>alert"));
	free(html);
}

static void pair(const void *arg, size_t i, uint64_t *waker_cpu, uint64_t *cpu, struct hist *h)
{
	(void)arg;
	*waker_cpu = i;
	*cpu = 7;
	hist_init(h, 2);
	for (size_t n = 0; n <= i; n++)
		hist_add(h, 1000);
}

Test(report_trace_page, pairs_of_cpus_are_a_table)
{
	static struct hist h;
	struct record_trace t = { .kind = "naps",
				  .subject = "",
				  .end_ns = 1000,
				  .matrix = {
					  .metric = "after", .nr = 3, .others = 9, .cell = pair } };
	char *html;

	record_write_layout(writer, &layout);
	metric(&t, &h, "after", 15, 1000);
	cr_assert_eq(record_write_trace(writer, &t), 0);
	losses(0, 0);
	html = page();
	EXPECT_ORDER(html, "<h3>Between which CPUs</h3>", "<tr><td>2<td>7<td>3<td>",
		     "<tr><td>0<td>7<td>1<td>", "and 9 waits for which there was no room");
	free(html);
}
