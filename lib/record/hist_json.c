// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms as JSON: runs of non-zero neighbouring buckets, and the way back with every number
 * doubted.
 */
#include "lib/record/field.h"

#include <errno.h>
#include <stdio.h>

#include "lib/record/record.h"

/* ---- writing --------------------------------------------------------------------------------- */

static json_t *runs_to_json(const struct hist *h)
{
	json_t *runs = json_array(), *run = NULL;

	for (uint32_t i = 0; i < HIST_NR_BUCKETS(h->k); i++) {
		if (!h->bucket[i]) {
			run = NULL;
			continue;
		}
		if (!run) {
			run = json_array();
			if (json_array_append_new(runs, run) ||
			    json_array_append_new(run, json_integer(i)))
				goto fail;
		}
		if (json_array_append_new(run, field_count(h->bucket[i])))
			goto fail;
	}
	return runs;
fail:
	json_decref(runs);
	return NULL;
}

json_t *hist_to_json(const struct hist *h)
{
	json_t *j = json_object();

	field_put(&j, "k", json_integer((json_int_t)h->k));
	field_put_count(&j, "count", h->count);
	field_put_count(&j, "sum", h->sum);
	field_put(&j, "min", h->count ? field_count(h->min) : json_null());
	field_put(&j, "max", h->count ? field_count(h->max) : json_null());
	field_put_count(&j, "overflow", h->overflow);
	field_put(&j, "runs", runs_to_json(h));
	return j;
}

/* ---- reading --------------------------------------------------------------------------------- */

/*
 * @next: the lowest index this run may begin with; one past its end plus one on return, as runs do
 * not touch
 */
static bool get_run(const struct field_source *s, const json_t *run, struct hist *h, uint32_t *next)
{
	uint32_t nr = HIST_NR_BUCKETS(h->k);
	size_t length = json_array_size(run);
	const json_t *at = json_array_get(run, 0);
	json_int_t first = json_integer_value(at);

	if (length < 2 || !json_is_integer(at) || first < (json_int_t)*next || first >= nr ||
	    length - 1 > nr - (uint32_t)first) {
		field_refuse(s, "runs has one that does not fit");
		return false;
	}
	for (size_t i = 1; i < length; i++) {
		uint64_t *bucket = &h->bucket[(uint32_t)first + i - 1];

		if (!field_count_of(s, json_array_get(run, i), "a bucket", bucket))
			return false;
		if (!*bucket) {
			field_refuse(s, "runs has an empty bucket");
			return false;
		}
	}
	*next = (uint32_t)first + (uint32_t)length;
	return true;
}

static bool get_hist(const struct field_source *s, struct hist *h)
{
	uint32_t next = 0;
	uint64_t k;
	json_t *runs, *run;
	size_t i;

	if (!json_is_object(s->object)) {
		field_refuse(s, "it is not an object");
		return false;
	}
	if (!field_need_count(s, "k", &k))
		return false;
	if (k < 1 || k > HIST_K_USER) {
		field_refuse(s, "k is not one of 1 to %d", HIST_K_USER);
		return false;
	}
	h->k = (uint32_t)k;
	if (!field_need_count(s, "count", &h->count) || !field_need_count(s, "sum", &h->sum) ||
	    !field_need_count(s, "overflow", &h->overflow) ||
	    !field_get_array(s, "runs", SIZE_MAX, &runs))
		return false;
	if (h->count &&
	    (!field_need_count(s, "min", &h->min) || !field_need_count(s, "max", &h->max)))
		return false;
	if (!runs) {
		field_refuse(s, "runs is not a list");
		return false;
	}
	json_array_foreach (runs, i, run)
		if (!get_run(s, run, h, &next))
			return false;
	if (hist_is_consistent(h))
		return true;
	field_refuse(s, "it does not add up");
	return false;
}

int hist_from_json(struct hist *h, const json_t *j, const char *what, char *why, size_t whylen)
{
	char reason[100] = "";
	const struct field_source s = { j, reason, sizeof(reason) }, outer = { j, why, whylen };

	hist_init(h, HIST_K_USER);
	if (get_hist(&s, h))
		return 0;
	hist_init(h, HIST_K_USER);
	return field_refuse(&outer, "%s: %s", what, reason);
}
