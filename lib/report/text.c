// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report for a terminal: per question its arms, their comparison, their phases; then what the
 * figures rest on.
 */
#include "lib/report/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/report/targets.h"

#define DEFAULT_WIDTH	 100
#define MAX_NAME	 26
#define CELL		 10 /* columns of a figure with the gap before it */
#define STAT		 8  /* columns of "mean" and the like */
#define COMPARISON_WIDTH 42

const char *text_paint(const struct text *t, enum text_colour c)
{
	static const char *const code[] = { "\033[0m",	"\033[1m",  "\033[2m",
					    "\033[31m", "\033[32m", "\033[33m" };

	return t->colour ? code[c] : "";
}

static void gap(struct text *t, int columns)
{
	fprintf(t->out, "%*s", columns > 0 ? columns : 0, "");
}

/* A name at the beginning of a row; one too long for its column gets a line of its own. */
static void name_cell(struct text *t, const char *name)
{
	int columns;

	fputs("  ", t->out);
	columns = escape_terminal(t->out, name);
	if (columns > t->name) {
		fputc('\n', t->out);
		gap(t, t->name + 2);
	} else {
		gap(t, t->name - columns);
	}
}

static void cell(struct text *t, const char *s)
{
	fprintf(t->out, " %*s", CELL - 1, s);
}

static void ns_cell(struct text *t, double ns)
{
	char text[FIGURE];

	cell(t, format_ns(text, ns));
}

static void count_cell(struct text *t, double n)
{
	char text[FIGURE];

	cell(t, format_count(text, n));
}

static void figure_cells(struct text *t, const struct report_stats *s)
{
	count_cell(t, (double)s->count);
	ns_cell(t, s->p50);
	ns_cell(t, s->p90);
	ns_cell(t, s->p99);
	ns_cell(t, s->p999);
	ns_cell(t, s->max);
}

static void choose_name_width(struct text *t, const struct report_question *q)
{
	t->name = 8;
	for (size_t i = 0; i < q->nr_results; i++) {
		int columns = escape_terminal(NULL, t->r->result[q->first_result + i].name);

		if (columns > t->name)
			t->name = columns < MAX_NAME ? columns : MAX_NAME;
	}
}

/* ---- comparisons ----------------------------------------------------------------------------- */

enum text_colour text_verdict_colour(enum verdict v)
{
	switch (v) {
	case VERDICT_SLOWER:
		return RED;
	case VERDICT_FASTER:
		return GREEN;
	case VERDICT_EQUIVALENT:
		return PLAIN;
	case VERDICT_INCONCLUSIVE:
		break;
	}
	return DIM;
}

static void comparison_cell(struct text *t, const struct report_comparison *c)
{
	char ratio[FIGURE], lo[FIGURE], hi[FIGURE], interval[2 * FIGURE + 8] = "";
	enum text_colour colour = text_verdict_colour(c->j.verdict);

	if (c->unstable || c->moved)
		colour = YELLOW;
	if (!isnan(c->j.lo))
		snprintf(interval, sizeof(interval), "[%s, %s]", format_ratio(lo, c->j.lo),
			 format_ratio(hi, c->j.hi));
	fprintf(t->out, "  %-5s %6s %-15s %s", judge_metric_name(c->j.metric),
		format_ratio(ratio, c->j.ratio), interval, text_paint(t, colour));
	report_write_verdict(t->out, c);
	fputs(text_paint(t, PLAIN), t->out);
	if (c->j.verdict == VERDICT_INCONCLUSIVE &&
	    (c->j.reason != JUDGE_WIDE || !isnan(c->more_s))) {
		fputs(", ", t->out);
		report_write_why(t->out, c);
	}
}

/* Why the figures of the row seem to say something else. */
static void apart_rows(struct text *t, const struct report_question *q,
		       const struct report_result *r)
{
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &t->r->comparison[q->first_comparison + i];

		if (!c->apart || strcmp(c->candidate, r->name))
			continue;
		gap(t, 2 + t->name);
		fprintf(t->out, "  %s%s: ", text_paint(t, YELLOW), judge_metric_name(c->j.metric));
		report_write_apart(t->out, c);
		fprintf(t->out, "%s\n", text_paint(t, PLAIN));
	}
}

/*
 * The comparisons of @r, the first in its row when there is room, the others in rows of their own.
 */
static void comparison_cells(struct text *t, const struct report_question *q,
			     const struct report_result *r)
{
	int used = 2 + t->name + 6 * CELL;
	bool fits = used + COMPARISON_WIDTH <= t->width, first = true;

	if (r == report_baseline(t->r, q))
		fputs("  baseline", t->out);
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &t->r->comparison[q->first_comparison + i];

		if (strcmp(c->candidate, r->name))
			continue;
		if (!first || !fits) {
			fputc('\n', t->out);
			gap(t, fits ? used : 2 + t->name);
		}
		comparison_cell(t, c);
		first = false;
	}
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void heading(struct text *t, const char *const *title, size_t nr)
{
	fprintf(t->out, "%s  %-*s", text_paint(t, DIM), t->name, "");
	for (size_t i = 0; i < nr; i++)
		cell(t, title[i]);
	fprintf(t->out, "%s\n", text_paint(t, PLAIN));
}

