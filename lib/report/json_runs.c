// SPDX-License-Identifier: GPL-2.0-only
/* What a report rests on, as JSON: its runs and what was left out of them. */
#include "lib/report/value.h"

#include <string.h>

#include "lib/report/render.h"

/* @j shared, null for NULL */
static json_t *share(json_t *j)
{
	return j ? json_incref(j) : json_null();
}

json_t *value_context(const struct report_run *run)
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

json_t *value_cost(const struct report_tracing *t)
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
	return json_pack("{s:o, s:o, s:o}", "losses", value_counts(t->loss, t->nr_losses),
			 "counters", value_counts(t->counter, t->nr_counters), "cost",
			 value_cost(t));
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

json_t *value_run(const struct report *r, size_t index)
{
	const struct report_run *run = &r->run[index];
	const struct record_header *h = &run->header;

	return with_sides(
		h,
		json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}",
			  "run", value_count(index + 1), "pooled_with", value_count(run->group + 1),
			  "id", value_text(h->id), "tool", value_text(h->tool), "start",
			  value_text(h->start), "host_id", value_text(run->environment.host_id),
			  "kernel", value_text(run->environment.kernel), "kt", value_build(&h->kt),
			  "suite", suite(h), "copies", value_count(run->copies), "complete",
			  run->complete, "tracing", tracing(&run->tracing), "selftest",
			  selftest(run->selftest), "environment", share(run->environment.all)));
}

json_t *value_drops(const struct report *r)
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
