// SPDX-License-Identifier: GPL-2.0-only
/* The longest waits of a question's traced blocks in the HTML report, and who was in the way. */
#include "lib/report/page.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MAX_FRAMES     24 /* shown of a stack */
#define MAX_IN_THE_WAY 5

static const enum report_phase part[] = { PHASE_CALL, PHASE_WAKE, PHASE_RUNQ, PHASE_RESUME };
#define NR_PARTS (sizeof(part) / sizeof(part[0]))

/* Which of its phases took the time. */
static void phases(const struct page *p, const struct report_event *e)
{
	const char *before = "";

	fputs("<td class=l>", p->out);
	for (size_t i = 0; i < NR_PARTS; i++) {
		if (!(e->phase[part[i]] >= 0))
			continue;
		fprintf(p->out, "%s%s ", before, report_phase_title(part[i]));
		page_ns(p, e->phase[part[i]]);
		before = ", ";
	}
	fputs(*before ? "" : "-", p->out);
}

static void cpus(const struct page *p, const struct report_event *e)
{
	fputs("<td class=l>", p->out);
	if (e->cpu_before != e->cpu)
		fprintf(p->out, "%" PRIu64 " → ", e->cpu_before);
	fprintf(p->out, "%" PRIu64, e->cpu);
	if (e->migrations)
		fprintf(p->out, ", migrated %" PRIu64 " time%s while queued", e->migrations,
			e->migrations == 1 ? "" : "s");
}

static void stack(const struct page *p, const struct report_event *e)
{
	size_t nr = e->nr_kernel + e->nr_user;

	if (!nr)
		return;
	fprintf(p->out, "<details><summary>stack, %zu frame%s</summary><ol class=frames>", nr,
		nr == 1 ? "" : "s");
	for (size_t i = 0; i < nr && i < MAX_FRAMES; i++) {
		fputs("<li><code>", p->out);
		page_name(p, e->frame[i]);
		fprintf(p->out, "</code>%s", i < e->nr_kernel ? " (kernel)" : "");
	}
	fprintf(p->out, "</ol>%s</details>",
		nr > MAX_FRAMES ? "further ones are in the JSON report" : "");
}

static void row(const struct page *p, const struct report_event *e)
{
	fputs("<tr><td class=name>", p->out);
	if (e->arm)
		page_swatch(p, e->arm);
	else
		fputc('-', p->out);
	fputs("<td>", p->out);
	page_ns(p, (double)e->ns);
	phases(p, e);
	fputs("<td class=reason>", p->out);
	report_write_waiter(p->out, e, page_word);
	stack(p, e);
	cpus(p, e);
	fputs("<td class=reason>", p->out);
	if (e->has_waker)
		report_write_waker(p->out, e, page_word);
	else
		fputc('-', p->out);
	fputs("<td class=reason>", p->out);
	if (!report_write_behind(p->out, e, page_word))
		fputs(e->nr_behind ? "nobody: the CPU was idle" : "-", p->out);
	fputc('\n', p->out);
}

/* What ran while they waited, over all of them. */
static void in_the_way(const struct page *p, const struct report_worst *w)
{
	const char *before = "<p class=note>In the way meanwhile: ";
	char text[FIGURE];

	for (size_t i = 0; i < w->nr_in_the_way && i < MAX_IN_THE_WAY; i++) {
		fputs(before, p->out);
		page_name(p, w->in_the_way[i].comm);
		fputc(' ', p->out);
		page_ns(p, (double)w->in_the_way[i].ns);
		if (w->in_the_way_ns)
			fprintf(p->out, " (%s)",
				format_small_percent(text, (double)w->in_the_way[i].ns /
								   (double)w->in_the_way_ns));
		before = ", ";
	}
	if (w->nr_in_the_way > MAX_IN_THE_WAY)
		fprintf(p->out, " and %zu more", w->nr_in_the_way - MAX_IN_THE_WAY);
	if (w->nr_in_the_way)
		fputs(".</p>\n", p->out);
}

void html_worst(const struct page *p, const struct report_question *q)
{
	const struct report_worst *w = q->worst;

	if (q->from_trace || !w || !w->nr)
		return;
	fputs("<h3>Longest waits of the traced blocks</h3>", p->out);
	in_the_way(p, w);
	page_scroll(p, "Longest waits of the traced blocks");
	fputs("<table><thead><tr><th scope=col>arm<th scope=col>time<th scope=col class=l>of it<th scope=col class=l>thread"
	      "<th scope=col class=l>CPU<th scope=col class=l>woken by<th scope=col class=l>who ran meanwhile<tbody>\n",
	      p->out);
	for (size_t i = 0; i < w->nr; i++)
		row(p, &w->event[i]);
	fputs("</table></div>\n", p->out);
}
