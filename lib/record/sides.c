// SPDX-License-Identifier: GPL-2.0-only
/* Runs with two sides: two builds of a suite, or two settings of the machine. */
#include "lib/record/sides.h"

#include <errno.h>
#include <string.h>

#include "lib/record/record.h"

static const char *const kind_name[NR_RECORD_KINDS] = {
	[RECORD_ARMS] = "arms",
	[RECORD_BUILDS] = "builds",
	[RECORD_SETTINGS] = "settings",
};

static const char *const code_status_name[NR_RECORD_CODE_STATUSES] = {
	[RECORD_CODE_SAME] = "same",
	[RECORD_CODE_CHANGED] = "changed",
	[RECORD_CODE_UNKNOWN] = "unknown",
};

const char *record_kind_name(enum record_kind k)
{
	return (unsigned int)k < NR_RECORD_KINDS ? kind_name[k] : NULL;
}

/* The place of @text among @nr names; -1: it is not one of them. */
static int find_name(const char *text, const char *const *name, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (name[i] && !strcmp(name[i], text))
			return (int)i;
	return -1;
}

void sides_put_kind(json_t **object, enum record_kind kind)
{
	if (kind != RECORD_ARMS)
		field_put_text(object, "kind", record_kind_name(kind));
}

bool sides_get_kind(const struct field_source *s, enum record_kind *kind)
{
	const char *text;
	int at = RECORD_ARMS;

	if (!field_get_text(s, "kind", &text))
		return false;
	if (text)
		at = find_name(text, kind_name, NR_RECORD_KINDS);
	if (at < 0) {
		field_refuse(s, "kind is not arms, builds or settings");
		return false;
	}
	*kind = (enum record_kind)at;
	return true;
}

void sides_put_build(json_t **object, const struct record_build *b)
{
	field_put_text(object, "version", b->version);
	field_put_text(object, "build_id", b->build_id);
	field_put_text(object, "compiler", b->compiler);
	field_put_text(object, "flags", b->flags);
}

bool sides_get_build(const struct field_source *s, struct record_build *b)
{
	return field_get_text(s, "version", &b->version) &&
	       field_get_text(s, "build_id", &b->build_id) &&
	       field_get_text(s, "compiler", &b->compiler) && field_get_text(s, "flags", &b->flags);
}

/* ---- lists of texts -------------------------------------------------------------------------- */

static json_t *text_json(const char *text)
{
	return text ? record_string(text) : json_null();
}

static json_t *texts_json(const char *const *text, size_t nr)
{
	json_t *list = json_array();

	for (size_t i = 0; i < nr; i++)
		field_append(&list, text_json(text[i]));
	return list;
}

/* @text: room for @max; null reads as NULL where @null_too */
static bool get_texts(const struct field_source *s, const char *key, const char **text, size_t max,
		      size_t *nr, bool null_too)
{
	json_t *list, *one;
	size_t i;

	*nr = 0;
	if (!field_get_array(s, key, max, &list))
		return false;
	json_array_foreach (list, i, one) {
		text[i] = json_string_value(one);
		if (text[i] || (null_too && json_is_null(one)))
			continue;
		field_refuse(s, "%s is not a list of strings", key);
		return false;
	}
	*nr = json_array_size(list);
	return true;
}

/* ---- header ---------------------------------------------------------------------------------- */

static json_t *against_json(const struct record_against *a)
{
	json_t *against = json_object();

	field_put_text(&against, "name", a->name);
	field_put_text(&against, "suite_name", a->suite_name);
	sides_put_build(&against, &a->build);
	return against;
}

static bool get_against(const struct field_source *s, struct record_against *a)
{
	struct field_source inner = { .why = s->why, .whylen = s->whylen };
	json_t *against;

	if (!field_get_object(s, "against", SIZE_MAX, &against))
		return false;
	inner.object = against;
	return !against || (field_need_text(&inner, "name", &a->name) &&
			    field_get_text(&inner, "suite_name", &a->suite_name) &&
			    sides_get_build(&inner, &a->build));
}

static json_t *code_json(const struct record_code *c)
{
	size_t nr = c->nr_names < RECORD_MAX_CODE_NAMES ? c->nr_names : RECORD_MAX_CODE_NAMES;
	json_t *code = json_object();

	field_put_text(&code, "status", code_status_name[c->status]);
	field_put_text(&code, "reason", c->reason);
	field_put_count(&code, "compared", c->compared);
	field_put_count(&code, "changed", c->changed);
	field_put(&code, "names", texts_json(c->changed_name, nr));
	return code;
}

