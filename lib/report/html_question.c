// SPDX-License-Identifier: GPL-2.0-only
/* One question of the HTML report: its arms, then what others make of it: plots, phases, wakes, figures. */
#include "lib/report/page.h"

#include <math.h>
#include <string.h>

static void heading(const struct page *p, const struct report_question *q)
{
	fputs("<section class=question><h2 id=\"", p->out);
	page_anchor(p, q);
	fputs("\">", p->out);
	page_question(p, q, true);
	fputs(" <a class=permalink href=\"#", p->out);
	page_anchor(p, q);
	fputs("\" aria-label=\"Link to this question\">#</a></h2>\n", p->out);
}

static void introduction(const struct page *p, const struct report_question *q)
{
	char text[FIGURE], why[REPORT_WHY_UNSTEADY];

	fprintf(p->out, "<p class=sub>%s · ",
		strcmp(q->mode, "time") ? "ns per operation"
					: "ns per iteration, one value per epoch");
	if (q->nr_instances)
		fprintf(p->out, "%zu instance%s", q->nr_instances, q->nr_instances == 1 ? "" : "s");
	if (q->nr_fresh)
		fprintf(p->out, " (%zu to confirm)", q->nr_fresh);
	if (q->nr_blocks || !q->nr_instances)
		fprintf(p->out, "%s%zu block%s", q->nr_instances ? ", " : "", q->nr_blocks,
			q->nr_blocks == 1 ? "" : "s");
	if (q->nr_traced_blocks)
		fprintf(p->out, " and %zu traced", q->nr_traced_blocks);
	if (report_baseline(p->r, q)) {
		fputs(" · baseline ", p->out);
		page_name(p, q->baseline);
		fprintf(p->out, " · zone ±%s", format_percent(text, q->zone));
	} else if (q->kind != REPORT_ARMS) {
		fprintf(p->out, " · ratios of %s · zone ±%s",
			q->kind == REPORT_BUILDS ? "new to old" : "B to A",
			format_percent(text, q->zone));
	}
	if (q->noise.unsteady)
		fprintf(p->out,
			" · <a href=\"#noise\" class=\"chip unstable\">unsteady machine: %s</a>",
			report_why_unsteady(why, sizeof(why), &q->noise));
	fputs("</p>\n", p->out);
	if (report_is_baseline_missing(p->r, q)) {
		fputs("<p class=banner>", p->out);
		report_write_baseline_missing(p->out, p->r, q, page_word);
		fputs(".</p>\n", p->out);
	}
	if (q->failed) {
		fputs("<p class=banner><b>Failed.</b> ", p->out);
		page_text(p, q->failed);
		fputs("</p>\n", p->out);
	}
}

/* What the benchmark itself counted. */
static void counters(const struct page *p, const struct report_result *r)
{
	const char *before = r->label ? "; per operation: " : "per operation: ";
	char text[FIGURE];

	if (!r->iterations)
		return;
	for (size_t i = 0; i < r->nr_counters; i++) {
		fputs(before, p->out);
		page_name(p, r->counter[i].name);
		fprintf(p->out, " %s", format_counter(text, r, r->counter[i].value));
		before = ", ";
	}
}

/* What the figures of the row do not contain. */
static void losses(const struct page *p, const struct report_result *r)
{
	for (size_t i = 0; i < r->nr_losses; i++) {
		if (!r->loss[i].value)
			continue;
		fputs(" <span class=\"chip unstable\">", p->out);
		report_write_loss(p->out, r, &r->loss[i], page_word);
		fputs("</span>", p->out);
	}
}

static void arm_row(const struct page *p, const struct report_result *r)
{
	double per_op = r->iterations ? (double)r->cpu_ns / (double)r->iterations : NAN;

	fputs("<tr><td class=name>", p->out);
	page_swatch(p, r->name);
	page_figure_cells(p, &r->stats);
	page_ns_cell(p, per_op);
	fputs("<td class=reason>", p->out);
	if (r->from_trace) {
		fprintf(p->out, "seen by %s: ", report_seen_by(r));
		page_text(p, r->main_metric ? r->main_metric : "nothing");
	} else {
		if (r->label)
			page_text(p, r->label);
		counters(p, r);
		losses(p, r);
	}
	fputc('\n', p->out);
}

/* What the tracer saw of the same subject on a busy worker: another quantity, a row of its own. */
static void busy_row(const struct page *p, const struct report_result *r)
{
	struct report_stats s = report_stats(report_delay_busy(r));

	if (!s.count)
		return;
	fputs("<tr><td class=name>", p->out);
	page_swatch(p, r->name);
	page_figure_cells(p, &s);
	fputs("<td>-<td class=reason>seen by the tracer: delay_busy\n", p->out);
}

static void arms_table(const struct page *p, const struct report_question *q)
{
	page_scroll(p, "Arms");
	fprintf(p->out,
		"<table><tr><th>arm<th>%s<th>p50<th>p90<th>p99<th>p99.9<th>max<th>mean"
		"<th>CPU / op<th class=l>what it is, and what else it counted\n",
		strcmp(q->mode, "time") ? "count" : "epochs");
	for (size_t i = 0; i < q->nr_results; i++) {
		arm_row(p, &p->r->result[q->first_result + i]);
		busy_row(p, &p->r->result[q->first_result + i]);
	}
	for (size_t i = 0; i < q->nr_skipped; i++) {
		fputs("<tr><td class=\"name quiet\">", p->out);
		page_name(p, q->skipped[i].arm);
		fputs("<td colspan=9 class=reason>skipped: ", p->out);
		page_text(p, q->skipped[i].reason);
		fputc('\n', p->out);
	}
	fputs("</table></div>\n", p->out);
}

void html_question(const struct page *p, size_t index)
{
	const struct report_question *q = &p->r->question[index];

	heading(p, q);
	if (q->from_trace) {
		html_trace(p, index);
	} else {
		introduction(p, q);
		arms_table(p, q);
		html_plots(p, index);
	}
	html_phases(p, q);
	html_wakes(p, index);
	html_worst(p, q);
	html_raw(p, q);
	fputs("</section>\n", p->out);
}
