// SPDX-License-Identifier: GPL-2.0-only
/* Recorded runs against recorded runs in about 25 lines: a line per arm, as in the summary of a report. */
#include "lib/report/diff.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/summary.h"

/* More are counted, not named. */
#define MAX_FACTS 3
#define MAX_ONLY  3

/* ---- above ----------------------------------------------------------------------------------- */

static void head(const struct text *t, const struct diff *d)
{
	struct summary_paragraph p;

	for (int s = 0; s < NR_DIFF_SIDES; s++) {
		if (!summary_begin(&p))
			continue;
		diff_write_side(p.out, d, (enum diff_side)s, summary_word);
		summary_end(t, &p, diff_side_name((enum diff_side)s), PLAIN);
	}
}

/* In what else the sides differ: it may be all the difference. */
static void facts(const struct text *t, const struct diff *d)
{
	struct summary_paragraph p;
	size_t nr = 0;

	if (!summary_begin(&p))
		return;
	for (size_t i = 0; i < d->nr_facts; i++) {
		const struct diff_fact *f = &d->fact[i];

		if (!f->between || nr++ >= MAX_FACTS)
			continue;
		fputs(nr > 1 ? "; " : "", p.out);
		summary_word(p.out, f->name);
		fputs(": ", p.out);
		diff_write_values(p.out, f, DIFF_BASE, summary_word);
		fputs(" -> ", p.out);
		diff_write_values(p.out, f, DIFF_NEW, summary_word);
	}
	if (!nr)
		fputs("nothing recorded of machine, kernel, settings and builds", p.out);
	if (nr > MAX_FACTS)
		fprintf(p.out, "; and %zu more", nr - MAX_FACTS);
	summary_end(t, &p, "differs", PLAIN);
}

/* Runs of one side that are not of one kind: their spread is then of two things. */
static void facts_within(const struct text *t, const struct diff *d, enum diff_side s)
{
	struct summary_paragraph p;
	size_t nr = 0;

	for (size_t i = 0; i < d->nr_facts; i++)
		nr += d->fact[i].nr[s] > 1;
	if (!nr || !summary_begin(&p))
		return;
	fprintf(p.out, "runs of %s differ among themselves in ", diff_side_name(s));
	nr = 0;
	for (size_t i = 0; i < d->nr_facts; i++) {
		if (d->fact[i].nr[s] < 2 || nr++ >= MAX_FACTS)
			continue;
		fputs(nr > 1 ? ", " : "", p.out);
		summary_word(p.out, d->fact[i].name);
	}
	if (nr > MAX_FACTS)
		fprintf(p.out, " and %zu more", nr - MAX_FACTS);
	summary_end(t, &p, "mixed", YELLOW);
}

