// SPDX-License-Identifier: GPL-2.0-only
/* The longest waits of a trace, or of the traced blocks of a question, and who was in their way. */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/singles.h"

/* Where those of a trace, or of a question, are kept. */
struct worst {
	size_t *nr;
	struct report_event *event; /* REPORT_NR_WORST of them */
	size_t *nr_in_the_way, *room;
	struct report_in_the_way **in_the_way;
	uint64_t *in_the_way_ns;
};

static struct worst worst_of_trace(struct build_question *q)
{
	struct report_trace *t = q->q.trace;

	return (struct worst){ .nr = &t->nr_worst,
			       .event = t->worst,
			       .nr_in_the_way = &t->nr_in_the_way,
			       .room = &q->room_in_the_way,
			       .in_the_way = &t->in_the_way,
			       .in_the_way_ns = &t->in_the_way_ns };
}

static struct worst worst_of_question(struct build_question *q)
{
	struct report_worst *w = q->q.worst;

	return (struct worst){ .nr = &w->nr,
			       .event = w->event,
			       .nr_in_the_way = &w->nr_in_the_way,
			       .room = &q->room_in_the_way,
			       .in_the_way = &w->in_the_way,
			       .in_the_way_ns = &w->in_the_way_ns };
}

/* ---- who was in the way ---------------------------------------------------------------------- */

static int add_in_the_way(struct build *b, const struct worst *w, const char *comm, uint64_t ns)
{
	struct report_in_the_way *way = *w->in_the_way;

	for (size_t i = 0; i < *w->nr_in_the_way; i++) {
		if (strcmp(way[i].comm, comm))
			continue;
		way[i].ns = report_sum(way[i].ns, ns);
		return 0;
	}
	/* The rest of in_the_way_ns is that of others. */
	if (*w->nr_in_the_way == MAX_NAMES)
		return 0;
	if (!build_grow((void **)w->in_the_way, *w->nr_in_the_way, w->room, sizeof(*way)))
		return -ENOMEM;
	way = *w->in_the_way + *w->nr_in_the_way;
	*way = (struct report_in_the_way){ report_keep(b->report, comm), ns };
	*w->nr_in_the_way += way->comm != NULL;
	return way->comm ? 0 : -ENOMEM;
}

static int take_behind(struct build *b, const struct worst *w, const struct record_event *e)
{
	int ret = 0;

	*w->in_the_way_ns = report_sum(*w->in_the_way_ns, e->other_ns);
	for (size_t i = 0; !ret && i < e->nr_behind; i++) {
		const struct record_behind *by = &e->behind[i];

		*w->in_the_way_ns = report_sum(*w->in_the_way_ns, by->ns);
		if (!by->task.tid || by->task.comm)
			ret = add_in_the_way(b, w, by->task.tid ? by->task.comm : "an idle CPU",
					     by->ns);
	}
	return ret;
}

static int by_ns(const void *a, const void *b)
{
	const struct report_in_the_way *x = a, *y = b;

	return (x->ns < y->ns) - (x->ns > y->ns);
}

void build_finish_worst(struct report_in_the_way *way, size_t nr)
{
	if (nr)
		qsort(way, nr, sizeof(*way), by_ns);
}

/* ---- the longest ----------------------------------------------------------------------------- */

static const char **keep_frames(struct build *b, const struct record_event *e)
{
	size_t nr = e->kernel.nr + e->user.nr;
	const char **frame = calloc(nr + 1, sizeof(*frame));

	for (size_t i = 0; frame && i < nr; i++) {
		frame[i] =
			report_keep(b->report, i < e->kernel.nr ? e->kernel.frame[i]
								: e->user.frame[i - e->kernel.nr]);
		if (!frame[i]) {
			free(frame);
			return NULL;
		}
	}
	return frame;
}

static void keep_phases(struct report_event *to, const struct record_event *e)
{
	for (size_t i = 0; i < e->nr_phases; i++)
		for (size_t p = 0; p < REPORT_NR_SUMS; p++)
			if (!strcmp(e->phase[i].name, report_phase_name[p]))
				to->phase[p] = (double)e->phase[i].value;
}

