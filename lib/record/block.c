// SPDX-License-Identifier: GPL-2.0-only
/* Blocks of epochs. */
#include "lib/record/types.h"

#include <errno.h>
#include <string.h>

#include "lib/record/beside.h"
#include "lib/record/field.h"
#include "lib/record/named.h"
#include "lib/record/record.h"

/* ---- writing --------------------------------------------------------------------------------- */

static json_t *epoch_json(const struct record_epoch *e)
{
	json_t *epoch = json_object();

	field_put_text(&epoch, "arm", e->arm);
	field_put_count(&epoch, "iterations", e->iterations);
	field_put_count(&epoch, "start_ns", e->start_ns);
	field_put_count(&epoch, "end_ns", e->end_ns);
	field_put_count(&epoch, "cpu_ns", e->cpu_ns);
	field_put_count(&epoch, "nvcsw", e->nvcsw);
	field_put_count(&epoch, "nivcsw", e->nivcsw);
	field_put_count(&epoch, "minflt", e->minflt);
	field_put(&epoch, "counters", named_numbers_json(e->counter, e->nr_counters));
	field_put(&epoch, "losses", named_counts_json(e->loss, e->nr_losses));
	field_put(&epoch, "hist", hist_to_json(e->hist));
	return epoch;
}

static bool is_writable(const struct record_block *b)
{
	if (!b->question || b->nr_dropped > RECORD_MAX_ARMS)
		return false;
	for (size_t i = 0; i < b->nr_epochs; i++)
		if (!b->epoch[i].arm || b->epoch[i].nr_counters > RECORD_MAX_NUMBERS ||
		    b->epoch[i].nr_losses > RECORD_MAX_NUMBERS)
			return false;
	return true;
}

int record_write_block(struct record_writer *w, const struct record_block *b)
{
	json_t *record, *epochs, *dropped;

	if (!is_writable(b))
		return -EINVAL;
	epochs = json_array();
	dropped = json_array();
	for (size_t i = 0; i < b->nr_epochs; i++) {
		const struct record_epoch *e = &b->epoch[i];

		if (e->hist && hist_is_consistent(e->hist))
			field_append(&epochs, epoch_json(e));
		else
			field_append(&dropped,
				     beside_dropped_json(e->arm, "its histogram does not add up"));
	}
	for (size_t i = 0; i < b->nr_dropped; i++)
		field_append(&dropped,
			     beside_dropped_json(b->dropped[i].arm, b->dropped[i].reason));
	record = field_record("block");
	field_put_text(&record, "question", b->question);
	field_put_count(&record, "block", b->number);
	field_put_bool(&record, "traced", b->traced);
	field_put(&record, "epochs", epochs);
	field_put(&record, "dropped", dropped);
	field_put(&record, "noise", beside_noise_json(&b->noise));
	return record_write(w, record);
}

/* ---- reading --------------------------------------------------------------------------------- */

int record_read_block(const json_t *record, struct record_block *b, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };
	json_t *epochs;

	memset(b, 0, sizeof(*b));
	if (!field_need_text(&s, "question", &b->question) ||
	    !field_get_count(&s, "block", &b->number) ||
	    !field_get_bool(&s, "traced", &b->traced) ||
	    !field_get_array(&s, "epochs", SIZE_MAX, &epochs) ||
	    !beside_get_dropped(&s, b->dropped, &b->nr_dropped) || !beside_get_noise(&s, &b->noise))
		return -EINVAL;
	if (!epochs)
		return field_refuse(&s, "epochs is not a list");
	b->nr_epochs = json_array_size(epochs);
	return 0;
}

int record_read_epoch(const json_t *record, size_t i, struct record_epoch *e, char *why,
		      size_t whylen)
{
	const json_t *epoch = json_array_get(json_object_get(record, "epochs"), i);
	const struct field_source s = { epoch, why, whylen };

	e->arm = NULL;
	if (!field_need_text(&s, "arm", &e->arm) ||
	    !field_get_count(&s, "iterations", &e->iterations) ||
	    !field_get_count(&s, "start_ns", &e->start_ns) ||
	    !field_get_count(&s, "end_ns", &e->end_ns) ||
	    !field_get_count(&s, "cpu_ns", &e->cpu_ns) ||
	    !field_get_count(&s, "nvcsw", &e->nvcsw) ||
	    !field_get_count(&s, "nivcsw", &e->nivcsw) ||
	    !field_get_count(&s, "minflt", &e->minflt) ||
	    !named_get_numbers(&s, "counters", e->counter, &e->nr_counters) ||
	    !named_get_counts(&s, "losses", e->loss, &e->nr_losses))
		return -EINVAL;
	return hist_from_json(e->hist, json_object_get(epoch, "hist"), "hist", why, whylen);
}
