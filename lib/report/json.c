// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report as one JSON object for other programs. A value that does not exist is null. jansson
 * escapes control characters and refuses what is not UTF-8, so hostile names need no more than it.
 */
#include "lib/report/render.h"

#include <errno.h>
#include <math.h>

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *text(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *share(const json_t *object, const char *key)
{
	json_t *j = json_object_get(object, key);

	return j ? json_incref(j) : json_null();
}

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *figures(const struct hist *h)
{
	struct report_stats s = report_stats(h);

	if (!s.count)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "count", count(s.count), "mean",
			 number(s.mean), "p50", number(s.p50), "p90", number(s.p90), "p99",
			 number(s.p99), "p999", number(s.p999), "max", number(s.max));
}

/* null when nothing was split; else every phase by name, null where it has no value. */
static json_t *phases(const struct report_result *r)
{
	json_t *all = json_object();
	bool any = false;

	for (int p = 0; p < REPORT_NR_PHASES; p++) {
		any |= r->phase[p] != NULL;
		json_object_set_new(all, report_phase_name[p], figures(r->phase[p]));
	}
	if (any)
		return all;
	json_decref(all);
	return json_null();
}

static json_t *metrics(const struct report_result *r)
{
	json_t *all = json_object();

	for (size_t i = 0; i < r->nr_metrics; i++)
		json_object_set_new(all, r->metric[i].name, figures(r->metric[i].hist));
	return all;
}

static json_t *result(const struct report_question *q, const struct report_result *r)
{
	const struct report_stats *s = &r->stats;
	json_t *j =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			  "source", r->from_trace ? "trace" : "bench", "benchmark", r->benchmark,
			  q->from_trace ? "subject" : "arm", r->name, "mode", q->mode, "unit", "ns",
			  "count", count(s->count), "mean", number(s->mean), "p50", number(s->p50),
			  "p90", number(s->p90), "p99", number(s->p99), "p999", number(s->p999),
			  "max", number(s->max), "phases", phases(r));

	if (r->from_trace) {
		json_object_set_new(j, "metric", text(r->main_metric));
		json_object_set_new(j, "metrics", metrics(r));
		return j;
	}
	json_object_set_new(j, "label", text(r->label));
	json_object_set_new(j, "iterations", count(r->iterations));
	json_object_set_new(j, "cpu_ns_per_op",
			    number(r->iterations ? (double)r->cpu_ns / (double)r->iterations
						 : NAN));
	json_object_set_new(j, "traced", figures(r->traced));
	json_object_set_new(j, "observer_effect", number(report_observer_effect(r)));
	json_object_set(j, "counters", r->counters);
	return j;
}

static json_t *results(const struct report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nr_questions; i++)
		for (size_t k = 0; k < r->question[i].nr_results; k++)
			json_array_append_new(all,
					      result(&r->question[i],
						     &r->result[r->question[i].first_result + k]));
	return all;
}

static json_t *comparisons(const struct report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[i];

		json_array_append_new(
			all, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:b, s:o}",
				       "benchmark", c->benchmark, "metric", c->metric, "baseline",
				       c->baseline, "candidate", c->candidate, "ratio",
				       number(c->c.ratio), "lo", number(c->c.lo), "hi",
				       number(c->c.hi), "verdict", verdict_name(c->c.verdict),
				       "unstable", c->c.unstable, "pairs", count(c->c.nr_merged)));
	}
	return all;
}

static json_t *noise(const struct report_noise *n)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "blocks", count(n->nr_blocks),
			 "noisy_blocks", count(n->nr_noisy), "steal_mean", number(n->steal_mean),
			 "steal_max", number(n->steal_max), "psi_cpu_mean", number(n->psi_mean),
			 "canary_ns", number(n->canary_ns), "canary_drift", number(n->canary_drift),
			 "unsteady", n->unsteady);
}

/* What holds for a question as a whole; the kinds of a trace have nothing of it. */
static json_t *questions(const struct report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		if (q->from_trace)
			continue;
		json_array_append_new(all,
				      json_pack("{s:s, s:s, s:o, s:f, s:o, s:o, s:O, s:o, s:o}",
						"benchmark", q->name, "mode", q->mode, "baseline",
						text(q->baseline), "zone", q->zone, "blocks",
						count(q->nr_blocks), "traced_blocks",
						count(q->nr_traced_blocks), "skipped", q->skipped,
						"failed", text(q->failed), "noise",
						noise(&q->noise)));
	}
	return all;
}

static json_t *context(const struct report *r)
{
	static const char *const keys[] = { "tool",  "version", "command", "id",
					    "start", "seed",	"trace",   "trace_reason" };
	json_t *all = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set_new(all, keys[i], share(r->header, keys[i]));
	json_object_set_new(all, "environment",
			    r->environment ? json_incref(r->environment) : json_null());
	return all;
}

int report_json(FILE *out, const struct report *r)
{
	json_t *all = json_pack("{s:i, s:b, s:o, s:o, s:o, s:o, s:O, s:O, s:o}", "schema", 1,
				"complete", r->complete, "context", context(r), "results",
				results(r), "comparisons", comparisons(r), "questions",
				questions(r), "losses", r->losses, "counters", r->counters, "cost",
				r->cost ? json_incref(r->cost) : json_null());
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
