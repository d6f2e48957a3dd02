// SPDX-License-Identifier: GPL-2.0-only
/* From which CPU threads were woken, on which they then ran, and how long they waited for that. */
#include "lib/report/plot.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS	 4   /* panels beside each other */
#define SIDE	 104 /* of a panel */
#define LEFT	 40
#define TOP	 24
#define BOTTOM	 36
#define GAP	 28
#define MAX_SIDE 32 /* cells: more CPUs are taken together */
#define MAX_CPUS 4096
#define FEW	 3 /* CPUs: there is room for the figures */

struct cells {
	size_t nr_arms, nr_left_out;
	const struct report_result *arm[PLOT_MAX_PANELS];
	size_t nr_cpus, per_cell, side;
	uint64_t cpu[MAX_CPUS]; /* that woke or ran, rising */
	double q;
	double *value; /* of arm, waker, CPU: ns; NAN: none */
	struct plot_extent e;
};

/* ---- which CPUs ------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void add_cpu(struct cells *c, uint64_t cpu)
{
	for (size_t i = 0; i < c->nr_cpus; i++)
		if (c->cpu[i] == cpu)
			return;
	if (c->nr_cpus < MAX_CPUS)
		c->cpu[c->nr_cpus++] = cpu;
}

static size_t place_of(const struct cells *c, uint64_t cpu)
{
	const uint64_t *at = bsearch(&cpu, c->cpu, c->nr_cpus, sizeof(cpu), by_number);

	return at ? (size_t)(at - c->cpu) / c->per_cell : SIZE_MAX;
}

static void find_arms(struct cells *c, const struct page *p, const struct report_question *q)
{
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *r = &p->r->result[q->first_result + i];

		if (!r->matrix || !r->matrix->nr)
			continue;
		if (c->nr_arms == PLOT_MAX_PANELS) {
			c->nr_left_out++;
			continue;
		}
		c->arm[c->nr_arms++] = r;
		for (size_t k = 0; k < r->matrix->nr; k++) {
			add_cpu(c, r->matrix->cell[k].waker_cpu);
			add_cpu(c, r->matrix->cell[k].cpu);
		}
	}
	qsort(c->cpu, c->nr_cpus, sizeof(c->cpu[0]), by_number);
	c->per_cell = (c->nr_cpus + MAX_SIDE - 1) / MAX_SIDE;
	c->side = c->per_cell ? (c->nr_cpus + c->per_cell - 1) / c->per_cell : 0;
}

/* ---- values ---------------------------------------------------------------------------------- */

static double *value_at(const struct cells *c, size_t arm, size_t waker, size_t cpu)
{
	return &c->value[(arm * c->side + waker) * c->side + cpu];
}

/* What all pairs of one cell waited together. */
static double quantile_of(const struct cells *c, const struct report_matrix *m, size_t waker,
			  size_t cpu, struct hist *sum, struct hist *one)
{
	const struct report_cell *only = NULL;
	size_t nr = 0;

	for (size_t k = 0; k < m->nr; k++) {
		const struct report_cell *cell = &m->cell[k];

		if (place_of(c, cell->waker_cpu) != waker || place_of(c, cell->cpu) != cpu)
			continue;
		if (!nr++) {
			only = cell;
			continue;
		}
		if (nr == 2)
			sparse_read(only->sparse, sum);
		sparse_read(cell->sparse, one);
		hist_merge(sum, one);
	}
	if (!nr)
		return NAN;
	if (nr == 1)
		return c->q > 0.5 ? only->p99 : only->p50;
	return (double)sum->count * (1 - c->q) < 10 && c->q > 0.5 ? NAN : hist_quantile(sum, c->q);
}

