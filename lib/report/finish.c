// SPDX-License-Identifier: GPL-2.0-only
/* From what was read to what is shown: statistics, and flat arrays for the renderers. */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
		return hist_quantile(r->hist, q) * r->unit;
	if (below + 1 >= r->stats.count)
		return r->rising[r->stats.count - 1];
	return r->rising[below] + (at - (double)below) * (r->rising[below + 1] - r->rising[below]);
}

/* Epochs of mode "time", by their exact ns per iteration. */
static void time_stats(struct build_result *b)
{
	struct report_result *r = &b->r;
	struct report_stats *s = &r->stats;
	size_t nr = b->passes.nr;

	*s = report_stats(NULL);
	r->rising = b->passes.value;
	b->passes.value = NULL;
	if (!nr)
		return;
	s->count = nr;
	s->mean = r->wall_ns < UINT64_MAX ? (double)r->wall_ns / (double)r->iterations : NAN;
	s->p50 = stat_median(r->rising, nr); /* and sorts */
	s->p90 = quantile_is_backed(nr, 0.9) ? report_quantile(r, 0.9) : NAN;
	s->p99 = quantile_is_backed(nr, 0.99) ? report_quantile(r, 0.99) : NAN;
	s->p999 = quantile_is_backed(nr, 0.999) ? report_quantile(r, 0.999) : NAN;
	s->max = r->rising[nr - 1];
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
	static const char *const order[] = { "woken",	   "end_to_end", "park",
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

static struct report_stats in_unit(struct report_stats s, double unit)
{
	s.mean *= unit;
	s.p50 *= unit;
	s.p90 *= unit;
	s.p99 *= unit;
	s.p999 *= unit;
	s.max *= unit;
	return s;
}

static bool finish_result(const struct build_question *q, struct build_result *b)
{
	struct report_result *r = &b->r;

	for (int p = 0; p < REPORT_NR_PHASES; p++)
		r->phase[p] = metric_of(r, report_phase_name[p]);
	if (r->from_trace && !choose_main_metric(&q->q, b))
		return false;
	r->stats = in_unit(report_stats(r->hist), r->unit);
	if (!r->from_trace && !strcmp(q->q.mode, "time"))
		time_stats(b);
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

/* Both sides of an arm stand together, the one that is compared second; the others stay in order. */
static void pair_up(struct build_question *q)
{
	for (size_t i = 0; q->q.kind != REPORT_ARMS && i < q->nr; i++) {
		const char *name = q->result[i].r.name;
		size_t to = i + 1;

		for (size_t k = to; k < q->nr; k++) {
			struct build_result moved = q->result[k];

			if (!moved.r.against || strcmp(moved.r.against, name))
				continue;
			memmove(&q->result[to + 1], &q->result[to], (k - to) * sizeof(moved));
			q->result[to++] = moved;
		}
	}
}

static size_t longest_series(const struct build *b)
{
	size_t longest = 0;

	for (size_t i = 0; i < b->nr; i++)
		if (b->question[i].nr_noise > longest)
			longest = b->question[i].nr_noise;
	return longest;
}

int build_finish(struct build *b)
{
	struct report *out = b->report;
	double *scratch = calloc(longest_series(b) + 1, sizeof(*scratch));

	out->question = calloc(b->nr + 1, sizeof(*out->question));
	out->result = calloc(b->nr_results + 1, sizeof(*out->result));
	if (!scratch || !out->question || !out->result) {
		free(scratch);
		return -ENOMEM;
	}
	for (size_t i = 0; i < b->nr; i++) {
		struct build_question *q = &b->question[i];
		struct report_question *to = &out->question[out->nr_questions++];

		*to = q->q;
		q->q.skipped = NULL;
		q->q.nr_skipped = 0;
		to->noise = build_sum_up_noise(b, q, scratch);
		to->first_result = out->nr_results;
		pair_up(q);
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
	}
	free(scratch);
	build_sort_drops(b);
	return build_compare(out);
}
