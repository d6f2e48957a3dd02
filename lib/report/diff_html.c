// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recorded runs against recorded runs as a page: what became of the arms, in what the sides differ
 * apart from that, and all figures. The parts that draw are those of a report.
 */
#include "lib/report/diff_view.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/page.h"

#define MAX_NAMED 3  /* differences that the tile names */
#define MAX_PATHS 6  /* files of a side that the command names */
#define MAX_ONLY  50 /* arms of one side that are named */

static const char *many(size_t nr)
{
	return nr == 1 ? "" : "s";
}

/* ---- head ------------------------------------------------------------------------------------ */

static void finding(const struct page *p)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return;
	diff_write_finding(out, p->diff, page_word);
	if (!fclose(out))
		page_finding(p, text);
	free(text);
}

static void lead(const struct page *p)
{
	const struct diff *d = p->diff;

	fprintf(p->out,
		"<p class=lead>Ratios of new to base, each run one value: %zu run%s against %zu. ",
		d->nr[DIFF_NEW], many(d->nr[DIFF_NEW]), d->nr[DIFF_BASE]);
	if (d->advisory)
		fputs("One run says nothing of how much runs differ, so nothing is called: several a side "
		      "(<code>kt bench --repeat</code>) give intervals and verdicts.</p>\n",
		      p->out);
	else
		fprintf(p->out,
			"Bars are intervals of %.0f&nbsp;%% or more. A change is called when its interval lies beyond the zone (that of "
			"the question for p50 and mean, %.0f&nbsp;%% for p99, %.0f&nbsp;%% for p99.9) and, among all figures, at most "
			"%.0f&nbsp;%% of such calls are false.</p>\n",
			100 * DIFF_CONFIDENCE, 100 * JUDGE_ZONE_P99, 100 * JUDGE_ZONE_P999,
			100 * DIFF_Q);
}

/* ---- tiles ----------------------------------------------------------------------------------- */

static void begin(const struct page *p, const char *title, const char *class, const char *link)
{
	fprintf(p->out, "<div class=\"tile%s%s\"><%s%s%s>%s</%s><b>", *class ? " " : "", class,
		link ? "a href=\"#" : "span", link ? link : "", link ? "\"" : "", title,
		link ? "a" : "span");
}

static void changes_tile(const struct page *p)
{
	const struct diff *d = p->diff;
	size_t regressed = d->nr_changes[DIFF_REGRESSED];
	const char *before = "";

	if (d->advisory) {
		begin(p, "Advisory", "", "effects");
		fprintf(p->out, "%zu of %zu moved", d->nr_moved, d->nr_compared);
		fputs("</b><small>beyond their zones, as single runs of equal code also do</small></div>\n",
		      p->out);
		return;
	}
	begin(p, "Changes", regressed ? "bad" : "", "effects");
	fprintf(p->out, "%zu regressed · %zu improved</b><small>", regressed,
		d->nr_changes[DIFF_IMPROVED]);
	for (int c = DIFF_UNCHANGED; c < NR_DIFF_CHANGES; c++) {
		if (!d->nr_changes[c])
			continue;
		fprintf(p->out, "%s%zu %s", before, d->nr_changes[c],
			diff_change_name((enum diff_change)c));
		before = " · ";
	}
	fprintf(p->out, "%s%zu arms of questions compared</small></div>\n", before, d->nr_compared);
}

static void differences_tile(const struct page *p)
{
	const struct diff *d = p->diff;
	const char *before = "";
	size_t nr = 0, named = 0;

	for (size_t i = 0; i < d->nr_facts; i++)
		nr += d->fact[i].between;
	begin(p, "Other differences", "", "differences");
	if (nr)
		fprintf(p->out, "%zu thing%s", nr, many(nr));
	else
		fputs("nothing that is recorded", p->out);
	fputs("</b><small>", p->out);
	for (size_t i = 0; i < d->nr_facts && named < MAX_NAMED; i++) {
		if (!d->fact[i].between)
			continue;
		fputs(before, p->out);
		page_name(p, d->fact[i].name);
		before = ", ";
		named++;
	}
	if (nr > named)
		fprintf(p->out, " and %zu more", nr - named);
	fputs("</small></div>\n", p->out);
}

