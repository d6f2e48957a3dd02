// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report as one JSON object for other programs (value.h).
 */
#include "lib/report/render.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/record.h"
#include "lib/report/changes.h"
#include "lib/report/value.h"

/*
 * 2: runs, dropped, losses of arms; a row names its run when there are several of them apart.
 * 3: verdicts are slower and faster, of four metrics, with their reasons; noise in windows.
 * 4: kinds of comparisons, with the verdicts of changes and their counts; which arm a row is of.
 */
#define JSON_REPORT_SCHEMA 4

/* @j shared, null for NULL */
static json_t *share(json_t *j)
{
	return j ? json_incref(j) : json_null();
}

static json_t *counts(const struct record_count *list, size_t nr)
{
	json_t *all = json_object();

	for (size_t i = 0; i < nr; i++)
		json_object_set_new(all, list[i].name, value_count(list[i].value));
	return all;
}

/* Rows of different runs are told apart by the number of their run. */
static json_t *with_run(const struct report *r, size_t run, json_t *row)
{
	if (r->apart && run != REPORT_NO_RUN)
		json_object_set_new(row, "run", value_count(run + 1));
	return row;
}

static json_t *figures(const struct hist *h)
{
	struct report_stats s = report_stats(h);

	if (!s.count)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "count", value_count(s.count),
			 "mean", value_number(s.mean), "p50", value_number(s.p50), "p90",
			 value_number(s.p90), "p99", value_number(s.p99), "p999",
			 value_number(s.p999), "max", value_number(s.max));
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

static json_t *result(const struct report_question *q, const struct report_result *r)
{
	const struct report_stats *s = &r->stats;
	json_t *j =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			  "source", r->from_trace ? "trace" : "bench", "benchmark", r->benchmark,
			  q->from_trace ? "subject" : "arm", r->name, "mode", q->mode, "unit", "ns",
			  "count", value_count(s->count), "mean", value_number(s->mean), "p50",
			  value_number(s->p50), "p90", value_number(s->p90), "p99",
			  value_number(s->p99), "p999", value_number(s->p999), "max",
			  value_number(s->max), "phases", phases(r));

	if (r->from_trace) {
		json_object_set_new(j, "metric", value_text(r->main_metric));
		json_object_set_new(j, "metrics", metrics(r));
		return j;
	}
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
	json_object_set_new(j, "losses", counts(r->loss, r->nr_losses));
	return j;
}

static json_t *results(const struct report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; k < q->nr_results; k++)
			json_array_append_new(all,
					      with_run(r, q->run,
						       result(q, &r->result[q->first_result + k])));
	}
	return all;
}

static json_t *comparison(const struct report_comparison *c)
{
	const struct judgement *j = &c->j;

	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:f, s:s, s:s, s:o, s:s, s:o, "
		"s:o, s:b, s:b}",
		"kind", report_kind_name(c->kind), "benchmark", c->benchmark, "arm", c->arm,
		"metric", judge_metric_name(j->metric), "baseline", c->baseline, "candidate",
		c->candidate, "ratio", value_number(j->ratio), "lo", value_number(j->lo), "hi",
		value_number(j->hi), "confidence",
		j->confidence > 0 ? value_number(j->confidence) : json_null(), "zone", j->zone,
		"verdict", report_verdict_name(c), "reason", judge_reason_name(j->reason),
		"instances", value_count(j->nr), "unit", c->of_blocks ? "block" : "instance",
		"bursts", value_number(j->bursts), "more_s", value_number(c->more_s), "unstable",
		c->unstable, "moved", c->moved);
}

static json_t *comparisons(const struct report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; k < q->nr_comparisons; k++)
			json_array_append_new(
				all, with_run(r, q->run,
					      comparison(&r->comparison[q->first_comparison + k])));
	}
	return all;
}

static json_t *noise(const struct report_noise *n)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "windows",
			 value_count(n->nr_windows), "noisy_windows", value_count(n->nr_noisy),
			 "steal_mean", value_number(n->steal_mean), "steal_max",
			 value_number(n->steal_max), "foreign_mean", value_number(n->foreign_mean),
			 "foreign_max", value_number(n->foreign_max), "psi_cpu_mean",
			 value_number(n->psi_mean), "canary_ns", value_number(n->canary_ns),
			 "canary_drift", value_number(n->canary_drift), "unsteady", n->unsteady);
}

