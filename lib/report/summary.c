// SPDX-License-Identifier: GPL-2.0-only
/* The report in about 25 lines: what it rests on, one sentence, a line for each question, the way on. */
#include "lib/report/summary.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/changes.h"
#include "lib/report/effects.h"

#define MAX_NAMED 2 /* of the tails */

/* ---- the finding ----------------------------------------------------------------------------- */

static void finding(const struct text *t)
{
	struct summary_paragraph p;
	struct report_changes c;

	report_count_changes(t->r, &c);
	if (!summary_begin(&p))
		return;
	report_write_finding(p.out, t->r, summary_word);
	summary_end(t, &p, NULL, c.nr[CHANGE_REGRESSED] ? RED : BOLD);
}

/* ---- tails ----------------------------------------------------------------------------------- */

static bool is_tail(const struct report_comparison *c, const char *subject)
{
	return c->kind == REPORT_ARMS && c->j.metric == JUDGE_P99 && !strcmp(c->candidate, subject);
}

/* Which ones are slower or faster; the lines above speak of p50. */
static void write_called(FILE *out, const struct report *r, const char *subject,
			 enum report_told told)
{
	const char *before = " (";
	char text[FIGURE];
	size_t named = 0;

	for (size_t i = 0; i < r->nr_comparisons && named < MAX_NAMED; i++) {
		const struct report_comparison *c = &r->comparison[i];

		if (!is_tail(c, subject) || report_told(c) != told)
			continue;
		fputs(before, out);
		summary_word(out, c->benchmark);
		fprintf(out, " %s", format_ratio(text, c->j.ratio));
		before = ", ";
		named++;
	}
	fputs(named ? ")" : "", out);
}

static void tails(const struct text *t)
{
	const char *subject = report_subject_arm(t->r), *before = "";
	size_t nr[NR_TOLD] = { 0 }, all = 0;
	struct summary_paragraph p;

	for (size_t i = 0; subject && i < t->r->nr_comparisons; i++) {
		if (!is_tail(&t->r->comparison[i], subject))
			continue;
		nr[report_told(&t->r->comparison[i])]++;
		all++;
	}
	if (!all || !summary_begin(&p))
		return;
	for (int i = 0; i < NR_TOLD; i++) {
		enum report_told told = (enum report_told)i;

		if (!nr[i])
			continue;
		fprintf(p.out, "%s%zu %s", before, nr[i], report_told_name(told, REPORT_ARMS));
		if (told == TOLD_FASTER || told == TOLD_SLOWER)
			write_called(p.out, t->r, subject, told);
		before = ", ";
	}
	summary_end(t, &p, "p99", PLAIN);
}

/* ---- failed, though it has figures ------------------------------------------------------------ */

static void failed(const struct text *t)
{
	for (size_t i = 0; i < t->r->nr_questions; i++) {
		const struct report_question *q = &t->r->question[i];
		struct summary_paragraph p;

		if (!q->failed || !q->nr_comparisons || !summary_begin(&p))
			continue;
		summary_word(p.out, q->name);
		fputs(": ", p.out);
		summary_word(p.out, q->failed);
		summary_end(t, &p, "failed", RED);
	}
}

/* ---- below ----------------------------------------------------------------------------------- */

void summary_more(const struct text *t, const char *command, const char *page, size_t no_room)
{
	char beside[96] = "", arms[40] = "";
	int columns;

	if (!command)
		return;
	if (no_room)
		snprintf(arms, sizeof(arms), "%zu other arm%s", no_room, no_room == 1 ? "" : "s");
	if (no_room || page)
		snprintf(beside, sizeof(beside), "(%s%s%s%s)", arms, no_room && page ? "; " : "",
			 page ? "as a page: " : "", page ? page : "");
	fprintf(t->out, "%s%-*s%s", text_paint(t, DIM), SUMMARY_LABEL, "more",
		text_paint(t, PLAIN));
	fputs(command, t->out);
	columns = SUMMARY_LABEL + (int)strlen(command) + 2 + (int)strlen(beside);
	if (!*beside)
		fputc('\n', t->out);
	else if (columns <= t->width)
		fprintf(t->out, "  %s\n", beside);
	else
		fprintf(t->out, "\n%*s%s\n", SUMMARY_LABEL, "", beside);
}

/* What the cells of the other arms end with. */
static void legend(const struct text *t)
{
	struct summary_paragraph p;

	if (!summary_begin(&p))
		return;
	fputs("^ slower  v faster  = equivalent  ? inconclusive  ~ unstable  . not compared",
	      p.out);
	summary_end(t, &p, NULL, DIM);
}

static void below(const struct text *t, const struct summary_table *table, size_t no_room)
{
	if (table->more)
		fprintf(t->out, " and %zu more: smaller effects, inconclusive or not compared\n",
			table->more);
	tails(t);
	failed(t);
	if (no_room < table->block[0].nr + table->more_arms)
		legend(t);
	summary_more(t, t->r->more, t->r->page, no_room);
}

/* A trace begins with its answer, and the tables of a self-test are few. */
static bool is_short(const struct report *r)
{
	for (size_t i = 0; i < r->nr_questions; i++)
		if (!r->question[i].from_trace)
			return false;
	return r->nr_questions || !strcmp(report_tool(&r->run[0]), "selftest") ||
	       !strcmp(report_tool(&r->run[0]), "trace");
}

int report_summary(FILE *out, const struct report *r, const struct terminal_style *s)
{
	struct text t = { .out = out, .r = r, .colour = s && s->colour };
	struct summary_table table;
	size_t no_room;
	int ret;

	if (is_short(r))
		return report_text(out, r, s);
	t.width = s && s->width ? s->width : SUMMARY_WIDTH;
	errno = 0;
	ret = summary_rows(r, &table);
	if (!ret) {
		summary_sort_rows(&table, SUMMARY_ROWS);
		finding(&t);
		summary_head(&t);
		fputc('\n', out);
		no_room = summary_print_table(&t, &table);
		below(&t, &table, no_room);
		if (fflush(out) || ferror(out))
			ret = errno ? -errno : -EIO;
	}
	summary_free_table(&table);
	return ret;
}
