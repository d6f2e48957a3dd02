// SPDX-License-Identifier: GPL-2.0-only
/* OpenMetrics of what was found and what it rests on: verdicts, noise, losses, runs. */
#include "lib/report/openmetrics.h"

#include <math.h>
#include <string.h>

#include "lib/report/render.h"

/* ---- verdicts -------------------------------------------------------------------------------- */

typedef double comparison_value(const struct report_comparison *c);

static double ratio(const struct report_comparison *c)
{
	return c->j.ratio;
}

static double low(const struct report_comparison *c)
{
	return c->j.lo;
}

static double high(const struct report_comparison *c)
{
	return c->j.hi;
}

static double one(const struct report_comparison *c)
{
	(void)c;
	return 1;
}

static void comparison(struct openmetrics *om, const struct report_question *q,
		       const struct report_comparison *c, comparison_value *value)
{
	if (!isfinite(value(c)))
		return;
	openmetrics_begin(om, "", q->run);
	openmetrics_whose(om, q, NULL);
	openmetrics_label(om, "arm", c->arm);
	openmetrics_label(om, "candidate", strcmp(c->arm, c->candidate) ? c->candidate : NULL);
	openmetrics_label(om, "baseline", c->baseline);
	openmetrics_label(om, "metric", judge_metric_name(c->j.metric));
	if (value == one) {
		openmetrics_label(om, "verdict", report_verdict_name(c));
		openmetrics_label(om, "unstable", c->unstable ? "true" : NULL);
		openmetrics_label(om, "moved", c->moved ? "true" : NULL);
	}
	openmetrics_value(om, q->run, value(c));
}

static void comparisons(struct openmetrics *om)
{
	static const struct {
		const char *name, *help;
		comparison_value *value;
	} families[] = {
		{ "kt_comparison_ratio",
		  "The arm's figure divided by the baseline's, as it was judged.", ratio },
		{ "kt_comparison_low_ratio", "Lower end of the interval of the ratio.", low },
		{ "kt_comparison_high_ratio", "Upper end of the interval of the ratio.", high },
		{ "kt_comparison_verdict", "1 for what was found: slower, faster, equivalent, ...",
		  one },
	};
	const struct report *r = om->r;

	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		openmetrics_family(om, families[f].name, "gauge", NULL, families[f].help);
		for (size_t i = 0; i < r->nr_questions; i++) {
			const struct report_question *q = &r->question[i];

			for (size_t k = 0; k < q->nr_comparisons; k++)
				comparison(om, q, &r->comparison[q->first_comparison + k],
					   families[f].value);
		}
	}
}

/* ---- noise ----------------------------------------------------------------------------------- */

typedef double question_value(const struct report_question *q);

static double windows(const struct report_question *q)
{
	return (double)q->noise.nr_windows;
}

static double noisy(const struct report_question *q)
{
	return (double)q->noise.nr_noisy;
}

static double unsteady(const struct report_question *q)
{
	return q->noise.unsteady;
}

static double steal(const struct report_question *q)
{
	return q->noise.steal_mean;
}

static double foreign(const struct report_question *q)
{
	return q->noise.foreign_mean;
}

static double canary(const struct report_question *q)
{
	return q->noise.canary_ns / 1e9;
}

static double failed(const struct report_question *q)
{
	return q->failed != NULL;
}

static void noise(struct openmetrics *om)
{
	static const struct {
		const char *name, *type, *unit, *help;
		question_value *value;
	} families[] = {
		{ "kt_noise_windows", "counter", NULL,
		  "Half seconds that the question was measured in.", windows },
		{ "kt_noise_disturbed_windows", "counter", NULL,
		  "Those of them in which other programs or the hypervisor disturbed it.", noisy },
		{ "kt_noise_unsteady", "gauge", NULL,
		  "1 when its verdicts are unstable because the machine was not steady.",
		  unsteady },
		{ "kt_noise_steal_ratio", "gauge", NULL, "Mean share of stolen time.", steal },
		{ "kt_noise_foreign_cpus", "gauge", NULL,
		  "CPUs that other programs kept busy, on average.", foreign },
		{ "kt_noise_canary_seconds", "gauge", "seconds",
		  "Median time of a fixed piece of work.", canary },
		{ "kt_question_failed", "gauge", NULL, "1 when the question could not be finished.",
		  failed },
	};
	const struct report *r = om->r;

	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		openmetrics_family(om, families[f].name, families[f].type, families[f].unit,
				   families[f].help);
		for (size_t i = 0; i < r->nr_questions; i++)
			if (!r->question[i].from_trace)
				openmetrics_sample(om, *families[f].type == 'c' ? "_total" : "",
						   &r->question[i], NULL, NULL, NULL,
						   families[f].value(&r->question[i]));
	}
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void counts(struct openmetrics *om, size_t run, const char *label,
		   const struct record_count *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		openmetrics_begin(om, "_total", run);
		openmetrics_label(om, label, list[i].name);
		openmetrics_count(om, run, list[i].value);
	}
}

