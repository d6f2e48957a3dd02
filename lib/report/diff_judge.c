// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became of each arm. A figure is called when the interval of its ratio, at 95 % or more, lies
 * beyond the zone, and its q is 0.05 at most. The family of a q is all figures of all arms: of what
 * is called 5 % are false at most, and of comparisons of equal code 5 % call anything. A family for
 * each metric would need one run less a side, and call something four times as often.
 */
#include "lib/report/diff.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lib/measure/ranks.h"

/* A ratio is written with three or four figures: what differs by less reads as the same. */
#define ROUNDING 0.0025

/* More than this is not a plan. */
#define MOST_RUNS_NEEDED 1000

static const char *const change_name[NR_DIFF_CHANGES] = {
	[DIFF_REGRESSED] = "regressed", [DIFF_IMPROVED] = "improved",
	[DIFF_UNCHANGED] = "unchanged", [DIFF_INCONCLUSIVE] = "inconclusive",
	[DIFF_UNSTABLE] = "unstable",
};

const char *diff_change_name(enum diff_change c)
{
	return change_name[c];
}

static const char *const reason_name[NR_DIFF_REASONS] = {
	[DIFF_DECIDED] = "decided",   [DIFF_ADVISORY] = "advisory",
	[DIFF_FEW_RUNS] = "few_runs", [DIFF_WIDE] = "wide",
	[DIFF_CHANCE] = "chance",     [DIFF_FAMILY] = "family",
	[DIFF_ZEROS] = "zeros",	      [DIFF_NOTHING] = "nothing_measured",
};

const char *diff_reason_name(enum diff_reason r)
{
	return reason_name[r];
}

/* ---- figures --------------------------------------------------------------------------------- */

struct workspace {
	double *log[NR_DIFF_SIDES]; /* of one figure, both sides */
	double *p, *scratch;	    /* of all figures of all rows */
	void *memory;
};

static void workspace_free(struct workspace *w)
{
	free(w->log[DIFF_BASE]);
	free(w->log[DIFF_NEW]);
	free(w->p);
	free(w->scratch);
	free(w->memory);
}

static bool workspace_make(struct workspace *w, const struct diff *d)
{
	size_t base = d->nr[DIFF_BASE], new = d->nr[DIFF_NEW], most = 0;

	*w = (struct workspace){ 0 };
	/* A figure may have fewer runs, and fewer of them may need more memory to be counted out. */
	for (size_t i = 1; i <= base; i++)
		for (size_t k = 1; k <= new; k++)
			if (ranks_memory(i, k) > most)
				most = ranks_memory(i, k);
	w->log[DIFF_BASE] = calloc(base + 1, sizeof(double));
	w->log[DIFF_NEW] = calloc(new + 1, sizeof(double));
	w->p = calloc(NR_JUDGE_METRICS * d->nr_rows + 1, sizeof(double));
	w->scratch = calloc(NR_JUDGE_METRICS * d->nr_rows + 1, sizeof(double));
	w->memory = malloc(most + 1);
	return w->log[DIFF_BASE] && w->log[DIFF_NEW] && w->p && w->scratch && w->memory;
}

/* The values of side @s that are known; their logarithms to @to. @zeros: one has none. */
static size_t gather(const struct diff_row *row, enum diff_side s, enum judge_metric m, double *to,
		     bool *zeros)
{
	size_t nr = 0;

	for (size_t i = 0; i < row->nr[s]; i++) {
		double v = row->value[s][i].figure[m];

		if (!isfinite(v))
			continue;
		*zeros |= !(v > 0);
		to[nr++] = v > 0 ? log(v) : -INFINITY;
	}
	return nr;
}

static bool is_apart(const struct diff_figure *f)
{
	return log(f->shown) < log(f->lo) - ROUNDING || log(f->shown) > log(f->hi) + ROUNDING;
}

static void compare(const struct diff *d, const struct diff_row *row, enum judge_metric m,
		    struct workspace *w, struct diff_figure *f)
{
	struct ranks_shift r;
	bool zeros = false;

