// SPDX-License-Identifier: GPL-2.0-only
/* What the parts of the page share: escaped text, names of questions, the colours of arms. */
#include "lib/report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that a text takes; a name stands on the page twenty times, its reasons once or twice. */
#define MAX_NAME 200
#define MAX_TEXT 1200

void page_text(const struct page *p, const char *s)
{
	escape_html_short(p->out, s, MAX_TEXT);
}

void page_word(FILE *out, const char *s)
{
	escape_html_short(out, s, MAX_NAME);
}

void page_name(const struct page *p, const char *s)
{
	page_word(p->out, s);
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

void page_ns_cell(const struct page *p, double ns)
{
	fputs("<td>", p->out);
	page_ns(p, ns);
}

void page_figure_cells(const struct page *p, const struct report_stats *s)
{
	char text[FIGURE];

	fprintf(p->out, "<td>%s", format_count(text, (double)s->count));
	page_ns_cell(p, s->p50);
	page_ns_cell(p, s->p90);
	page_ns_cell(p, s->p99);
	page_ns_cell(p, s->p999);
	page_ns_cell(p, s->max);
	page_ns_cell(p, s->mean);
}

static void text_of_length(const struct page *p, const char *s, size_t length)
{
	char *part = strndup(s, length);

	if (part)
		page_name(p, part);
	free(part);
}

static void parameters(const struct page *p, const char *name, bool topic)
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

void page_question(const struct page *p, const struct report_question *q, bool topic)
{
	if (strlen(q->name) > MAX_NAME)
		page_name(p, q->name);
	else
		parameters(p, q->name, topic);
	if (p->r->apart)
		fprintf(p->out, " <span class=run>run %zu</span>", q->run + 1);
}

/* ---- permalinks ------------------------------------------------------------------------------ */

/* Of a name that is longer the beginning and what tells it from others. */
#define MAX_ANCHOR 80

/* FNV-1a, so that equal names have equal anchors in all reports. */
static uint64_t digest(const char *s)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3;
	return hash;
}

/* What may stand as it is in an attribute and behind the # of an address. */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("/=_.-", c));
}

/* Its name alone does not tell @q from the others. */
static bool needs_run(const struct report *r, const struct report_question *q)
{
	if (r->apart || r->nr_groups < 2)
		return r->apart;
	for (size_t i = 0; i < r->nr_questions; i++)
		if (&r->question[i] != q && r->question[i].from_trace == q->from_trace &&
		    !strcmp(r->question[i].name, q->name))
			return true;
	return false;
}

void page_anchor(const struct page *p, const struct report_question *q)
{
	const char *at = q->name;
	int room = MAX_ANCHOR;

	fputs(q->from_trace ? "t-" : "q-", p->out);
	for (; *at && room > 0; at++) {
		if (is_plain(*at))
			room -= fprintf(p->out, "%c", *at);
		else
			room -= fprintf(p->out, "~%02x", (unsigned char)*at);
	}
	if (*at)
		fprintf(p->out, "~~%016" PRIx64 "-%zu", digest(q->name), strlen(q->name));
	if (needs_run(p->r, q))
		fprintf(p->out, "~run%zu", q->run + 1);
}

void page_link(const struct page *p, const struct report_question *q)
{
	fputs("<a href=\"#", p->out);
	page_anchor(p, q);
	fputs("\">", p->out);
	page_question(p, q, true);
	fputs("</a>", p->out);
}

/* ---- colours --------------------------------------------------------------------------------- */

static bool is_known(const struct page *p, const char *name)
{
	for (size_t i = 0; i < p->nr_arms; i++)
		if (p->arm[i] && !strcmp(p->arm[i], name))
			return true;
	return false;
}

/* Gives a name its colour: a free one of the fixed, else one more. */
static void add_name(struct page *p, const char *name, size_t *next)
{
	if (is_known(p, name))
		return;
	while (*next < p->nr_arms && p->arm[*next])
		(*next)++;
	if (*next == p->nr_arms)
		p->nr_arms++;
	p->arm[*next] = name;
}

/*
 * The suite's own arms have fixed colours, so that reports can be laid side by side; others take
 * what is left, and then colours that are made for them.
 */
bool page_choose_colours(struct page *p)
{
	static const char *const fixed[NR_COLOURS] = { "libkthread", "futex",	"keventd", "atomic",
						       "condvar",    "eventfd", "pthread", "libuv",
						       "glib",	     "kernel" };
	size_t next = 0;

	p->arm = calloc(NR_COLOURS + p->r->nr_results, sizeof(*p->arm));
	if (!p->arm)
		return false;
	p->nr_arms = NR_COLOURS;
	for (size_t i = 0; i < NR_COLOURS; i++)
		for (size_t k = 0; k < p->r->nr_results; k++)
			if (!strcmp(p->r->result[k].name, fixed[i]))
				p->arm[i] = fixed[i];
	for (size_t i = 0; i < p->r->nr_questions; i++) {
		const struct report_question *q = &p->r->question[i];
		size_t nr = q->nr_results;

		if (q->from_trace && nr > MAX_TRACE_CURVES)
			nr = MAX_TRACE_CURVES;
		for (size_t k = 0; k < nr; k++)
			add_name(p, p->r->result[q->first_result + k].name, &next);
	}
	return true;
}

/* Hues a golden angle apart: however many there are, neighbours differ. */
static void made_colours(const struct page *p, int saturation, int lightness)
{
	fputs(":root{", p->out);
	for (size_t i = NR_COLOURS; i < p->nr_arms; i++)
		fprintf(p->out, "--a%zu:hsl(%.0f,%d%%,%d%%);", i,
			fmod((double)(i - NR_COLOURS) * 137.508 + 75, 360), saturation, lightness);
	fputc('}', p->out);
}

void page_more_colours(const struct page *p)
{
	if (p->nr_arms == NR_COLOURS)
		return;
	made_colours(p, 62, 40);
	fputs("@media screen and (prefers-color-scheme:dark){", p->out);
	made_colours(p, 65, 68);
	fputc('}', p->out);
}

unsigned int page_colour(const struct page *p, const char *name)
{
	for (size_t i = 0; i < p->nr_arms; i++)
		if (p->arm[i] && !strcmp(p->arm[i], name))
			return (unsigned int)i;
	return 3;
}

void page_dash(char text[PAGE_DASH], unsigned int colour)
{
	static const char *const fixed[NR_COLOURS] = {
		"1", "1", "1", "(2,3)", "1", "(9,3)", "1", "(6,3,2,3)", "(5,3)", "(3,3)"
	};
	unsigned int n = colour - NR_COLOURS;

	if (colour < NR_COLOURS)
		snprintf(text, PAGE_DASH, "%s", fixed[colour]);
	else
		snprintf(text, PAGE_DASH, "(%u,3,%u,3)", 4 + n * 3 % 11, 1 + n * 5 % 7);
}

void page_swatch(const struct page *p, const char *name)
{
	unsigned int colour = page_colour(p, name);

	if (colour < NR_COLOURS)
		fprintf(p->out, "<i class=sw style=\"background:var(--a%u)\"></i>", colour);
	else
		fprintf(p->out,
			"<i class=sw style=\"background:repeating-linear-gradient(%udeg,var(--a%u) 0 3px,transparent 3px 5px)\"></i>",
			(colour - NR_COLOURS) * 45 % 180, colour);
	page_name(p, *name ? name : "all");
}
