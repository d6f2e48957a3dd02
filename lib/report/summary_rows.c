// SPDX-License-Identifier: GPL-2.0-only
/* The lines of a summary: one per question of arms, and one per arm of a question of two sides. */
#include "lib/report/summary.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/changes.h"
#include "lib/report/effects.h"

/* Arms that have cells: more have no room in any terminal. */
#define MAX_ARMS 64

struct rows {
	const struct report *r;
	struct summary_table *to;
	const char *const *arm; /* that are compared, the subject first */
	size_t nr_arms, nr_shown;
};

static enum text_colour colour_of(const struct report_comparison *c)
{
	static const enum text_colour colour[NR_TOLD] = {
		[TOLD_FASTER] = GREEN,	   [TOLD_EQUIVALENT] = PLAIN, [TOLD_SLOWER] = RED,
		[TOLD_MOVED] = YELLOW,	   [TOLD_UNSTABLE] = YELLOW,  [TOLD_UNCONFIRMED] = DIM,
		[TOLD_INCONCLUSIVE] = DIM,
	};

	return colour[report_told(c)];
}

static char mark_of(const struct report_comparison *c)
{
	static const char mark[NR_TOLD] = {
		[TOLD_FASTER] = 'v',	   [TOLD_EQUIVALENT] = '=', [TOLD_SLOWER] = '^',
		[TOLD_MOVED] = '~',	   [TOLD_UNSTABLE] = '~',   [TOLD_UNCONFIRMED] = '?',
		[TOLD_INCONCLUSIVE] = '?',
	};

	return mark[report_told(c)];
}

/* What a row takes over from the comparison that it shows. */
static void take_comparison(const struct rows *rows, struct summary_row *row,
			    const struct report_question *q, const struct report_comparison *c)
{
	enum report_told told = report_told(c);

	*row = (struct summary_row){ .question = q->name,
				     .run = rows->r->apart ? q->run + 1 : 0,
				     .ns = NAN,
				     .ratio = c->j.ratio,
				     .lo = c->j.lo,
				     .hi = c->j.hi,
				     .called = told == TOLD_SLOWER || told == TOLD_FASTER,
				     .word = report_told_name(told, c->kind),
				     .colour = colour_of(c) };
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *arm = &rows->r->result[q->first_result + i];

		if (!strcmp(arm->name, c->candidate) && !arm->from_trace)
			row->ns = c->j.metric == JUDGE_P50    ? arm->stats.p50
				  : c->j.metric == JUDGE_MEAN ? arm->stats.mean
				  : c->j.metric == JUDGE_P99  ? arm->stats.p99
							      : arm->stats.p999;
	}
}

/* ---- arms ------------------------------------------------------------------------------------ */

static const struct report_comparison *comparison_of(const struct report *r,
						     const struct report_question *q,
						     const char *arm, enum judge_metric m)
{
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[q->first_comparison + i];

		if (c->j.metric == m && !strcmp(c->candidate, arm))
			return c;
	}
	return NULL;
}

static void raw(FILE *out, const char *s)
{
	fputs(s, out);
}

/* Why a question has no comparison, for the place of its figures. NULL: no memory */
static char *note_of(const struct report *r, const struct report_question *q)
{
	const struct report_result *only = NULL;
	size_t length, measured = 0;
	char *text = NULL, p50[FIGURE];
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *arm = &r->result[q->first_result + i];

		if (arm->from_trace || !arm->stats.count)
			continue;
		only = arm;
		measured++;
	}
	if (q->failed)
		fprintf(out, "failed: %s", q->failed);
	else if (!measured)
		fputs("not measured", out);
	else if (report_is_baseline_missing(r, q))
		report_write_baseline_missing(out, r, q, raw);
	else if (measured == 1)
		fprintf(out, "%s alone: p50 %s", only->name, format_ns(p50, only->stats.p50));
	else
		fputs("no verdicts: it has no baseline", out);
	fclose(out);
	return text;
}

static void fill_cell(const struct rows *rows, const struct report_question *q, size_t arm,
		      enum judge_metric m, struct summary_cell *to)
{
	const struct report_comparison *c = comparison_of(rows->r, q, rows->arm[arm], m);

	*to = (struct summary_cell){ NAN, ' ', DIM };
	if (c)
		*to = (struct summary_cell){ c->j.ratio, mark_of(c), colour_of(c) };
}

/* The others in p50, then all in p99. */
static bool fill_cells(const struct rows *rows, struct summary_row *row,
		       const struct report_question *q)
{
	size_t others = rows->nr_shown - 1;

	if (!rows->to->nr_cells)
		return true;
	row->cell = calloc(rows->to->nr_cells, sizeof(*row->cell));
	if (!row->cell)
		return false;
	for (size_t i = 0; i < others; i++)
		fill_cell(rows, q, i + 1, JUDGE_P50, &row->cell[i]);
	for (size_t i = 0; i < rows->nr_shown; i++)
		fill_cell(rows, q, i, JUDGE_P99, &row->cell[others + i]);
	return true;
}

