// SPDX-License-Identifier: GPL-2.0-only
/* What stands above the lines of a summary: what was run where, how steadily, and what is missing. */
#include "lib/report/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/changes.h"
#include "lib/report/effects.h"
#include "lib/report/targets.h"

/* More are counted, not listed. */
#define MAX_RUNS       5
#define MAX_SIDE_LINES 12
#define MAX_MISSED     5
#define MAX_SKIPPED    6

static const char *many(size_t nr)
{
	return nr == 1 ? "" : "s";
}

/* ---- what was run ---------------------------------------------------------------------------- */

/* "993 k", "2.01 M": how much was measured, not a result */
static void write_large(FILE *out, uint64_t n)
{
	static const char unit[] = " kMG";
	double v = (double)n;
	int u = 0;

	for (; u < 3 && v >= 999.5; u++)
		v /= 1000;
	if (!u)
		fprintf(out, "%" PRIu64, n);
	else
		fprintf(out, "%.*f %c", v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2, v, unit[u]);
}

static void write_build(FILE *out, const struct report_run *run)
{
	const char *version = run->header.kt.version, *start = run->header.start;
	char date[11];

	fputc(' ', out);
	summary_word(out, version ? version : "of an unknown version");
	if (!start)
		return;
	snprintf(date, sizeof(date), "%s", start);
	fputs(", ", out);
	summary_word(out, date);
}

static void what(const struct text *t)
{
	const struct report_run *run = &t->r->run[0];
	uint64_t operations = 0, wall_ns = 0;
	struct summary_paragraph p;
	size_t questions = 0, copies = 0;
	char text[FIGURE];

	if (!summary_begin(&p))
		return;
	for (size_t i = 0; i < t->r->nr_questions; i++)
		questions += !t->r->question[i].from_trace;
	for (size_t i = 0; i < t->r->nr_results; i++) {
		operations = report_sum(operations, t->r->result[i].iterations);
		wall_ns = report_sum(wall_ns, t->r->result[i].wall_ns);
	}
	fputs("kt ", p.out);
	summary_word(p.out, report_tool(run));
	if (report_lists_runs(t->r)) {
		fputs(", ", p.out);
		report_write_runs_summary(p.out, t->r);
		for (size_t i = 0; i < t->r->nr_runs; i++)
			copies += t->r->run[i].copies - 1;
		if (copies)
			fprintf(p.out, " (%zu more left out as copies)", copies);
	} else {
		write_build(p.out, run);
	}
	fprintf(p.out, ": %zu question%s, ", questions, many(questions));
	write_large(p.out, operations);
	fputs(" operations", p.out);
	if (wall_ns)
		fprintf(p.out, ", %s", format_ns(text, (double)wall_ns));
	summary_end(t, &p, NULL, PLAIN);
}

static void interrupted(const struct text *t)
{
	struct summary_paragraph p;

	if (t->r->complete || !summary_begin(&p))
		return;
	fputs("interrupted: the run did not reach its end; what was measured until then is shown",
	      p.out);
	summary_end(t, &p, NULL, YELLOW);
}

/* Those that are pooled with others are in the figures of these. */
static void runs(const struct text *t)
{
	struct summary_paragraph p;
	size_t shown = 0;

	if (t->r->nr_groups < 2)
		return;
	for (size_t i = 0; i < t->r->nr_runs && shown < MAX_RUNS; i++) {
		if (t->r->run[i].group != i || !summary_begin(&p))
			continue;
		report_write_run(p.out, t->r, i, summary_word);
		summary_end(t, &p, shown++ ? "" : "runs", PLAIN);
	}
	if (t->r->nr_groups > shown)
		fprintf(t->out, "%*sand %zu more\n", SUMMARY_LABEL, "", t->r->nr_groups - shown);
}