static bool get_code(const struct field_source *s, struct record_code *c)
{
	struct field_source inner = { .why = s->why, .whylen = s->whylen };
	const char *status;
	json_t *code;
	int at;

	if (!field_get_object(s, "code", SIZE_MAX, &code))
		return false;
	if (!code)
		return true;
	inner.object = code;
	if (!field_need_text(&inner, "status", &status) ||
	    !field_get_text(&inner, "reason", &c->reason) ||
	    !field_get_count(&inner, "compared", &c->compared) ||
	    !field_get_count(&inner, "changed", &c->changed) ||
	    !get_texts(&inner, "names", c->changed_name, RECORD_MAX_CODE_NAMES, &c->nr_names,
		       false))
		return false;
	at = find_name(status, code_status_name, NR_RECORD_CODE_STATUSES);
	if (at < 0) {
		field_refuse(s, "the status of code is not same, changed or unknown");
		return false;
	}
	c->status = (enum record_code_status)at;
	return true;
}

void sides_put_header(json_t **object, const struct record_header *h)
{
	sides_put_kind(object, h->kind);
	if (h->against.name)
		field_put(object, "against", against_json(&h->against));
	if (h->toggle[0] || h->toggle[1])
		field_put(object, "toggle", texts_json(h->toggle, 2));
	if (h->code.status != RECORD_CODE_NOT_COMPARED)
		field_put(object, "code", code_json(&h->code));
}

bool sides_get_header(const struct field_source *s, struct record_header *h)
{
	size_t nr;

	return sides_get_kind(s, &h->kind) && get_against(s, &h->against) &&
	       get_texts(s, "toggle", h->toggle, 2, &nr, true) && get_code(s, &h->code);
}

/* ---- the arms of a question ------------------------------------------------------------------ */

void sides_put_arms(json_t **object, const struct record_question *q)
{
	json_t *sides = json_object();

	for (size_t i = 0; i < q->nr_arms; i++) {
		const struct record_arm *a = &q->arm[i];
		json_t *one;

		if (!a->of && !a->side && !a->against)
			continue;
		one = json_object();
		field_put_text(&one, "of", a->of);
		field_put_text(&one, "side", a->side);
		field_put_text(&one, "against", a->against);
		field_put_named(&sides, a->name, one);
	}
	sides_put_kind(object, q->kind);
	if (json_object_size(sides))
		field_put(object, "sides", sides);
	else
		json_decref(sides);
}

bool sides_get_arms(const struct field_source *s, struct record_question *q)
{
	struct field_source inner = { .why = s->why, .whylen = s->whylen };
	struct field_source one = inner;
	json_t *sides;

	if (!sides_get_kind(s, &q->kind) || !field_get_object(s, "sides", SIZE_MAX, &sides))
		return false;
	inner.object = sides;
	for (size_t i = 0; sides && i < q->nr_arms; i++) {
		struct record_arm *a = &q->arm[i];
		json_t *found;

		if (!field_get_object(&inner, a->name, SIZE_MAX, &found))
			return false;
		one.object = found;
		if (found && (!field_get_text(&one, "of", &a->of) ||
			      !field_get_text(&one, "side", &a->side) ||
			      !field_get_text(&one, "against", &a->against)))
			return false;
	}
	return true;
}

/* ---- recheck --------------------------------------------------------------------------------- */

int record_write_recheck(struct record_writer *w, const struct record_recheck *r)
{
	json_t *record;

	if (!r->question || r->nr_arms > RECORD_MAX_ARMS)
		return -EINVAL;
	for (size_t i = 0; i < r->nr_arms; i++)
		if (!r->arm[i])
			return -EINVAL;
	record = field_record("recheck");
	field_put_text(&record, "question", r->question);
	field_put(&record, "arms", texts_json(r->arm, r->nr_arms));
	field_put_count(&record, "first", r->first);
	field_put_number(&record, "confidence", r->confidence);
	return record_write(w, record);
}

int record_read_recheck(const json_t *record, struct record_recheck *r, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };

	memset(r, 0, sizeof(*r));
	if (!field_need_text(&s, "question", &r->question) ||
	    !field_need_count(&s, "first", &r->first) ||
	    !field_get_number(&s, "confidence", &r->confidence) ||
	    !get_texts(&s, "arms", r->arm, RECORD_MAX_ARMS, &r->nr_arms, false))
		return -EINVAL;
	return 0;
}
