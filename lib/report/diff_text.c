// SPDX-License-Identifier: GPL-2.0-only
/* Recorded runs against recorded runs, for a terminal: what became of the arms first, then how far it can be believed. */
#include "lib/report/diff.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/text.h"

#define NAME_WIDTH 14 /* of an arm at least */
#define MAX_NAME   26
#define MAX_NAMED  3  /* arms that the first line names */
#define MAX_ONLY   20 /* arms of one side that are named */

/* ---- words ----------------------------------------------------------------------------------- */

static const char *many(size_t nr)
{
	return nr == 1 ? "" : "s";
}

static void write_ratio(FILE *out, const struct diff_figure *f)
{
	char ratio[FIGURE], lo[FIGURE], hi[FIGURE];

	fprintf(out, "%s %s", judge_metric_name(f->metric), format_ratio(ratio, f->ratio));
	if (!isnan(f->lo))
		fprintf(out, " [%s, %s]", format_ratio(lo, f->lo), format_ratio(hi, f->hi));
}

/* How far from 1, in zones. */
static double distance(const struct diff_row *row)
{
	const struct diff_figure *f = &row->figure[row->telling];

	return fabs(log(f->ratio)) / log1p(f->zone);
}

/* Of those that @is says, the farthest after @last; NULL: there are no more. */
static const struct diff_row *next_farthest(const struct diff *d, const struct diff_row *last,
					    bool (*is)(const struct diff_row *))
{
	const struct diff_row *best = NULL;

	for (size_t i = 0; i < d->nr_rows; i++) {
		const struct diff_row *row = &d->row[i];

		if (!row->compared || !is(row) || row == last)
			continue;
		/* Equal distances go by their place. */
		if (last && (distance(row) > distance(last) ||
			     (distance(row) == distance(last) && row < last)))
			continue;
		if (!best || distance(row) > distance(best))
			best = row;
	}
	return best;
}

static void name_farthest(FILE *out, const struct diff *d, size_t nr,
			  bool (*is)(const struct diff_row *), report_word *word)
{
	const struct diff_row *row = NULL;
	const char *before = ": ";

	for (size_t i = 0; i < nr && i < MAX_NAMED; i++, before = "; ") {
		row = next_farthest(d, row, is);
		if (!row)
			return;
		fputs(before, out);
		word(out, row->question);
		fputc(' ', out);
		word(out, row->arm);
		fputc(' ', out);
		write_ratio(out, &row->figure[row->telling]);
	}
	if (nr > MAX_NAMED)
		fprintf(out, "; and %zu more", nr - MAX_NAMED);
}

static bool has_moved(const struct diff_row *row)
{
	return row->moved;
}

static bool has_regressed(const struct diff_row *row)
{
	return row->change == DIFF_REGRESSED;
}

static void write_advice(FILE *out, const struct diff *d, report_word *word)
{
	fprintf(out,
		"advisory, %zu run%s against %zu: %zu of %zu moved by more than their zone, as "
		"single runs of equal code also do",
		d->nr[DIFF_BASE], many(d->nr[DIFF_BASE]), d->nr[DIFF_NEW], d->nr_moved,
		d->nr_compared);
	name_farthest(out, d, d->nr_moved, has_moved, word);
}

void diff_write_finding(FILE *out, const struct diff *d, report_word *word)
{
	if (!d->nr_compared) {
		fputs("nothing to compare: no arm of any question is on both sides", out);
		return;
	}
	if (d->advisory) {
		write_advice(out, d, word);
		return;
	}
	fprintf(out, "%zu of %zu regressed", d->nr_changes[DIFF_REGRESSED], d->nr_compared);
	name_farthest(out, d, d->nr_changes[DIFF_REGRESSED], has_regressed, word);
	for (int c = DIFF_IMPROVED; c < NR_DIFF_CHANGES; c++)
		if (d->nr_changes[c])
			fprintf(out, "%s%zu %s",
				c == DIFF_IMPROVED || !d->nr_changes[DIFF_IMPROVED] ? "; " : ", ",
				d->nr_changes[c], diff_change_name((enum diff_change)c));
}

static void write_least(FILE *out, const struct diff_figure *f)
{
	if (f->nr[DIFF_BASE] == f->nr[DIFF_NEW])
		fprintf(out, "%zu run%s a side", f->nr[DIFF_BASE], many(f->nr[DIFF_BASE]));
	else
		fprintf(out, "%zu and %zu runs", f->nr[DIFF_BASE], f->nr[DIFF_NEW]);
}