/* What was compared with what, a paragraph for each line of report_write_sides(). */
static void sides(const struct text *t)
{
	struct summary_paragraph all, p;
	size_t shown = 0;

	if (!report_has_changes(t->r) || !summary_begin(&all))
		return;
	for (size_t i = 0; i < t->r->nr_runs; i++)
		if (t->r->run[i].group == i)
			report_write_sides(all.out, t->r, i, "", "\n", summary_word);
	fclose(all.out);
	for (char *line = all.text; line && *line; shown++) {
		size_t length = strcspn(line, "\n");

		if (shown < MAX_SIDE_LINES && summary_begin(&p)) {
			fwrite(line, 1, length, p.out);
			summary_end(t, &p, shown ? "" : "sides", PLAIN);
		}
		line += length + (line[length] != '\0');
	}
	if (shown > MAX_SIDE_LINES)
		fprintf(t->out, "%*sand %zu more lines\n", SUMMARY_LABEL, "",
			shown - MAX_SIDE_LINES);
	free(all.text);
}

/* ---- the machine ----------------------------------------------------------------------------- */

struct steadiness {
	size_t windows, noisy, unsteady, unknown, asked;
	double steal, foreign;
};

static struct steadiness steadiness_of(const struct report *r)
{
	struct steadiness s = { .steal = NAN, .foreign = NAN };

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_noise *n = &r->question[i].noise;

		if (r->question[i].from_trace)
			continue;
		s.asked++;
		s.windows += n->nr_windows;
		s.noisy += n->nr_noisy;
		s.unsteady += n->unsteady;
		s.unknown += !n->nr_windows;
		s.steal = fmax(s.steal, n->steal_max);
		s.foreign = fmax(s.foreign, n->foreign_max);
	}
	return s;
}

static void write_machine(FILE *out, const struct report_run *run)
{
	const json_t *cpus = report_environment_at(run, "cpu.nr_allowed");
	const char *model = json_string_value(report_environment_at(run, "cpu.model"));

	if (json_is_integer(cpus))
		fprintf(out, "%" JSON_INTEGER_FORMAT " x ", json_integer_value(cpus));
	summary_word(out, model ? model : "a CPU of an unknown model");
	if (json_is_true(report_environment_at(run, "cpu.hypervisor")))
		fputs(" (VM)", out);
	if (run->environment.kernel) {
		fputs(", Linux ", out);
		summary_word(out, run->environment.kernel);
	}
	fputs("; ", out);
}

static void write_steadiness(FILE *out, const struct steadiness *s)
{
	char text[FIGURE];

	if (s->unsteady)
		fprintf(out, "UNSTEADY in %zu of %zu question%s", s->unsteady, s->asked,
			many(s->asked));
	else
		fputs(s->windows ? "steady" : "too short to say whether it was steady", out);
	if (s->noisy)
		fprintf(out, ": %zu of %zu half seconds noisy, steal up to %s", s->noisy,
			s->windows, format_percent(text, s->steal));
	if (s->noisy && s->foreign >= 0.05)
		fprintf(out, ", other programs up to %.1f CPUs", s->foreign);
	if (s->windows && s->unknown)
		fprintf(out, ", %zu question%s too short to say", s->unknown, many(s->unknown));
}

static void machine(const struct text *t)
{
	struct steadiness s = steadiness_of(t->r);
	struct summary_paragraph p;

	if (!summary_begin(&p))
		return;
	if (t->r->nr_groups == 1)
		write_machine(p.out, &t->r->run[0]);
	write_steadiness(p.out, &s);
	summary_end(t, &p, "machine", s.unsteady ? YELLOW : PLAIN);
}

/* ---- targets --------------------------------------------------------------------------------- */

static void write_missed(FILE *out, const struct report *r, const struct report_target *target)
{
	const char *subject = report_subject_arm(r);
	char *name = summary_short_name(target->q->name);

	fputs("MISSED ", out);
	summary_word(out, name ?: target->q->name);
	free(name);
	if (r->apart)
		fprintf(out, " run %zu", target->q->run + 1);
	fputc(' ', out);
	if (!subject || strcmp(subject, target->arm)) {
		summary_word(out, target->arm);
		fputc(' ', out);
	}
	report_write_target(out, target, summary_word);
}

