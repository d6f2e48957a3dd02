// SPDX-License-Identifier: GPL-2.0-only
/* What several kinds of plots say in words. */
#include "lib/report/plot.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of the first @nr characters of @s. */
static size_t bytes_of(const char *s, size_t nr)
{
	size_t length = 0;

	while (s[length] && (nr || ((unsigned char)s[length] & 0xc0) == 0x80)) {
		nr -= ((unsigned char)s[length] & 0xc0) != 0x80;
		length++;
		if (!nr && ((unsigned char)s[length] & 0xc0) != 0x80)
			break;
	}
	return length;
}

void plot_short(FILE *out, const char *s, size_t characters)
{
	size_t shown = bytes_of(s, characters);
	char *part;

	if (s[shown])
		shown = bytes_of(s, characters - 1);
	part = strndup(s, shown);
	if (!part)
		return;
	escape_html(out, part);
	if (s[shown])
		fputs("…", out);
	free(part);
}

void plot_ns(FILE *out, double ns)
{
	page_ns(&(struct page){ .out = out }, ns);
}

void plot_name(FILE *out, const struct report_result *r)
{
	page_word(out, *r->name ? r->name : "all");
}
