// SPDX-License-Identifier: GPL-2.0-only
/*
 * The colours of the page, in light and in dark, and which of them an arm has.
 *
 * Arms, verdicts, phases and steps stay apart for normal, protan, deutan and tritan eyes, lines stand
 * out from what they are drawn on and words can be read: tests/unit/report_colours.c computes all of
 * that from a page. None of them is ever the only one to say a thing: curves have patterns, verdicts
 * signs and words.
 */
#include "lib/report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A name in the style is --NAME, or --NAME0, --NAME1 and so on where there are several. */
static const struct colours {
	const char *name;
	int first; /* number of the first of several; -1: there is one */
	const char *light, *dark;
} palette[] = {
	/* surfaces: the page, tables and cards, headings of tables, lines */
	{ "bg", -1, "#fbfbfa", "#14171b" },
	{ "card", -1, "#ffffff", "#1b1f25" },
	{ "soft", -1, "#f1f2f4", "#232830" },
	{ "line", -1, "#e2e4e8", "#2d333b" },
	{ "grid", -1, "#d9dce1", "#333a43" },
	{ "axis", -1, "#8a929c", "#76808c" },
	/* words */
	{ "fg", -1, "#1b1f24", "#e6e9ed" },
	{ "muted", -1, "#59626d", "#9aa4b0" },
	{ "link", -1, "#0b57a4", "#7db8f0" },
	/* verdicts, and what words of that colour may stand on */
	{ "bad", -1, "#85210a", "#f4977c" },
	{ "bad-bg", -1, "#fbe9e1", "#47241a" },
	{ "good", -1, "#0a5fb4", "#4cb4fa" },
	{ "good-bg", -1, "#e2eefa", "#12324d" },
	{ "same", -1, "#3a424c", "#d9dfe5" },
	{ "same-bg", -1, "#eceff2", "#2d333b" },
	{ "warn", -1, "#836400", "#f0db58" },
	{ "warn-bg", -1, "#fdf3d6", "#3c3210" },
	/* arms */
	{ "a", 0, "#0965d5 #d27a02 #005a3a #a83484 #1299d3 #820001 #87774f #1b086c #808a8e #13140a",
	  "#74a8ff #e68c30 #1b8768 #975c8b #9cf0fd #ca3e2e #ffe261 #8b63d6 #aaa2a5 #f9f8ee" },
	/* phases, and the words on them */
	{ "p", 0, "#2f4f9e #85bff5 #f0b03c #568c52 #b0acaa",
	  "#65b3ff #2f5680 #eda430 #6f9068 #c6c3c1" },
	{ "on", 0, "#ffffff #10151a #10151a #10151a #10151a",
	  "#10151a #ffffff #10151a #10151a #10151a" },
	/* how much slower (hot) or faster (cold): grounds for words */
	{ "hot", 1, "#f8e7df #f1cfc0 #e8b49c #df9271 #d46e42",
	  "#332726 #4b2f27 #663828 #80402a #9b492b" },
	{ "cold", 1, "#dfecf7 #c0d8ef #9cc2e6 #71a8da #428bce",
	  "#1e2c3d #213a54 #25496e #295889 #2c67a3" },
	/* how many, few to most */
	{ "d", 1, "#dde8f5 #bcd0eb #9ab9e2 #78a2d8 #5988c9 #4563a5 #313f82 #1d1a5e",
	  "#223045 #2a4066 #325186 #3962a6 #4977c4 #7ba0d8 #adcaeb #dff3ff" },
};

/* The patterns of curves, as lengths of line and gap; none: a line. */
static const unsigned char patterns[NR_COLOURS][6] = {
	{ 0 },
	{ 9, 3 },
	{ 2, 3 },
	{ 9, 3, 2, 3 },
	{ 5, 3 },
	{ 14, 3, 2, 3 },
	{ 9, 3, 2, 3, 2, 3 },
	{ 5, 2, 2, 2 },
	{ 2, 6 },
	{ 14, 5 },
};
#define MAX_LENGTHS 6

/* Of a name that has no colour. */
#define GREY 8

/* ---- which arm has which --------------------------------------------------------------------- */

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
 * The suite's own arms have fixed colours, so that reports can be laid side by side, and those that
 * answer most questions the first; others take what is left, and then colours that are made for them.
 */
