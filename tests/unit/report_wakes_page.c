// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_wakes_page: what the page says of the wakes of a question's traced blocks: what the long ones are
 * long of, between which CPUs they went, and who was in the way of the longest.
 */
#include "tests/unit/report_records.h"

#include "lib/record/types.h"

/* Without plots: what is looked for stands beside them. */
static void begin_bare(void)
{
	setenv("PATH", "/nonexistent", 1);
	begin();
	question("q", "latency");
	for (int i = 0; i < 8; i++)
		block("q", false, epoch("old", wobble(i, 3000), 50),
		      epoch("new", wobble(i, 2000), 50), 0);
	block("q", true, epoch("old", 3000, 50), epoch("new", 2000, 50), 0);
}

TestSuite(report_wakes_page, .init = begin_bare, .fini = finish, .timeout = 60);

static void append_trace(const struct record_trace *t)
{
	struct record_writer *w;

	fflush(out);
	cr_assert_eq(record_stream(&w, dup(fileno(out))), 0);
	cr_assert_eq(record_write_trace(w, t), 0);
	cr_assert_eq(record_close(w), 0);
}

static void append_event(const struct record_event *e)
{
	struct record_writer *w;

	fflush(out);
	cr_assert_eq(record_stream(&w, dup(fileno(out))), 0);
	cr_assert_eq(record_write_event(w, e), 0);
	cr_assert_eq(record_close(w), 0);
}

/* The section of the question; the caller frees it. */
static char *section(void)
{
	struct report *r = read_back();
	char *html = rendered(r, report_html), *from, *to;

	report_free(r);
	from = strstr(html, "<section class=question>");
	to = from ? strstr(from, "</section>") : NULL;
	cr_assert(to, "no section in %s", html);
	from = strndup(from, (size_t)(to - from));
	free(html);
	return from;
}

static size_t count(const char *text, const char *what)
{
	size_t nr = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		nr++;
	return nr;
}

#define SAYS(html, part)     cr_expect(strstr(html, part), "no '%s' in\n%s", part, html)
#define SAYS_NOT(html, part) cr_expect_null(strstr(html, part), "'%s' in\n%s", part, html)

/* ---- bands ----------------------------------------------------------------------------------- */

/* 900 wakes of 1 us, mostly call, and 100 of 100 us, mostly runq. */
static void long_wakes(const char *arm)
{
	static struct record_band rows[2];
	static struct hist whole, call;
	struct record_trace t = { .question = "q", .subject = arm };

	rows[0] = (struct record_band){ hist_index(1000, 4), 900, { 900000, 720000, 180000 } };
	rows[1] = (struct record_band){ hist_index(100000, 4), 100, { 10000000, 100000, 9900000 } };
	t.bands = (struct record_bands){
		.k = 4, .nr_sums = 3, .sum = { "end_to_end", "call", "runq" }, .nr = 2, .band = rows
	};
	hist_init(&whole, HIST_K_BPF);
	hist_init(&call, HIST_K_BPF);
	for (int i = 0; i < 1000; i++) {
		hist_add(&whole, i < 900 ? 1000 : 100000);
		hist_add(&call, i < 900 ? 800 : 1000);
	}
	t.metric[t.nr_metrics++] = (struct record_metric){ "end_to_end", &whole };
	t.metric[t.nr_metrics++] = (struct record_metric){ "call", &call };
	append_trace(&t);
}

Test(report_wakes_page, bands_say_what_long_wakes_are_long_of)
{
	char *html;

	long_wakes("old");
	html = section();
	SAYS(html, "<h4>What long wakes are long of</h4>");
	SAYS(html, "aria-label=\"old, up to p50, 900 wakes: call 80 % runq 20 %\"");
	SAYS(html, "aria-label=\"old, p90 to p99, 100 wakes: call 1 % runq 99 %\"");
	SAYS_NOT(html, "old, p50 to p90"); /* no bucket came to lie there */
	SAYS_NOT(html, "old, beyond p99");
	SAYS(html,
	     "<span class=p0 style=\"width:80.00%\" title=\"call: 800 ns, 80 %\">call 80 %</span>");
	SAYS(html, "</div><div>100 µs</div>"); /* the mean of the long ones */
	cr_expect_eq(count(html, "<div class=of>"), 1, "the other arm has none");
	free(html);
}

Test(report_wakes_page, each_arm_has_bands_of_its_own)
{
	char *html;

	long_wakes("old");
	long_wakes("new");
	html = section();
	cr_expect_eq(count(html, "<h4>What long wakes are long of</h4>"), 1);
	cr_expect_eq(count(html, "<div class=of>"), 2);
	SAYS(html, "aria-label=\"new, up to p50, 900 wakes: call 80 % runq 20 %\"");
	free(html);
}

