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

/* Without a style both are there. */
void html_choice(const struct page *p, size_t index, enum plot_kind kind, size_t n)
{
	static const char *const class[] = { "v1", "v2" };

	if (n >= plots_nr(p, index, kind))
		return;
	if (n >= plots_nr(p, index, kind + 1)) {
		plots_figure(p, index, kind, n, "");
		return;
	}
	fputs("<div class=pick>", p->out);
	for (int i = 0; i < 2; i++)
		fprintf(p->out,
			"<input type=radio name=d%zu-%zu-%d id=d%zu-%zu-%d%s><label for=d%zu-%zu-%d>%s</label>",
			index, n, kind, index, n, kind + i, i ? "" : " checked", index, n, kind + i,
			plots_choice(kind + i));
	for (int i = 0; i < 2; i++)
		plots_figure(p, index, kind + i, n, class[i]);
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
		html_choice(p, index, PLOT_SPECTRUM, i);
	for (enum plot_kind kind = PLOT_SHIFT; kind <= PLOT_HEAT; kind++)
		if (plots_nr(p, index, kind))
			plots_figure(p, index, kind, 0, "");
	fputs("</div>\n", p->out);
}
