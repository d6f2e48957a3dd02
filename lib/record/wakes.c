// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/wakes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/record.h"

/* ---- bands ----------------------------------------------------------------------------------- */

/* Does what @b->count wakes took together lie where wakes of its bucket do? */
static bool fits(const struct record_band *b, uint32_t k)
{
	uint64_t low, high = UINT64_MAX;

	if (k < 1 || k > HIST_K_USER || b->index >= HIST_NR_BUCKETS(k) || !b->count)
		return false;
	/* As sums of histograms these stay at 2^64-1. */
	if (__builtin_mul_overflow(b->count, hist_low(b->index, k), &low))
		low = UINT64_MAX;
	/* The last bucket has no end. */
	if (b->index + 1 < HIST_NR_BUCKETS(k) &&
	    __builtin_mul_overflow(b->count, hist_low(b->index + 1, k) - 1, &high))
		high = UINT64_MAX;
	return b->sum[0] >= low && b->sum[0] <= high;
}

static bool can_write_bands(const struct record_bands *b)
{
	if (!b->nr)
		return true;
	if (!b->nr_sums || b->nr_sums > RECORD_MAX_SUMS)
		return false;
	for (size_t i = 0; i < b->nr; i++)
		if (!fits(&b->band[i], b->k) || (i && b->band[i].index <= b->band[i - 1].index))
			return false;
	return true;
}

json_t *wakes_bands_json(const struct record_bands *b)
{
	json_t *bands = json_object(), *sums = json_array(), *rows = json_array();

	for (size_t i = 0; i < b->nr_sums; i++)
		field_append(&sums, record_string(b->sum[i]));
	for (size_t i = 0; i < b->nr; i++) {
		const struct record_band *band = &b->band[i];
		json_t *row = json_array();

		field_append(&row, field_count(band->index));
		field_append(&row, field_count(band->count));
		for (size_t s = 0; s < b->nr_sums; s++)
			field_append(&row, field_count(band->sum[s]));
		field_append(&rows, row);
	}
	field_put_count(&bands, "k", b->k);
	field_put(&bands, "sums", sums);
	field_put(&bands, "rows", rows);
	return bands;
}

static bool get_sums(const struct field_source *s, struct record_bands *b)
{
	json_t *sums, *name;
	size_t i;

	if (!field_get_array(s, "sums", RECORD_MAX_SUMS, &sums))
		return false;
	json_array_foreach (sums, i, name) {
		if (!json_is_string(name)) {
			field_refuse(s, "a member of sums is not a string");
			return false;
		}
		b->sum[b->nr_sums++] = json_string_value(name);
	}
	if (!b->nr_sums)
		field_refuse(s, "sums has no member");
	return b->nr_sums;
}

int record_read_bands(const json_t *record, struct record_bands *b, char *why, size_t whylen)
{
	const struct field_source outer = { record, why, whylen };
	struct field_source s = outer;
	json_t *bands, *rows;
	uint64_t k;

	memset(b, 0, sizeof(*b));
	if (!field_get_object(&outer, "bands", SIZE_MAX, &bands))
		return -EINVAL;
	if (!bands)
		return 0;
	s.object = bands;
	if (!field_need_count(&s, "k", &k) || !get_sums(&s, b) ||
	    !field_get_array(&s, "rows", HIST_NR_BUCKETS_MAX, &rows))
		return -EINVAL;
	if (k < 1 || k > HIST_K_USER)
		return field_refuse(&s, "k is not one of 1 to %d", HIST_K_USER);
	b->k = (uint32_t)k;
	b->nr = json_array_size(rows);
	return 0;
}

