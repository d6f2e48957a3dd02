// SPDX-License-Identifier: GPL-2.0-only
/* Around the tables: which runs these are, what was left out, what the figures rest on. */
#include "lib/report/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/report/changes.h"

/* More than this are counted, not listed: kt report --format json has them all. */
#define MAX_DROP_LINES 10
#define MAX_WARNINGS   16 /* of one run */

/* ---- above ----------------------------------------------------------------------------------- */

static void head_of_run(struct text *t, const struct report_run *run)
{
	const char *model = json_string_value(report_environment_at(run, "cpu.model"));
	const char *version = run->header.kt.version, *start = run->header.start;

	fputc(' ', t->out);
	escape_terminal(t->out, version ? version : "of an unknown version");
	fputs("  ", t->out);
	escape_terminal(t->out, start ? start : "");
	if (model) {
		fputs("  ", t->out);
		escape_terminal(t->out, model);
	}
	if (run->environment.kernel) {
		fputs("  Linux ", t->out);
		escape_terminal(t->out, run->environment.kernel);
	}
}

static void runs(struct text *t)
{
	fputs("  ", t->out);
	report_write_runs_summary(t->out, t->r);
	for (size_t i = 0; i < t->r->nr_runs; i++) {
		fputs("\n  ", t->out);
		report_write_run(t->out, t->r, i, escape_terminal_word);
	}
}

void text_drops(struct text *t, const struct report *r, const char *done)
{
	size_t shown = r->nr_drops < MAX_DROP_LINES ? r->nr_drops : MAX_DROP_LINES;

	if (!r->nr_drops)
		return;
	fprintf(t->out, "%sdropped: ", text_paint(t, YELLOW));
	report_write_drops_summary(t->out, r);
	fprintf(t->out, "; everything else is %s%s\n", done, text_paint(t, PLAIN));
	for (size_t i = 0; i < shown; i++) {
		fputs("  ", t->out);
		report_write_drop(t->out, r, &r->drop[i], escape_terminal_word);
		fputc('\n', t->out);
	}
	if (shown < r->nr_drops)
		fprintf(t->out, "  and %zu more reasons, in JSON\n", r->nr_drops - shown);
}

/* Of builds and settings what was found comes first of all, then of what. */
static void finding(struct text *t)
{
	struct report_changes c;

	if (!report_has_changes(t->r))
		return;
	report_count_changes(t->r, &c);
	fputs(text_paint(t, c.nr[CHANGE_REGRESSED] ? RED : BOLD), t->out);
	report_write_finding(t->out, t->r, escape_terminal_word);
	fprintf(t->out, "%s\n", text_paint(t, PLAIN));
	for (size_t i = 0; i < t->r->nr_runs; i++)
		if (t->r->run[i].group == i)
			report_write_sides(t->out, t->r, i, "  ", "\n", escape_terminal_word);
}

void text_head(struct text *t)
{
	const struct report_run *run = &t->r->run[0];

	finding(t);
	if (text_is_trace(t->r)) {
		text_trace_head(t);
	} else {
		fprintf(t->out, "%skt ", text_paint(t, BOLD));
		escape_terminal(t->out, report_tool(run));
		fputs(text_paint(t, PLAIN), t->out);
		if (report_lists_runs(t->r))
			runs(t);
		else
			head_of_run(t, run);
		fputc('\n', t->out);
	}
	if (!t->r->complete)
		fprintf(t->out,
			"%sinterrupted: the run did not reach its end; what was measured until then is shown%s\n",
			text_paint(t, YELLOW), text_paint(t, PLAIN));
	text_drops(t, t->r, "shown");
}

/* ---- below ----------------------------------------------------------------------------------- */

/* Groups have lines of their own, which need their number when there are several. */
static void label(struct text *t, const struct report_run *run, const char *what)
{
	if (t->r->nr_groups > 1)
		fprintf(t->out, "run %zu, ", run->group + 1);
	fprintf(t->out, "%s:", what);
}

/* Names with values, zeros left out. */
static void named_counts(struct text *t, const struct record_count *count, size_t nr,
			 enum text_colour colour)
{
	const char *before = " ";

	fputs(text_paint(t, colour), t->out);
	for (size_t i = 0; i < nr; i++) {
		if (!count[i].value)
			continue;
		fputs(before, t->out);
		escape_terminal(t->out, count[i].name);
		fprintf(t->out, " %" PRIu64, count[i].value);
		before = ", ";
	}
	fprintf(t->out, "%s%s\n", text_paint(t, PLAIN), *before == ' ' ? " none" : "");
}

static void cost(struct text *t, const struct report_run *run)
{
	const struct report_tracing *c = &run->tracing;
	char text[FIGURE];

	label(t, run, "cost of tracing");
	fprintf(t->out, " %s events", format_count(text, (double)c->events));
	if (c->bpf_ns)
		fprintf(t->out, ", %s in BPF", format_ns(text, (double)c->bpf_ns));
	if (c->bpf_ns && c->events)
		fprintf(t->out, " (%s each)",
			format_ns(text, (double)c->bpf_ns / (double)c->events));
	fprintf(t->out, ", %s CPU of the tracer\n", format_ns(text, (double)c->cpu_ns));
}

