// SPDX-License-Identifier: GPL-2.0-only
/* The head of the HTML report: navigation, runs, what was left out, a card per summary. */
#include "lib/report/page.h"

#include <stdlib.h>
#include <string.h>

#include "lib/report/changes.h"

#define MAX_DROP_ITEMS 10 /* more are folded */

static void navigation(const struct page *p)
{
	const char *last = "";
	size_t last_length = 0;

	fputs("<nav><div class=list><b>Summary</b>", p->out);
	if (p->r->nr_comparisons)
		fputs("<a href=\"#verdicts\">Verdicts</a>", p->out);
	for (size_t i = 0; i < p->r->nr_questions; i++) {
		const char *name = p->r->question[i].name;
		size_t topic = strcspn(name, "/");

		if (name[topic] && (topic != last_length || strncmp(name, last, topic))) {
			char *head = strndup(name, topic);

			fputs("<b>", p->out);
			page_text(p, head ? head : "");
			fputs("</b>", p->out);
			free(head);
			last = name;
			last_length = topic;
		}
		fputs("<a href=\"#", p->out);
		page_anchor(p, &p->r->question[i]);
		fputs("\">", p->out);
		page_question(p, &p->r->question[i], false);
		fputs("</a>", p->out);
	}
	fputs("<b>Behind the figures</b>", p->out);
	if (strcmp(report_tool(&p->r->run[0]), "trace"))
		fputs("<a href=\"#noise\">Noise</a>", p->out);
	fputs("<a href=\"#tracing\">Tracing</a><a href=\"#environment\">Environment</a>"
	      "<a href=\"#again\">Do it again</a></div></nav>\n",
	      p->out);
}

static void card(const struct page *p, const char *title, const char *text)
{
	fprintf(p->out, "<div class=card><small>%s</small><b>", title);
	page_text(p, text);
	fputs("</b></div>", p->out);
}

/* Whether anything was lost, over all runs. */
static const char *losses_text(const struct report *r)
{
	bool known = false, missing = false, any = false;

	for (size_t i = 0; i < r->nr_runs; i++) {
		const struct report_tracing *t = &r->run[i].tracing;

		known |= t->known;
		missing |= r->run[i].group == i && report_losses_missing(&r->run[i]);
		for (size_t k = 0; k < t->nr_losses; k++)
			any |= t->loss[k].value != 0;
	}
	if (any)
		return "losses, see below";
	if (missing)
		return "losses not known";
	return known ? "nothing lost" : "phases not taken";
}

/* Without colours: that one arm is slower than another is a result, not an alarm. */
static void verdict_card(const struct page *p)
{
	size_t nr[4] = { 0 }, unstable = 0, all = 0;

	for (size_t i = 0; i < p->r->nr_comparisons; i++) {
		const struct report_comparison *c = &p->r->comparison[i];

		if (c->kind != REPORT_ARMS)
			continue;
		all++;
		if (c->unstable)
			unstable++;
		else
			nr[c->j.verdict]++;
	}
	if (!all)
		return;
	fprintf(p->out, "<div class=card><small>Verdicts (%zu)</small>", all);
	for (int v = 0; v < 4; v++)
		if (nr[v])
			fprintf(p->out, "<span class=chip>%zu %s</span> ", nr[v],
				verdict_name((enum verdict)v));
	if (unstable)
		fprintf(p->out, "<span class=\"chip unstable\">%zu unstable</span>", unstable);
	fputs("</div>", p->out);
}

/* Arms that were compared with themselves: one of them counts once, whatever its figures say. */
static void change_card(const struct page *p)
{
	struct report_changes c;

	report_count_changes(p->r, &c);
	if (!c.compared)
		return;
	fprintf(p->out, "<div class=card><small>Changes (%zu)</small>", c.compared);
	for (int i = 0; i < NR_CHANGES; i++)
		if (c.nr[i])
			fprintf(p->out, "<span class=\"chip%s\">%zu %s</span> ",
				i == CHANGE_REGRESSED ? " slower"
				: i == CHANGE_MOVED   ? " unstable"
						      : "",
				c.nr[i], report_change_name((enum report_change)i));
	if (c.unstable)
		fprintf(p->out, "<span class=\"chip unstable\">%zu unstable</span>", c.unstable);
	fputs("</div>", p->out);
}

