// SPDX-License-Identifier: GPL-2.0-only
/* Distributions: the percentile spectrum and the ECDF, each curve with what the instances leave open. */
#include "lib/report/plot.h"

#include <math.h>
#include <string.h>

#define MAX_POINTS 64
#define MAX_CURVES 20 /* of arms; of subjects of a trace MAX_TRACE_CURVES */
/* Beyond this curves of an ECDF lie on each other: there the spectrum shows what is so. */
#define ECDF_END 0.99

size_t plots_metrics(const struct page *p, const struct report_question *q,
		     const char *metric[MAX_CURVE_METRICS])
{
	size_t nr = 0;

	metric[nr++] = NULL;
	if (!q->from_trace)
		return nr;
	nr = 0;
	for (size_t i = 0; i < 2 * q->nr_results; i++) {
		const struct report_result *r = &p->r->result[q->first_result + i / 2];
		const char *name = i % 2 ? "delay_busy" : r->main_metric;
		bool known = !name || !report_metric_hist(r, name);

		for (size_t k = 0; !known && k < nr; k++)
			known = !strcmp(name, metric[k]);
		if (!known && nr < MAX_CURVE_METRICS)
			metric[nr++] = name;
	}
	return nr;
}

/* ---- curves ---------------------------------------------------------------------------------- */

struct curve {
	const struct report_result *r;
	const struct hist *h; /* NULL: the main distribution */
	uint64_t count;
	unsigned int colour;
	struct plot_band band;
	double x, y, p50; /* where it ends; its median */
};

struct curves {
	size_t nr, nr_left_out;	  /* left out: beyond the most that are drawn together */
	bool time, ribbons, gaps; /* gaps: somewhere there is no ribbon */
	struct curve curve[MAX_CURVES];
};

static void curves_find(struct curves *c, const struct page *p, const struct plot *plot)
{
	const struct report_question *q = &p->r->question[plot->question];
	size_t most = q->from_trace ? MAX_TRACE_CURVES : MAX_CURVES;

	*c = (struct curves){ .time = !strcmp(q->mode, "time") };
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *r = &p->r->result[q->first_result + i];
		const struct hist *h = plot->metric ? report_metric_hist(r, plot->metric) : NULL;
		uint64_t count = !plot->metric ? r->stats.count : h ? h->count : 0;

		if (q->from_trace && i >= most)
			break;
		if (count < PLOT_MIN_VALUES)
			continue;
		if (c->nr == most) {
			c->nr_left_out++;
			continue;
		}
		c->curve[c->nr] = (struct curve){
			.r = r, .h = h, .count = count, .colour = page_colour(p, r->name)
		};
		if (!plot->metric)
			plot_band_make(&c->curve[c->nr].band, r, c->time);
		c->nr++;
	}
}

static void curves_free(struct curves *c)
{
	for (size_t i = 0; i < c->nr; i++)
		plot_band_free(&c->curve[i].band);
}

static double quantile(const struct curve *c, double q)
{
	return c->h ? hist_quantile(c->h, q) : report_quantile(c->r, q);
}

/* The share that ten values lie below, and the one that ten lie beyond. */
static double first_share(const struct curve *c)
{
	return 10 / (double)c->count;
}

/* Of 2^56 values and more it would be 1, which no axis of 1/(1-q) has a place for. */
static double last_share(const struct curve *c)
{
	return 1 - fmax(first_share(c), 1e-12);
}

/* A place of a curve: the share @q, where on the axis of percentiles, the time there, and its interval. */
struct point {
	double q, at, v, lo, hi;
};

/* Places evenly spaced on the logarithmic axis of 1/(1-q), or in the share itself. */
static void curve_points(struct curves *all, struct curve *c, bool spectrum,
			 struct point point[MAX_POINTS])
{
	double begin = spectrum ? log10(1 / (1 - first_share(c))) : first_share(c),
	       end = spectrum ? log10(1 / (1 - last_share(c))) : fmin(last_share(c), ECDF_END);

	for (int i = 0; i < MAX_POINTS; i++) {
		double along = begin + (end - begin) * i / (MAX_POINTS - 1),
		       at = spectrum ? pow(10, along) : 0, q = spectrum ? 1 - 1 / at : along;
		struct band_interval b = plot_band_at(&c->band, q);

		/* An axis of logarithms has no place for 0. */
		point[i] = (struct point){ q, at, fmax(quantile(c, q), 0.1), b.lo, b.hi };
		/* What lies ten values from an end has no interval by its nature. */
		if (isnan(b.lo))
			all->gaps |= q * (double)c->count > 10;
		else
			all->ribbons = true;
		point[i].lo = fmax(b.lo, isnan(b.lo) ? b.lo : 0.1);
	}
}

