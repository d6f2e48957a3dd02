// SPDX-License-Identifier: GPL-2.0-only
/* The page's tiles: verdicts, machine, tracing, self-test and the command, each as one figure and a line. */
#include "lib/report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void begin(const struct page *p, const char *title, const char *class, const char *link)
{
	fprintf(p->out, "<div class=\"tile%s%s\">", *class ? " " : "", class);
	if (link)
		fprintf(p->out, "<a href=\"#%s\">%s</a><b>", link, title);
	else
		fprintf(p->out, "<span>%s</span><b>", title);
}

static void line(const struct page *p)
{
	fputs("</b><small>", p->out);
}

static void finish(const struct page *p)
{
	fputs("</small></div>\n", p->out);
}

static const char *many(size_t nr)
{
	return nr == 1 ? "" : "s";
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static void count(const struct page *p, size_t nr, const char *what, const char **before)
{
	if (!nr)
		return;
	fprintf(p->out, "%s<span class=nb>%zu %s</span>", *before, nr, what);
	*before = " · ";
}

/* Of all arms; the finding has those of the subject. Without colours: it is a result, not an alarm. */
static void arms_tile(const struct page *p)
{
	size_t nr[2][NR_TOLD] = { { 0 } }, all = 0, tails = 0;
	const char *before = "";

	for (size_t i = 0; i < p->r->nr_comparisons; i++) {
		const struct report_comparison *c = &p->r->comparison[i];
		bool tail = c->j.metric != JUDGE_P50;

		if (c->kind != REPORT_ARMS || isnan(c->j.ratio))
			continue;
		all += !tail;
		tails += tail;
		nr[tail][report_told(c)]++;
	}
	if (!all)
		return;
	begin(p, "All arms, p50", "", html_has_matrix(p) ? "matrix" : "verdicts");
	for (int i = 0; i <= TOLD_SLOWER; i++)
		count(p, nr[0][i], report_told_name((enum report_told)i, REPORT_ARMS), &before);
	if (!*before)
		fputs("none decided", p->out);
	line(p);
	before = "";
	for (int i = TOLD_SLOWER + 1; i < NR_TOLD; i++)
		count(p, nr[0][i], report_told_name((enum report_told)i, REPORT_ARMS), &before);
	if (tails)
		fprintf(p->out, "%smean and tails: %zu slower, %zu faster of %zu",
			*before ? "; " : "", nr[1][TOLD_SLOWER], nr[1][TOLD_FASTER], tails);
	finish(p);
}

/* Arms that were compared with themselves: one of them counts once, whatever its figures say. */
static void changes_tile(const struct page *p)
{
	const char *before = "";
	struct report_changes c;
	size_t regressed;

	report_count_changes(p->r, &c);
	if (!c.compared)
		return;
	regressed = c.nr[CHANGE_REGRESSED];
	begin(p, "Changes", regressed ? "bad" : "", "effects");
	count(p, regressed, "regressed", &before);
	count(p, c.nr[CHANGE_IMPROVED], "improved", &before);
	if (!regressed && !c.nr[CHANGE_IMPROVED])
		fputs("nothing changed", p->out);
	line(p);
	before = "";
	count(p, c.nr[CHANGE_UNCHANGED], "unchanged", &before);
	count(p, c.nr[CHANGE_INCONCLUSIVE], "inconclusive", &before);
	count(p, c.nr[CHANGE_MOVED], "moved with the same code", &before);
	count(p, c.unstable, "of all arms unstable", &before);
	finish(p);
}

/* ---- machine --------------------------------------------------------------------------------- */

static void steadiness(const struct page *p, size_t asked, size_t unsteady, size_t unknown)
{
	if (unsteady)
		fprintf(p->out, "%zu of %zu question%s unsteady", unsteady, asked, many(asked));
	else if (unknown == asked)
		fputs("too short to say whether steady", p->out);
	else
		fputs("steady", p->out);
	if (unknown && unknown < asked)
		fprintf(p->out, "%s %zu too short to say", unsteady ? "," : " where known,",
			unknown);
}

static void model(const struct page *p, const struct report_run *run)
{
	const json_t *cpus = report_environment_at(run, "cpu.nr_allowed");
	const char *name = json_string_value(report_environment_at(run, "cpu.model"));

	if (json_is_integer(cpus))
		fprintf(p->out, "%lld × ", (long long)json_integer_value(cpus));
	page_name(p, name ? name : "a CPU of unknown model");
	if (json_is_true(report_environment_at(run, "cpu.hypervisor")))
		fputs(" (virtual machine)", p->out);
	if (run->environment.kernel) {
		fputs(", Linux ", p->out);
		page_name(p, run->environment.kernel);
	}
}

/* Warnings of the first group; those of the others are with their environments. */
static void warnings(const struct page *p, const struct report_run *run)
{
	size_t nr = json_array_size(report_environment_at(run, "warnings"));

	if (nr)
		fprintf(p->out, " · <a href=\"#environment\">%zu warning%s</a>", nr, many(nr));
}

static void machine_tile(const struct page *p)
{
	size_t asked = 0, unsteady = 0, unknown = 0;

	for (size_t i = 0; i < p->r->nr_questions; i++) {
		const struct report_question *q = &p->r->question[i];

		if (q->from_trace)
			continue;
		asked++;
		unsteady += q->noise.unsteady;
		unknown += !q->noise.nr_windows && !q->noise.unsteady;
	}
	begin(p, "Machine", unsteady ? "warn" : "", asked ? "noise" : "environment");
	if (asked) {
		steadiness(p, asked, unsteady, unknown);
		line(p);
	}
	if (p->r->apart)
		report_write_runs_summary(p->out, p->r);
	else
		model(p, &p->r->run[0]);
	if (!asked) {
		line(p);
		if (!strcmp(report_tool(&p->r->run[0]), "trace"))
			fputs("a trace does not record how steady it was", p->out);
	}
	if (!p->r->apart)
		warnings(p, &p->r->run[0]);
	finish(p);
}

/* ---- tracing --------------------------------------------------------------------------------- */

/* The least that the figures of any kind of event cover; NAN: there is none. */
static double coverage(const struct page *p)
{
	double least = NAN;

	for (size_t i = 0; i < p->r->nr_questions; i++) {
		const struct report_question *q = &p->r->question[i];
		struct report_waits all;

		if (!q->trace || !q->trace->has_layout)
			continue;
		report_waits_all(&all, p->r, q);
		least = fmin(least, report_coverage(q->trace, &all, &p->r->run[q->run].tracing));
	}
	return least;
}

/* Below this share a loss is said, and is no reason for a warning. */
#define SMALL_LOSS 0.001

static bool is_small(const struct report_tracing *t, uint64_t lost, double covered)
{
	return (double)lost <= SMALL_LOSS * (double)t->events && !(covered < 1 - SMALL_LOSS);
}

static void losses(const struct page *p, const struct report_tracing *t, uint64_t lost,
		   double covered)
{
	char text[2][FIGURE];

	if (!lost) {
		fprintf(p->out, "%s events, none lost", format_count(text[0], (double)t->events));
		return;
	}
	fprintf(p->out, "%s of %s events lost", format_count(text[0], (double)lost),
		format_count(text[1], (double)t->events + (double)lost));
	if (t->events)
		fprintf(p->out, " (%s)",
			format_small_percent(text[0],
					     (double)lost / ((double)t->events + (double)lost)));
	if (covered < 1)
		fprintf(p->out, ", figures cover %s", format_small_percent(text[0], covered));
}

/* By how much the traced wakes were slower, from the least to the most of all arms. */
static void observer(const struct page *p, const char **before)
{
	double least = NAN, most = NAN;
	char text[2][FIGURE];

	for (size_t i = 0; i < p->r->nr_results; i++) {
		double effect = report_observer_effect(&p->r->result[i]);

		least = fmin(least, effect);
		most = fmax(most, effect);
	}
	if (isnan(least))
		return;
	fprintf(p->out, "%straced blocks take × %s", *before, format_ratio(text[0], least));
	if (strcmp(text[0], format_ratio(text[1], most)))
		fprintf(p->out, " to %s", text[1]);
	*before = ", ";
}

static void cost(const struct page *p, const struct report_tracing *t)
{
	const char *before = "";

	observer(p, &before);
	if (t->bpf_ns && t->events) {
		fputs(before, p->out);
		page_ns(p, (double)t->bpf_ns / (double)t->events);
		fputs(" of BPF an event", p->out);
		before = ", ";
	}
	fputs(before, p->out);
	page_ns(p, (double)t->cpu_ns);
	fputs(" CPU of the tracer", p->out);
}

static bool is_losses_missing(const struct report *r)
{
	for (size_t i = 0; i < r->nr_runs; i++)
		if (r->run[i].group == i && report_losses_missing(&r->run[i]))
			return true;
	return false;
}

static void tracing_tile(const struct page *p)
{
	struct report_tracing t = report_tracing_total(p->r);
	const char *reason = report_not_traced(&p->r->run[0]);
	bool missing = is_losses_missing(p->r);
	double covered = coverage(p);
	uint64_t lost = 0;

	for (size_t i = 0; i < t.nr_losses; i++)
		lost = report_sum(lost, t.loss[i].value);
	begin(p, "Tracing", missing || !is_small(&t, lost, covered) ? "warn" : "", "tracing");
	if (t.known)
		losses(p, &t, lost, covered);
	else if (!missing)
		fputs("phases not taken", p->out);
	if (missing)
		fputs(t.known ? ", for some of it losses are not known" : "losses are not known",
		      p->out);
	line(p);
	if (t.known)
		cost(p, &t);
	else if (missing)
		fputs("the record ends before it says so", p->out);
	else
		page_text(p, reason ? reason : "nothing was traced");
	finish(p);
	free(t.loss);
	free(t.counter);
}

/* ---- self-test, command ---------------------------------------------------------------------- */

static void selftest_tile(const struct page *p)
{
	for (size_t i = 0; i < p->r->nr_runs; i++) {
		const struct report_run *run = &p->r->run[i];

		if (!run->selftest || run->group != i)
			continue;
		if (!strcmp(report_tool(run), "selftest"))
			return;
		begin(p, "Self-test of the machine", "", "environment");
		line(p);
		report_write_selftest(p->out, run, page_word);
		finish(p);
		return;
	}
}

/* "2026-11-26T07:09:37Z" as "2026-11-26 07:09 UTC"; anything else as it is */
static void moment(const struct page *p, const char *start)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	size_t at = 0;

	while (form[at] &&
	       (form[at] == 'd' ? start[at] >= '0' && start[at] <= '9' : start[at] == form[at]))
		at++;
	if (form[at] || start[at])
		page_name(p, start);
	else
		fprintf(p->out, "%.10s %.5s UTC", start, start + 11);
}

static void again_tile(const struct page *p)
{
	const struct report_run *run = &p->r->run[0];
	const struct record_header *h = &run->header;

	begin(p, "Again", "again", "again");
	fputs("<code>", p->out);
	page_command(p, run);
	fputs("</code>", p->out);
	line(p);
	fputs("kt ", p->out);
	page_name(p, h->kt.version ? h->kt.version : "of an unknown version");
	if (h->start) {
		fputs(" · ", p->out);
		moment(p, h->start);
	}
	if (p->r->nr_runs > 1) {
		fprintf(p->out, " · the first of %zu runs", p->r->nr_runs);
	} else if (h->id) {
		char id[9];

		snprintf(id, sizeof(id), "%s", h->id);
		fputs(" · run ", p->out);
		page_name(p, id);
	}
	finish(p);
}

void html_tiles(const struct page *p)
{
	fputs("<div class=tiles>", p->out);
	html_targets_tile(p);
	changes_tile(p);
	arms_tile(p);
	machine_tile(p);
	if (strcmp(report_tool(&p->r->run[0]), "selftest"))
		tracing_tile(p);
	selftest_tile(p);
	again_tile(p);
	fputs("</div>\n", p->out);
}