static void unsteady_tile(const struct page *p)
{
	const struct diff *d = p->diff;
	size_t nr[NR_DIFF_SIDES] = { 0 }, all[NR_DIFF_SIDES] = { 0 };

	for (size_t i = 0; i < d->nr_runs; i++) {
		const struct diff_run *run = &d->run[i];

		if (run->left_out)
			continue;
		nr[run->side] += run->nr_unsteady;
		all[run->side] += run->nr_questions;
	}
	begin(p, "Machine", nr[0] || nr[1] ? "warn" : "", NULL);
	if (nr[0] || nr[1])
		fputs("unsteady at times</b><small>", p->out);
	else
		fputs("never unsteady</b><small>", p->out);
	for (int s = 0; s < NR_DIFF_SIDES; s++)
		fprintf(p->out, "%s%s: %zu of %zu questions unsteady", s ? " · " : "",
			diff_side_name((enum diff_side)s), nr[s], all[s]);
	fputs("</small></div>\n", p->out);
}

/* The files of a side, each once. Return: how many */
static size_t paths(const struct diff *d, enum diff_side s, FILE *out)
{
	const char *last = NULL;
	size_t nr = 0;

	for (size_t i = 0; i < d->nr_runs; i++) {
		if (d->run[i].side != s || (last && !strcmp(last, d->run[i].path)))
			continue;
		last = d->run[i].path;
		if (nr++ < MAX_PATHS) {
			fputc(' ', out);
			escape_shell(out, last);
		}
	}
	if (nr > MAX_PATHS)
		fprintf(out, " ...");
	return nr;
}

static void again_tile(const struct page *p)
{
	char *text = NULL;
	size_t length, nr;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return;
	fputs("kt diff", out);
	nr = paths(p->diff, DIFF_BASE, out);
	fputs(" --", out);
	nr += paths(p->diff, DIFF_NEW, out);
	if (!fclose(out)) {
		begin(p, "Again", "again", NULL);
		fputs("<code>", p->out);
		page_text(p, text);
		fprintf(p->out, "</code></b><small>%zu file%s</small></div>\n", nr, many(nr));
	}
	free(text);
}

/* ---- sides ----------------------------------------------------------------------------------- */

static void side_row(const struct page *p, enum diff_side s)
{
	const struct diff *d = p->diff;
	const char *first = NULL, *last = NULL;
	size_t torn = 0, twice = 0;

	for (size_t i = 0; i < d->nr_runs; i++) {
		const struct diff_run *run = &d->run[i];
		const char *start = run->header.start;

		if (run->left_out || run->side != s)
			continue;
		torn += !run->complete;
		twice += run->copies > 1;
		if (start && (!first || strcmp(start, first) < 0))
			first = start;
		if (start && (!last || strcmp(start, last) > 0))
			last = start;
	}
	fprintf(p->out, "<li><b>%s</b>: %zu run%s", diff_side_name(s), d->nr[s], many(d->nr[s]));
	if (first) {
		fputs(", begun ", p->out);
		page_name(p, first);
	}
	if (last && strcmp(first, last)) {
		fputs(" to ", p->out);
		page_name(p, last);
	}
	if (twice)
		fprintf(p->out, "; %zu stand%s in the input more than once and count%s once", twice,
			twice == 1 ? "s" : "", twice == 1 ? "s" : "");
	if (torn)
		fprintf(p->out, "; %zu %s interrupted", torn, torn == 1 ? "was" : "were");
}

static void values(const struct page *p, const struct diff_fact *f, enum diff_side s)
{
	fputs("<td class=reason>", p->out);
	for (size_t i = 0; i < f->nr[s]; i++) {
		fputs(i ? "<br>" : "", p->out);
		page_text(p, f->value[s][i].text);
		if (f->nr[s] > 1)
			fprintf(p->out, " (%zu run%s)", f->value[s][i].runs,
				many(f->value[s][i].runs));
	}
}

