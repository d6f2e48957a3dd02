// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions by arms: every ratio of a figure at a glance, coloured by its size and marked by its
 * verdict. One table per figure; the page shows one of them, chosen by radio buttons and rules of style.
 */
#include "lib/report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/diff.h"

#define MAX_ROWS    40 /* more are folded */
#define MAX_COLUMNS 24 /* more are in the table of verdicts */

enum figure { FIGURE_CPU = NR_JUDGE_METRICS, NR_FIGURES };

static const struct {
	const char *id, *label, *caption;
} figures[NR_FIGURES] = {
	[JUDGE_P50] = { "p50", "p50", "p50" },
	[JUDGE_MEAN] = { "mean", "mean", "mean" },
	[JUDGE_P99] = { "p99", "p99", "p99" },
	[JUDGE_P999] = { "p999", "p99.9", "p99.9" },
	[FIGURE_CPU] = { "cpu", "CPU per operation",
			 "CPU time per operation, as measured: nothing is judged" },
};

struct columns {
	size_t nr, more;
	const char *name[MAX_COLUMNS];
	bool has[NR_FIGURES];
};

/* ---- what there is --------------------------------------------------------------------------- */

static const char *name_of(const struct report_comparison *c)
{
	return c->kind == REPORT_ARMS || !c->arm ? c->candidate : c->arm;
}

/* MAX_COLUMNS: it has none */
static size_t column_of(const struct columns *t, const char *name)
{
	size_t at = 0;

	while (at < t->nr && strcmp(t->name[at], name))
		at++;
	return at < t->nr ? at : MAX_COLUMNS;
}

/* The subject first, then in the order of their colours: those that answer most questions come first. */
static void order_columns(const struct page *p, struct columns *t)
{
	for (size_t i = p->subject ? 2 : 1; i < t->nr; i++) {
		const char *name = t->name[i];
		size_t at = i;

		for (; at > (p->subject ? 1 : 0) &&
		       page_colour(p, t->name[at - 1]) > page_colour(p, name);
		     at--)
			t->name[at] = t->name[at - 1];
		t->name[at] = name;
	}
}

static void take_columns(const struct page *p, struct columns *t)
{
	*t = (struct columns){ 0 };
	if (p->subject)
		t->name[t->nr++] = p->subject;
	for (size_t i = 0; i < p->r->nr_comparisons; i++) {
		const struct report_comparison *c = &p->r->comparison[i];

		if (!isnan(c->j.ratio))
			t->has[c->j.metric] = true;
		if (column_of(t, name_of(c)) < MAX_COLUMNS)
			continue;
		if (t->nr < MAX_COLUMNS)
			t->name[t->nr++] = name_of(c);
		else
			t->more += c->j.metric == JUDGE_P50;
	}
	order_columns(p, t);
	for (size_t i = 0; i < p->r->nr_results; i++)
		t->has[FIGURE_CPU] |= !p->r->result[i].from_trace && p->r->result[i].cpu_ns;
}

static double cpu_per_operation(const struct report_result *r)
{
	return r && r->iterations ? (double)r->cpu_ns / (double)r->iterations : NAN;
}

static double cpu_ratio(const struct page *p, const struct report_question *q,
			const struct report_comparison *c)
{
	double base = cpu_per_operation(page_result(p->r, q, c->baseline)),
	       arm = cpu_per_operation(page_result(p->r, q, c->candidate));

	return base > 0 ? arm / base : NAN;
}

/* ---- cells ----------------------------------------------------------------------------------- */

/* Five steps: within 5 %, 25 %, a factor of 2, of 5, and beyond. */
static int step_of(double ratio)
{
	static const double end[] = { 1.05, 1.25, 2, 5 };
	double size = exp(fabs(log(ratio)));
	int step = 1;

	for (size_t i = 0; i < sizeof(end) / sizeof(end[0]); i++)
		step += size >= end[i];
	return step;
}

