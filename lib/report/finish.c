// SPDX-License-Identifier: GPL-2.0-only
/*
 * From what was read to what is shown: statistics, noise, comparisons, and flat arrays for the
 * renderers.
 */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * A block with more steal than this is noisy; so many noisy blocks, or such a canary, make a
 * question unsteady.
 */
#define NOISY_STEAL	  0.02
#define NOISY_SHARE	  0.2
#define CANARY_DRIFT	  0.03
#define MIN_VALUES_BEYOND 10

/* ---- statistics ------------------------------------------------------------------------------ */

static bool quantile_is_backed(uint64_t count, double q)
{
	return q <= 0.5 ? count > 0 : (double)count * (1 - q) >= MIN_VALUES_BEYOND - 1e-9;
}

static double backed_quantile(const struct hist *h, double q)
{
	return quantile_is_backed(h->count, q) ? hist_quantile(h, q) : NAN;
}

double report_mean(const struct hist *h)
{
	return h && h->sum < UINT64_MAX ? hist_mean(h) : NAN;
}

struct report_stats report_stats(const struct hist *h)
{
	struct report_stats none = { 0, NAN, NAN, NAN, NAN, NAN, NAN };

	if (!h || !h->count)
		return none;
	return (struct report_stats){
		.count = h->count,
		.mean = report_mean(h),
		.p50 = backed_quantile(h, 0.5),
		.p90 = backed_quantile(h, 0.9),
		.p99 = backed_quantile(h, 0.99),
		.p999 = backed_quantile(h, 0.999),
		.max = (double)h->max,
	};
}

double report_quantile(const struct report_result *r, double q)
{
	double at = q * (double)(r->stats.count - 1);
	size_t below = (size_t)at;

	if (!r->stats.count)
		return NAN;
	if (!r->rising)
		return hist_quantile(r->hist, q);
	if (below + 1 >= r->stats.count)
		return r->rising[r->stats.count - 1];
	return r->rising[below] + (at - (double)below) * (r->rising[below + 1] - r->rising[below]);
}

/* Epochs of mode "time", by their exact ns per iteration. false: no memory. */
static bool time_stats(struct build_result *b)
{
	struct report_result *r = &b->r;
	struct report_stats *s = &r->stats;
	size_t nr = 0;

	*s = report_stats(NULL);
	r->rising = calloc(b->p50.nr + 1, sizeof(*r->rising));
	if (!r->rising)
		return false;
	for (size_t i = 0; i < b->p50.nr; i++)
		if (!isnan(b->p50.value[i]))
			r->rising[nr++] = b->p50.value[i];
	if (!nr)
		return true;
	s->count = nr;
	s->mean = r->wall_ns < UINT64_MAX ? (double)r->wall_ns / (double)r->iterations : NAN;
	s->p50 = stat_median(r->rising, nr); /* and sorts */
	s->p90 = quantile_is_backed(nr, 0.9) ? report_quantile(r, 0.9) : NAN;
	s->p99 = quantile_is_backed(nr, 0.99) ? report_quantile(r, 0.99) : NAN;
	s->p999 = quantile_is_backed(nr, 0.999) ? report_quantile(r, 0.999) : NAN;
	s->max = r->rising[nr - 1];
	return true;
}

/* ---- noise ----------------------------------------------------------------------------------- */

/* Median of the values of @v from @from to @to that are known. */
static double known_median(const double *v, size_t from, size_t to, double *scratch)
{
	size_t nr = 0;

	for (size_t i = from; i < to; i++)
		if (isfinite(v[i]))
			scratch[nr++] = v[i];
	return stat_median(scratch, nr);
}

static double known_mean(const double *v, size_t nr, double *max)
{
	double sum = 0;
	size_t known = 0;

	*max = NAN;
	for (size_t i = 0; i < nr; i++) {
		if (!isfinite(v[i]))
			continue;
		sum += v[i];
		known++;
		if (isnan(*max) || v[i] > *max)
			*max = v[i];
	}
	return known ? sum / (double)known : NAN;
}

static struct report_noise sum_up_noise(const struct build_question *q, double *scratch)
{
	size_t nr = q->nr_noise;
	struct report_noise n = { .nr_blocks = nr };
	double unused;

