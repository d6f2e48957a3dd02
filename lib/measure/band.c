// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/measure/band.h"

#include <math.h>
#include <string.h>

/* As for tails: fewer bursts say nothing about how often they come. */
#define MIN_BURSTS 10
#define MIN_BEYOND 10

size_t band_edges(size_t nr)
{
	return 2 * nr + 1;
}

int band_compare(const void *a, const void *b)
{
	const struct band_value *x = a, *y = b;

	if (x->hi != y->hi)
		return x->hi > y->hi ? -1 : 1;
	return (x->lo < y->lo) - (x->lo > y->lo);
}

/* What is above the place that the walk from the largest value down has reached, and at the edge before. */
struct walk {
	double above[BAND_MAX_GROUPS], before[BAND_MAX_GROUPS], n[BAND_MAX_GROUPS];
	size_t nr_groups;
};

static void add_edge(struct band *b, struct walk *w, double x)
{
	struct band_edge *e = &b->edge[b->nr_edges++];

	*e = (struct band_edge){ .x = x };
	for (size_t g = 0; g < w->nr_groups; g++) {
		double here = w->above[g], before = w->before[g];

		e->above += here;
		e->squares += here * here;
		e->across += here * before;
		e->products += here * w->n[g];
		if (g + 1 == w->nr_groups)
			break;
		e->pairs += here * w->above[g + 1];
		e->pairs_across += (here * w->before[g + 1] + before * w->above[g + 1]) / 2;
		e->pair_products += here * w->n[g + 1] + w->above[g + 1] * w->n[g];
	}
	memcpy(w->before, w->above, sizeof(w->before));
}

void band_make(struct band *b, const struct band_value *value, size_t nr, size_t nr_groups,
	       struct band_edge *edge)
{
	struct walk w = { .nr_groups = nr_groups };

	*b = (struct band){ .nr_groups = nr_groups, .edge = edge };
	for (size_t i = 0; i < nr; i++)
		w.n[value[i].group] += value[i].count;
	for (size_t g = 0; g < nr_groups; g++) {
		b->total += w.n[g];
		b->squares += w.n[g] * w.n[g];
		b->pairs += g + 1 < nr_groups ? w.n[g] * w.n[g + 1] : 0;
	}
	for (size_t i = 0; i < nr;) {
		double lo = value[i].lo, hi = value[i].hi;

		/* Where the bucket above ends, this one begins. */
		if (!b->nr_edges || b->edge[b->nr_edges - 1].x != hi)
			add_edge(b, &w, hi);
		for (; i < nr && value[i].hi == hi && value[i].lo == lo; i++)
			w.above[value[i].group] += value[i].count;
		if (lo < hi || i == nr)
			add_edge(b, &w, lo);
	}
}

/* The sum over its root of variance, at edge @e; rises from edge to edge. */
static double score_at(const struct band *b, const struct band_edge *e, double p)
{
	double sum = e->above - p * b->total, mean = sum / (double)b->nr_groups,
	       own = e->squares - 2 * p * e->products + p * p * b->squares,
	       near = e->pairs - p * e->pair_products + p * p * b->pairs -
		      (double)(b->nr_groups - 1) * mean * mean,
	       v = own + 2 * fmax(near, 0);

	/* What is left of constants is how they were rounded. */
	if (!(v > 1e-18 * b->total * b->total))
		return sum > 0 ? INFINITY : sum < 0 ? -INFINITY : 0;
	return sum / sqrt(v);
}

/* What would stand at an edge at the share @t of the way from @high to @low, the next one. */
static struct band_edge between(const struct band_edge *high, const struct band_edge *low, double t)
{
	double u = 1 - t;

	return (struct band_edge){
		.x = u * high->x + t * low->x,
		.above = u * high->above + t * low->above,
		.squares = u * u * high->squares + 2 * u * t * low->across + t * t * low->squares,
		.products = u * high->products + t * low->products,
		.pairs = u * u * high->pairs + 2 * u * t * low->pairs_across + t * t * low->pairs,
		.pair_products = u * high->pair_products + t * low->pair_products,
	};
}

/* Where between two edges the score passes @z. */
static double crossing(const struct band *b, size_t low, double p, double z)
{
	double from = 0, to = 1;

	for (int i = 0; i < 10; i++) {
		double t = (from + to) / 2;
		struct band_edge e = between(&b->edge[low - 1], &b->edge[low], t);

		if (score_at(b, &e, p) > z)
			to = t;
		else
			from = t;
	}
	return between(&b->edge[low - 1], &b->edge[low], (from + to) / 2).x;
}

/* How many groups the values beyond came in, effectively; and how many values that is. */
static double bursts_at(const struct band *b, double p)
{
	for (size_t i = 0; i < b->nr_edges; i++)
		if (b->edge[i].above >= p * b->total * (1 - 1e-9) && b->edge[i].squares > 0)
			return b->edge[i].above * b->edge[i].above / b->edge[i].squares;
	return 0;
}

struct band_interval band_at(const struct band *b, double q, double z)
{
	struct band_interval v = { NAN, NAN, NAN };
	double p = 1 - q, last = 0;

	if (!(b->total > 0))
		return v;
	v.bursts = bursts_at(b, p);
	if (b->nr_groups < BAND_MIN_GROUPS || p * b->total < MIN_BEYOND * (1 - 1e-6) ||
	    v.bursts < fmin(MIN_BURSTS, 0.75 * (double)b->nr_groups))
		return v;
	for (size_t i = 0; i < b->nr_edges; i++) {
		double score = score_at(b, &b->edge[i], p);

		if (i && last < -z && score >= -z)
			v.hi = crossing(b, i, p, -z);
		if (i && last <= z && score > z) {
			v.lo = crossing(b, i, p, z);
			break;
		}
		last = score;
	}
	/* Where even the smallest value is not rejected nothing bounds it. */
	if (isnan(v.lo) || isnan(v.hi))
		v.lo = v.hi = NAN;
	return v;
}
