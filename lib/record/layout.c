// SPDX-License-Identifier: GPL-2.0-only
/* What the metrics and losses of a kind of a trace are to each other. */
#include "lib/record/types.h"

#include <errno.h>
#include <string.h>

#include "lib/record/field.h"
#include "lib/record/record.h"

static json_t *metric_json(const struct record_layout_metric *m)
{
	json_t *metric = json_object();

	field_put_text(&metric, "name", m->name);
	field_put_text(&metric, "title", m->title);
	field_put_text(&metric, "meaning", m->meaning);
	field_put_text(&metric, "of", m->of);
	field_put_text(&metric, "waits", m->waits);
	field_put_bool(&metric, "running", m->running);
	field_put_bool(&metric, "counted", m->counted);
	return metric;
}

static json_t *loss_json(const struct record_layout_loss *l)
{
	json_t *loss = json_object();

	field_put_text(&loss, "name", l->name);
	field_put_text(&loss, "text", l->text);
	field_put_text(&loss, "of", l->of);
	return loss;
}

int record_write_layout(struct record_writer *w, const struct record_layout *l)
{
	json_t *metrics = json_array(), *losses = json_array(), *record;
	bool fine = l->kind && l->nr_metrics <= RECORD_MAX_METRICS &&
		    l->nr_losses <= RECORD_MAX_NUMBERS;

	for (size_t i = 0; fine && i < l->nr_metrics; i++) {
		fine = l->metric[i].name;
		if (fine)
			field_append(&metrics, metric_json(&l->metric[i]));
	}
	for (size_t i = 0; fine && i < l->nr_losses; i++) {
		fine = l->loss[i].name;
		if (fine)
			field_append(&losses, loss_json(&l->loss[i]));
	}
	if (!fine) {
		json_decref(metrics);
		json_decref(losses);
		return -EINVAL;
	}
	record = field_record("layout");
	field_put_text(&record, "kind", l->kind);
	field_put_text(&record, "noun", l->noun);
	field_put_text(&record, "by", l->by);
	field_put_text(&record, "target", l->target);
	field_put(&record, "rows", metrics);
	field_put(&record, "causes", losses);
	return record_write(w, record);
}

static bool get_metric(const struct field_source *s, const json_t *metric,
		       struct record_layout_metric *m)
{
	const struct field_source inner = { metric, s->why, s->whylen };

	return field_need_text(&inner, "name", &m->name) &&
	       field_get_text(&inner, "title", &m->title) &&
	       field_get_text(&inner, "meaning", &m->meaning) &&
	       field_get_text(&inner, "of", &m->of) && field_get_text(&inner, "waits", &m->waits) &&
	       field_get_bool(&inner, "running", &m->running) &&
	       field_get_bool(&inner, "counted", &m->counted);
}

static bool get_loss(const struct field_source *s, const json_t *loss, struct record_layout_loss *l)
{
	const struct field_source inner = { loss, s->why, s->whylen };

	return field_need_text(&inner, "name", &l->name) &&
	       field_get_text(&inner, "text", &l->text) && field_get_text(&inner, "of", &l->of);
}

int record_read_layout(const json_t *record, struct record_layout *l, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };
	json_t *metrics, *losses, *item;
	size_t i;

	memset(l, 0, sizeof(*l));
	if (!field_need_text(&s, "kind", &l->kind) || !field_get_text(&s, "noun", &l->noun) ||
	    !field_get_text(&s, "by", &l->by) || !field_get_text(&s, "target", &l->target) ||
	    !field_get_array(&s, "rows", RECORD_MAX_METRICS, &metrics) ||
	    !field_get_array(&s, "causes", RECORD_MAX_NUMBERS, &losses))
		return -EINVAL;
	if (!metrics)
		return field_refuse(&s, "rows is not a list");
	json_array_foreach (metrics, i, item)
		if (!get_metric(&s, item, &l->metric[l->nr_metrics++]))
			return -EINVAL;
	json_array_foreach (losses, i, item)
		if (!get_loss(&s, item, &l->loss[l->nr_losses++]))
			return -EINVAL;
	return 0;
}

/* ---- what it cost ---------------------------------------------------------------------------- */

int record_write_cost(struct record_writer *w, const struct record_cost *c)
{
	json_t *programs = json_array(), *record;
	bool fine = c->nr_programs <= RECORD_MAX_NUMBERS;

	for (size_t i = 0; fine && i < c->nr_programs; i++) {
		json_t *program = json_object();

		fine = c->program[i].name;
		field_put_text(&program, "name", c->program[i].name);
		field_put_count(&program, "calls", c->program[i].calls);
		field_put_count(&program, "ns", c->program[i].ns);
		field_append(&programs, program);
	}
	if (!fine) {
		json_decref(programs);
		return -EINVAL;
	}
	record = field_record("cost");
	field_put_count(&record, "sample_ns", c->sample_ns);
	field_put_count(&record, "attach_ns", c->attach_ns);
	field_put_count(&record, "waiting", c->waiting);
	field_put_count(&record, "waiting_ns", c->waiting_ns);
	field_put_text(&record, "waiting_name", c->waiting_name);
	field_put(&record, "programs", programs);
	return record_write(w, record);
}

int record_read_cost(const json_t *record, struct record_cost *c, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };
	struct field_source inner = { NULL, why, whylen };
	json_t *programs, *item;
	size_t i;

	memset(c, 0, sizeof(*c));
	if (!field_get_count(&s, "sample_ns", &c->sample_ns) ||
	    !field_get_count(&s, "attach_ns", &c->attach_ns) ||
	    !field_get_count(&s, "waiting", &c->waiting) ||
	    !field_get_count(&s, "waiting_ns", &c->waiting_ns) ||
	    !field_get_text(&s, "waiting_name", &c->waiting_name) ||
	    !field_get_array(&s, "programs", RECORD_MAX_NUMBERS, &programs))
		return -EINVAL;
	json_array_foreach (programs, i, item) {
		struct record_program *p = &c->program[c->nr_programs++];

		inner.object = item;
		if (!field_need_text(&inner, "name", &p->name) ||
		    !field_get_count(&inner, "calls", &p->calls) ||
		    !field_get_count(&inner, "ns", &p->ns))
			return -EINVAL;
	}
	return 0;
}
