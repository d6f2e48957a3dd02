// SPDX-License-Identifier: GPL-2.0-only
/* An arm of a question, or a subject of a trace, as JSON: figures, distributions, what it did over time. */
#include "lib/report/value.h"

#include <math.h>
#include <string.h>

#include "lib/report/render.h"

/* ---- figures --------------------------------------------------------------------------------- */

static void put_stats(json_t *j, const struct report_stats *s)
{
	const struct {
		const char *name;
		double value;
	} figure[] = {
		{ "mean", s->mean }, { "min", s->min },	  { "p25", s->p25 },
		{ "p50", s->p50 },   { "p75", s->p75 },	  { "p90", s->p90 },
		{ "p99", s->p99 },   { "p999", s->p999 }, { "max", s->max },
	};

	json_object_set_new(j, "count", value_count(s->count));
	for (size_t i = 0; i < sizeof(figure) / sizeof(figure[0]); i++)
		json_object_set_new(j, figure[i].name, value_number(figure[i].value));
}

static json_t *figures(const struct hist *h)
{
	struct report_stats s = report_stats(h);
	json_t *j;

	if (!s.count)
		return json_null();
	j = json_object();
	put_stats(j, &s);
	json_object_set_new(j, "histogram", value_hist(h, 1));
	return j;
}

/* null when nothing was split; else every phase by name, null where it has no value. */
static json_t *phases(const struct report_result *r)
{
	json_t *all = json_object();
	bool any = false;
	static struct hist scratch;

	for (int p = 0; p < REPORT_NR_PHASES; p++) {
		const struct hist *h = report_metric_find(r, report_phase_name[p], &scratch);

		any |= h != NULL;
		json_object_set_new(all, report_phase_name[p], figures(h));
	}
	if (any)
		return all;
	json_decref(all);
	return json_null();
}

static json_t *metrics(const struct report_result *r)
{
	json_t *all = json_object();
	static struct hist scratch;

	for (size_t i = 0; i < r->nr_metrics; i++)
		json_object_set_new(all, r->metric[i].name,
				    figures(report_metric_read(&r->metric[i], &scratch)));
	return all;
}

static json_t *counters(const struct report_result *r)
{
	json_t *all = json_object();

	for (size_t i = 0; i < r->nr_counters; i++)
		json_object_set_new(all, r->counter[i].name, value_number(r->counter[i].value));
	return all;
}

/* ---- over time ------------------------------------------------------------------------------- */

/* A table by its columns: as many lists as it has, of the same length. */
struct column {
	const char *name;
	json_t *list;
};

static void add(struct column *c, json_t *value)
{
	json_array_append_new(c->list, value);
}

static void begin_table(struct column *column, const char *const *name, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		column[i] = (struct column){ name[i], json_array() };
}

static json_t *end_table(struct column *column, size_t nr)
{
	json_t *table = json_object();

	for (size_t i = 0; i < nr; i++)
		json_object_set_new(table, column[i].name, column[i].list);
	return table;
}

/* A time; 0: it is not known. */
static json_t *time_or_null(uint64_t ns)
{
	return ns ? value_count(ns) : json_null();
}

static json_t *instances(const struct report_result *r)
{
	static const char *const name[] = { "instance", "fresh", "start_ns", "end_ns", "wall_ns",
					    "count",	"mean",	 "p50",	     "p99" };
	enum { NR = sizeof(name) / sizeof(name[0]) };
	struct column column[NR];

	begin_table(column, name, NR);
	for (size_t i = 0; i < r->nr_parts; i++) {
		const struct report_part *p = &r->part[i];
		double count = p->sample.count;
		struct column *c = column;

		add(c++, value_count(p->at + 1));
		add(c++, json_boolean(p->fresh));
		add(c++, time_or_null(p->start_ns));
		add(c++, time_or_null(p->end_ns));
		add(c++, value_count(p->wall_ns));
		add(c++, value_number(count));
		add(c++, value_number(count > 0 ? p->sample.sum / count : NAN));
		add(c++, value_number(report_part_quantile(p, r->unit, 0.5)));
		add(c++, value_number(report_part_p99(p, r->unit)));
	}
	return end_table(column, NR);
}