/* ---- what gnuplot reads ---------------------------------------------------------------------- */

static void write_curve(FILE *gp, size_t n, const struct point *point, bool spectrum)
{
	fprintf(gp, "$d%zu << END\n", n);
	for (int i = 0; i < MAX_POINTS; i++)
		if (spectrum)
			fprintf(gp, "%.5g %.5g\n", point[i].at, point[i].v);
		else
			fprintf(gp, "%.5g %.5g\n", point[i].v, point[i].q);
	fputs("END\n", gp);
}

static void write_place(FILE *gp, const struct point *p, double v, bool spectrum)
{
	if (spectrum)
		fprintf(gp, "%.5g %.5g\n", p->at, v);
	else
		fprintf(gp, "%.5g %.5g\n", v, p->q);
}

/* Each stretch where the interval is known as an outline: along its lower end, and back. */
static bool write_ribbon(FILE *gp, size_t n, const struct point *point, bool spectrum)
{
	bool any = false;

	for (int from = 0, to; from < MAX_POINTS; from = to) {
		for (to = from; to < MAX_POINTS && !isnan(point[to].lo); to++)
			;
		if (to - from < 2) {
			to = to == from ? to + 1 : to;
			continue;
		}
		fprintf(gp, any ? "\n" : "$r%zu << END\n", n);
		any = true;
		for (int i = from; i < to; i++)
			write_place(gp, &point[i], point[i].lo, spectrum);
		for (int i = to; i-- > from;)
			write_place(gp, &point[i], point[i].hi, spectrum);
	}
	if (any)
		fputs("END\n", gp);
	return any;
}

