// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report as one HTML file: no request to anywhere, no script. The page forbids both to itself
 * by its content policy, so that even a mistake in escaping could not run anything.
 */
#include "lib/report/page.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/changes.h"
#include "lib/report/gnuplot.h"

/* ---- parts ----------------------------------------------------------------------------------- */

static const char *verdict_class(const struct report_comparison *c)
{
	return c->unstable || c->moved ? "unstable" : verdict_name(c->j.verdict);
}

static const char *verdict_word(const struct report_comparison *c)
{
	if (c->unstable)
		return "unstable";
	return c->moved ? "same code, moved" : report_verdict_name(c);
}

/* A verdict. */
static void page_chip(const struct page *p, const struct report_comparison *c)
{
	static const char *const sign[] = {
		[VERDICT_SLOWER] = "▲ ",
		[VERDICT_FASTER] = "▼ ",
		[VERDICT_EQUIVALENT] = "= ",
		[VERDICT_INCONCLUSIVE] = "? ",
	};

	/* The sign gives the direction of an unstable one; its interval bar has the rest. */
	fprintf(p->out, "<span class=\"chip %s\">%s%s</span>", verdict_class(c), sign[c->j.verdict],
		verdict_word(c));
}

/*
 * The scale of the interval bars: linear near 1, where 1 % must be seen, logarithmic beyond, so
 * that a factor of 30 still has its place.
 */
#define BAR_WIDTH  150.0
#define BAR_LINEAR 0.02 /* ln ratio up to which the scale is about linear */
#define BAR_REACH  30.0 /* largest ratio inside the frame */

static double bar_x(double ratio)
{
	double x = asinh(log(ratio) / BAR_LINEAR) / asinh(log(BAR_REACH) / BAR_LINEAR);

	return BAR_WIDTH / 2 * (1 + fmax(-0.97, fmin(0.97, 0.97 * x)));
}

/* The interval of a comparison as a bar. */
static void page_interval(const struct page *p, const struct report_comparison *c, double zone)
{
	double left = bar_x(c->j.lo), right = bar_x(c->j.hi), z0 = bar_x(1 / (1 + zone)),
	       z1 = bar_x(1 + zone);
	char text[3][FIGURE];

	if (isnan(c->j.ratio))
		return;
	fprintf(p->out, "<svg class=\"bar %s\" viewBox=\"0 0 %.0f 18\" role=img><title>",
		verdict_class(c), BAR_WIDTH);
	fprintf(p->out, "%s: %s", judge_metric_name(c->j.metric),
		format_ratio(text[0], c->j.ratio));
	if (!isnan(c->j.lo))
		fprintf(p->out, " [%s, %s], %zu %ss, %.1f %% coverage",
			format_ratio(text[1], c->j.lo), format_ratio(text[2], c->j.hi), c->j.nr,
			c->of_blocks ? "block" : "instance", 100 * c->j.confidence);
	fprintf(p->out, "</title><rect class=zone x=%.1f width=%.1f height=18 />", z0, z1 - z0);
	fprintf(p->out, "<path class=mid d=\"M%.1f 0V18\"/>", BAR_WIDTH / 2);
	fprintf(p->out, "<path class=way d=\"M%.1f 9H%.1f\"/>", BAR_WIDTH / 2, bar_x(c->j.ratio));
	if (!isnan(c->j.lo))
		fprintf(p->out, "<rect class=iv x=%.1f y=5.5 width=%.1f height=7 rx=2 />", left - 1,
			right - left + 2);
	fprintf(p->out, "<circle class=dot cx=%.1f cy=9 r=3.2 /></svg>", bar_x(c->j.ratio));
}

/* The scale of such bars. */
static void page_axis(const struct page *p)
{
	static const struct {
		double ratio;
		const char *label;
	} mark[] = { { 1 / 3.0, "÷3" }, { 0.95, "−5 %" }, { 1.05, "+5 %" }, { 3, "×3" } };

	fprintf(p->out, "<svg class=bar viewBox=\"0 0 %.0f 18\" role=img aria-label=scale>",
		BAR_WIDTH);
	for (size_t i = 0; i < sizeof(mark) / sizeof(mark[0]); i++)
		fprintf(p->out, "<text x=%.1f y=12%s>%s</text>", bar_x(mark[i].ratio),
			fabs(log(mark[i].ratio)) > 1 ? " class=far" : "", mark[i].label);
	fputs("</svg>", p->out);
}

static const struct report_comparison *find_comparison(const struct report *r,
						       const struct report_question *q,
						       const char *candidate,
						       enum judge_metric metric)
{
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[q->first_comparison + i];

		if (!strcmp(c->candidate, candidate) && c->j.metric == metric)
			return c;
	}
	return NULL;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

/* Why it is not decided, or why the row's own figures say something else. */
static void page_why(const struct page *p, const struct report_comparison *c)
{
	if (c->j.verdict == VERDICT_INCONCLUSIVE &&
	    (c->j.reason != JUDGE_WIDE || !isnan(c->more_s))) {
		fputs("<small class=why>", p->out);
		report_write_why(p->out, c);
		fputs("</small>", p->out);
	}
	if (c->apart) {
		fputs("<small class=why>", p->out);
		report_write_apart(p->out, c);
		fputs("</small>", p->out);
	}
}

