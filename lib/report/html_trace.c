// SPDX-License-Identifier: GPL-2.0-only
/*
 * One kind of a trace in the HTML report: the answer, what it lacks, where the time went, its subjects,
 * of which the first are drawn.
 */
#include "lib/report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
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

/* A wait that is not over is in no figure. */
static void waiting(const struct page *p, const struct report_question *q,
		    const struct report_waits *all)
{
	const struct report_tracing *t = &p->r->run[q->run].tracing;
	char text[FIGURE];

	if (!t->waiting || !t->waiting_name ||
	    (all->counted && t->waiting_ns < q->trace->span_ns / 4))
		return;
	fputs("<p class=banner>Still waiting for a CPU at the end: ", p->out);
	page_name(p, t->waiting_name);
	fputs(", for ", p->out);
	page_ns(p, (double)t->waiting_ns);
	fputs(" so far", p->out);
	if (t->waiting > 1)
		fprintf(p->out, ", and %s more", format_count(text, (double)(t->waiting - 1)));
	fputs(". No figure includes that.</p>\n", p->out);
}

static void answer(const struct page *p, const struct report_question *q,
		   const struct report_waits *all)
{
	const struct report_trace *t = q->trace;
	char text[FIGURE];

	if (!t->has_layout)
		return;
	fputs("<p>", p->out);
	page_ns(p, (double)t->span_ns);
	fprintf(p->out, ", %s ", format_count(text, (double)all->counted));
	page_text(p, t->layout.noun ? t->layout.noun : "events");
	waited(p, t, all);
	fputs(".</p>\n", p->out);
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* What the figures cover less of than this is said aloud. */
#define COVERED 0.999

static void loss(const struct page *p, const struct report_question *q,
		 const struct report_waits *all, const struct record_count *lost)
{
	const struct report_trace *t = q->trace;
	const struct record_layout_loss *l = report_loss_layout(t, lost->name);
	uint64_t whole;
	double share = report_loss_share(t, all, &p->r->run[q->run].tracing, lost, &whole);
	char text[FIGURE];

	fputs("<li>", p->out);
	if (whole) {
		fprintf(p->out, "%s of ", format_count(text, (double)lost->value));
		fprintf(p->out, "%s ", format_count(text, (double)whole));
		page_text(p, !l->of || !strcmp(l->of, "values")
				     ? t->layout.noun ? t->layout.noun : "events"
				     : l->of);
		fprintf(p->out, " (%s): ", format_small_percent(text, share));
	} else {
		fprintf(p->out, "%s times ", format_count(text, (double)lost->value));
	}
	page_text(p, l && l->text ? l->text : lost->name);
	if (l && l->text) {
		fputs(" (", p->out);
		page_text(p, lost->name);
		fputc(')', p->out);
	}
}

/* Before the figures that they touch. */
static void losses(const struct page *p, const struct report_question *q,
		   const struct report_waits *all)
{
	const struct report_tracing *tracing = &p->r->run[q->run].tracing;
	double covered = report_coverage(q->trace, all, tracing);
	bool any = false;
	char text[FIGURE];

	if (report_losses_missing(&p->r->run[q->run])) {
		fputs("<p class=banner>What was lost is not known: the record ends before it.</p>\n",
		      p->out);
		return;
	}
	for (size_t i = 0; tracing->known && i < tracing->nr_losses; i++) {
		if (!tracing->loss[i].value)
			continue;
		if (!any && covered <= COVERED)
			fprintf(p->out,
				"<div class=banner><b>The figures cover %.*f %% of what happened.</b> "
				"Lost:<ul>",
				covered > 0.99 ? 2 : 1, 100 * covered);
		else if (!any)
			fprintf(p->out, "<details><summary>%s lost</summary><ul>",
				covered < 1 ? format_small_percent(text, 1 - covered)
					    : "single events");
		loss(p, q, all, &tracing->loss[i]);
		any = true;
	}
	if (any)
		fputs(covered <= COVERED ? "</ul></div>\n" : "</ul></details>\n", p->out);
	else if (tracing->known)
		fputs("<p class=note>Nothing was lost.</p>\n", p->out);
}

/* ---- what the metrics are -------------------------------------------------------------------- */

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
		fputs(any ? " " : "<details><summary>what these mean</summary><p class=note>",
		      p->out);
		fputs("<b>", p->out);
		page_text(p, t->layout.metric[i].name);
		fputs("</b>: ", p->out);
		page_text(p, t->layout.metric[i].meaning);
		fputc('.', p->out);
		any = true;
	}
	if (any)
		fputs("</p></details>\n", p->out);
}

