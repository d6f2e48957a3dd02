// SPDX-License-Identifier: GPL-2.0-only
/* The figures behind a question's plots as a table, and how to get all of them. */
#include "lib/report/page.h"

#include <math.h>
#include <string.h>

#define MAX_ARMS 16

static const double share_at[] = { 0,	0.01, 0.05, 0.1,   0.25,   0.5, 0.75,
				   0.9, 0.95, 0.99, 0.999, 0.9999, 1 };
#define NR_SHARES (sizeof(share_at) / sizeof(share_at[0]))

static void name_of(const struct page *p, double q)
{
	if (q <= 0)
		fputs("min", p->out);
	else if (q >= 1)
		fputs("max", p->out);
	else
		fprintf(p->out, "p%g", 100 * q);
}

/* Ten values on either side, or it says little; the ends are what they are. */
static bool is_backed(const struct report_result *r, double q)
{
	double beyond = (double)r->stats.count * (q > 0.5 ? 1 - q : q);

	return q <= 0 || q >= 1 || q == 0.5 || beyond >= 10 - 1e-6;
}

static void rows(const struct page *p, const struct report_result *const *arm, size_t nr)
{
	char text[FIGURE];

	for (size_t i = 0; i < NR_SHARES; i++) {
		fputs("<tr><th scope=row>", p->out);
		name_of(p, share_at[i]);
		for (size_t k = 0; k < nr; k++)
			page_ns_cell(p, is_backed(arm[k], share_at[i])
						? report_quantile(arm[k], share_at[i])
						: NAN);
		fputc('\n', p->out);
	}
	fputs("<tr><th scope=row>mean", p->out);
	for (size_t k = 0; k < nr; k++)
		page_ns_cell(p, arm[k]->stats.mean);
	fputs("<tr><th scope=row>values", p->out);
	for (size_t k = 0; k < nr; k++)
		fprintf(p->out, "<td>%s", format_count(text, (double)arm[k]->stats.count));
	fputs("<tr><th scope=row>iterations", p->out);
	for (size_t k = 0; k < nr; k++)
		fprintf(p->out, "<td>%s", format_count(text, (double)arm[k]->iterations));
	fputc('\n', p->out);
}

void html_raw(const struct page *p, const struct report_question *q)
{
	const struct report_result *arm[MAX_ARMS];
	size_t nr = 0, nr_more = 0;

	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *r = &p->r->result[q->first_result + i];

		if (r->from_trace || !r->stats.count)
			continue;
		if (nr < MAX_ARMS)
			arm[nr++] = r;
		else
			nr_more++;
	}
	if (!nr || q->from_trace)
		return;
	fputs("<details><summary>Figures</summary>", p->out);
	page_scroll(p, "Figures");
	fputs("<table><thead><tr><th scope=col>percentile", p->out);
	for (size_t k = 0; k < nr; k++) {
		fputs("<th scope=col>", p->out);
		page_name(p, *arm[k]->name ? arm[k]->name : "all");
	}
	fputs("<tbody>\n", p->out);
	rows(p, arm, nr);
	fputs("</table></div><p class=note>A percentile is shown when at least ten values lie beyond it.",
	      p->out);
	if (nr_more)
		fprintf(p->out, " %zu more arms are in the reports for programs.", nr_more);
	fputs(" Every value of the record, with its distributions and epochs: <code>kt report FILE --format csv</code> or "
	      "<code>--format json</code>.</p></details>\n",
	      p->out);
}