	n.steal_mean = known_mean(q->steal, nr, &n.steal_max);
	n.psi_mean = known_mean(q->psi, nr, &unused);
	n.canary_ns = known_median(q->canary, 0, nr, scratch);
	n.canary_drift = nr < 2 ? NAN
				: known_median(q->canary, nr / 2, nr, scratch) /
						  known_median(q->canary, 0, nr / 2, scratch) -
					  1;
	for (size_t i = 0; i < nr; i++)
		n.nr_noisy += q->steal[i] > NOISY_STEAL;
	n.unsteady = (double)n.nr_noisy > NOISY_SHARE * (double)nr ||
		     fabs(n.canary_drift) > CANARY_DRIFT;
	return n;
}

/* ---- one question ---------------------------------------------------------------------------- */

static struct hist *metric_of(const struct report_result *r, const char *name)
{
	for (size_t i = 0; i < r->nr_metrics; i++)
		if (!strcmp(r->metric[i].name, name))
			return r->metric[i].hist;
	return NULL;
}

const struct hist *report_metric_hist(const struct report_result *r, const char *name)
{
	return metric_of(r, name);
}

static uint64_t count_of(const struct hist *h)
{
	return h ? h->count : 0;
}

/* The first of @r that is there, in the order of records of schema 1, which do not say it. */
static const char *guess_main_metric(const struct report_result *r)
{
	static const char *const order[] = { "kernel",	   "end_to_end", "park",
					     "stop",	   "unpark",	 "park_react",
					     "delay_idle", "delay_busy", "run" };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (metric_of(r, order[i]))
			return order[i];
	return r->nr_metrics ? r->metric[0].name : NULL;
}

/*
 * The metric that stands for a subject in a table: what its record says, else the one every event
 * of its kind has. Works have two, and a delay on an idle worker says nothing about one on a busy
 * worker: they are never put together. Beside the arms of a question stands the metric that it asks
 * for (of works the delay on an idle worker); when only others were seen, nothing stands there.
 */
static bool choose_main_metric(const struct report_question *q, struct build_result *b)
{
	struct report_result *r = &b->r;
	const struct hist *idle = metric_of(r, "delay_idle"), *busy = metric_of(r, "delay_busy"),
			  *h;

	if (b->said_metric && (!q->from_trace || metric_of(r, b->said_metric)))
		r->main_metric = b->said_metric;
	else if (!q->from_trace && busy && !idle)
		r->main_metric = "delay_idle";
	else
		r->main_metric = guess_main_metric(r);
	h = r->main_metric ? metric_of(r, r->main_metric) : NULL;
	if (!h)
		return true;
	r->hist = malloc(sizeof(*h));
	if (!r->hist)
		return false;
	hist_init(r->hist, h->k);
	hist_merge(r->hist, h);
	r->events = h == idle ? count_of(idle) + count_of(busy) : count_of(h);
	return true;
}

static bool finish_result(const struct build_question *q, struct build_result *b)
{
	struct report_result *r = &b->r;

	for (int p = 0; p < REPORT_NR_PHASES; p++)
		r->phase[p] = metric_of(r, report_phase_name[p]);
	if (r->from_trace && !choose_main_metric(&q->q, b))
		return false;
	r->stats = report_stats(r->hist);
	if (!r->from_trace && !strcmp(q->q.mode, "time") && !time_stats(b))
		return false;
	r->block_p50 = b->p50.value;
	r->nr_p50 = b->p50.nr;
	r->block_p99 = b->p99.value;
	r->nr_p99 = b->p99.nr;
	b->p50.value = b->p99.value = NULL;
	return true;
}

static int by_events(const void *a, const void *b)
{
	const struct report_result *x = a, *y = b;

	return (x->events < y->events) - (x->events > y->events);
}

/* ---- comparisons ----------------------------------------------------------------------------- */

