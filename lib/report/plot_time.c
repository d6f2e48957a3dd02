// SPDX-License-Identifier: GPL-2.0-only
/* Epochs in the order of time: how far each arm's lie from its own median, and where that drifts. */
#include "lib/report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PANEL	    58
#define MAX_POINTS  160
#define LEAST_RANGE 0.01 /* as a share of the median: what the panels show at least */
#define MOST_RANGE  1
/* Of the median that runs along: on either side a twelfth of the points */
#define WINDOW 12

/* What one place of a panel stands for: one epoch, or neighbours taken together. */
struct point {
	double when, lo, hi, median;
};

struct epoch {
	double when, ns;
};

struct series {
	struct epoch *epoch; /* as they came */
	size_t nr;
	double median, spread; /* spread: of the share from it, that nine in ten stay within */
	double first, second;  /* medians of the halves */
	size_t beyond;	       /* drawn at the edge */
	size_t nr_points;
	struct point point[MAX_POINTS];
};

static int by_time(const void *a, const void *b)
{
	const struct epoch *x = a, *y = b;

	return (x->when > y->when) - (x->when < y->when);
}

static double median_of(const struct epoch *e, size_t nr, double *scratch)
{
	for (size_t i = 0; i < nr; i++)
		scratch[i] = e[i].ns;
	return stat_median(scratch, nr);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void take_points(struct series *s, double *scratch)
{
	size_t each = (s->nr + MAX_POINTS - 1) / MAX_POINTS;

	s->nr_points = each ? (s->nr + each - 1) / each : 0;
	for (size_t i = 0; i < s->nr_points; i++) {
		size_t from = i * s->nr / s->nr_points, to = (i + 1) * s->nr / s->nr_points;
		struct point *p = &s->point[i];

		*p = (struct point){ .lo = INFINITY, .hi = 0 };
		for (size_t k = from; k < to; k++) {
			p->when += s->epoch[k].when / (double)(to - from);
			p->lo = fmin(p->lo, s->epoch[k].ns);
			p->hi = fmax(p->hi, s->epoch[k].ns);
		}
	}
	/* The running median is that of all epochs around, not of the points. */
	for (size_t i = 0; i < s->nr_points; i++) {
		size_t middle = (2 * i + 1) * s->nr / (2 * s->nr_points),
		       half = s->nr / (2 * WINDOW) + 1, from = middle > half ? middle - half : 0,
		       to = middle + half < s->nr ? middle + half + 1 : s->nr;

		s->point[i].median = median_of(s->epoch + from, to - from, scratch);
	}
}

/* Return: false: no memory, or nothing but zeros */
static bool series_take(struct series *s, const struct report_question *q,
			const struct report_result *r, size_t nr)
{
	double *scratch = malloc((nr + 1) * sizeof(*scratch));

	*s = (struct series){ .epoch = malloc((nr + 1) * sizeof(*s->epoch)) };
	if (!scratch || !s->epoch) {
		free(scratch);
		return false;
	}
	for (size_t i = 0; i < r->nr_parts; i++)
		for (size_t k = 0; k < r->part[i].nr_passes; k++) {
			const struct report_pass *pass = &r->part[i].pass[k];

			if (pass->p50 >= 0 && isfinite(pass->p50))
				s->epoch[s->nr++] =
					(struct epoch){ plot_when(q, &r->part[i], pass->start_ns),
							pass->p50 };
		}
	qsort(s->epoch, s->nr, sizeof(*s->epoch), by_time);
	s->median = median_of(s->epoch, s->nr, scratch);
	if (s->median > 0) {
		s->first = median_of(s->epoch, s->nr / 2, scratch);
		s->second = median_of(s->epoch + s->nr / 2, s->nr - s->nr / 2, scratch);
		for (size_t i = 0; i < s->nr; i++)
			scratch[i] = fabs(s->epoch[i].ns / s->median - 1);
		qsort(scratch, s->nr, sizeof(*scratch), by_size);
		s->spread = scratch[s->nr * 9 / 10];
		take_points(s, scratch);
	}
	free(scratch);
	return s->median > 0;
}

/* A range that suits most of the arms: one that varies ten times as much must not flatten the others. */
static double range_of(const struct series *s, size_t nr)
{
	double spread[PLOT_MAX_PANELS];

	for (size_t i = 0; i < nr; i++)
		spread[i] = s[i].spread;
	qsort(spread, nr, sizeof(*spread), by_size);
	return fmin(fmax(1.3 * spread[(nr - 1) * 2 / 3], LEAST_RANGE), MOST_RANGE);
}

/* ---- what gnuplot reads ---------------------------------------------------------------------- */

static double share(const struct series *s, double ns, double range)
{
	return fmin(fmax(ns / s->median - 1, -range), range);
}

static void write_points(FILE *gp, const struct series *s, double range)
{
	fputs("$e << END\n", gp);
	for (size_t i = 0; i < s->nr_points; i++) {
		const struct point *p = &s->point[i];

		fprintf(gp, "%.6g %.5g %.5g %.5g\n", p->when, share(s, p->lo, range),
			share(s, p->hi, range), share(s, p->median, range));
	}
	fputs("END\n", gp);
}

static void write_panel(FILE *gp, const struct page *p, const struct plot_panels *panels, size_t n,
			const struct series *s, double range)
{
	char colour[PLOT_COLOUR];
	unsigned int number = page_colour(p, panels->arm[n]->name);
	double tic = 0.95 * range, decade = pow(10, floor(log10(tic))), round = tic / decade;

	round = (round < 2 ? 1 : round < 3 ? 2 : round < 5 ? 3 : round < 7 ? 5 : 7) * decade;
	write_points(gp, s, range);
	plot_panel(gp, p, panels, n, PANEL);
	fprintf(gp, "set yrange [%.5g:%.5g]\nset ytics ('+%g %%%%' %.5g, '0' 0, '−%g %%%%' %.5g)\n",
		-1.04 * range, 1.04 * range, 100 * round, round, 100 * round, -round);
	if (s->nr <= MAX_POINTS)
		fprintf(gp, "plot $e using 1:2 with points pt 7 ps 0.2 lc rgb '%s'",
			plot_colour(colour, ROLE_POINTS, number));
	else
		fprintf(gp, "plot $e using 1:2:(0):($3-$2) with vectors nohead lc rgb '%s'",
			plot_colour(colour, ROLE_EXTENT, number));
	fprintf(gp, ", $e using 1:4 with lines lc rgb '%s'\n",
		plot_colour(colour, ROLE_CURVE, number));
}

/* ---- words ----------------------------------------------------------------------------------- */

static void say(FILE *out, const struct report_result *r, const struct series *s)
{
	char drift[FIGURE];

	plot_name(out, r);
	fprintf(out, ": %zu epochs, median ", s->nr);
	plot_ns(out, s->median);
	fprintf(out, ", the second half %s%s from the first, nine in ten within ±",
		s->second >= s->first ? "+" : "", format_percent(drift, s->second / s->first - 1));
	fputs(format_percent(drift, s->spread), out);
	if (s->beyond)
		fprintf(out, ", %zu beyond the frame", s->beyond);
	fputs(". ", out);
}

static void say_caption(const struct plot_panels *panels, const struct series *s, double range,
			FILE *out)
{
	size_t beyond = 0, most = 0;
	char text[FIGURE];

	for (size_t i = 0; i < panels->nr; i++) {
		beyond += s[i].beyond;
		most = s[i].nr > most ? s[i].nr : most;
	}
	fprintf(out,
		"how far each lies from its arm's own median, in the order of time; line: the running median%s.",
		most > MAX_POINTS ? "; a bar stands for neighbours, from the lowest to the highest"
				  : "");
	if (beyond)
		fprintf(out, " %zu lie beyond ±%s and are drawn at the edge.", beyond,
			format_percent(text, range));
	plot_say_noise(out, panels->q);
	plot_say_panels_left_out(out, panels);
}

bool plot_epochs(const struct page *p, struct plot *plot, struct plot_out *out)
{
	struct series *s = calloc(PLOT_MAX_PANELS, sizeof(*s));
	struct plot_panels panels;
	bool drawn = s != NULL;
	double range = 0;

	plot_panels_find(&panels, p, plot);
	drawn &= panels.nr > 0;
	for (size_t i = 0; drawn && i < panels.nr; i++)
		drawn = series_take(&s[i], panels.q, panels.arm[i], panels.nr_passes[i]);
	if (drawn) {
		range = range_of(s, panels.nr);
		plot->height = plot_panels_height(&panels, PANEL);
		plot_panels_begin(out->gp);
	}
	for (size_t i = 0; drawn && i < panels.nr; i++) {
		for (size_t k = 0; k < s[i].nr; k++)
			s[i].beyond += fabs(s[i].epoch[k].ns / s[i].median - 1) > range;
		write_panel(out->gp, p, &panels, i, &s[i], range);
		say(out->finding, panels.arm[i], &s[i]);
	}
	if (drawn) {
		plot_panels_end(out->gp);
		say_caption(&panels, s, range, out->caption);
	}
	for (size_t i = 0; s && i < PLOT_MAX_PANELS; i++)
		free(s[i].epoch);
	free(s);
	return drawn;
}