bool diff_write_why(FILE *out, const struct diff *d, const struct diff_figure *f)
{
	size_t fewest = f->nr[DIFF_BASE] < f->nr[DIFF_NEW] ? f->nr[DIFF_BASE] : f->nr[DIFF_NEW];
	size_t more = f->runs_needed > fewest ? f->runs_needed - fewest : 0;
	char q[FIGURE];

	switch (f->reason) {
	case DIFF_DECIDED:
	case DIFF_ADVISORY:
	case NR_DIFF_REASONS:
		return false;
	case DIFF_FEW_RUNS:
		write_least(out, f);
		fprintf(out, " give no interval: %zu more would", more);
		return true;
	case DIFF_WIDE:
		if (more)
			fprintf(out, "about %zu more run%s a side", more, many(more));
		else
			fputs("runs differ too much: more than 1000 a side", out);
		return true;
	case DIFF_CHANCE:
		snprintf(q, sizeof(q), "%.2g", f->q);
		fprintf(out, "among %zu figures this may be chance (q %s)", d->family, q);
		return true;
	case DIFF_FAMILY:
		fputs("with ", out);
		write_least(out, f);
		fprintf(out,
			" one of %zu figures cannot be told from chance: %zu more would do, or --filter",
			d->family, more);
		return true;
	case DIFF_ZEROS:
		fputs("zeros have no ratio", out);
		return true;
	case DIFF_NOTHING:
		fputs("not on both sides", out);
		return true;
	}
	return false;
}

/* ---- above the tables ------------------------------------------------------------------------ */

void diff_write_side(FILE *out, const struct diff *d, enum diff_side s, report_word *word)
{
	const char *path = NULL, *first = NULL, *last = NULL;
	size_t torn = 0, twice = 0;

	for (size_t i = 0; i < d->nr_runs; i++) {
		const struct diff_run *run = &d->run[i];

		if (run->left_out || run->side != s)
			continue;
		path = path ? path : run->path;
		torn += !run->complete;
		twice += run->copies > 1;
		if (!run->header.start)
			continue;
		if (!first || strcmp(run->header.start, first) < 0)
			first = run->header.start;
		if (!last || strcmp(run->header.start, last) > 0)
			last = run->header.start;
	}
	fprintf(out, "%zu run%s of ", d->nr[s], many(d->nr[s]));
	if (d->nr_files[s] == 1)
		word(out, path && strcmp(path, "-") ? path : "standard input");
	else
		fprintf(out, "%zu files", d->nr_files[s]);
	if (first) {
		fputs(", begun ", out);
		word(out, first);
	}
	if (last && strcmp(first, last)) {
		fputs(" to ", out);
		word(out, last);
	}
	if (twice)
		fprintf(out, "; %zu stand%s there more than once and count%s once", twice,
			twice == 1 ? "s" : "", twice == 1 ? "s" : "");
	if (torn)
		fprintf(out, "; %zu %s interrupted", torn, torn == 1 ? "was" : "were");
}

static void side_line(struct text *t, const struct diff *d, enum diff_side s)
{
	fprintf(t->out, "%-5s ", s == DIFF_BASE ? "base:" : "new:");
	diff_write_side(t->out, d, s, escape_terminal_word);
	fputc('\n', t->out);
}

void diff_write_values(FILE *out, const struct diff_fact *f, enum diff_side s, report_word *word)
{
	for (size_t i = 0; i < f->nr[s]; i++) {
		if (i)
			fputs(", ", out);
		word(out, f->value[s][i].text);
		if (f->nr[s] > 1)
			fprintf(out, " (%zu run%s)", f->value[s][i].runs,
				many(f->value[s][i].runs));
	}
}

static void values(struct text *t, const struct diff_fact *f, enum diff_side s)
{
	diff_write_values(t->out, f, s, escape_terminal_word);
}

static void facts(struct text *t, const struct diff *d)
{
	bool any = false;

	for (size_t i = 0; i < d->nr_facts; i++) {
		const struct diff_fact *f = &d->fact[i];

		if (!f->between)
			continue;
		if (!any)
			fputs("what differs between the sides:\n", t->out);
		any = true;
		fputs("  ", t->out);
		escape_terminal(t->out, f->name);
		fputs(": ", t->out);
		values(t, f, DIFF_BASE);
		fputs(" -> ", t->out);
		values(t, f, DIFF_NEW);
		fputc('\n', t->out);
	}
	if (!any)
		fputs("nothing that is recorded of machine, kernel, settings and builds differs between the sides\n",
		      t->out);
	if (d->more_facts)
		fprintf(t->out, "  %" PRIu64 " further values were not compared\n", d->more_facts);
}