static void write_plot(FILE *gp, const struct curves *c, const bool *ribbon)
{
	char colour[PLOT_COLOUR], dash[PAGE_DASH];
	const char *before = "plot ";

	for (size_t i = 0; i < c->nr; i++) {
		if (!ribbon[i])
			continue;
		fprintf(gp,
			"%s$r%zu using 1:2 with filledcurves closed lc rgb '%s' fs solid noborder",
			before, i, plot_colour(colour, ROLE_RIBBON, c->curve[i].colour));
		before = ", ";
	}
	for (size_t i = 0; i < c->nr; i++) {
		page_dash(dash, c->curve[i].colour);
		fprintf(gp, "%s$d%zu using 1:2 with lines lw 2 dt %s lc rgb '%s'", before, i, dash,
			plot_colour(colour, ROLE_CURVE, c->curve[i].colour));
		before = ", ";
	}
	fputc('\n', gp);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void say_finding(const struct curves *c, FILE *out)
{
	char text[FIGURE];

	for (size_t i = 0; i < c->nr; i++) {
		const struct curve *k = &c->curve[i];
		struct report_stats s = k->h ? report_stats(k->h) : k->r->stats;

		fputs(i ? "; " : "", out);
		plot_name(out, k->r);
		fputs(": ", out);
		plot_ns(out, s.p50);
		fputs(" at p50, ", out);
		if (isnan(s.p99)) {
			fputs("too few values for p99, ", out);
		} else {
			plot_ns(out, s.p99);
			fputs(" at p99, ", out);
		}
		fprintf(out, "%s %s", format_count(text, (double)k->count),
			c->time ? "epochs" : "values");
	}
	fputc('.', out);
}

static void say_ribbon(const struct report_question *q, const struct curves *c, FILE *out)
{
	const char *unit = q->nr_instances ? "instance" : "block";

	if (q->from_trace)
		return;
	if (!c->ribbons)
		fprintf(out, " No ribbons: fewer than %d %ss say nothing of others.",
			BAND_MIN_GROUPS, unit);
	else
		fprintf(out,
			" Ribbon: where the percentile would lie had the %ss been others of their kind, "
			"point by point at %g %%%s.",
			unit, 100 * JUDGE_CONFIDENCE,
			c->gaps ? "; it ends where slow operations came in too few bursts to say"
				: "");
}

static void say_caption(const struct report_question *q, const struct curves *c, const char *what,
			FILE *out)
{
	fputs(what, out);
	say_ribbon(q, c, out);
	if (c->nr_left_out)
		fprintf(out, " %zu more arms are not drawn.", c->nr_left_out);
}

/* ---- spectrum -------------------------------------------------------------------------------- */

bool plot_spectrum(const struct page *p, struct plot *plot, struct plot_out *out)
{
	const struct report_question *q = &p->r->question[plot->question];
	struct plot_extent x = PLOT_NOTHING, y = PLOT_NOTHING;
	struct plot_label label[MAX_CURVES];
	struct point point[MAX_POINTS];
	bool ribbon[MAX_CURVES];
	struct curves c;

	curves_find(&c, p, plot);
	if (!c.nr)
		return false;
	for (size_t i = 0; i < c.nr; i++) {
		struct curve *k = &c.curve[i];

		curve_points(&c, k, true, point);
		write_curve(out->gp, i, point, true);
		ribbon[i] = write_ribbon(out->gp, i, point, true);
		for (int n = 0; n < MAX_POINTS; n++)
			plot_reach(&y, point[n].v);
		k->x = point[MAX_POINTS - 1].at;
		k->y = point[MAX_POINTS - 1].v;
		plot_reach(&x, k->x);
	}
	y = plot_widen(y);
	x = (struct plot_extent){ 1, fmax(x.hi, 2) * 1.05 };
	plot_frame(out->gp);
	plot_percentile_axis(out->gp, x.hi);
	plot_time_axis(out->gp, "y", y);
	for (size_t i = 0; i < c.nr; i++)
		label[i] = (struct plot_label){ c.curve[i].colour, log(c.curve[i].x) / log(x.hi),
						log(c.curve[i].y / y.lo) / log(y.hi / y.lo) };
	plot_labels(out->gp, label, c.nr);
	write_plot(out->gp, &c, ribbon);
	say_finding(&c, out->finding);
	say_caption(q, &c, "time by percentile, as far as ten values lie on either side.",
		    out->caption);
	curves_free(&c);
	return true;
}

/* ---- ECDF ------------------------------------------------------------------------------------ */

/*
 * Curves that rise side by side have their names at different heights, that of the fastest to its
 * left.
 */
static void write_names(FILE *gp, const struct curves *c, struct plot_extent x)
{
	char colour[PLOT_COLOUR];

	for (size_t i = 0; i < c->nr; i++) {
		size_t rank = 0;
		double q, v, along;
		bool left;

		for (size_t k = 0; k < c->nr; k++)
			rank += c->curve[k].p50 < c->curve[i].p50 ||
				(c->curve[k].p50 == c->curve[i].p50 && k < i);
		q = 0.9 - 0.8 * ((double)rank + 0.5) / (double)c->nr;
		v = quantile(&c->curve[i], q);
		along = log(fmax(v, 0.1) / x.lo) / log(x.hi / x.lo);
		left = !rank && c->nr > 1 && along > 0.2;
		fprintf(gp, "set label '@' at graph %.4f,%.4f %s tc rgb '%s'\n",
			along + (left ? -0.012 : 0.012), q, left ? "right" : "left",
			plot_colour(colour, ROLE_NAME, c->curve[i].colour));
	}
}

bool plot_ecdf(const struct page *p, struct plot *plot, struct plot_out *out)
{
	const struct report_question *q = &p->r->question[plot->question];
	struct plot_extent x = PLOT_NOTHING;
	struct point point[MAX_POINTS];
	bool ribbon[MAX_CURVES];
	struct curves c;

	curves_find(&c, p, plot);
	if (!c.nr)
		return false;
	for (size_t i = 0; i < c.nr; i++) {
		curve_points(&c, &c.curve[i], false, point);
		write_curve(out->gp, i, point, false);
		ribbon[i] = write_ribbon(out->gp, i, point, false);
		for (int n = 0; n < MAX_POINTS; n++)
			plot_reach(&x, point[n].v);
		c.curve[i].p50 = quantile(&c.curve[i], 0.5);
	}
	x = plot_widen(x);
	plot_frame(out->gp);
	plot_time_axis(out->gp, "x", x);
	fputs("set yrange [0:1]\nset ytics ('0' 0, '25 %%' 0.25, '50 %%' 0.5, '75 %%' 0.75, '100 %%' 1)\n",
	      out->gp);
	if (c.nr <= MAX_TRACE_CURVES)
		write_names(out->gp, &c, x);
	write_plot(out->gp, &c, ribbon);
	say_finding(&c, out->finding);
	say_caption(q, &c, "share of operations within a time, up to 99 %.", out->caption);
	curves_free(&c);
	return true;
}