static bool take_values(struct cells *c)
{
	struct hist *scratch = malloc(2 * sizeof(*scratch));
	size_t nr = c->nr_arms * c->side * c->side;

	c->value = malloc((nr + 1) * sizeof(*c->value));
	if (!scratch || !c->value) {
		free(scratch);
		return false;
	}
	for (size_t a = 0; a < c->nr_arms; a++)
		for (size_t w = 0; w < c->side; w++)
			for (size_t k = 0; k < c->side; k++) {
				double v = quantile_of(c, c->arm[a]->matrix, w, k, scratch,
						       scratch + 1);

				*value_at(c, a, w, k) = v;
				plot_reach(&c->e, v);
			}
	free(scratch);
	return c->e.hi > 0;
}

/* ---- what gnuplot reads ---------------------------------------------------------------------- */

static unsigned int level_of(const struct cells *c, double v)
{
	double span = log(c->e.hi / c->e.lo);

	if (!(v > 0))
		return 0;
	return 1 + (unsigned int)fmin(PLOT_LEVELS * (span > 0 ? log(v / c->e.lo) / span : 0),
				      PLOT_LEVELS - 1);
}

/* Cells of one level, neighbours in a row together. */
static bool write_level(FILE *gp, const struct cells *c, size_t arm, unsigned int level)
{
	bool any = false;

	for (size_t w = 0; w < c->side; w++)
		for (size_t k = 0, end; k < c->side; k = end) {
			end = k + 1;
			if (level_of(c, *value_at(c, arm, w, k)) != level)
				continue;
			while (end < c->side && level_of(c, *value_at(c, arm, w, end)) == level)
				end++;
			if (!any)
				fprintf(gp, "$h%u << END\n", level);
			any = true;
			fprintf(gp, "%zu %zu %g %g %g %g\n", k, w, (double)k - 0.5,
				(double)end - 0.5, (double)w - 0.5, (double)w + 0.5);
		}
	if (any)
		fputs("END\n", gp);
	return any;
}

static void write_tics(FILE *gp, const struct cells *c, const char *axis)
{
	size_t step = (c->side + 3) / 4;

	fprintf(gp, "set %stics (", axis);
	for (size_t i = 0; i < c->side; i += step)
		fprintf(gp, "%s'%" PRIu64 "' %zu", i ? ", " : "", c->cpu[i * c->per_cell], i);
	fputs(")\n", gp);
}

static void write_figures(FILE *gp, const struct cells *c, size_t arm)
{
	char text[FIGURE], colour[PLOT_COLOUR], *unit;

	plot_colour(colour, ROLE_NAME, 0);
	for (size_t w = 0; w < c->side; w++)
		for (size_t k = 0; k < c->side; k++) {
			double v = *value_at(c, arm, w, k);

			if (isnan(v))
				continue;
			format_ns(text, v);
			unit = strchr(text, ' ');
			fprintf(gp, "set label \"%.*s %s\" at %zu,%zu center tc rgb '%s'\n",
				(int)(unit - text), text, !strcmp(unit, " us") ? "µs" : unit + 1, k,
				w, colour);
		}
}

static void write_panel(FILE *gp, const struct page *p, const struct cells *c, size_t n,
			double height)
{
	double left = (double)(LEFT + n % COLUMNS * (SIDE + GAP)),
	       top = (double)(TOP + n / COLUMNS * (SIDE + BOTTOM + TOP));
	bool used[PLOT_LEVELS + 1] = { false };
	const char *before = "plot ";
	char colour[PLOT_COLOUR];

	for (unsigned int level = 1; level <= PLOT_LEVELS; level++)
		used[level] = write_level(gp, c, n, level);
	plot_frame(gp);
	fprintf(gp,
		"unset grid\nset lmargin at screen %.5f\nset rmargin at screen %.5f\n"
		"set tmargin at screen %.5f\nset bmargin at screen %.5f\n"
		"set xrange [-0.5:%g]\nset yrange [-0.5:%g]\n",
		left / PLOT_WIDTH, (left + SIDE) / PLOT_WIDTH, 1 - top / height,
		1 - (top + SIDE) / height, (double)c->side - 0.5, (double)c->side - 0.5);
	write_tics(gp, c, "x");
	write_tics(gp, c, "y");
	fprintf(gp, "set label '@' at graph 0.5, 1.08 center tc rgb '%s'\n",
		plot_colour(colour, ROLE_NAME, page_colour(p, c->arm[n]->name)));
	if (c->side <= FEW)
		write_figures(gp, c, n);
	for (unsigned int level = 1; level <= PLOT_LEVELS; level++) {
		if (!used[level])
			continue;
		fprintf(gp,
			"%s$h%u using 1:2:3:4:5:6 with boxxyerror fs solid noborder lc rgb '%s'",
			before, level, plot_colour(colour, ROLE_CELL, level));
		before = ", ";
	}
	fputs(*before == 'p' ? "plot NaN\n" : "\n", gp);
}

