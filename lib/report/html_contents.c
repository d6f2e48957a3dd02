// SPDX-License-Identifier: GPL-2.0-only
/* The contents of the HTML report, beside it: its parts, its questions by topic, and a box that filters them. */
#include "lib/report/page.h"

#include <stdlib.h>
#include <string.h>

void page_filter(const struct page *p, const char *what)
{
	fprintf(p->out,
		"<form class=filter hidden><label for=filter>Filter %s</label>"
		"<input id=filter type=search autocomplete=off spellcheck=false placeholder=\"words of their names\">"
		"<output for=filter aria-live=polite></output></form>",
		what);
}

/* Questions whose names begin alike are one group. */
static void topic(const struct page *p, const char *name, size_t length)
{
	char *head = strndup(name, length);

	fputs("<b>", p->out);
	page_name(p, head ? head : "");
	fputs("</b>", p->out);
	free(head);
}

void page_topics(const struct page *p)
{
	const char *last = NULL;
	size_t last_length = 0;

	for (size_t i = 0; i < p->r->nr_questions; i++) {
		const struct report_question *q = &p->r->question[i];
		size_t length = strcspn(q->name, "/");
		bool grouped = q->name[length],
		     same = last && length == last_length && !strncmp(q->name, last, length);

		if (!last || !grouped || !same)
			fprintf(p->out, "%s<div class=topic>", last ? "</div>" : "");
		if (grouped && !same)
			topic(p, q->name, length);
		else if (!last || (!grouped && last_length != SIZE_MAX))
			fprintf(p->out, "<b>%s</b>", q->from_trace ? "Traces" : "Questions");
		fputs("<a href=\"#", p->out);
		page_anchor(p, q);
		fputs("\">", p->out);
		page_question(p, q, false);
		fputs("</a>", p->out);
		last = q->name;
		last_length = grouped ? length : SIZE_MAX;
	}
	fputs(last ? "</div>" : "", p->out);
}

void html_contents(const void *page)
{
	const struct page *p = page;
	bool asked = page_asks(p->r);

	if (p->r->nr_questions > 1)
		page_filter(p, asked ? "questions" : "traces");
	fputs("<div class=list>", p->out);
	if (p->r->nr_comparisons)
		fprintf(p->out,
			"<b>Summary</b><a href=\"#effects\">Effects</a>%s<a href=\"#verdicts\">Verdicts</a>",
			html_has_matrix(p) ? "<a href=\"#matrix\">All arms</a>" : "");
	if (p->r->targets)
		fputs("<a href=\"#targets\">Targets</a>", p->out);
	page_topics(p);
	fputs("<b>What the figures rest on</b>", p->out);
	if (asked)
		fputs("<a href=\"#noise\">Noise</a>", p->out);
	fputs("<a href=\"#tracing\">Tracing</a><a href=\"#environment\">Environment</a>"
	      "<a href=\"#again\">Do it again</a></div>",
	      p->out);
}
