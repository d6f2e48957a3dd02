// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shift function: by how much each percentile of an arm differs from the same one of what the arm
 * is compared with. An arm may be as fast as another for most operations, and slower for the rest.
 */
#include "lib/report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARMS   12
#define MAX_POINTS 64

/* Where intervals are computed; between these the ribbon is straight. */
static const double share_at[] = { 0.05, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.997, 0.999, 0.9999 };
#define NR_SHARES (sizeof(share_at) / sizeof(share_at[0]))

struct interval {
	double ratio, lo, hi; /* NAN: not known */
};

struct shift {
	const struct report_result *arm, *base;
	double last; /* largest share that ten values of both lie beyond */
	struct interval at[NR_SHARES];
	size_t nr; /* points of the curve */
	struct plot_place {
		double x, ratio;
	} point[MAX_POINTS];
};

struct workspace {
	void *memory; /* of tail_compare() */
	const struct tail_sample **a, **b;
	double *scratch;
	size_t nr; /* parts that there is room for */
};

static void workspace_free(struct workspace *w)
{
	free(w->memory);
	free(w->a);
	free(w->b);
	free(w->scratch);
}

static bool workspace_make(struct workspace *w, const struct report_question *q)
{
	size_t nr = q->nr_parts + 1;

	*w = (struct workspace){
		.memory = malloc(tail_memory()),
		.a = calloc(nr, sizeof(*w->a)),
		.b = calloc(nr, sizeof(*w->b)),
		.scratch = calloc(nr + 2 * JUDGE_MAX_PAIRS, sizeof(*w->scratch)),
		.nr = nr,
	};
	return w->memory && w->a && w->b && w->scratch;
}

/* ---- operations ------------------------------------------------------------------------------ */

/* The parts that both were in. Return: how many */
static size_t gather(struct workspace *w, const struct shift *s)
{
	size_t nr = 0;

	for (size_t i = 0, k = 0; i < s->base->nr_parts && k < s->arm->nr_parts;) {
		const struct report_part *a = &s->base->part[i], *b = &s->arm->part[k];

		i += a->at <= b->at;
		k += b->at <= a->at;
		if (a->at != b->at || !a->sample.tail.nr_buckets || !b->sample.tail.nr_buckets)
			continue;
		w->a[nr] = &a->sample.tail;
		w->b[nr++] = &b->sample.tail;
	}
	return nr;
}

static void take_operations(struct shift *s, struct workspace *w)
{
	struct tail_stretches t = { .nr = gather(w, s), .a = w->a, .b = w->b };

	for (size_t i = 0; i < NR_SHARES; i++) {
		struct tail_interval v;

		s->at[i] = (struct interval){ NAN, NAN, NAN };
		if (share_at[i] > s->last)
			continue;
		v = tail_compare(&t, share_at[i], PLOT_Z, w->memory);
		s->at[i] = (struct interval){ v.ratio, v.lo, v.hi };
	}
}

static void take_curve(struct shift *s)
{
	double begin = log10(1 / s->last), end = log10(1 / (1 - s->last));

	for (int i = 0; i < MAX_POINTS; i++) {
		double x = pow(10, begin + (end - begin) * i / (MAX_POINTS - 1)), q = 1 - 1 / x,
		       ratio = report_quantile(s->arm, q) / report_quantile(s->base, q);

		if (isfinite(ratio) && ratio > 0)
			s->point[s->nr++] = (struct plot_place){ x, ratio };
	}
}

/* ---- epochs ---------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of the epochs of one instance; @scratch: room for them. */
static double part_quantile(const struct report_part *p, double q, double *scratch)
{
	double at;
	size_t below;

	if (!p->nr_passes || p->nr_passes > JUDGE_MAX_PAIRS)
		return NAN;
	for (size_t i = 0; i < p->nr_passes; i++)
		scratch[i] = p->pass[i].p50;
	qsort(scratch, p->nr_passes, sizeof(*scratch), by_size);
	at = q * (double)(p->nr_passes - 1);
	below = (size_t)at;
	if (below + 1 >= p->nr_passes)
		return scratch[p->nr_passes - 1];
	return scratch[below] + (at - (double)below) * (scratch[below + 1] - scratch[below]);
}

/*
 * Mode "time" has one value per epoch: per instance the ratio of the epochs' quantiles, over the
 * instances the median of these with the exact interval of order statistics, as p50 is judged.
 */
static struct interval of_epochs(const struct shift *s, double q, struct workspace *w)
{
	double *ratio = w->scratch, *room = w->scratch + w->nr;
	struct interval v = { NAN, NAN, NAN };
	size_t nr = 0, lo, hi;

