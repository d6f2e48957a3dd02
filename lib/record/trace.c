// SPDX-License-Identifier: GPL-2.0-only
/* What tracers saw, and what they missed. */
#include "lib/record/types.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/record/field.h"
#include "lib/record/named.h"
#include "lib/record/record.h"
#include "lib/record/wakes.h"

/* ---- trace ----------------------------------------------------------------------------------- */

/* What the metric @name of an older record is called now; it means the same. */
static const char *metric_now(const char *name)
{
	return name && !strcmp(name, "kernel") ? "woken" : name;
}

/* NULL when two metrics have one name. */
static json_t *metrics_json(const struct record_trace *t)
{
	json_t *metrics = json_object();

	for (size_t i = 0; i < t->nr_metrics; i++) {
		const struct hist *h = t->metric[i].hist;
		json_t *value = h && hist_is_consistent(h) ? hist_to_json(h) : json_null();

		if (!field_put_named(&metrics, t->metric[i].name, value)) {
			json_decref(metrics);
			return NULL;
		}
	}
	return metrics;
}

int record_write_trace(struct record_writer *w, const struct record_trace *t)
{
	json_t *record, *metrics;

	if ((!t->question && !t->kind) || t->nr_metrics > RECORD_MAX_METRICS ||
	    !wakes_can_write(&t->bands, &t->matrix))
		return -EINVAL;
	metrics = metrics_json(t);
	if (!metrics)
		return -EINVAL;
	record = field_record("trace");
	field_put_text(&record, "question", t->question);
	field_put_text(&record, "kind", t->kind);
	field_put_text(&record, "subject", t->subject);
	field_put_text(&record, "main_metric", t->main_metric);
	field_put_count(&record, "start_ns", t->start_ns);
	field_put_count(&record, "end_ns", t->end_ns);
	field_put(&record, "metrics", metrics);
	if (t->bands.nr)
		field_put(&record, "bands", wakes_bands_json(&t->bands));
	if (t->matrix.metric)
		field_put(&record, "matrix", wakes_matrix_json(&t->matrix));
	return record_write(w, record);
}

int record_read_trace(const json_t *record, struct record_trace *t, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };
	json_t *metrics;

	memset(t, 0, sizeof(*t));
	if (!field_get_text(&s, "question", &t->question) ||
	    !field_get_text(&s, "kind", &t->kind) || !field_get_text(&s, "subject", &t->subject) ||
	    !field_get_text(&s, "main_metric", &t->main_metric) ||
	    !field_get_count(&s, "start_ns", &t->start_ns) ||
	    !field_get_count(&s, "end_ns", &t->end_ns) ||
	    !field_get_object(&s, "metrics", RECORD_MAX_METRICS, &metrics))
		return -EINVAL;
	if (!t->question && !t->kind)
		return field_refuse(&s, "neither question nor kind is a string");
	if (!metrics)
		return field_refuse(&s, "metrics is not an object");
	t->nr_metrics = json_object_size(metrics);
	t->main_metric = metric_now(t->main_metric);
	return 0;
}

int record_read_metric(const json_t *record, size_t i, const char **name, struct hist *h, char *why,
		       size_t whylen)
{
	json_t *metrics = json_object_get(record, "metrics");
	void *at = json_object_iter(metrics);

	while (at && i--)
		at = json_object_iter_next(metrics, at);
	*name = metric_now(at ? json_object_iter_key(at) : NULL);
	return hist_from_json(h, at ? json_object_iter_value(at) : NULL, *name ? *name : "", why,
			      whylen);
}

/* ---- losses ---------------------------------------------------------------------------------- */

int record_write_losses(struct record_writer *w, const struct record_losses *l)
{
	json_t *record;

	if (l->nr_losses > RECORD_MAX_NUMBERS || l->nr_counters > RECORD_MAX_NUMBERS)
		return -EINVAL;
	record = field_record("losses");
	field_put_text(&record, "question", l->question);
	field_put_count(&record, "start_ns", l->start_ns);
	field_put_count(&record, "end_ns", l->end_ns);
	field_put(&record, "losses", named_counts_json(l->loss, l->nr_losses));
	field_put(&record, "counters", named_counts_json(l->counter, l->nr_counters));
	field_put_count(&record, "events", l->events);
	field_put(&record, "bpf_ns", l->has_bpf_ns ? field_count(l->bpf_ns) : json_null());
	field_put_count(&record, "cpu_ns", l->cpu_ns);
	return record_write(w, record);
}

int record_read_losses(const json_t *record, struct record_losses *l, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };

	memset(l, 0, sizeof(*l));
	if (!field_get_text(&s, "question", &l->question) ||
	    !field_get_count(&s, "start_ns", &l->start_ns) ||
	    !field_get_count(&s, "end_ns", &l->end_ns) ||
	    !named_get_counts(&s, "losses", l->loss, &l->nr_losses) ||
	    !named_get_counts(&s, "counters", l->counter, &l->nr_counters) ||
	    !field_get_count(&s, "events", &l->events) ||
	    !field_get_count(&s, "bpf_ns", &l->bpf_ns) ||
	    !field_get_count(&s, "cpu_ns", &l->cpu_ns))
		return -EINVAL;
	l->has_bpf_ns = json_object_get(record, "bpf_ns") &&
			!json_is_null(json_object_get(record, "bpf_ns"));
	return 0;
}
