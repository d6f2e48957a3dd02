// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/wakeup_shared.h"

/* A snapshot is of one kind. */
_Static_assert(TRACER_MAX_METRICS <= RECORD_MAX_METRICS, "a subject's metrics are one record");

static struct record_trace trace_of(const struct tracer_snapshot *s,
				    const struct record_trace *about)
{
	return (struct record_trace){ .question = about->question,
				      .kind = about->kind,
				      .subject = about->subject,
				      .main_metric = about->main_metric,
				      .start_ns = s->start_ns,
				      .end_ns = s->end_ns };
}

static bool has_values(const struct hist *h)
{
	return h && h->count;
}

/* The first of the kind's main metrics that this subject has, unless the caller said which. */
static void choose_main_metric(struct record_trace *t, uint32_t metric)
{
	const char *name;

	for (uint32_t n = 0; !t->main_metric; n++) {
		name = tracer_main_metric(metric / TRACER_MAX_METRICS, n);
		if (!name)
			return;
		for (size_t i = 0; i < t->nr_metrics; i++)
			if (!strcmp(t->metric[i].name, name))
				t->main_metric = name;
	}
}

/* ---- wakes ----------------------------------------------------------------------------------- */

/* The whole first, then its parts, as records have them. */
static const enum wakeup_metric band_sums[] = { METRIC_END_TO_END,  METRIC_CALL,   METRIC_WAKE,
						METRIC_RUNQ,	    METRIC_PREMIG, METRIC_RESUME,
						METRIC_UNATTRIBUTED };
#define NR_SUMS (sizeof(band_sums) / sizeof(band_sums[0]))

/* Rows into @rows, which has room for all of a group. */
static void put_bands(struct record_trace *t, const struct tracer_group_data *g,
		      struct record_band *rows)
{
	struct record_bands *b = &t->bands;

	_Static_assert(NR_SUMS == TRACER_NR_BAND_SUMS && NR_SUMS <= RECORD_MAX_SUMS, "each once");
	*b = (struct record_bands){ .k = TRACER_BANDS_K, .nr_sums = NR_SUMS, .band = rows };
	for (size_t i = 0; i < NR_SUMS; i++)
		b->sum[i] = tracer_metric_name(TRACER_FIRST_METRIC(TRACER_WAKEUP) + band_sums[i]);
	for (; b->nr < g->nr_bands; b->nr++) {
		const struct tracer_band *band = &g->band[b->nr];

		rows[b->nr] = (struct record_band){ .index = band->index, .count = band->count };
		for (size_t i = 0; i < NR_SUMS; i++)
			rows[b->nr].sum[i] = band->sum[band_sums[i]];
	}
}

static void take_pair(const void *arg, size_t i, uint64_t *waker_cpu, uint64_t *cpu, struct hist *h)
{
	const struct tracer_group_data *g = arg;
	const struct tracer_pair *p = &g->pair[i];

	*waker_cpu = p->waker_cpu;
	*cpu = p->cpu;
	hist_init(h, TRACER_PAIR_K);
	h->count = p->count;
	h->sum = p->sum;
	h->min = p->min;
	h->max = p->max;
	h->overflow = p->overflow;
	memcpy(h->bucket, p->bucket, sizeof(p->bucket));
}

static void put_matrix(struct record_trace *t, const struct tracer_group_data *g)
{
	if (!g->nr_pairs && !g->other_pairs)
		return;
	t->matrix = (struct record_matrix){
		.metric = tracer_metric_name(TRACER_FIRST_METRIC(TRACER_WAKEUP) + METRIC_WOKEN),
		.nr = g->nr_pairs,
		.others = g->other_pairs,
		.cell = take_pair,
		.arg = g
	};
}

/* What stands beside the histograms of @group, and the record with it. */
static int write_trace(struct record_writer *w, struct record_trace *t,
		       const struct tracer_group_data *g)
{
	struct record_band *rows = NULL;
	int ret;

	put_matrix(t, g);
	if (g->nr_bands) {
		rows = calloc(g->nr_bands, sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		put_bands(t, g, rows);
	}
	ret = record_write_trace(w, t);
	free(rows);
	return ret;
}

/* ---- groups ---------------------------------------------------------------------------------- */

int snapshot_write_group(struct record_writer *w, const struct tracer_snapshot *s, uint32_t group,
			 const struct record_trace *about)
{
	struct record_trace t = trace_of(s, about);
	uint32_t last = 0;

	for (uint32_t m = 0; m < NR_METRICS; m++) {
		/* Not a subject's: those are written by the next function. */
		const struct hist *h = tracer_snapshot_hist(s, group, m, NULL);

		if (!has_values(h))
			continue;
		t.metric[t.nr_metrics++] = (struct record_metric){ tracer_metric_name(m), h };
		last = m;
	}
	choose_main_metric(&t, last);
	return t.nr_metrics ? write_trace(w, &t, &s->group[group]) : 0;
}

/* ---- subjects -------------------------------------------------------------------------------- */

/* Groups of one name, in their order: a list from each first one on. */
struct chain {
	const char *name;
	uint32_t group;
	struct chain *next; /* of the same name */
	bool first;
};

static int compare_names(const void *a, const void *b)
{
	const struct chain *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);

	if (order)
		return order;
	return (*x)->group < (*y)->group ? -1 : 1;
}