/* What the tracer saw of the same subject on a busy worker: another quantity, a row of its own. */
static void busy_row(struct text *t, const struct report_result *r)
{
	struct report_stats s = report_stats(report_delay_busy(r));

	if (!s.count)
		return;
	gap(t, 2 + t->name);
	figure_cells(t, &s);
	fputs("  by the tracer (delay_busy), no verdict\n", t->out);
}

/* What the benchmark itself counted. */
static void counters_row(struct text *t, const struct report_result *r)
{
	const char *before = "per operation: ";
	char text[FIGURE];

	if (r->from_trace || !r->iterations || !r->nr_counters)
		return;
	gap(t, 2 + t->name);
	fprintf(t->out, "  %s", text_paint(t, DIM));
	for (size_t i = 0; i < r->nr_counters; i++) {
		fputs(before, t->out);
		escape_terminal(t->out, r->counter[i].name);
		fprintf(t->out, " %s", format_counter(text, r, r->counter[i].value));
		before = ", ";
	}
	fprintf(t->out, "%s\n", text_paint(t, PLAIN));
}

/* What the percentiles of the row above do not contain. */
static void loss_rows(struct text *t, const struct report_result *r)
{
	for (size_t i = 0; i < r->nr_losses; i++) {
		if (!r->loss[i].value)
			continue;
		gap(t, 2 + t->name);
		fprintf(t->out, "  %s", text_paint(t, YELLOW));
		report_write_loss(t->out, r, &r->loss[i], escape_terminal_word);
		fprintf(t->out, "%s\n", text_paint(t, PLAIN));
	}
}

static void arms_table(struct text *t, const struct report_question *q)
{
	static const char *const time_title[] = { "epochs", "p50", "p90", "p99", "p99.9", "max" };
	static const char *const title[] = { "count", "p50", "p90", "p99", "p99.9", "max" };

	heading(t, strcmp(q->mode, "time") ? title : time_title, 6);
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *r = &t->r->result[q->first_result + i];

		name_cell(t, r->name);
		figure_cells(t, &r->stats);
		if (r->from_trace)
			fprintf(t->out, "  by %s (%s), no verdict", report_seen_by(r),
				r->main_metric ? r->main_metric : "-");
		comparison_cells(t, q, r);
		fputc('\n', t->out);
		apart_rows(t, q, r);
		loss_rows(t, r);
		counters_row(t, r);
		busy_row(t, r);
	}
	for (size_t i = 0; i < q->nr_skipped; i++) {
		name_cell(t, q->skipped[i].arm);
		fprintf(t->out, "  %sskipped: ", text_paint(t, DIM));
		escape_terminal(t->out, q->skipped[i].reason);
		fprintf(t->out, "%s\n", text_paint(t, PLAIN));
	}
	if (q->failed) {
		fprintf(t->out, "  %sfailed: ", text_paint(t, RED));
		escape_terminal(t->out, q->failed);
		fprintf(t->out, "%s\n", text_paint(t, PLAIN));
	}
}

static const enum report_phase shown_phase[] = {
	PHASE_END_TO_END, PHASE_CALL, PHASE_WAKE, PHASE_RUNQ, PHASE_RESUME, PHASE_UNATTRIBUTED
};
#define NR_SHOWN (sizeof(shown_phase) / sizeof(shown_phase[0]))

static void stat_cell(struct text *t, const char *stat)
{
	fprintf(t->out, "  %-*s", STAT - 2, stat);
}

static void phase_row(struct text *t, const struct report_result *r, const char *stat)
{
	char text[FIGURE];

	stat_cell(t, stat);
	for (size_t p = 0; p < NR_SHOWN; p++) {
		struct report_stats s = report_stats(r->phase[shown_phase[p]]);

		if (!strcmp(stat, "share"))
			cell(t, format_percent(text, report_result_share(r, shown_phase[p])));
		else
			ns_cell(t, !strcmp(stat, "p50") ? s.p50 : s.mean);
	}
}

static void phase_rows(struct text *t, const struct report_result *r)
{
	char text[FIGURE], untraced[FIGURE];
	double effect = report_observer_effect(r);

	name_cell(t, r->name);
	phase_row(t, r, "p50");
	if (!isnan(effect))
		fprintf(t->out, "  x %s", format_ratio(text, effect));
	fputc('\n', t->out);
	gap(t, 2 + t->name);
	phase_row(t, r, "mean");
	if (!isnan(effect))
		fprintf(t->out, "  %s / %s", format_count(text, (double)r->traced->count),
			format_count(untraced, (double)r->stats.count));
	fputc('\n', t->out);
	gap(t, 2 + t->name);
	phase_row(t, r, "share");
	fprintf(t->out, "  %s split\n",
		format_count(text, (double)r->phase[PHASE_END_TO_END]->count));
}

