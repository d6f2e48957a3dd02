// SPDX-License-Identifier: GPL-2.0-only
/* What plots have in common: the frame, axes of times and of percentiles, names beside curves. */
#include "lib/report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

char *plot_colour(char text[PLOT_COLOUR], enum plot_role role, unsigned int number)
{
	snprintf(text, PLOT_COLOUR, "#%02x%04x", role & 0xff, number & 0xffff);
	return text;
}

/* ---- extents --------------------------------------------------------------------------------- */

void plot_reach(struct plot_extent *e, double v)
{
	if (!(v > 0) || !isfinite(v))
		return;
	e->lo = fmin(e->lo, v);
	e->hi = fmax(e->hi, v);
}

struct plot_extent plot_widen(struct plot_extent e)
{
	double margin = fmax(1.04, pow(e.hi / e.lo, 0.04));

	return (struct plot_extent){ e.lo / margin, e.hi * margin };
}

/* ---- the frame ------------------------------------------------------------------------------- */

void plot_frame(FILE *gp)
{
	fprintf(gp,
		"reset\nunset key\nset border 3 lc rgb '#000000'\nset tics nomirror scale 0.5,0.3\n"
		"set grid lc rgb '#808080' lw 1 dt 1\n"
		"set lmargin at screen %g\nset rmargin at screen %g\n"
		"set tmargin at screen %g\nset bmargin at screen %g\n",
		(double)PLOT_LEFT / PLOT_WIDTH, 1 - (double)PLOT_RIGHT / PLOT_WIDTH,
		1 - (double)PLOT_TOP / PLOT_HEIGHT, (double)PLOT_BOTTOM / PLOT_HEIGHT);
}

/* ---- axes ------------------------------------------------------------------------------------ */

/* Digits and unit of a round figure: "5.00 us" is shown as "5 µs". */
static void write_tic(FILE *gp, double v, bool first)
{
	char text[FIGURE], *unit;

	format_ns(text, v);
	unit = strchr(text, ' ');
	fprintf(gp, "%s\"%g %s\" %.6g", first ? "" : ", ", atof(text),
		!strcmp(unit, " us") ? "µs" : unit + 1, v);
}

/* A step of 1, 2 or 5 of some decade that cuts @e into about four. */
static double round_step(struct plot_extent e)
{
	double raw = (e.hi - e.lo) / 4, decade = pow(10, floor(log10(raw)));

	return decade * (raw / decade < 1.5 ? 1 : raw / decade < 3.5 ? 2 : 5);
}

/* Decades when the axis spans many, 1-2-5 when it spans some, even steps when it spans hardly one. */
static void write_time_tics(FILE *gp, struct plot_extent e)
{
	static const double in_decade[] = { 1, 2, 5 };
	double span = e.hi / e.lo, step = round_step(e);
	size_t per_decade = span < 60 ? 3 : 1;
	bool first = true;

	if (span < 5) {
		for (double v = ceil(e.lo / step) * step; v <= e.hi; v += step, first = false)
			write_tic(gp, v, first);
		return;
	}
	for (int decade = -2; decade < 13; decade++) {
		for (size_t i = 0; i < per_decade; i++) {
			double v = in_decade[i] * pow(10, decade);

			if (v < e.lo || v > e.hi)
				continue;
			write_tic(gp, v, first);
			first = false;
		}
	}
}

void plot_time_axis(FILE *gp, const char *axis, struct plot_extent e)
{
	fprintf(gp, "set logscale %s\nset %srange [%.7g:%.7g]\nset %stics (", axis, axis, e.lo,
		e.hi, axis);
	write_time_tics(gp, e);
	fputs(")\n", gp);
}

void plot_time_axis_of_few(FILE *gp, const char *axis, struct plot_extent e)
{
	int every = (int)ceil(log10(e.hi / e.lo) / 3), first = (int)ceil(log10(e.lo) - 1e-9);
	bool any = false;

	if (e.hi / e.lo < 30) {
		plot_time_axis(gp, axis, e);
		return;
	}
	fprintf(gp, "set logscale %s\nset %srange [%.7g:%.7g]\nset %stics (", axis, axis, e.lo,
		e.hi, axis);
	for (int decade = first; pow(10, decade) <= e.hi; decade += every, any = true)
		write_tic(gp, pow(10, decade), !any);
	fputs(")\n", gp);
}