static void missed(const struct text *t, const struct report_targets *targets)
{
	size_t shown = 0;

	for (size_t i = 0; i < targets->nr && shown < MAX_MISSED; i++) {
		const struct report_target *target = &targets->target[i];
		struct summary_paragraph p;

		if (target->reached != TARGET_MISSED || !summary_begin(&p))
			continue;
		shown++;
		write_missed(p.out, t->r, target);
		summary_end(t, &p, "", RED);
	}
	if (targets->nr_reached[TARGET_MISSED] > shown)
		fprintf(t->out, "%*sand %zu more\n", SUMMARY_LABEL, "",
			targets->nr_reached[TARGET_MISSED] - shown);
}

static void targets(const struct text *t)
{
	const struct report_targets *all = t->r->targets;
	struct summary_paragraph p;
	const char *before = "";

	if (!all || !summary_begin(&p))
		return;
	for (int i = 0; i < NR_TARGETS; i++) {
		if (!all->nr_reached[i])
			continue;
		fprintf(p.out, "%s%zu %s", before, all->nr_reached[i],
			i == TARGET_MISSED ? "MISSED"
					   : report_reached_name((enum report_reached)i));
		before = ", ";
	}
	if (!all->nr)
		fputs("none in the list", p.out);
	summary_end(t, &p, "targets", all->nr_reached[TARGET_MISSED] ? RED : PLAIN);
	missed(t, all);
}

/* ---- tracing --------------------------------------------------------------------------------- */

/* How many times as long an operation takes while it is traced: the least and the most of all arms. */
static bool observer_effects(const struct report *r, double *least, double *most)
{
	*least = *most = NAN;
	for (size_t i = 0; i < r->nr_results; i++) {
		double effect =
			r->result[i].from_trace ? NAN : report_observer_effect(&r->result[i]);

		*least = fmin(*least, effect);
		*most = fmax(*most, effect);
	}
	return isfinite(*least) && isfinite(*most);
}

static void write_losses(FILE *out, const struct report_tracing *tracing)
{
	uint64_t lost = 0, whole;
	char text[2][FIGURE], share[FIGURE];

	for (size_t i = 0; i < tracing->nr_losses; i++)
		lost = report_sum(lost, tracing->loss[i].value);
	whole = report_sum(lost, tracing->events);
	if (!lost) {
		fprintf(out, "%s events, none lost", format_count(text[0], (double)whole));
		return;
	}
	fprintf(out, "%s of %s events lost (%s)", format_count(text[0], (double)lost),
		format_count(text[1], (double)whole),
		format_small_percent(share, (double)lost / (double)whole));
}

static void tracing(const struct text *t)
{
	struct report_tracing sum = report_tracing_total(t->r);
	const char *not_taken = NULL, *before = "";
	size_t unknown = 0;
	struct summary_paragraph p;
	double least, most;
	char text[FIGURE];

	for (size_t i = 0; i < t->r->nr_runs; i++) {
		const struct report_run *run = &t->r->run[i];

		if (run->group != i)
			continue;
		unknown += report_losses_missing(run);
		if (run->header.kind == RECORD_ARMS)
			not_taken = not_taken ?: report_not_traced(run);
	}
	if ((sum.known || not_taken || unknown) && summary_begin(&p)) {
		if (sum.known) {
			write_losses(p.out, &sum);
			before = "; ";
		}
		if (unknown) {
			fprintf(p.out, "%slosses not known, the record ends before them", before);
			before = "; ";
		}
		if (sum.known && observer_effects(t->r, &least, &most)) {
			fprintf(p.out, "; with tracing x %s", format_ratio(text, least));
			fprintf(p.out, " to %s", format_ratio(text, most));
		}
		if (not_taken) {
			fprintf(p.out, "%sno phases: ", before);
			summary_word(p.out, not_taken);
		}
		summary_end(t, &p, "tracing", PLAIN);
	}
	free(sum.loss);
	free(sum.counter);
}

/* ---- what is missing ------------------------------------------------------------------------- */

void summary_drops(const struct text *t, const struct report *r, const char *done)
{
	struct summary_paragraph p;

	if (!r->nr_drops || !summary_begin(&p))
		return;
	if (r->nr_drops > 1) {
		report_write_drops_summary(p.out, r);
		fputs("; the first: ", p.out);
	}
	report_write_drop(p.out, r, &r->drop[0], summary_word);
	fprintf(p.out, "; everything else is %s", done);
	summary_end(t, &p, "dropped", YELLOW);
}