static void facts(const struct page *p, bool between)
{
	const struct diff *d = p->diff;
	size_t nr = 0;

	for (size_t i = 0; i < d->nr_facts; i++) {
		const struct diff_fact *f = &d->fact[i];

		if (f->between != between)
			continue;
		if (!nr++) {
			if (!between)
				fputs("<h3>Runs of a side differ among themselves</h3>", p->out);
			page_scroll(p, between ? "Differences" : "Differences within the sides");
			fputs("<table class=facts><thead><tr><th scope=col>what<th scope=col class=l>base"
			      "<th scope=col class=l>new<tbody>\n",
			      p->out);
		}
		fputs("<tr><th scope=row>", p->out);
		page_name(p, f->name);
		values(p, f, DIFF_BASE);
		values(p, f, DIFF_NEW);
		fputs("\n", p->out);
	}
	if (nr)
		fputs("</table></div>\n", p->out);
	else if (between)
		fputs("<p>Nothing that is recorded of machine, kernel, settings and builds differs between the sides.</p>\n",
		      p->out);
}

static void differences(const struct page *p)
{
	fputs("<section id=differences><h2>In what else the sides differ</h2><ul class=runs>",
	      p->out);
	side_row(p, DIFF_BASE);
	side_row(p, DIFF_NEW);
	fputs("</ul>", p->out);
	facts(p, true);
	facts(p, false);
	if (p->diff->more_facts)
		fprintf(p->out, "<p class=note>%" PRIu64 " further values were not compared.</p>\n",
			p->diff->more_facts);
	fputs("</section>\n", p->out);
}

static void only_on(const struct page *p, enum diff_side s)
{
	const struct diff *d = p->diff;
	size_t nr = 0, named = 0;

	for (size_t i = 0; i < d->nr_rows; i++)
		nr += d->row[i].nr[s] && !d->row[i].compared;
	if (!nr)
		return;
	fprintf(p->out, "<p class=note>Only in %s, not compared: ", diff_side_name(s));
	for (size_t i = 0; i < d->nr_rows && named < MAX_ONLY; i++) {
		if (!d->row[i].nr[s] || d->row[i].compared)
			continue;
		fputs(named++ ? ", " : "", p->out);
		page_name(p, d->row[i].question);
		fputc(' ', p->out);
		page_name(p, d->row[i].arm);
	}
	if (nr > named)
		fprintf(p->out, " and %zu more", nr - named);
	fputs(".</p>\n", p->out);
}

/* ---- the page -------------------------------------------------------------------------------- */

static void contents(const void *page)
{
	const struct page *p = page;

	page_filter(p, "questions");
	fputs("<div class=list><b>Summary</b>", p->out);
	if (p->nr_effects)
		fputs("<a href=\"#effects\">Effects</a>", p->out);
	fputs("<a href=\"#differences\">Differences</a>", p->out);
	if (p->r->nr_comparisons)
		fprintf(p->out, "<a href=\"#verdicts\">%s</a>",
			p->diff->advisory ? "All figures" : "Verdicts");
	page_topics(p);
	fputs("</div>", p->out);
}

static void parts(struct page *p)
{
	struct page drops = *p;

	drops.r = p->diff->store;
	page_begin(p, "diff", NULL, contents, p);
	finding(p);
	lead(p);
	page_drops(&drops, "compared");
	fputs("<div class=tiles>", p->out);
	changes_tile(p);
	differences_tile(p);
	unsteady_tile(p);
	again_tile(p);
	fputs("</div>\n", p->out);
	html_effects(p);
	only_on(p, DIFF_BASE);
	only_on(p, DIFF_NEW);
	differences(p);
	html_matrix(p);
	html_verdicts(p);
	page_end(p);
}

static int render(FILE *out, const struct diff *d, const struct terminal_style *style)
{
	struct diff_view v;
	struct page p = { .out = out, .r = &v.report, .diff = d };
	int ret = diff_view_make(&v, d);

	(void)style;
	p.figure = v.figure;
	if (!ret && !html_take_effects(&p))
		ret = -ENOMEM;
	errno = 0;
	if (!ret)
		parts(&p);
	free(p.effect);
	diff_view_free(&v);
	if (!ret && (fflush(out) || ferror(out)))
		ret = errno ? -errno : -EIO;
	return ret;
}

const struct diff_format diff_format_html = {
	.name = "html",
	.help = "one self-contained page",
	.suffix = { ".html", ".htm" },
	.render = render,
};
