// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms of subjects: cells of a hash table, taken and sorted by subject.
 *
 * The maps are mapped a window at a time: a map that is mapped whole counts as memory of this
 * process as well, with 10 000 subjects as much again as the maps themselves.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/slab.h"

#define WINDOW_BYTES	 (1U << 20)
#define LINES_PER_WINDOW (WINDOW_BYTES / sizeof(struct tracer_cell_line))
#define PAGES_PER_WINDOW (LINES_PER_WINDOW / TRACER_CELL_PAGE)
#define CELLS_PER_PAGE	 (TRACER_CELL_PAGE * TRACER_CELLS_PER_LINE)

/* Cells of one read, by group; within a group as they were found. */
struct tracer_cells {
	uint32_t nr_groups, nr_metrics;
	struct tracer_cell *cell;
	uint64_t *first;	  /* nr_groups + 1: where the cells of a group begin */
	struct tracer_head *head; /* by group and metric */
};

static uint32_t nr_lines(const struct tracer *t)
{
	return t->nr_cells / TRACER_CELLS_PER_LINE;
}

int cells_size(struct tracer *t)
{
	uint32_t groups = t->nr_groups;
	int ret;

	if (t->opts.group != TRACER_GROUP_SUBJECT)
		return 0;
	t->nr_cells = t->opts.max_cells ?: TRACER_DEFAULT_CELLS;
	if (t->nr_cells > CELLS_PER_PAGE * TRACER_CELL_PAGES)
		t->nr_cells = CELLS_PER_PAGE * TRACER_CELL_PAGES;
	if (t->nr_cells < 2 * TRACER_CELL_LINES_TRIED * TRACER_CELLS_PER_LINE)
		t->nr_cells = 2 * TRACER_CELL_LINES_TRIED * TRACER_CELLS_PER_LINE;
	t->settings->nr_cell_lines = nr_lines(t) - TRACER_CELL_LINES_TRIED + 1;
	ret = bpf_map__set_max_entries(bpf_object__find_map_by_name(t->obj, "cells"), nr_lines(t));
	ret = ret
		      ?: bpf_map__set_max_entries(bpf_object__find_map_by_name(t->obj, "heads"),
						  groups * t->nr_metrics);
	ret = ret
		      ?: bpf_map__set_max_entries(bpf_object__find_map_by_name(t->obj, "subjects"),
						  groups);
	return ret
		       ?: bpf_map__set_max_entries(bpf_object__find_map_by_name(t->obj, "groups"),
						   groups);
}

/* ---- taking ---------------------------------------------------------------------------------- */

static bool window_used(const struct tracer *t, uint32_t page)
{
	for (uint32_t p = page; p < page + PAGES_PER_WINDOW && p < TRACER_CELL_PAGES; p++)
		if (__atomic_load_n(&t->control->cell_page_used[p], __ATOMIC_RELAXED))
			return true;
	return false;
}

/* Cells that hold something, or with @c those that were there, at most @room of them, taken. */
static uint64_t walk_window(const struct tracer *t, const struct tracer_cells *c,
			    struct tracer_cell *at, size_t nr, uint32_t page,
			    struct tracer_cell *out, uint64_t room)
{
	uint64_t found = 0;

	for (size_t i = 0; i < nr; i++) {
		if (i % CELLS_PER_PAGE == 0 &&
		    !t->control->cell_page_used[page + i / CELLS_PER_PAGE]) {
			i += CELLS_PER_PAGE - 1;
			continue;
		}
		/* A subject that came after the read began: with the next one. */
		if (!__atomic_load_n(&at[i].count, __ATOMIC_RELAXED) ||
		    TRACER_CELL_GROUP(at[i].key) >= c->nr_groups)
			continue;
		if (out && found == room)
			break; /* of what came since they were counted: with the next read */
		if (out)
			out[found] = (struct tracer_cell){
				at[i].key, __atomic_exchange_n(&at[i].count, 0, __ATOMIC_ACQUIRE)
			};
		found++;
	}
	return found;
}