/* One per group of @s; NULL: no memory. */
static struct chain *chains_make(const struct tracer_snapshot *s)
{
	struct chain *chain = calloc(s->nr_groups + 1, sizeof(*chain));
	struct chain **sorted = calloc(s->nr_groups + 1, sizeof(struct chain *));

	for (uint32_t g = 0; chain && sorted && g < s->nr_groups; g++) {
		chain[g] = (struct chain){ .name = s->group[g].name, .group = g, .first = true };
		sorted[g] = &chain[g];
	}
	if (chain && sorted) {
		qsort(sorted, s->nr_groups, sizeof(struct chain *), compare_names);
		for (uint32_t i = 1; i < s->nr_groups; i++) {
			if (strcmp(sorted[i - 1]->name, sorted[i]->name))
				continue;
			sorted[i - 1]->next = sorted[i];
			sorted[i]->first = false;
		}
	} else {
		free(chain);
		chain = NULL;
	}
	free(sorted);
	return chain;
}

/* One metric of a subject: the sum over the groups of its name, and room for one more. */
struct sum {
	struct hist sum, one;
};

/* NULL: no group of the name has values */
static const struct hist *metric_of(const struct tracer_snapshot *s, const struct chain *c,
				    uint32_t m, struct sum *room, int *ret)
{
	const struct hist *only = NULL;
	struct hist *sum = &room->sum;

	for (; c; c = c->next) {
		const struct hist *h =
			tracer_snapshot_hist(s, c->group, m, only ? &room->one : sum);

		if (!has_values(h))
			continue;
		if (!only) {
			only = h;
			continue;
		}
		if (only != sum)
			*sum = *only;
		only = sum;
		*ret = hist_merge(sum, h);
		if (*ret)
			return NULL;
	}
	return only;
}

static int write_subject(struct record_writer *w, const struct tracer_snapshot *s,
			 const struct chain *c, struct sum *sums, bool also_empty,
			 const struct record_trace *about)
{
	struct record_trace t = trace_of(s, about);
	uint32_t last = 0;
	int ret = 0;

	t.subject = c->name;
	for (uint32_t i = 0; i < TRACER_MAX_METRICS && !ret; i++) {
		uint32_t m = s->first_metric + i;
		const struct hist *h = metric_of(s, c, m, &sums[i], &ret);

		if (!h)
			continue;
		t.metric[t.nr_metrics++] = (struct record_metric){ tracer_metric_name(m), h };
		last = m;
	}
	choose_main_metric(&t, last);
	if (ret || (!t.nr_metrics && !also_empty))
		return ret;
	return write_trace(w, &t, &s->group[c->group]);
}

int snapshot_write_subjects(struct record_writer *w, const struct tracer_snapshot *s,
			    enum tracer_group by, const struct record_trace *about)
{
	struct sum *sums = calloc(TRACER_MAX_METRICS, sizeof(*sums));
	struct chain *chain = chains_make(s);
	int ret = sums && chain ? 0 : -ENOMEM;

	for (uint32_t g = 0; !ret && g < s->nr_groups; g++)
		if (chain[g].first)
			ret = write_subject(w, s, &chain[g], sums, by == TRACER_GROUP_ALL, about);
	free(chain);
	free(sums);
	return ret;
}

/* ---- losses ---------------------------------------------------------------------------------- */

int snapshot_write_losses(struct record_writer *w, const struct tracer_snapshot *s,
			  const char *question)
{
	/* A kernel that keeps no run times says 0, which is not known rather than nothing. */
	struct record_losses l = { .question = question,
				   .start_ns = s->start_ns,
				   .end_ns = s->end_ns,
				   .events = s->events,
				   .cpu_ns = s->cpu_ns,
				   .has_bpf_ns = s->bpf_ns,
				   .bpf_ns = s->bpf_ns };

	if (s->nr_counters > RECORD_MAX_NUMBERS)
		return -E2BIG;
	for (uint32_t i = 0; i < s->nr_counters; i++) {
		struct record_count c = { s->counter[i].name, s->counter[i].value };

		if (s->counter[i].loss)
			l.loss[l.nr_losses++] = c;
		else
			l.counter[l.nr_counters++] = c;
	}
	return record_write_losses(w, &l);
}
