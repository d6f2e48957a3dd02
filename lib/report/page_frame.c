// SPDX-License-Identifier: GPL-2.0-only
/*
 * Around all pages: one file, no request to anywhere, no script but our own. A page forbids both to
 * itself by its content policy, so that even a mistake in escaping could not run anything.
 */
#include "lib/report/page.h"

#include <ctype.h>
#include <string.h>

void page_begin(const struct page *p, const char *what, const char *when,
		void (*navigation)(const void *arg), const void *arg)
{
	fprintf(p->out,
		"<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
		"<meta name=viewport content=\"width=device-width,initial-scale=1\">"
		"<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; script-src '%s'\"><title>kt ",
		page_script_hash);
	page_name(p, what);
	if (when) {
		fputs(" ", p->out);
		page_name(p, when);
	}
	fputs("</title><style>", p->out);
	page_write_colours(p);
	fprintf(p->out, "%s%s%s", page_style, page_style_first, page_style_trace);
	plots_write_style(p);
	page_axis_style(p);
	fputs("</style></head>\n<body><a class=skip href=\"#main\">Skip to what was found</a>"
	      "<div class=layout><nav id=contents aria-label=Contents>",
	      p->out);
	navigation(arg);
	fputs("</nav>\n<main id=main tabindex=-1><a class=contents href=\"#contents\">Contents</a>",
	      p->out);
}

void page_end(const struct page *p)
{
	fprintf(p->out, "</main></div><script>%s</script></body></html>\n", page_script);
}

/* Where the first part of a sentence ends. The semicolon of "&lt;" is none. */
static size_t first_part(const char *text)
{
	static const char *const entity[] = { "&lt", "&gt", "&amp", "&quot", "&#39" };
	const char *at = text;

	while ((at = strstr(at, "; "))) {
		bool inside = false;

		for (size_t i = 0; i < sizeof(entity) / sizeof(entity[0]); i++) {
			size_t n = strlen(entity[i]);

			inside |= (size_t)(at - text) >= n && !strncmp(at - n, entity[i], n);
		}
		if (!inside)
			return (size_t)(at - text);
		at++;
	}
	return strlen(text);
}

/*
 * @nr bytes of it; a time in microseconds in its own spelling, as everywhere on the page. The names of questions
 * are long: a line may end after any of their parts.
 */
static void write_part(const struct page *p, const char *text, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		bool unit = i > 1 && text[i] == 'u' && text[i + 1] == 's' && text[i - 1] == ' ' &&
			    isdigit((unsigned char)text[i - 2]) &&
			    !isalnum((unsigned char)text[i + 2]);

		if (unit)
			fputs("µ", p->out);
		else
			fputc(text[i], p->out);
		if (text[i] == '/' && i && text[i - 1] != '<')
			fputs("<wbr>", p->out);
	}
}

void page_finding(const struct page *p, const char *text)
{
	size_t length = strlen(text), bold = first_part(text);

	fputs("<h1>", p->out);
	write_part(p, text, bold);
	fputs(text[bold] ? "<span class=rest>" : "", p->out);
	write_part(p, text + bold, length - bold);
	fprintf(p->out, ".%s</h1>\n", text[bold] ? "</span>" : "");
}

void page_scroll(const struct page *p, const char *label)
{
	fprintf(p->out, "<div class=scroll tabindex=0 role=group aria-label=\"%s\">", label);
}
