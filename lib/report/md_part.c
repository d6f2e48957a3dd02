// SPDX-License-Identifier: GPL-2.0-only
/* What comments in Markdown are made of: parts that keep a limit, tables, harmless words. */
#include "lib/report/md.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- parts ----------------------------------------------------------------------------------- */

bool md_begin(struct md_part *p, size_t limit)
{
	*p = (struct md_part){ .limit = limit };
	p->out = open_memstream(&p->text, &p->length);
	return p->out;
}

void md_always(struct md_part *p)
{
	p->row = ftell(p->out);
}

void md_keep(struct md_part *p)
{
	long end = ftell(p->out);

	if (!p->full && end >= 0 && (size_t)end <= p->limit) {
		p->row = end;
		return;
	}
	p->full = true;
	p->left_out++;
	fseek(p->out, p->row, SEEK_SET);
}

bool md_open(struct md_part *p, const char *title, const char *const *column, size_t nr,
	     size_t text)
{
	if (title)
		fprintf(p->out, "\n<details><summary>%s</summary>\n", title);
	fputc('\n', p->out);
	for (size_t i = 0; i < nr; i++)
		fprintf(p->out, "| %s ", column[i]);
	fputs("|\n", p->out);
	for (size_t i = 0; i < nr; i++)
		fputs(i < text ? "|---" : "|---:", p->out);
	fputs("|\n", p->out);
	md_keep(p);
	p->left_out = 0; /* it is not a row */
	return !p->full;
}

void md_close(struct md_part *p, bool opened, bool folded, const char *one)
{
	if (p->left_out)
		fprintf(p->out,
			"\n%zu more %s%s left out, since comments are short: `%s` shows everything.\n",
			p->left_out, one, p->left_out == 1 ? " is" : "s are",
			p->all ? p->all : "kt report -f html");
	if (opened && folded)
		fputs("\n</details>\n", p->out);
	p->left_out = 0;
	md_always(p);
}

int md_end(struct md_part *p)
{
	bool failed = ferror(p->out);

	failed |= fclose(p->out) != 0;
	p->out = NULL;
	return failed ? -ENOMEM : 0;
}

void md_free(struct md_part *p)
{
	if (p->out)
		fclose(p->out);
	free(p->text);
	*p = (struct md_part){ 0 };
}

/* ---- words ----------------------------------------------------------------------------------- */

static bool is_inside_character(const char *s)
{
	return ((unsigned char)*s & 0xc0) == 0x80;
}

/* @s, or in @text the beginning and the end of it */
static const char *shorten(char text[MD_NAME + 8], const char *s)
{
	size_t length = strlen(s), head = MD_NAME * 3 / 4;
	const char *tail = s + length - MD_NAME / 4;

	if (length <= MD_NAME)
		return s;
	while (is_inside_character(s + head))
		head--;
	while (is_inside_character(tail))
		tail++;
	snprintf(text, MD_NAME + 8, "%.*s…%s", (int)head, s, tail);
	return text;
}

void md_name(FILE *out, const char *s)
{
	char text[MD_NAME + 8];

	escape_markdown(out, shorten(text, s));
}

void md_text(FILE *out, const char *s)
{
	if (escape_markdown_is_plain(s))
		fputs(s, out);
	else
		md_name(out, s);
}

/* The fence is longer than any in it. */
void md_block(FILE *out, const char *text, size_t most)
{
	size_t length = strlen(text), fence = 3, run = 0;

	if (length > most) {
		length = most;
		while (length && is_inside_character(text + length))
			length--;
	}
	for (size_t i = 0; i < length; i++) {
		run = text[i] == '`' ? run + 1 : 0;
		fence = run >= fence ? run + 1 : fence;
	}
	for (size_t i = 0; i < fence; i++)
		fputc('`', out);
	fputc('\n', out);
	fwrite(text, 1, length, out);
	if (text[length])
		fputs("…", out);
	if (!length || text[length - 1] != '\n' || text[length])
		fputc('\n', out);
	for (size_t i = 0; i < fence; i++)
		fputc('`', out);
	fputc('\n', out);
}

/* ---- tables ---------------------------------------------------------------------------------- */

void md_cell(FILE *out, const char *text)
{
	fprintf(out, "| %s ", text);
}

void md_name_cell(FILE *out, const char *name)
{
	fputs("| ", out);
	if (!name)
		return;
	md_name(out, name);
	fputc(' ', out);
}

void md_figure(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == ' ')
			fputs("\u00a0", out);
		else
			fputc(*text, out);
	}
}

void md_figure_cell(FILE *out, const char *text)
{
	fputs("| ", out);
	md_figure(out, text);
	fputc(' ', out);
}

void md_ns_cell(FILE *out, double ns)
{
	char text[FIGURE];

	md_figure_cell(out, isnan(ns) ? "" : format_ns(text, ns));
}

void md_count_cell(FILE *out, double n)
{
	char text[FIGURE];

	md_figure_cell(out, format_count(text, n));
}

void md_question_cell(FILE *out, const struct report *r, const struct report_question *q)
{
	md_name_cell(out, q->name);
	if (r->apart)
		fprintf(out, "run %zu ", q->run + 1);
}

void md_end_row(struct md_part *p)
{
	fputs("|\n", p->out);
	md_keep(p);
}

void md_interval(FILE *out, double lo, double hi)
{
	char text[2][FIGURE];

	if (!isnan(lo))
		fprintf(out, "[%s,\u00a0%s]", format_ratio(text[0], lo), format_ratio(text[1], hi));
}

const char *md_mark(enum verdict v)
{
	static const char *const mark[] = {
		[VERDICT_SLOWER] = "▲",
		[VERDICT_FASTER] = "▼",
		[VERDICT_EQUIVALENT] = "=",
		[VERDICT_INCONCLUSIVE] = "?",
	};

	return mark[v];
}
