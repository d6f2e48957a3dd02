// SPDX-License-Identifier: GPL-2.0-only
/* Phases of wakes in the HTML report: what they are made of on the whole, and what the long ones are. */
#include "lib/report/page.h"

#include <math.h>
#include <string.h>

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

/* ---- bands ----------------------------------------------------------------------------------- */

/* Of a band of wakes: its name, what its mean is made of as shares, its mean. */
static void band(const struct page *p, const struct report_result *r, size_t n)
{
	const struct report_band *b = &r->bands->band[n];
	double whole = (double)b->sum[PHASE_END_TO_END];
	char text[FIGURE];

	if (!b->count || !(whole > 0))
		return;
	fprintf(p->out, "<div class=name>%s</div><div class=row role=img aria-label=\"",
		report_band_name((enum report_band_number)n));
	page_name(p, r->name);
	fprintf(p->out, ", %s, %s wakes:", report_band_name((enum report_band_number)n),
		format_count(text, (double)b->count));
	for (size_t i = 0; i < NR_PARTS; i++)
		if (b->sum[part[i]])
			fprintf(p->out, " %s %s", report_phase_title(part[i]),
				format_percent(text, (double)b->sum[part[i]] / whole));
	fputs("\">", p->out);
	for (size_t i = 0; i < NR_PARTS; i++) {
		double share = (double)b->sum[part[i]] / whole;
		char label[2 * FIGURE];

		if (!(share > 0))
			continue;
		snprintf(label, sizeof(label), "%s %s", report_phase_title(part[i]),
			 format_percent(text, share));
		fprintf(p->out, "<span class=p%zu style=\"width:%.2f%%\" title=\"%s: ", i,
			100 * share, report_phase_title(part[i]));
		page_ns(p, (double)b->sum[part[i]] / (double)b->count);
		fprintf(p->out, ", %s\">%s</span>", format_percent(text, share),
			share > LABEL_SHARE(strlen(label)) ? label : "");
	}
	fputs("</div><div>", p->out);
	page_ns(p, whole / (double)b->count);
	fputs("</div>\n", p->out);
}

static void bands(const struct page *p, const struct report_question *q)
{
	bool any = false;

	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *r = &p->r->result[q->first_result + i];

		if (!r->bands || !r->bands->count)
			continue;
		if (!any)
			fputs("<h4>What long wakes are long of</h4><p class=note>Shares of the time end to end, of the "
			      "wakes up to the median, from there to p90, to p99, and beyond; to the right their mean.</p>"
			      "<div class=\"stack bands\">",
			      p->out);
		any = true;
		fputs("<div class=of>", p->out);
		page_swatch(p, r->name);
		fputs("</div>", p->out);
		for (size_t n = 0; n < NR_REPORT_BANDS; n++)
			band(p, r, n);
	}
	if (any)
		fputs("</div>\n", p->out);
}

/* ---- the table ------------------------------------------------------------------------------- */

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

void html_phases(const struct page *p, const struct report_question *q)
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
	bands(p, q);
	page_scroll(p, "Phases");
	fputs("<table><tr><th>arm<th>wakes split<th>end to end<th>call<th>wake<th>runq<th>resume"
	      "<th>unattributed<th>observer\n",
	      p->out);
	for (size_t i = 0; i < q->nr_results; i++)
		if (has_phases(&p->r->result[q->first_result + i]))
			phase_row(p, &p->r->result[q->first_result + i]);
	fputs("</table></div>\n", p->out);
}