static void tracing_lost(struct openmetrics *om, size_t i)
{
	const struct report_tracing *t = &om->r->run[i].tracing;

	counts(om, i, "cause", t->loss, t->nr_losses);
}

static void tracing_counted(struct openmetrics *om, size_t i)
{
	const struct report_tracing *t = &om->r->run[i].tracing;

	counts(om, i, "counter", t->counter, t->nr_counters);
}

static void tracing_events(struct openmetrics *om, size_t i)
{
	openmetrics_begin(om, "_total", i);
	openmetrics_count(om, i, om->r->run[i].tracing.events);
}

static void tracing_cost(struct openmetrics *om, size_t i)
{
	const struct report_tracing *t = &om->r->run[i].tracing;

	if (t->has_bpf_ns) {
		openmetrics_begin(om, "_total", i);
		openmetrics_label(om, "part", "bpf");
		openmetrics_value(om, i, (double)t->bpf_ns / 1e9);
	}
	openmetrics_begin(om, "_total", i);
	openmetrics_label(om, "part", "reading");
	openmetrics_value(om, i, (double)t->cpu_ns / 1e9);
}

static void tracing(struct openmetrics *om)
{
	static const struct {
		const char *name, *unit, *help;
		void (*each)(struct openmetrics *om, size_t run);
	} families[] = {
		{ "kt_tracing_lost", NULL, "What tracing missed, by cause.", tracing_lost },
		{ "kt_tracing_counted", NULL, "What tracing counted.", tracing_counted },
		{ "kt_tracing_events", NULL, "Events that tracing saw.", tracing_events },
		{ "kt_tracing_cpu_seconds", "seconds", "CPU time that tracing took.",
		  tracing_cost },
	};
	const struct report *r = om->r;

	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		openmetrics_family(om, families[f].name, "counter", families[f].unit,
				   families[f].help);
		for (size_t i = 0; i < r->nr_runs; i++)
			if (r->run[i].group == i && r->run[i].tracing.known)
				families[f].each(om, i);
	}
}

static uint64_t dropped_of(const struct report *r, size_t run, enum report_drop_kind kind)
{
	uint64_t count = 0;

	for (size_t i = 0; i < r->nr_drops; i++) {
		const struct report_drop *d = &r->drop[i];

		/* What belongs to no run stands with the first. */
		if (d->kind == kind &&
		    (d->run == REPORT_NO_RUN ? !run : r->run[d->run].group == run))
			count = report_sum(count, d->count);
	}
	return count;
}

static void dropped(struct openmetrics *om)
{
	const struct report *r = om->r;

	openmetrics_family(om, "kt_dropped", "counter", NULL,
			   "What was left out of the figures, by what it is.");
	for (size_t i = 0; i < r->nr_runs; i++) {
		for (int k = 0; r->run[i].group == i && k < NR_DROP_KINDS; k++) {
			openmetrics_begin(om, "_total", i);
			openmetrics_label(om, "what", report_drop_name((enum report_drop_kind)k));
			openmetrics_count(om, i, dropped_of(r, i, (enum report_drop_kind)k));
		}
	}
	if (r->more_drops) {
		openmetrics_begin(om, "_total", 0);
		openmetrics_label(om, "what", "not listed");
		openmetrics_count(om, 0, r->more_drops);
	}
}

static void complete(struct openmetrics *om)
{
	const struct report *r = om->r;

	openmetrics_family(om, "kt_complete", "gauge", NULL, "0 when a run was interrupted.");
	for (size_t i = 0; i < r->nr_runs; i++) {
		bool all = true;

		for (size_t k = 0; k < r->nr_runs; k++)
			all &= r->run[k].group != i || r->run[k].complete;
		if (r->run[i].group != i)
			continue;
		openmetrics_begin(om, "", i);
		openmetrics_value(om, i, all);
	}
}

static void runs(struct openmetrics *om)
{
	const struct report *r = om->r;
	char number[24];

	openmetrics_family(om, "kt_build_info", "gauge", NULL, "1 for each run, and what made it.");
	for (size_t i = 0; i < r->nr_runs; i++) {
		const struct record_header *h = &r->run[i].header;

		openmetrics_begin(om, "", r->run[i].group);
		snprintf(number, sizeof(number), "%zu", i + 1);
		openmetrics_label(om, "number", number);
		openmetrics_label(om, "id", h->id);
		openmetrics_label(om, "start", h->start);
		openmetrics_label(om, "version", h->kt.version);
		openmetrics_label(om, "suite", h->suite_name);
		openmetrics_label(om, "suite_version", h->suite.version);
		openmetrics_value(om, r->run[i].group, 1);
	}
}

int openmetrics_verdicts(struct openmetrics *om)
{
	comparisons(om);
	noise(om);
	tracing(om);
	dropped(om);
	complete(om);
	runs(om);
	return 0;
}
