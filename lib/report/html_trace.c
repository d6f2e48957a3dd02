// SPDX-License-Identifier: GPL-2.0-only
/* One kind of a trace in the HTML report: its answer, its subjects, of which the first are drawn. */
#include "lib/report/page.h"

#include <math.h>
#include <string.h>

#define MAX_SUBJECTS 100 /* beyond MAX_TRACE_CURVES they are folded */

static void share(const struct page *p, const char *text, double share)
{
	char figure[FIGURE];

	fputs(text, p->out);
	fprintf(p->out, " %s", format_small_percent(figure, share));
}

/* How much of the time was waited, and after what. */
static void waited(const struct page *p, const struct report_trace *t,
		   const struct report_waits *all)
{
	const char *before = " (";

	if (isnan(report_waits_share(all, all->ns)))
		return;
	share(p, "; waited for a CPU", report_waits_share(all, all->ns));
	fputs(" of the time", p->out);
	for (size_t i = 0; i < t->layout.nr_metrics; i++) {
		if (!t->layout.metric[i].waits || !all->metric_ns[i])
			continue;
		fputs(before, p->out);
		page_text(p, t->layout.metric[i].waits);
		share(p, "", report_waits_share(all, all->metric_ns[i]));
		before = ", ";
	}
	fputc(')', p->out);
}

static void answer(const struct page *p, const struct report_question *q)
{
	const struct report_trace *t = q->trace;
	struct report_waits all;
	double covered;
	char text[FIGURE];

	if (!t->has_layout)
		return;
	report_waits_all(&all, p->r, q);
	covered = report_coverage(t, &all, &p->r->run[q->run].tracing);
	fputs("<p>", p->out);
	page_ns(p, (double)t->span_ns);
	fprintf(p->out, ", %s ", format_count(text, (double)all.counted));
	page_text(p, t->layout.noun ? t->layout.noun : "events");
	waited(p, t, &all);
	if (covered <= 0.999)
		share(p, ". <b>The figures cover", covered);
	fprintf(p->out, "%s.</p>\n", covered <= 0.999 ? "</b>" : "");
}

static bool has_metric(const struct page *p, const struct report_question *q, const char *name)
{
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *r = &p->r->result[q->first_result + i];

		for (size_t m = 0; m < r->nr_metrics; m++)
			if (!strcmp(r->metric[m].name, name))
				return true;
	}
	return false;
}

/* What the metrics that are shown are, as the kind says it. */
static void meanings(const struct page *p, const struct report_question *q)
{
	const struct report_trace *t = q->trace;
	bool any = false;

	for (size_t i = 0; i < t->layout.nr_metrics; i++) {
		if (!t->layout.metric[i].meaning || !has_metric(p, q, t->layout.metric[i].name))
			continue;
		fputs(any ? " " : "<p class=note>", p->out);
		fputs("<b>", p->out);
		page_text(p, t->layout.metric[i].name);
		fputs("</b>: ", p->out);
		page_text(p, t->layout.metric[i].meaning);
		fputc('.', p->out);
		any = true;
	}
	if (any)
		fputs("</p>\n", p->out);
}

static void worst(const struct page *p, const struct report_trace *t)
{
	if (!t->nr_worst)
		return;
	page_scroll(p, "Longest waits");
	fputs("<table><tr><th class=l>longest waits<th>time<th class=l>woken by<th class=l>behind\n",
	      p->out);
	for (size_t i = 0; i < t->nr_worst; i++) {
		const struct report_event *e = &t->worst[i];

		fputs("<tr><td class=name>", p->out);
		report_write_waiter(p->out, e, page_word);
		fputs(" (", p->out);
		page_text(p, e->population);
		fputs(")<td>", p->out);
		page_ns(p, (double)e->ns);
		fputs("<td class=l>", p->out);
		if (e->has_waker)
			report_write_waker(p->out, e, page_word);
		else
			fputc('-', p->out);
		fputs("<td class=l>", p->out);
		if (!report_write_behind(p->out, e, page_word))
			fputs(e->nr_behind ? "nobody: the CPU was idle" : "-", p->out);
		fputc('\n', p->out);
	}
	fputs("</table></div>\n", p->out);
}

static void subject_rows(const struct page *p, const struct report_result *r, bool drawn)
{
	static struct hist scratch;

	for (size_t m = 0; m < r->nr_metrics; m++) {
		struct report_stats s = report_stats(report_metric_read(&r->metric[m], &scratch));

		fprintf(p->out, "<tr%s><td class=name>",
			m + 1 < r->nr_metrics ? " class=more" : "");
		if (!m && drawn)
			page_swatch(p, r->name);
		else if (!m)
			page_text(p, *r->name ? r->name : "all");
		fputs("<td class=l>", p->out);
		page_text(p, r->metric[m].name);
		page_figure_cells(p, &s);
		fputc('\n', p->out);
	}
}

static void subjects_table(const struct page *p, const struct report_question *q, size_t from,
			   size_t to)
{
	page_scroll(p, "Subjects");
	fputs("<table class=subjects><tr><th>subject<th class=l>metric<th>count<th>p50<th>p90<th>p99"
	      "<th>p99.9<th>max<th>mean\n",
	      p->out);
	for (size_t i = from; i < to; i++)
		subject_rows(p, &p->r->result[q->first_result + i], i < MAX_TRACE_CURVES);
	fputs("</table></div>\n", p->out);
}

void html_trace(const struct page *p, size_t index)
{
	const struct report_question *q = &p->r->question[index];
	size_t nr = q->nr_results < MAX_SUBJECTS ? q->nr_results : MAX_SUBJECTS,
	       first = nr < MAX_TRACE_CURVES ? nr : MAX_TRACE_CURVES;

	answer(p, q);
	meanings(p, q);
	subjects_table(p, q, 0, first);
	worst(p, q->trace);
	html_plots(p, index);
	if (first == nr)
		return;
	fprintf(p->out, "<details><summary>%zu more subjects</summary>", nr - first);
	subjects_table(p, q, first, nr);
	if (nr < q->nr_results)
		fprintf(p->out, "<p class=note>and %zu more, in the JSON report</p>\n",
			q->nr_results - nr);
	fputs("</details>\n", p->out);
}
