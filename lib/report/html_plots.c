// SPDX-License-Identifier: GPL-2.0-only
/* The plots of one question, as they stand in the HTML report. */
#include "lib/report/page.h"

static void legend(const struct page *p, const struct report_question *q)
{
	size_t nr = q->nr_results;

	if (q->from_trace && nr > MAX_TRACE_CURVES)
		nr = MAX_TRACE_CURVES;
	fputs("<div class=legend>", p->out);
	for (size_t i = 0; i < nr; i++) {
		fputs("<span>", p->out);
		page_swatch(p, p->r->result[q->first_result + i].name);
		fputs("</span>", p->out);
	}
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
	for (enum plot_kind kind = PLOT_SHIFT; kind < NR_PLOTS; kind++)
		if (plots_nr(p, index, kind))
			plots_figure(p, index, kind, 0, "");
	fputs("</div>\n", p->out);
}
