// SPDX-License-Identifier: GPL-2.0-only
/* Single waits in the HTML report: the longest, who was in their way, between which CPUs wakes went. */
#include "lib/report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of those who ran while one waited; of programs that were in the way; of pairs of CPUs. */
#define MAX_BEHIND 3
#define MAX_WAYS   8
#define MAX_PAIRS  50

void page_share_cell(const struct page *p, double share)
{
	char text[FIGURE];

	if (isnan(share)) {
		fputs("<td class=share>-", p->out);
		return;
	}
	fprintf(p->out, "<td class=share style=\"--w:%.1f%%\" data-v=%.6g>%s", 100 * fmin(share, 1),
		share, format_small_percent(text, share));
}

/* ---- one wait -------------------------------------------------------------------------------- */

static void cpu_path(const struct page *p, const struct report_event *e)
{
	uint64_t last = RECORD_NO_CPU;
	const uint64_t cpus[] = { e->cpu_before, e->cpu_queued, e->cpu };
	const char *before = "";

	/* Where it ran before, where it waited, where it runs. */
	for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
		if (cpus[i] == RECORD_NO_CPU || cpus[i] == last)
			continue;
		fprintf(p->out, "%s%" PRIu64, before, cpus[i]);
		last = cpus[i];
		before = " → ";
	}
	if (last == RECORD_NO_CPU)
		fputc('-', p->out);
}

static void one_behind(const struct page *p, const struct report_event *e,
		       const struct report_behind *b)
{
	char text[FIGURE];

	if (b->tid) {
		page_name(p, b->comm ? b->comm : "?");
		fprintf(p->out, " %" PRIu64, b->tid);
	} else {
		fputs("nobody: the CPU was idle", p->out);
	}
	if (e->ns)
		fprintf(p->out, " %s", format_percent(text, (double)b->ns / (double)e->ns));
}

/* Who ran there meanwhile, as shares of the wait: before it was queued nobody did. */
static void behind(const struct page *p, const struct report_event *e)
{
	uint64_t other = e->other_ns;
	char text[FIGURE];

	for (size_t i = 0; i < e->nr_behind; i++) {
		if (i >= MAX_BEHIND) {
			other = report_sum(other, e->behind[i].ns);
			continue;
		}
		fputs(i ? "<br>" : "", p->out);
		one_behind(p, e, &e->behind[i]);
	}
	if (!e->nr_behind && !other)
		fputc('-', p->out);
	else if (other && e->ns)
		fprintf(p->out, "%sothers, or not known %s", e->nr_behind ? "<br>" : "",
			format_percent(text, (double)other / (double)e->ns));
}

static void stack(const struct page *p, const struct report_event *e, unsigned int columns)
{
	size_t nr = e->nr_kernel + e->nr_user;

	if (!nr)
		return;
	fprintf(p->out,
		"<tr class=detail><td colspan=%u><details><summary>stack of %s, %zu frames</summary>"
		"<pre tabindex=0>",
		columns, e->has_waker ? "the waker" : "the thread itself", nr);
	for (size_t i = 0; i < nr; i++) {
		fputs(i < e->nr_kernel ? "kernel  " : "user    ", p->out);
		page_name(p, e->frame[i]);
		fputc('\n', p->out);
	}
	fputs("</pre></details>\n", p->out);
}

static void wait_row(const struct page *p, const struct html_waits *w, const struct report_event *e)
{
	size_t m = w->trace ? report_trace_metric(w->trace, e->population) : 0;
	const char *after = w->trace && m < w->trace->layout.nr_metrics
				    ? w->trace->layout.metric[m].waits
				    : NULL;

	fprintf(p->out, "<tr%s><td>", e->nr_kernel + e->nr_user ? " class=top" : "");
	page_ns(p, (double)e->ns);
	fputs("<td class=l>", p->out);
	report_write_waiter(p->out, e, page_word);
	if (w->arms) {
		fputs("<td class=l>", p->out);
		if (e->arm)
			page_swatch(p, e->arm);
		else
			fputc('-', p->out);
	}
	fputs("<td class=l>", p->out);
	page_name(p, after ? after : e->population);
	if (w->from_ns)
		fprintf(p->out, "<td>%.3f s",
			(double)(e->time_ns > w->from_ns ? e->time_ns - w->from_ns : 0) / 1e9);
	fputs("<td class=l>", p->out);
	if (e->has_waker)
		report_write_waker(p->out, e, page_word);
	else
		fputc('-', p->out);
	fputs("<td class=l>", p->out);
	cpu_path(p, e);
	fputs("<td class=l>", p->out);
	behind(p, e);
	fputc('\n', p->out);
}

