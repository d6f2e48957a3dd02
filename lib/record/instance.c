// SPDX-License-Identifier: GPL-2.0-only
/* Instances: set-ups of all arms, and what was measured on them. */
#include "lib/record/types.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/record/beside.h"
#include "lib/record/field.h"
#include "lib/record/named.h"
#include "lib/record/record.h"

/* A pass is a list, not an object: there are tens of thousands of them in a run. */
enum { PASS_BLOCK, PASS_START, PASS_NS, PASS_ITERATIONS, PASS_P50, NR_PASS_FIELDS };

/* ---- writing --------------------------------------------------------------------------------- */

static json_t *pass_json(const struct record_pass *p)
{
	json_t *pass = json_array();

	field_append(&pass, field_count(p->block));
	field_append(&pass, field_count(p->start_ns));
	field_append(&pass, field_count(p->ns));
	field_append(&pass, field_count(p->iterations));
	field_append(&pass, field_number(p->p50));
	return pass;
}

static json_t *part_json(const struct record_part *p)
{
	json_t *part = json_object(), *passes = json_array();

	for (size_t i = 0; i < p->nr_passes; i++)
		field_append(&passes, pass_json(&p->pass[i]));
	field_put_text(&part, "arm", p->arm);
	field_put(&part, "passes", passes);
	field_put_count(&part, "cpu_ns", p->cpu_ns);
	field_put_count(&part, "nvcsw", p->nvcsw);
	field_put_count(&part, "nivcsw", p->nivcsw);
	field_put_count(&part, "minflt", p->minflt);
	field_put(&part, "counters", named_numbers_json(p->counter, p->nr_counters));
	field_put(&part, "losses", named_counts_json(p->loss, p->nr_losses));
	field_put(&part, "hist", hist_to_json(p->hist));
	return part;
}

static bool is_writable(const struct record_instance *in)
{
	if (!in->question || in->nr_dropped > RECORD_MAX_ARMS)
		return false;
	for (size_t i = 0; i < in->nr_parts; i++)
		if (!in->part[i].arm || in->part[i].nr_counters > RECORD_MAX_NUMBERS ||
		    in->part[i].nr_losses > RECORD_MAX_NUMBERS)
			return false;
	return true;
}

int record_write_instance(struct record_writer *w, const struct record_instance *in)
{
	json_t *record, *parts, *dropped;

	if (!is_writable(in))
		return -EINVAL;
	parts = json_array();
	dropped = json_array();
	for (size_t i = 0; i < in->nr_parts; i++) {
		const struct record_part *p = &in->part[i];

		if (p->hist && hist_is_consistent(p->hist))
			field_append(&parts, part_json(p));
		else
			field_append(&dropped,
				     beside_dropped_json(p->arm, "its histogram does not add up"));
	}
	for (size_t i = 0; i < in->nr_dropped; i++)
		field_append(&dropped,
			     beside_dropped_json(in->dropped[i].arm, in->dropped[i].reason));
	record = field_record("instance");
	field_put_text(&record, "question", in->question);
	field_put_count(&record, "instance", in->number);
	field_put_count(&record, "batch", in->batch ? in->batch : 1);
	field_put_count(&record, "setup_ns", in->setup_ns);
	field_put(&record, "parts", parts);
	field_put(&record, "dropped", dropped);
	field_put(&record, "noise", beside_noise_json(&in->noise));
	return record_write(w, record);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool get_batch(const struct field_source *s, uint64_t *batch)
{
	if (!field_get_count(s, "batch", batch))
		return false;
	/* Files that do not say it have one operation a value; whoever reads divides by it. */
	if (!*batch)
		*batch = 1;
	return true;
}

int record_read_instance(const json_t *record, struct record_instance *in, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };
	json_t *parts;

	memset(in, 0, sizeof(*in));
	if (!field_need_text(&s, "question", &in->question) ||
	    !field_get_count(&s, "instance", &in->number) || !get_batch(&s, &in->batch) ||
	    !field_get_count(&s, "setup_ns", &in->setup_ns) ||
	    !field_get_array(&s, "parts", SIZE_MAX, &parts) ||
	    !beside_get_dropped(&s, in->dropped, &in->nr_dropped) ||
	    !beside_get_noise(&s, &in->noise))
		return -EINVAL;
	if (!parts)
		return field_refuse(&s, "parts is not a list");
	in->nr_parts = json_array_size(parts);
	return 0;
}

static const json_t *part_at(const json_t *record, size_t i)
{
	return json_array_get(json_object_get(record, "parts"), i);
}

int record_read_part(const json_t *record, size_t i, struct record_part *p, char *why,
		     size_t whylen)
{
	const json_t *part = part_at(record, i);
	const struct field_source s = { part, why, whylen };
	json_t *passes;

	p->arm = NULL;
	p->pass = NULL;
	if (!field_need_text(&s, "arm", &p->arm) ||
	    !field_get_array(&s, "passes", SIZE_MAX, &passes) ||
	    !field_get_count(&s, "cpu_ns", &p->cpu_ns) ||
	    !field_get_count(&s, "nvcsw", &p->nvcsw) ||
	    !field_get_count(&s, "nivcsw", &p->nivcsw) ||
	    !field_get_count(&s, "minflt", &p->minflt) ||
	    !named_get_numbers(&s, "counters", p->counter, &p->nr_counters) ||
	    !named_get_counts(&s, "losses", p->loss, &p->nr_losses))
		return -EINVAL;
	if (!passes)
		return field_refuse(&s, "passes is not a list");
	p->nr_passes = json_array_size(passes);
	return hist_from_json(p->hist, json_object_get(part, "hist"), "hist", why, whylen);
}

int record_read_pass(const json_t *record, size_t i, size_t k, struct record_pass *p, char *why,
		     size_t whylen)
{
	const json_t *pass = json_array_get(json_object_get(part_at(record, i), "passes"), k);
	const struct field_source s = { pass, why, whylen };
	const struct {
		const char *name;
		uint64_t *to;
	} count[] = {
		[PASS_BLOCK] = { "the block of a pass", &p->block },
		[PASS_START] = { "the start_ns of a pass", &p->start_ns },
		[PASS_NS] = { "the ns of a pass", &p->ns },
		[PASS_ITERATIONS] = { "the iterations of a pass", &p->iterations },
	};
	const json_t *p50;

	if (json_array_size(pass) < NR_PASS_FIELDS)
		return field_refuse(&s, "a pass is not a list of %d", NR_PASS_FIELDS);
	for (size_t f = 0; f < PASS_P50; f++)
		if (!field_count_of(&s, json_array_get(pass, f), count[f].name, count[f].to))
			return -EINVAL;
	p50 = json_array_get(pass, PASS_P50);
	if (!json_is_number(p50) && !json_is_null(p50))
		return field_refuse(&s, "the p50 of a pass is not a number");
	p->p50 = json_is_number(p50) ? json_number_value(p50) : NAN;
	return 0;
}
