// SPDX-License-Identifier: GPL-2.0-only
/* What the parts of the page share: escaped text, names of questions, the colours of arms. */
#include "lib/report/page.h"

#include <stdlib.h>
#include <string.h>

void page_text(const struct page *p, const char *s)
{
	escape_html(p->out, s);
}

void page_ns(const struct page *p, double ns)
{
	char text[FIGURE], *unit;

	format_ns(text, ns);
	unit = strstr(text, " us");
	if (unit)
		*unit = '\0';
	fprintf(p->out, "%s%s", text, unit ? " µs" : "");
}

static void text_of_length(const struct page *p, const char *s, size_t length)
{
	char *part = strndup(s, length);

	if (part)
		page_text(p, part);
	free(part);
}

void page_question(const struct page *p, const char *name, bool topic)
{
	size_t length = strcspn(name, "/");

	if (topic || !name[length])
		text_of_length(p, name, length);
	if (!name[length])
		return;
	if (topic)
		fputs(" <span class=par>", p->out);
	for (name += length; *name; name += length) {
		name++;
		length = strcspn(name, "/");
		text_of_length(p, name, length);
		if (name[length])
			fputs(" <i>/</i><wbr> ", p->out);
	}
	if (topic)
		fputs("</span>", p->out);
}

unsigned int page_colour(const struct page *p, const char *name)
{
	for (size_t i = 0; i < p->nr_arms; i++)
		if (p->arm[i] && !strcmp(p->arm[i], name))
			return i % NR_COLOURS;
	return 3;
}

void page_swatch(const struct page *p, const char *name)
{
	fprintf(p->out, "<i class=sw style=\"background:var(--a%u)\"></i>", page_colour(p, name));
	page_text(p, *name ? name : "all");
}
