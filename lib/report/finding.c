// SPDX-License-Identifier: GPL-2.0-only
/* The one sentence of a report: what its verdicts come to, or what a trace saw. */
#include "lib/report/changes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/effects.h"

/* More are counted, not named: the tables have all rows. */
#define MAX_NAMED 3

static const char *many(size_t nr)
{
	return nr == 1 ? "" : "s";
}

static void write_question(FILE *out, const struct report *r, const struct report_question *q,
			   report_word *word)
{
	word(out, q->name);
	if (r->apart)
		fprintf(out, " run %zu", q->run + 1);
}

/* ---- two builds, two settings ---------------------------------------------------------------- */

static void write_row(FILE *out, const struct report *r, const struct report_row *row,
		      report_word *word)
{
	const struct report_comparison *c = row->telling;
	char ratio[FIGURE], lo[FIGURE], hi[FIGURE];

	write_question(out, r, row->q, word);
	fputc(' ', out);
	word(out, c->arm);
	if (c->j.metric != JUDGE_P50)
		fprintf(out, " %s", judge_metric_name(c->j.metric));
	fprintf(out, " %s [%s, %s]%s", format_ratio(ratio, c->j.ratio), format_ratio(lo, c->j.lo),
		format_ratio(hi, c->j.hi), c->unstable ? " (unstable)" : "");
}

/* All but those that regressed. */
static void write_counts(FILE *out, const struct report_changes *c, const char *before)
{
	static const char *const text[NR_CHANGES] = {
		[CHANGE_IMPROVED] = "improved",
		[CHANGE_UNCHANGED] = "unchanged",
		[CHANGE_INCONCLUSIVE] = "inconclusive",
		[CHANGE_MOVED] = "moved with the same code",
	};

	for (int i = 0; i < NR_CHANGES; i++) {
		if (!text[i] || !c->nr[i])
			continue;
		fprintf(out, "%s%zu %s", before, c->nr[i], text[i]);
		before = ", ";
	}
}

static void write_changes(FILE *out, const struct report *r, report_word *word)
{
	struct report_row *row;
	ssize_t nr = report_rows(r, &row);
	struct report_changes c;
	size_t regressed;

	report_count_changes(r, &c);
	regressed = c.nr[CHANGE_REGRESSED];
	if (c.compared)
		fprintf(out, "%zu of %zu regressed", regressed, c.compared);
	else
		fputs("nothing was compared", out);
	for (size_t i = 0; nr > 0 && i < regressed && i < MAX_NAMED; i++) {
		fputs(i ? "; " : ": ", out);
		write_row(out, r, &row[i], word);
	}
	if (regressed > MAX_NAMED)
		fprintf(out, "; and %zu more", regressed - MAX_NAMED);
	write_counts(out, &c, regressed ? "; " : ", ");
	if (c.unstable)
		fprintf(out, "; %zu of them unstable", c.unstable);
	free(row);
}

/* ---- arms ------------------------------------------------------------------------------------ */

/* The effects of the arms alone, the largest first, and what they come to. */
struct arms {
	const char *subject, *base; /* base NULL: not the same in all */
	struct report_effect *effect;
	size_t nr, told[NR_TOLD];
	/* The largest of all and of those that were called; NULL: there is none */
	const struct report_effect *first, *faster, *slower;
};

/* false: no memory */
static bool take_arms(const struct report *r, struct arms *a)
{
	ssize_t nr = report_effects(r, &a->effect);

	a->subject = report_subject_arm(r);
	for (ssize_t i = 0; i < nr; i++) {
		const struct report_effect *e = &a->effect[i];
		enum report_told told = report_told(e->c);

		if (e->c->kind != REPORT_ARMS)
			continue;
		if (!a->first)
			a->base = e->c->baseline;
		if (a->base && strcmp(a->base, e->c->baseline))
			a->base = NULL;
		if (!a->first)
			a->first = e;
		a->nr++;
		a->told[told]++;
		if (told == TOLD_FASTER && !a->faster)
			a->faster = e;
		else if (told == TOLD_SLOWER && !a->slower)
			a->slower = e;
	}
	return nr >= 0;
}

