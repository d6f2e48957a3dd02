// SPDX-License-Identifier: GPL-2.0-only
/* Recorded runs against recorded runs as a comment (md.h): what became of the arms, the largest change first. */
#include "lib/report/diff.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/md.h"

#define MAX_ONLY  20 /* arms of one side that are named */
#define MAX_DROPS 10

/* Bytes of the parts; the table of all figures takes what is left. */
#define ROOM_HEAD    10000
#define ROOM_ARMS    20000
#define ROOM_CONTEXT 10000

/* ---- order ----------------------------------------------------------------------------------- */

/* How far from 1, in zones; what has no ratio comes last. */
static double distance(const struct diff_row *row)
{
	const struct diff_figure *f = &row->figure[row->telling];

	return f->ratio > 0 ? fabs(log(f->ratio)) / log1p(f->zone) : -1;
}

/* By what became of them, then by how much; equal ones as they were met. */
static int by_change(const void *a, const void *b)
{
	const struct diff_row *x = *(const struct diff_row *const *)a,
			      *y = *(const struct diff_row *const *)b;

	if (x->change != y->change)
		return x->change < y->change ? -1 : 1;
	if (distance(x) != distance(y))
		return distance(x) > distance(y) ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* NULL: no memory */
static const struct diff_row **sorted(const struct diff *d)
{
	const struct diff_row **row = calloc(d->nr_rows + 1, sizeof(*row));
	size_t nr = 0;

	for (size_t i = 0; row && i < d->nr_rows; i++)
		if (d->row[i].compared)
			row[nr++] = &d->row[i];
	if (nr)
		qsort(row, nr, sizeof(*row), by_change);
	return row;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void figure_cells(FILE *out, const struct diff_figure *f)
{
	char text[FIGURE];

	md_cell(out, judge_metric_name(f->metric));
	md_cell(out, isnan(f->ratio) ? "" : format_ratio(text, f->ratio));
	md_interval(out, f->lo, f->hi);
	fputc(' ', out);
	md_ns_cell(out, f->median[DIFF_BASE]);
	md_ns_cell(out, f->median[DIFF_NEW]);
}

/* Why it is inconclusive, or seems to be something else. */
static void doubts(FILE *out, const struct diff *d, const struct diff_figure *f)
{
	char *why = NULL, ratio[FIGURE];
	size_t length;
	FILE *text = open_memstream(&why, &length);
	bool any = text && diff_write_why(text, d, f);

	if (text)
		fclose(text);
	if (any)
		fprintf(out, ", %s", why);
	free(why);
	if (f->apart)
		fprintf(out, "; the medians' own ratio is %s: runs come in groups",
			format_ratio(ratio, f->shown));
}

static void arm_row(struct md_part *p, const struct diff *d, const struct diff_row *row)
{
	static const char *const mark[] = {
		[DIFF_REGRESSED] = "▲",	   [DIFF_IMPROVED] = "▼", [DIFF_UNCHANGED] = "=",
		[DIFF_INCONCLUSIVE] = "?", [DIFF_UNSTABLE] = "~",
	};
	const struct diff_figure *f = &row->figure[row->telling];

	md_name_cell(p->out, row->question);
	md_name_cell(p->out, row->arm);
	if (d->advisory) {
		md_cell(p->out, row->moved ? "moved" : "");
	} else {
		fprintf(p->out, "| %s\u00a0%s", mark[row->change], diff_change_name(row->change));
		if (row->change == DIFF_INCONCLUSIVE)
			doubts(p->out, d, f);
		fputc(' ', p->out);
	}
	figure_cells(p->out, f);
	md_end_row(p);
}

static void arms(struct md_part *p, const struct diff *d, const struct diff_row *const *row)
{
	static const char *const column[] = { "question", "arm",  "change", "figure",
					      "ratio",	  "base", "new" };
	bool opened;

	if (!*row)
		return;
	opened = md_open(p, NULL, column, sizeof(column) / sizeof(column[0]), 4);
	for (; *row; row++)
		arm_row(p, d, *row);
	md_close(p, opened, false, "arm");
	if (d->advisory)
		fputs("\nA ratio is new to base. There are no verdicts of single runs.\n", p->out);
	else
		fputs("\n▲ regressed ▼ improved = unchanged ? inconclusive ~ unstable; a ratio is new to base, "
		      "the median over all pairs of runs, in brackets its interval.\n",
		      p->out);
	md_always(p);
}

/* Each figure of each arm; whole arms, so that nobody misses one. */
static void figures(struct md_part *p, const struct diff *d, const struct diff_row *const *row)
{
	static const char *const column[] = { "question", "arm", "figure", "ratio",
					      "base",	  "new", "q",	   "verdict" };
	char q[FIGURE];
	bool opened;

	if (!*row)
		return;
	opened = md_open(p, "All figures", column, sizeof(column) / sizeof(column[0]), 3);
	for (; *row; row++) {
		for (int m = 0; m < NR_JUDGE_METRICS; m++) {
			const struct diff_figure *f = &(*row)->figure[m];

			if (!f->nr[DIFF_BASE] && !f->nr[DIFF_NEW])
				continue;
			md_name_cell(p->out, (*row)->question);
			md_name_cell(p->out, (*row)->arm);
			figure_cells(p->out, f);
			snprintf(q, sizeof(q), "%.2g", f->q);
			md_cell(p->out, isnan(f->q) ? "" : q);
			if (d->advisory) {
				md_cell(p->out, f->moved ? "moved" : "");
			} else {
				fprintf(p->out, "| %s", verdict_change_name(f->verdict));
				doubts(p->out, d, f);
				fputc(' ', p->out);
			}
			fputs("|\n", p->out);
		}
		md_keep(p);
	}
	md_close(p, opened, true, "arm");
}

/* ---- around them ----------------------------------------------------------------------------- */

static void drops(struct md_part *p, const struct report *store)
{
	size_t shown = store->nr_drops < MAX_DROPS ? store->nr_drops : MAX_DROPS;

	if (!store->nr_drops)
		return;
	fputs("\n> **Dropped**: ", p->out);
	report_write_drops_summary(p->out, store);
	fputs("; everything else is compared.\n>\n", p->out);
	md_always(p);
	for (size_t i = 0; i < shown; i++) {
		fputs("> - ", p->out);
		report_write_drop(p->out, store, &store->drop[i], md_text);
		fputc('\n', p->out);
		md_keep(p);
	}
	if (shown < store->nr_drops)
		fprintf(p->out, "> - and %zu more reasons, in JSON\n", store->nr_drops - shown);
	md_always(p);
}

static void head(struct md_part *p, const struct diff *d, const struct diff_row *const *row)
{
	(void)row;
	fputs("**", p->out);
	diff_write_finding(p->out, d, md_name);
	fputs(".**\n\n", p->out);
	for (int s = 0; s < NR_DIFF_SIDES; s++) {
		fprintf(p->out, "- %s: ", diff_side_name((enum diff_side)s));
		diff_write_side(p->out, d, (enum diff_side)s, md_text);
		fputc('\n', p->out);
	}
	md_always(p);
	drops(p, d->store);
}

/* In what else the sides differ: it may be all the difference. */
static void facts(struct md_part *p, const struct diff *d)
{
	static const char *const column[] = { "what differs", "base", "new" };
	bool opened = false, any = false;

	for (size_t i = 0; i < d->nr_facts; i++) {
		const struct diff_fact *f = &d->fact[i];

		if (!any)
			opened = md_open(p, NULL, column, 3, 3);
		any = true;
		fputs("| ", p->out);
		md_text(p->out, f->name);
		fputs(f->between ? " | " : ", within a side | ", p->out);
		diff_write_values(p->out, f, DIFF_BASE, md_text);
		fputs(" | ", p->out);
		diff_write_values(p->out, f, DIFF_NEW, md_text);
		fputc(' ', p->out);
		md_end_row(p);
	}
	if (any)
		md_close(p, opened, false, "value");
	else
		fputs("\nNothing that is recorded of machine, kernel, settings and builds differs.\n",
		      p->out);
	if (d->more_facts)
		fprintf(p->out, "\n%" PRIu64 " further values were not compared.\n", d->more_facts);
	md_always(p);
}

static void missing(struct md_part *p, const struct diff *d, enum diff_side s)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	size_t nr = out ? diff_write_only(out, d, s, MAX_ONLY, md_name) : 0;

	if (out)
		fclose(out);
	if (nr)
		fprintf(p->out, "\nOnly in %s, not compared: %s.\n", diff_side_name(s), text);
	md_keep(p);
	p->left_out = 0; /* it has a number of its own */
	free(text);
}

static void context(struct md_part *p, const struct diff *d, const struct diff_row *const *row)
{
	(void)row;
	facts(p, d);
	missing(p, d, DIFF_BASE);
	missing(p, d, DIFF_NEW);
}

static int write_parts(FILE *out, const struct diff *d, const struct diff_row *const *row)
{
	static const struct {
		void (*write)(struct md_part *p, const struct diff *d,
			      const struct diff_row *const *row);
		size_t room; /* 0: what is left */
	} part[] = {
		{ head, ROOM_HEAD }, { arms, ROOM_ARMS }, { context, ROOM_CONTEXT }, { figures, 0 }
	};
	size_t left = MD_LIMIT;
	int ret = 0;

	errno = 0;
	for (size_t i = 0; !ret && i < sizeof(part) / sizeof(part[0]); i++) {
		struct md_part p;

		/* What ends something may pass the limit. */
		if (!md_begin(&p, part[i].room ? part[i].room : left - 4 * MD_END))
			return -ENOMEM;
		p.all = "kt diff -f html";
		part[i].write(&p, d, row);
		ret = md_end(&p);
		if (!ret)
			fwrite(p.text, 1, p.length, out);
		left -= p.length;
		md_free(&p);
	}
	if (!ret && (fflush(out) || ferror(out)))
		ret = errno ? -errno : -EIO;
	return ret;
}

static int render(FILE *out, const struct diff *d, const struct terminal_style *style)
{
	const struct diff_row **row = sorted(d);
	int ret = row ? write_parts(out, d, row) : -ENOMEM;

	(void)style;
	free(row);
	return ret;
}

const struct diff_format diff_format_md = {
	.name = "md",
	.help = "Markdown, a comment on a pull request",
	.suffix = { ".md" },
	.render = render,
};