static void cards(const struct page *p)
{
	const struct report_run *run = &p->r->run[0];
	const char *model = json_string_value(report_environment_at(run, "cpu.model"));
	uint64_t operations = 0;
	char text[128], title[64], figure[FIGURE];

	fputs("<div class=cards>", p->out);
	for (size_t i = 0; i < p->r->nr_results; i++)
		operations = report_sum(operations, p->r->result[i].from_trace
							    ? p->r->result[i].events
							    : p->r->result[i].iterations);
	snprintf(text, sizeof(text), "%s %s", format_count(figure, (double)operations),
		 p->r->nr_comparisons ? "operations" : "events");
	snprintf(title, sizeof(title), "%zu %s", p->r->nr_questions,
		 p->r->nr_comparisons	   ? p->r->nr_questions == 1 ? "question" : "questions"
		 : p->r->nr_questions == 1 ? "kind of event"
					   : "kinds of event");
	card(p, title, text);
	change_card(p);
	verdict_card(p);
	if (model && !p->r->apart)
		card(p, "Processor", model);
	if (run->environment.kernel && !p->r->apart)
		card(p, "Linux", run->environment.kernel);
	card(p, "Tracing", losses_text(p->r));
	fputs("</div>\n", p->out);
}

static void one_run(const struct page *p, const struct report_run *run)
{
	const struct record_header *h = &run->header;

	fputs("<p class=sub>", p->out);
	page_text(p, h->start ? h->start : "");
	fputs(" · kt ", p->out);
	page_text(p, h->kt.version ? h->kt.version : "of an unknown version");
	fputs(" · run <code>", p->out);
	page_text(p, h->id ? h->id : "without an id");
	fputs("</code></p>\n", p->out);
}

/* Those that were pooled, and those that were not. */
static void many_runs(const struct page *p)
{
	fputs("<p class=sub>", p->out);
	report_write_runs_summary(p->out, p->r);
	fputs("</p><ul class=runs>", p->out);
	for (size_t i = 0; i < p->r->nr_runs; i++) {
		fputs("<li>", p->out);
		report_write_run(p->out, p->r, i, page_word);
	}
	fputs("</ul>\n", p->out);
}

static void drop_items(const struct page *p, size_t from, size_t to)
{
	fputs("<ul>", p->out);
	for (size_t i = from; i < to; i++) {
		fputs("<li>", p->out);
		report_write_drop(p->out, p->r, &p->r->drop[i], page_word);
	}
	fputs("</ul>", p->out);
}

/* What is not on the page, and why. */
static void drops(const struct page *p)
{
	size_t nr = p->r->nr_drops, shown = nr < MAX_DROP_ITEMS ? nr : MAX_DROP_ITEMS;

	if (!nr)
		return;
	fputs("<div class=banner id=dropped><b>Dropped: ", p->out);
	report_write_drops_summary(p->out, p->r);
	fputs(".</b> Everything else is shown.", p->out);
	drop_items(p, 0, shown);
	if (shown < nr) {
		fprintf(p->out, "<details><summary>%zu more reasons</summary>", nr - shown);
		drop_items(p, shown, nr);
		fputs("</details>", p->out);
	}
	fputs("</div>\n", p->out);
}

static void not_traced(const struct page *p, size_t index)
{
	const struct report_run *run = &p->r->run[index];

	/* Of two sides none ever are: no reason for a warning. */
	if (run->group != index || !report_not_traced(run) || run->header.kind != RECORD_ARMS)
		return;
	fputs("<p class=banner><b>Phases were not taken", p->out);
	if (p->r->nr_groups > 1)
		fprintf(p->out, " in run %zu", index + 1);
	fputs(".</b> ", p->out);
	page_text(p, report_not_traced(run));
	fputs("</p>\n", p->out);
}

/* Of builds and settings what was found comes first of all, then of what. */
static void finding(const struct page *p)
{
	if (!report_has_changes(p->r))
		return;
	fputs("<p class=finding>", p->out);
	report_write_finding(p->out, p->r, page_word);
	fputs(".</p><ul class=runs>", p->out);
	for (size_t i = 0; i < p->r->nr_runs; i++)
		if (p->r->run[i].group == i)
			report_write_sides(p->out, p->r, i, "<li>", "", page_word);
	fputs("</ul>\n", p->out);
}

void html_head(const struct page *p)
{
	const struct report_run *run = &p->r->run[0];

	fputs("<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
	      "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
	      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">"
	      "<title>kt ",
	      p->out);
	page_text(p, report_tool(run));
	fputs(" ", p->out);
	page_text(p, run->header.start ? run->header.start : "");
	fputs("</title><style>", p->out);
	page_write_colours(p);
	fputs(page_style, p->out);
	fputs(plots_style, p->out);
	fputs("</style></head>\n<body><div class=layout>", p->out);
	navigation(p);
	fputs("<main><h1>kt ", p->out);
	page_text(p, report_tool(run));
	fputs("</h1>", p->out);
	finding(p);
	if (report_lists_runs(p->r))
		many_runs(p);
	else
		one_run(p, run);
	if (!p->r->complete)
		fputs("<p class=banner><b>Interrupted.</b> The run did not reach its end; what was measured until then "
		      "is shown.</p>\n",
		      p->out);
	drops(p);
	for (size_t i = 0; i < p->r->nr_runs; i++)
		not_traced(p, i);
	cards(p);
}
