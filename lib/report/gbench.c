// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report as Google Benchmark writes it (its JSON, version 1), for compare.py and whatever else reads
 * that: a benchmark for each arm, a repetition for each instance. Its real_time is the mean of the
 * operations, as there; p50 and p99 stand beside it as counters.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/measure/verdict.h"
#include "lib/report/render.h"
#include "lib/report/value.h"

/* ---- names ----------------------------------------------------------------------------------- */

/* Tools print names as they are, so nothing in them moves a cursor. Freed by the caller; NULL: no memory */
static char *name_of(const struct report *r, const struct report_question *q,
		     const struct report_result *arm)
{
	char *name = NULL;
	size_t length;
	FILE *out = open_memstream(&name, &length);

	if (!out)
		return NULL;
	escape_terminal(out, q->name);
	if (arm) {
		fputc('/', out);
		escape_terminal(out, arm->name);
	}
	if (r->apart)
		fprintf(out, "/run:%zu", q->run + 1);
	if (!fclose(out))
		return name;
	free(name);
	return NULL;
}

/* Everybody reads 63 bits here. */
static json_t *integer(uint64_t n)
{
	return json_integer(n <= INT64_MAX ? (json_int_t)n : INT64_MAX);
}

/* ---- context --------------------------------------------------------------------------------- */

static json_t *text_or_empty(const char *s)
{
	return value_text(s ? s : "");
}

static json_t *copy_or(const json_t *j, json_t *other)
{
	json_t *copy = j ? json_deep_copy(j) : NULL;

	if (!copy)
		return other;
	json_decref(other);
	return copy;
}

/* An arm that is not there would look as if nobody had asked for it. */
static json_t *left_out(const struct report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; k < q->nr_skipped; k++)
			json_array_append_new(all,
					      json_pack("{s:s, s:o, s:o}", "benchmark", q->name,
							"arm", value_text(q->skipped[k].arm),
							"reason",
							value_text(q->skipped[k].reason)));
		if (q->failed)
			json_array_append_new(all,
					      json_pack("{s:s, s:n, s:o}", "benchmark", q->name,
							"arm", "reason", value_text(q->failed)));
	}
	return all;
}

static json_t *dropped(const struct report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nr_drops; i++) {
		char *text = NULL;
		size_t length;
		FILE *out = open_memstream(&text, &length);

		if (!out)
			continue;
		report_write_drop(out, r, &r->drop[i], escape_terminal_word);
		fclose(out);
		json_array_append_new(all, value_text(text));
		free(text);
	}
	return all;
}

static json_t *context(const struct report *r)
{
	const struct report_run *run = &r->run[0];
	const struct record_header *h = &run->header;
	const char *governor = json_string_value(report_environment_at(run, "frequency.governor"));
	double khz = json_number_value(report_environment_at(run, "frequency.max_khz"));

	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:b, s:[], s:o, s:s, s:o, s:b, s:o, s:o, s:i}",
			 "date", text_or_empty(h->start), "host_name",
			 text_or_empty(run->environment.host_id), "executable",
			 text_or_empty(h->suite_name), "num_cpus",
			 copy_or(report_environment_at(run, "cpu.nr_allowed"), json_integer(0)),
			 "mhz_per_cpu", (json_int_t)(khz / 1000), "cpu_scaling_enabled",
			 governor && strcmp(governor, "performance"), "caches", "load_avg",
			 copy_or(report_environment_at(run, "load.average"), json_array()),
			 "library_build_type", "release", "kt_version",
			 text_or_empty(h->kt.version), "kt_complete", r->complete, "kt_left_out",
			 left_out(r), "kt_dropped", dropped(r), "json_schema_version", 1);
}

/* ---- benchmarks ------------------------------------------------------------------------------ */

/* An arm: what its rows have in common, and a value for each instance that it was in. */
struct family {
	const struct report *r;
	const struct report_question *q;
	const struct report_result *arm;
	const char *name;
	size_t index, member;
	size_t nr;
	double *real, *cpu;
};

static uint64_t iterations_of(const struct report_part *p)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < p->nr_passes; i++)
		sum = report_sum(sum, p->pass[i].iterations);
	return sum;
}

static bool has_values(const struct report_part *p)
{
	return p->sample.count > 0 && iterations_of(p);
}

static json_t *begin_row(const struct family *f, const char *aggregate)
{
	char *name = NULL;
	json_t *row;

	if (aggregate && asprintf(&name, "%s_%s", f->name, aggregate) < 0)
		return NULL;
	row = json_pack("{s:s, s:I, s:I, s:s, s:s, s:I}", "name", name ? name : f->name,
			"family_index", (json_int_t)f->index, "per_family_instance_index",
			(json_int_t)f->member, "run_name", f->name, "run_type",
			aggregate ? "aggregate" : "iteration", "repetitions", (json_int_t)f->nr);
	free(name);
	return row;
}