static void in_the_way(const struct page *p, const struct html_waits *w)
{
	uint64_t other = w->in_the_way_ns;
	const char *before = "<p>Who ran while these waited: ";
	char text[FIGURE];

	if (!w->in_the_way_ns)
		return;
	for (size_t i = 0; i < w->nr_in_the_way && i < MAX_WAYS; i++) {
		const struct report_in_the_way *way = &w->in_the_way[i];

		fputs(before, p->out);
		page_name(p, way->comm);
		fprintf(p->out, " <b>%s</b>",
			format_percent(text, (double)way->ns / (double)w->in_the_way_ns));
		other -= way->ns < other ? way->ns : other;
		before = ", ";
	}
	if (other)
		fprintf(p->out, "%sothers, or not known %s", before,
			format_percent(text, (double)other / (double)w->in_the_way_ns));
	fputs(".</p>\n", p->out);
}

void html_waits(const struct page *p, const struct html_waits *w)
{
	unsigned int columns = 6 + w->arms + (w->from_ns != 0);

	if (!w->nr)
		return;
	fputs("<h3>Longest waits</h3>\n", p->out);
	in_the_way(p, w);
	page_scroll(p, "Longest waits");
	fprintf(p->out,
		"<table class=waits><thead><tr><th scope=col>waited<th scope=col class=l>thread%s"
		"<th scope=col class=l>after%s<th scope=col class=l>woken by<th scope=col class=l>CPU"
		"<th scope=col class=l>who ran there meanwhile</thead><tbody>\n",
		w->arms ? "<th scope=col class=l>arm" : "",
		w->from_ns ? "<th scope=col>until" : "");
	for (size_t i = 0; i < w->nr; i++) {
		wait_row(p, w, &w->event[i]);
		stack(p, &w->event[i], columns);
	}
	fputs("</table></div>\n", p->out);
}

/* ---- pairs of CPUs --------------------------------------------------------------------------- */

/* Those that waited longest, together, first. */
static int by_sum(const void *a, const void *b)
{
	const struct report_cell *const *x = a, *const *y = b;

	if ((*x)->sum != (*y)->sum)
		return (*x)->sum < (*y)->sum ? 1 : -1;
	return *x < *y ? -1 : *x > *y;
}

void html_pairs(const struct page *p, const struct report_matrix *m)
{
	const struct report_cell **cell = calloc(m->nr + 1, sizeof(*cell));
	char text[FIGURE];
	double all = 0;

	if (!cell)
		return;
	for (size_t i = 0; i < m->nr; i++) {
		cell[i] = &m->cell[i];
		all += (double)m->cell[i].sum;
	}
	qsort(cell, m->nr, sizeof(*cell), by_sum);
	fputs("<h3>Between which CPUs</h3><p class=note>Waits after wakes (", p->out);
	page_name(p, m->metric);
	fputs(") by the CPU of the waker and the one that the thread then ran on; p50 and p99 within "
	      "a quarter.</p>\n",
	      p->out);
	page_scroll(p, "Waits by CPUs");
	fputs("<table class=sort><thead><tr><th scope=col>from CPU<th scope=col>to CPU<th scope=col>count"
	      "<th scope=col>p50<th scope=col>p99<th scope=col>max<th scope=col>total"
	      "<th scope=col>of all</thead><tbody>\n",
	      p->out);
	for (size_t i = 0; i < m->nr && i < MAX_PAIRS; i++) {
		const struct report_cell *c = cell[i];

		fprintf(p->out, "<tr><td>%" PRIu64 "<td>%" PRIu64 "<td>%s", c->waker_cpu, c->cpu,
			format_count(text, (double)c->count));
		page_ns_cell(p, c->p50);
		page_ns_cell(p, c->p99);
		page_ns_cell(p, (double)c->max);
		page_ns_cell(p, (double)c->sum);
		page_share_cell(p, all > 0 ? (double)c->sum / all : NAN);
		fputc('\n', p->out);
	}
	fputs("</table></div>\n", p->out);
	if (m->nr > MAX_PAIRS)
		fprintf(p->out, "<p class=note>and %zu more pairs, in the JSON report</p>\n",
			m->nr - MAX_PAIRS);
	if (m->others)
		fprintf(p->out, "<p class=note>and %s waits for which there was no room</p>\n",
			format_count(text, (double)m->others));
	free(cell);
}
