// SPDX-License-Identifier: GPL-2.0-only
/* Waits after wakes by the CPUs of both sides: cells of several records are added up. */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_before(const struct report_cell *c, uint64_t waker_cpu, uint64_t cpu)
{
	return c->waker_cpu != waker_cpu ? c->waker_cpu < waker_cpu : c->cpu < cpu;
}

/* Where the cell of two CPUs is, or belongs. */
static size_t place_of(const struct report_matrix *m, uint64_t waker_cpu, uint64_t cpu)
{
	size_t from = 0, to = m->nr;

	/* They mostly come in their order. */
	if (to && is_before(&m->cell[to - 1], waker_cpu, cpu))
		return to;
	while (from < to) {
		size_t middle = (from + to) / 2;

		if (is_before(&m->cell[middle], waker_cpu, cpu))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* The histogram just read, of the waits between two CPUs. */
static int add_cell(struct build *b, struct report_matrix *m, size_t *room, uint64_t waker_cpu,
		    uint64_t cpu)
{
	size_t at = place_of(m, waker_cpu, cpu);
	bool there = at < m->nr && m->cell[at].waker_cpu == waker_cpu && m->cell[at].cpu == cpu;
	struct sparse *made = NULL;

	if (there)
		return sparse_add(&m->cell[at].sparse, &b->scratch);
	if (m->nr == RECORD_MAX_CELLS) {
		m->others = report_sum(m->others, b->scratch.count);
		return 0;
	}
	if (!build_grow((void **)&m->cell, m->nr, room, sizeof(*m->cell)) ||
	    sparse_add(&made, &b->scratch))
		return -ENOMEM;
	memmove(&m->cell[at + 1], &m->cell[at], (m->nr - at) * sizeof(*m->cell));
	m->cell[at] = (struct report_cell){ .waker_cpu = waker_cpu, .cpu = cpu, .sparse = made };
	m->nr++;
	return 0;
}

/* The matrix of @r for waits of @metric, new if need be; NULL: no memory */
static struct report_matrix *matrix_of(struct build *b, struct build_result *r, const char *metric)
{
	struct report_matrix *m = r->r.matrix;

	if (m)
		return m;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->metric = report_keep(b->report, metric);
	if (!m->metric) {
		free(m);
		return NULL;
	}
	return r->r.matrix = m;
}

int build_take_matrix(struct build *b, struct build_question *q, struct build_result *r,
		      const json_t *record)
{
	struct record_matrix matrix;
	struct report_matrix *m;
	char why[160];
	int ret = 0;

	if (record_read_matrix(record, &matrix, why, sizeof(why)))
		return build_drop(b, DROP_RECORD, q->q.name, r->r.name, why);
	if (!matrix.metric)
		return 0;
	m = matrix_of(b, r, matrix.metric);
	if (!m)
		return -ENOMEM;
	if (strcmp(m->metric, matrix.metric))
		return build_drop(b, DROP_RECORD, q->q.name, r->r.name,
				  "its matrix is of another wait than those before");
	m->others = report_sum(m->others, matrix.others);
	for (size_t i = 0; !ret && i < matrix.nr; i++) {
		uint64_t waker_cpu, cpu;

		if (record_read_cell(record, i, &waker_cpu, &cpu, &b->scratch, why, sizeof(why)))
			ret = build_drop(b, DROP_RECORD, q->q.name, r->r.name, why);
		else if (b->scratch.count)
			ret = add_cell(b, m, &r->room_cells, waker_cpu, cpu);
		if (ret == -EOVERFLOW)
			ret = build_drop(b, DROP_RECORD, q->q.name, r->r.name,
					 "with those before it holds more than 2^64-1 values");
	}
	return ret;
}

/* Of each pair, without its whole histogram: there may be thousands in each of a hundred questions. */
void build_finish_matrix(struct report_matrix *m)
{
	for (size_t i = 0; i < m->nr; i++) {
		struct report_cell *c = &m->cell[i];

		c->count = sparse_count(c->sparse);
		c->sum = sparse_sum(c->sparse);
		c->max = sparse_max(c->sparse);
		c->p50 = sparse_quantile(c->sparse, 0.5);
		c->p99 = report_is_backed(c->count, 0.99) ? sparse_quantile(c->sparse, 0.99) : NAN;
	}
}