static int walk(const struct tracer *t, const struct tracer_cells *c, struct tracer_cell *out,
		uint64_t room, uint64_t *found)
{
	int fd = tracer_map_fd(t, "cells");

	*found = 0;
	for (uint32_t line = 0; line < nr_lines(t); line += LINES_PER_WINDOW) {
		size_t nr = nr_lines(t) - line < LINES_PER_WINDOW ? nr_lines(t) - line
								  : LINES_PER_WINDOW;
		size_t bytes = nr * sizeof(struct tracer_cell_line);
		uint32_t page = line / TRACER_CELL_PAGE;
		void *at;

		if (!window_used(t, page))
			continue;
		at = slab_window(fd, line * sizeof(struct tracer_cell_line), bytes);
		if (!at)
			return -errno;
		*found += walk_window(t, c, at, nr * TRACER_CELLS_PER_LINE, page,
				      out ? out + *found : NULL, room - *found);
		munmap(at, bytes);
	}
	return 0;
}

static int take_cells(const struct tracer *t, struct tracer_cells *c)
{
	uint64_t nr;
	int ret = walk(t, c, NULL, 0, &nr);

	if (ret)
		return ret;
	c->cell = calloc(nr ?: 1, sizeof(*c->cell));
	if (!c->cell)
		return -ENOMEM;
	ret = walk(t, c, c->cell, nr, &nr);
	c->first[c->nr_groups] = nr;
	return ret;
}

/* In place: each cell that is not where its group is goes there, and another one comes up. */
static int sort_by_group(struct tracer_cells *c)
{
	uint64_t nr = c->first[c->nr_groups], at = 0;
	uint64_t *next = calloc(c->nr_groups + 1, sizeof(*next));

	if (!next)
		return -ENOMEM;
	for (uint64_t i = 0; i < nr; i++)
		next[TRACER_CELL_GROUP(c->cell[i].key)]++;
	for (uint32_t g = 0; g < c->nr_groups; g++) {
		c->first[g] = at;
		at += next[g];
		next[g] = c->first[g];
	}
	for (uint32_t g = 0; g < c->nr_groups; g++)
		while (next[g] < c->first[g + 1]) {
			struct tracer_cell *here = &c->cell[next[g]], moved = *here;
			uint32_t home = TRACER_CELL_GROUP(moved.key);

			*here = c->cell[next[home]];
			c->cell[next[home]++] = moved;
		}
	free(next);
	return 0;
}

/* ---- what stands beside the buckets ---------------------------------------------------------- */

static void figures_of_group(const struct tracer_cells *c, uint32_t group, struct slab_figures *f)
{
	memset(f, 0, c->nr_metrics * sizeof(*f));
	for (uint64_t i = c->first[group]; i < c->first[group + 1]; i++) {
		uint32_t bucket = TRACER_CELL_BUCKET(c->cell[i].key);
		struct slab_figures *m = &f[TRACER_CELL_METRIC(c->cell[i].key)];

		if (!m->count || bucket < m->first)
			m->first = bucket;
		if (!m->count || bucket > m->last)
			m->last = bucket;
		m->count += c->cell[i].count;
		if (bucket == HIST_NR_BUCKETS_BPF - 1)
			m->in_last += c->cell[i].count;
	}
}