/* Runs of one side that are not of one kind: their spread is then of two things. */
static void facts_within(struct text *t, const struct diff *d, enum diff_side s)
{
	bool any = false;

	for (size_t i = 0; i < d->nr_facts; i++) {
		const struct diff_fact *f = &d->fact[i];

		if (f->nr[s] < 2)
			continue;
		if (!any)
			fprintf(t->out, "%sruns of %s differ among themselves:\n",
				text_paint(t, YELLOW), diff_side_name(s));
		any = true;
		fputs("  ", t->out);
		escape_terminal(t->out, f->name);
		fputs(": ", t->out);
		values(t, f, s);
		fputc('\n', t->out);
	}
	if (any)
		fputs(text_paint(t, PLAIN), t->out);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void write_verdict(struct text *t, const struct diff_row *row, const struct diff_figure *f)
{
	enum text_colour colour = text_verdict_colour(f->verdict);
	const char *unstable = "";

	if (row->change == DIFF_UNSTABLE) {
		colour = YELLOW;
		unstable = f->verdict == VERDICT_INCONCLUSIVE ? "unstable, " : "unstable: ";
	}
	fprintf(t->out, "  %s%s%s%s", text_paint(t, colour), unstable,
		verdict_change_name(f->verdict), text_paint(t, PLAIN));
}

static void write_reason(struct text *t, const struct diff *d, const struct diff_figure *f)
{
	char *why = NULL, ratio[FIGURE];
	size_t length;
	FILE *out = open_memstream(&why, &length);
	bool any = out && diff_write_why(out, d, f);

	if (out)
		fclose(out);
	if (any)
		fprintf(t->out, ", %s", why);
	free(why);
	if (f->apart)
		fprintf(t->out, "; the medians' own ratio is %s: runs come in groups",
			format_ratio(ratio, f->shown));
}

static void figure_row(struct text *t, const struct diff *d, const struct diff_row *row,
		       const struct diff_figure *f)
{
	char text[3][FIGURE], interval[2 * FIGURE + 8] = "", q[FIGURE] = "-";

	fprintf(t->out, "  %-5s %9s %9s  %6s", judge_metric_name(f->metric),
		format_ns(text[0], f->median[DIFF_BASE]), format_ns(text[1], f->median[DIFF_NEW]),
		format_ratio(text[2], f->ratio));
	if (d->advisory) {
		fputs(f->moved ? "  moved\n" : "\n", t->out);
		return;
	}
	if (!isnan(f->lo))
		snprintf(interval, sizeof(interval), "[%s, %s]", format_ratio(text[0], f->lo),
			 format_ratio(text[1], f->hi));
	if (!isnan(f->q))
		snprintf(q, sizeof(q), "%.2g", f->q);
	fprintf(t->out, " %-15s %7s", interval, q);
	write_verdict(t, row, f);
	write_reason(t, d, f);
	fputc('\n', t->out);
}

static void arm_rows(struct text *t, const struct diff *d, const struct diff_row *row)
{
	bool first = true;

	for (int m = 0; m < NR_JUDGE_METRICS; m++) {
		const struct diff_figure *f = &row->figure[m];
		int columns = 0;

		/* Few operations have no p99.9, and epochs have neither tail: nothing is missing. */
		if (!f->nr[DIFF_BASE] && !f->nr[DIFF_NEW])
			continue;
		fputs("  ", t->out);
		if (first)
			columns = escape_terminal(t->out, row->arm);
		if (columns > t->name) {
			fputs("\n  ", t->out);
			columns = 0;
		}
		fprintf(t->out, "%*s", t->name - columns, "");
		figure_row(t, d, row, f);
		first = false;
	}
}

static void unsteady_runs(struct text *t, const struct diff_row *row)
{
	const char *before = "; unsteady in ";

	if (!row->nr_unsteady[DIFF_BASE] && !row->nr_unsteady[DIFF_NEW])
		return;
	fputs(text_paint(t, YELLOW), t->out);
	for (int s = 0; s < NR_DIFF_SIDES; s++) {
		if (!row->nr_unsteady[s])
			continue;
		fprintf(t->out, "%s%zu of %zu %s runs", before, row->nr_unsteady[s], row->nr[s],
			diff_side_name((enum diff_side)s));
		before = " and ";
	}
	fputs(text_paint(t, PLAIN), t->out);
}

static void question_head(struct text *t, const struct diff *d, const struct diff_row *row)
{
	char zone[FIGURE];

	fprintf(t->out, "\n%s", text_paint(t, BOLD));
	escape_terminal(t->out, row->question);
	fprintf(t->out, "%s  %s, zone +-%s", text_paint(t, PLAIN),
		row->latency ? "ns per operation" : "ns per iteration of an epoch",
		format_percent(zone, row->zone));
	unsteady_runs(t, row);
	fprintf(t->out, "\n%s  %-*s        %9s %9s  %6s%s%s\n", text_paint(t, DIM), t->name, "",
		"base", "new", "ratio", d->advisory ? "" : " interval              q",
		text_paint(t, PLAIN));
}

static bool same_question(const struct diff_row *a, const struct diff_row *b)
{
	return a && a->latency == b->latency && !strcmp(a->question, b->question);
}

static void tables(struct text *t, const struct diff *d)
{
	t->name = NAME_WIDTH;
	for (size_t i = 0; i < d->nr_rows; i++) {
		int columns = escape_terminal(NULL, d->row[i].arm);

		if (columns > t->name)
			t->name = columns < MAX_NAME ? columns : MAX_NAME;
	}
	/* A question whose arms differ between runs is met in pieces, and put together here. */
	for (size_t i = 0; i < d->nr_rows; i++) {
		const struct diff_row *row = &d->row[i];
		bool shown = !row->compared;

		for (size_t k = 0; !shown && k < i; k++)
			shown = d->row[k].compared && same_question(&d->row[k], row);
		if (shown)
			continue;
		question_head(t, d, row);
		for (size_t k = i; k < d->nr_rows; k++)
			if (d->row[k].compared && same_question(&d->row[k], row))
				arm_rows(t, d, &d->row[k]);
	}
}

/* ---- below ----------------------------------------------------------------------------------- */

size_t diff_write_only(FILE *out, const struct diff *d, enum diff_side s, size_t most,
		       report_word *word)
{
	size_t nr = 0, named = 0;

	for (size_t i = 0; i < d->nr_rows; i++) {
		if (!d->row[i].nr[s] || d->row[i].compared)
			continue;
		nr++;
		if (named == most)
			continue;
		fputs(named++ ? ", " : "", out);
		word(out, d->row[i].question);
		fputc(' ', out);
		word(out, d->row[i].arm);
	}
	if (nr > named)
		fprintf(out, " and %zu more", nr - named);
	return nr;
}

static void only_on(struct text *t, const struct diff *d, enum diff_side s)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	size_t nr = out ? diff_write_only(out, d, s, MAX_ONLY, escape_terminal_word) : 0;

	if (out)
		fclose(out);
	if (nr)
		fprintf(t->out, "only in %s, not compared: %s\n", diff_side_name(s), text);
	free(text);
}

