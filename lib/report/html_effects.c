// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page's first table: what each question came to, on one axis, the largest effect first; and below
 * it the questions that have none, with the reason.
 */
#include "lib/report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More are folded: the largest are what one looks for. */
#define MAX_ROWS 40

/* ---- which ----------------------------------------------------------------------------------- */

static double size_of(const struct html_effect *e)
{
	double size = fabs(log(e->c->j.ratio));

	return isfinite(size) ? size : -1;
}

/* Of builds and settings: regressed, improved, moved; then the rest. Of arms all are one. */
static int rank_of(const struct html_effect *e)
{
	if (e->c->kind == REPORT_ARMS)
		return 3;
	if (e->c->moved)
		return 2;
	return e->c->j.verdict == VERDICT_SLOWER ? 0 : e->c->j.verdict == VERDICT_FASTER ? 1 : 3;
}

static double zones_of(const struct report_comparison *c)
{
	return fabs(log(c->j.ratio)) / log1p(c->j.zone);
}

/* qsort() does not keep the order of equals: their places do. */
static int largest_first(const void *a, const void *b)
{
	const struct html_effect *x = a, *y = b;
	bool sure = report_effect_is_sure(x->c);

	if (rank_of(x) != rank_of(y))
		return rank_of(x) - rank_of(y);
	if (size_of(x) != size_of(y))
		return size_of(x) > size_of(y) ? -1 : 1;
	if (sure != report_effect_is_sure(y->c))
		return sure ? -1 : 1;
	return (x->c > y->c) - (x->c < y->c);
}

/* Of one question there is room for all its arms. */
static bool has_all_arms(const struct report *r)
{
	return page_asks(r) == 1;
}

/*
 * The figure that says what became of an arm that is compared with itself. Where nothing is called
 * it is the one that moved most, measured by its zone.
 */
static const struct report_comparison *
telling_of(const struct page *p, const struct report_question *q, const struct report_comparison *c)
{
	const struct report_comparison *best = c;
	bool moved;

	if (!page_is_advisory(p, c, &moved))
		return report_row_of(p->r, q, c).telling;
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *other = &p->r->comparison[q->first_comparison + i];

		if (!strcmp(other->candidate, c->candidate) && page_is_advisory(p, other, &moved) &&
		    moved && !(zones_of(best) >= zones_of(other)))
			best = other;
	}
	return best;
}

bool html_take_effects(struct page *p)
{
	const struct report *r = p->r;

	p->subject = report_subject_arm(r);
	p->effect = calloc(r->nr_comparisons + 1, sizeof(*p->effect));
	if (!p->effect)
		return false;
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; k < q->nr_comparisons; k++) {
			const struct report_comparison *c = &r->comparison[q->first_comparison + k];
			struct html_effect e = { .q = q, .c = c };

			if (c->j.metric != JUDGE_P50 ||
			    (c->kind == REPORT_ARMS && !has_all_arms(r) &&
			     (!p->subject || strcmp(c->candidate, p->subject))))
				continue;
			e.arm = page_result(r, q, c->candidate);
			e.base = page_result(r, q, c->baseline);
			if (c->kind != REPORT_ARMS)
				e.c = telling_of(p, q, c);
			if (e.arm && e.base)
				p->effect[p->nr_effects++] = e;
		}
	}
	qsort(p->effect, p->nr_effects, sizeof(*p->effect), largest_first);
	return true;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void figure_cell(const struct page *p, const struct report_result *r, enum judge_metric m,
			bool named)
{
	double ns = page_figure(r, m);

	fputs("<td", p->out);
	if (isfinite(ns))
		fprintf(p->out, " data-v=%.6g", ns);
	fputs(">", p->out);
	if (named) {
		fputs("<span class=base>", p->out);
		page_name(p, r->name);
		fputs("</span> ", p->out);
	}
	fputs("<span class=nb>", p->out);
	page_ns(p, ns);
	fputs("</span>", p->out);
}

/* What the figures of the row do not contain is said before them. */
static void losses(const struct page *p, const struct report_result *r)
{
	for (size_t i = 0; i < r->nr_losses; i++) {
		if (!r->loss[i].value)
			continue;
		fputs("<small class=lost>", p->out);
		page_name(p, r->name);
		fputs(": ", p->out);
		report_write_loss(p->out, r, &r->loss[i], page_word);
		fputs("</small>", p->out);
	}
}

static void say(const struct page *p, const struct report_comparison *c)
{
	enum report_told told = report_told(c);
	bool moved;

	if (page_is_advisory(p, c, &moved))
		fputs(moved ? "moved" : "within its zone", p->out);
	else if (told == TOLD_MOVED || (told == TOLD_UNSTABLE && c->kind != REPORT_ARMS))
		report_write_verdict(p->out, c);
	else if (told == TOLD_UNSTABLE && c->j.verdict != VERDICT_INCONCLUSIVE)
		fprintf(p->out, "%s, but unstable", report_verdict_name(c));
	else
		fputs(report_told_name(told, c->kind), p->out);
}

