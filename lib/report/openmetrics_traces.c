// SPDX-License-Identifier: GPL-2.0-only
/*
 * OpenMetrics of traces: each metric of the first subjects (--top N) as a histogram, those of the
 * others added up, so that every event stays in the sums.
 */
#include "lib/report/openmetrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/render.h"

/* As the tracer calls what it could not keep apart. */
#define OTHERS "others"

static size_t shown(const struct report *r, const struct report_question *q)
{
	size_t top = r->top ? r->top : REPORT_TOP;

	return q->nr_results < top ? q->nr_results : top;
}

static void add_metric(struct ladder *l, const struct report_result *r, const char *name)
{
	static struct hist scratch;
	const struct hist *h = report_metric_find(r, name, &scratch);

	if (h)
		ladder_add(l, h, 1);
}

/* The subjects beyond the first @from, and one among these that is itself the rest of a trace. */
static int write_others(struct openmetrics *om, const struct report_question *q, size_t from,
			const char *metric)
{
	const struct report_result *all = &om->r->result[q->first_result];
	struct report_result others = { .name = OTHERS };
	struct ladder l = { 0 };

	for (size_t i = 0; i < q->nr_results; i++)
		if (i >= from || !strcmp(all[i].name, OTHERS))
			add_metric(&l, &all[i], metric);
	return l.count ? openmetrics_histogram(om, q, &others, "metric", metric, &l) : 0;
}

static int write_metric(struct openmetrics *om, const struct report_question *q, const char *metric)
{
	const struct report_result *all = &om->r->result[q->first_result];
	size_t nr = shown(om->r, q);
	int ret = 0;

	for (size_t i = 0; !ret && i < nr; i++) {
		struct ladder l = { 0 };

		if (!strcmp(all[i].name, OTHERS))
			continue;
		add_metric(&l, &all[i], metric);
		if (l.count)
			ret = openmetrics_histogram(om, q, &all[i], "metric", metric, &l);
	}
	return ret ? ret : write_others(om, q, nr, metric);
}

static int histograms(struct openmetrics *om, const struct report_question *q)
{
	const struct record_layout *l = &q->trace->layout;
	int ret = 0;

	for (size_t i = 0; !ret && i < l->nr_metrics; i++)
		ret = write_metric(om, q, l->metric[i].name);
	return ret;
}

static int waited(struct openmetrics *om, const struct report_question *q)
{
	const struct record_layout *l = &q->trace->layout;
	struct report_waits all;

	report_waits_all(&all, om->r, q);
	for (size_t i = 0; i < l->nr_metrics; i++)
		if (l->metric[i].waits)
			openmetrics_sample(om, "", q, NULL, "metric", l->metric[i].name,
					   report_waits_share(&all, all.metric_ns[i]));
	return 0;
}

static int covered(struct openmetrics *om, const struct report_question *q)
{
	struct report_waits all;

	report_waits_all(&all, om->r, q);
	openmetrics_sample(om, "", q, NULL, NULL, NULL,
			   report_coverage(q->trace, &all, &om->r->run[q->run].tracing));
	return 0;
}

static int subjects(struct openmetrics *om, const struct report_question *q)
{
	openmetrics_sample(om, "", q, NULL, NULL, NULL, (double)q->nr_results);
	return 0;
}

static const struct {
	const char *name, *type, *unit, *help;
	int (*each)(struct openmetrics *om, const struct report_question *q);
} families[] = {
	{ "kt_trace_seconds", "histogram", "seconds",
	  "What kt trace measured, by metric; subject others is all that have no histogram of their own.",
	  histograms },
	{ "kt_trace_waited_ratio", "gauge", NULL,
	  "Share of their time that all subjects waited for a CPU.", waited },
	{ "kt_trace_covered_ratio", "gauge", NULL,
	  "Share of the events that the histograms have; the rest was lost.", covered },
	{ "kt_trace_subjects", "gauge", NULL, "Subjects of the trace.", subjects },
};

int openmetrics_traces(struct openmetrics *om)
{
	const struct report *r = om->r;
	int ret = 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		openmetrics_family(om, families[i].name, families[i].type, families[i].unit,
				   families[i].help);
		for (size_t k = 0; !ret && k < r->nr_questions; k++)
			if (r->question[k].trace)
				ret = families[i].each(om, &r->question[k]);
	}
	return ret;
}
