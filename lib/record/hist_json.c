// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms as JSON: runs of non-zero neighbouring buckets, and the way back with every number
 * doubted.
 */
#include "lib/record/record.h"

#include <errno.h>
#include <stdbool.h>

static int append_new(json_t *array, json_t *value)
{
	return json_array_append_new(array, value);
}

static json_t *runs_to_json(const struct hist *h)
{
	uint32_t nr = HIST_NR_BUCKETS(h->k);
	json_t *runs = json_array(), *run = NULL;

	for (uint32_t i = 0; i < nr; i++) {
		if (!h->bucket[i]) {
			run = NULL;
			continue;
		}
		if (!run) {
			run = json_array();
			if (append_new(runs, run) || append_new(run, json_integer(i)))
				goto fail;
		}
		if (append_new(run, json_integer((json_int_t)h->bucket[i])))
			goto fail;
	}
	return runs;
fail:
	json_decref(runs);
	return NULL;
}

json_t *hist_to_json(const struct hist *h)
{
	json_t *runs = runs_to_json(h);

	if (!runs)
		return NULL;
	return json_pack("{s:i, s:I, s:I, s:o, s:o, s:I, s:o}", "k", (int)h->k, "count",
			 (json_int_t)h->count, "sum", (json_int_t)h->sum, "min",
			 h->count ? json_integer((json_int_t)h->min) : json_null(), "max",
			 h->count ? json_integer((json_int_t)h->max) : json_null(), "overflow",
			 (json_int_t)h->overflow, "runs", runs);
}

static bool get_count(const json_t *object, const char *key, uint64_t *value)
{
	const json_t *j = json_object_get(object, key);

	if (!json_is_integer(j) || json_integer_value(j) < 0)
		return false;
	*value = (uint64_t)json_integer_value(j);
	return true;
}

/*
 * @next: the lowest index this run may begin with; one past its end plus one on return, as runs do
 * not touch
 */
static int run_from_json(struct hist *h, const json_t *run, uint32_t *next)
{
	uint32_t nr = HIST_NR_BUCKETS(h->k);
	size_t length = json_array_size(run);
	json_int_t first = json_integer_value(json_array_get(run, 0));

	if (!json_is_array(run) || length < 2 || !json_is_integer(json_array_get(run, 0)))
		return -EINVAL;
	if (first < *next || first >= nr || length - 1 > nr - (uint32_t)first)
		return -EINVAL;
	for (size_t i = 1; i < length; i++) {
		const json_t *c = json_array_get(run, i);

		if (!json_is_integer(c) || json_integer_value(c) <= 0)
			return -EINVAL;
		h->bucket[(uint32_t)first + i - 1] = (uint64_t)json_integer_value(c);
	}
	*next = (uint32_t)first + (uint32_t)length;
	return 0;
}

static int from_json(struct hist *h, const json_t *j)
{
	const json_t *runs = json_object_get(j, "runs"), *k = json_object_get(j, "k"), *run;
	uint32_t next = 0;
	size_t i;

	if (!json_is_integer(k) || json_integer_value(k) < 1 || json_integer_value(k) > HIST_K_USER)
		return -EINVAL;
	h->k = (uint32_t)json_integer_value(k);
	if (!get_count(j, "count", &h->count) || !get_count(j, "sum", &h->sum) ||
	    !get_count(j, "overflow", &h->overflow) || !json_is_array(runs))
		return -EINVAL;
	if (!h->count)
		return json_array_size(runs) || h->sum || h->overflow ? -EINVAL : 0;
	if (!get_count(j, "min", &h->min) || !get_count(j, "max", &h->max) ||
	    !json_array_size(runs))
		return -EINVAL;
	json_array_foreach (runs, i, run)
		if (run_from_json(h, run, &next))
			return -EINVAL;
	return hist_is_consistent(h) ? 0 : -EINVAL;
}

int hist_from_json(struct hist *h, const json_t *j)
{
	hist_init(h, HIST_K_USER);
	if (!from_json(h, j))
		return 0;
	hist_init(h, HIST_K_USER);
	return -EINVAL;
}
