// SPDX-License-Identifier: GPL-2.0-only
/* Over time: one panel per arm above the other, with one axis of time, and what was noisy behind them. */
#include "lib/report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOP    6
#define BOTTOM 26
#define GAP    12

static double end_of(const struct report_stretch *s)
{
	return ((double)s->at_ns + (double)(s->to_ns - s->from_ns)) / 1e9;
}

/* ---- which arms ------------------------------------------------------------------------------ */

void plot_panels_find(struct plot_panels *s, const struct page *p, const struct plot *plot)
{
	const struct report_question *q = &p->r->question[plot->question];

	*s = (struct plot_panels){ .q = q };
	if (q->from_trace)
		return;
	for (size_t i = 0; i < q->nr_parts; i++)
		s->span = fmax(s->span, end_of(&q->stretch[i]));
	if (!(s->span > 0))
		return;
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *r = &p->r->result[q->first_result + i];
		size_t nr = 0;

		for (size_t k = 0; k < r->nr_parts; k++)
			nr += r->part[k].nr_passes;
		if (nr < PLOT_MIN_PASSES)
			continue;
		if (s->nr == PLOT_MAX_PANELS) {
			s->nr_left_out++;
			continue;
		}
		s->nr_passes[s->nr] = nr;
		s->arm[s->nr++] = r;
	}
}

/* ---- the axis -------------------------------------------------------------------------------- */

double plot_when(const struct report_question *q, const struct report_part *part, uint64_t ns)
{
	const struct report_stretch *s = &q->stretch[part->at];

	return ((double)s->at_ns + (double)ns - (double)s->from_ns) / 1e9;
}

static double unit_of(double span, const char **name)
{
	static const struct {
		double s;
		const char *name;
	} units[] = { { 3600, "h" }, { 60, "min" }, { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "µs" } };
	size_t i = 0;

	while (i + 1 < sizeof(units) / sizeof(units[0]) && span < units[i].s)
		i++;
	*name = units[i].name;
	return units[i].s;
}

/* Seconds in round figures; the last panel has the words. */
static void time_tics(FILE *gp, double span, bool words)
{
	const char *name;
	double unit = unit_of(span, &name), raw = span / unit / 4,
	       decade = pow(10, floor(log10(raw))),
	       step = decade * (raw / decade < 1.5 ? 1
				: raw / decade < 3 ? 2
				: raw / decade < 7 ? 5
						   : 10);

	fprintf(gp, "set xrange [0:%.7g]\nset xtics (", span);
	for (int i = 0; i * step * unit <= span; i++) {
		fprintf(gp, i ? ", '" : "'");
		if (words)
			fprintf(gp, "%.6g %s", i * step, name);
		fprintf(gp, "' %.7g", i * step * unit);
	}
	fputs(")\n", gp);
}

/* Noisy neighbours together. */
static void noise(FILE *gp, const struct report_question *q)
{
	char colour[PLOT_COLOUR];
	double from = NAN, to = 0;

	plot_colour(colour, ROLE_NOISE, 0);
	for (size_t i = 0; i <= q->nr_parts; i++) {
		const struct report_stretch *s = &q->stretch[i];
		bool noisy = i < q->nr_parts && s->noisy && s->from_ns < s->to_ns;

		if (!noisy) {
			if (!isnan(from))
				fprintf(gp,
					"set object rectangle from %.7g, graph 0 to %.7g, graph 1 "
					"fc rgb '%s' fs solid noborder behind\n",
					from, to, colour);
			from = NAN;
			continue;
		}
		if (isnan(from))
			from = (double)s->at_ns / 1e9;
		to = end_of(s);
	}
}

/* Where another run begins. */
static void runs(FILE *gp, const struct report_question *q)
{
	char colour[PLOT_COLOUR];

	plot_colour(colour, ROLE_LEVEL, 0);
	for (size_t i = 1; i < q->nr_parts; i++)
		if (q->stretch[i].run != q->stretch[i - 1].run)
			fprintf(gp,
				"set arrow from %.7g, graph 0 to %.7g, graph 1 nohead lw 1 lc rgb '%s'\n",
				(double)q->stretch[i].at_ns / 1e9,
				(double)q->stretch[i].at_ns / 1e9, colour);
}

/* ---- panels ---------------------------------------------------------------------------------- */

unsigned int plot_panels_height(const struct plot_panels *s, unsigned int each)
{
	return (unsigned int)(TOP + BOTTOM + s->nr * each + (s->nr - 1) * GAP);
}

void plot_panels_begin(FILE *gp)
{
	fputs("set multiplot\n", gp);
}

void plot_panel(FILE *gp, const struct page *p, const struct plot_panels *s, size_t n,
		unsigned int each)
{
	double height = plot_panels_height(s, each), top = (double)(TOP + n * (each + GAP));
	char colour[PLOT_COLOUR];

	plot_frame(gp);
	fprintf(gp,
		"set tmargin at screen %.5f\nset bmargin at screen %.5f\nset grid noxtics ytics\n",
		1 - top / height, 1 - (top + each) / height);
	time_tics(gp, s->span, n + 1 == s->nr);
	noise(gp, s->q);
	runs(gp, s->q);
	fprintf(gp, "set label '@' at graph 1.022, 0.5 tc rgb '%s'\n",
		plot_colour(colour, ROLE_NAME, page_colour(p, s->arm[n]->name)));
}

void plot_panels_end(FILE *gp)
{
	fputs("unset multiplot\n", gp);
}

/* ---- words ----------------------------------------------------------------------------------- */

void plot_say_noise(FILE *out, const struct report_question *q)
{
	size_t nr = 0, runs = q->nr_parts > 0;

	for (size_t i = 0; i < q->nr_parts; i++) {
		nr += q->stretch[i].noisy;
		runs += i && q->stretch[i].run != q->stretch[i - 1].run;
	}
	if (nr)
		fprintf(out, " Shaded: %zu of %zu %ss lie in noisy half seconds.", nr, q->nr_parts,
			q->nr_instances ? "instance" : "block");
	else if (q->noise.nr_windows)
		fputs(" No half second was noisy.", out);
	else
		fputs(" Too short to say whether anything disturbed it.", out);
	if (runs > 1)
		fprintf(out, " %zu runs one after another, a line between them.", runs);
}

void plot_say_panels_left_out(FILE *out, const struct plot_panels *s)
{
	if (s->nr_left_out)
		fprintf(out, " %zu more arms are not drawn.", s->nr_left_out);
}
