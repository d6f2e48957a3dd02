// SPDX-License-Identifier: GPL-2.0-only
/* All plots of a page: which there are, drawn by one gnuplot process, and given out one by one. */
#include "lib/report/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/report/gnuplot.h"

struct plots {
	char *dir;
	size_t nr, room;
	struct plot *plot; /* by question, kind and metric, all of them rising */
};

static const struct {
	const char *title;
	plot_draw *draw;
} kind_of[NR_PLOTS] = {
	[PLOT_SPECTRUM] = { "Percentile spectrum", plot_spectrum },
	[PLOT_ECDF] = { "ECDF", plot_ecdf },
	[PLOT_SHIFT] = { "Shift function", plot_shift },
	[PLOT_EPOCHS] = { "Epochs", plot_epochs },
	[PLOT_HEAT] = { "Heat map", plot_heat },
};

const char *plots_title(enum plot_kind kind)
{
	return kind_of[kind].title;
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
			"set output '%zu.svg'\n%s",
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

static FILE *open_in(const char *dir, const char *name, const char *mode)
{
	FILE *f = NULL;
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return NULL;
	f = fopen(path, mode);
	free(path);
	return f;
}

static int write_script(struct plots *plots, const struct page *p, char *why, size_t whylen)
{
	FILE *gp = open_in(plots->dir, "script", "wxe");
	int ret = gp ? 0 : -errno;

	if (gp) {
		fputs("set encoding utf8\n", gp);
		ret = add_all(plots, p, gp);
		if (fclose(gp) && !ret)
			ret = -errno;
	}
	if (ret)
		snprintf(why, whylen, "cannot write what gnuplot is to draw: %s", strerror(-ret));
	/* -ENOENT stands for a missing gnuplot. */
	return ret == -ENOENT ? -EIO : ret;
}

int plots_make(struct plots **plots, const struct page *p, char *why, size_t whylen)
{
	struct plots *made = calloc(1, sizeof(*made));
	int ret;

	*plots = NULL;
	if (!made) {
		snprintf(why, whylen, "no memory");
		return -ENOMEM;
	}
	ret = gnuplot_directory(&made->dir, why, whylen);
	if (ret == -ENOENT)
		ret = -EIO;
	if (!ret)
		ret = write_script(made, p, why, whylen);
	if (!ret && made->nr)
		ret = gnuplot_run(made->dir, 0, why, whylen);
	if (ret)
		plots_free(made);
	else
		*plots = made;
	return ret;
}

static void remove_in(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return;
	unlink(path);
	free(path);
}

void plots_free(struct plots *plots)
{
	int kept = errno;
	char name[32];

	if (!plots)
		return;
	for (size_t i = 0; i < plots->nr; i++) {
		snprintf(name, sizeof(name), "%zu.svg", i);
		if (plots->dir)
			remove_in(plots->dir, name);
		forget(&plots->plot[i]);
	}
	if (plots->dir) {
		remove_in(plots->dir, "script");
		remove_in(plots->dir, "said");
		rmdir(plots->dir);
	}
	free(plots->dir);
	free(plots->plot);
	free(plots);
	errno = kept;
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

/* What gnuplot made of number @n, for free(); NULL: nothing. */
static char *drawing_of(const struct plots *plots, size_t n)
{
	char name[32], *svg = NULL;
	size_t room = 0;
	FILE *in;

	snprintf(name, sizeof(name), "%zu.svg", n);
	in = open_in(plots->dir, name, "re");
	if (!in)
		return NULL;
	if (getdelim(&svg, &room, '\0', in) < 0) {
		free(svg);
		svg = NULL;
	}
	fclose(in);
	return svg;
}

void plots_figure(const struct page *p, size_t question, enum plot_kind kind, size_t n,
		  const char *class)
{
	size_t at = find(p->plots, question, kind) + n;
	const struct plot *plot = &p->plots->plot[at];
	/* What writing the page came to before is still to be said. */
	int kept = errno;
	char *svg = drawing_of(p->plots, at);

	errno = kept;

	fprintf(p->out, *class ? "<figure class=%s>" : "<figure>", class);
	fprintf(p->out, "<svg class=plot viewBox=\"0 0 %d %u\" role=img aria-label=\"%s. %s\">\n",
		10 * PLOT_WIDTH, 10 * plot->height, plots_title(kind), plot->finding);
	if (!svg || !plot_take_over(p, svg))
		fputs("<text x=\"100\" y=\"300\">gnuplot has not drawn it.</text>\n", p->out);
	fprintf(p->out, "</svg><figcaption><b>%s</b>", plots_title(kind));
	if (plot->metric) {
		fputs(" of ", p->out);
		page_name(p, plot->metric);
	}
	fprintf(p->out, ": %s</figcaption></figure>\n", plot->caption);
	free(svg);
}