static json_t *epochs(const struct report_result *r)
{
	static const char *const name[] = { "instance", "block",      "start_ns",
					    "ns",	"iterations", "p50" };
	enum { NR = sizeof(name) / sizeof(name[0]) };
	struct column column[NR];

	begin_table(column, name, NR);
	for (size_t i = 0; i < r->nr_parts; i++) {
		const struct report_part *p = &r->part[i];

		for (size_t k = 0; k < p->nr_passes; k++) {
			const struct report_pass *pass = &p->pass[k];
			struct column *c = column;

			add(c++, value_count(p->at + 1));
			add(c++, value_count(pass->block));
			add(c++, time_or_null(pass->start_ns));
			add(c++, value_count(pass->ns));
			add(c++, value_count(pass->iterations));
			add(c++, value_number(pass->p50));
		}
	}
	return end_table(column, NR);
}

/* ---- wakes ----------------------------------------------------------------------------------- */

static json_t *sums(const uint64_t sum[REPORT_NR_SUMS])
{
	json_t *all = json_object();

	for (int p = 0; p < REPORT_NR_SUMS; p++)
		json_object_set_new(all, report_phase_name[p], value_count(sum[p]));
	return all;
}

/* What the long wakes are long of. */
static json_t *bands(const struct report_bands *b)
{
	json_t *all;

	if (!b)
		return json_null();
	all = json_array();
	for (int i = 0; i < NR_REPORT_BANDS; i++) {
		const struct report_band *band = &b->band[i];

		json_array_append_new(all, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
						     report_band_name((enum report_band_number)i),
						     "count", value_count(band->count),
						     "from_share", value_number(band->from_share),
						     "to_share", value_number(band->to_share),
						     "from_ns", value_count(band->from_ns), "to_ns",
						     value_count(band->to_ns), "sum_ns",
						     sums(band->sum)));
	}
	return all;
}

/* From the CPU of the waker to that of the thread. */
static json_t *matrix(const struct report_matrix *m)
{
	static const char *const name[] = {
		"waker_cpu", "cpu", "count", "sum", "max", "p50", "p99"
	};
	enum { NR = sizeof(name) / sizeof(name[0]) };
	struct column column[NR];

	if (!m)
		return json_null();
	begin_table(column, name, NR);
	for (size_t i = 0; i < m->nr; i++) {
		const struct report_cell *cell = &m->cell[i];
		struct column *c = column;

		add(c++, value_count(cell->waker_cpu));
		add(c++, value_count(cell->cpu));
		add(c++, value_count(cell->count));
		add(c++, value_count(cell->sum));
		add(c++, value_count(cell->max));
		add(c++, value_number(cell->p50));
		add(c++, value_number(cell->p99));
	}
	return json_pack("{s:o, s:o, s:o}", "metric", value_text(m->metric), "others",
			 value_count(m->others), "cells", end_table(column, NR));
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void put_bench(json_t *j, const struct report_question *q, const struct report_result *r)
{
	/* Whole ns say little of an iteration: in mode "time" the epochs have all that is known. */
	bool time = !strcmp(q->mode, "time");

	json_object_set_new(j, "histogram", value_hist(time ? NULL : r->hist, r->unit));
	json_object_set_new(j, "phases", phases(r));
	json_object_set_new(j, "label", value_text(r->label));
	if (q->kind != REPORT_ARMS) {
		json_object_set_new(j, "of", value_text(r->of));
		json_object_set_new(j, "side", value_text(r->side));
		json_object_set_new(j, "against", value_text(r->against));
	}
	json_object_set_new(j, "iterations", value_count(r->iterations));
	json_object_set_new(j, "cpu_ns_per_op",
			    value_number(r->iterations ? (double)r->cpu_ns / (double)r->iterations
						       : NAN));
	json_object_set_new(j, "traced", figures(r->traced));
	json_object_set_new(j, "observer_effect", value_number(report_observer_effect(r)));
	json_object_set_new(j, "counters", counters(r));
	json_object_set_new(j, "losses", value_counts(r->loss, r->nr_losses));
	json_object_set_new(j, "instances", instances(r));
	json_object_set_new(j, "epochs", epochs(r));
}

json_t *value_result(const struct report_question *q, const struct report_result *r)
{
	json_t *j =
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "source", r->from_trace ? "trace" : "bench",
			  "benchmark", r->benchmark, q->from_trace ? "subject" : "arm", r->name,
			  "mode", q->mode, "unit", "ns");

	put_stats(j, &r->stats);
	if (r->from_trace) {
		json_object_set_new(j, "metric", value_text(r->main_metric));
		json_object_set_new(j, "metrics", metrics(r));
	} else {
		put_bench(j, q, r);
	}
	json_object_set_new(j, "bands", bands(r->bands));
	json_object_set_new(j, "matrix", matrix(r->matrix));
	return j;
}