/* ---- where the time went --------------------------------------------------------------------- */

static bool has_waits(const struct report_trace *t)
{
	for (size_t i = 0; i < t->layout.nr_metrics; i++)
		if (t->layout.metric[i].waits)
			return true;
	return false;
}

struct rows {
	const struct page *p;
	const struct report_question *q;
	const struct report_waits *all;
	bool waits, parts; /* some metric is a wait, is a part of another */
	bool shown[RECORD_MAX_METRICS];
};

/* "woken -> running" with an arrow of its own. */
static void title(const struct page *p, const char *text)
{
	const char *arrow = strstr(text, "->");
	char before[64];

	if (!arrow || (size_t)(arrow - text) >= sizeof(before)) {
		page_name(p, text);
		return;
	}
	snprintf(before, sizeof(before), "%.*s", (int)(arrow - text), text);
	page_name(p, before);
	fputs("→", p->out);
	page_name(p, arrow + 2);
}

static uint64_t population(struct rows *x, size_t metric, unsigned int depth, uint64_t sum_above)
{
	const struct report_trace *t = x->q->trace;
	const struct record_layout_metric *m = &t->layout.metric[metric];
	const struct page *p = x->p;
	static struct hist h;
	struct report_stats s;
	char text[FIGURE];

	report_trace_merged(&h, p->r, x->q, 0, x->q->nr_results, m->name);
	/* That nothing was waited for is an answer, that a part has no values is none. */
	if (!h.count && (m->of || !(m->waits || m->counted)))
		return 0;
	s = report_stats(&h);
	fprintf(p->out, "<tr%s><td class=\"name in%u\">", depth ? " class=part" : "",
		depth < 3 ? depth : 3);
	title(p, report_trace_title(m));
	fprintf(p->out, "<td>%s", format_count(text, (double)s.count));
	page_ns_cell(p, s.p50);
	page_ns_cell(p, s.p90);
	page_ns_cell(p, s.p99);
	page_ns_cell(p, s.p999);
	page_ns_cell(p, s.max);
	page_ns_cell(p, s.count ? (double)h.sum : NAN);
	if (m->of)
		fprintf(p->out, "<td>%s of it",
			format_percent(text, sum_above ? (double)h.sum / (double)sum_above : NAN));
	else if (x->waits)
		page_share_cell(p,
				m->waits || m->running ? report_waits_share(x->all, h.sum) : NAN);
	fputc('\n', p->out);
	return h.sum;
}

/* Each metric has one row, also where a hostile record makes it a part of itself. */
static void populations_of(struct rows *x, const char *of, unsigned int depth, uint64_t sum_above)
{
	const struct record_layout *l = &x->q->trace->layout;

	for (size_t i = 0; i < l->nr_metrics; i++) {
		const char *whole = l->metric[i].of;
		uint64_t sum;

		if (x->shown[i] || (of ? !whole || strcmp(whole, of) : whole != NULL))
			continue;
		x->shown[i] = true;
		sum = population(x, i, depth, sum_above);
		if (sum)
			populations_of(x, l->metric[i].name, depth + 1, sum);
	}
}

static void populations(const struct page *p, const struct report_question *q,
			const struct report_waits *all)
{
	struct rows x = { .p = p, .q = q, .all = all, .waits = has_waits(q->trace) };
	const struct record_layout *l = &q->trace->layout;

	for (size_t i = 0; i < l->nr_metrics; i++)
		x.parts |= l->metric[i].of && has_metric(p, q, l->metric[i].name);
	fputs(x.waits ? "<h3>Where the time went</h3>\n" : "<h3>All together</h3>\n", p->out);
	page_scroll(p, "All subjects together");
	fprintf(p->out,
		"<table><thead><tr><th scope=col>%s<th scope=col>count<th scope=col>p50<th scope=col>p90"
		"<th scope=col>p99<th scope=col>p99.9<th scope=col>max<th scope=col>total%s"
		"</thead><tbody>\n",
		x.parts ? "what, and its parts" : "what",
		x.waits	  ? "<th scope=col>of the time"
		: x.parts ? "<th scope=col>of its whole"
			  : "");
	populations_of(&x, NULL, 0, 0);
	fputs("</table></div>\n", p->out);
	meanings(p, q);
}

