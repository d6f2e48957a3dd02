// SPDX-License-Identifier: GPL-2.0-only
/* What a trace has beside its distributions, as JSON. */
#include <math.h>

#include "lib/report/render.h"
#include "lib/report/value.h"

static json_t *cpu(uint64_t cpu)
{
	return cpu == RECORD_NO_CPU ? json_null() : value_count(cpu);
}

/* The share of the time that was waited, in all and by metric; null where it is not known. */
static json_t *waited(const struct report_trace *t, const struct report_waits *all)
{
	json_t *by = json_object();

	for (size_t i = 0; i < t->layout.nr_metrics; i++)
		if (t->layout.metric[i].waits)
			json_object_set_new(by, t->layout.metric[i].name,
					    value_number(
						    report_waits_share(all, all->metric_ns[i])));
	return json_pack("{s:o, s:o, s:o, s:o}", "share",
			 value_number(report_waits_share(all, all->ns)), "ns", value_count(all->ns),
			 "ran_ns", value_count(all->running_ns), "by", by);
}

static json_t *losses(const struct report_trace *t, const struct report_waits *all,
		      const struct report_tracing *tracing)
{
	json_t *list = json_array();

	for (size_t i = 0; i < tracing->nr_losses; i++) {
		const struct record_count *loss = &tracing->loss[i];
		const struct record_layout_loss *l = report_loss_layout(t, loss->name);
		uint64_t whole;
		double share = report_loss_share(t, all, tracing, loss, &whole);

		if (!loss->value)
			continue;
		json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "name",
						      loss->name, "count", value_count(loss->value),
						      "of", value_text(l ? l->of : NULL), "whole",
						      whole ? value_count(whole) : json_null(),
						      "share", value_number(whole ? share : NAN),
						      "text", value_text(l ? l->text : NULL)));
	}
	return list;
}

/* Of the first whole that has values; null where it is not kept. */
static json_t *distribution(const struct report_interval *n)
{
	json_t *buckets;

	if (!n->coarse.nr)
		return json_null();
	buckets = json_array();
	for (size_t i = 0; i < n->coarse.nr; i++) {
		const struct coarse_bucket *b = &n->coarse.bucket[i];

		json_array_append_new(buckets,
				      json_pack("[o, o, o]", value_count(coarse_low(b->index)),
						value_count(coarse_low(b->index + 1)),
						value_count(b->count)));
	}
	return buckets;
}

static json_t *intervals(const struct report_trace *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->nr_intervals; i++) {
		const struct report_interval *n = &t->interval[i];
		json_t *parts = json_object();
		size_t whole = 0;

		for (size_t m = 0; m < t->layout.nr_metrics && whole < REPORT_MAX_WHOLES; m++) {
			if (!report_is_whole(t, m))
				continue;
			json_object_set_new(parts, t->layout.metric[m].name,
					    json_pack("{s:o, s:o}", "count",
						      value_count(n->part[whole].count), "max",
						      value_count(n->part[whole].max_ns)));
			whole++;
		}
		json_array_append_new(
			list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
					"start_ns", value_count(n->start_ns), "end_ns",
					value_count(n->end_ns), "count", value_count(n->counted),
					"p50", value_number(n->p50), "p90", value_number(n->p90),
					"p99", value_number(n->p99), "wait_ns",
					value_count(n->wait_ns), "ran_ns",
					value_count(n->running_ns), "lost", value_number(n->lost),
					"metrics", parts, "distribution", distribution(n)));
	}
	return list;
}

static json_t *waker(const struct report_event *e)
{
	if (!e->has_waker)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "comm", value_text(e->waker), "tid",
			 value_count(e->waker_tid), "context", value_text(e->context), "cpu",
			 cpu(e->waker_cpu));
}

static json_t *behind(const struct report_event *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->nr_behind; i++)
		json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "comm",
						      value_text(e->behind[i].comm), "tid",
						      value_count(e->behind[i].tid), "ns",
						      value_count(e->behind[i].ns)));
	return list;
}

static json_t *stack(const struct report_event *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->nr_kernel + e->nr_user; i++)
		json_array_append_new(list, value_text(e->frame[i]));
	return list;
}

/* Those that are known. */
static json_t *phases(const struct report_event *e)
{
	json_t *all = json_object();

	for (int p = 0; p < REPORT_NR_SUMS; p++)
		if (!isnan(e->phase[p]))
			json_object_set_new(all, report_phase_name[p], value_number(e->phase[p]));
	return all;
}

json_t *value_worst(const struct report_event *worst, size_t nr)
{
	json_t *list = json_array();

	for (size_t i = 0; i < nr; i++) {
		const struct report_event *e = &worst[i];

		json_array_append_new(
			list,
			json_pack(
				"{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
				"arm", value_text(e->arm), "population", e->population, "ns",
				value_count(e->ns), "phases", phases(e), "time_ns",
				value_count(e->time_ns), "comm", value_text(e->comm), "tgid",
				value_count(e->tgid), "tid", value_count(e->tid), "cpu_before",
				cpu(e->cpu_before), "cpu_queued", cpu(e->cpu_queued), "cpu",
				cpu(e->cpu), "migrations", value_count(e->migrations), "waker",
				waker(e), "behind", behind(e), "other_ns", value_count(e->other_ns),
				"stack", stack(e)));
	}
	return list;
}

json_t *value_in_the_way(const struct report_in_the_way *w, size_t nr, uint64_t all_ns)
{
	json_t *list = json_array();

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:o, s:o}", "comm", w[i].comm, "ns",
						value_count(w[i].ns), "share",
						value_number((double)w[i].ns / (double)all_ns)));
	return list;
}

static json_t *programs(const struct report_tracing *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->nr_programs; i++)
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "name", c->program[i].name,
						      "runs", value_count(c->program[i].calls),
						      "ns", value_count(c->program[i].ns)));
	return list;
}

static json_t *waiting(const struct report_tracing *t)
{
	return json_pack("{s:o, s:o, s:o}", "count", value_count(t->waiting), "ns",
			 value_count(t->waiting_ns), "name", value_text(t->waiting_name));
}

json_t *value_trace(const struct report *r, const struct report_question *q)
{
	const struct report_tracing *tracing = &r->run[q->run].tracing;
	const struct report_trace *t = q->trace;
	struct report_waits all;

	report_waits_all(&all, r, q);
	return json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"kind", q->name, "noun", value_text(t->layout.noun), "by", value_text(t->layout.by),
		"target", value_text(t->layout.target), "duration_ns", value_count(t->span_ns),
		"count", value_count(all.counted), "waited", waited(t, &all), "waiting",
		waiting(tracing), "covered", value_number(report_coverage(t, &all, tracing)),
		"losses", losses(t, &all, tracing), "intervals", intervals(t), "intervals_more",
		value_count(t->more_intervals), "worst", value_worst(t->worst, t->nr_worst),
		"in_the_way", value_in_the_way(t->in_the_way, t->nr_in_the_way, t->in_the_way_ns),
		"sample_ns", value_count(tracing->sample_ns), "programs", programs(tracing));
}
