// SPDX-License-Identifier: GPL-2.0-only
/* From what was read to what is shown: statistics, and flat arrays for the renderers. */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIN_VALUES_BEYOND 10

/* ---- statistics ------------------------------------------------------------------------------ */

bool report_is_backed(uint64_t count, double q)
{
	return q <= 0.5 ? count > 0 : (double)count * (1 - q) >= MIN_VALUES_BEYOND - 1e-9;
}

static double backed_quantile(const struct hist *h, double q)
{
	return report_is_backed(h->count, q) ? hist_quantile(h, q) : NAN;
}

double report_mean(const struct hist *h)
{
	return h && h->sum < UINT64_MAX ? hist_mean(h) : NAN;
}

struct report_stats report_stats(const struct hist *h)
{
	struct report_stats none = { 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN };

	if (!h || !h->count)
		return none;
	return (struct report_stats){
		.count = h->count,
		.mean = report_mean(h),
		.min = (double)h->min,
		.p25 = backed_quantile(h, 0.25),
		.p50 = backed_quantile(h, 0.5),
		.p75 = backed_quantile(h, 0.75),
		.p90 = backed_quantile(h, 0.9),
		.p99 = backed_quantile(h, 0.99),
		.p999 = backed_quantile(h, 0.999),
		.max = (double)h->max,
	};
}

double report_quantile(const struct report_result *r, double q)
{
	size_t below;
	double at;

	if (!r->stats.count)
		return NAN;
	if (!r->rising)
		return hist_quantile(r->hist, q) * r->unit;
	at = q * (double)(r->stats.count - 1);
	below = (size_t)at;
	if (below + 1 >= r->stats.count)
		return r->rising[r->stats.count - 1];
	return r->rising[below] + (at - (double)below) * (r->rising[below + 1] - r->rising[below]);
}

void report_time_stats(struct report_result *r)
{
	size_t nr = r->stats.count;
	struct report_stats *s = &r->stats;

	*s = report_stats(NULL);
	if (!nr)
		return;
	s->count = nr;
	s->p50 = stat_median(r->rising, nr); /* and sorts */
	s->min = r->rising[0];
	s->p25 = report_quantile(r, 0.25);
	s->p75 = report_is_backed(nr, 0.75) ? report_quantile(r, 0.75) : NAN;
	s->p90 = report_is_backed(nr, 0.9) ? report_quantile(r, 0.9) : NAN;
	s->p99 = report_is_backed(nr, 0.99) ? report_quantile(r, 0.99) : NAN;
	s->p999 = report_is_backed(nr, 0.999) ? report_quantile(r, 0.999) : NAN;
	s->max = r->rising[nr - 1];
}

/* Epochs of mode "time", by their exact ns per iteration. */
static void time_stats(struct build_result *b)
{
	struct report_result *r = &b->r;

	r->rising = b->passes.value;
	b->passes.value = NULL;
	r->stats.count = b->passes.nr;
	report_time_stats(r);
	if (r->stats.count && r->wall_ns < UINT64_MAX)
		r->stats.mean = (double)r->wall_ns / (double)r->iterations;
}

/* ---- one question ---------------------------------------------------------------------------- */

static struct report_metric *find_metric(const struct report_result *r, const char *name)
{
	for (size_t i = 0; i < r->nr_metrics; i++)
		if (!strcmp(r->metric[i].name, name))
			return &r->metric[i];
	return NULL;
}

static struct hist *metric_of(const struct report_result *r, const char *name)
{
	const struct report_metric *m = find_metric(r, name);

	return m ? m->hist : NULL;
}

const struct hist *report_metric_hist(const struct report_result *r, const char *name)
{
	return metric_of(r, name);
}

const struct hist *report_metric_read(const struct report_metric *m, struct hist *scratch)
{
	if (m->hist)
		return m->hist;
	sparse_read(m->sparse, scratch);
	return scratch;
}

const struct hist *report_metric_find(const struct report_result *r, const char *name,
				      struct hist *scratch)
{
	const struct report_metric *m = find_metric(r, name);

	return m ? report_metric_read(m, scratch) : NULL;
}

static uint64_t count_of(const struct report_metric *m)
{
	return !m ? 0 : m->hist ? m->hist->count : sparse_count(m->sparse);
}

/* The first of @r that is there, in the order of records of schema 1, which do not say it. */
static const char *guess_main_metric(const struct report_result *r)
{
	static const char *const order[] = { "woken",	   "end_to_end", "park",
					     "stop",	   "unpark",	 "park_react",
					     "delay_idle", "delay_busy", "run" };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (find_metric(r, order[i]))
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
	const struct report_metric *idle = find_metric(r, "delay_idle"),
				   *busy = find_metric(r, "delay_busy"), *m;

	if (b->said_metric && (!q->from_trace || find_metric(r, b->said_metric)))
		r->main_metric = b->said_metric;
	else if (!q->from_trace && busy && !idle)
		r->main_metric = "delay_idle";
	else
		r->main_metric = guess_main_metric(r);
	m = r->main_metric ? find_metric(r, r->main_metric) : NULL;
	if (!m)
		return true;
	r->events = m == idle ? count_of(idle) + count_of(busy) : count_of(m);
	if (!m->hist)
		return true;
	r->hist = malloc(sizeof(*m->hist));
	if (!r->hist)
		return false;
	hist_init(r->hist, m->hist->k);
	hist_merge(r->hist, m->hist);
	return true;
}