/* ---- matrix ---------------------------------------------------------------------------------- */

/* @arg: from so many CPUs to the one below, the more waits the higher its number. */
static void downward(const void *arg, size_t i, uint64_t *waker_cpu, uint64_t *cpu, struct hist *h)
{
	(void)arg;
	*waker_cpu = i + 1;
	*cpu = i;
	hist_init(h, 2);
	for (size_t n = 0; n <= i; n++)
		hist_add(h, 1000 * (i + 1));
}

static void matrix(const char *arm, size_t nr, uint64_t others)
{
	append_trace(&(struct record_trace){
		.question = "q",
		.subject = arm,
		.matrix = { .metric = "woken", .nr = nr, .others = others, .cell = downward } });
}

Test(report_wakes_page, pairs_of_CPUs_come_by_their_waits)
{
	const char *first, *second;
	char *html;

	matrix("new", 2, 3);
	html = section();
	SAYS(html, "<h3>From CPU to CPU</h3>");
	SAYS(html, "<summary>Pairs of CPUs</summary>");
	first = strstr(html, "<td>2<td>1<td>2<td>");
	second = strstr(html, "<td>1<td>0<td>1<td>");
	cr_expect(first && second && first < second, "%s", html);
	SAYS(html, "<p class=note>3 waits had no room in the matrix.</p>");
	free(html);
}

Test(report_wakes_page, between_two_CPUs_a_sentence_says_it)
{
	char *html;

	matrix("old", 1, 0);
	matrix("new", 1, 0);
	html = section();
	SAYS(html, "All 2 waits of the traced blocks were woken from CPU 1 and ended on CPU 0.");
	SAYS_NOT(html, "Pairs of CPUs");
	SAYS_NOT(html, "no room in the matrix");
	free(html);
}

Test(report_wakes_page, of_many_pairs_the_busiest_are_shown_and_the_rest_counted)
{
	char *html;

	matrix("new", 30, 0);
	html = section();
	SAYS(html, "<summary>Pairs of CPUs, the busiest</summary>");
	SAYS(html, "<td>30<td>29<td>30<td>");
	SAYS_NOT(html, "<td>1<td>0<td>1<td>");
	SAYS(html, "<p class=note>and 6 more, in the JSON report</p>");
	free(html);
}

/* ---- the longest waits ----------------------------------------------------------------------- */

static void wait(uint64_t ns, const char *comm)
{
	static const char *const frame[] = { "wake_up+0x1", "<interrupt>" };
	struct record_event e = {
		.kind = "wakeup",
		.question = "q",
		.subject = "new",
		.population = "woken",
		.why = RECORD_WORST,
		.time_ns = 9000000,
		.ns = ns,
		.task = { comm, 7, 8 },
		.nr_phases = 2,
		.phase = { { "wake", 300 }, { "runq", ns - 300 } },
		.cpu_before = 3,
		.cpu_queued = 3,
		.cpu = 5,
		.migrations = 2,
		.has_waker = true,
		.waker = { { "<waker>", 1, 2 }, "task", 4 },
		.has_behind = true,
		.nr_behind = 1,
		.behind = { { { "<hog>", 1, 2 }, ns / 2 } },
		.other_ns = ns / 2,
		.has_stack = true,
		.kernel = { 1, { frame[0] } },
		.user = { 1, { frame[1] } },
	};

	append_event(&e);
}

Test(report_wakes_page, the_longest_waits_say_who_was_in_the_way)
{
	const char *first, *second;
	char *html;

	wait(20000, "short");
	wait(60000, "<long>");
	html = section();
	SAYS(html, "<h3>Longest waits of the traced blocks</h3>");
	SAYS(html, "In the way meanwhile: &lt;hog&gt; 40.0 µs (50 %).");
	first = strstr(html, "&lt;long&gt; 8");
	second = strstr(html, "short 8");
	cr_expect(first && second && first < second, "the longest first: %s", html);
	SAYS(html, "<td class=l>wake 300 ns, runq 59.7 µs");
	SAYS(html, "3 → 5, migrated 2 times while queued");
	SAYS(html, "&lt;waker&gt; 2 on CPU 4");
	SAYS(html, "<summary>stack, 2 frames</summary>");
	SAYS(html, "<code>wake_up+0x1</code> (kernel)<li><code>&lt;interrupt&gt;</code></ol>");
	SAYS_NOT(html, "<interrupt>");
	SAYS_NOT(html, "<hog>");
	free(html);
}

Test(report_wakes_page, a_question_without_any_says_nothing_of_them)
{
	char *html = section();

	SAYS_NOT(html, "Longest waits");
	SAYS_NOT(html, "From CPU to CPU");
	SAYS_NOT(html, "What long wakes are long of");
	free(html);
}
