// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recorded runs against recorded runs as one JSON object. A value that does not exist is null;
 * whatever comes from a record is escaped by jansson.
 */
#include "lib/report/diff.h"

#include <errno.h>
#include <math.h>

#include "lib/record/record.h"

#define JSON_DIFF_SCHEMA 1

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *text(const char *s)
{
	return s ? record_string(s) : json_null();
}

static json_t *count(uint64_t n)
{
	return n <= INT64_MAX ? json_integer((json_int_t)n) : json_real((double)n);
}

static json_t *build(const struct record_build *b)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "version", text(b->version), "build_id",
			 text(b->build_id), "compiler", text(b->compiler), "flags", text(b->flags));
}

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
				"side", diff_side_name(run->side), "file", text(run->path), "id",
				text(h->id), "start", text(h->start), "seed",
				h->has_seed ? count(h->seed) : json_null(), "host_id",
				text(run->environment.host_id), "kernel",
				text(run->environment.kernel), "kt", build(&h->kt), "suite",
				build(&h->suite), "copies", count(run->copies), "complete",
				run->complete, "questions", count(run->nr_questions), "unsteady",
				count(run->nr_unsteady)));
	}
	return all;
}

static json_t *values(const struct diff_fact *f, enum diff_side s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->nr[s]; i++)
		json_array_append_new(all,
				      json_pack("{s:o, s:o}", "value", text(f->value[s][i].text),
						"runs", count(f->value[s][i].runs)));
	return all;
}

static json_t *facts(const struct diff *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->nr_facts; i++) {
		const struct diff_fact *f = &d->fact[i];

		json_array_append_new(all, json_pack("{s:o, s:o, s:b, s:o, s:o}", "key",
						     text(f->key), "name", text(f->name), "between",
						     f->between, "base", values(f, DIFF_BASE),
						     "new", values(f, DIFF_NEW)));
	}
	return all;
}

static json_t *side_of(const struct diff_row *row, const struct diff_figure *f, enum diff_side s)
{
	return json_pack("{s:o, s:o, s:o}", "runs", count(f->nr[s]), "median", number(f->median[s]),
			 "unsteady", count(row->nr_unsteady[s]));
}

static json_t *comparison(const struct diff *d, const struct diff_row *row,
			  const struct diff_figure *f)
{
	return json_pack(
		"{s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:o, s:s, s:b, "
		"s:b, s:o, s:o, s:b}",
		"kind", "runs", "benchmark", text(row->question), "arm", text(row->arm), "mode",
		row->latency ? "latency" : "time", "metric", judge_metric_name(f->metric), "unit",
		"run", "base", side_of(row, f, DIFF_BASE), "new", side_of(row, f, DIFF_NEW),
		"ratio", number(f->ratio), "lo", number(f->lo), "hi", number(f->hi), "confidence",
		f->confidence > 0 ? number(f->confidence) : json_null(), "p", number(f->p), "q",
		number(f->q), "zone", f->zone, "verdict",
		d->advisory ? json_null() : text(verdict_change_name(f->verdict)), "reason",
		diff_reason_name(f->reason), "moved", f->moved, "unstable",
		row->change == DIFF_UNSTABLE, "runs_needed",
		f->runs_needed ? count(f->runs_needed) : json_null(), "shown", number(f->shown),
		"apart", f->apart);
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
							     text(row->question), "arm",
							     text(row->arm)));
	}
	return all;
}

static json_t *counts(const struct diff *d)
{
	json_t *all = json_object();

	json_object_set_new(all, "compared", count(d->nr_compared));
	for (int c = 0; !d->advisory && c < NR_DIFF_CHANGES; c++)
		json_object_set_new(all, diff_change_name((enum diff_change)c),
				    count(d->nr_changes[c]));
	if (d->advisory)
		json_object_set_new(all, "moved", count(d->nr_moved));
	return all;
}

static json_t *drops(const struct diff *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->store->nr_drops; i++) {
		const struct report_drop *drop = &d->store->drop[i];

		json_array_append_new(all, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "kind",
						     report_drop_name(drop->kind), "question",
						     text(drop->question), "arm", text(drop->arm),
						     "reason", text(drop->reason), "count",
						     count(drop->count), "file", text(drop->path),
						     "line", count(drop->line)));
	}
	return all;
}

int diff_json(FILE *out, const struct diff *d)
{
	json_t *all = json_pack(
		"{s:i, s:s, s:b, s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o}",
		"schema", JSON_DIFF_SCHEMA, "kind", "runs", "advisory", d->advisory, "nr_runs",
		"base", count(d->nr[DIFF_BASE]), "new", count(d->nr[DIFF_NEW]), "counts", counts(d),
		"runs", runs(d), "differences", facts(d), "comparisons", comparisons(d), "only",
		"base", only(d, DIFF_BASE), "new", only(d, DIFF_NEW), "dropped", drops(d),
		"dropped_more", count(d->store->more_drops));
	int ret;

	if (!all)
		return -ENOMEM;
	errno = 0;
	ret = json_dumpf(all, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	json_decref(all);
	if (ret || fputc('\n', out) == EOF || fflush(out))
		return errno ? -errno : -EIO;
	return 0;
}