/* Where another figure of the same arm was called something else. */
static void beside(const struct page *p, const struct html_effect *e)
{
	const struct report_question *q = e->q;

	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &p->r->comparison[q->first_comparison + i];

		if (c == e->c || c->j.metric == JUDGE_P50 || !report_effect_is_sure(c) ||
		    c->j.verdict == e->c->j.verdict || strcmp(c->candidate, e->c->candidate))
			continue;
		fprintf(p->out, "<small>%s ", judge_metric_name(c->j.metric));
		page_effect(p, c->j.ratio);
		fputc(' ', p->out);
		say(p, c);
		fputs("</small>", p->out);
	}
}

static void effect_cell(const struct page *p, const struct html_effect *e)
{
	const struct report_comparison *c = e->c;

	fputs("<td class=effect", p->out);
	if (isfinite(c->j.ratio))
		fprintf(p->out, " data-v=%.6g", c->j.ratio);
	fprintf(p->out, "><span class=\"say %s\"><span class=sign aria-hidden=true>%s</span> ",
		page_class(c), page_sign(p, c));
	if (c->j.metric != JUDGE_P50)
		fprintf(p->out, "%s ", judge_metric_name(c->j.metric));
	fputs("<b>", p->out);
	page_effect(p, c->j.ratio);
	fputs("</b> ", p->out);
	say(p, c);
	fputs("</span>", p->out);
	page_why(p, c);
	beside(p, e);
}

static void interval_cell(const struct page *p, const struct report_comparison *c)
{
	char lo[FIGURE], hi[FIGURE];

	if (isnan(c->j.lo))
		fputs("<td class=iv>", p->out);
	else
		fprintf(p->out, "<td class=iv>[%s, %s]", format_ratio(lo, c->j.lo),
			format_ratio(hi, c->j.hi));
}

static void effect_row(const struct page *p, const struct html_effect *e)
{
	const struct report_comparison *c = e->c;
	bool arms = c->kind == REPORT_ARMS;

	fputs("<tr><th scope=row>", p->out);
	page_link(p, e->q);
	if (!arms || has_all_arms(p->r)) {
		fputs(" <span class=arm>", p->out);
		page_name(p, c->arm ? c->arm : c->candidate);
		fputs("</span>", p->out);
	}
	if (e->q->failed) {
		fputs("<small class=lost>failed: ", p->out);
		page_text(p, e->q->failed);
		fputs("</small>", p->out);
	}
	losses(p, e->base);
	losses(p, e->arm);
	figure_cell(p, e->base, c->j.metric, arms);
	figure_cell(p, e->arm, c->j.metric, false);
	fputs("<td class=bar>", p->out);
	page_bar(p, &(struct page_bar){ c->j.ratio, c->j.lo, c->j.hi, c->j.zone, page_class(c) });
	interval_cell(p, c);
	effect_cell(p, e);
	fputs("\n", p->out);
}

/* ---- questions without an effect ------------------------------------------------------------- */

static bool has_effect(const struct page *p, const struct report_question *q)
{
	for (size_t i = 0; i < p->nr_effects; i++)
		if (p->effect[i].q == q)
			return true;
	return false;
}

static const char *why_skipped(const struct page *p, const struct report_question *q)
{
	for (size_t i = 0; p->subject && i < q->nr_skipped; i++)
		if (!strcmp(q->skipped[i].arm, p->subject))
			return q->skipped[i].reason;
	return NULL;
}

static void why_none(const struct page *p, const struct report_question *q)
{
	const char *skipped = why_skipped(p, q);
	const struct report_result *arm = p->subject ? page_result(p->r, q, p->subject) : NULL;

	if (q->failed) {
		fputs("failed: ", p->out);
		page_text(p, q->failed);
	} else if (report_is_baseline_missing(p->r, q)) {
		report_write_baseline_missing(p->out, p->r, q, page_word);
	} else if (skipped) {
		page_name(p, p->subject);
		fputs(" was skipped: ", p->out);
		page_text(p, skipped);
	} else if (arm && arm == report_baseline(p->r, q)) {
		page_name(p, p->subject);
		fputs(" is the baseline here", p->out);
	} else if (arm && arm->stats.count) {
		fputs("it names no baseline", p->out);
	} else if (p->subject) {
		page_name(p, p->subject);
		fputs(arm ? " was not measured" : " is not among its arms", p->out);
	} else {
		fputs("nothing to compare", p->out);
	}
}

static void none_row(const struct page *p, const struct report_question *q)
{
	fputs("<tr class=none><th scope=row>", p->out);
	page_link(p, q);
	fputs("<td class=reason>", p->out);
	why_none(p, q);
	fputs("\n", p->out);
}

