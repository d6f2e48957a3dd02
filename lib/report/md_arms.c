// SPDX-License-Identifier: GPL-2.0-only
/* In comments: every arm that was measured, and the phases of its wakes, folded. */
#include "lib/report/md.h"

#include <math.h>
#include <string.h>

/* ---- figures --------------------------------------------------------------------------------- */

static void ratio_cell(FILE *out, const struct report *r, const struct report_question *q,
		       const struct report_result *arm, enum judge_metric m)
{
	char text[FIGURE];

	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[q->first_comparison + i];

		if (c->j.metric != m || strcmp(c->candidate, arm->name) || isnan(c->j.ratio))
			continue;
		fprintf(out, "| %s\u00a0%s ", c->unstable || c->moved ? "~" : md_mark(c->j.verdict),
			format_ratio(text, c->j.ratio));
		return;
	}
	md_cell(out, arm == report_baseline(r, q) && m == JUDGE_P50 ? "baseline" : "");
}

/* What the figures do not have, and why the ratios seem to say something else. */
static void doubts(FILE *out, const struct report *r, const struct report_question *q,
		   const struct report_result *arm)
{
	for (size_t i = 0; i < arm->nr_losses; i++) {
		if (!arm->loss[i].value)
			continue;
		fputs("| | | ", out);
		report_write_loss(out, arm, &arm->loss[i], md_text);
		fputs(" |\n", out);
	}
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[q->first_comparison + i];

		if (!c->apart || strcmp(c->candidate, arm->name))
			continue;
		fprintf(out, "| | | %s: ", judge_metric_name(c->j.metric));
		report_write_apart(out, c);
		fputs(" |\n", out);
	}
}

/* The name of the question stands in its first row. */
static void arm_row(FILE *out, const struct report *r, const struct report_question *q, size_t k)
{
	const struct report_result *arm = &r->result[q->first_result + k];
	const struct report_stats *s = &arm->stats;

	if (k)
		md_cell(out, "");
	else
		md_question_cell(out, r, q);
	md_name_cell(out, arm->name);
	if (arm->from_trace)
		fprintf(out, "by %s ", report_seen_by(arm));
	md_count_cell(out, (double)s->count);
	if (!arm->from_trace && !strcmp(q->mode, "time"))
		fputs("epochs ", out);
	md_ns_cell(out, s->p50);
	md_ns_cell(out, s->p90);
	md_ns_cell(out, s->p99);
	md_ns_cell(out, s->p999);
	md_ns_cell(out, s->max);
	ratio_cell(out, r, q, arm, JUDGE_P50);
	ratio_cell(out, r, q, arm, JUDGE_P99);
	fputs("|\n", out);
	doubts(out, r, q, arm);
}

/* What there is to say of an arm beside its figures. */
static void note_row(FILE *out, const char *name, const char *what, const char *reason)
{
	md_cell(out, "");
	md_name_cell(out, name);
	fprintf(out, "| %s", what);
	md_text(out, reason);
	fputs(" |\n", out);
}

/* Whole questions, so that nobody takes the arms that are there for all. */
static void figures(struct md_part *p, const struct report *r)
{
	static const char *const column[] = {
		"question", "arm",   "count", "p50",	   "p90",
		"p99",	    "p99.9", "max",   "p50 ratio", "p99 ratio"
	};
	bool begun = false, opened = false;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		if (q->from_trace)
			continue;
		if (!begun)
			opened = md_open(p, "All arms", column, sizeof(column) / sizeof(column[0]),
					 2);
		begun = true;
		for (size_t k = 0; k < q->nr_results; k++)
			arm_row(p->out, r, q, k);
		for (size_t k = 0; k < q->nr_skipped; k++)
			note_row(p->out, q->skipped[k].arm, "skipped: ", q->skipped[k].reason);
		if (q->failed)
			note_row(p->out, NULL, "failed: ", q->failed);
		md_keep(p);
	}
	if (begun)
		md_close(p, opened, true, "question");
}

/* ---- phases ---------------------------------------------------------------------------------- */

static const enum report_phase shown[] = { PHASE_END_TO_END, PHASE_CALL,   PHASE_WAKE,
					   PHASE_RUNQ,	     PHASE_RESUME, PHASE_UNATTRIBUTED };
#define NR_SHOWN (sizeof(shown) / sizeof(shown[0]))

static void phase_row(FILE *out, const struct report *r, const struct report_question *q,
		      const struct report_result *arm, bool first)
{
	char text[FIGURE];

	if (first)
		md_question_cell(out, r, q);
	else
		md_cell(out, "");
	md_name_cell(out, arm->name);
	for (size_t i = 0; i < NR_SHOWN; i++)
		md_ns_cell(out, report_stats(arm->phase[shown[i]]).p50);
	md_cell(out, format_ratio(text, report_observer_effect(arm)));
	fputs("|\n", out);
}

static bool has_phases(const struct report_result *arm)
{
	return arm->phase[PHASE_END_TO_END] && arm->phase[PHASE_CALL];
}

static void phases(struct md_part *p, const struct report *r)
{
	static const char *const column[] = { "question", "arm",	  "whole",
					      "call",	  "wake",	  "runq",
					      "resume",	  "unattributed", "traced / untraced" };
	bool begun = false, opened = false;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];
		bool first = true;

		for (size_t k = 0; k < q->nr_results; k++) {
			const struct report_result *arm = &r->result[q->first_result + k];

			if (q->from_trace || !has_phases(arm))
				continue;
			if (!begun)
				opened = md_open(p, "Phases of a wake, p50, in traced blocks",
						 column, sizeof(column) / sizeof(column[0]), 2);
			begun = true;
			phase_row(p->out, r, q, arm, first);
			first = false;
		}
		if (!first)
			md_keep(p);
	}
	if (begun)
		md_close(p, opened, true, "question");
}

void md_arms(struct md_part *p, const struct report *r)
{
	figures(p, r);
	phases(p, r);
}
