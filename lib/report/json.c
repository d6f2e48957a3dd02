// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report as one JSON object for other programs (value.h).
 */
#include "lib/report/render.h"

#include <stdlib.h>

#include "lib/report/changes.h"
#include "lib/report/value.h"

/*
 * 2: runs, dropped, losses of arms; a row names its run when there are several of them apart.
 * 3: verdicts are slower and faster, of four metrics, with their reasons; noise in windows.
 * 4: kinds of comparisons, with the verdicts of changes and their counts; which arm a row is of.
 * 5: distributions, quartiles, instances and epochs over time, bands and matrices of wakes; counts from
 *    2^63 on are strings; subjects of a trace have their phases among their metrics only.
 */
#define JSON_REPORT_SCHEMA 6

json_t *value_of_run(const struct report *r, size_t run, json_t *row)
{
	if (r->apart && run != REPORT_NO_RUN)
		json_object_set_new(row, "run", value_count(run + 1));
	return row;
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

/* ---- comparisons and questions --------------------------------------------------------------- */

static json_t *comparison(const struct report_comparison *c)
{
	const struct judgement *j = &c->j;

	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:f, s:s, s:s, s:o, s:s, s:o, "
		"s:o, s:b, s:b, s:b, s:o, s:b}",
		"kind", report_kind_name(c->kind), "benchmark", c->benchmark, "arm", c->arm,
		"metric", judge_metric_name(j->metric), "baseline", c->baseline, "candidate",
		c->candidate, "ratio", value_number(j->ratio), "lo", value_number(j->lo), "hi",
		value_number(j->hi), "confidence",
		j->confidence > 0 ? value_number(j->confidence) : json_null(), "zone", j->zone,
		"verdict", report_verdict_name(c), "reason", judge_reason_name(j->reason),
		"instances", value_count(j->nr), "unit", c->of_blocks ? "block" : "instance",
		"bursts", value_number(j->bursts), "more_s", value_number(c->more_s), "unstable",
		c->unstable, "moved", c->moved, "rechecked", c->rechecked, "shown",
		value_number(c->shown), "apart", c->apart);
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

/* When the instances were, and what the machine did then: a table by its columns. */
static json_t *stretches(const struct report_question *q)
{
	json_t *instance = json_array(), *run = json_array(), *from = json_array(),
	       *to = json_array(), *fresh = json_array(), *noisy = json_array(),
	       *steal = json_array(), *foreign = json_array(), *psi = json_array(),
	       *canary = json_array();

	for (size_t i = 0; i < q->nr_parts; i++) {
		const struct report_stretch *s = &q->stretch[i];
		bool known = s->from_ns < s->to_ns;

		json_array_append_new(instance, value_count(i + 1));
		json_array_append_new(run, value_count(s->run + 1));
		json_array_append_new(from, known ? value_count(s->from_ns) : json_null());
		json_array_append_new(to, known ? value_count(s->to_ns) : json_null());
		json_array_append_new(fresh, json_boolean(s->fresh));
		json_array_append_new(noisy, json_boolean(s->noisy));
		json_array_append_new(steal, value_number(s->steal));
		json_array_append_new(foreign, value_number(s->foreign));
		json_array_append_new(psi, value_number(s->psi_cpu));
		json_array_append_new(canary, value_number(s->canary_ns));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "instance", instance,
			 "run", run, "start_ns", from, "end_ns", to, "fresh", fresh, "noisy", noisy,
			 "steal", steal, "foreign", foreign, "psi_cpu", psi, "canary_ns", canary);
}

static json_t *question(const struct report *r, const struct report_question *q)
{
	const struct report_worst *w = q->worst;

	return json_pack(
		"{s:s, s:s, s:s, s:o, s:b, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"benchmark", q->name, "kind", report_kind_name(q->kind), "mode", q->mode,
		"baseline", value_text(q->baseline), "baseline_measured",
		report_baseline(r, q) != NULL, "zone", q->zone, "instances",
		value_count(q->nr_instances), "blocks", value_count(q->nr_blocks), "traced_blocks",
		value_count(q->nr_traced_blocks), "skipped", skipped(q), "failed",
		value_text(q->failed), "noise", noise(&q->noise), "over_time", stretches(q),
		"worst", value_worst(w ? w->event : NULL, w ? w->nr : 0), "in_the_way",
		value_in_the_way(w ? w->in_the_way : NULL, w ? w->nr_in_the_way : 0,
				 w ? w->in_the_way_ns : 0));
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* What has a row of its own is written row by row: a trace may have thousands of subjects. */
static void rows(struct value_writer *w, const struct report *r)
{
	value_list(w, "results");
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; k < q->nr_results; k++)
			value_item(w,
				   value_of_run(r, q->run,
						value_result(q, &r->result[q->first_result + k])));
	}
	value_list_end(w);
	value_list(w, "comparisons");
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		for (size_t k = 0; k < q->nr_comparisons; k++)
			value_item(w,
				   value_of_run(r, q->run,
						comparison(
							&r->comparison[q->first_comparison + k])));
	}
	value_list_end(w);
	value_list(w, "questions");
	for (size_t i = 0; i < r->nr_questions; i++)
		if (!r->question[i].from_trace)
			value_item(w, value_of_run(r, r->question[i].run,
						   question(r, &r->question[i])));
	value_list_end(w);
	value_list(w, "traces");
	for (size_t i = 0; i < r->nr_questions; i++)
		if (r->question[i].trace)
			value_item(w, value_of_run(r, r->question[i].run,
						   value_trace(r, &r->question[i])));
	value_list_end(w);
}

int report_json(FILE *out, const struct report *r)
{
	struct report_tracing t = report_tracing_total(r);
	struct value_writer w;

	value_begin(&w, out);
	value_member(&w, "schema", json_integer(JSON_REPORT_SCHEMA));
	value_member(&w, "kind", json_string("report"));
	value_member(&w, "complete", json_boolean(r->complete));
	value_member(&w, "changes", changes(r));
	value_member(&w, "context", value_context(&r->run[0]));
	value_list(&w, "runs");
	for (size_t i = 0; i < r->nr_runs; i++)
		value_item(&w, value_run(r, i));
	value_list_end(&w);
	value_member(&w, "dropped", value_drops(r));
	value_member(&w, "dropped_more", value_count(r->more_drops));
	rows(&w, r);
	value_member(&w, "losses", value_counts(t.loss, t.nr_losses));
	value_member(&w, "counters", value_counts(t.counter, t.nr_counters));
	value_member(&w, "cost", value_cost(&t));
	free(t.loss);
	free(t.counter);
	return value_end(&w);
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
