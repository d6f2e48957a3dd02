// SPDX-License-Identifier: GPL-2.0-only
/* What a report owns: its strings and arrays, from the first record to the end. */
#include "lib/report/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/singles.h"

const char *const report_phase_name[REPORT_NR_PHASES] = {
	[PHASE_END_TO_END] = "end_to_end",
	[PHASE_CALL] = "call",
	[PHASE_WAKE] = "wake",
	[PHASE_RUNQ] = "runq",
	[PHASE_PREMIG] = "premig",
	[PHASE_RESUME] = "resume",
	[PHASE_UNATTRIBUTED] = "unattributed",
	[PHASE_WOKEN] = "woken",
};

/* All strings together. Names and reasons are short; a hostile file may hold any number of long ones. */
#define MAX_KEPT_TEXT (64u << 20)

struct report_private {
	char **string;
	size_t nr, room;
	size_t bytes;
	bool full; /* one was refused */
};

bool build_grow(void **array, size_t nr, size_t *room, size_t size)
{
	size_t wanted = *room ? 2 * *room : 8;
	void *moved;

	if (nr < *room)
		return true;
	moved = reallocarray(*array, wanted, size);
	if (!moved)
		return false;
	*array = moved;
	*room = wanted;
	return true;
}

const char *report_keep(struct report *r, const char *s)
{
	struct report_private *p = r->private;
	size_t size = strlen(s) + 1;
	char *copy;

	/* The pointer to it counts as well. */
	p->full |= size + sizeof(copy) > MAX_KEPT_TEXT - p->bytes;
	if (p->full || !build_grow((void **)&p->string, p->nr, &p->room, sizeof(*p->string)))
		return NULL;
	copy = malloc(size);
	if (!copy)
		return NULL;
	memcpy(copy, s, size);
	p->string[p->nr++] = copy;
	p->bytes += size + sizeof(copy);
	return copy;
}

bool report_is_full(const struct report *r)
{
	return r->private->full;
}

bool build_keep(struct build *b, const char **text)
{
	if (*text)
		*text = report_keep(b->report, *text);
	else
		return true;
	return *text;
}

bool report_keep_latest(struct report *r, const char **at, const char *s)
{
	if (*at && !strcmp(*at, s))
		return true;
	*at = report_keep(r, s);
	return *at;
}

struct report *report_new(void)
{
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->private = calloc(1, sizeof(*r->private));
	if (r->private)
		return r;
	free(r);
	return NULL;
}

int build_add_count(struct report *r, struct record_count **list, size_t *nr, const char *name,
		    uint64_t value)
{
	struct record_count *grown;

	for (size_t i = 0; i < *nr; i++) {
		if (strcmp((*list)[i].name, name))
			continue;
		(*list)[i].value = report_sum((*list)[i].value, value);
		return 0;
	}
	if (*nr == MAX_NAMES)
		return -E2BIG;
	grown = reallocarray(*list, *nr + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[*nr] = (struct record_count){ .name = report_keep(r, name), .value = value };
	return grown[(*nr)++].name ? 0 : -ENOMEM;
}

int build_add_number(struct report *r, struct record_number **list, size_t *nr, const char *name,
		     double value)
{
	struct record_number *grown;

	for (size_t i = 0; i < *nr; i++) {
		if (strcmp((*list)[i].name, name))
			continue;
		(*list)[i].value += value;
		return 0;
	}
	if (*nr == MAX_NAMES)
		return -E2BIG;
	grown = reallocarray(*list, *nr + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[*nr] = (struct record_number){ .name = report_keep(r, name), .value = value };
	return grown[(*nr)++].name ? 0 : -ENOMEM;
}

static void report_parts_free(struct report_result *r)
{
	for (size_t i = 0; i < r->nr_parts; i++) {
		free(r->part[i].buckets);
		free(r->part[i].pass);
	}
	free(r->part);
}

static void report_metric_free(struct report_metric *m)
{
	free(m->hist);
	sparse_free(m->sparse);
}

static void report_worst_free(struct report_worst *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->nr; i++)
		free(w->event[i].frame);
	free(w->in_the_way);
	free(w);
}

static void report_matrix_free(struct report_matrix *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nr; i++)
		sparse_free(m->cell[i].sparse);
	free(m->cell);
	free(m);
}

static void report_trace_free(struct report_trace *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->nr_worst; i++)
		free(t->worst[i].frame);
	for (size_t i = 0; i < t->nr_intervals; i++)
		coarse_free(&t->interval[i].coarse);
	free(t->interval);
	free(t->in_the_way);
	free(t);
}

void report_result_free(struct report_result *r)
{
	free(r->hist);
	free(r->traced);
	free(r->counter);
	free(r->loss);
	for (size_t i = 0; i < r->nr_metrics; i++)
		report_metric_free(&r->metric[i]);
	free(r->metric);
	if (r->bands)
		free(r->bands->row);
	free(r->bands);
	report_matrix_free(r->matrix);
	free(r->block_p50);
	free(r->block_p99);
	free(r->rising);
	report_parts_free(r);
}

static void run_free(struct report_run *r)
{
	json_decref(r->header_record);
	json_decref(r->environment.all);
	json_decref(r->selftest_record);
	free(r->selftest);
	free(r->tracing.loss);
	free(r->tracing.counter);
	free(r->tracing.program);
}

void report_free(struct report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nr_runs; i++)
		run_free(&r->run[i]);
	for (size_t i = 0; i < r->nr_results; i++)
		report_result_free(&r->result[i]);
	for (size_t i = 0; i < r->nr_questions; i++) {
		free(r->question[i].skipped);
		free(r->question[i].stretch);
		report_trace_free(r->question[i].trace);
		report_worst_free(r->question[i].worst);
	}
	for (size_t i = 0; r->private && i < r->private->nr; i++)
		free(r->private->string[i]);
	if (r->private)
		free(r->private->string);
	free(r->private);
	free(r->question);
	free(r->result);
	free(r->comparison);
	free(r->run);
	free(r->drop);
	singles_free(r->singles);
	free(r);
}

static void build_result_free(struct build_result *b)
{
	free(b->p50.pending);
	free(b->p50.value);
	free(b->p99.pending);
	free(b->p99.value);
	free(b->passes.value);
	report_result_free(&b->r);
}

void build_free(struct build *b)
{
	for (size_t i = 0; i < b->nr; i++) {
		struct build_question *q = &b->question[i];

		for (size_t j = 0; j < q->nr; j++)
			build_result_free(&q->result[j]);
		free(q->q.skipped);
		report_trace_free(q->q.trace);
		report_worst_free(q->q.worst);
		free(q->trace);
		free(q->bucket);
		free(q->result);
		free(q->noise);
	}
	for (size_t i = 0; i < b->nr_runs; i++) {
		run_free(&b->run[i].r);
		free(b->run[i].announced);
	}
	free(b->question);
	free(b->run);
	free(b);
}
