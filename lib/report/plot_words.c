// SPDX-License-Identifier: GPL-2.0-only
/* What several kinds of plots say in words. */
#include "lib/report/plot.h"

#include <stdlib.h>
#include <string.h>

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* Bytes of the first @nr characters of @s. */
static size_t first_bytes(const char *s, size_t nr)
{
	size_t length = 0;

	for (; s[length]; length++)
		if (begins_character(s[length]) && !nr--)
			break;
	return length;
}

/* Where the last @nr characters of @s begin. */
static const char *last_characters(const char *s, size_t nr)
{
	const char *at = s + strlen(s);

	while (nr && at > s)
		nr -= begins_character(*--at);
	return at;
}

static void write_part(FILE *out, const char *s, size_t bytes)
{
	char *part = strndup(s, bytes);

	if (part)
		escape_html(out, part);
	free(part);
}

/* Of the name as it is shown: a control character takes four. */
void plot_short(FILE *out, const char *s, size_t characters)
{
	size_t length, last = (characters - 1) / 2;
	char *shown = NULL;
	FILE *text = open_memstream(&shown, &length);

	if (!text)
		return;
	escape_terminal(text, s);
	if (fclose(text)) {
		free(shown);
		return;
	}
	if (!shown[first_bytes(shown, characters)]) {
		escape_html(out, shown);
	} else {
		write_part(out, shown, first_bytes(shown, characters - 1 - last));
		fputs("…", out);
		escape_html(out, last_characters(shown, last));
	}
	free(shown);
}

void plot_ns(FILE *out, double ns)
{
	page_ns(&(struct page){ .out = out }, ns);
}

void plot_name(FILE *out, const struct report_result *r)
{
	page_word(out, *r->name ? r->name : "all");
}