/* What the mean, or p99.9, says where that is something else. */
static void beside(const struct page *p, const struct report_comparison *c,
		   const struct report_comparison *other)
{
	char ratio[FIGURE];

	if (!other || isnan(other->j.lo) || other->j.verdict == VERDICT_INCONCLUSIVE ||
	    other->j.verdict == c->j.verdict)
		return;
	fprintf(p->out, "<small class=why>%s %s: ", judge_metric_name(other->j.metric),
		format_ratio(ratio, other->j.ratio));
	report_write_verdict(p->out, other);
	fputs("</small>", p->out);
}

static void verdict_cells(const struct page *p, const struct report_question *q,
			  const struct report_result *r, enum judge_metric metric)
{
	const struct report_comparison *c = find_comparison(p->r, q, r->name, metric);
	char ratio[FIGURE];

	fputs("<td>", p->out);
	page_ns(p, metric == JUDGE_P50 ? r->stats.p50 : r->stats.p99);
	if (!c) {
		fputs("<td colspan=3 class=why>", p->out);
		if (metric != JUDGE_P50)
			return;
		if (r == report_baseline(p->r, q))
			fputs("baseline", p->out);
		else if (r->from_trace)
			fprintf(p->out, "seen by %s, no verdict", report_seen_by(r));
		return;
	}
	fprintf(p->out, "<td>%s<td>", format_ratio(ratio, c->j.ratio));
	page_interval(p, c, c->j.zone);
	fputs("<td class=l>", p->out);
	page_chip(p, c);
	page_why(p, c);
	beside(p, c,
	       find_comparison(p->r, q, r->name, metric == JUDGE_P50 ? JUDGE_MEAN : JUDGE_P999));
}

static void html_verdicts(const struct page *p)
{
	bool changes = report_has_changes(p->r);

	fputs("<h2 id=verdicts>Verdicts</h2><p class=note>", p->out);
	fputs(changes ? "Ratio of each arm's new side to its old one (B to A)"
		      : "Ratio of each arm to its question's baseline",
	      p->out);
	fprintf(p->out,
		" with its interval: of p50 the typical ratio of neighbouring untraced epochs, of p99 that of all operations. "
		"▲ %s, ▼ %s, ",
		changes ? "regressed" : "slower", changes ? "improved" : "faster");
	fputs("= within the shaded zone, ? not decided by the interval. What the mean or p99.9 says is named where it is "
	      "something else. Bars are linear near 1 and logarithmic beyond.</p><div class=scroll><table class=verdicts><tr><th>arm<th>p50<th>ratio<th>",
	      p->out);
	page_axis(p);
	fputs("<th class=l>p50 verdict<th>p99<th>ratio<th>", p->out);
	page_axis(p);
	fputs("<th class=l>p99 verdict\n", p->out);
	for (size_t i = 0; i < p->r->nr_questions; i++) {
		const struct report_question *q = &p->r->question[i];

		if (q->from_trace)
			continue;
		fputs("<tr class=q><td colspan=9>", p->out);
		page_link(p, q);
		for (size_t k = 0; k < q->nr_results; k++) {
			const struct report_result *r = &p->r->result[q->first_result + k];

			if (!r->stats.count)
				continue;
			fputs("<tr><td class=name>", p->out);
			page_swatch(p, r->name);
			verdict_cells(p, q, r, JUDGE_P50);
			verdict_cells(p, q, r, JUDGE_P99);
		}
		fputc('\n', p->out);
	}
	fputs("</table></div>\n", p->out);
}

/* ---- the page -------------------------------------------------------------------------------- */

int report_html(FILE *out, const struct report *r)
{
	struct page p = { .out = out, .r = r };
	char why[512] = "";
	int plotted;

	if (!page_choose_colours(&p))
		return -ENOMEM;
	plotted = plots_make(&p.plots, &p, why, sizeof(why));
	errno = 0;
	html_head(&p);
	if (plotted) {
		fputs("<p class=banner><b>No plots.</b> ", out);
		if (plotted == -ENOENT) {
			fputs("They are drawn by gnuplot, which is not installed: package ", out);
			gnuplot_packages(out, "<code>", "</code>");
		} else {
			page_text(&p, why);
		}
		fputs(".</p>\n", out);
	}
	if (r->nr_comparisons)
		html_verdicts(&p);
	for (size_t i = 0; i < r->nr_questions; i++)
		html_question(&p, i);
	html_context(&p);
	fputs("</main></div></body></html>\n", out);
	plots_free(p.plots);
	free(p.arm);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

static int render(FILE *out, const struct report *r, const struct terminal_style *style)
{
	(void)style;
	return report_html(out, r);
}

const struct report_format report_format_html = {
	.name = "html",
	.help = "one self-contained page with plots",
	.suffix = { ".html", ".htm" },
	.render = render,
};