static void plain_cell(const struct page *p, double ratio)
{
	char text[FIGURE];

	if (isnan(ratio))
		fputs("<td class=no>·", p->out);
	else if (!(ratio > 0) || fabs(log(ratio)) < log1p(JUDGE_ZONE_P50))
		fprintf(p->out, "<td>%s", format_ratio(text, ratio));
	else
		fprintf(p->out, "<td class=%s%d>%s", ratio > 1 ? "hot" : "cold", step_of(ratio),
			format_ratio(text, ratio));
}

static void judged_cell(const struct page *p, const struct report_comparison *c)
{
	char text[FIGURE];

	if (isnan(c->j.ratio)) {
		fputs("<td class=no>·", p->out);
		return;
	}
	fputs("<td", p->out);
	if (c->unstable || c->moved)
		fputs(" class=shaky", p->out);
	else if (c->j.verdict == VERDICT_SLOWER || c->j.verdict == VERDICT_FASTER)
		fprintf(p->out, " class=%s%d", c->j.verdict == VERDICT_SLOWER ? "hot" : "cold",
			step_of(c->j.ratio));
	fprintf(p->out, ">%s<i>%s</i>", format_ratio(text, c->j.ratio), page_sign(p, c));
}

static void cell(const struct page *p, const struct report_question *q,
		 const struct report_comparison *c, enum figure f)
{
	if (!c)
		fputs("<td class=no>·", p->out);
	else if (f == FIGURE_CPU)
		plain_cell(p, cpu_ratio(p, q, c));
	else
		judged_cell(p, c);
}

static void row(const struct page *p, const struct report_question *q, const struct columns *t,
		enum figure f)
{
	const struct report_comparison *at[MAX_COLUMNS] = { NULL };
	size_t base = q->baseline ? column_of(t, q->baseline) : MAX_COLUMNS;

	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &p->r->comparison[q->first_comparison + i];
		size_t column = column_of(t, name_of(c));

		if (column < MAX_COLUMNS &&
		    c->j.metric == (f == FIGURE_CPU ? JUDGE_P50 : (enum judge_metric)f))
			at[column] = c;
	}
	fputs("<tr><th scope=row>", p->out);
	page_link(p, q);
	for (size_t i = 0; i < t->nr; i++) {
		if (!at[i] && i == base)
			fputs("<td class=no>base", p->out);
		else
			cell(p, q, at[i], f);
	}
	fputs("\n", p->out);
}

/* Of a single arm: its figures beside one another. */
static void row_of_figures(const struct page *p, const struct report_question *q,
			   const struct columns *t)
{
	const struct report_comparison *at[NR_JUDGE_METRICS] = { NULL };

	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &p->r->comparison[q->first_comparison + i];

		at[c->j.metric] = c;
	}
	fputs("<tr><th scope=row>", p->out);
	page_link(p, q);
	for (int f = 0; f < NR_FIGURES; f++)
		if (t->has[f])
			cell(p, q, at[f == FIGURE_CPU ? JUDGE_P50 : f], (enum figure)f);
	fputs("\n", p->out);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void headings(const struct page *p, const struct columns *t, enum figure f)
{
	fprintf(p->out,
		"<table class=\"matrix sort\" data-set=m-%s><thead><tr><th scope=col>question",
		f < NR_FIGURES ? figures[f].id : "all");
	for (size_t i = 0; f < NR_FIGURES && i < t->nr; i++) {
		fputs("<th scope=col>", p->out);
		if (p->subject)
			page_swatch(p, t->name[i]);
		else
			page_name(p, t->name[i]);
	}
	for (int i = 0; f == NR_FIGURES && i < NR_FIGURES; i++)
		if (t->has[i])
			fprintf(p->out, "<th scope=col>%s", figures[i].label);
	fputs("<tbody>\n", p->out);
}

static size_t nr_rows(const struct page *p)
{
	size_t nr = 0;

	for (size_t i = 0; i < p->r->nr_questions; i++)
		nr += p->r->question[i].nr_comparisons > 0;
	return nr;
}