static void ratio_tic(FILE *gp, double ratio, bool first)
{
	fputs(first ? "" : ", ", gp);
	if (ratio > 1)
		fprintf(gp, "'×%g' %.6g", ratio, ratio);
	else if (ratio < 1)
		fprintf(gp, "'÷%g' %.6g", 1 / ratio, ratio);
	else
		fputs("'1' 1", gp);
}

/* Per cent while the ratios are near 1, else times: ×2, ×5, ÷2, ... */
static void write_ratio_tics(FILE *gp, struct plot_extent e)
{
	static const double few[] = { 1, 2, 5 }, many[] = { 1, 1.5, 2, 3, 5, 7 };
	const double *in_decade = e.hi / e.lo < 12 ? many : few;
	size_t nr = e.hi / e.lo < 12 ? 6 : e.hi / e.lo < 200 ? 3 : 1;
	double step = 100 * round_step(e);
	bool first = true;

	if (e.hi / e.lo < 2.2) {
		for (double v = ceil(100 * (e.lo - 1) / step); v * step <= 100 * (e.hi - 1);
		     v++, first = false)
			fprintf(gp, "%s'%s%g%s' %.6g", first ? "" : ", ",
				v > 0	? "+"
				: v < 0 ? "−"
					: "",
				fabs(v * step), v != 0 ? " %%" : "", 1 + v * step / 100);
		return;
	}
	/* From 1 upwards, and the same downwards. */
	for (int decade = -6; decade <= 6; decade++)
		for (size_t i = 0; i < nr; i++) {
			double above = in_decade[decade < 0 ? nr - 1 - i : i] *
				       pow(10, decade < 0 ? -decade - 1 : decade),
			       v = decade < 0 ? 1 / above : above;

			if (v < e.lo || v > e.hi || (decade < 0 && above <= 1))
				continue;
			ratio_tic(gp, v, first);
			first = false;
		}
}

void plot_ratio_axis(FILE *gp, struct plot_extent e)
{
	fprintf(gp, "set logscale y\nset yrange [%.7g:%.7g]\nset ytics (", e.lo, e.hi);
	write_ratio_tics(gp, e);
	fputs(")\n", gp);
}

void plot_percentile_axis(FILE *gp, double hi)
{
	/* Of many decades on a narrow page, the first two would stand on one another. */
	fprintf(gp,
		"set logscale x\nset xrange [1:%.7g]\nset xtics (%s'p50' 2, 'p90' 10, 'p99' 100, "
		"'p99.9' 1e3, 'p99.99' 1e4, 'p99.999' 1e5, 'p99.9999' 1e6)\n",
		fmax(hi, 2) * 1.05, hi < 2e3 ? "'p0' 1, " : "");
}

/* ---- names ----------------------------------------------------------------------------------- */

#define LINE 0.062 /* of the frame's height */

static int by_place(const void *a, const void *b)
{
	const struct plot_label *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->colour > y->colour) - (x->colour < y->colour);
}

/* Each a line above the one before, as little as possible out of its place, none above the frame. */
static void move_apart(struct plot_label *label, double *at, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		at[i] = i ? fmax(label[i].at, at[i - 1] + LINE) : label[i].at;
	/* Those that were pushed share it with those that pushed: down by half, then apart again. */
	for (int round = 0; round < 8; round++) {
		for (size_t i = nr; i-- > 0;) {
			double limit = i + 1 < nr ? at[i + 1] - LINE : 1;

			at[i] = fmin(at[i] > label[i].at ? (at[i] + label[i].at) / 2 : at[i],
				     limit);
		}
		for (size_t i = 0; i < nr; i++)
			at[i] = fmax(at[i], i ? at[i - 1] + LINE : 0);
	}
}

void plot_labels(FILE *gp, struct plot_label *label, size_t nr)
{
	char colour[PLOT_COLOUR];
	double at[(size_t)(1 / LINE) + 1];

	if (!nr || nr > sizeof(at) / sizeof(at[0]))
		return;
	qsort(label, nr, sizeof(*label), by_place);
	move_apart(label, at, nr);
	for (size_t i = 0; i < nr; i++) {
		plot_colour(colour, ROLE_NAME, label[i].colour);
		fprintf(gp,
			"set arrow from graph %.4f,%.4f to graph 1.016,%.4f nohead lw 1 lc rgb '%s'\n"
			"set label '@' at graph 1.022,%.4f tc rgb '%s'\n",
			label[i].x, label[i].at, at[i], colour, at[i] - 0.003, colour);
	}
}