void report_write_size(FILE *out, double ratio)
{
	char text[FIGURE];

	if (ratio >= REPORT_EFFECT_FACTOR)
		fprintf(out, "takes %s times as long as", format_ratio(text, ratio));
	else if (ratio > 1)
		fprintf(out, "takes %s longer than", format_percent(text, ratio - 1));
	else if (ratio * REPORT_EFFECT_FACTOR > 1)
		fprintf(out, "takes %s less than", format_percent(text, 1 - ratio));
	else
		fprintf(out, "is %s times as fast as", format_ratio(text, 1 / ratio));
}

static void write_extreme(FILE *out, const struct report *r, const struct report_effect *e,
			  const char *which, report_word *word)
{
	fprintf(out, "; %s in ", which);
	write_question(out, r, e->q, word);
	fputs(", where it ", out);
	report_write_size(out, e->c->j.ratio);
	fputc(' ', out);
	word(out, e->c->baseline);
}

static void write_only(FILE *out, const struct report *r, const struct report_effect *e,
		       report_word *word)
{
	const struct judgement *j = &e->c->j;
	char ratio[FIGURE], lo[FIGURE], hi[FIGURE];

	fputs(" in ", out);
	write_question(out, r, e->q, word);
	if (e->c->unstable && j->verdict != VERDICT_INCONCLUSIVE)
		fprintf(out, " (p50): %s, but unstable", verdict_name(j->verdict));
	else
		fprintf(out, " (p50): %s", report_told_name(report_told(e->c), REPORT_ARMS));
	if (!isnan(j->ratio))
		fprintf(out, ", ratio %s", format_ratio(ratio, j->ratio));
	if (!isnan(j->lo))
		fprintf(out, " [%s, %s]", format_ratio(lo, j->lo), format_ratio(hi, j->hi));
}

static void write_many(FILE *out, const struct report *r, const struct arms *a, report_word *word)
{
	const char *before = " (p50): ";

	for (int i = 0; i < NR_TOLD; i++) {
		if (!a->told[i])
			continue;
		fprintf(out, "%s%zu %s", before, a->told[i],
			report_told_name((enum report_told)i, REPORT_ARMS));
		before = ", ";
	}
	if (a->faster)
		write_extreme(out, r, a->faster, "fastest", word);
	if (a->slower)
		write_extreme(out, r, a->slower, "slowest", word);
}

/* What the sentence does not speak of: it is to be known that it is there. */
static void write_rest(FILE *out, const struct report *r, size_t compared)
{
	size_t asked = 0, failed = 0;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		if (q->from_trace || q->kind != REPORT_ARMS)
			continue;
		asked++;
		failed += q->failed != NULL;
	}
	if (compared && compared < asked)
		fprintf(out, "; not compared in %zu of %zu questions", asked - compared, asked);
	if (failed)
		fprintf(out, "; %zu question%s failed", failed, many(failed));
	if (r->lost_question)
		fputs("; a question was dropped", out);
}

static void write_arms(FILE *out, const struct report *r, report_word *word)
{
	struct arms a = { 0 };
	size_t measured = 0;

	if (!take_arms(r, &a)) {
		fputs("nothing can be said: no memory", out);
		return;
	}
	for (size_t i = 0; i < r->nr_results; i++)
		measured += !r->result[i].from_trace && r->result[i].stats.count;
	if (!a.nr) {
		fprintf(out, "no arm was compared with another: %zu arm%s measured", measured,
			many(measured));
	} else {
		word(out, a.subject);
		fputs(" against ", out);
		if (a.base)
			word(out, a.base);
		else
			fputs("each question's baseline", out);
		if (a.nr == 1)
			write_only(out, r, a.first, word);
		else
			write_many(out, r, &a, word);
	}
	write_rest(out, r, a.nr);
	free(a.effect);
}

/* ---- traces ---------------------------------------------------------------------------------- */

