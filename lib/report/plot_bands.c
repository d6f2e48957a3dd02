// SPDX-License-Identifier: GPL-2.0-only
/* From the instances of an arm to what they leave open of each of its percentiles. */
#include "lib/report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t nr_values(const struct report_part *p, bool time)
{
	return time ? p->nr_passes : p->sample.tail.nr_buckets;
}

static size_t add_values(struct band_value *to, const struct report_part *p, bool time, double unit,
			 uint32_t group)
{
	size_t nr = nr_values(p, time);

	for (size_t i = 0; i < nr; i++) {
		const struct tail_bucket *b;

		if (time) {
			to[i] = (struct band_value){ p->pass[i].p50, p->pass[i].p50, 1, group };
			continue;
		}
		b = &p->sample.tail.bucket[i];
		to[i] = (struct band_value){ (double)hist_low(b->index, HIST_K_USER) * unit,
					     (double)hist_low(b->index + 1, HIST_K_USER) * unit,
					     b->count, group };
	}
	return nr;
}

/* Neighbouring instances together, as many in each group as keeps at least half of the groups. */
static size_t nr_groups_of(size_t nr)
{
	size_t per = 1;

	while (nr / per > BAND_MAX_GROUPS)
		per *= 2;
	return nr / per;
}

bool plot_band_make(struct plot_band *b, const struct report_result *r, bool time)
{
	size_t nr = 0, nr_parts = 0, part = 0, nr_groups;
	struct band_value *value;

	*b = (struct plot_band){ .edge = NULL };
	for (size_t i = 0; i < r->nr_parts; i++) {
		nr += nr_values(&r->part[i], time);
		nr_parts += nr_values(&r->part[i], time) != 0;
	}
	nr_groups = nr_groups_of(nr_parts);
	value = malloc((nr + 1) * sizeof(*value));
	b->edge = malloc(band_edges(nr) * sizeof(*b->edge));
	if (!value || !b->edge) {
		free(value);
		plot_band_free(b);
		return false;
	}
	nr = 0;
	for (size_t i = 0; i < r->nr_parts; i++) {
		if (!nr_values(&r->part[i], time))
			continue;
		nr += add_values(value + nr, &r->part[i], time, r->unit,
				 (uint32_t)(part++ * nr_groups / nr_parts));
	}
	qsort(value, nr, sizeof(*value), band_compare);
	band_make(&b->band, value, nr, nr_groups, b->edge);
	free(value);
	return true;
}

struct band_interval plot_band_at(const struct plot_band *b, double q)
{
	if (!b->edge)
		return (struct band_interval){ NAN, NAN, NAN };
	return band_at(&b->band, q, PLOT_Z);
}

void plot_band_free(struct plot_band *b)
{
	free(b->edge);
	*b = (struct plot_band){ .edge = NULL };
}
