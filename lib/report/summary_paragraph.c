// SPDX-License-Identifier: GPL-2.0-only
/* The paragraphs of a summary: a label, and text that is wrapped between words. */
#include "lib/report/summary.h"

#include <stdlib.h>
#include <string.h>

#define WORD 48 /* columns of a name */

void summary_word(FILE *out, const char *s)
{
	escape_terminal_cut(out, s, WORD);
}

bool summary_begin(struct summary_paragraph *p)
{
	*p = (struct summary_paragraph){ 0 };
	p->out = open_memstream(&p->text, &p->length);
	return p->out;
}

/* Columns of the first @length bytes: all of it has been escaped. */
static int columns_of(const char *s, size_t length)
{
	int columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += (s[i] & 0xc0) != 0x80;
	return columns;
}

/* "6 260 events", "3.2 %", "117 us": a number keeps its groups and its unit. */
static bool keeps(const char *before, const char *word, size_t length)
{
	static const char *const unit[] = { "%", "x", "ns", "us", "ms", "s" };

	if (!before || before[-1] < '0' || before[-1] > '9')
		return false;
	while (length && strchr(",;.:)]", word[length - 1]))
		length--;
	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
		if (strlen(unit[i]) == length && !strncmp(word, unit[i], length))
			return true;
	return length >= 3 && word[0] >= '0' && word[0] <= '9' && strspn(word, "0123456789") == 3;
}

/* Bytes up to the next place for a break. */
static size_t piece_of(const char *s)
{
	size_t length = strcspn(s, " ");

	while (s[length] == ' ' && keeps(s + length, s + length + 1, strcspn(s + length + 1, " ")))
		length += 1 + strcspn(s + length + 1, " ");
	return length;
}

void summary_end(const struct text *t, struct summary_paragraph *p, const char *label,
		 enum text_colour colour)
{
	int indent = label ? SUMMARY_LABEL : 0, at = indent;
	size_t spaces = 0;

	fclose(p->out);
	if (label)
		fprintf(t->out, "%s%-*s%s", text_paint(t, DIM), SUMMARY_LABEL, label,
			text_paint(t, PLAIN));
	fputs(summary_paint(t, colour), t->out);
	for (const char *s = p->text ? p->text : ""; *s; spaces = strspn(s, " "), s += spaces) {
		size_t length = piece_of(s);
		int columns = columns_of(s, length);

		if (spaces && at + (int)spaces + columns > t->width) {
			fprintf(t->out, "\n%*s", indent, "");
			at = indent;
		} else {
			fprintf(t->out, "%*s", (int)spaces, "");
			at += (int)spaces;
		}
		fwrite(s, 1, length, t->out);
		at += columns;
		s += length;
	}
	fprintf(t->out, "%s\n", summary_unpaint(t, colour));
	free(p->text);
}
