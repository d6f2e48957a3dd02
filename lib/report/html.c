// SPDX-License-Identifier: GPL-2.0-only
/* The report as one HTML file: what was found first, then all figures, then what they rest on. */
#include "lib/report/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/gnuplot.h"

/* @plotted: what plots_make() returned, with @why */
static void no_plots(const struct page *p, int plotted, const char *why)
{
	if (!plotted)
		return;
	fputs("<p class=banner><b>No plots.</b> ", p->out);
	if (plotted == -ENOENT) {
		fputs("They are drawn by gnuplot, which is not installed: package ", p->out);
		gnuplot_packages(p->out, "<code>", "</code>");
	} else {
		page_text(p, why);
	}
	fputs(".</p>\n", p->out);
}

static void parts(const struct page *p, int plotted, const char *why)
{
	const struct report_run *run = &p->r->run[0];

	page_begin(p, report_tool(run), run->header.start, html_contents, p);
	html_head(p);
	html_effects(p);
	html_targets(p);
	html_matrix(p);
	html_verdicts(p);
	no_plots(p, plotted, why);
	for (size_t i = 0; i < p->r->nr_questions; i++)
		html_question(p, i);
	html_context(p);
	page_end(p);
}

int report_html(FILE *out, const struct report *r)
{
	struct page p = { .out = out, .r = r };
	bool made = page_choose_colours(&p) && html_take_effects(&p);
	char why[512] = "";
	int plotted;

	if (made) {
		plotted = plots_make(&p.plots, &p, why, sizeof(why));
		errno = 0;
		parts(&p, plotted, why);
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
	.takes = REPORT_TAKES_TARGETS,
	.render = render,
};
