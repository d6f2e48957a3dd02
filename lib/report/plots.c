// SPDX-License-Identifier: GPL-2.0-only
/* All plots of a page: which there are, drawn by one gnuplot process, and given out one by one. */
#include "lib/report/plot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/gnuplot.h"

/* Before the number of the plot that follows in what gnuplot writes. */
#define MARK "plot number "

struct plots {
	char *drawn; /* all that gnuplot wrote */
	size_t nr, room;
	struct plot *plot; /* by question, kind and metric, all of them rising */
};

static const struct {
	const char *title, *choice, *file; /* file: in its name */
	plot_draw *draw;
} kind_of[NR_PLOTS] = {
	[PLOT_SPECTRUM] = { "Percentile spectrum", "Percentile spectrum", "spectrum",
			    plot_spectrum },
	[PLOT_ECDF] = { "ECDF", "ECDF", "ecdf", plot_ecdf },
	[PLOT_SHIFT] = { "Shift function", NULL, "shift", plot_shift },
	[PLOT_EPOCHS] = { "Epochs", NULL, "epochs", plot_epochs },
	[PLOT_HEAT] = { "Heat map", NULL, "heat", plot_heat },
	[PLOT_MATRIX] = { "Waits from CPU to CPU", "median", "matrix", plot_matrix },
	[PLOT_MATRIX_P99] = { "Waits from CPU to CPU, p99", "p99", "matrix-p99", plot_matrix_p99 },
};

const char *plots_title(enum plot_kind kind)
{
	return kind_of[kind].title;
}

const char *plots_choice(enum plot_kind kind)
{
	return kind_of[kind].choice;
}

/* ---- drawing --------------------------------------------------------------------------------- */

static void forget(struct plot *plot)
{
	free(plot->finding);
	free(plot->caption);
}