static void finding(const struct text *t, const struct diff *d)
{
	struct summary_paragraph p;

	if (!summary_begin(&p))
		return;
	diff_write_finding(p.out, d, summary_word);
	summary_end(t, &p, NULL, !d->advisory && d->nr_changes[DIFF_REGRESSED] ? RED : BOLD);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static enum text_colour colour_of(const struct diff *d, const struct diff_row *row)
{
	static const enum text_colour colour[NR_DIFF_CHANGES] = {
		[DIFF_REGRESSED] = RED,	   [DIFF_IMPROVED] = GREEN,  [DIFF_UNCHANGED] = PLAIN,
		[DIFF_INCONCLUSIVE] = DIM, [DIFF_UNSTABLE] = YELLOW,
	};

	return d->advisory ? PLAIN : colour[row->change];
}

/* A single run a side has no verdicts. */
static const char *word_of(const struct diff *d, const struct diff_row *row)
{
	if (d->advisory)
		return row->moved ? "moved" : "not moved";
	return diff_change_name(row->change);
}

static bool add_row(struct summary_table *table, const struct diff *d, const struct diff_row *row)
{
	const struct diff_figure *f = &row->figure[row->telling];
	struct summary_row *to = &table->row[table->nr++];

	*to = (struct summary_row){ .question = row->question,
				    .with = row->arm,
				    .ns = f->median[DIFF_NEW],
				    .ratio = f->ratio,
				    .lo = f->lo,
				    .hi = f->hi,
				    .called = !d->advisory && (row->change == DIFF_REGRESSED ||
							       row->change == DIFF_IMPROVED),
				    .word = word_of(d, row),
				    .colour = colour_of(d, row) };
	if (row->telling == JUDGE_P50)
		return true;
	if (asprintf(&to->own[0], "%s %s", judge_metric_name(row->telling), to->word) < 0) {
		to->own[0] = NULL;
		return false;
	}
	to->word = to->own[0];
	return true;
}

static bool make_table(struct summary_table *table, const struct diff *d)
{
	*table = (struct summary_table){ .with = "arm", .ns = "new" };
	table->row = calloc(d->nr_rows + 1, sizeof(*table->row));
	if (!table->row)
		return false;
	for (size_t i = 0; i < d->nr_rows; i++)
		if (d->row[i].compared && !add_row(table, d, &d->row[i]))
			return false;
	return true;
}

/* ---- below ----------------------------------------------------------------------------------- */

static void only_on(const struct text *t, const struct diff *d, enum diff_side s)
{
	struct summary_paragraph p;
	size_t nr = 0;

	for (size_t i = 0; i < d->nr_rows; i++)
		nr += d->row[i].nr[s] && !d->row[i].compared;
	if (!nr || !summary_begin(&p))
		return;
	fprintf(p.out, "only in %s: ", diff_side_name(s));
	diff_write_only(p.out, d, s, MAX_ONLY, summary_word);
	summary_end(t, &p, "missing", DIM);
}

/* What would decide; of the first that says so. */
static void to_decide(const struct text *t, const struct diff *d)
{
	for (size_t i = 0; !d->advisory && i < d->nr_rows; i++) {
		const struct diff_row *row = &d->row[i];
		struct summary_paragraph p;

		if (!row->compared || row->change != DIFF_INCONCLUSIVE ||
		    row->figure[row->telling].reason == DIFF_DECIDED || !summary_begin(&p))
			continue;
		if (d->nr_changes[DIFF_INCONCLUSIVE] > 1)
			fprintf(p.out, "%zu arms; the first, ", d->nr_changes[DIFF_INCONCLUSIVE]);
		summary_word(p.out, row->question);
		fputc(' ', p.out);
		summary_word(p.out, row->arm);
		fputs(": ", p.out);
		diff_write_why(p.out, d, &row->figure[row->telling]);
		summary_end(t, &p, "to decide", DIM);
		return;
	}
}

int diff_summary(FILE *out, const struct diff *d, const struct terminal_style *style)
{
	struct text t = { .out = out, .r = d->store, .colour = style && style->colour };
	struct summary_table table;
	int ret = 0;

	t.width = style && style->width ? style->width : SUMMARY_WIDTH;
	errno = 0;
	if (make_table(&table, d)) {
		summary_sort_rows(&table, SUMMARY_ROWS);
		finding(&t, d);
		head(&t, d);
		facts(&t, d);
		facts_within(&t, d, DIFF_BASE);
		facts_within(&t, d, DIFF_NEW);
		summary_drops(&t, d->store, "compared");
		fputc('\n', out);
		summary_print_table(&t, &table);
		if (table.more)
			fprintf(out, " and %zu more: smaller effects, or inconclusive\n",
				table.more);
		to_decide(&t, d);
		only_on(&t, d, DIFF_BASE);
		only_on(&t, d, DIFF_NEW);
		summary_more(&t, d->more, NULL, 0);
		if (fflush(out) || ferror(out))
			ret = errno ? -errno : -EIO;
	} else {
		ret = -ENOMEM;
	}
	summary_free_table(&table);
	return ret;
}
