// SPDX-License-Identifier: GPL-2.0-only
/* What the parts of the page share: escaped text, names of questions. */
#include "lib/report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that a text takes; a name stands on the page twenty times, its reasons once or twice. */
#define MAX_NAME 128
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

void page_command(const struct page *p, const struct report_run *run)
{
	char *command = NULL;
	size_t length;
	FILE *text = open_memstream(&command, &length);

	if (!text)
		return;
	report_write_command(text, run, escape_shell);
	if (!fclose(text))
		page_text(p, command);
	free(command);
}

size_t page_asks(const struct report *r)
{
	size_t nr = 0;

	for (size_t i = 0; i < r->nr_questions; i++)
		nr += !r->question[i].from_trace;
	return nr;
}

const struct report_result *page_result(const struct report *r, const struct report_question *q,
					const char *name)
{
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *arm = &r->result[q->first_result + i];

		if (!arm->from_trace && !strcmp(arm->name, name))
			return arm;
	}
	return NULL;
}

double page_figure(const struct report_result *r, enum judge_metric m)
{
	return m == JUDGE_P50	 ? r->stats.p50
	       : m == JUDGE_MEAN ? r->stats.mean
	       : m == JUDGE_P99	 ? r->stats.p99
				 : r->stats.p999;
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