/* ---- words ----------------------------------------------------------------------------------- */

/* The pair that waits longest, and the one that waits least. */
static void say(FILE *out, const struct cells *c, size_t arm)
{
	const struct report_matrix *m = c->arm[arm]->matrix;
	const struct report_cell *most = NULL, *least = NULL;

	for (size_t i = 0; i < m->nr; i++) {
		const struct report_cell *cell = &m->cell[i];

		if (isnan(cell->p50))
			continue;
		if (!most || cell->p50 > most->p50)
			most = cell;
		if (!least || cell->p50 < least->p50)
			least = cell;
	}
	plot_name(out, c->arm[arm]);
	fprintf(out, ": %zu pairs", m->nr);
	if (most) {
		fprintf(out, ", medians from ");
		plot_ns(out, least->p50);
		fprintf(out, " (CPU %" PRIu64 " to %" PRIu64 ") to ", least->waker_cpu, least->cpu);
		plot_ns(out, most->p50);
		fprintf(out, " (CPU %" PRIu64 " to %" PRIu64 ")", most->waker_cpu, most->cpu);
	}
	fputs(". ", out);
}

static void say_caption(FILE *out, const struct cells *c)
{
	fprintf(out,
		"%s of the waits by CPUs: the waker's upwards, that on which the thread then ran to the right; "
		"from ",
		c->q > 0.5 ? "p99" : "median");
	plot_ns(out, c->e.lo);
	fputs(" (faint) to ", out);
	plot_ns(out, c->e.hi);
	fputs(" (strong), logarithmic.", out);
	if (c->per_cell > 1)
		fprintf(out, " A cell is %zu CPUs by %zu, which are named by the first.",
			c->per_cell, c->per_cell);
	if (c->nr_left_out)
		fprintf(out, " %zu more arms are not drawn.", c->nr_left_out);
}

/* One pair of CPUs for all arms is said in words (html_wakes.c). */
static bool plot_matrix_of(const struct page *p, struct plot *plot, struct plot_out *out, double q)
{
	struct cells *c = calloc(1, sizeof(*c));
	bool drawn = false;
	size_t rows;

	if (!c)
		return false;
	c->q = q;
	c->e = (struct plot_extent)PLOT_NOTHING;
	find_arms(c, p, &p->r->question[plot->question]);
	for (size_t i = 0; i < c->nr_arms; i++)
		drawn |= c->arm[i]->matrix->nr > 1;
	drawn = drawn && take_values(c);
	if (drawn) {
		rows = (c->nr_arms + COLUMNS - 1) / COLUMNS;
		plot->height = (unsigned int)(rows * (TOP + SIDE + BOTTOM));
		plot_panels_begin(out->gp);
		for (size_t i = 0; i < c->nr_arms; i++) {
			write_panel(out->gp, p, c, i, plot->height);
			say(out->finding, c, i);
		}
		plot_panels_end(out->gp);
		say_caption(out->caption, c);
	}
	free(c->value);
	free(c);
	return drawn;
}

bool plot_matrix(const struct page *p, struct plot *plot, struct plot_out *out)
{
	return plot_matrix_of(p, plot, out, 0.5);
}

bool plot_matrix_p99(const struct page *p, struct plot *plot, struct plot_out *out)
{
	return plot_matrix_of(p, plot, out, 0.99);
}
