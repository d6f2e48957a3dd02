// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report for a terminal: per question its arms, their comparison, their phases; then what the
 * figures rest on.
 */
#include "lib/report/render.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define DEFAULT_WIDTH	 100
#define MAX_NAME	 26
#define CELL		 10 /* columns of a figure with the gap before it */
#define STAT		 8  /* columns of "mean" and the like */
#define COMPARISON_WIDTH 40
/* More subjects than this are counted, not listed: kt report --format json has them all. */
#define MAX_SUBJECTS 30

enum colour { PLAIN, BOLD, DIM, RED, GREEN, YELLOW };

struct text {
	FILE *out;
	const struct report *r;
	bool colour;
	int width;
	int name; /* columns of the name column of the table at hand */
};

static const char *paint(const struct text *t, enum colour c)
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
	fprintf(t->out, "%*s", CELL, s);
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

static enum colour verdict_colour(const struct comparison *c)
{
	if (c->unstable)
		return YELLOW;
	switch (c->verdict) {
	case VERDICT_REGRESSED:
		return RED;
	case VERDICT_IMPROVED:
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

	if (!isnan(c->c.lo))
		snprintf(interval, sizeof(interval), "[%s, %s]", format_ratio(lo, c->c.lo),
			 format_ratio(hi, c->c.hi));
	fprintf(t->out, "  %s %6s %-15s %s%s%s", c->metric, format_ratio(ratio, c->c.ratio),
		interval, paint(t, verdict_colour(&c->c)), report_verdict_text(&c->c),
		paint(t, PLAIN));
}

/*
 * The comparisons of @r, the first in its row when there is room, the others in rows of their own.
 */
static void comparison_cells(struct text *t, const struct report_question *q,
			     const struct report_result *r)
{
	int used = 2 + t->name + 6 * CELL;
	bool fits = used + COMPARISON_WIDTH <= t->width, first = true;

	if (q->baseline && !strcmp(r->name, q->baseline) && !r->from_trace && r->stats.count)
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
	fprintf(t->out, "%s  %-*s", paint(t, DIM), t->name, "");
	for (size_t i = 0; i < nr; i++)
		cell(t, title[i]);
	fprintf(t->out, "%s\n", paint(t, PLAIN));
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
	const char *name, *before = "per operation: ";
	char text[FIGURE];
	json_t *sum;

	if (r->from_trace || !r->iterations || !json_object_size(r->counters))
		return;
	gap(t, 2 + t->name);
	fprintf(t->out, "  %s", paint(t, DIM));
	json_object_foreach (r->counters, name, sum) {
		fputs(before, t->out);
		escape_terminal(t->out, name);
		fprintf(t->out, " %s", format_counter(text, r, sum));
		before = ", ";
	}
	fprintf(t->out, "%s\n", paint(t, PLAIN));
}

static void arms_table(struct text *t, const struct report_question *q)
{
	static const char *const time_title[] = { "epochs", "p50", "p90", "p99", "p99.9", "max" };
	static const char *const title[] = { "count", "p50", "p90", "p99", "p99.9", "max" };
	const char *key;
	json_t *reason;

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
		counters_row(t, r);
		busy_row(t, r);
	}
	json_object_foreach (q->skipped, key, reason) {
		name_cell(t, key);
		fprintf(t->out, "  %sskipped: ", paint(t, DIM));
		escape_terminal(t->out, json_string_value(reason) ? json_string_value(reason) : "");
		fprintf(t->out, "%s\n", paint(t, PLAIN));
	}
	if (q->failed) {
		fprintf(t->out, "  %sfailed: ", paint(t, RED));
		escape_terminal(t->out, q->failed);
		fprintf(t->out, "%s\n", paint(t, PLAIN));
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

	name_cell(t, *r->name ? r->name : "all");
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
static void phase_heading(struct text *t, bool observer)
{
	static const char *const title[] = {
		"whole", "call", "wake", "runq", "resume", "unattrib."
	};

	fprintf(t->out, "%s  %-*s", paint(t, DIM), t->name, "");
	stat_cell(t, "traced");
	for (size_t i = 0; i < NR_SHOWN; i++)
		cell(t, title[i]);
	fprintf(t->out, "%s%s\n", observer ? "  traced / untraced" : "", paint(t, PLAIN));
}

static void phase_table(struct text *t, const struct report_question *q)
{
	size_t nr = q->nr_results < MAX_SUBJECTS ? q->nr_results : MAX_SUBJECTS;
	bool any = false;

	for (size_t i = 0; i < nr; i++) {
		const struct report_result *r = &t->r->result[q->first_result + i];

		if (!has_phases(r))
			continue;
		if (!any)
			phase_heading(t, !q->from_trace);
		any = true;
		phase_rows(t, r);
	}
}

/* Why the verdicts above are unstable. */
static void unsteady_line(struct text *t, const struct report_noise *n)
{
	char text[FIGURE];

	if (!n->unsteady)
		return;
	fprintf(t->out, "  %sunsteady machine: %zu of %zu blocks with more than 2 %% steal",
		paint(t, YELLOW), n->nr_noisy, n->nr_blocks);
	if (isfinite(n->canary_drift))
		fprintf(t->out, "; a fixed loop's time moved by %s",
			format_percent(text, n->canary_drift));
	fprintf(t->out, "%s\n", paint(t, PLAIN));
}

static void question(struct text *t, const struct report_question *q)
{
	char text[FIGURE];

	choose_name_width(t, q);
	fprintf(t->out, "\n%s", paint(t, BOLD));
	escape_terminal(t->out, q->name);
	fprintf(t->out, "%s  %s, %zu blocks", paint(t, PLAIN),
		strcmp(q->mode, "time") ? "ns per operation" : "ns per iteration of an epoch",
		q->nr_blocks);
	if (q->nr_traced_blocks)
		fprintf(t->out, " + %zu traced", q->nr_traced_blocks);
	if (q->baseline) {
		fputs(", ratios to ", t->out);
		escape_terminal(t->out, q->baseline);
		fprintf(t->out, ", zone +-%s", format_percent(text, q->zone));
	}
	fputc('\n', t->out);
	arms_table(t, q);
	unsteady_line(t, &q->noise);
	phase_table(t, q);
}

/* One kind of a trace: a row per subject and metric. */
static void trace_kind(struct text *t, const struct report_question *q)
{
	static const char *const title[] = { "",    "count", "p50", "p90",
					     "p99", "p99.9", "max", "mean" };
	size_t nr = q->nr_results < MAX_SUBJECTS ? q->nr_results : MAX_SUBJECTS;

	choose_name_width(t, q);
	fprintf(t->out, "\n%s", paint(t, BOLD));
	escape_terminal(t->out, q->name);
	fprintf(t->out, "%s  ns per event\n", paint(t, PLAIN));
	fprintf(t->out, "%s  %-*s  %-12s", paint(t, DIM), t->name, "", "");
	for (size_t i = 1; i < sizeof(title) / sizeof(title[0]); i++)
		cell(t, title[i]);
	fprintf(t->out, "%s\n", paint(t, PLAIN));
	for (size_t i = 0; i < nr; i++) {
		const struct report_result *r = &t->r->result[q->first_result + i];

		name_cell(t, *r->name ? r->name : "all");
		for (size_t m = 0; m < r->nr_metrics; m++) {
			struct report_stats s = report_stats(r->metric[m].hist);
			int columns;

			if (m)
				gap(t, 2 + t->name);
			fputs("  ", t->out);
			columns = escape_terminal(t->out, r->metric[m].name);
			gap(t, 12 - columns);
			figure_cells(t, &s);
			ns_cell(t, s.mean);
			fputc('\n', t->out);
		}
		if (!r->nr_metrics)
			fputc('\n', t->out);
	}
	if (nr < q->nr_results)
		fprintf(t->out, "  and %zu more\n", q->nr_results - nr);
	phase_table(t, q);
}

/* ---- around the tables ----------------------------------------------------------------------- */

static void escaped_line(struct text *t, const char *label, const char *s)
{
	fputs(label, t->out);
	escape_terminal(t->out, s);
	fputc('\n', t->out);
}

static void head(struct text *t)
{
	const char *model = json_string_value(report_environment_at(t->r, "cpu.model"));
	const char *release = json_string_value(report_environment_at(t->r, "kernel.release"));

	fprintf(t->out, "%skt ", paint(t, BOLD));
	escape_terminal(t->out, report_header_text(t->r, "tool"));
	fprintf(t->out, "%s ", paint(t, PLAIN));
	escape_terminal(t->out, report_header_text(t->r, "version"));
	fputs("  ", t->out);
	escape_terminal(t->out, report_header_text(t->r, "start"));
	if (model) {
		fputs("  ", t->out);
		escape_terminal(t->out, model);
	}
	if (release) {
		fputs("  Linux ", t->out);
		escape_terminal(t->out, release);
	}
	fputc('\n', t->out);
	if (!t->r->complete)
		fprintf(t->out,
			"%sinterrupted: the run did not reach its end; what was measured until then is shown%s\n",
			paint(t, YELLOW), paint(t, PLAIN));
}

/* Names with values, zeros left out. Return: how many were written. */
static size_t named_counts(struct text *t, const json_t *counts)
{
	const char *name;
	json_t *value;
	size_t nr = 0;

	json_object_foreach ((json_t *)counts, name, value) {
		if (!json_integer_value(value))
			continue;
		fputs(nr++ ? ", " : " ", t->out);
		escape_terminal(t->out, name);
		fprintf(t->out, " %" PRId64, (int64_t)json_integer_value(value));
	}
	return nr;
}

static void tracing(struct text *t)
{
	json_int_t events = json_integer_value(json_object_get(t->r->cost, "events"));
	double bpf_ns = json_number_value(json_object_get(t->r->cost, "bpf_ns"));
	double cpu_ns = json_number_value(json_object_get(t->r->cost, "cpu_ns"));
	char text[FIGURE];

	if (report_not_traced(t->r))
		escaped_line(t, "phases not taken: ", report_not_traced(t->r));
	if (report_losses_missing(t->r))
		fputs("losses: not known, the record ends before them\n", t->out);
	if (!t->r->cost)
		return;
	fprintf(t->out, "losses:%s", paint(t, RED));
	if (!named_counts(t, t->r->losses))
		fprintf(t->out, "%s none", paint(t, PLAIN));
	fprintf(t->out, "%s\ncounters:", paint(t, PLAIN));
	if (!named_counts(t, t->r->counters))
		fputs(" none", t->out);
	fprintf(t->out, "\ncost of tracing: %s events", format_count(text, (double)events));
	if (bpf_ns > 0)
		fprintf(t->out, ", %s in BPF", format_ns(text, bpf_ns));
	if (bpf_ns > 0 && events)
		fprintf(t->out, " (%s each)", format_ns(text, bpf_ns / (double)events));
	fprintf(t->out, ", %s CPU of the tracer\n", format_ns(text, cpu_ns));
}

static void noise(struct text *t)
{
	size_t blocks = 0, noisy = 0, unsteady = 0;
	double steal_max = NAN, psi = 0, weighted = 0;
	char text[FIGURE];

	for (size_t i = 0; i < t->r->nr_questions; i++) {
		const struct report_noise *n = &t->r->question[i].noise;

		blocks += n->nr_blocks;
		noisy += n->nr_noisy;
		unsteady += n->unsteady;
		if (n->steal_max > steal_max || isnan(steal_max))
			steal_max = n->steal_max;
		if (isfinite(n->psi_mean)) {
			psi += n->psi_mean * (double)n->nr_blocks;
			weighted += (double)n->nr_blocks;
		}
	}
	if (!blocks)
		return;
	fprintf(t->out, "noise: %zu of %zu blocks with more than 2 %% steal", noisy, blocks);
	fprintf(t->out, " (most %s)", format_percent(text, steal_max));
	fprintf(t->out, ", CPU pressure %s", format_percent(text, weighted ? psi / weighted : NAN));
	fprintf(t->out, ", %zu of %zu questions unsteady\n", unsteady, t->r->nr_questions);
}

static void warnings(struct text *t)
{
	json_t *all = json_object_get(t->r->environment, "warnings"), *w;
	size_t i;

	json_array_foreach (all, i, w) {
		const char *what = json_string_value(json_object_get(w, "text"));
		const char *fix = json_string_value(json_object_get(w, "fix"));

		if (!what)
			continue;
		fprintf(t->out, "%swarning: ", paint(t, YELLOW));
		escape_terminal(t->out, what);
		if (fix) {
			fputs(" -> ", t->out);
			escape_terminal(t->out, fix);
		}
		fprintf(t->out, "%s\n", paint(t, PLAIN));
	}
}

static void foot(struct text *t)
{
	fputc('\n', t->out);
	tracing(t);
	noise(t);
	warnings(t);
	fputs("again: ", t->out);
	report_write_command(t->out, t->r, escape_shell);
	fputc('\n', t->out);
	fputs(t->r->nr_comparisons
		      ? "A ratio is candidate / baseline, paired by block; in brackets its 95 % interval. "
			"A quantile is shown when ten values lie beyond it.\n"
		      : "A quantile is shown when ten values lie beyond it.\n",
	      t->out);
}

int report_text(FILE *out, const struct report *r, const struct terminal_style *s)
{
	struct text t = { .out = out, .r = r, .colour = s && s->colour };

	t.width = s && s->width ? s->width : DEFAULT_WIDTH;
	errno = 0;
	head(&t);
	for (size_t i = 0; i < r->nr_questions; i++) {
		if (r->question[i].from_trace)
			trace_kind(&t, &r->question[i]);
		else
			question(&t, &r->question[i]);
	}
	foot(&t);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

const struct report_format report_format_text = {
	.name = "text",
	.help = "tables for a terminal",
	.suffix = { ".txt" },
	.render = report_text,
};
