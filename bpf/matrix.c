// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bpf/slab.h"
#include "bpf/tracer_impl.h"
#include "bpf/wakes.h"
#include "bpf/wakes_shared.h"

struct matrix {
	uint32_t nr_cpus, nr_cells;
	uint64_t *places;	   /* 64 bits: as the kernel aligns the values of an array */
	struct matrix_cell *cells; /* and after them one per group */
	struct matrix_cell *seen;  /* what has been read of each */
};

static size_t place_bytes(const struct tracer *t)
{
	const struct matrix *m = t->matrix;

	return sizeof(*m->places) * t->nr_groups * m->nr_cpus * m->nr_cpus;
}

static size_t nr_all(const struct tracer *t)
{
	return (size_t)t->matrix->nr_cells + t->nr_groups;
}

/* ---- life ------------------------------------------------------------------------------------ */

int matrix_size(struct tracer *t)
{
	struct bpf_map *places = bpf_object__find_map_by_name(t->obj, "matrix_places"),
		       *cells = bpf_object__find_map_by_name(t->obj, "matrix_cells");
	uint64_t pairs = 0;
	struct matrix *m;
	int ret;

	if (!places || !t->opts.matrix || t->opts.group == TRACER_GROUP_SUBJECT)
		return 0;
	t->matrix = m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	/* Of machines with thousands of CPUs the last ones have no place of their own. */
	for (m->nr_cpus = t->nr_cpus; m->nr_cpus > 1; m->nr_cpus--) {
		pairs = (uint64_t)t->nr_groups * m->nr_cpus * m->nr_cpus;
		if (pairs <= MATRIX_MAX_PLACES)
			break;
	}
	pairs = (uint64_t)t->nr_groups * m->nr_cpus * m->nr_cpus;
	m->nr_cells = pairs < MATRIX_MAX_CELLS ? (uint32_t)pairs : MATRIX_MAX_CELLS;
	if (t->opts.max_pairs && t->opts.max_pairs < m->nr_cells)
		m->nr_cells = t->opts.max_pairs;
	t->settings->matrix.nr_cpus = m->nr_cpus;
	t->settings->matrix.nr_cells = m->nr_cells;
	ret = bpf_map__set_max_entries(places, (uint32_t)pairs);
	return ret ?: bpf_map__set_max_entries(cells, (uint32_t)nr_all(t));
}

int matrix_map(struct tracer *t)
{
	struct matrix *m = t->matrix;

	if (!m)
		return 0;
	m->places = slab_window(tracer_map_fd(t, "matrix_places"), 0, place_bytes(t));
	m->cells = slab_window(tracer_map_fd(t, "matrix_cells"), 0, nr_all(t) * sizeof(*m->cells));
	if (!m->places || !m->cells)
		return -errno;
	m->seen = calloc(nr_all(t), sizeof(*m->seen));
	return m->seen ? 0 : -ENOMEM;
}

void matrix_close(struct tracer *t)
{
	struct matrix *m = t->matrix;

	if (!m)
		return;
	if (m->places)
		munmap(m->places, place_bytes(t));
	if (m->cells)
		munmap(m->cells, nr_all(t) * sizeof(*m->cells));
	free(m->seen);
	free(m);
	t->matrix = NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

/*
 * What came to a cell since the last read, made to agree as hist_is_consistent() wants it. A program
 * may be at work on it; what does not fit yet comes with the next read. The extremes are those since
 * the beginning: as exact as a bucket is wide, over all reads exact.
 */
static bool take_pair(const struct matrix_cell *cell, struct matrix_cell *seen,
		      struct tracer_pair *p)
{
	struct slab_figures f = { .extremes = { cell->max, cell->inv_min } }, left;

	memset(p, 0, sizeof(*p));
	p->waker_cpu = cell->waker_cpu;
	p->cpu = cell->cpu;
	for (uint32_t i = 0; i < MATRIX_NR_BUCKETS; i++) {
		uint64_t now = __atomic_load_n(&cell->bucket[i], __ATOMIC_RELAXED);

		p->bucket[i] = now - seen->bucket[i];
		seen->bucket[i] = now;
		if (!p->bucket[i])
			continue;
		if (!f.count)
			f.first = i;
		f.last = i;
		f.count += p->bucket[i];
	}
	if (!f.count)
		return false;
	f.sum = cell->sum - seen->sum;
	f.overflow = cell->overflow - seen->overflow;
	f.in_last = p->bucket[MATRIX_NR_BUCKETS - 1];
	slab_settle(&f, MATRIX_K, &left);
	seen->sum += f.sum;
	seen->overflow += f.overflow;
	p->count = f.count;
	p->sum = f.sum;
	p->max = f.extremes.max;
	p->min = ~f.extremes.inv_min;
	p->overflow = f.overflow;
	return true;
}

static int add_pair(struct tracer_group_data *g, const struct tracer_pair *p)
{
	struct tracer_pair *grown;

	/* As many as the powers of two: nothing else says how much room there is. */
	if (!(g->nr_pairs & (g->nr_pairs - 1))) {
		grown = reallocarray(g->pair, g->nr_pairs ? 2 * (size_t)g->nr_pairs : 1,
				     sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		g->pair = grown;
	}
	g->pair[g->nr_pairs++] = *p;
	return 0;
}

static int by_cpus(const void *a, const void *b)
{
	const struct tracer_pair *x = a, *y = b;

	if (x->waker_cpu != y->waker_cpu)
		return x->waker_cpu < y->waker_cpu ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

/* Those of the next question have nothing to do with these. */
static void begin_anew(struct tracer *t)
{
	struct matrix *m = t->matrix;

	memset(m->places, 0, place_bytes(t));
	memset(m->cells, 0, nr_all(t) * sizeof(*m->cells));
	memset(m->seen, 0, nr_all(t) * sizeof(*m->seen));
	t->control->matrix_cells = 0;
}

int matrix_read(struct tracer *t, struct tracer_snapshot *s)
{
	struct matrix *m = t->matrix;
	uint32_t nr;
	int ret = 0;

	_Static_assert(MATRIX_NR_BUCKETS == TRACER_PAIR_BUCKETS && MATRIX_K == TRACER_PAIR_K,
		       "as tracer.h has them");
	if (!m)
		return 0;
	nr = __atomic_load_n(&t->control->matrix_cells, __ATOMIC_ACQUIRE);
	for (uint32_t i = 0; !ret && i < nr && i < m->nr_cells; i++) {
		struct tracer_pair p;
		uint32_t group;

		/* Pairs with the full barrier in matrix_cell_of(), matrix.bpf.h. */
		if (!__atomic_load_n(&m->cells[i].made, __ATOMIC_ACQUIRE))
			continue;
		group = m->cells[i].group;
		if (group < s->nr_groups && take_pair(&m->cells[i], &m->seen[i], &p))
			ret = add_pair(&s->group[group], &p);
	}
	for (uint32_t g = 0; !ret && g < s->nr_groups; g++) {
		struct tracer_group_data *data = &s->group[g];
		uint64_t *seen = &m->seen[m->nr_cells + g].bucket[0],
			 now = __atomic_load_n(&m->cells[m->nr_cells + g].bucket[0],
					       __ATOMIC_RELAXED);

		data->other_pairs = now - *seen;
		*seen = now;
		if (data->nr_pairs)
			qsort(data->pair, data->nr_pairs, sizeof(*data->pair), by_cpus);
	}
	if (!ret && !t->enabled)
		begin_anew(t);
	return ret;
}
