// SPDX-License-Identifier: GPL-2.0-only
/* Figures of merged records: of a series, all hosts together and each by itself. */
#include "lib/report/merge_table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FORMATS(row) row(text) row(csv) row(json)

#define DECLARE(name) extern const struct merge_format merge_format_##name;
FORMATS(DECLARE)

#define ADDRESS(name) &merge_format_##name,
static const struct merge_format *const formats[] = { FORMATS(ADDRESS) };

#define NR_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct merge_format *merge_format_at(size_t i)
{
	return i < NR_FORMATS ? formats[i] : NULL;
}

bool merge_format_rows(size_t i, struct format_row *row)
{
	if (i >= NR_FORMATS)
		return false;
	*row = (struct format_row){ formats[i]->name, formats[i]->help, NULL };
	return true;
}

const struct merge_format *merge_format_named(const char *name)
{
	return merge_format_at(format_row_named(merge_format_rows, name));
}

const char *merge_mode(const struct merge_series *s)
{
	return s->kind ? "trace" : s->question->latency ? "latency" : "time";
}

/* ---- figures ---------------------------------------------------------------------------------- */

static void in_unit(struct merge_row *row, const struct hist *h)
{
	double unit = 1 / (double)row->s->batch;
	struct report_stats *s = &row->stats;
	double *const figure[] = { &s->mean, &s->min, &s->p25,	&s->p50, &s->p75,
				   &s->p90,  &s->p99, &s->p999, &s->max };

	*s = report_stats(h);
	for (size_t i = 0; i < sizeof(figure) / sizeof(figure[0]); i++)
		*figure[i] *= unit;
	row->sum = h->sum < UINT64_MAX ? (double)h->sum * unit : NAN;
}

/* Mode "time": the ns per iteration of each pass of @cell, or of all of them. */
static int from_passes(struct merge_row *row, const struct merge_cell *cell, size_t nr)
{
	struct report_result all = { 0 };
	double iterations = 0;
	size_t passes = 0;

	for (size_t i = 0; i < nr; i++)
		passes += cell[i].nr_passes;
	all.rising = malloc((passes + 1) * sizeof(*all.rising));
	if (!all.rising)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		for (size_t k = 0; k < cell[i].nr_passes; k++) {
			const struct merge_pass *p = &cell[i].pass[k];

			all.rising[all.stats.count++] = (double)p->ns / (double)p->iterations;
			row->sum += (double)p->ns;
			iterations += (double)p->iterations;
		}
	}
	report_time_stats(&all);
	row->stats = all.stats;
	row->stats.mean = iterations > 0 ? row->sum / iterations : NAN;
	free(all.rising);
	return 0;
}

int merge_row_union(struct merge_row *row, const struct merge_series *s, struct hist *scratch)
{
	int ret;

	*row = (struct merge_row){ .s = s };
	if (!s->metric && !s->question->latency)
		return from_passes(row, s->cell, s->nr_cells);
	ret = merge_union(s, scratch);
	if (ret)
		return ret;
	in_unit(row, scratch);
	row->hist = scratch;
	return 0;
}

int merge_row_host(struct merge_row *row, const struct merge *m, const struct merge_series *s,
		   const struct merge_cell *c, struct hist *scratch)
{
	*row = (struct merge_row){ .s = s, .host = &m->host[c->host] };
	if (!s->metric && !s->question->latency)
		return from_passes(row, c, 1);
	sparse_read(c->hist, scratch);
	in_unit(row, scratch);
	return 0;
}

int merge_each(const struct merge *m, merge_each_row *each, void *arg)
{
	struct hist *scratch = malloc(sizeof(*scratch));
	struct merge_row row;
	int ret = scratch ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < m->nr_series; i++) {
		const struct merge_series *s = &m->series[i];

		ret = merge_row_union(&row, s, scratch) ?: each(&row, arg);
		for (size_t k = 0; !ret && k < s->nr_cells; k++)
			ret = merge_row_host(&row, m, s, &s->cell[k], scratch) ?: each(&row, arg);
	}
	free(scratch);
	return ret;
}