static void compare(struct report *out, const struct report_question *q,
		    const struct report_result *base, const struct report_result *arm, bool tail,
		    double *scratch)
{
	size_t nr_base = tail ? base->nr_p99 : base->nr_p50,
	       nr_arm = tail ? arm->nr_p99 : arm->nr_p50;
	struct report_comparison *c = &out->comparison[out->nr_comparisons++];

	*c = (struct report_comparison){
		.benchmark = q->name,
		.metric = tail ? "p99" : "p50",
		.baseline = base->name,
		.candidate = arm->name,
		.c = compare_pairs(tail ? base->block_p99 : base->block_p50,
				   tail ? arm->block_p99 : arm->block_p50,
				   nr_base < nr_arm ? nr_base : nr_arm, q->zone, scratch),
	};
	c->c.unstable |= q->noise.unsteady;
}

static void compare_arms(struct report *out, struct report_question *q, double *scratch)
{
	struct report_result *first = &out->result[q->first_result], *base = NULL;

	q->first_comparison = out->nr_comparisons;
	for (size_t i = 0; q->baseline && i < q->nr_results; i++)
		if (!strcmp(first[i].name, q->baseline) && !first[i].from_trace &&
		    first[i].stats.count)
			base = &first[i];
	for (size_t i = 0; base && i < q->nr_results; i++) {
		if (&first[i] == base || first[i].from_trace || !first[i].stats.count)
			continue;
		compare(out, q, base, &first[i], false, scratch);
		if (strcmp(q->mode, "time"))
			compare(out, q, base, &first[i], true, scratch);
	}
	q->nr_comparisons = out->nr_comparisons - q->first_comparison;
}

static size_t longest_series(const struct build *b)
{
	size_t longest = 0;

	for (size_t i = 0; i < b->nr; i++) {
		if (b->question[i].nr_noise > longest)
			longest = b->question[i].nr_noise;
		for (size_t j = 0; j < b->question[i].nr; j++)
			if (b->question[i].result[j].p50.nr > longest)
				longest = b->question[i].result[j].p50.nr;
	}
	return longest;
}

size_t report_rebase(struct report *r, const char *baseline)
{
	size_t longest = 0, nr = 0;
	double *scratch;

	for (size_t i = 0; i < r->nr_results; i++)
		if (r->result[i].nr_p50 > longest)
			longest = r->result[i].nr_p50;
	scratch = calloc(2 * longest + 1, sizeof(*scratch));
	if (!scratch)
		return 0;
	r->nr_comparisons = 0;
	for (size_t i = 0; i < r->nr_questions; i++) {
		struct report_question *q = &r->question[i];

		for (size_t j = 0; j < q->nr_results; j++) {
			const struct report_result *arm = &r->result[q->first_result + j];

			if (arm->from_trace || strcmp(arm->name, baseline))
				continue;
			q->baseline = arm->name;
			nr++;
		}
		compare_arms(r, q, scratch);
	}
	free(scratch);
	return nr;
}

int build_finish(struct build *b)
{
	struct report *out = b->report;
	double *scratch = calloc(2 * longest_series(b) + 1, sizeof(*scratch));

	out->question = calloc(b->nr + 1, sizeof(*out->question));
	out->result = calloc(b->nr_results + 1, sizeof(*out->result));
	out->comparison = calloc(2 * b->nr_results + 1, sizeof(*out->comparison));
	if (!scratch || !out->question || !out->result || !out->comparison) {
		free(scratch);
		return -ENOMEM;
	}
	for (size_t i = 0; i < b->nr; i++) {
		struct build_question *q = &b->question[i];
		struct report_question *to = &out->question[out->nr_questions++];

		*to = q->q;
		q->q.skipped = NULL;
		q->q.nr_skipped = 0;
		to->noise = sum_up_noise(q, scratch);
		to->first_result = out->nr_results;
		for (size_t j = 0; j < q->nr; j++) {
			if (!finish_result(q, &q->result[j])) {
				free(scratch);
				return -ENOMEM;
			}
			out->result[out->nr_results++] = q->result[j].r;
			memset(&q->result[j].r, 0, sizeof(q->result[j].r));
		}
		to->nr_results = q->nr;
		if (to->from_trace)
			qsort(&out->result[to->first_result], to->nr_results, sizeof(*out->result),
			      by_events);
		compare_arms(out, to, scratch);
	}
	free(scratch);
	build_sort_drops(b);
	return 0;
}
