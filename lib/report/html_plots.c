// SPDX-License-Identifier: GPL-2.0-only
/* The plots of one question, as they stand in the HTML report. */
#include "lib/report/page.h"

/* A piece of a curve, with its dashes: colour alone does not tell curves apart. */
static void key(const struct page *p, const char *name)
{
	unsigned int colour = page_colour(p, name);
	char dash[PAGE_DASH];

	page_dash(dash, colour);
	fprintf(p->out,
		"<span><svg class=key viewBox=\"0 0 220 70\" aria-hidden=true><path d=\"M0 35h220\" "
		"style=\"stroke:var(--a%u)\"",
		colour);
	if (*dash == '(') {
		fputs(" stroke-dasharray=\"", p->out);
		for (const char *d = dash + 1; *d && *d != ')'; d++) {
			if (*d == ',')
				fputs("0 ", p->out);
			else
				fputc(*d, p->out);
		}
		fputs("0\"", p->out);
	}
	fputs("/></svg>", p->out);
	page_name(p, *name ? name : "all");
	fputs("</span>", p->out);
}

static void legend(const struct page *p, const struct report_question *q)
{
	size_t nr = q->nr_results;

	if (q->from_trace && nr > MAX_TRACE_CURVES)
		nr = MAX_TRACE_CURVES;
	fputs("<div class=legend>", p->out);
	for (size_t i = 0; i < nr; i++)
		key(p, p->r->result[q->first_result + i].name);
	fputs("</div>", p->out);
}

/* One distribution, drawn as the reader chooses: without a style both are there. */
static void distribution(const struct page *p, size_t index, size_t n)
{
	static const char *const class[] = { "v1", "v2" };

	fputs("<div class=pick>", p->out);
	for (int i = 0; i < 2; i++)
		fprintf(p->out,
			"<input type=radio name=d%zu-%zu id=d%zu-%zu-%d%s><label for=d%zu-%zu-%d>%s</label>",
			index, n, index, n, i, i ? "" : " checked", index, n, i,
			plots_title((enum plot_kind)(PLOT_SPECTRUM + i)));
	for (int i = 0; i < 2; i++)
		plots_figure(p, index, (enum plot_kind)(PLOT_SPECTRUM + i), n, class[i]);
	fputs("</div>\n", p->out);
}

void html_plots(const struct page *p, size_t index)
{
	const struct report_question *q = &p->r->question[index];
	size_t nr = plots_nr(p, index, PLOT_SPECTRUM);

	if (!p->plots || !q->nr_results)
		return;
	if (!nr) {
		fputs("<p class=note>Too few values to draw.</p>\n", p->out);
		return;
	}
	legend(p, q);
	fputs("<div class=plots>", p->out);
	for (size_t i = 0; i < nr; i++)
		distribution(p, index, i);
	fputs("</div>\n", p->out);
}
