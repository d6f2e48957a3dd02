// SPDX-License-Identifier: GPL-2.0-only
/* What was found out about verdicts where the truth is known. */
#include "lib/record/types.h"

#include <errno.h>
#include <string.h>

#include "lib/record/field.h"
#include "lib/record/record.h"

static bool adds_up(const struct record_rate *r)
{
	uint64_t sum;

	return !__builtin_add_overflow(r->slower, r->faster, &sum) &&
	       !__builtin_add_overflow(sum, r->equivalent, &sum) && sum <= r->compared;
}

static json_t *rate_json(const struct record_rate *r)
{
	json_t *rate = json_object();

	field_put_text(&rate, "operation", r->operation);
	field_put_text(&rate, "metric", r->metric);
	field_put_number(&rate, "shift", r->shift);
	field_put_count(&rate, "compared", r->compared);
	field_put_count(&rate, "slower", r->slower);
	field_put_count(&rate, "faster", r->faster);
	field_put_count(&rate, "equivalent", r->equivalent);
	field_put_number(&rate, "added", r->added);
	return rate;
}

int record_write_selftest(struct record_writer *w, const struct record_selftest *s)
{
	json_t *record, *rates;

	if (s->nr_rates > RECORD_MAX_RATES)
		return -EINVAL;
	for (size_t i = 0; i < s->nr_rates; i++)
		if (!s->rate[i].operation || !s->rate[i].metric || !adds_up(&s->rate[i]))
			return -EINVAL;
	rates = json_array();
	for (size_t i = 0; i < s->nr_rates; i++)
		field_append(&rates, rate_json(&s->rate[i]));
	record = field_record("selftest");
	field_put_text(&record, "start", s->start);
	field_put_text(&record, "host_id", s->host_id);
	field_put_text(&record, "cpu", s->cpu);
	field_put_text(&record, "kernel", s->kernel);
	field_put_text(&record, "version", s->version);
	field_put_bool(&record, "load", s->load);
	field_put_bool(&record, "complete", s->complete);
	field_put_count(&record, "duration_ns", s->duration_ns);
	field_put_count(&record, "questions", s->questions);
	field_put_count(&record, "unsteady", s->unsteady);
	field_put(&record, "rates", rates);
	return record_write(w, record);
}

static bool get_rate(const struct field_source *s, struct record_rate *r)
{
	if (!field_need_text(s, "operation", &r->operation) ||
	    !field_need_text(s, "metric", &r->metric) || !field_get_number(s, "shift", &r->shift) ||
	    !field_need_count(s, "compared", &r->compared) ||
	    !field_get_count(s, "slower", &r->slower) ||
	    !field_get_count(s, "faster", &r->faster) ||
	    !field_get_count(s, "equivalent", &r->equivalent) ||
	    !field_get_number(s, "added", &r->added))
		return false;
	if (adds_up(r))
		return true;
	field_refuse(s, "rates: more verdicts than comparisons");
	return false;
}

static bool get_rates(const struct field_source *s, struct record_selftest *t)
{
	struct field_source inner = { .why = s->why, .whylen = s->whylen };
	json_t *rates;
	size_t i;

	if (!field_get_array(s, "rates", RECORD_MAX_RATES, &rates))
		return false;
	if (!rates) {
		field_refuse(s, "rates is not a list");
		return false;
	}
	json_array_foreach (rates, i, inner.object)
		if (!get_rate(&inner, &t->rate[i]))
			return false;
	t->nr_rates = i;
	return true;
}

int record_read_selftest(const json_t *record, struct record_selftest *t, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };

	memset(t, 0, sizeof(*t));
	if (!field_get_text(&s, "start", &t->start) ||
	    !field_get_text(&s, "host_id", &t->host_id) || !field_get_text(&s, "cpu", &t->cpu) ||
	    !field_get_text(&s, "kernel", &t->kernel) ||
	    !field_get_text(&s, "version", &t->version) || !field_get_bool(&s, "load", &t->load) ||
	    !field_get_bool(&s, "complete", &t->complete) ||
	    !field_get_count(&s, "duration_ns", &t->duration_ns) ||
	    !field_get_count(&s, "questions", &t->questions) ||
	    !field_get_count(&s, "unsteady", &t->unsteady) || !get_rates(&s, t))
		return -EINVAL;
	return 0;
}
