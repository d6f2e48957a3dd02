// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ratios on the page: their intervals on the axis of effects. A bar is made of boxes that
 * are placed by percent, so that it is as wide as its column, from a telephone to a wall; what it shows
 * stands beside it as text.
 */
#include "lib/report/page.h"

#include <math.h>

/* Half of the axis in percent of the column: what lies at its ends is still inside. */
#define HALF 47.5

static const struct {
	double ratio;
	const char *label;
	bool minor; /* left out where there is little room */
} mark[] = {
	{ 1 / 30.0, "÷30", false },  { 1 / 5.0, "÷5", true }, { 1 / 2.0, "÷2", false },
	{ 1 / 1.1, "−10 %", false }, { 1, "1", false },	      { 1.1, "+10 %", false },
	{ 2, "×2", false },	     { 5, "×5", true },	      { 30, "×30", false },
};

#define NR_MARKS (sizeof(mark) / sizeof(mark[0]))

static double place(double ratio)
{
	return 50 + HALF * report_axis(ratio);
}

/* The lines of all bars are one background. */
void page_axis_style(const struct page *p)
{
	fputs(".axis{background:", p->out);
	for (size_t i = 0; i < NR_MARKS; i++)
		fprintf(p->out, "linear-gradient(var(--%s) 0 0) %.2f%% 0/1px 100%%,",
			mark[i].ratio == 1 ? "axis" : "grid", place(mark[i].ratio));
	fprintf(p->out,
		"linear-gradient(var(--zone) 0 0) 50%% 0/var(--w,%.2f%%) 100%%;"
		"background-repeat:no-repeat}",
		2 * HALF * report_axis(1 + JUDGE_ZONE_P50));
}

void page_ticks(const struct page *p)
{
	fputs("<div class=ticks aria-hidden=true>", p->out);
	for (size_t i = 0; i < NR_MARKS; i++)
		fprintf(p->out, "<span%s style=\"left:%.1f%%\">%s</span>",
			mark[i].minor ? " class=minor" : "", place(mark[i].ratio), mark[i].label);
	fputs("</div>", p->out);
}

void page_bar(const struct page *p, const struct page_bar *b)
{
	fprintf(p->out, "<div class=\"axis %s\"", b->class);
	if (fabs(b->zone - JUDGE_ZONE_P50) > 1e-9 && !isnan(report_axis(1 + b->zone)))
		fprintf(p->out, " style=\"--w:%.1f%%\"", 2 * HALF * report_axis(1 + b->zone));
	fputs(" aria-hidden=true>", p->out);
	if (!isnan(report_axis(b->lo)) && !isnan(report_axis(b->hi)))
		fprintf(p->out, "<i style=\"left:%.1f%%;width:%.1f%%\"></i>", place(b->lo),
			place(b->hi) - place(b->lo));
	if (!isnan(report_axis(b->ratio)))
		fprintf(p->out, "<b style=\"left:%.1f%%\"></b>", place(b->ratio));
	fputs("</div>", p->out);
}