	for (size_t i = 0, k = 0; i < s->base->nr_parts && k < s->arm->nr_parts;) {
		const struct report_part *a = &s->base->part[i], *b = &s->arm->part[k];
		double here;

		i += a->at <= b->at;
		k += b->at <= a->at;
		if (a->at != b->at)
			continue;
		here = part_quantile(b, q, room) / part_quantile(a, q, room);
		if (isfinite(here) && here > 0)
			ratio[nr++] = here;
	}
	if (!nr)
		return v;
	v.ratio = stat_median(ratio, nr); /* and sorts */
	if (nr >= JUDGE_MIN_INSTANCES && stat_median_interval(nr, JUDGE_CONFIDENCE, &lo, &hi) > 0) {
		v.lo = ratio[lo];
		v.hi = ratio[hi];
	}
	return v;
}

static void take_epochs(struct shift *s, struct workspace *w)
{
	for (size_t i = 0; i < NR_SHARES; i++) {
		s->at[i] = (struct interval){ NAN, NAN, NAN };
		/* Instances have ten epochs or so. */
		if (share_at[i] > 0.9)
			continue;
		s->at[i] = of_epochs(s, share_at[i], w);
		if (!isnan(s->at[i].ratio))
			s->point[s->nr++] =
				(struct plot_place){ 1 / (1 - share_at[i]), s->at[i].ratio };
	}
}

/* ---- what gnuplot reads ---------------------------------------------------------------------- */

static bool write_shift(FILE *gp, const struct shift *s, size_t n)
{
	size_t nr = 0;

	fprintf(gp, "$d%zu << END\n", n);
	for (size_t i = 0; i < s->nr; i++)
		fprintf(gp, "%.5g %.5g\n", s->point[i].x, s->point[i].ratio);
	fprintf(gp, "END\n$r%zu << END\n", n);
	for (size_t from = 0, to; from < NR_SHARES; from = to + 1) {
		for (to = from; to < NR_SHARES && !isnan(s->at[to].lo); to++)
			;
		if (to - from < 2)
			continue;
		if (nr++)
			fputc('\n', gp);
		for (size_t i = from; i < to; i++)
			fprintf(gp, "%.5g %.5g\n", 1 / (1 - share_at[i]), s->at[i].lo);
		for (size_t i = to; i-- > from;)
			fprintf(gp, "%.5g %.5g\n", 1 / (1 - share_at[i]), s->at[i].hi);
	}
	fputs("END\n", gp);
	return nr > 0;
}

static void write_plot(FILE *gp, const struct page *p, const struct shift *s, size_t nr,
		       const bool *ribbon)
{
	char colour[PLOT_COLOUR], dash[PAGE_DASH];
	const char *before = "plot ";

	for (size_t i = 0; i < nr; i++) {
		if (!ribbon[i])
			continue;
		fprintf(gp,
			"%s$r%zu using 1:2 with filledcurves closed lc rgb '%s' fs solid noborder",
			before, i,
			plot_colour(colour, ROLE_RIBBON, page_colour(p, s[i].arm->name)));
		before = ", ";
	}
	for (size_t i = 0; i < nr; i++) {
		unsigned int number = page_colour(p, s[i].arm->name);

		page_dash(dash, number);
		fprintf(gp, "%s$d%zu using 1:2 with lines lw 2 dt %s lc rgb '%s'", before, i, dash,
			plot_colour(colour, ROLE_CURVE, number));
		before = ", ";
	}
	fputc('\n', gp);
}

/* The ratio 1, and what is as good as 1 for medians. */
static void write_level(FILE *gp, double zone)
{
	char colour[2][PLOT_COLOUR];

	fprintf(gp,
		"set object rectangle from graph 0, first %.5g to graph 1, first %.5g fc rgb '%s' fs solid "
		"noborder behind\nset arrow from graph 0, first 1 to graph 1, first 1 nohead lw 1 lc rgb '%s'\n",
		1 / (1 + zone), 1 + zone, plot_colour(colour[0], ROLE_ZONE, 0),
		plot_colour(colour[1], ROLE_LEVEL, 1));
}

/* ---- words ----------------------------------------------------------------------------------- */

static void say_ratio(FILE *out, const struct interval *v, const char *where)
{
	char text[FIGURE];

	if (isnan(v->ratio))
		return;
	fprintf(out, " %s at %s", format_ratio(text, v->ratio), where);
	if (!isnan(v->lo)) {
		fprintf(out, " (%s", format_ratio(text, v->lo));
		fprintf(out, " to %s),", format_ratio(text, v->hi));
	} else {
		fputs(" (no interval),", out);
	}
}

static void say(FILE *out, const struct shift *s)
{
	plot_name(out, s->arm);
	fputs(" to ", out);
	plot_name(out, s->base);
	fputc(':', out);
	say_ratio(out, &s->at[2], "p50");
	say_ratio(out, &s->at[4], "p90");
	say_ratio(out, &s->at[6], "p99");
	fputs(" At 1 there is no difference. ", out);
}

