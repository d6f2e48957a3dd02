// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts on the page in words and signs: how large, what it was called, and why it is not decided. */
#include "lib/report/page.h"

#include <math.h>
#include <stdlib.h>

#include "lib/report/diff.h"

void page_effect(const struct page *p, double ratio)
{
	double percent = 100 * (ratio - 1);
	char text[FIGURE];

	if (!isfinite(ratio) || !(ratio > 0))
		fputs("-", p->out);
	else if (ratio >= 1.9995)
		fprintf(p->out, "×%s", format_ratio(text, ratio));
	else if (ratio <= 1 / 1.9995)
		fprintf(p->out, "÷%s", format_ratio(text, 1 / ratio));
	else
		fprintf(p->out, "%s%.1f %%",
			percent >= 0.05	   ? "+"
			: percent <= -0.05 ? "−"
					   : "",
			fabs(percent));
}

const char *page_class(const struct report_comparison *c)
{
	return c->unstable || c->moved ? "unstable" : verdict_name(c->j.verdict);
}

/* What the diff knows of a comparison of recorded runs; NULL: it is of one run. */
static const struct diff_figure *figure_of(const struct page *p, const struct report_comparison *c)
{
	return c->kind == REPORT_RUNS && p->figure ? p->figure[c - p->r->comparison] : NULL;
}

static void begin_reason(const struct page *p)
{
	fputs("<small class=why>", p->out);
}

static void end_reason(const struct page *p)
{
	fputs("</small>", p->out);
}

static void why_of_runs(const struct page *p, const struct diff_figure *f)
{
	char *text = NULL, ratio[FIGURE];
	size_t length;
	FILE *out = open_memstream(&text, &length);
	bool any = out && diff_write_why(out, p->diff, f);

	if (out && !fclose(out) && any) {
		begin_reason(p);
		page_text(p, text);
		end_reason(p);
	}
	free(text);
	if (!f->apart || isnan(f->shown))
		return;
	begin_reason(p);
	fprintf(p->out, "the medians’ own ratio is %s: runs come in groups",
		format_ratio(ratio, f->shown));
	end_reason(p);
}

void page_why(const struct page *p, const struct report_comparison *c)
{
	const struct diff_figure *f = figure_of(p, c);

	if (f) {
		why_of_runs(p, f);
		return;
	}
	if (c->j.verdict == VERDICT_INCONCLUSIVE &&
	    (c->j.reason != JUDGE_WIDE || !isnan(c->more_s))) {
		begin_reason(p);
		report_write_why(p->out, c);
		end_reason(p);
	}
	if (!c->apart)
		return;
	begin_reason(p);
	report_write_apart(p->out, c);
	end_reason(p);
}

bool page_is_advisory(const struct page *p, const struct report_comparison *c, bool *moved)
{
	const struct diff_figure *f = figure_of(p, c);

	if (!f || !p->diff->advisory)
		return false;
	*moved = f->moved;
	return true;
}

const char *page_sign(const struct page *p, const struct report_comparison *c)
{
	static const char *const sign[] = {
		[VERDICT_SLOWER] = "▲",
		[VERDICT_FASTER] = "▼",
		[VERDICT_EQUIVALENT] = "=",
		[VERDICT_INCONCLUSIVE] = "?",
	};
	bool moved;

	if (page_is_advisory(p, c, &moved))
		return moved ? "*" : "";
	return c->unstable || c->moved ? "~" : sign[c->j.verdict];
}

void page_chip(const struct page *p, const struct report_comparison *c)
{
	bool moved;

	if (page_is_advisory(p, c, &moved)) {
		fputs(moved ? "<span class=\"chip inconclusive\">* moved</span>" : "", p->out);
		return;
	}
	fprintf(p->out, "<span class=\"chip %s\">%s ", page_class(c), page_sign(p, c));
	report_write_verdict(p->out, c);
	fputs("</span>", p->out);
}
