// SPDX-License-Identifier: GPL-2.0-only
/* Recorded runs against recorded runs as one JSON object (value.h). */
#include "lib/report/diff.h"

#include "lib/report/value.h"

#define JSON_DIFF_SCHEMA 2

static json_t *runs(const struct diff *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->nr_runs; i++) {
		const struct diff_run *run = &d->run[i];
		const struct record_header *h = &run->header;

		if (run->left_out)
			continue;
		json_array_append_new(
			all,
			json_pack(
				"{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}",
				"side", diff_side_name(run->side), "file", value_text(run->path),
				"id", value_text(h->id), "start", value_text(h->start), "seed",
				h->has_seed ? value_count(h->seed) : json_null(), "host_id",
				value_text(run->environment.host_id), "kernel",
				value_text(run->environment.kernel), "kt", value_build(&h->kt),
				"suite", value_build(&h->suite), "copies", value_count(run->copies),
				"complete", run->complete, "questions",
				value_count(run->nr_questions), "unsteady",
				value_count(run->nr_unsteady)));
	}
	return all;
}

static json_t *values(const struct diff_fact *f, enum diff_side s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->nr[s]; i++)
		json_array_append_new(all, json_pack("{s:o, s:o}", "value",
						     value_text(f->value[s][i].text), "runs",
						     value_count(f->value[s][i].runs)));
	return all;
}

static json_t *facts(const struct diff *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->nr_facts; i++) {
		const struct diff_fact *f = &d->fact[i];

		json_array_append_new(all,
				      json_pack("{s:o, s:o, s:b, s:o, s:o}", "key",
						value_text(f->key), "name", value_text(f->name),
						"between", f->between, "base", values(f, DIFF_BASE),
						"new", values(f, DIFF_NEW)));
	}
	return all;
}

static json_t *side_of(const struct diff_row *row, const struct diff_figure *f, enum diff_side s)
{
	return json_pack("{s:o, s:o, s:o}", "runs", value_count(f->nr[s]), "median",
			 value_number(f->median[s]), "unsteady", value_count(row->nr_unsteady[s]));
}

static json_t *comparison(const struct diff *d, const struct diff_row *row,
			  const struct diff_figure *f)
{
	return json_pack(
		"{s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:o, s:s, s:b, "
		"s:b, s:o, s:o, s:b}",
		"kind", "runs", "benchmark", value_text(row->question), "arm", value_text(row->arm),
		"mode", row->latency ? "latency" : "time", "metric", judge_metric_name(f->metric),
		"unit", "run", "base", side_of(row, f, DIFF_BASE), "new", side_of(row, f, DIFF_NEW),
		"ratio", value_number(f->ratio), "lo", value_number(f->lo), "hi",
		value_number(f->hi), "confidence",
		f->confidence > 0 ? value_number(f->confidence) : json_null(), "p",
		value_number(f->p), "q", value_number(f->q), "zone", f->zone, "verdict",
		d->advisory ? json_null() : value_text(verdict_change_name(f->verdict)), "reason",
		diff_reason_name(f->reason), "moved", f->moved, "unstable",
		row->change == DIFF_UNSTABLE, "runs_needed",
		f->runs_needed ? value_count(f->runs_needed) : json_null(), "shown",
		value_number(f->shown), "apart", f->apart);
}

static json_t *comparisons(const struct diff *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->nr_rows; i++) {
		const struct diff_row *row = &d->row[i];

		for (int m = 0; row->compared && m < NR_JUDGE_METRICS; m++)
			if (row->figure[m].nr[DIFF_BASE] || row->figure[m].nr[DIFF_NEW])
				json_array_append_new(all, comparison(d, row, &row->figure[m]));
	}
	return all;
}

static json_t *only(const struct diff *d, enum diff_side s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->nr_rows; i++) {
		const struct diff_row *row = &d->row[i];

		if (row->nr[s] && !row->compared)
			json_array_append_new(all, json_pack("{s:o, s:o}", "benchmark",
							     value_text(row->question), "arm",
							     value_text(row->arm)));
	}
	return all;
}

static json_t *counts(const struct diff *d)
{
	json_t *all = json_object();

	json_object_set_new(all, "compared", value_count(d->nr_compared));
	for (int c = 0; !d->advisory && c < NR_DIFF_CHANGES; c++)
		json_object_set_new(all, diff_change_name((enum diff_change)c),
				    value_count(d->nr_changes[c]));
	if (d->advisory)
		json_object_set_new(all, "moved", value_count(d->nr_moved));
	return all;
}

static json_t *drops(const struct diff *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->store->nr_drops; i++) {
		const struct report_drop *drop = &d->store->drop[i];

		json_array_append_new(all, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "kind",
						     report_drop_name(drop->kind), "question",
						     value_text(drop->question), "arm",
						     value_text(drop->arm), "reason",
						     value_text(drop->reason), "count",
						     value_count(drop->count), "file",
						     value_text(drop->path), "line",
						     value_count(drop->line)));
	}
	return all;
}

static int render(FILE *out, const struct diff *d, const struct terminal_style *style)
{
	json_t *all = json_pack(
		"{s:i, s:s, s:b, s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o}",
		"schema", JSON_DIFF_SCHEMA, "kind", "runs", "advisory", d->advisory, "nr_runs",
		"base", value_count(d->nr[DIFF_BASE]), "new", value_count(d->nr[DIFF_NEW]),
		"counts", counts(d), "runs", runs(d), "differences", facts(d), "comparisons",
		comparisons(d), "only", "base", only(d, DIFF_BASE), "new", only(d, DIFF_NEW),
		"dropped", drops(d), "dropped_more", value_count(d->store->more_drops));

	(void)style;
	return value_write(out, all);
}

const struct diff_format diff_format_json = {
	.name = "json",
	.help = "all figures, for programs",
	.suffix = { ".json" },
	.render = render,
};
