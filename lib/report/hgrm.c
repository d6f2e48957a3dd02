// SPDX-License-Identifier: GPL-2.0-only
/*
 * Distributions as HdrHistogram prints them, for its plotters and for gnuplot.
 *
 * Such a file has one distribution. Of several each is a data set of its own: its name in a comment,
 * two empty lines after it, so that gnuplot finds it by that name; --only chooses among them. Rows
 * come five to each halving of the distance to 1, as in HdrHistogram; the values are the percentiles
 * that every other format has, in ns.
 */
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/render.h"

#define TICKS_PER_HALF 5

/* One of an arm, or one metric of a subject. */
struct distribution {
	const struct report_result *r; /* of an arm; else NULL */
	const struct hist *hist;       /* NULL: of mode "time" */
	double unit;
	struct report_stats stats; /* ns */
};

static double quantile(const struct distribution *d, double q)
{
	return d->r ? report_quantile(d->r, q) : hist_quantile(d->hist, q);
}

/* Buckets count as their middle. */
static double deviation(const struct distribution *d)
{
	uint32_t nr = d->hist ? HIST_NR_BUCKETS(d->hist->k) : 0;
	double sum = 0, mean = d->stats.mean;

	for (uint32_t i = 0; i < nr; i++) {
		double middle = ((double)hist_low(i, d->hist->k) +
				 (double)hist_low(i + 1, d->hist->k) - 1) /
				2 * d->unit;

		sum += (double)d->hist->bucket[i] * (middle - mean) * (middle - mean);
	}
	for (size_t i = 0; !d->hist && i < d->stats.count; i++)
		sum += (d->r->rising[i] - mean) * (d->r->rising[i] - mean);
	return sqrt(sum / (double)d->stats.count);
}

static void row(FILE *out, const struct distribution *d, double q)
{
	/* A share of the count that is whole may come out a trifle smaller. */
	double beyond = floor((1 - q) * (double)d->stats.count * (1 + 1e-12));
	double below = fmax((double)d->stats.count - beyond, 1);

	fprintf(out, "%12.3f %14.12f %10.0f %14.2f\n", quantile(d, q), q, below, 1 / (1 - q));
}

/* From the lowest value to where a single one is left. */
static void rows(FILE *out, const struct distribution *d)
{
	for (int half = 0; ldexp((double)d->stats.count, -half) >= 1; half++) {
		for (int tick = 0; tick < TICKS_PER_HALF; tick++) {
			double q = 1 - ldexp(1 - tick / (2.0 * TICKS_PER_HALF), -half);

			if ((1 - q) * (double)d->stats.count >= 1)
				row(out, d, q);
		}
	}
	fprintf(out, "%12.3f %14.12f %10llu            inf\n", d->stats.max, 1.0,
		(unsigned long long)d->stats.count);
}

static void write_distribution(FILE *out, const char *name, const struct distribution *d)
{
	fputs("# ", out);
	escape_terminal(out, name);
	fputs("\n#[Unit    = ns]\n", out);
	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		"1/(1-Percentile)");
	rows(out, d);
	fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", d->stats.mean, deviation(d));
	fprintf(out, "#[Max     = %12.3f, Total count    = %12llu]\n", d->stats.max,
		(unsigned long long)d->stats.count);
	if (d->hist)
		fprintf(out, "#[Buckets = %12u, SubBuckets     = %12u]\n",
			HIST_MAX_BITS - d->hist->k, 1u << (d->hist->k + 1));
}

/* ---- which there are ------------------------------------------------------------------------- */

struct walk {
	FILE *out; /* NULL: only counts */
	const struct report *r;
	const char *only;
	size_t nr;
	int ret;
};

static bool is_wanted(const struct walk *w, const char *name)
{
	return !w->only || !fnmatch(w->only, name, 0);
}

/* QUESTION/ARM, or KIND/SUBJECT/METRIC; "run 2/" before it where several runs have the question */
static char *name_of(const struct walk *w, const struct report_question *q,
		     const struct report_result *r, const char *metric)
{
	char run[32] = "", *name;

	if (w->r->apart)
		snprintf(run, sizeof(run), "run %zu/", q->run + 1);
	if (asprintf(&name, "%s%s%s%s%s%s", run, q->name, *r->name ? "/" : "", r->name,
		     metric ? "/" : "", metric ?: "") < 0)
		return NULL;
	return name;
}

static void take(struct walk *w, const struct report_question *q, const struct report_result *r,
		 const char *metric, const struct distribution *d)
{
	char *name;

	if (w->ret || !d->stats.count)
		return;
	name = name_of(w, q, r, metric);
	if (!name) {
		w->ret = -ENOMEM;
		return;
	}
	if (is_wanted(w, name)) {
		if (w->out && w->nr)
			fputs("\n\n", w->out);
		if (w->out)
			write_distribution(w->out, name, d);
		w->nr++;
	}
	free(name);
}

static void take_metrics(struct walk *w, const struct report_question *q,
			 const struct report_result *r)
{
	static struct hist scratch;

	for (size_t i = 0; i < r->nr_metrics; i++) {
		struct distribution d = {
			.hist = report_metric_read(&r->metric[i], &scratch),
			.unit = 1,
		};

		d.stats = report_stats(d.hist);
		take(w, q, r, r->metric[i].name, &d);
	}
}

static void walk_question(struct walk *w, const struct report_question *q)
{
	const struct report *r = w->r;
	size_t top = r->top ? r->top : REPORT_TOP;

	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *result = &r->result[q->first_result + i];
		struct distribution d = { .r = result,
					  .hist = result->rising ? NULL : result->hist,
					  .unit = result->unit,
					  .stats = result->stats };

		if (!result->from_trace)
			take(w, q, result, NULL, &d);
		else if (!q->from_trace || i < top)
			take_metrics(w, q, result);
	}
}

static int walk(struct walk *w)
{
	for (size_t i = 0; i < w->r->nr_questions; i++)
		walk_question(w, &w->r->question[i]);
	return w->ret;
}

/* ---- the format ------------------------------------------------------------------------------ */

static const char *refuses(const struct report *r)
{
	struct walk w = { .r = r, .only = r->only };

	if (walk(&w) || w.nr)
		return NULL;
	return r->only ? "--only: no distribution has such a name; without it hgrm lists all, each after its name"
		       : "there is no distribution: nothing was measured";
}

static int render(FILE *out, const struct report *r, const struct terminal_style *style)
{
	struct walk w = { .out = out, .r = r, .only = r->only };
	int ret;

	(void)style;
	errno = 0;
	ret = walk(&w);
	if (!ret && (fflush(out) || ferror(out)))
		return errno ? -errno : -EIO;
	return ret;
}

const struct report_format report_format_hgrm = {
	.name = "hgrm",
	.help = "percentiles as HdrHistogram prints them",
	.suffix = { ".hgrm" },
	.takes = REPORT_TAKES_ONLY,
	.refuses = refuses,
	.render = render,
};
