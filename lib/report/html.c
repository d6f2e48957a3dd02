// SPDX-License-Identifier: GPL-2.0-only
/* The report as one HTML file: what was found first, then all figures, then what they rest on. */
#include "lib/report/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void no_plots(const struct page *p, int plotted)
{
	if (plotted == -ENOENT)
		fputs("<p class=banner><b>No plots.</b> They are drawn by gnuplot, which is not installed: package "
		      "<code>gnuplot-nox</code> (Debian, Ubuntu), <code>gnuplot-minimal</code> (Fedora), "
		      "<code>gnuplot</code> (Arch).</p>\n",
		      p->out);
	else if (plotted)
		fprintf(p->out, "<p class=banner><b>No plots.</b> gnuplot failed: %s.</p>\n",
			strerror(-plotted));
}

static void parts(const struct page *p, int plotted)
{
	const struct report_run *run = &p->r->run[0];

	page_begin(p, report_tool(run), run->header.start, html_contents, p);
	html_head(p);
	html_effects(p);
	html_matrix(p);
	html_verdicts(p);
	no_plots(p, plotted);
	for (size_t i = 0; i < p->r->nr_questions; i++)
		html_question(p, i);
	html_context(p);
	page_end(p);
}

int report_html(FILE *out, const struct report *r)
{
	struct page p = { .out = out, .r = r };
	bool made = page_choose_colours(&p) && html_take_effects(&p);
	int plotted;

	if (made) {
		plotted = plots_make(&p.plots, &p);
		errno = 0;
		parts(&p, plotted);
		plots_free(p.plots);
	}
	free(p.effect);
	free(p.arm);
	if (!made)
		return -ENOMEM;
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

static int render(FILE *out, const struct report *r, const struct terminal_style *style)
{
	(void)style;
	return report_html(out, r);
}

const struct report_format report_format_html = {
	.name = "html",
	.help = "one self-contained page with plots",
	.suffix = { ".html", ".htm" },
	.render = render,
};