static void say_caption(FILE *out, const struct report_question *q, const struct shift *s,
			bool time, bool ribbons, size_t nr_left_out)
{
	const char *unit = q->nr_instances ? "instance" : "block";
	char zone[FIGURE];

	fputs("each percentile as a ratio to ", out);
	if (q->kind == REPORT_ARMS) {
		fputs("that of the baseline, ", out);
		plot_name(out, s[0].base);
	} else {
		fputs("the same one of the other side", out);
	}
	fprintf(out, "%s.", time ? ", of the epochs of an instance" : ", of all operations");
	if (ribbons)
		fprintf(out, " Ribbon: %g %% interval with the %ss as the unit, point by point.",
			100 * JUDGE_CONFIDENCE, unit);
	else
		fprintf(out, " No ribbons: the %ss say too little for an interval.", unit);
	fprintf(out, " Shaded: ±%s, which is no difference for a median.",
		format_percent(zone, q->zone));
	if (nr_left_out)
		fprintf(out, " %zu more arms are not drawn.", nr_left_out);
}

/* ---- the plot -------------------------------------------------------------------------------- */

static double last_share(const struct report_result *r)
{
	return 1 - 10 / (double)r->stats.count;
}

static bool has_enough(const struct report_result *r)
{
	return r->stats.count >= PLOT_MIN_VALUES && !r->from_trace;
}

static size_t take_all(const struct page *p, const struct report_question *q, struct shift *s,
		       size_t *nr_left_out)
{
	bool time = !strcmp(q->mode, "time");
	struct workspace w;
	size_t nr = 0;

	*nr_left_out = 0;
	if (!workspace_make(&w, q)) {
		workspace_free(&w);
		return 0;
	}
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *arm = &p->r->result[q->first_result + i],
					   *base = report_base_of(p->r, q, arm);

		if (!base || arm == base || !has_enough(arm) || !has_enough(base))
			continue;
		if (nr == MAX_ARMS) {
			++*nr_left_out;
			continue;
		}
		s[nr] = (struct shift){ .arm = arm,
					.base = base,
					.last = fmin(last_share(arm), last_share(base)) };
		if (time) {
			take_epochs(&s[nr], &w);
		} else {
			take_operations(&s[nr], &w);
			take_curve(&s[nr]);
		}
		nr += s[nr].nr > 1;
	}
	workspace_free(&w);
	return nr;
}

/* All curves; of ribbons only what is not far beyond these. */
static struct plot_extent extent_of(const struct shift *s, size_t nr, double zone)
{
	struct plot_extent e = { 1 / (1 + 2 * zone), 1 + 2 * zone }, curves;

	for (size_t i = 0; i < nr; i++)
		for (size_t k = 0; k < s[i].nr; k++)
			plot_reach(&e, s[i].point[k].ratio);
	curves = e;
	for (size_t i = 0; i < nr; i++)
		for (size_t k = 0; k < NR_SHARES; k++) {
			if (isnan(s[i].at[k].lo))
				continue;
			plot_reach(&e, fmax(s[i].at[k].lo, curves.lo / 1.5));
			plot_reach(&e, fmin(s[i].at[k].hi, curves.hi * 1.5));
		}
	return plot_widen(e);
}

bool plot_shift(const struct page *p, struct plot *plot, struct plot_out *out)
{
	const struct report_question *q = &p->r->question[plot->question];
	struct shift *s = calloc(MAX_ARMS + 1, sizeof(*s));
	size_t nr = 0, nr_left_out = 0;
	struct plot_label label[MAX_ARMS];
	bool ribbon[MAX_ARMS], ribbons = false;
	struct plot_extent x = { 1, 2 }, y;

	if (s && !q->from_trace)
		nr = take_all(p, q, s, &nr_left_out);
	if (!nr) {
		free(s);
		return false;
	}
	y = extent_of(s, nr, q->zone);
	for (size_t i = 0; i < nr; i++) {
		ribbon[i] = write_shift(out->gp, &s[i], i);
		ribbons |= ribbon[i];
		plot_reach(&x, s[i].point[s[i].nr - 1].x);
		say(out->finding, &s[i]);
	}
	x.hi *= 1.05;
	plot_frame(out->gp);
	plot_percentile_axis(out->gp, x.hi / 1.05);
	plot_ratio_axis(out->gp, y);
	write_level(out->gp, q->zone);
	for (size_t i = 0; i < nr; i++) {
		const struct plot_place *end = &s[i].point[s[i].nr - 1];

		label[i] = (struct plot_label){ page_colour(p, s[i].arm->name),
						log(end->x) / log(x.hi),
						log(end->ratio / y.lo) / log(y.hi / y.lo) };
	}
	plot_labels(out->gp, label, nr);
	write_plot(out->gp, p, s, nr, ribbon);
	say_caption(out->caption, q, s, !strcmp(q->mode, "time"), ribbons, nr_left_out);
	free(s);
	return true;
}