/* ---- subjects -------------------------------------------------------------------------------- */

static void subject_name(const struct page *p, const struct report_result *r, bool drawn)
{
	if (drawn)
		page_swatch(p, r->name);
	else
		page_name(p, *r->name ? r->name : "all");
}

/* CPUs stand in their order, what else there is by how long it waited. */
static int by_number(const void *a, const void *b)
{
	const struct report_result *const *x = a, *const *y = b;
	unsigned long m = strtoul((*x)->name + strcspn((*x)->name, "0123456789"), NULL, 10),
		      n = strtoul((*y)->name + strcspn((*y)->name, "0123456789"), NULL, 10);

	return m != n ? (m < n ? -1 : 1) : strcmp((*x)->name, (*y)->name);
}

static bool is_by_cpu(const struct report_question *q)
{
	return q->trace->layout.by && !strcmp(q->trace->layout.by, "cpu");
}

/* One line for a subject: its counted waits, the others, what all of them come to. */
static void wait_row(const struct page *p, const struct report_question *q,
		     const struct report_result *r, bool drawn)
{
	const struct report_trace *t = q->trace;
	static struct hist h;
	struct report_waits w;
	struct report_stats s;
	char text[FIGURE];

	report_waits_of(&w, t, r);
	s = report_stats(NULL);
	for (size_t i = 0; i < t->layout.nr_metrics && !s.count; i++) {
		if (!t->layout.metric[i].counted)
			continue;
		report_trace_merged(&h, p->r, q, (size_t)(r - &p->r->result[q->first_result]), 1,
				    t->layout.metric[i].name);
		s = report_stats(&h);
	}
	fputs("<tr><td class=name>", p->out);
	subject_name(p, r, drawn);
	fprintf(p->out, "<td>%s", format_count(text, (double)s.count));
	page_ns_cell(p, s.p50);
	page_ns_cell(p, s.p90);
	page_ns_cell(p, s.p99);
	page_ns_cell(p, s.max);
	fprintf(p->out, "<td>%s", format_count(text, (double)w.others));
	page_share_cell(p, report_waits_share(&w, w.ns));
	page_ns_cell(p, (double)w.ns);
	fputc('\n', p->out);
}

static void metric_rows(const struct page *p, const struct report_result *r, bool drawn)
{
	static struct hist scratch;

	for (size_t m = 0; m < r->nr_metrics; m++) {
		struct report_stats s = report_stats(report_metric_read(&r->metric[m], &scratch));

		fprintf(p->out, "<tr%s><td class=name>",
			m + 1 < r->nr_metrics ? " class=more" : "");
		if (!m)
			subject_name(p, r, drawn);
		fputs("<td class=l>", p->out);
		page_name(p, r->metric[m].name);
		page_figure_cells(p, &s);
		fputc('\n', p->out);
	}
}

static void all_metrics(const struct page *p, const struct report_question *q, size_t from,
			size_t to)
{
	page_scroll(p, "Subjects, all metrics");
	fputs("<table class=subjects><thead><tr><th scope=col>subject<th scope=col class=l>metric"
	      "<th scope=col>count<th scope=col>p50<th scope=col>p90<th scope=col>p99<th scope=col>p99.9"
	      "<th scope=col>max<th scope=col>mean</thead><tbody>\n",
	      p->out);
	for (size_t i = from; i < to; i++)
		metric_rows(p, &p->r->result[q->first_result + i], i < MAX_TRACE_CURVES);
	fputs("</table></div>\n", p->out);
}

/* Those that have no line of their own. */
static void rest(const struct page *p, const struct report_question *q, size_t from)
{
	struct report_waits sum = { 0 }, w;
	char text[FIGURE];

	for (size_t i = from; i < q->nr_results; i++) {
		report_waits_of(&w, q->trace, &p->r->result[q->first_result + i]);
		sum.counted = report_sum(sum.counted, w.counted);
		sum.ns = report_sum(sum.ns, w.ns);
	}
	fprintf(p->out, "<p class=note>and %zu more, which waited ", q->nr_results - from);
	page_ns(p, (double)sum.ns);
	fprintf(p->out, " in all (%s ", format_count(text, (double)sum.counted));
	page_text(p, q->trace->layout.noun ? q->trace->layout.noun : "events");
	fputs("): they are in the JSON report</p>\n", p->out);
}

