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
#define MIN_SIDE 8
#define FEW	 3 /* CPUs: there is room for the figures */

/*
 * Cells that all matrices of a page are drawn with, medians and p99 together: with many questions there
 * are fewer for each. One takes about 25 bytes, in what gnuplot draws ten times as many.
 */
#define MAX_DRAWN (1u << 16)

struct cells {
	size_t nr_arms, nr_left_out;
	const struct report_result *arm[PLOT_MAX_PANELS];
	size_t nr_cpus, per_cell, side;
	uint64_t *cpu; /* that woke or ran, rising */
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

static size_t place_of(const struct cells *c, uint64_t cpu)
{
	const uint64_t *at = bsearch(&cpu, c->cpu, c->nr_cpus, sizeof(cpu), by_number);

	return at ? (size_t)(at - c->cpu) / c->per_cell : SIZE_MAX;
}

static bool has_matrix(const struct report_result *r)
{
	return r->matrix && r->matrix->nr;
}

/* Of the whole page, both figures. */
static size_t nr_panels(const struct page *p)
{
	size_t nr = 0;

	for (size_t i = 0; i < p->r->nr_results; i++)
		nr += 2 * has_matrix(&p->r->result[i]);
	return nr;
}

/* Twice as many, until there is room: those of a node or a package then mostly stay together. */
static void take_together(struct cells *c, const struct page *p)
{
	size_t side = MAX_SIDE, panels = nr_panels(p);

	while (side > MIN_SIDE && panels * side * side > MAX_DRAWN)
		side /= 2;
	for (c->per_cell = 1; c->nr_cpus > side * c->per_cell;)
		c->per_cell *= 2;
	c->side = (c->nr_cpus + c->per_cell - 1) / c->per_cell;
}

/* false: no memory */
static bool find_cpus(struct cells *c)
{
	size_t nr = 0, kept = 0;

	for (size_t i = 0; i < c->nr_arms; i++)
		nr += 2 * c->arm[i]->matrix->nr;
	c->cpu = malloc((nr + 1) * sizeof(*c->cpu));
	if (!c->cpu)
		return false;
	nr = 0;
	for (size_t i = 0; i < c->nr_arms; i++) {
		const struct report_matrix *m = c->arm[i]->matrix;

		for (size_t k = 0; k < m->nr; k++) {
			c->cpu[nr++] = m->cell[k].waker_cpu;
			c->cpu[nr++] = m->cell[k].cpu;
		}
	}
	qsort(c->cpu, nr, sizeof(*c->cpu), by_number);
	for (size_t i = 0; i < nr; i++)
		if (!kept || c->cpu[i] != c->cpu[kept - 1])
			c->cpu[kept++] = c->cpu[i];
	c->nr_cpus = kept;
	return true;
}

/* false: no memory, or nothing to draw: one pair of CPUs is said in words (html_wakes.c) */
static bool find_arms(struct cells *c, const struct page *p, const struct report_question *q)
{
	bool several = false;

	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *r = &p->r->result[q->first_result + i];

		if (!has_matrix(r))
			continue;
		if (c->nr_arms == PLOT_MAX_PANELS) {
			c->nr_left_out++;
			continue;
		}
		c->arm[c->nr_arms++] = r;
		several |= r->matrix->nr > 1;
	}
	if (!several || !find_cpus(c))
		return false;
	take_together(c, p);
	return true;
}

/* ---- values ---------------------------------------------------------------------------------- */

static double *value_at(const struct cells *c, size_t arm, size_t waker, size_t cpu)
{
	return &c->value[(arm * c->side + waker) * c->side + cpu];
}

/* A pair of CPUs, and which of the drawn cells it is in. */
struct placed {
	size_t place;
	const struct report_cell *cell;
};

static int by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return (x->place > y->place) - (x->place < y->place);
}

/* What @nr pairs of one cell waited together. */
static double quantile_of(const struct cells *c, const struct placed *pair, size_t nr,
			  struct hist *sum)
{
	uint32_t k = HIST_K_USER;

	if (nr == 1)
		return c->q > 0.5 ? pair->cell->p99 : pair->cell->p50;
	for (size_t i = 0; i < nr; i++)
		if (sparse_k(pair[i].cell->sparse) < k)
			k = sparse_k(pair[i].cell->sparse);
	hist_init(sum, k);
	for (size_t i = 0; i < nr; i++)
		if (sparse_merge(sum, pair[i].cell->sparse))
			return NAN;
	return report_is_backed(sum->count, c->q) ? hist_quantile(sum, c->q) : NAN;
}

/* @pair: room for those of any arm. */
static void take_arm(struct cells *c, size_t arm, struct placed *pair, struct hist *scratch)
{
	const struct report_matrix *m = c->arm[arm]->matrix;

	for (size_t i = 0; i < m->nr; i++)
		pair[i] = (struct placed){ .place = place_of(c, m->cell[i].waker_cpu) * c->side +
						    place_of(c, m->cell[i].cpu),
					   .cell = &m->cell[i] };
	qsort(pair, m->nr, sizeof(*pair), by_place);
	for (size_t i = 0, end; i < m->nr; i = end) {
		double v;

		for (end = i + 1; end < m->nr && pair[end].place == pair[i].place;)
			end++;
		v = quantile_of(c, &pair[i], end - i, scratch);
		*value_at(c, arm, pair[i].place / c->side, pair[i].place % c->side) = v;
		plot_reach(&c->e, v);
	}
}

static bool take_values(struct cells *c)
{
	size_t nr = c->nr_arms * c->side * c->side, most = 0;
	struct hist *scratch = malloc(sizeof(*scratch));
	struct placed *pair;

	for (size_t i = 0; i < c->nr_arms; i++)
		most = c->arm[i]->matrix->nr > most ? c->arm[i]->matrix->nr : most;
	pair = malloc(most * sizeof(*pair));
	c->value = malloc(nr * sizeof(*c->value));
	for (size_t i = 0; c->value && i < nr; i++)
		c->value[i] = NAN;
	for (size_t i = 0; scratch && pair && c->value && i < c->nr_arms; i++)
		take_arm(c, i, pair, scratch);
	free(scratch);
	free(pair);
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
		fprintf(out,
			" A cell is %zu CPUs by %zu, named by the first, and the waits of all their pairs together.",
			c->per_cell, c->per_cell);
	if (c->nr_left_out)
		fprintf(out, " %zu more arms are not drawn.", c->nr_left_out);
}

static bool plot_matrix_of(const struct page *p, struct plot *plot, struct plot_out *out, double q)
{
	struct cells *c = calloc(1, sizeof(*c));
	bool drawn;
	size_t rows;

	if (!c)
		return false;
	c->q = q;
	c->e = (struct plot_extent)PLOT_NOTHING;
	drawn = find_arms(c, p, &p->r->question[plot->question]) && take_values(c);
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
	free(c->cpu);
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