/* The next of @plots: @like with what is drawn of it to @gp. Return: 0 or -ENOMEM */
static int add(struct plots *plots, const struct page *p, struct plot like, FILE *gp)
{
	size_t length[3];
	char *script = NULL;
	struct plot_out out = { NULL, NULL, NULL };
	struct plot *grown;
	bool drawn = false;

	if (plots->nr == plots->room) {
		plots->room = plots->room ? 2 * plots->room : 64;
		grown = reallocarray(plots->plot, plots->room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		plots->plot = grown;
	}
	out.gp = open_memstream(&script, &length[0]);
	out.finding = open_memstream(&like.finding, &length[1]);
	out.caption = open_memstream(&like.caption, &length[2]);
	if (out.gp && out.finding && out.caption)
		drawn = kind_of[like.kind].draw(p, &like, &out);
	if (out.gp)
		fclose(out.gp);
	if (out.finding)
		fclose(out.finding);
	if (out.caption)
		fclose(out.caption);
	if (drawn) {
		fprintf(gp,
			"set terminal svg size %d,%u dynamic font 'sans-serif,12' noenhanced\n"
			"print '" MARK "%zu'\n%s",
			PLOT_WIDTH, like.height, plots->nr, script);
		plots->plot[plots->nr++] = like;
	} else {
		forget(&like);
	}
	free(script);
	return out.gp && out.finding && out.caption ? 0 : -ENOMEM;
}

static int add_all(struct plots *plots, const struct page *p, FILE *gp)
{
	const char *metric[MAX_CURVE_METRICS];
	int ret = 0;

	for (size_t i = 0; i < p->r->nr_questions; i++) {
		size_t nr = plots_metrics(p, &p->r->question[i], metric);

		for (enum plot_kind kind = 0; kind < NR_PLOTS; kind++)
			for (size_t m = 0; !ret && m < (kind <= PLOT_ECDF ? nr : 1); m++)
				ret = add(plots, p,
					  (struct plot){ .kind = kind,
							 .question = i,
							 .metric = metric[m],
							 .height = PLOT_HEIGHT },
					  gp);
	}
	return ret;
}

/* What gnuplot is to read, for free(); NULL: no memory */
static char *write_script(struct plots *plots, const struct page *p)
{
	char *script = NULL;
	size_t length;
	FILE *gp = open_memstream(&script, &length);
	int ret;

	if (!gp)
		return NULL;
	fputs("set encoding utf8\nset print '-'\n", gp);
	ret = add_all(plots, p, gp);
	if (!fclose(gp) && !ret)
		return script;
	free(script);
	return NULL;
}

/* Each drawing stands between the line that announces it and that of the next. */
static void find_drawings(struct plots *plots)
{
	char line[48], *at = plots->drawn, *begin;

	for (size_t i = 0; i < plots->nr; i++) {
		snprintf(line, sizeof(line), MARK "%zu\n", i);
		begin = strstr(at, line);
		if (!begin)
			return;
		/* The one before ends here. */
		*begin = '\0';
		at = begin + strlen(line);
		plots->plot[i].svg = at;
	}
}

static int draw(struct plots *plots, const struct page *p, char *why, size_t whylen)
{
	char *script = write_script(plots, p);
	int ret;

	if (!script) {
		snprintf(why, whylen, "out of memory");
		return -ENOMEM;
	}
	ret = plots->nr ? gnuplot_run(script, 0, &plots->drawn, why, whylen) : 0;
	free(script);
	if (!ret && plots->nr)
		find_drawings(plots);
	return ret;
}

int plots_make(struct plots **plots, const struct page *p, char *why, size_t whylen)
{
	struct plots *made;
	int ret = gnuplot_find(why, whylen); /* before all that takes time */

	*plots = NULL;
	if (ret)
		return ret;
	made = calloc(1, sizeof(*made));
	if (!made) {
		snprintf(why, whylen, "out of memory");
		return -ENOMEM;
	}
	ret = draw(made, p, why, whylen);
	if (ret)
		plots_free(made);
	else
		*plots = made;
	return ret;
}

void plots_free(struct plots *plots)
{
	if (!plots)
		return;
	for (size_t i = 0; i < plots->nr; i++)
		forget(&plots->plot[i]);
	free(plots->drawn);
	free(plots->plot);
	free(plots);
}

/* ---- giving out ------------------------------------------------------------------------------ */

/* The first that is not before @question and @kind. */
static size_t find(const struct plots *plots, size_t question, enum plot_kind kind)
{
	size_t from = 0, to = plots->nr;

	while (from < to) {
		size_t mid = (from + to) / 2;
		const struct plot *m = &plots->plot[mid];

		if (m->question < question || (m->question == question && m->kind < kind))
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static bool is_of(const struct plots *plots, size_t n, size_t question, enum plot_kind kind)
{
	return n < plots->nr && plots->plot[n].question == question && plots->plot[n].kind == kind;
}

size_t plots_nr(const struct page *p, size_t question, enum plot_kind kind)
{
	size_t first, nr = 0;

	if (!p->plots)
		return 0;
	first = find(p->plots, question, kind);
	while (is_of(p->plots, first + nr, question, kind))
		nr++;
	return nr;
}

void plots_figure(const struct page *p, size_t question, enum plot_kind kind, size_t n,
		  const char *class)
{
	size_t at = find(p->plots, question, kind) + n;
	const struct plot *plot = &p->plots->plot[at];

	fprintf(p->out, *class ? "<figure class=%s>" : "<figure>", class);
	fprintf(p->out, "<svg class=plot viewBox=\"0 0 %d %u\" role=img aria-label=\"%s. %s\">\n",
		10 * PLOT_WIDTH, 10 * plot->height, plots_title(kind), plot->finding);
	if (!plot_take_over(p, plot->svg))
		fputs("<text x=\"100\" y=\"300\">gnuplot has not drawn it.</text>\n", p->out);
	fprintf(p->out, "</svg><figcaption><b>%s</b>", plots_title(kind));
	if (plot->metric) {
		fputs(" of ", p->out);
		page_name(p, plot->metric);
	}
	fprintf(p->out, ": %s</figcaption></figure>\n", plot->caption);
}

void plots_write_style(const struct page *p)
{
	fprintf(p->out, "%s%s", plot_style, plots_style);
}

/* ---- files ----------------------------------------------------------------------------------- */

static int save(const struct page *p, const char *dir, bool replace, char *err, size_t errlen)
{
	const struct plots *plots = p->plots;
	char **name = calloc(plots->nr + 1, sizeof(*name));
	int ret = name ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < plots->nr; i++) {
		name[i] = plot_file_name(p->r, &plots->plot[i], kind_of[plots->plot[i].kind].file);
		ret = name[i] ? 0 : -ENOMEM;
	}
	if (ret)
		snprintf(err, errlen, "out of memory");
	else
		ret = plot_write_files(p, plots->plot, plots->nr, name, dir, replace, err, errlen);
	for (size_t i = 0; name && i < plots->nr; i++)
		free(name[i]);
	free(name);
	return ret;
}

ssize_t plots_save(const struct report *r, const char *dir, bool replace, char *err, size_t errlen)
{
	struct page p = { .r = r };
	ssize_t ret = -ENOMEM;
	char why[512] = "out of memory";

	if (page_choose_colours(&p))
		ret = plots_make(&p.plots, &p, why, sizeof(why));
	if (ret)
		snprintf(err, errlen, "no plots: %s", why);
	else
		ret = save(&p, dir, replace, err, errlen);
	if (!ret)
		ret = (ssize_t)p.plots->nr;
	plots_free(p.plots);
	free(p.arm);
	return ret;
}