static void tracing(struct text *t, const struct report_run *run)
{
	if (report_not_traced(run)) {
		label(t, run, "phases not taken");
		fputc(' ', t->out);
		escape_terminal(t->out, report_not_traced(run));
		fputc('\n', t->out);
	}
	if (report_losses_missing(run)) {
		label(t, run, "losses");
		fputs(" not known, the record ends before them\n", t->out);
	}
	if (!run->tracing.known)
		return;
	label(t, run, "losses");
	named_counts(t, run->tracing.loss, run->tracing.nr_losses, RED);
	label(t, run, "counters");
	named_counts(t, run->tracing.counter, run->tracing.nr_counters, PLAIN);
	cost(t, run);
}

static void noise(struct text *t)
{
	size_t windows = 0, noisy = 0, unsteady = 0, unknown = 0, asked = 0;
	double steal = NAN, foreign = NAN, psi = 0, weighted = 0;
	char text[FIGURE];

	for (size_t i = 0; i < t->r->nr_questions; i++) {
		const struct report_noise *n = &t->r->question[i].noise;

		windows += n->nr_windows;
		noisy += n->nr_noisy;
		unsteady += n->unsteady;
		asked += !t->r->question[i].from_trace;
		unknown += !t->r->question[i].from_trace && !n->nr_windows;
		steal = fmax(steal, n->steal_max);
		foreign = fmax(foreign, n->foreign_max);
		if (isfinite(n->psi_mean)) {
			double weight = n->nr_windows ? (double)n->nr_windows : 1;

			psi += n->psi_mean * weight;
			weighted += weight;
		}
	}
	if (!asked)
		return;
	fputs("noise: ", t->out);
	if (windows)
		fprintf(t->out, "%zu of %zu half seconds noisy (steal at most %s", noisy, windows,
			format_percent(text, steal));
	if (windows && isfinite(foreign))
		fprintf(t->out, ", other programs at most %.1f CPUs", foreign);
	fprintf(t->out, "%sCPU pressure %s", windows ? "), " : "",
		format_percent(text, weighted ? psi / weighted : NAN));
	fprintf(t->out, ", %zu of %zu questions unsteady", unsteady, asked);
	if (unknown)
		fprintf(t->out, ", %zu too short to say", unknown);
	fputc('\n', t->out);
}

static const char *warning_at(const struct report_run *run, size_t i, const char *what)
{
	const json_t *all = report_environment_at(run, "warnings");

	return json_string_value(json_object_get(json_array_get(all, i), what));
}

static size_t nr_warnings(const struct report_run *run)
{
	size_t nr = json_array_size(report_environment_at(run, "warnings"));

	return nr < MAX_WARNINGS ? nr : MAX_WARNINGS;
}

/* Most machines warn of the same. */
static bool was_warned(const struct report *r, size_t run, const char *what)
{
	for (size_t i = 0; i < run; i++) {
		for (size_t k = 0; k < nr_warnings(&r->run[i]); k++) {
			const char *before = warning_at(&r->run[i], k, "text");

			if (before && !strcmp(before, what))
				return true;
		}
	}
	return false;
}

static void warnings(struct text *t, size_t run)
{
	const struct report_run *r = &t->r->run[run];

	for (size_t i = 0; i < nr_warnings(r); i++) {
		const char *what = warning_at(r, i, "text"), *fix = warning_at(r, i, "fix");

		if (!what || was_warned(t->r, run, what))
			continue;
		fprintf(t->out, "%swarning: ", text_paint(t, YELLOW));
		escape_terminal(t->out, what);
		if (fix) {
			fputs(" -> ", t->out);
			escape_terminal(t->out, fix);
		}
		fprintf(t->out, "%s\n", text_paint(t, PLAIN));
	}
}

/* Of a run that is one it stands above. */
static void selftest(struct text *t, const struct report_run *run)
{
	if (!run->selftest || !strcmp(report_tool(run), "selftest"))
		return;
	label(t, run, "self-test of the machine");
	fputc(' ', t->out);
	report_write_selftest(t->out, run, escape_terminal_word);
	fputc('\n', t->out);
}

void text_foot(struct text *t)
{
	const struct report *r = t->r;

	fputc('\n', t->out);
	for (size_t i = 0; i < r->nr_runs; i++)
		if (r->run[i].group == i)
			tracing(t, &r->run[i]);
	noise(t);
	for (size_t i = 0; i < r->nr_runs; i++)
		if (r->run[i].group == i)
			selftest(t, &r->run[i]);
	for (size_t i = 0; i < r->nr_runs; i++)
		warnings(t, i);
	for (size_t i = 0; i < r->nr_runs; i++) {
		if (r->run[i].group != i)
			continue;
		label(t, &r->run[i], "again");
		fputc(' ', t->out);
		report_write_command(t->out, &r->run[i], escape_shell);
		fputc('\n', t->out);
	}
	if (r->nr_comparisons)
		fprintf(t->out,
			"A ratio is %s, as it was judged; in brackets its 99 %% interval (p50 of blocks: 95 %%). ",
			report_has_changes(r) ? "new / old, B / A, or candidate / baseline"
					      : "candidate / baseline");
	fputs("A percentile is shown when at least ten values lie beyond it.\n", t->out);
}
