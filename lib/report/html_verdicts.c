// SPDX-License-Identifier: GPL-2.0-only
/* All verdicts of the page: each figure of each arm with its interval, what it was called, and why. */
#include "lib/report/page.h"

#include <math.h>
#include <string.h>

#include "lib/report/diff.h"

/* More comparisons than this are folded. */
#define MAX_SHOWN 48

static void losses(const struct page *p, const struct report_result *r)
{
	for (size_t i = 0; r && i < r->nr_losses; i++) {
		if (!r->loss[i].value)
			continue;
		fputs(" <small class=lost>", p->out);
		report_write_loss(p->out, r, &r->loss[i], page_word);
		fputs("</small>", p->out);
	}
}

static void figure(const struct page *p, const struct report_result *r, enum judge_metric m)
{
	fputs("<td>", p->out);
	page_ns(p, r ? page_figure(r, m) : NAN);
}

/* @first: of its arm, which is named once. */
static void row(const struct page *p, const struct report_question *q,
		const struct report_comparison *c, bool first)
{
	const struct report_result *base = page_result(p->r, q, c->baseline),
				   *arm = page_result(p->r, q, c->candidate);
	char text[2][FIGURE];

	fprintf(p->out, "<tr%s><td class=name>", first ? " class=arm" : "");
	if (first) {
		if (c->kind == REPORT_ARMS || !c->arm)
			page_swatch(p, c->candidate);
		else
			page_name(p, c->arm);
		losses(p, base);
		losses(p, arm);
	}
	fprintf(p->out, "<td class=l>%s", judge_metric_name(c->j.metric));
	figure(p, base, c->j.metric);
	figure(p, arm, c->j.metric);
	fprintf(p->out, "<td>%s<td>", format_ratio(text[0], c->j.ratio));
	if (!isnan(c->j.lo))
		fprintf(p->out, "[%s, %s]", format_ratio(text[0], c->j.lo),
			format_ratio(text[1], c->j.hi));
	fputs("<td class=bar>", p->out);
	page_bar(p, &(struct page_bar){ c->j.ratio, c->j.lo, c->j.hi, c->j.zone, page_class(c) });
	fputs("<td class=l>", p->out);
	page_chip(p, c);
	page_why(p, c);
	fputs("\n", p->out);
}

static void question(const struct page *p, const struct report_question *q)
{
	const char *last = NULL;
	char zone[FIGURE];

	fputs("<tbody class=q><tr><th colspan=8 scope=rowgroup", p->out);
	/* Of recorded runs a question has no section of its own. */
	if (p->diff) {
		fputs(" id=\"", p->out);
		page_anchor(p, q);
		fputs("\"", p->out);
	}
	fputs(">", p->out);
	page_link(p, q);
	if (report_baseline(p->r, q)) {
		fputs(" <span class=par>against ", p->out);
		page_name(p, q->baseline);
		fprintf(p->out, ", zone ±%s</span>", format_percent(zone, q->zone));
	} else if (q->kind != REPORT_ARMS) {
		fprintf(p->out, " <span class=par>%s, zone ±%s</span>",
			q->kind == REPORT_BUILDS ? "new against old"
			: q->kind == REPORT_RUNS ? "new against base"
						 : "B against A",
			format_percent(zone, q->zone));
	}
	fputs("\n", p->out);
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &p->r->comparison[q->first_comparison + i];

		row(p, q, c, !last || strcmp(last, c->candidate));
		last = c->candidate;
	}
}

static void explanation(const struct page *p)
{
	fputs("<p class=note>Each figure is judged by itself, and the ratio shown is the one that is judged: of p50 the typical "
	      "ratio of neighbouring untraced epochs, of the others that of all operations. In brackets is its interval, at "
	      "99&nbsp;% (p50 of blocks: 95&nbsp;%). What lies in the shaded zone counts as no difference: the question’s own for p50 and mean, "
	      "5&nbsp;% for p99, 10&nbsp;% for p99.9. The axis is linear near 1 and logarithmic beyond.</p>\n",
	      p->out);
}

static void explanation_of_runs(const struct page *p)
{
	fputs("<p class=note>Each run counts once. A figure is the median over the runs of a side, a ratio the median over all pairs "
	      "of runs of both sides, and its interval, in brackets, goes by their ranks. What lies in the shaded zone is no change.</p>\n",
	      p->out);
}

void html_verdicts(const struct page *p)
{
	bool folded = !p->diff && p->r->nr_comparisons > MAX_SHOWN,
	     changes = p->diff || report_has_changes(p->r);

	if (!p->r->nr_comparisons)
		return;
	fprintf(p->out, "<section id=verdicts><h2>%s</h2>",
		p->diff && p->diff->advisory ? "All figures" : "Verdicts");
	if (p->diff)
		explanation_of_runs(p);
	else
		explanation(p);
	if (folded)
		fprintf(p->out, "<details><summary>All %zu verdicts with their intervals</summary>",
			p->r->nr_comparisons);
	page_scroll(p, "Verdicts");
	fprintf(p->out,
		"<table class=verdicts><thead><tr><th scope=col>arm<th scope=col class=l>figure<th scope=col>%s"
		"<th scope=col>%s<th scope=col>ratio<th scope=col>interval<th scope=col class=bar><span class=vh>interval on the axis</span>",
		p->diff	  ? diff_side_name(DIFF_BASE)
		: changes ? "before"
			  : "baseline",
		p->diff	  ? diff_side_name(DIFF_NEW)
		: changes ? "after"
			  : "arm");
	page_ticks(p);
	fprintf(p->out, "<th scope=col class=l>%s\n",
		p->diff && p->diff->advisory ? "" : "verdict");
	for (size_t i = 0; i < p->r->nr_questions; i++)
		if (p->r->question[i].nr_comparisons)
			question(p, &p->r->question[i]);
	fprintf(p->out, "</table></div>%s</section>\n", folded ? "</details>" : "");
}
