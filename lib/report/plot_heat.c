// SPDX-License-Identifier: GPL-2.0-only
/* Heat maps: how many operations took how long, over the time that a question took. */
#include "lib/report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PANEL	    64
#define MAX_COLUMNS 40

struct column {
	double from, to; /* seconds */
	double p50;	 /* of its last part; kept for the words */
	double bucket[COARSE_NR];
};

struct map {
	size_t nr;
	struct column column[MAX_COLUMNS];
	uint32_t lowest, highest; /* buckets in use */
	double most;		  /* in one cell */
	double unit;		  /* ns */
};

/* ---- columns --------------------------------------------------------------------------------- */

static void map_add(struct map *m, const struct report_question *q, const struct report_part *part,
		    size_t number)
{
	struct column *c = &m->column[number];
	double from = plot_when(q, part, part->start_ns), to = plot_when(q, part, part->end_ns);

	if (number == m->nr) {
		m->nr++;
		c->from = from;
	}
	c->to = fmax(to, c->to);
	report_part_coarse(part, c->bucket);
}

static void map_finish(struct map *m)
{
	m->lowest = COARSE_NR;
	for (size_t i = 0; i < m->nr; i++)
		for (uint32_t b = 0; b < COARSE_NR; b++) {
			if (!(m->column[i].bucket[b] > 0))
				continue;
			m->lowest = b < m->lowest ? b : m->lowest;
			m->highest = b > m->highest ? b : m->highest;
			m->most = fmax(m->most, m->column[i].bucket[b]);
		}
	/* What an arm does not take of the time between is as good as its own: no stripes. */
	for (size_t i = 0; i + 1 < m->nr; i++) {
		struct column *c = &m->column[i];
		double gap = c[1].from - c->to;

		if (gap < (c->to - c->from) + (c[1].to - c[1].from))
			c->to = c[1].from;
	}
}

/* Neighbouring instances together where there are more than columns. */
static bool map_take(struct map *m, const struct report_question *q, const struct report_result *r)
{
	size_t nr = 0, at = 0, columns;

	memset(m, 0, sizeof(*m));
	m->unit = r->unit;
	for (size_t i = 0; i < r->nr_parts; i++)
		nr += r->part[i].sample.tail.nr_buckets && r->part[i].start_ns < r->part[i].end_ns;
	columns = nr < MAX_COLUMNS ? nr : MAX_COLUMNS;
	for (size_t i = 0; i < r->nr_parts; i++)
		if (r->part[i].sample.tail.nr_buckets && r->part[i].start_ns < r->part[i].end_ns)
			map_add(m, q, &r->part[i], at++ * columns / nr);
	map_finish(m);
	return m->nr > 0;
}

/* ---- what gnuplot reads ---------------------------------------------------------------------- */

static unsigned int level_of(const struct map *m, double count)
{
	double share;

	if (!(count > 0))
		return 0;
	share = m->most > 1 ? log(fmax(count, 1)) / log(m->most) : 1;
	return 1 + (unsigned int)fmin(PLOT_LEVELS * share, PLOT_LEVELS - 1);
}

static double low_of(const struct map *m, uint32_t bucket)
{
	return fmax((double)coarse_low(bucket), 0.5) * m->unit;
}

/* A block of rectangles for each level: what stands above each other in one column is one. */
static void write_level(FILE *gp, const struct map *m, unsigned int level)
{
	fprintf(gp, "$h%u << END\n", level);
	for (size_t i = 0; i < m->nr; i++) {
		const struct column *c = &m->column[i];

		for (uint32_t b = m->lowest, top; b <= m->highest; b = top) {
			top = b + 1;
			if (level_of(m, c->bucket[b]) != level)
				continue;
			while (top <= m->highest && level_of(m, c->bucket[top]) == level)
				top++;
			fprintf(gp, "%.6g %.5g %.6g %.6g %.5g %.5g\n", c->from, low_of(m, b),
				c->from, c->to, low_of(m, b), low_of(m, top));
		}
	}
	fputs("END\n", gp);
}

static void write_panel(FILE *gp, const struct page *p, const struct plot_panels *panels, size_t n,
			const struct map *m)
{
	struct plot_extent e = { low_of(m, m->lowest), low_of(m, m->highest + 1) };
	char colour[PLOT_COLOUR];
	bool used[PLOT_LEVELS + 1] = { false };
	const char *before = "plot ";

	for (size_t i = 0; i < m->nr; i++)
		for (uint32_t b = m->lowest; b <= m->highest; b++)
			used[level_of(m, m->column[i].bucket[b])] = true;
	for (unsigned int level = 1; level <= PLOT_LEVELS; level++)
		if (used[level])
			write_level(gp, m, level);
	plot_panel(gp, p, panels, n, PANEL);
	plot_time_axis_of_few(gp, "y", e);
	for (unsigned int level = 1; level <= PLOT_LEVELS; level++) {
		if (!used[level])
			continue;
		fprintf(gp,
			"%s$h%u using 1:2:3:4:5:6 with boxxyerror fs solid noborder lc rgb '%s'",
			before, level, plot_colour(colour, ROLE_CELL, level));
		before = ", ";
	}
	fputc('\n', gp);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void say(FILE *out, const struct report_result *r)
{
	double lo = INFINITY, hi = 0;
	size_t nr = 0;

	for (size_t i = 0; i < r->nr_parts; i++) {
		double p50 = report_part_quantile(&r->part[i], r->unit, 0.5);

		if (isnan(p50))
			continue;
		lo = fmin(lo, p50);
		hi = fmax(hi, p50);
		nr++;
	}
	plot_name(out, r);
	fprintf(out, ": medians of %zu stretches from ", nr);
	plot_ns(out, lo);
	fputs(" to ", out);
	plot_ns(out, hi);
	fputs(", longest ", out);
	plot_ns(out, r->stats.max);
	fputs(". ", out);
}

static void say_caption(const struct plot_panels *panels, double most, FILE *out)
{
	char text[FIGURE];

	fputs("how many operations took how long, over time; the stronger the colour the more, logarithmic",
	      out);
	fprintf(out, ", up to %s in one cell. Each panel has its own scale of times.",
		format_count(text, most));
	plot_say_noise(out, panels->q);
	plot_say_panels_left_out(out, panels);
}

bool plot_heat(const struct page *p, struct plot *plot, struct plot_out *out)
{
	struct map *m = malloc(sizeof(*m));
	struct plot_panels panels;
	double most = 0;
	bool drawn;

	plot_panels_find(&panels, p, plot);
	drawn = m && panels.nr && strcmp(panels.q->mode, "time") != 0;
	for (size_t i = 0; drawn && i < panels.nr; i++)
		drawn = map_take(m, panels.q, panels.arm[i]);
	if (drawn) {
		plot->height = plot_panels_height(&panels, PANEL);
		plot_panels_begin(out->gp);
	}
	for (size_t i = 0; drawn && i < panels.nr; i++) {
		map_take(m, panels.q, panels.arm[i]);
		most = fmax(most, m->most);
		write_panel(out->gp, p, &panels, i, m);
		say(out->finding, panels.arm[i]);
	}
	if (drawn) {
		plot_panels_end(out->gp);
		say_caption(&panels, most, out->caption);
	}
	free(m);
	return drawn;
}
