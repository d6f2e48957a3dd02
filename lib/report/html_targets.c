// SPDX-License-Identifier: GPL-2.0-only
/* What a run was held against: how many targets it meets, as a tile, and each of them, as a table. */
#include "lib/report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/summary.h"
#include "lib/report/targets.h"

#define MAX_MISSED 2  /* that the tile names */
#define MAX_ROWS   24 /* more are folded */

/* ---- the tile -------------------------------------------------------------------------------- */

/* Its question in short, as a link, and how far it is from the limit; the table has the rest. */
static void missed_target(const struct page *p, const struct report_target *t)
{
	char *name = summary_short_name(t->q->name);

	fputs("<li><a href=\"#", p->out);
	page_anchor(p, t->q);
	fputs("\">", p->out);
	page_name(p, name ? name : t->q->name);
	fputs("</a> ", p->out);
	free(name);
	if (!p->subject || strcmp(p->subject, t->arm)) {
		page_name(p, t->arm);
		fputc(' ', p->out);
	}
	report_write_target(p->out, t, page_word);
}

static void missed(const struct page *p, const struct report_targets *all)
{
	size_t shown = 0;

	if (!all->nr_reached[TARGET_MISSED])
		return;
	fputs("<ul>", p->out);
	for (size_t i = 0; i < all->nr && shown < MAX_MISSED; i++) {
		if (all->target[i].reached != TARGET_MISSED)
			continue;
		missed_target(p, &all->target[i]);
		shown++;
	}
	if (all->nr_reached[TARGET_MISSED] > shown)
		fprintf(p->out, "<li>and <a href=\"#targets\">%zu more</a>",
			all->nr_reached[TARGET_MISSED] - shown);
	fputs("</ul>", p->out);
}

/* What is certain stands above, in large letters. */
void html_targets_tile(const struct page *p)
{
	static const enum report_reached order[] = { TARGET_MISSED, TARGET_MET, NR_TARGETS,
						     TARGET_INCONCLUSIVE, TARGET_NOT_MEASURED };
	const struct report_targets *all = p->r->targets;
	const char *before = "";
	size_t certain;

	if (!all)
		return;
	certain = all->nr_reached[TARGET_MISSED] + all->nr_reached[TARGET_MET];
	fputs("<div class=\"tile targets\"><a href=\"#targets\">Targets</a><b>", p->out);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (order[i] == NR_TARGETS) {
			fprintf(p->out, "%s</b><small>",
				certain	  ? ""
				: all->nr ? "none met or missed"
					  : "none in the list");
			before = "";
			continue;
		}
		if (!all->nr_reached[order[i]])
			continue;
		fprintf(p->out,
			order[i] == TARGET_MISSED ? "%s<span class=\"say slower nb\">%zu %s</span>"
						  : "%s<span class=nb>%zu %s</span>",
			before, all->nr_reached[order[i]], report_reached_name(order[i]));
		before = " · ";
	}
	missed(p, all);
	fputs("</small></div>\n", p->out);
}

/* ---- the table ------------------------------------------------------------------------------- */

static void figure(const struct page *p, const struct report_target *t, double v)
{
	char text[FIGURE];

	if (t->factor)
		fputs(format_ratio(text, v), p->out);
	else if (t->time)
		page_ns(p, v);
	else
		fprintf(p->out, "%.10g", v);
}

static void limit(const struct page *p, const struct report_target *t)
{
	fputs("<td>", p->out);
	figure(p, t, t->limit);
	if (!t->factor)
		return;
	fputs(" × ", p->out);
	page_name(p, t->baseline);
}

static void reached(const struct page *p, const struct report_target *t)
{
	static const char *const look[NR_TARGETS] = {
		[TARGET_MET] = "faster",
		[TARGET_INCONCLUSIVE] = "inconclusive",
		[TARGET_MISSED] = "slower",
		[TARGET_NOT_MEASURED] = "equivalent",
	};
	static const char *const sign[NR_TARGETS] = {
		[TARGET_MET] = "✓ ",
		[TARGET_INCONCLUSIVE] = "? ",
		[TARGET_MISSED] = "✗ ",
		[TARGET_NOT_MEASURED] = "",
	};

	fputs("<td>", p->out);
	if (t->reached != TARGET_NOT_MEASURED)
		figure(p, t, t->value);
	fputs("<td>", p->out);
	if (t->reached != TARGET_NOT_MEASURED && !isnan(t->lo)) {
		fputs("[", p->out);
		figure(p, t, t->lo);
		fputs(", ", p->out);
		figure(p, t, t->hi);
		fputs("]", p->out);
	}
	fprintf(p->out, "<td class=l><span class=\"chip %s\">%s%s</span>", look[t->reached],
		sign[t->reached], report_reached_name(t->reached));
	if (t->unstable && t->reached != TARGET_NOT_MEASURED)
		fputs(" <small>unstable</small>", p->out);
	fputc('\n', p->out);
}

static void row(const struct page *p, const struct report_target *t)
{
	fputs("<tr><th scope=row>", p->out);
	if (t->q)
		page_link(p, t->q);
	else
		page_name(p, t->question);
	fputs("<td class=l>", p->out);
	page_name(p, t->arm);
	fputs("<td class=l>", p->out);
	page_name(p, t->metric);
	limit(p, t);
	reached(p, t);
}

void html_targets(const struct page *p)
{
	const struct report_targets *all = p->r->targets;
	bool folded;

	if (!all)
		return;
	folded = all->nr > MAX_ROWS;
	fputs("<section id=targets><h2>Targets</h2>", p->out);
	if (folded)
		fprintf(p->out, "<details><summary>All %zu targets</summary>", all->nr);
	page_scroll(p, "Targets");
	fputs("<table class=\"targets sort\"><thead><tr><th scope=col>question<th scope=col class=l>arm<th scope=col class=l>figure"
	      "<th scope=col>at most<th scope=col>reached<th scope=col data-fixed>interval<th scope=col class=l>target<tbody>\n",
	      p->out);
	for (size_t i = 0; i < all->nr; i++)
		row(p, &all->target[i]);
	fprintf(p->out, "</table></div>%s</section>\n", folded ? "</details>" : "");
}