int record_read_band(const json_t *record, size_t i, struct record_band *b, char *why,
		     size_t whylen)
{
	const json_t *bands = json_object_get(record, "bands"),
		     *rows = json_object_get(bands, "rows"), *row = json_array_get(rows, i),
		     *before = i ? json_array_get(json_array_get(rows, i - 1), 0) : NULL;
	const struct field_source s = { bands, why, whylen };
	size_t nr_sums = json_array_size(json_object_get(bands, "sums"));
	uint64_t index, k;

	memset(b, 0, sizeof(*b));
	if (json_array_size(row) != 2 + nr_sums || nr_sums > RECORD_MAX_SUMS)
		return field_refuse(&s, "a band is not a list of %zu numbers", 2 + nr_sums);
	if (!field_need_count(&s, "k", &k) ||
	    !field_count_of(&s, json_array_get(row, 0), "the index of a band", &index) ||
	    !field_count_of(&s, json_array_get(row, 1), "the count of a band", &b->count))
		return -EINVAL;
	for (size_t n = 0; n < nr_sums; n++)
		if (!field_count_of(&s, json_array_get(row, 2 + n), "a sum of a band", &b->sum[n]))
			return -EINVAL;
	b->index = index < UINT32_MAX ? (uint32_t)index : UINT32_MAX;
	if (before && json_integer_value(before) >= (json_int_t)b->index)
		return field_refuse(&s, "bands are not in rising order");
	if (k > HIST_K_USER || !fits(b, (uint32_t)k))
		return field_refuse(&s, "a band does not add up");
	return 0;
}

/* ---- matrix ---------------------------------------------------------------------------------- */

bool wakes_can_write(const struct record_bands *b, const struct record_matrix *m)
{
	return can_write_bands(b) && (!m->metric || m->nr <= RECORD_MAX_CELLS);
}

static json_t *cell_json(const struct record_matrix *m, size_t i, struct hist *h)
{
	json_t *cell = json_object();
	uint64_t waker_cpu, cpu;

	m->cell(m->arg, i, &waker_cpu, &cpu, h);
	field_put_count(&cell, "waker_cpu", waker_cpu);
	field_put_count(&cell, "cpu", cpu);
	field_put(&cell, "hist", hist_is_consistent(h) ? hist_to_json(h) : json_null());
	return cell;
}

json_t *wakes_matrix_json(const struct record_matrix *m)
{
	json_t *matrix = json_object(), *cells = json_array();
	struct hist *h = malloc(sizeof(*h));

	if (!h) {
		json_decref(matrix);
		json_decref(cells);
		return NULL;
	}
	for (size_t i = 0; i < m->nr; i++)
		field_append(&cells, cell_json(m, i, h));
	free(h);
	field_put_text(&matrix, "metric", m->metric);
	field_put_count(&matrix, "others", m->others);
	field_put(&matrix, "cells", cells);
	return matrix;
}

int record_read_matrix(const json_t *record, struct record_matrix *m, char *why, size_t whylen)
{
	const struct field_source outer = { record, why, whylen };
	struct field_source s = outer;
	json_t *matrix, *cells;

	memset(m, 0, sizeof(*m));
	if (!field_get_object(&outer, "matrix", SIZE_MAX, &matrix))
		return -EINVAL;
	if (!matrix)
		return 0;
	s.object = matrix;
	if (!field_need_text(&s, "metric", &m->metric) ||
	    !field_get_count(&s, "others", &m->others) ||
	    !field_get_array(&s, "cells", RECORD_MAX_CELLS, &cells)) {
		m->metric = NULL;
		return -EINVAL;
	}
	m->nr = json_array_size(cells);
	return 0;
}

int record_read_cell(const json_t *record, size_t i, uint64_t *waker_cpu, uint64_t *cpu,
		     struct hist *h, char *why, size_t whylen)
{
	const json_t *cells = json_object_get(json_object_get(record, "matrix"), "cells");
	const struct field_source s = { json_array_get(cells, i), why, whylen };

	if (!json_is_object(s.object))
		return field_refuse(&s, "a cell of matrix is not an object");
	if (!field_need_count(&s, "waker_cpu", waker_cpu) || !field_need_count(&s, "cpu", cpu))
		return -EINVAL;
	return hist_from_json(h, json_object_get(s.object, "hist"), "a cell of matrix", why,
			      whylen);
}