/* @f NR_FIGURES: all of them, of the one arm that there is */
static void rows(const struct page *p, const struct columns *t, enum figure f)
{
	size_t nr = nr_rows(p), shown = 0;

	page_scroll(p, f < NR_FIGURES ? figures[f].label : "All figures");
	headings(p, t, f);
	for (size_t i = 0; i < p->r->nr_questions; i++) {
		const struct report_question *q = &p->r->question[i];

		if (!q->nr_comparisons)
			continue;
		if (shown++ == MAX_ROWS) {
			fprintf(p->out,
				"</table></div><details><summary>%zu more questions</summary>",
				nr - MAX_ROWS);
			page_scroll(p, "More questions");
			headings(p, t, f);
		}
		if (f < NR_FIGURES)
			row(p, q, t, f);
		else
			row_of_figures(p, q, t);
	}
	fprintf(p->out, "</table></div>%s\n", nr > MAX_ROWS ? "</details>" : "");
}

static void legend(const struct page *p, bool cpu)
{
	bool changes = p->diff || report_has_changes(p->r);

	if (p->diff && p->diff->advisory) {
		fputs("<p class=key><span>* moved beyond its zone</span><span>· not there</span></p>\n",
		      p->out);
		return;
	}
	fprintf(p->out, "<p class=key><span>▲ %s</span><span>▼ %s</span>",
		changes ? "slower, regressed" : "slower", changes ? "faster, improved" : "faster");
	fprintf(p->out,
		"<span>= %s</span><span>? inconclusive</span><span class=shaky>~ unstable</span>"
		"<span>· not there</span><span class=scale>",
		changes ? "equivalent, unchanged" : "equivalent");
	fputs("<i class=cold5>÷5</i><i class=cold4>÷2</i><i class=cold3>−20 %</i><i class=cold1>−5 %</i>"
	      "<i class=hot1>+5 %</i><i class=hot3>+25 %</i><i class=hot4>×2</i><i class=hot5>×5</i></span>",
	      p->out);
	if (cpu)
		fputs("<span>CPU time is shown as measured: it is not judged</span>", p->out);
	fputs("</p>\n", p->out);
}

static void switches(const struct page *p, const struct columns *t)
{
	bool first = true;

	for (int f = 0; f < NR_FIGURES; f++) {
		if (!t->has[f])
			continue;
		fprintf(p->out,
			"<input type=radio name=matrix id=m-%s%s><label for=m-%s>%s</label>",
			figures[f].id, first ? " checked" : "", figures[f].id, figures[f].label);
		first = false;
	}
}

bool html_has_matrix(const struct page *p)
{
	struct columns t;

	take_columns(p, &t);
	return t.nr > 1 || (t.nr && nr_rows(p) > 1);
}

void html_matrix(const struct page *p)
{
	struct columns t;

	if (!html_has_matrix(p))
		return;
	take_columns(p, &t);
	fputs("<section id=matrix class=figures><h2>", p->out);
	if (t.nr == 1) {
		fputs("All figures", p->out);
		fputs(" of ", p->out);
		page_name(p, t.name[0]);
		fputs("</h2>", p->out);
		legend(p, t.has[FIGURE_CPU]);
		rows(p, &t, NR_FIGURES);
		fputs("</section>\n", p->out);
		return;
	}
	fputs("All arms</h2>", p->out);
	legend(p, t.has[FIGURE_CPU]);
	fputs("<p class=switch>Ratios of:</p>", p->out);
	switches(p, &t);
	for (int f = 0; f < NR_FIGURES; f++) {
		if (!t.has[f])
			continue;
		fprintf(p->out, "<div class=\"of m-%s\"><h3 class=vh>%s</h3>", figures[f].id,
			figures[f].caption);
		rows(p, &t, (enum figure)f);
		fputs("</div>\n", p->out);
	}
	if (t.more)
		fprintf(p->out,
			"<p class=note>%zu comparisons with further arms are among the verdicts.</p>\n",
			t.more);
	fputs("</section>\n", p->out);
}
