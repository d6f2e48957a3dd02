// SPDX-License-Identifier: GPL-2.0-only
/* The report as OpenMetrics: runs and their labels, and how a sample is written. */
#include "lib/report/openmetrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/report/render.h"

/* ---- samples --------------------------------------------------------------------------------- */

void openmetrics_family(struct openmetrics *om, const char *name, const char *type,
			const char *unit, const char *help)
{
	/* The older format has the suffix of its samples in the name of a counter. */
	const char *total = om->timestamps || strcmp(type, "counter") ? "" : "_total";

	om->family = name;
	fprintf(om->out, "# TYPE %s%s %s\n", name, total, type);
	if (unit)
		fprintf(om->out, "# UNIT %s%s %s\n", name, total, unit);
	fprintf(om->out, "# HELP %s%s %s\n", name, total, help);
}

void openmetrics_label(struct openmetrics *om, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	fprintf(om->out, ",%s=\"", name);
	escape_label(om->out, value);
	fputc('"', om->out);
}

void openmetrics_begin(struct openmetrics *om, const char *suffix, size_t run)
{
	fprintf(om->out, "%s%s{%s", om->family, suffix, om->labels[run]);
}

/* Of two sides: "ARM (SIDE)". Other names say more than these labels do. */
static bool has_usual_name(const struct report_result *r)
{
	size_t length = r->of ? strlen(r->of) : 0;

	return !r->of || (r->side && !strncmp(r->name, r->of, length) &&
			  !strncmp(r->name + length, " (", 2) &&
			  !strncmp(r->name + length + 2, r->side, strlen(r->side)) &&
			  !strcmp(r->name + length + 2 + strlen(r->side), ")"));
}

void openmetrics_whose(struct openmetrics *om, const struct report_question *q,
		       const struct report_result *r)
{
	openmetrics_label(om, q->from_trace ? "kind" : "question", q->name);
	if (q->trace) {
		openmetrics_label(om, "target", q->trace->layout.target);
		openmetrics_label(om, "by", q->trace->layout.by);
	} else {
		openmetrics_label(om, "mode", q->mode);
	}
	if (!r)
		return;
	openmetrics_label(om, q->from_trace ? "subject" : "arm", r->of ? r->of : r->name);
	openmetrics_label(om, "side", r->side);
	if (!has_usual_name(r))
		openmetrics_label(om, "name", r->name);
}

static void end(struct openmetrics *om, size_t run)
{
	fprintf(om->out, "%s\n", om->stamp[run]);
}

void openmetrics_value(struct openmetrics *om, size_t run, double value)
{
	fprintf(om->out, "} %.15g", value);
	end(om, run);
}

void openmetrics_count(struct openmetrics *om, size_t run, uint64_t value)
{
	fprintf(om->out, "} %llu", (unsigned long long)value);
	end(om, run);
}

void openmetrics_sample(struct openmetrics *om, const char *suffix, const struct report_question *q,
			const struct report_result *r, const char *label, const char *name,
			double value)
{
	if (!isfinite(value))
		return;
	openmetrics_begin(om, suffix, q->run);
	openmetrics_whose(om, q, r);
	if (label)
		openmetrics_label(om, label, name);
	openmetrics_value(om, q->run, value);
}

/* The labels are the same in all of a histogram's 128 lines. */
static char *labels_of(struct openmetrics *om, const struct report_question *q,
		       const struct report_result *r, const char *label, const char *name)
{
	struct openmetrics into = *om;
	char *text = NULL;
	size_t length;

	into.out = open_memstream(&text, &length);
	if (!into.out)
		return NULL;
	fputs(om->labels[q->run], into.out);
	openmetrics_whose(&into, q, r);
	if (label)
		openmetrics_label(&into, label, name);
	if (!fclose(into.out))
		return text;
	free(text);
	return NULL;
}

int openmetrics_histogram(struct openmetrics *om, const struct report_question *q,
			  const struct report_result *r, const char *label, const char *name,
			  const struct ladder *l)
{
	char *labels = labels_of(om, q, r, label, name);
	const char *stamp = om->stamp[q->run];
	uint64_t below = 0;

	if (!labels)
		return -ENOMEM;
	for (size_t i = 0; i < LADDER_NR; i++) {
		below += l->bucket[i];
		fprintf(om->out, "%s_bucket{%s,le=\"%s\"} %llu%s\n", om->family, labels,
			om->bound[i], (unsigned long long)below, stamp);
	}
	fprintf(om->out, "%s_bucket{%s,le=\"+Inf\"} %llu%s\n", om->family, labels,
		(unsigned long long)l->count, stamp);
	/* Where there is no sum there must not be a count. */
	if (isfinite(l->sum_ns)) {
		fprintf(om->out, "%s_count{%s} %llu%s\n", om->family, labels,
			(unsigned long long)l->count, stamp);
		fprintf(om->out, "%s_sum{%s} %.15g%s\n", om->family, labels, l->sum_ns / 1e9,
			stamp);
	}
	free(labels);
	return 0;
}

int openmetrics_each(struct openmetrics *om, bool traces, openmetrics_each_result *each)
{
	const struct report *r = om->r;
	int ret = 0;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; !ret && q->from_trace == traces && k < q->nr_results; k++)
			ret = each(om, q, &r->result[q->first_result + k]);
	}
	return ret;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static const char *text_or(const char *a, const char *b)
{
	return a ? a : b;
}

