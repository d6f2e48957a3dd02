// SPDX-License-Identifier: GPL-2.0-only
/* The head of the HTML report: what was found, how to take it, what was left out. */
#include "lib/report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DROP_ITEMS 3 /* more are folded */
#define MAX_FUNCTIONS  8 /* as many are among the sides */
#define MAX_RUN_ITEMS  4 /* more are folded */
#define MAX_BASELINES  3 /* more are counted */

/* ---- finding --------------------------------------------------------------------------------- */

static void finding(const struct page *p)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return;
	report_write_finding(out, p->r, page_word);
	if (!fclose(out))
		page_finding(p, text);
	free(text);
}

/* ---- how to take it -------------------------------------------------------------------------- */

struct terms {
	size_t latency, time; /* effects in either mode */
	double zone[2];	      /* the narrowest and the widest */
	double confidence;    /* the least of all intervals; NAN: none has one */
	size_t nr_baselines;
	struct {
		const char *name;
		size_t nr;
	} baseline[MAX_BASELINES];
	size_t others; /* effects with further baselines */
};

static void take_baseline(struct terms *t, const char *name)
{
	size_t at = 0;

	while (at < t->nr_baselines && strcmp(t->baseline[at].name, name))
		at++;
	if (at == MAX_BASELINES) {
		t->others++;
		return;
	}
	if (at == t->nr_baselines)
		t->baseline[t->nr_baselines++].name = name;
	t->baseline[at].nr++;
}

static struct terms take_terms(const struct page *p)
{
	struct terms t = { .zone = { NAN, NAN }, .confidence = NAN };

	for (size_t i = 0; i < p->nr_effects; i++) {
		const struct html_effect *e = &p->effect[i];

		if (strcmp(e->q->mode, "time"))
			t.latency++;
		else
			t.time++;
		t.zone[0] = fmin(t.zone[0], e->q->zone);
		t.zone[1] = fmax(t.zone[1], e->q->zone);
		if (!isnan(e->c->j.lo))
			t.confidence = fmin(t.confidence, e->c->j.confidence);
		if (e->c->kind == REPORT_ARMS)
			take_baseline(&t, e->c->baseline);
	}
	return t;
}

static void against(const struct page *p, const struct terms *t)
{
	enum report_kind kind = p->effect[0].c->kind;

	if (kind != REPORT_ARMS) {
		fputs(kind == REPORT_BUILDS ? " of the new build as a ratio to the old one"
					    : " under setting B as a ratio to setting A",
		      p->out);
		return;
	}
	fputs(" as a ratio to ", p->out);
	if (t->nr_baselines == 1) {
		page_name(p, t->baseline[0].name);
		return;
	}
	fputs("the baseline of each question (", p->out);
	for (size_t i = 0; i < t->nr_baselines; i++) {
		fputs(i ? ", " : "", p->out);
		page_name(p, t->baseline[i].name);
		fprintf(p->out, " in %zu", t->baseline[i].nr);
	}
	if (t->others)
		fprintf(p->out, ", others in %zu", t->others);
	fputs(")", p->out);
}

/* Unit, against what, zone, intervals: what one needs to read the figures below. */
static void lead(const struct page *p)
{
	struct terms t = take_terms(p);
	char text[2][FIGURE];

	fprintf(p->out, "<p class=lead>Median time per %s",
		!t.time	    ? "operation"
		: t.latency ? "operation, or per iteration of an epoch,"
			    : "iteration of an epoch");
	against(p, &t);
	fprintf(p->out, ". Less than ±%s", format_percent(text[0], t.zone[0]));
	if (t.zone[1] > t.zone[0])
		fprintf(p->out, " to %s, by question,", format_percent(text[1], t.zone[1]));
	fputs(p->effect[0].c->kind == REPORT_ARMS ? " counts as equivalent"
						  : " counts as unchanged",
	      p->out);
	if (!isnan(t.confidence))
		fprintf(p->out, "; bars are intervals of %.0f&nbsp;%% or more",
			floor(100 * t.confidence + 1e-9));
	fputs(". Only untraced blocks are judged.</p>\n", p->out);
}