/* Values that were left out of the rows' figures. */
static void left_out(const struct text *t)
{
	const struct report_result *first = NULL;
	const struct record_count *loss = NULL;
	struct summary_paragraph p;
	size_t nr = 0;

	for (size_t i = 0; i < t->r->nr_results; i++) {
		const struct report_result *arm = &t->r->result[i];
		bool any = false;

		for (size_t k = 0; k < arm->nr_losses; k++) {
			if (!arm->loss[k].value)
				continue;
			first = first ?: arm;
			loss = loss ?: &arm->loss[k];
			any = true;
		}
		nr += any;
	}
	if (!nr || !summary_begin(&p))
		return;
	fprintf(p.out, "values of %zu arm%s%s", nr, many(nr), nr > 1 ? "; the first, " : ": ");
	summary_word(p.out, first->name);
	fputs(" in ", p.out);
	summary_word(p.out, first->benchmark);
	fputs(nr > 1 ? ": " : ", ", p.out);
	report_write_loss(p.out, first, loss, summary_word);
	summary_end(t, &p, "left out", YELLOW);
}

struct skips {
	const struct record_skipped *skipped;
	size_t questions;
};

static bool same_skip(const struct record_skipped *a, const struct record_skipped *b)
{
	return !strcmp(a->arm, b->arm) && !strcmp(a->reason, b->reason);
}

/* Arms that some questions were to have, each with its reason once. */
static void skipped(const struct text *t)
{
	struct skips all[MAX_SKIPPED];
	struct summary_paragraph p;
	size_t nr = 0, more = 0;

	for (size_t i = 0; i < t->r->nr_questions; i++) {
		const struct report_question *q = &t->r->question[i];

		for (size_t k = 0; k < q->nr_skipped; k++) {
			size_t at = 0;

			while (at < nr && !same_skip(all[at].skipped, &q->skipped[k]))
				at++;
			if (at == MAX_SKIPPED) {
				more++;
				continue;
			}
			if (at == nr)
				all[nr++] = (struct skips){ &q->skipped[k], 0 };
			all[at].questions++;
		}
	}
	if (!nr || !summary_begin(&p))
		return;
	for (size_t i = 0; i < nr; i++) {
		fputs(i ? "; " : "", p.out);
		summary_word(p.out, all[i].skipped->arm);
		fprintf(p.out, " in %zu question%s (", all[i].questions, many(all[i].questions));
		summary_word(p.out, all[i].skipped->reason);
		fputc(')', p.out);
	}
	if (more)
		fprintf(p.out, "; and %zu more", more);
	summary_end(t, &p, "skipped", DIM);
}

/* What a tracer or a kernel module saw beside the arms, the kernel's own kthreads say, has no verdict. */
static void beside(const struct text *t)
{
	const char *name = NULL;
	struct summary_paragraph p;
	size_t questions = 0, others = 0;

	for (size_t i = 0; i < t->r->nr_questions; i++) {
		const struct report_question *q = &t->r->question[i];

		for (size_t k = 0; !q->from_trace && k < q->nr_results; k++) {
			const struct report_result *arm = &t->r->result[q->first_result + k];

			if (!arm->from_trace)
				continue;
			name = name ?: arm->name;
			if (strcmp(name, arm->name))
				others++;
			else
				questions++;
		}
	}
	if (!name || !summary_begin(&p))
		return;
	summary_word(p.out, name);
	fprintf(p.out, " in %zu question%s", questions, many(questions));
	if (others)
		fprintf(p.out, ", and %zu more", others);
	fputs(", without a verdict", p.out);
	summary_end(t, &p, "beside", PLAIN);
}

void summary_head(const struct text *t)
{
	what(t);
	interrupted(t);
	runs(t);
	sides(t);
	machine(t);
	targets(t);
	tracing(t);
	summary_drops(t, t->r, "shown");
	left_out(t);
	skipped(t);
	beside(t);
}