/* Of a subject of a trace: its distributions as others look at them. false: no memory */
static bool make_whole(struct report_result *r)
{
	for (size_t i = 0; i < r->nr_metrics; i++) {
		struct report_metric *m = &r->metric[i];

		m->hist = malloc(sizeof(*m->hist));
		if (!m->hist)
			return false;
		sparse_read(m->sparse, m->hist);
	}
	return true;
}

static struct report_stats in_unit(struct report_stats s, double unit)
{
	s.mean *= unit;
	s.min *= unit;
	s.p25 *= unit;
	s.p50 *= unit;
	s.p75 *= unit;
	s.p90 *= unit;
	s.p99 *= unit;
	s.p999 *= unit;
	s.max *= unit;
	return s;
}

static bool finish_result(struct build *b, const struct build_question *q, size_t number)
{
	struct build_result *result = &q->result[number];
	struct report_result *r = &result->r;
	const struct hist *main;

	if (q->trace && number < REPORT_NR_WHOLE && !make_whole(r))
		return false;
	for (int p = 0; p < REPORT_NR_PHASES; p++)
		r->phase[p] = metric_of(r, report_phase_name[p]);
	if (r->bands)
		build_finish_bands(r->bands);
	if (r->matrix)
		build_finish_matrix(r->matrix);
	if (r->from_trace && !choose_main_metric(&q->q, result))
		return false;
	main = r->hist;
	if (!main && r->main_metric)
		main = report_metric_find(r, r->main_metric, &b->scratch);
	r->stats = in_unit(report_stats(main), r->unit);
	if (!r->from_trace && !strcmp(q->q.mode, "time"))
		time_stats(result);
	r->block_p50 = result->p50.value;
	r->nr_p50 = result->p50.nr;
	r->block_p99 = result->p99.value;
	r->nr_p99 = result->p99.nr;
	result->p50.value = result->p99.value = NULL;
	return true;
}

/*
 * What a subject of a trace is sorted by: how long it waited, or its events where the kind says of
 * nothing that it is a wait.
 */
static uint64_t weight_of(const struct report_trace *t, const struct report_result *r)
{
	struct report_waits w;
	bool waits = false;

	report_waits_of(&w, t, r);
	for (size_t i = 0; i < t->layout.nr_metrics; i++)
		waits |= t->layout.metric[i].waits != NULL;
	return waits ? w.ns : t->has_layout ? w.counted_ns : w.values;
}

static int by_weight(const void *a, const void *b)
{
	const struct build_result *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return strcmp(x->r.name, y->r.name);
}

static void sort_subjects(struct build_question *q)
{
	for (size_t i = 0; i < q->nr; i++)
		q->result[i].weight = weight_of(q->q.trace, &q->result[i].r);
	if (q->nr)
		qsort(q->result, q->nr, sizeof(*q->result), by_weight);
	free(q->bucket);
	q->bucket = NULL;
}

static int finish_trace(struct build *b, struct build_question *q)
{
	struct report_trace *t = q->q.trace;
	int ret;

	if (!t)
		return 0;
	ret = build_interval_close(b, q, NAN);
	build_finish_worst(t->in_the_way, t->nr_in_the_way);
	sort_subjects(q);
	return ret;
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

/* Into @to, which has its number in the report. */
static int finish_question(struct build *b, struct build_question *q, struct report_question *to,
			   double *scratch)
{
	struct report *out = b->report;

	if (finish_trace(b, q))
		return -ENOMEM;
	*to = q->q;
	q->q.skipped = NULL;
	q->q.nr_skipped = 0;
	q->q.trace = NULL;
	q->q.worst = NULL;
	if (to->worst)
		build_finish_worst(to->worst->in_the_way, to->worst->nr_in_the_way);
	to->noise = build_sum_up_noise(b, q, scratch);
	if (!build_finish_stretches(q, to))
		return -ENOMEM;
	to->first_result = out->nr_results;
	pair_up(q);
	for (size_t j = 0; j < q->nr; j++) {
		if (!finish_result(b, q, j))
			return -ENOMEM;
		out->result[out->nr_results++] = q->result[j].r;
		memset(&q->result[j].r, 0, sizeof(q->result[j].r));
	}
	to->nr_results = q->nr;
	return 0;
}

int build_finish(struct build *b)
{
	struct report *out = b->report;
	double *scratch = calloc(longest_series(b) + 1, sizeof(*scratch));
	int ret = 0;

	out->question = calloc(b->nr + 1, sizeof(*out->question));
	out->result = calloc(b->nr_results + b->nr_subjects + 1, sizeof(*out->result));
	if (!scratch || !out->question || !out->result)
		ret = -ENOMEM;
	for (size_t i = 0; !ret && i < b->nr; i++)
		ret = finish_question(b, &b->question[i], &out->question[out->nr_questions++],
				      scratch);
	free(scratch);
	if (ret)
		return ret;
	build_sort_drops(b);
	return build_compare(out);
}