/* Of a trace nothing is compared. */
static void lead_of_trace(const struct page *p)
{
	uint64_t values = 0;
	char text[FIGURE];

	for (size_t i = 0; i < p->r->nr_results; i++)
		if (p->r->result[i].from_trace)
			values = report_sum(values, p->r->result[i].events);
	if (!values)
		return;
	fprintf(p->out,
		"<p class=lead>Times of %s events of live threads, as the kernel reported them; nothing is compared, "
		"and a percentile is shown when at least ten values lie beyond it.</p>\n",
		format_count(text, (double)values));
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* Where the list of sides names the first few of them only. */
static void functions(const struct page *p, const struct record_code *c)
{
	if (c->status != RECORD_CODE_CHANGED || c->nr_names <= MAX_FUNCTIONS)
		return;
	fprintf(p->out, "<details><summary>%s%zu functions that differ</summary><p class=note>",
		c->changed > c->nr_names ? "The first " : "All ", c->nr_names);
	for (size_t i = 0; i < c->nr_names; i++) {
		fputs(i ? ", " : "", p->out);
		page_name(p, c->changed_name[i]);
	}
	fputs("</p></details>", p->out);
}

/* What two builds or settings were. */
static void sides(const struct page *p)
{
	if (!report_has_changes(p->r))
		return;
	fputs("<ul class=runs>", p->out);
	for (size_t i = 0; i < p->r->nr_runs; i++)
		if (p->r->run[i].group == i)
			report_write_sides(p->out, p->r, i, "<li>", "", page_word);
	fputs("</ul>\n", p->out);
	for (size_t i = 0; i < p->r->nr_runs; i++)
		if (p->r->run[i].group == i && p->r->run[i].header.kind == RECORD_BUILDS)
			functions(p, &p->r->run[i].header.code);
}

/* Those that were pooled, and those that were not. */
static void runs(const struct page *p)
{
	if (!report_lists_runs(p->r))
		return;
	fprintf(p->out, "<details class=runs%s><summary>",
		p->r->nr_runs <= MAX_RUN_ITEMS ? " open" : "");
	report_write_runs_summary(p->out, p->r);
	fputs("</summary><ul class=runs>", p->out);
	for (size_t i = 0; i < p->r->nr_runs; i++) {
		fputs("<li>", p->out);
		report_write_run(p->out, p->r, i, page_word);
	}
	fputs("</ul></details>\n", p->out);
}

/* ---- what is not there ----------------------------------------------------------------------- */

void page_drops(const struct page *p, const char *done)
{
	if (!p->r->nr_drops)
		return;
	fprintf(p->out, "<details class=banner id=dropped%s><summary><b>Dropped: ",
		p->r->nr_drops <= MAX_DROP_ITEMS ? " open" : "");
	report_write_drops_summary(p->out, p->r);
	fprintf(p->out, ".</b> Everything else is %s.</summary><ul>", done);
	for (size_t i = 0; i < p->r->nr_drops; i++) {
		fputs("<li>", p->out);
		report_write_drop(p->out, p->r, &p->r->drop[i], page_word);
	}
	fputs("</ul></details>\n", p->out);
}

/* Values that no figure has, of all arms: each row says how many of its own. */
static void left_out(const struct page *p)
{
	uint64_t values = 0;
	size_t arms = 0;
	char text[FIGURE];

	for (size_t i = 0; i < p->r->nr_results; i++) {
		const struct report_result *r = &p->r->result[i];
		uint64_t sum = 0;

		for (size_t k = 0; k < r->nr_losses; k++)
			sum = report_sum(sum, r->loss[k].value);
		values = report_sum(values, sum);
		arms += sum > 0;
	}
	if (!values)
		return;
	fprintf(p->out,
		"<p class=banner><b>Left out: %s value%s of %zu arm%s.</b> Their rows say how many, and why.</p>\n",
		format_count(text, (double)values), values == 1 ? "" : "s", arms,
		arms == 1 ? "" : "s");
}

void html_head(const struct page *p)
{
	finding(p);
	if (p->nr_effects)
		lead(p);
	else
		lead_of_trace(p);
	sides(p);
	runs(p);
	if (!p->r->complete)
		fputs("<p class=banner><b>Interrupted.</b> The run did not reach its end; what was measured until then "
		      "is shown.</p>\n",
		      p->out);
	page_drops(p, "shown");
	left_out(p);
	html_tiles(p);
}