static bool keep_event(struct build *b, struct report_event *to, const struct record_event *e)
{
	*to = (struct report_event){
		.arm = e->subject,
		.population = e->population,
		.comm = e->task.comm,
		.time_ns = e->time_ns,
		.ns = e->ns,
		.tgid = e->task.tgid,
		.tid = e->task.tid,
		.cpu_before = e->cpu_before,
		.cpu_queued = e->cpu_queued,
		.cpu = e->cpu,
		.migrations = e->migrations,
		.has_waker = e->has_waker,
		.waker = e->waker.task.comm,
		.context = e->waker.context,
		.waker_tid = e->waker.task.tid,
		.waker_cpu = e->has_waker ? e->waker.cpu : RECORD_NO_CPU,
		.nr_behind = e->nr_behind,
		.other_ns = e->other_ns,
		.nr_kernel = e->kernel.nr,
		.nr_user = e->user.nr,
	};
	for (size_t p = 0; p < REPORT_NR_SUMS; p++)
		to->phase[p] = NAN;
	keep_phases(to, e);
	if (!build_keep(b, &to->arm) || !build_keep(b, &to->population) ||
	    !build_keep(b, &to->comm) || !build_keep(b, &to->waker) || !build_keep(b, &to->context))
		return false;
	for (size_t i = 0; i < e->nr_behind; i++) {
		const struct record_behind *by = &e->behind[i];

		to->behind[i] = (struct report_behind){ by->task.comm, by->task.tid, by->ns };
		if (!build_keep(b, &to->behind[i].comm))
			return false;
	}
	to->frame = keep_frames(b, e);
	return to->frame;
}

/* Longest first. */
static int take_worst(struct build *b, const struct worst *w, const struct record_event *e)
{
	struct report_event made;
	size_t at = *w->nr;

	while (at && w->event[at - 1].ns < e->ns)
		at--;
	if (at == REPORT_NR_WORST)
		return 0;
	if (!keep_event(b, &made, e))
		return -ENOMEM;
	if (*w->nr == REPORT_NR_WORST)
		free(w->event[--*w->nr].frame);
	memmove(&w->event[at + 1], &w->event[at], (*w->nr - at) * sizeof(made));
	w->event[at] = made;
	++*w->nr;
	return 0;
}

static int take_event(struct build *b, const struct worst *w, const struct record_event *e)
{
	int ret = take_behind(b, w, e);

	return ret ? ret : take_worst(b, w, e);
}

/* Of the traced blocks of a question. */
static int take_of_question(struct build *b, const struct record_event *e)
{
	struct build_question *q = build_question_of(b, e->question, false);
	struct worst w;

	if (!q)
		return build_lost_question(b, e->question);
	if (e->why != RECORD_WORST)
		return 0;
	if (!q->q.worst)
		q->q.worst = calloc(1, sizeof(*q->q.worst));
	if (!q->q.worst)
		return -ENOMEM;
	w = worst_of_question(q);
	return take_event(b, &w, e);
}

int build_take_event(struct build *b, const json_t *record)
{
	struct record_event e;
	struct build_question *q;
	struct worst w;
	char why[160];

	if (record_read_event(record, &e, why, sizeof(why)))
		return build_drop(b, DROP_RECORD, e.question ? e.question : e.kind, NULL, why);
	if (b->report->singles && singles_add(b->report->singles, b->report, b->at,
					      b->run[b->at].r.environment.boot_id, &e))
		return -ENOMEM;
	if (e.question)
		return take_of_question(b, &e);
	q = build_kind(b, e.kind);
	if (!q && b->nr == MAX_QUESTIONS)
		return build_drop(b, DROP_QUESTION, e.kind, NULL, "more than 8192 questions");
	if (!q)
		return -ENOMEM;
	if (e.why != RECORD_WORST) {
		q->q.trace->nr_events++;
		return 0;
	}
	w = worst_of_trace(q);
	return take_event(b, &w, &e);
}