/* What became of those that are not on the axis: none of them may go unseen. */
static void not_compared(const struct page *p)
{
	size_t nr = 0, shown = 0;

	for (size_t i = 0; i < p->r->nr_questions; i++)
		nr += !p->r->question[i].from_trace && !has_effect(p, &p->r->question[i]);
	if (!nr)
		return;
	fprintf(p->out, "<h3>Not compared: %zu question%s</h3>", nr, nr == 1 ? "" : "s");
	page_scroll(p, "Questions that were not compared");
	fputs("<table class=nothing><tbody>\n", p->out);
	for (size_t i = 0; i < p->r->nr_questions; i++) {
		const struct report_question *q = &p->r->question[i];

		if (q->from_trace || has_effect(p, q))
			continue;
		if (shown++ == MAX_ROWS) {
			fprintf(p->out, "</table></div><details><summary>%zu more</summary>",
				nr - MAX_ROWS);
			page_scroll(p, "More questions that were not compared");
			fputs("<table class=nothing><tbody>\n", p->out);
		}
		none_row(p, q);
	}
	fprintf(p->out, "</table></div>%s\n", nr > MAX_ROWS ? "</details>" : "");
}

/* ---- the table ------------------------------------------------------------------------------- */

static bool has_one_kind(const struct page *p)
{
	for (size_t i = 1; i < p->nr_effects; i++)
		if (p->effect[i].c->kind != p->effect[0].c->kind)
			return false;
	return true;
}

/* What stands to the left and right of the axis: baseline and subject, old and new, A and B. */
static void headings(const struct page *p)
{
	bool one = has_one_kind(p), arms = one && p->effect[0].c->kind == REPORT_ARMS;
	const struct html_effect *e = &p->effect[0];

	fprintf(p->out, "<th scope=col>%s<th scope=col>",
		arms && has_all_arms(p->r) ? "arm"
		: arms			   ? "question"
					   : "question and arm");
	if (arms || !one)
		fputs(arms ? "baseline" : "before", p->out);
	else
		page_name(p, e->base->side ? e->base->side : "before");
	fputs("<th scope=col>", p->out);
	if (arms && !has_all_arms(p->r))
		page_name(p, p->subject);
	else if (arms || !one)
		fputs(arms ? "arm" : "after", p->out);
	else
		page_name(p, e->arm->side ? e->arm->side : "after");
	fputs("<th scope=col class=bar data-fixed><span class=vh>interval on the axis</span>",
	      p->out);
	page_ticks(p);
	fputs("<th scope=col class=iv data-fixed>interval<th scope=col class=effect>effect",
	      p->out);
}

static void begin_table(const struct page *p, const char *label)
{
	page_scroll(p, label);
	fputs("<table class=\"effects sort\" data-set=effects><colgroup><col class=q><col class=f><col class=g><col><col class=iv><col class=e></colgroup><thead><tr>",
	      p->out);
	headings(p);
	fputs("<tbody>\n", p->out);
}

static void rows(const struct page *p)
{
	size_t first = p->nr_effects < MAX_ROWS ? p->nr_effects : MAX_ROWS;

	begin_table(p, "Effects");
	for (size_t i = 0; i < first; i++)
		effect_row(p, &p->effect[i]);
	fputs("</table></div>\n", p->out);
	if (first == p->nr_effects)
		return;
	fprintf(p->out, "<details><summary>%zu more effects</summary>", p->nr_effects - first);
	begin_table(p, "More effects");
	for (size_t i = first; i < p->nr_effects; i++)
		effect_row(p, &p->effect[i]);
	fputs("</table></div></details>\n", p->out);
}

/* "libkthread against the baseline of each question" */
static void title(const struct page *p)
{
	const struct report_comparison *c = p->effect[0].c;

	fputs("<h2>", p->out);
	if (!has_one_kind(p)) {
		fputs("Before and after", p->out);
	} else if (c->kind == REPORT_BUILDS) {
		fputs("New build against old", p->out);
	} else if (c->kind == REPORT_SETTINGS) {
		fputs("Setting B against A", p->out);
	} else if (c->kind == REPORT_RUNS) {
		fputs("New runs against base", p->out);
	} else if (has_all_arms(p->r)) {
		fputs("Arms against ", p->out);
		page_name(p, c->baseline);
	} else {
		page_name(p, p->subject);
		fputs(" against the baseline of each question", p->out);
	}
	fputs("</h2>\n", p->out);
}

void html_effects(const struct page *p)
{
	if (!page_asks(p->r))
		return;
	fputs("<section id=effects>", p->out);
	if (p->nr_effects) {
		title(p);
		rows(p);
	}
	/* Of recorded runs those are named by arm. */
	if (!p->diff)
		not_compared(p);
	fputs("</section>\n", p->out);
}