	*f = (struct diff_figure){ .metric = m,
				   .ratio = NAN,
				   .lo = NAN,
				   .hi = NAN,
				   .shown = NAN,
				   .p = NAN,
				   .q = NAN,
				   .zone = judge_zone(m, row->zone),
				   .verdict = VERDICT_INCONCLUSIVE };
	for (int s = 0; s < NR_DIFF_SIDES; s++)
		f->nr[s] = gather(row, (enum diff_side)s, m, w->log[s], &zeros);
	f->reason = zeros ? DIFF_ZEROS : DIFF_NOTHING;
	if (!zeros && f->nr[DIFF_BASE] && f->nr[DIFF_NEW]) {
		f->reason = d->advisory ? DIFF_ADVISORY : DIFF_FEW_RUNS;
		r = ranks_compare(w->log[DIFF_BASE], f->nr[DIFF_BASE], w->log[DIFF_NEW],
				  f->nr[DIFF_NEW], DIFF_CONFIDENCE, w->memory);
		f->ratio = exp(r.shift);
		f->moved = fabs(r.shift) > log1p(f->zone);
		/* One run says nothing of how runs differ, however many the other side has. */
		if (f->nr[DIFF_BASE] > 1 && f->nr[DIFF_NEW] > 1) {
			f->lo = exp(r.lo);
			f->hi = exp(r.hi);
			f->confidence = r.confidence;
			f->p = r.p;
		}
	}
	for (int s = 0; s < NR_DIFF_SIDES; s++)
		f->median[s] = exp(stat_median(w->log[s], f->nr[s]));
	f->shown = f->reason == DIFF_ZEROS ? NAN : f->median[DIFF_NEW] / f->median[DIFF_BASE];
	f->apart = is_apart(f);
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static size_t less(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t runs_for_width(const struct diff_figure *f)
{
	double more = judge_more(f->ratio, f->lo, f->hi, f->zone);
	double runs = ceil(more * (double)less(f->nr[DIFF_BASE], f->nr[DIFF_NEW]));

	return runs <= MOST_RUNS_NEEDED ? (size_t)runs : 0;
}

static void decide(struct diff_figure *f, size_t family)
{
	size_t alone = ranks_least_side(DIFF_Q / (double)family);

	if (f->reason != DIFF_FEW_RUNS)
		return;
	if (!(f->confidence > 0)) {
		f->runs_needed = ranks_least_side(1 - DIFF_CONFIDENCE);
		return;
	}
	f->reason = DIFF_DECIDED;
	if (f->lo > 1 + f->zone) {
		f->verdict = VERDICT_SLOWER;
	} else if (f->hi < 1 / (1 + f->zone)) {
		f->verdict = VERDICT_FASTER;
	} else if (f->lo >= 1 / (1 + f->zone) && f->hi <= 1 + f->zone) {
		f->verdict = VERDICT_EQUIVALENT;
		return;
	} else {
		f->reason = DIFF_WIDE;
		f->runs_needed = runs_for_width(f);
		return;
	}
	if (f->q <= DIFF_Q)
		return;
	f->verdict = VERDICT_INCONCLUSIVE;
	f->reason = DIFF_CHANCE;
	if (ranks_least_p(f->nr[DIFF_BASE], f->nr[DIFF_NEW]) * (double)family <= DIFF_Q)
		return;
	f->reason = DIFF_FAMILY;
	f->runs_needed = alone;
}

static void judge_figures(struct diff *d, struct workspace *w)
{
	size_t nr = NR_JUDGE_METRICS * d->nr_rows;

	for (size_t i = 0; i < nr; i++) {
		struct diff_row *row = &d->row[i / NR_JUDGE_METRICS];
		enum judge_metric m = (enum judge_metric)(i % NR_JUDGE_METRICS);

		w->p[i] = NAN;
		if (!row->compared)
			continue;
		compare(d, row, m, w, &row->figure[m]);
		w->p[i] = row->figure[m].p;
		d->family += !isnan(w->p[i]);
	}
	ranks_q_values(w->p, w->p, nr, w->scratch);
	for (size_t i = 0; i < nr; i++) {
		struct diff_figure *f = &d->row[i / NR_JUDGE_METRICS].figure[i % NR_JUDGE_METRICS];

		if (!d->row[i / NR_JUDGE_METRICS].compared)
			continue;
		f->q = w->p[i];
		decide(f, d->family);
	}
}

/* ---- rows ------------------------------------------------------------------------------------ */

static bool says(const struct diff_row *row, enum verdict v, enum judge_metric *which)
{
	for (int m = 0; m < NR_JUDGE_METRICS; m++) {
		if (row->figure[m].verdict != v)
			continue;
		*which = (enum judge_metric)m;
		return true;
	}
	return false;
}

static enum diff_change change_of(struct diff_row *row)
{
	for (int s = 0; s < NR_DIFF_SIDES; s++)
		if (2 * row->nr_unsteady[s] > row->nr[s])
			return DIFF_UNSTABLE;
	if (says(row, VERDICT_SLOWER, &row->telling))
		return DIFF_REGRESSED;
	if (says(row, VERDICT_FASTER, &row->telling))
		return DIFF_IMPROVED;
	row->telling = JUDGE_P50;
	return row->figure[JUDGE_P50].verdict == VERDICT_EQUIVALENT ? DIFF_UNCHANGED
								    : DIFF_INCONCLUSIVE;
}

/* The figure that moved most, measured by its zone. */
static void find_moved(struct diff_row *row)
{
	double most = 0;

	for (int m = 0; m < NR_JUDGE_METRICS; m++) {
		const struct diff_figure *f = &row->figure[m];
		double far = fabs(log(f->ratio)) / log1p(f->zone);

		if (!f->moved || !(far > most))
			continue;
		most = far;
		row->moved = true;
		row->telling = f->metric;
	}
}

int diff_judge(struct diff *d)
{
	struct workspace w;
	bool done = workspace_make(&w, d);

	for (size_t i = 0; i < d->nr_rows; i++) {
		struct diff_row *row = &d->row[i];

		row->compared = row->nr[DIFF_BASE] && row->nr[DIFF_NEW];
		d->nr_compared += row->compared;
		for (int s = 0; s < NR_DIFF_SIDES; s++)
			for (size_t k = 0; k < row->nr[s]; k++)
				row->nr_unsteady[s] += row->value[s][k].unsteady;
	}
	if (done)
		judge_figures(d, &w);
	for (size_t i = 0; done && i < d->nr_rows; i++) {
		struct diff_row *row = &d->row[i];

		if (!row->compared)
			continue;
		row->change = change_of(row);
		if (d->advisory)
			find_moved(row);
		d->nr_changes[row->change]++;
		d->nr_moved += row->moved;
	}
	workspace_free(&w);
	return done ? 0 : -ENOMEM;
}