/* Of the subject; where that is not compared, of another arm, which is named. */
static bool add_question(struct rows *rows, const struct report_question *q)
{
	struct summary_row *row = &rows->to->row[rows->to->nr];
	const struct report_comparison *c = NULL;

	for (size_t i = 0; !c && i < rows->nr_arms; i++)
		c = comparison_of(rows->r, q, rows->arm[i], JUDGE_P50);
	if (!c) {
		*row = (struct summary_row){ .question = q->name,
					     .run = rows->r->apart ? q->run + 1 : 0,
					     .ratio = NAN,
					     .lo = NAN,
					     .hi = NAN,
					     .colour = q->failed ? RED : DIM };
		row->note = row->own[0] = note_of(rows->r, q);
		rows->to->nr += row->note != NULL;
		return row->note;
	}
	take_comparison(rows, row, q, c);
	rows->to->nr++;
	row->with = c->baseline;
	if (strcmp(c->candidate, rows->arm[0])) {
		if (asprintf(&row->own[0], "%s to %s", c->candidate, c->baseline) < 0) {
			row->own[0] = NULL;
			return false;
		}
		row->with = row->own[0];
	}
	return fill_cells(rows, row, q);
}

static bool has_tails(const struct report *r)
{
	for (size_t i = 0; i < r->nr_comparisons; i++)
		if (r->comparison[i].kind == REPORT_ARMS && r->comparison[i].j.metric == JUDGE_P99)
			return true;
	return false;
}

/* Titles of the cells, which are the arms. */
static bool title_cells(struct rows *rows)
{
	struct summary_table *to = rows->to;
	size_t others;

	rows->nr_shown = rows->nr_arms < MAX_ARMS ? rows->nr_arms : MAX_ARMS;
	others = rows->nr_shown ? rows->nr_shown - 1 : 0;
	if (!others)
		return true;
	to->more_arms = rows->nr_arms - rows->nr_shown;
	to->nr_cells = others + rows->nr_shown;
	to->cell = calloc(to->nr_cells, sizeof(*to->cell));
	for (size_t i = 0; to->cell && i < to->nr_cells; i++)
		to->cell[i] = rows->arm[i < others ? i + 1 : i - others];
	to->block[0] = (struct summary_block){ "p50", 0, others };
	if (has_tails(rows->r))
		to->block[1] = (struct summary_block){ "p99", others, rows->nr_shown };
	return to->cell;
}

/* ---- two sides ------------------------------------------------------------------------------- */

static bool add_change(struct rows *rows, const struct report_row *change)
{
	const struct report_comparison *c = change->telling;
	struct summary_row *row = &rows->to->row[rows->to->nr++];

	take_comparison(rows, row, change->q, c);
	row->with = c->arm;
	row->cell = rows->to->nr_cells ? calloc(rows->to->nr_cells, sizeof(*row->cell)) : NULL;
	if (rows->to->nr_cells && !row->cell)
		return false;
	for (size_t i = 0; i < rows->to->nr_cells; i++)
		row->cell[i] = (struct summary_cell){ NAN, ' ', DIM };
	if (c->j.metric == JUDGE_P50)
		return true;
	if (asprintf(&row->own[0], "%s %s", judge_metric_name(c->j.metric), row->word) < 0) {
		row->own[0] = NULL;
		return false;
	}
	row->word = row->own[0];
	return true;
}

static bool add_changes(struct rows *rows)
{
	struct report_row *change;
	ssize_t nr = report_rows(rows->r, &change);
	bool done = nr >= 0;

	for (ssize_t i = 0; done && i < nr; i++)
		done = add_change(rows, &change[i]);
	free(change);
	return done;
}

/* A question of two sides none of whose arms could be compared is to be seen as well. */
static bool is_change(const struct report_question *q)
{
	return q->kind != REPORT_ARMS && q->nr_comparisons;
}

int summary_rows(const struct report *r, struct summary_table *to)
{
	struct rows rows = { .r = r, .to = to };
	ssize_t nr_arms = report_compared_arms(r, &rows.arm);
	bool done;

	*to = (struct summary_table){ .with = "", .ns = "p50" };
	if (nr_arms < 0)
		return -ENOMEM;
	rows.nr_arms = (size_t)nr_arms;
	to->with = report_has_changes(r) ? "arm" : "against";
	to->row = calloc(r->nr_questions + r->nr_comparisons + 1, sizeof(*to->row));
	done = to->row && title_cells(&rows) && add_changes(&rows);
	for (size_t i = 0; done && i < r->nr_questions; i++)
		if (!r->question[i].from_trace && !is_change(&r->question[i]))
			done = add_question(&rows, &r->question[i]);
	free((void *)rows.arm);
	return done ? 0 : -ENOMEM;
}