/* Of all waits, or where nothing is one, of all wholes. */
static uint64_t longest_of(const struct report *r, const struct report_question *q, bool waits)
{
	const struct record_layout *l = &q->trace->layout;
	uint64_t longest = 0;

	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *s = &r->result[q->first_result + i];

		for (size_t k = 0; k < s->nr_metrics; k++) {
			size_t m = report_trace_metric(q->trace, s->metric[k].name);
			uint64_t max = sparse_max(s->metric[k].sparse);

			if (m < l->nr_metrics && report_is_whole(q->trace, m) &&
			    (!waits || l->metric[m].waits) && max > longest)
				longest = max;
		}
	}
	return longest;
}

static void write_waited(FILE *out, const struct report_waits *all)
{
	double share = report_waits_share(all, all->ns);
	char text[FIGURE];

	if (isnan(share))
		fprintf(out, "waited %s for a CPU", format_ns(text, (double)all->ns));
	else
		fprintf(out, "waited %s of the time for a CPU", format_small_percent(text, share));
}

/* What no figure has, or what is not known of them. */
static void write_missing(FILE *out, const struct report_question *q,
			  const struct report_waits *all, const struct report_run *run,
			  report_word *word)
{
	double kept = report_coverage(q->trace, all, &run->tracing);
	char text[FIGURE];

	if (run->tracing.waiting && run->tracing.waiting_name) {
		fputs("; ", out);
		word(out, run->tracing.waiting_name);
		fprintf(out, " still waits, for %s so far",
			format_ns(text, (double)run->tracing.waiting_ns));
	}
	if (report_losses_missing(run))
		fputs("; what was lost is not known", out);
	else if (kept < 1)
		fprintf(out, "; %s of the events lost", format_small_percent(text, 1 - kept));
}

static void write_trace(FILE *out, const struct report *r, const struct report_question *q,
			report_word *word)
{
	const struct record_layout *l = &q->trace->layout;
	struct report_waits all;
	uint64_t longest;
	char text[FIGURE];

	report_waits_all(&all, r, q);
	word(out, q->name);
	if (r->apart)
		fprintf(out, " run %zu", q->run + 1);
	fputs(": ", out);
	longest = longest_of(r, q, all.ns);
	if (all.ns) {
		write_waited(out, &all);
	} else if (all.values) {
		fprintf(out, "%s ",
			format_count(text, (double)(all.counted ? all.counted : all.values)));
		word(out, all.counted && l->noun ? l->noun : "events");
	} else {
		fputs("nothing was seen", out);
	}
	if (longest)
		fprintf(out, ", the longest %s%s", all.ns ? "wait " : "",
			format_ns(text, (double)longest));
	write_missing(out, q, &all, &r->run[q->run], word);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool has_arms(const struct report *r)
{
	for (size_t i = 0; i < r->nr_questions; i++)
		if (!r->question[i].from_trace && r->question[i].kind == REPORT_ARMS)
			return true;
	return false;
}

void report_write_finding(FILE *out, const struct report *r, report_word *word)
{
	const char *before = "";
	size_t nr_traces = 0;

	if (report_has_changes(r)) {
		write_changes(out, r, word);
		before = "; ";
	}
	if (has_arms(r)) {
		fputs(before, out);
		write_arms(out, r, word);
		before = "; ";
	}
	for (size_t i = 0; i < r->nr_questions; i++) {
		if (!r->question[i].trace || nr_traces++ >= MAX_NAMED)
			continue;
		fputs(before, out);
		write_trace(out, r, &r->question[i], word);
		before = "; ";
	}
	if (nr_traces > MAX_NAMED)
		fprintf(out, "; and %zu more traces", nr_traces - MAX_NAMED);
	for (size_t i = 0; i < r->nr_runs; i++) {
		if (*before || !r->run[i].selftest || strcmp(report_tool(&r->run[i]), "selftest"))
			continue;
		report_write_selftest(out, &r->run[i], word);
		before = "; ";
	}
	if (!*before)
		fputs("nothing was measured", out);
}