static json_t *skipped(const struct report_question *q)
{
	json_t *all = json_object();

	for (size_t i = 0; i < q->nr_skipped; i++)
		json_object_set_new(all, q->skipped[i].arm, value_text(q->skipped[i].reason));
	return all;
}

/* What holds for a question as a whole; the kinds of a trace have nothing of it. */
static json_t *questions(const struct report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		if (q->from_trace)
			continue;
		json_array_append_new(
			all,
			with_run(
				r, q->run,
				json_pack(
					"{s:s, s:s, s:s, s:o, s:b, s:f, s:o, s:o, s:o, s:o, s:o, s:o}",
					"benchmark", q->name, "kind", report_kind_name(q->kind),
					"mode", q->mode, "baseline", value_text(q->baseline),
					"baseline_measured", report_baseline(r, q) != NULL, "zone",
					q->zone, "instances", value_count(q->nr_instances),
					"blocks", value_count(q->nr_blocks), "traced_blocks",
					value_count(q->nr_traced_blocks), "skipped", skipped(q),
					"failed", value_text(q->failed), "noise",
					noise(&q->noise))));
	}
	return all;
}

static json_t *traces(const struct report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nr_questions; i++)
		if (r->question[i].trace)
			json_array_append_new(all, with_run(r, r->question[i].run,
							    value_trace(r, &r->question[i])));
	return all;
}

/* ---- what it rests on ------------------------------------------------------------------------ */

/* Of the first run. */
static json_t *context(const struct report_run *run)
{
	const struct record_header *h = &run->header;
	bool bench = !strcmp(report_tool(run), "bench");

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "tool",
			 value_text(h->tool), "version", value_text(h->kt.version), "command",
			 share(h->command), "id", value_text(h->id), "start", value_text(h->start),
			 "seed", h->has_seed ? value_count(h->seed) : json_null(), "trace",
			 bench ? json_boolean(h->traced) : json_null(), "trace_reason",
			 value_text(h->trace_reason), "environment", share(run->environment.all));
}

static json_t *suite(const struct record_header *h)
{
	json_t *j;

	if (!h->suite_name && !h->suite.version && !h->suite.build_id)
		return json_null();
	j = value_build(&h->suite);
	json_object_set_new(j, "name", value_text(h->suite_name));
	return j;
}

static json_t *cost(const struct report_tracing *t)
{
	if (!t->known)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "events", value_count(t->events), "bpf_ns",
			 t->has_bpf_ns ? value_count(t->bpf_ns) : json_null(), "cpu_ns",
			 value_count(t->cpu_ns));
}

/* The tracing of a group stands with its first run. */
static json_t *tracing(const struct report_tracing *t)
{
	if (!t->known)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "losses", counts(t->loss, t->nr_losses), "counters",
			 counts(t->counter, t->nr_counters), "cost", cost(t));
}

/* Of two builds. */
static json_t *against(const struct record_header *h)
{
	json_t *j;

	if (!h->against.name)
		return json_null();
	j = value_build(&h->against.build);
	json_object_set_new(j, "name", value_text(h->against.name));
	json_object_set_new(j, "suite_name", value_text(h->against.suite_name));
	return j;
}

static json_t *code(const struct record_code *c)
{
	static const char *const status[] = { [RECORD_CODE_SAME] = "same",
					      [RECORD_CODE_CHANGED] = "changed",
					      [RECORD_CODE_UNKNOWN] = "unknown" };
	json_t *names = json_array();

	if (c->status == RECORD_CODE_NOT_COMPARED) {
		json_decref(names);
		return json_null();
	}
	for (size_t i = 0; i < c->nr_names; i++)
		json_array_append_new(names, value_text(c->changed_name[i]));
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "status", status[c->status], "reason",
			 value_text(c->reason), "compared", value_count(c->compared), "changed",
			 value_count(c->changed), "names", names);
}

static json_t *with_sides(const struct record_header *h, json_t *run)
{
	json_object_set_new(run, "kind", json_string(record_kind_name(h->kind)));
	json_object_set_new(run, "against", against(h));
	json_object_set_new(run, "toggle",
			    h->kind == RECORD_SETTINGS
				    ? json_pack("[o, o]", value_text(h->toggle[0]),
						value_text(h->toggle[1]))
				    : json_null());
	json_object_set_new(run, "code", code(&h->code));
	return run;
}

