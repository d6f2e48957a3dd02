// SPDX-License-Identifier: GPL-2.0-only
/* OpenMetrics of a bench run: what each arm's operations took, their parts, what was counted. */
#include "lib/report/openmetrics.h"

#include <math.h>

#include "lib/report/render.h"

static int operations(struct openmetrics *om, const struct report_question *q,
		      const struct report_result *r)
{
	struct ladder l = { 0 };

	if (r->from_trace || !r->stats.count)
		return 0;
	for (size_t i = 0; r->rising && i < r->stats.count; i++)
		ladder_add_value(&l, r->rising[i]);
	if (!r->rising)
		ladder_add(&l, r->hist, r->unit);
	return openmetrics_histogram(om, q, r, NULL, NULL, &l);
}

static int figures(struct openmetrics *om, const struct report_question *q,
		   const struct report_result *r)
{
	const struct report_stats *s = &r->stats;
	const struct {
		const char *name;
		double ns;
	} figure[] = { { "mean", s->mean }, { "p50", s->p50 },	  { "p90", s->p90 },
		       { "p99", s->p99 },   { "p99.9", s->p999 }, { "max", s->max } };

	for (size_t i = 0; !r->from_trace && i < sizeof(figure) / sizeof(figure[0]); i++)
		openmetrics_sample(om, "", q, r, "figure", figure[i].name, figure[i].ns / 1e9);
	return 0;
}

static int traced(struct openmetrics *om, const struct report_question *q,
		  const struct report_result *r)
{
	const struct hist *h = r->from_trace ? r->hist : r->traced;
	struct ladder l = { 0 };

	if (!h || !h->count)
		return 0;
	ladder_add(&l, h, 1);
	return openmetrics_histogram(om, q, r, "metric",
				     r->from_trace ? r->main_metric : "end_to_end", &l);
}

/* Of a summary. */
static const char *const quantile_name[] = { "0.5", "0.9", "0.99", "0.999" };
#define NR_QUANTILES (sizeof(quantile_name) / sizeof(quantile_name[0]))

static void phase(struct openmetrics *om, const struct report_question *q,
		  const struct report_result *r, const char *name, const struct report_stats *s)
{
	const double quantile[NR_QUANTILES] = { s->p50, s->p90, s->p99, s->p999 };

	for (size_t k = 0; k < NR_QUANTILES; k++) {
		if (!isfinite(quantile[k]))
			continue;
		openmetrics_begin(om, "", q->run);
		openmetrics_whose(om, q, r);
		openmetrics_label(om, "phase", name);
		openmetrics_label(om, "quantile", quantile_name[k]);
		openmetrics_value(om, q->run, quantile[k] / 1e9);
	}
	openmetrics_sample(om, "_count", q, r, "phase", name, (double)s->count);
	openmetrics_sample(om, "_sum", q, r, "phase", name,
			   s->count ? s->mean * (double)s->count / 1e9 : 0);
}

static int phases(struct openmetrics *om, const struct report_question *q,
		  const struct report_result *r)
{
	static struct hist scratch;

	for (size_t i = 0; i < r->nr_metrics; i++) {
		struct report_stats s = report_stats(report_metric_read(&r->metric[i], &scratch));

		phase(om, q, r, r->metric[i].name, &s);
	}
	return 0;
}

static int iterations(struct openmetrics *om, const struct report_question *q,
		      const struct report_result *r)
{
	if (!r->from_trace)
		openmetrics_sample(om, "_total", q, r, NULL, NULL, (double)r->iterations);
	return 0;
}

static int cpu_time(struct openmetrics *om, const struct report_question *q,
		    const struct report_result *r)
{
	if (!r->from_trace)
		openmetrics_sample(om, "_total", q, r, NULL, NULL, (double)r->cpu_ns / 1e9);
	return 0;
}

static int counters(struct openmetrics *om, const struct report_question *q,
		    const struct report_result *r)
{
	for (size_t i = 0; r->iterations && i < r->nr_counters; i++)
		openmetrics_sample(om, "", q, r, "counter", r->counter[i].name,
				   r->counter[i].value / (double)r->iterations);
	return 0;
}

static int losses(struct openmetrics *om, const struct report_question *q,
		  const struct report_result *r)
{
	for (size_t i = 0; i < r->nr_losses; i++)
		openmetrics_sample(om, "_total", q, r, "cause", r->loss[i].name,
				   (double)r->loss[i].value);
	return 0;
}

static int observer(struct openmetrics *om, const struct report_question *q,
		    const struct report_result *r)
{
	openmetrics_sample(om, "", q, r, NULL, NULL, report_observer_effect(r));
	return 0;
}

static const struct {
	const char *name, *type, *unit, *help;
	openmetrics_each_result *each;
} families[] = {
	{ "kt_operation_seconds", "histogram", "seconds",
	  "Time of an operation without tracing; mode time: its mean in each short epoch.",
	  operations },
	{ "kt_operation_figure_seconds", "gauge", "seconds",
	  "Mean, percentiles and maximum of the same, as kt report has them.", figures },
	{ "kt_traced_operation_seconds", "histogram", "seconds",
	  "Time of an operation while it was traced; arms kernel and kthread are measured only so.",
	  traced },
	{ "kt_phase_seconds", "summary", "seconds", "Parts of the traced operations.", phases },
	{ "kt_observer_ratio", "gauge", NULL,
	  "Median of the traced operations divided by that of the untraced ones.", observer },
	{ "kt_operations", "counter", NULL, "Operations without tracing.", iterations },
	{ "kt_operation_cpu_seconds", "counter", "seconds",
	  "CPU time of the thread that drives the operations without tracing.", cpu_time },
	{ "kt_operation_counted", "gauge", NULL, "What the arm counted, per operation.", counters },
	{ "kt_operation_lost", "counter", NULL, "Values that were left out, by cause.", losses },
};

int openmetrics_bench(struct openmetrics *om)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < sizeof(families) / sizeof(families[0]); i++) {
		openmetrics_family(om, families[i].name, families[i].type, families[i].unit,
				   families[i].help);
		ret = openmetrics_each(om, false, families[i].each);
	}
	return ret;
}