static bool has_phases(const struct report_result *r)
{
	return r->phase[PHASE_END_TO_END] && r->phase[PHASE_CALL];
}

/*
 * The observer effect: median end to end, traced / untraced, with the number of operations of both,
 * and how many of the traced ones had all their stamps and are split into phases.
 */
static void phase_heading(struct text *t)
{
	static const char *const title[] = {
		"whole", "call", "wake", "runq", "resume", "unattrib."
	};

	fprintf(t->out, "%s  %-*s", text_paint(t, DIM), t->name, "");
	stat_cell(t, "traced");
	for (size_t i = 0; i < NR_SHOWN; i++)
		cell(t, title[i]);
	fprintf(t->out, "  traced / untraced%s\n", text_paint(t, PLAIN));
}

static void phase_table(struct text *t, const struct report_question *q)
{
	bool any = false;

	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *r = &t->r->result[q->first_result + i];

		if (!has_phases(r))
			continue;
		if (!any)
			phase_heading(t);
		any = true;
		phase_rows(t, r);
	}
}

/* Why the verdicts above are unstable. */
static void unsteady_line(struct text *t, const struct report_noise *n)
{
	char why[REPORT_WHY_UNSTEADY];

	if (n->unsteady)
		fprintf(t->out, "  %sunsteady machine: %s%s\n", text_paint(t, YELLOW),
			report_why_unsteady(why, sizeof(why), n), text_paint(t, PLAIN));
}

static void question_title(struct text *t, const struct report_question *q)
{
	fprintf(t->out, "\n%s", text_paint(t, BOLD));
	escape_terminal(t->out, q->name);
	fputs(text_paint(t, PLAIN), t->out);
	if (t->r->apart)
		fprintf(t->out, "  run %zu", q->run + 1);
}

static void baseline_line(struct text *t, const struct report_question *q)
{
	if (!report_is_baseline_missing(t->r, q))
		return;
	fprintf(t->out, "  %s", text_paint(t, YELLOW));
	report_write_baseline_missing(t->out, t->r, q, escape_terminal_word);
	fprintf(t->out, "%s\n", text_paint(t, PLAIN));
}

static void question(struct text *t, const struct report_question *q)
{
	char text[FIGURE];

	choose_name_width(t, q);
	question_title(t, q);
	fprintf(t->out, "  %s",
		strcmp(q->mode, "time") ? "ns per operation" : "ns per iteration of an epoch");
	if (q->nr_instances)
		fprintf(t->out, ", %zu instance%s", q->nr_instances,
			q->nr_instances == 1 ? "" : "s");
	if (q->nr_fresh)
		fprintf(t->out, " (%zu to confirm)", q->nr_fresh);
	if (q->nr_blocks || !q->nr_instances)
		fprintf(t->out, ", %zu block%s", q->nr_blocks, q->nr_blocks == 1 ? "" : "s");
	if (q->nr_traced_blocks)
		fprintf(t->out, " + %zu traced", q->nr_traced_blocks);
	if (report_baseline(t->r, q)) {
		fputs(", ratios to ", t->out);
		escape_terminal(t->out, q->baseline);
		fprintf(t->out, ", zone +-%s", format_percent(text, q->zone));
	} else if (q->kind != REPORT_ARMS) {
		fprintf(t->out, ", ratios of %s, zone +-%s",
			q->kind == REPORT_BUILDS ? "new to old" : "B to A",
			format_percent(text, q->zone));
	}
	fputc('\n', t->out);
	baseline_line(t, q);
	arms_table(t, q);
	unsteady_line(t, &q->noise);
	phase_table(t, q);
}

int report_text(FILE *out, const struct report *r, const struct terminal_style *s)
{
	struct text t = { .out = out, .r = r, .colour = s && s->colour };

	t.width = s && s->width ? s->width : DEFAULT_WIDTH;
	errno = 0;
	text_head(&t);
	for (size_t i = 0; i < r->nr_runs; i++)
		if (r->run[i].selftest && !strcmp(report_tool(&r->run[i]), "selftest"))
			report_selftest_text(out, r->run[i].selftest);
	for (size_t i = 0; i < r->nr_questions; i++) {
		if (r->question[i].trace)
			text_trace(&t, &r->question[i]);
		else
			question(&t, &r->question[i]);
	}
	if (!text_is_trace(r))
		text_foot(&t);
	if (r->targets) {
		fputc('\n', out);
		report_targets_table(out, r, r->targets);
	}
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

static int render(FILE *out, const struct report *r, const struct terminal_style *s)
{
	return r->full ? report_text(out, r, s) : report_summary(out, r, s);
}

const struct report_format report_format_text = {
	.name = "text",
	.help = "for a terminal: a summary, with --full tables",
	.suffix = { ".txt" },
	.takes = REPORT_TAKES_FULL | REPORT_TAKES_TARGETS,
	.render = render,
};