static void put_back_larger(uint64_t *at, uint64_t v)
{
	uint64_t old = __atomic_load_n(at, __ATOMIC_RELAXED);

	while (old < v &&
	       !__atomic_compare_exchange_n(at, &old, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static struct tracer_head take_head(struct tracer_head *from, struct slab_figures *f)
{
	struct slab_figures left = { 0 };

	f->sum = __atomic_exchange_n(&from->sum, 0, __ATOMIC_RELAXED);
	f->overflow = __atomic_exchange_n(&from->overflow, 0, __ATOMIC_RELAXED);
	f->extremes.max = __atomic_exchange_n(&from->extremes.max, 0, __ATOMIC_RELAXED);
	f->extremes.inv_min = __atomic_exchange_n(&from->extremes.inv_min, 0, __ATOMIC_RELAXED);
	slab_settle(f, HIST_K_BPF, &left);
	__atomic_fetch_add(&from->sum, left.sum, __ATOMIC_RELAXED);
	__atomic_fetch_add(&from->overflow, left.overflow, __ATOMIC_RELAXED);
	put_back_larger(&from->extremes.max, left.extremes.max);
	put_back_larger(&from->extremes.inv_min, left.extremes.inv_min);
	return (struct tracer_head){ f->extremes, f->sum, f->overflow };
}

static int take_heads(const struct tracer *t, struct tracer_cells *c)
{
	struct slab_figures f[TRACER_MAX_METRICS];
	uint32_t per_window = WINDOW_BYTES / sizeof(struct tracer_head) / c->nr_metrics;
	size_t row = c->nr_metrics * sizeof(struct tracer_head);
	int fd = tracer_map_fd(t, "heads");

	for (uint32_t group = 0; group < c->nr_groups; group += per_window) {
		uint32_t end =
			c->nr_groups - group < per_window ? c->nr_groups : group + per_window;
		/* A window begins with a page, so it may begin before the first group. */
		size_t from = group * row & ~((size_t)sysconf(_SC_PAGESIZE) - 1);
		char *at = slab_window(fd, from, end * row - from);

		if (!at)
			return -errno;
		for (uint32_t g = group; g < end; g++) {
			struct tracer_head *head = (struct tracer_head *)(at + g * row - from);

			if (c->first[g] == c->first[g + 1])
				continue;
			figures_of_group(c, g, f);
			for (uint32_t m = 0; m < c->nr_metrics; m++)
				if (f[m].count)
					c->head[g * c->nr_metrics + m] = take_head(&head[m], &f[m]);
		}
		munmap(at, end * row - from);
	}
	return 0;
}

int cells_read(struct tracer *t, struct tracer_snapshot *s)
{
	struct tracer_cells *c = calloc(1, sizeof(*c));
	int ret;

	if (!c)
		return -ENOMEM;
	s->cells = c;
	c->nr_groups = s->nr_groups;
	c->nr_metrics = t->nr_metrics;
	c->first = calloc(c->nr_groups + 1, sizeof(*c->first));
	c->head = calloc((size_t)c->nr_groups * c->nr_metrics + 1, sizeof(*c->head));
	if (!c->first || !c->head)
		return -ENOMEM;
	ret = take_cells(t, c);
	ret = ret ?: sort_by_group(c);
	return ret ?: take_heads(t, c);
}

void cells_free(struct tracer_cells *c)
{
	if (!c)
		return;
	free(c->cell);
	free(c->first);
	free(c->head);
	free(c);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool has_metric(const struct tracer_cells *c, uint32_t group, uint32_t metric)
{
	return group < c->nr_groups && metric < c->nr_metrics &&
	       c->first[group] < c->first[group + 1];
}

uint64_t cells_count(const struct tracer_cells *c, uint32_t group, uint32_t metric)
{
	uint64_t count = 0;

	if (!has_metric(c, group, metric))
		return 0;
	for (uint64_t i = c->first[group]; i < c->first[group + 1]; i++)
		if (TRACER_CELL_METRIC(c->cell[i].key) == metric)
			count += c->cell[i].count;
	return count;
}

uint64_t cells_sum(const struct tracer_cells *c, uint32_t group, uint32_t metric)
{
	return has_metric(c, group, metric) ? c->head[group * c->nr_metrics + metric].sum : 0;
}

bool cells_hist(const struct tracer_cells *c, uint32_t group, uint32_t metric, struct hist *h)
{
	const struct tracer_head *head;

	if (!cells_count(c, group, metric))
		return false;
	head = &c->head[group * c->nr_metrics + metric];
	hist_init(h, HIST_K_BPF);
	for (uint64_t i = c->first[group]; i < c->first[group + 1]; i++)
		if (TRACER_CELL_METRIC(c->cell[i].key) == metric) {
			h->bucket[TRACER_CELL_BUCKET(c->cell[i].key)] += c->cell[i].count;
			h->count += c->cell[i].count;
		}
	h->sum = head->sum;
	h->overflow = head->overflow;
	h->max = head->extremes.max;
	h->min = ~head->extremes.inv_min;
	return true;
}