/* Those from @from on. */
static void wait_table(const struct page *p, const struct report_question *q, size_t from,
		       size_t to)
{
	const struct report_result *line[MAX_SUBJECTS], *first = &p->r->result[q->first_result];
	const struct record_layout *l = &q->trace->layout;

	for (size_t i = 0; i < to - from; i++)
		line[i] = &first[from + i];
	if (is_by_cpu(q))
		qsort(line, to - from, sizeof(line[0]), by_number);

	page_scroll(p, from ? "More subjects" : "Subjects");
	fputs("<table class=sort><thead><tr><th scope=col>", p->out);
	page_name(p, l->by ? l->by : "subject");
	fputs("<th scope=col>", p->out);
	page_name(p, l->noun ? l->noun : "count");
	fputs("<th scope=col>p50<th scope=col>p90<th scope=col>p99<th scope=col>max"
	      "<th scope=col>other waits<th scope=col>waited<th scope=col>total</thead><tbody>\n",
	      p->out);
	for (size_t i = 0; i < to - from; i++)
		wait_row(p, q, line[i], line[i] < first + MAX_TRACE_CURVES);
	fputs("</table></div>\n", p->out);
}

static void more_waits(const struct page *p, const struct report_question *q, size_t from,
		       size_t to)
{
	fprintf(p->out, "<details><summary>%zu more</summary>", to - from);
	wait_table(p, q, from, to);
	fputs("</details>\n", p->out);
}

static void subjects(const struct page *p, const struct report_question *q)
{
	size_t nr = q->nr_results < MAX_SUBJECTS ? q->nr_results : MAX_SUBJECTS,
	       first = nr < MAX_TRACE_CURVES ? nr : MAX_TRACE_CURVES,
	       top = nr < REPORT_TOP || is_by_cpu(q) ? nr : REPORT_TOP;

	if (nr == 1 && !*p->r->result[q->first_result].name)
		return;
	fputs("<h3>By ", p->out);
	page_name(p, is_by_cpu(q) ? "CPU" : q->trace->layout.by ? q->trace->layout.by : "subject");
	fputs("</h3>\n", p->out);
	if (has_waits(q->trace)) {
		wait_table(p, q, 0, top);
		if (nr > top)
			more_waits(p, q, top, nr);
		fprintf(p->out, "<details><summary>all metrics of the first %zu</summary>", first);
		all_metrics(p, q, 0, first);
		fputs("</details>\n", p->out);
	} else {
		all_metrics(p, q, 0, first);
		if (first < nr) {
			fprintf(p->out, "<details><summary>%zu more</summary>", nr - first);
			all_metrics(p, q, first, nr);
			fputs("</details>\n", p->out);
		}
	}
	if (nr < q->nr_results)
		rest(p, q, nr);
}

/* ---- all of it ------------------------------------------------------------------------------- */

void html_trace(const struct page *p, size_t index)
{
	const struct report_question *q = &p->r->question[index];
	const struct report_trace *t = q->trace;
	struct report_waits all;

	report_waits_all(&all, p->r, q);
	answer(p, q, &all);
	losses(p, q, &all);
	waiting(p, q, &all);
	if (q->nr_results)
		populations(p, q, &all);
	html_intervals(p, t);
	subjects(p, q);
	html_waits(p,
		   &(struct html_waits){ .trace = t,
					 .from_ns = t->nr_intervals ? t->interval[0].start_ns : 0,
					 .nr = t->nr_worst,
					 .event = t->worst,
					 .nr_in_the_way = t->nr_in_the_way,
					 .in_the_way = t->in_the_way,
					 .in_the_way_ns = t->in_the_way_ns });
	for (size_t i = 0; i < q->nr_results; i++)
		if (p->r->result[q->first_result + i].matrix)
			html_pairs(p, p->r->result[q->first_result + i].matrix);
	html_plots(p, index);
}