/* What was measured: the suite's build, of a trace kt's own. */
static const char *build_of(const struct record_header *h)
{
	const struct record_build *b = h->suite_name || h->suite.build_id ? &h->suite : &h->kt;

	return text_or(b->build_id, b->version);
}

static void write_labels(struct openmetrics *om, const struct report_run *run)
{
	const struct record_header *h = &run->header;

	openmetrics_label(om, "host", run->environment.host_id);
	openmetrics_label(om, "kernel", run->environment.kernel);
	openmetrics_label(om, "build", build_of(h));
	openmetrics_label(om, "against", text_or(h->against.build.build_id, h->against.name));
	openmetrics_label(om, "toggle_a", h->toggle[0]);
	openmetrics_label(om, "toggle_b", h->toggle[1]);
}

/* Runs that nothing else tells apart have their number. */
static char *make_labels(struct openmetrics *om, size_t run, bool numbered)
{
	struct openmetrics into = *om;
	char *text = NULL, number[24];
	size_t length;

	into.out = open_memstream(&text, &length);
	if (!into.out)
		return NULL;
	/* Always there, so that all others come after a comma. */
	fputs("tool=\"", into.out);
	escape_label(into.out, report_tool(&om->r->run[run]));
	fputc('"', into.out);
	write_labels(&into, &om->r->run[run]);
	if (numbered) {
		snprintf(number, sizeof(number), "%zu", run + 1);
		openmetrics_label(&into, "run", number);
	}
	if (!fclose(into.out))
		return text;
	free(text);
	return NULL;
}

static bool is_taken(char **labels, const struct report *r, size_t run)
{
	for (size_t i = 0; i < r->nr_runs; i++)
		if (i != run && r->run[i].group == i && !strcmp(labels[i], labels[run]))
			return true;
	return false;
}

static int label_runs(struct openmetrics *om)
{
	const struct report *r = om->r;
	bool *taken = calloc(r->nr_runs + 1, sizeof(*taken));
	int ret = taken ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < r->nr_runs; i++) {
		om->labels[i] = make_labels(om, i, false);
		ret = om->labels[i] ? 0 : -ENOMEM;
	}
	for (size_t i = 0; !ret && i < r->nr_runs; i++)
		taken[i] = r->run[i].group == i && is_taken(om->labels, r, i);
	for (size_t i = 0; !ret && i < r->nr_runs; i++) {
		if (taken[i]) {
			free(om->labels[i]);
			om->labels[i] = make_labels(om, i, true);
			ret = om->labels[i] ? 0 : -ENOMEM;
		}
	}
	free(taken);
	return ret;
}

/* "2026-01-02T03:04:05Z" as seconds since 1970; -1: it is something else */
static time_t seconds_of(const char *start)
{
	struct tm tm = { 0 };
	const char *end = start ? strptime(start, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	return end && !strcmp(end, "Z") ? timegm(&tm) : -1;
}

/* Of the last run of each group. */
static void stamp_runs(struct openmetrics *om)
{
	const struct report *r = om->r;

	for (size_t i = 0; i < r->nr_runs; i++) {
		time_t last = seconds_of(r->run[i].header.start);

		for (size_t k = 0; r->run[i].group == i && k < r->nr_runs; k++) {
			time_t other = seconds_of(r->run[k].header.start);

			if (r->run[k].group == i && other > last)
				last = other;
		}
		if (om->timestamps && last >= 0)
			snprintf(om->stamp[i], sizeof(om->stamp[i]), " %lld", (long long)last);
	}
}

static int write_families(struct openmetrics *om)
{
	int ret = openmetrics_bench(om);

	if (!ret)
		ret = openmetrics_traces(om);
	if (!ret)
		ret = openmetrics_verdicts(om);
	fputs("# EOF\n", om->out);
	return ret;
}

int openmetrics_write(FILE *out, const struct report *r, bool timestamps)
{
	struct openmetrics om = { .out = out, .r = r, .timestamps = timestamps };
	int ret = -ENOMEM;

	om.labels = calloc(r->nr_runs + 1, sizeof(*om.labels));
	om.stamp = calloc(r->nr_runs + 1, sizeof(*om.stamp));
	for (size_t i = 0; i < LADDER_NR; i++)
		snprintf(om.bound[i], sizeof(om.bound[i]), "%.15g", (double)ladder_bound(i) / 1e9);
	if (om.labels && om.stamp)
		ret = label_runs(&om);
	if (!ret) {
		stamp_runs(&om);
		errno = 0;
		ret = write_families(&om);
	}
	if (!ret && (fflush(out) || ferror(out)))
		ret = errno ? -errno : -EIO;
	for (size_t i = 0; om.labels && i < r->nr_runs; i++)
		free(om.labels[i]);
	free(om.labels);
	free(om.stamp);
	return ret;
}

static int render(FILE *out, const struct report *r, const struct terminal_style *style)
{
	(void)style;
	return openmetrics_write(out, r, true);
}

const struct report_format report_format_openmetrics = {
	.name = "openmetrics",
	.help = "for Prometheus, with timestamps",
	.suffix = { ".om", ".openmetrics" },
	.render = render,
};