static void explanation(struct text *t, const struct diff *d)
{
	if (d->advisory) {
		fputs("Ratios are new / base. One run says nothing of how much runs differ: several a side "
		      "(kt bench --repeat) give intervals and verdicts.\n",
		      t->out);
		return;
	}
	fprintf(t->out,
		"Each run counts once. A ratio is new / base, the median over all pairs of runs; in "
		"brackets its interval by ranks, at %.0f %% or more. A change is called when that lies "
		"beyond the zone (p99 %.0f %%, p99.9 %.0f %%) and q, the share of false ones to be "
		"expected among all that are called up to it, is at most %.2f.\n",
		100 * DIFF_CONFIDENCE, 100 * JUDGE_ZONE_P99, 100 * JUDGE_ZONE_P999, DIFF_Q);
}

static int render(FILE *out, const struct diff *d, const struct terminal_style *style)
{
	struct text t = { .out = out, .colour = style && style->colour };

	if (!d->full)
		return diff_summary(out, d, style);
	errno = 0;
	fputs(text_paint(&t, BOLD), out);
	diff_write_finding(out, d, escape_terminal_word);
	fprintf(out, "%s\n", text_paint(&t, PLAIN));
	side_line(&t, d, DIFF_BASE);
	side_line(&t, d, DIFF_NEW);
	facts(&t, d);
	facts_within(&t, d, DIFF_BASE);
	facts_within(&t, d, DIFF_NEW);
	text_drops(&t, d->store, "compared");
	tables(&t, d);
	if (d->nr_compared)
		fputc('\n', out);
	only_on(&t, d, DIFF_BASE);
	only_on(&t, d, DIFF_NEW);
	explanation(&t, d);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

const struct diff_format diff_format_text = {
	.name = "text",
	.help = "for a terminal: a summary, with --full tables",
	.suffix = { ".txt" },
	.render = render,
};
