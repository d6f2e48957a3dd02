// SPDX-License-Identifier: GPL-2.0-only
/* What frames the blocks of a question: question, calibration, failed. */
#include "lib/record/types.h"

#include <errno.h>
#include <string.h>

#include "lib/record/field.h"
#include "lib/record/record.h"
#include "lib/record/sides.h"

static json_t *text_json(const char *text)
{
	return text ? record_string(text) : json_null();
}

/* ---- question -------------------------------------------------------------------------------- */

int record_write_question(struct record_writer *w, const struct record_question *q)
{
	json_t *arms = json_array(), *labels = json_object(), *skipped = json_object(), *record;
	bool fine = q->name && q->nr_arms <= RECORD_MAX_ARMS && q->nr_skipped <= RECORD_MAX_ARMS;

	for (size_t i = 0; fine && i < q->nr_arms; i++) {
		const struct record_arm *a = &q->arm[i];

		for (size_t before = 0; fine && before < i; before++)
			fine = strcmp(q->arm[before].name, a->name);
		field_append(&arms, record_string(a->name));
		if (fine && a->label)
			fine = field_put_named(&labels, a->name, record_string(a->label));
	}
	for (size_t i = 0; fine && i < q->nr_skipped; i++)
		fine = field_put_named(&skipped, q->skipped[i].arm,
				       text_json(q->skipped[i].reason));
	if (!fine) {
		json_decref(arms);
		json_decref(labels);
		json_decref(skipped);
		return -EINVAL;
	}
	record = field_record("question");
	field_put_text(&record, "question", q->name);
	field_put_text(&record, "mode", q->latency ? "latency" : "time");
	field_put_text(&record, "unit", "ns");
	field_put_text(&record, "baseline", q->baseline);
	field_put_number(&record, "zone", q->zone);
	field_put_bool(&record, "phases", q->phases);
	field_put(&record, "arms", arms);
	field_put(&record, "labels", labels);
	field_put(&record, "skipped", skipped);
	sides_put_arms(&record, q);
	return record_write(w, record);
}

static bool get_arms(const struct field_source *s, struct record_question *q)
{
	struct field_source inner = { .why = s->why, .whylen = s->whylen };
	json_t *arms, *labels, *arm;
	size_t i;

	if (!field_get_array(s, "arms", RECORD_MAX_ARMS, &arms) ||
	    !field_get_object(s, "labels", SIZE_MAX, &labels))
		return false;
	if (!arms) {
		field_refuse(s, "arms is not a list");
		return false;
	}
	inner.object = labels;
	json_array_foreach (arms, i, arm) {
		struct record_arm *a = &q->arm[i];

		a->name = json_string_value(arm);
		if (!a->name) {
			field_refuse(s, "the name of an arm is not a string");
			return false;
		}
		if (!field_get_text(&inner, a->name, &a->label))
			return false;
	}
	q->nr_arms = i;
	return true;
}

static bool get_skipped(const struct field_source *s, struct record_question *q)
{
	struct field_source inner = { .why = s->why, .whylen = s->whylen };
	json_t *skipped, *reason;
	const char *arm;

	if (!field_get_object(s, "skipped", RECORD_MAX_ARMS, &skipped))
		return false;
	inner.object = skipped;
	json_object_foreach (skipped, arm, reason) {
		struct record_skipped *k = &q->skipped[q->nr_skipped++];

		k->arm = arm;
		if (!field_get_text(&inner, arm, &k->reason))
			return false;
	}
	return true;
}

int record_read_question(const json_t *record, struct record_question *q, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };
	const char *mode;

	memset(q, 0, sizeof(*q));
	if (!field_need_text(&s, "question", &q->name) || !field_need_text(&s, "mode", &mode) ||
	    !field_get_text(&s, "baseline", &q->baseline) ||
	    !field_get_number(&s, "zone", &q->zone) || !field_get_bool(&s, "phases", &q->phases) ||
	    !get_arms(&s, q) || !get_skipped(&s, q) || !sides_get_arms(&s, q))
		return -EINVAL;
	q->latency = !strcmp(mode, "latency");
	if (!q->latency && strcmp(mode, "time"))
		return field_refuse(&s, "mode is neither latency nor time");
	return 0;
}

/* ---- calibration ----------------------------------------------------------------------------- */

int record_write_calibration(struct record_writer *w, const struct record_calibration *c)
{
	json_t *epochs = json_object(), *record;
	bool fine = c->question && c->nr_arms <= RECORD_MAX_ARMS;

	for (size_t i = 0; fine && i < c->nr_arms; i++)
		fine = field_put_named(&epochs, c->arm[i].name, field_count(c->arm[i].epoch_ns));
	if (!fine) {
		json_decref(epochs);
		return -EINVAL;
	}
	record = field_record("calibration");
	field_put_text(&record, "question", c->question);
	field_put_count(&record, "iterations", c->iterations);
	field_put(&record, "epoch_ns", epochs);
	return record_write(w, record);
}

int record_read_calibration(const json_t *record, struct record_calibration *c, char *why,
			    size_t whylen)
{
	const struct field_source s = { record, why, whylen };
	json_t *epochs, *ns;
	const char *name;

	memset(c, 0, sizeof(*c));
	if (!field_need_text(&s, "question", &c->question) ||
	    !field_get_count(&s, "iterations", &c->iterations) ||
	    !field_get_object(&s, "epoch_ns", RECORD_MAX_ARMS, &epochs))
		return -EINVAL;
	json_object_foreach (epochs, name, ns) {
		struct record_arm *a = &c->arm[c->nr_arms++];

		a->name = name;
		if (!field_count_of(&s, ns, "a time in epoch_ns", &a->epoch_ns))
			return -EINVAL;
	}
	return 0;
}

/* ---- failed ---------------------------------------------------------------------------------- */

int record_write_failed(struct record_writer *w, const struct record_failed *f)
{
	json_t *record;

	if (!f->question)
		return -EINVAL;
	record = field_record("failed");
	field_put_text(&record, "question", f->question);
	field_put_text(&record, "arm", f->arm);
	field_put_text(&record, "reason", f->reason);
	return record_write(w, record);
}

int record_read_failed(const json_t *record, struct record_failed *f, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };

	memset(f, 0, sizeof(*f));
	if (!field_need_text(&s, "question", &f->question) || !field_get_text(&s, "arm", &f->arm) ||
	    !field_get_text(&s, "reason", &f->reason))
		return -EINVAL;
	return 0;
}
