// SPDX-License-Identifier: GPL-2.0-only
/* One question of the HTML report: its arms, their plots, their phases. */
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

/* ---- phases ---------------------------------------------------------------------------------- */

static const enum report_phase part[] = { PHASE_CALL, PHASE_WAKE, PHASE_RUNQ, PHASE_RESUME,
					  PHASE_UNATTRIBUTED };
#define NR_PARTS (sizeof(part) / sizeof(part[0]))

static bool has_phases(const struct report_result *r)
{
	return r->phase[PHASE_END_TO_END] && r->phase[PHASE_CALL];
}

static double mean_of(const struct report_result *r, enum report_phase phase)
{
	return report_mean(r->phase[phase]);
}

/* Of the widest bar, what a label of so many characters takes on a narrow page (600 px). */
#define LABEL_SHARE(characters) (((double)(characters)*6.6 + 8) / 600)

/* One bar: its length is the mean end to end against @longest, its pieces the phases' means. */
static void stack(const struct page *p, const struct report_result *r, double longest)
{
	fputs("<div class=name>", p->out);
	page_swatch(p, r->name);
	fputs("</div><div class=row>", p->out);
	for (size_t i = 0; i < NR_PARTS; i++) {
		double mean = mean_of(r, part[i]), share = report_result_share(r, part[i]);
		char text[FIGURE], label[2 * FIGURE];

		if (!(mean > 0))
			continue;
		snprintf(label, sizeof(label), "%s %s", report_phase_title(part[i]),
			 format_percent(text, share));
		fprintf(p->out, "<span class=p%zu style=\"width:%.2f%%\" title=\"%s: ", i,
			100 * mean / longest, report_phase_title(part[i]));
		page_ns(p, mean);
		fprintf(p->out, ", %s\">%s</span>", format_percent(text, share),
			mean / longest > LABEL_SHARE(strlen(label)) ? label : "");
	}
	fputs("</div><div>", p->out);
	page_ns(p, mean_of(r, PHASE_END_TO_END));
	fputs("</div>\n", p->out);
}

static void stacks(const struct page *p, const struct report_question *q)
{
	double longest = 0;

	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *r = &p->r->result[q->first_result + i];

		if (report_phases_add_up(r))
			longest = fmax(longest, mean_of(r, PHASE_END_TO_END));
	}
	fputs("<div class=legend>", p->out);
	for (size_t i = 0; i < NR_PARTS; i++)
		fprintf(p->out, "<span><i class=\"sw p%zu\"></i>%s</span>", i,
			report_phase_title(part[i]));
	fputs("</div><div class=stack>", p->out);
	for (size_t i = 0; longest > 0 && i < q->nr_results; i++)
		if (report_phases_add_up(&p->r->result[q->first_result + i]))
			stack(p, &p->r->result[q->first_result + i], longest);
	fputs("</div>\n", p->out);
}

static void phase_cell(const struct page *p, const struct report_result *r, enum report_phase phase)
{
	struct report_stats s = report_stats(r->phase[phase]);
	char text[FIGURE];

	fputs("<td class=three>", p->out);
	page_ns(p, s.p50);
	fputs("<br><span class=quiet>", p->out);
	page_ns(p, s.mean);
	fprintf(p->out, "<br>%s</span>", format_percent(text, report_result_share(r, phase)));
}

static void phase_row(const struct page *p, const struct report_result *r)
{
	char text[FIGURE], traced[FIGURE], untraced[FIGURE];
	double effect = report_observer_effect(r);

	fputs("<tr><td class=name>", p->out);
	page_swatch(p, r->name);
	fprintf(p->out, "<td>%s", format_count(text, (double)r->phase[PHASE_END_TO_END]->count));
	if (r->traced)
		fprintf(p->out, "<br><span class=quiet>of %s</span>",
			format_count(traced, (double)r->traced->count));
	phase_cell(p, r, PHASE_END_TO_END);
	for (size_t i = 0; i < NR_PARTS; i++)
		phase_cell(p, r, part[i]);
	if (isnan(effect))
		fputs("<td>-\n", p->out);
	else
		fprintf(p->out, "<td class=three>× %s<br><span class=quiet>%s<br>/ %s</span>\n",
			format_ratio(text, effect), format_count(traced, (double)r->traced->count),
			format_count(untraced, (double)r->stats.count));
}

static void phases(const struct page *p, const struct report_question *q)
{
	bool any = false;

	for (size_t i = 0; i < q->nr_results; i++)
		any |= has_phases(&p->r->result[q->first_result + i]);
	if (!any)
		return;
	fputs("<h3>Phases of a wake</h3><p class=note>From traced blocks of their own: request → <b>call</b> → "
	      "sched_waking → <b>wake</b> → sched_wakeup → <b>runq</b> → switched in → <b>resume</b> → first "
	      "instruction. A thread that blocks again before that, mostly on a lock that its waker still holds, is woken "
	      "by several links: wake and runq are their sums, and the time between links belongs to call; the counter "
	      "<a href=\"#tracing\">reblocked</a> says how often. Bars are means; the table gives median, mean and share. The observer effect "
	      "is the median of traced over untraced blocks, with both counts.</p>\n",
	      p->out);
	stacks(p, q);
	page_scroll(p, "Phases");
	fputs("<table><tr><th>arm<th>wakes split<th>end to end<th>call<th>wake<th>runq<th>resume"
	      "<th>unattributed<th>observer\n",
	      p->out);
	for (size_t i = 0; i < q->nr_results; i++)
		if (has_phases(&p->r->result[q->first_result + i]))
			phase_row(p, &p->r->result[q->first_result + i]);
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
	phases(p, q);
	fputs("</section>\n", p->out);
}
