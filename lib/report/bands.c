// SPDX-License-Identifier: GPL-2.0-only
/* Wakes by their length: rows from records, and four bands of percentiles made of them. */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(REPORT_NR_SUMS == PHASE_WOKEN, "a sum for each phase before it");

const char *report_band_name(enum report_band_number n)
{
	static const char *const names[NR_REPORT_BANDS] = { "up to p50", "p50 to p90", "p90 to p99",
							    "beyond p99" };

	return n < NR_REPORT_BANDS ? names[n] : NULL;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void add_row(struct report_band_row *to, const struct report_band_row *row)
{
	to->count = report_sum(to->count, row->count);
	for (size_t s = 0; s < REPORT_NR_SUMS; s++)
		to->sum[s] = report_sum(to->sum[s], row->sum[s]);
}

/* Where the row of bucket @index is, or belongs. */
static size_t place_of(const struct report_bands *b, uint32_t index)
{
	size_t from = 0, to = b->nr;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (b->row[middle].index < index)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static int put_row(struct report_bands *b, size_t *room, const struct report_band_row *row)
{
	size_t at = place_of(b, row->index);

	if (at < b->nr && b->row[at].index == row->index) {
		add_row(&b->row[at], row);
		return 0;
	}
	if (!build_grow((void **)&b->row, b->nr, room, sizeof(*b->row)))
		return -ENOMEM;
	memmove(&b->row[at + 1], &b->row[at], (b->nr - at) * sizeof(*row));
	b->row[at] = *row;
	b->nr++;
	return 0;
}

/* Buckets of @k, fewer than now: each row goes into the one that it is a part of. */
static void fold(struct report_bands *b, uint32_t k)
{
	size_t nr = 0;

	for (size_t i = 0; i < b->nr; i++) {
		struct report_band_row row = b->row[i];

		row.index = hist_index(hist_low(row.index, b->k), k);
		if (nr && b->row[nr - 1].index == row.index)
			add_row(&b->row[nr - 1], &row);
		else
			b->row[nr++] = row;
	}
	b->nr = nr;
	b->k = k;
}

/* Which of the sums of a record is that of which phase; REPORT_NR_SUMS: of none that is known. */
static void find_phases(const struct record_bands *b, size_t phase[RECORD_MAX_SUMS])
{
	for (size_t s = 0; s < b->nr_sums; s++)
		for (phase[s] = 0; phase[s] < REPORT_NR_SUMS; phase[s]++)
			if (!strcmp(b->sum[s], report_phase_name[phase[s]]))
				break;
}

static struct report_band_row row_of(const struct record_bands *b, const struct record_band *band,
				     const size_t phase[RECORD_MAX_SUMS], uint32_t k)
{
	struct report_band_row row = { .index = band->index, .count = band->count };

	if (b->k > k)
		row.index = hist_index(hist_low(band->index, b->k), k);
	for (size_t s = 0; s < b->nr_sums; s++)
		if (phase[s] < REPORT_NR_SUMS)
			row.sum[phase[s]] = band->sum[s];
	return row;
}

int build_take_bands(struct build *b, struct build_question *q, struct build_result *r,
		     const json_t *record)
{
	struct report_bands *to = r->r.bands;
	size_t phase[RECORD_MAX_SUMS];
	struct record_bands bands;
	char why[160];
	int ret = 0;

	if (record_read_bands(record, &bands, why, sizeof(why)))
		return build_drop(b, DROP_RECORD, q->q.name, r->r.name, why);
	if (!bands.nr)
		return 0;
	find_phases(&bands, phase);
	if (phase[0] != PHASE_END_TO_END)
		return build_drop(b, DROP_RECORD, q->q.name, r->r.name,
				  "its bands are not those of end_to_end");
	if (!to) {
		to = r->r.bands = calloc(1, sizeof(*to));
		if (!to)
			return -ENOMEM;
		to->k = bands.k;
	}
	if (bands.k < to->k)
		fold(to, bands.k);
	for (size_t i = 0; !ret && i < bands.nr; i++) {
		struct record_band band;
		struct report_band_row row;

		if (record_read_band(record, i, &band, why, sizeof(why))) {
			ret = build_drop(b, DROP_RECORD, q->q.name, r->r.name, why);
			continue;
		}
		row = row_of(&bands, &band, phase, to->k);
		ret = put_row(to, &r->room_rows, &row);
	}
	return ret;
}

/* ---- bands ----------------------------------------------------------------------------------- */

/* How many rows lie below the limit that is nearest to the share @q. */
static size_t rows_below(const struct report_bands *b, double q)
{
	double all = (double)b->count, below = 0, before = 0;
	size_t i;

	for (i = 0; i < b->nr && below < q * all; i++) {
		before = below;
		below += (double)b->row[i].count;
	}
	return i && q * all - before < below - q * all ? i - 1 : i;
}

static void make_band(struct report_bands *b, struct report_band *band, size_t first, size_t end,
		      uint64_t *done)
{
	*band = (struct report_band){ .from_share = (double)*done / (double)b->count };
	for (size_t i = first; i < end; i++) {
		band->count = report_sum(band->count, b->row[i].count);
		for (size_t s = 0; s < REPORT_NR_SUMS; s++)
			band->sum[s] = report_sum(band->sum[s], b->row[i].sum[s]);
	}
	*done = report_sum(*done, band->count);
	band->to_share = (double)*done / (double)b->count;
	if (first == end) {
		band->from_ns = first < b->nr ? hist_low(b->row[first].index, b->k) : 0;
		band->to_ns = band->from_ns;
		return;
	}
	band->from_ns = hist_low(b->row[first].index, b->k);
	band->to_ns = hist_low(b->row[end - 1].index + 1, b->k);
}

void build_finish_bands(struct report_bands *b)
{
	static const double limit[NR_REPORT_BANDS - 1] = { 0.5, 0.9, 0.99 };
	size_t first = 0, end;
	uint64_t done = 0;

	for (size_t i = 0; i < b->nr; i++)
		b->count = report_sum(b->count, b->row[i].count);
	for (size_t n = 0; n < NR_REPORT_BANDS; n++) {
		end = n < NR_REPORT_BANDS - 1 ? rows_below(b, limit[n]) : b->nr;
		if (end < first)
			end = first;
		make_band(b, &b->band[n], first, end, &done);
		first = end;
	}
}