bool page_choose_colours(struct page *p)
{
	static const char *const fixed[NR_COLOURS] = { "libkthread", "futex", "condvar", "eventfd",
						       "libuv",	     "glib",  "keventd", "pthread",
						       "atomic",     "kernel" };
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

unsigned int page_colour(const struct page *p, const char *name)
{
	for (size_t i = 0; i < p->nr_arms; i++)
		if (p->arm[i] && !strcmp(p->arm[i], name))
			return (unsigned int)i;
	return GREY;
}

/* ---- patterns -------------------------------------------------------------------------------- */

/* Return: how many lengths, 0 for a line. */
static size_t pattern(unsigned int colour, unsigned int length[MAX_LENGTHS])
{
	unsigned int n = colour - NR_COLOURS;
	size_t nr = 0;

	if (colour >= NR_COLOURS) {
		length[0] = 4 + n * 3 % 11;
		length[1] = length[3] = 4;
		length[2] = 1 + n * 5 % 7;
		return 4;
	}
	for (; nr < MAX_LENGTHS && patterns[colour][nr]; nr++)
		length[nr] = patterns[colour][nr];
	return nr;
}

void page_dash(char text[PAGE_DASH], unsigned int colour)
{
	unsigned int length[MAX_LENGTHS];
	size_t nr = pattern(colour, length);
	int at = 0;

	snprintf(text, PAGE_DASH, "1");
	for (size_t i = 0; i < nr; i++)
		at += snprintf(text + at, (size_t)(PAGE_DASH - at), "%c%u%s", i ? ',' : '(',
			       length[i], i + 1 < nr ? "" : ")");
}

/* The same as the ground of a mark: a piece of the curve. */
static void mark(const struct page *p, unsigned int colour)
{
	unsigned int length[MAX_LENGTHS], at = 0;
	size_t nr = pattern(colour, length);

	if (!nr) {
		fprintf(p->out, ".k%u{background:var(--a%u)}", colour, colour);
		return;
	}
	fprintf(p->out, ".k%u{background:repeating-linear-gradient(90deg", colour);
	for (size_t i = 0; i < nr; at += length[i++])
		if (i % 2)
			fprintf(p->out, ",#0000 0 %upx", at + length[i]);
		else
			fprintf(p->out, ",var(--a%u) 0 %upx", colour, at + length[i]);
	fputs(")}", p->out);
}

void page_swatch(const struct page *p, const char *name)
{
	if (is_known(p, name))
		fprintf(p->out, "<i class=\"sw k%u\"></i>", page_colour(p, name));
	page_name(p, *name ? name : "all");
}

/* ---- the style ------------------------------------------------------------------------------- */

static void one_of_the_palette(const struct page *p, const struct colours *c, const char *value)
{
	size_t length;

	if (c->first < 0) {
		fprintf(p->out, "--%s:%s;", c->name, value);
		return;
	}
	for (int i = c->first; *value; i++) {
		length = strcspn(value, " ");
		fprintf(p->out, "--%s%d:%.*s;", c->name, i, (int)length, value);
		value += length + (value[length] == ' ');
	}
}

/* Further arms have hues a golden angle apart: however many there are, neighbours differ. */
static void scheme(const struct page *p, bool dark)
{
	fputs(":root{", p->out);
	for (size_t i = 0; i < sizeof(palette) / sizeof(palette[0]); i++)
		one_of_the_palette(p, &palette[i], dark ? palette[i].dark : palette[i].light);
	for (size_t i = NR_COLOURS; i < p->nr_arms; i++)
		fprintf(p->out, "--a%zu:hsl(%.0f,%d%%,%d%%);", i,
			fmod((double)(i - NR_COLOURS) * 137.508 + 75, 360), dark ? 65 : 62,
			dark ? 68 : 34);
	fputc('}', p->out);
}

void page_write_colours(const struct page *p)
{
	scheme(p, false);
	fputs("@media screen and (prefers-color-scheme:dark){", p->out);
	scheme(p, true);
	fputc('}', p->out);
	for (size_t i = 0; i < p->nr_arms; i++)
		if (p->arm[i])
			mark(p, (unsigned int)i);
}