/* Of builds and settings: how many arms have come to what. */
static json_t *changes(const struct report *r)
{
	struct report_changes c;
	json_t *j;

	if (!report_has_changes(r))
		return json_null();
	report_count_changes(r, &c);
	j = json_object();
	json_object_set_new(j, "compared", value_count(c.compared));
	for (int i = 0; i < NR_CHANGES; i++)
		json_object_set_new(j, report_change_name((enum report_change)i),
				    value_count(c.nr[i]));
	json_object_set_new(j, "unstable", value_count(c.unstable));
	return j;
}

static json_t *rate(const struct record_rate *r)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "operation",
			 value_text(r->operation), "metric", value_text(r->metric), "shift",
			 value_number(r->shift), "compared", value_count(r->compared), "slower",
			 value_count(r->slower), "faster", value_count(r->faster), "equivalent",
			 value_count(r->equivalent), "added", value_number(r->added));
}

static json_t *selftest(const struct record_selftest *t)
{
	json_t *rates = json_array();

	for (size_t i = 0; t && i < t->nr_rates; i++)
		json_array_append_new(rates, rate(&t->rate[i]));
	if (t)
		return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o}", "start",
				 value_text(t->start), "host_id", value_text(t->host_id), "cpu",
				 value_text(t->cpu), "kernel", value_text(t->kernel), "version",
				 value_text(t->version), "load", t->load, "complete", t->complete,
				 "duration_ns", value_count(t->duration_ns), "questions",
				 value_count(t->questions), "unsteady", value_count(t->unsteady),
				 "rates", rates);
	json_decref(rates);
	return json_null();
}

static json_t *runs(const struct report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nr_runs; i++) {
		const struct report_run *run = &r->run[i];
		const struct record_header *h = &run->header;

		json_array_append_new(
			all,
			with_sides(
				h,
				json_pack(
					"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}",
					"run", value_count(i + 1), "pooled_with",
					value_count(run->group + 1), "id", value_text(h->id),
					"tool", value_text(h->tool), "start", value_text(h->start),
					"host_id", value_text(run->environment.host_id), "kernel",
					value_text(run->environment.kernel), "kt",
					value_build(&h->kt), "suite", suite(h), "copies",
					value_count(run->copies), "complete", run->complete,
					"tracing", tracing(&run->tracing), "selftest",
					selftest(run->selftest), "environment",
					share(run->environment.all))));
	}
	return all;
}

static json_t *drops(const struct report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nr_drops; i++) {
		const struct report_drop *d = &r->drop[i];

		json_array_append_new(all,
				      json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
						"kind", report_drop_name(d->kind), "by",
						d->by_tool ? "measurement" : "report", "run",
						d->run == REPORT_NO_RUN ? json_null()
									: value_count(d->run + 1),
						"question", value_text(d->question), "arm",
						value_text(d->arm), "reason", value_text(d->reason),
						"count", value_count(d->count), "file",
						value_text(d->path), "line", value_count(d->line)));
	}
	return all;
}

static json_t *everything(const struct report *r)
{
	struct report_tracing t = report_tracing_total(r);
	json_t *all =
		json_pack("{s:i, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			  "schema", JSON_REPORT_SCHEMA, "complete", r->complete, "changes",
			  changes(r), "context", context(&r->run[0]), "runs", runs(r), "dropped",
			  drops(r), "dropped_more", value_count(r->more_drops), "results",
			  results(r), "comparisons", comparisons(r), "questions", questions(r),
			  "traces", traces(r), "losses", counts(t.loss, t.nr_losses), "counters",
			  counts(t.counter, t.nr_counters), "cost", cost(&t));

	free(t.loss);
	free(t.counter);
	return all;
}

int report_json(FILE *out, const struct report *r)
{
	return value_write(out, everything(r));
}

static int render(FILE *out, const struct report *r, const struct terminal_style *style)
{
	(void)style;
	return report_json(out, r);
}

const struct report_format report_format_json = {
	.name = "json",
	.help = "one object for other programs",
	.suffix = { ".json" },
	.render = render,
};