static void end_row(json_t *row, uint64_t iterations, double real, double cpu)
{
	json_object_set_new(row, "threads", json_integer(1));
	json_object_set_new(row, "iterations", integer(iterations));
	json_object_set_new(row, "real_time", json_real(real));
	json_object_set_new(row, "cpu_time", json_real(cpu));
	json_object_set_new(row, "time_unit", json_string("ns"));
}

static void put_known(json_t *row, const char *name, double v)
{
	if (!isnan(v))
		json_object_set_new(row, name, json_real(v));
}

static void repetitions(struct value_writer *w, const struct family *f)
{
	size_t at = 0;

	for (size_t i = 0; i < f->arm->nr_parts; i++) {
		const struct report_part *p = &f->arm->part[i];
		json_t *row;

		if (!has_values(p))
			continue;
		row = begin_row(f, NULL);
		json_object_set_new(row, "repetition_index", json_integer((json_int_t)at));
		end_row(row, iterations_of(p), f->real[at], f->cpu[at]);
		put_known(row, "p50", report_part_quantile(p, f->arm->unit, 0.5));
		put_known(row, "p99", report_part_p99(p, f->arm->unit));
		if (f->arm->label)
			json_object_set_new(row, "label", value_text(f->arm->label));
		value_item(w, row);
		at++;
	}
}

static double mean_of(double *v, size_t nr)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += v[i];
	return sum / (double)nr;
}

static double deviation_of(double *v, size_t nr)
{
	double mean = mean_of(v, nr), sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += (v[i] - mean) * (v[i] - mean);
	return sqrt(sum / (double)(nr - 1));
}

static double variation_of(double *v, size_t nr)
{
	double mean = mean_of(v, nr);

	return mean > 0 ? deviation_of(v, nr) / mean : 0;
}

/* The median sorts the values, which no other one minds. */
static void aggregates(struct value_writer *w, const struct family *f)
{
	static const struct {
		const char *name, *unit;
		double (*of)(double *v, size_t nr);
	} all[] = {
		{ "mean", "time", mean_of },
		{ "median", "time", stat_median },
		{ "stddev", "time", deviation_of },
		{ "cv", "percentage", variation_of },
	};

	for (size_t i = 0; f->nr > 1 && i < sizeof(all) / sizeof(all[0]); i++) {
		json_t *row = begin_row(f, all[i].name);

		json_object_set_new(row, "aggregate_name", json_string(all[i].name));
		json_object_set_new(row, "aggregate_unit", json_string(all[i].unit));
		end_row(row, f->nr, all[i].of(f->real, f->nr), all[i].of(f->cpu, f->nr));
		value_item(w, row);
	}
}

/* false: no memory */
static bool family(struct value_writer *w, struct family *f)
{
	char *name = name_of(f->r, f->q, f->arm);

	f->real = malloc((f->arm->nr_parts + 1) * sizeof(*f->real));
	f->cpu = malloc((f->arm->nr_parts + 1) * sizeof(*f->cpu));
	f->name = name;
	if (!name || !f->real || !f->cpu)
		value_item(w, NULL);
	for (size_t i = 0; f->name && f->real && f->cpu && i < f->arm->nr_parts; i++) {
		const struct report_part *p = &f->arm->part[i];

		if (!has_values(p))
			continue;
		f->real[f->nr] = p->sample.sum / p->sample.count;
		f->cpu[f->nr++] = (double)p->cpu_ns / (double)iterations_of(p);
	}
	if (f->nr) {
		repetitions(w, f);
		aggregates(w, f);
	}
	free(name);
	free(f->real);
	free(f->cpu);
	return f->nr;
}

static int render(FILE *out, const struct report *r, const struct terminal_style *style)
{
	struct value_writer w;
	size_t index = 0;

	(void)style;
	value_begin(&w, out);
	value_member(&w, "context", context(r));
	value_list(&w, "benchmarks");
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];
		size_t member = 0;

		for (size_t k = 0; k < q->nr_results; k++) {
			struct family f = { .r = r,
					    .q = q,
					    .arm = &r->result[q->first_result + k],
					    .index = index,
					    .member = member };

			if (!f.arm->from_trace)
				member += family(&w, &f);
		}
		index += member != 0;
	}
	value_list_end(&w);
	return value_end(&w);
}

/* Its repetitions are instances, which traces do not have. */
static const char *refuses(const struct report *r)
{
	for (size_t i = 0; i < r->nr_results; i++)
		if (r->result[i].nr_parts)
			return NULL;
	return "gbench is for runs of kt bench: nothing here was measured in instances; csv and json have everything";
}

const struct report_format report_format_gbench = {
	.name = "gbench",
	.help = "JSON of Google Benchmark, for compare.py",
	.refuses = refuses,
	.render = render,
};
