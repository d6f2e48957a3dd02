// SPDX-License-Identifier: GPL-2.0-only
/*
 * The events of one thread on its track, in order of time: its waits and parks with their parts, the
 * works that it executed, and between them the moments when it woke others, queued works or asked for
 * parks. What comes within a work is drawn within its slice. What overlaps another, which clocks of two
 * CPUs can make of neighbours, has a track beside it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/perfetto.h"

/* ---- what an event says ---------------------------------------------------------------------- */

static void cpu(struct perfetto *w, enum perfetto_annotation name, uint32_t value)
{
	if (value != SINGLE_NO_CPU)
		perfetto_count(w, name, value);
}

/* "stream, slow" */
static void whys(struct perfetto *w, const struct single *e)
{
	char text[64] = "";

	for (int i = 0; i < NR_RECORD_WHYS; i++) {
		if (!(e->whys >> i & 1))
			continue;
		if (*text)
			strcat(text, ", ");
		strcat(text, record_why_name((enum record_why)i));
	}
	perfetto_text(w, ANNOTATION_recorded, text);
}

static void behind(struct perfetto *w, const struct single_detail *d)
{
	size_t list, one;

	if (!d->nr_behind)
		return;
	list = proto_begin(&w->p, EVENT_ANNOTATION);
	proto_number(&w->p, ANNOTATION_NAME_IID, ANNOTATION_ran_meanwhile);
	for (size_t i = 0; i < d->nr_behind; i++) {
		const struct single_behind *b = &d->behind[i];

		one = proto_begin(&w->p, ANNOTATION_ELEMENT);
		perfetto_member_text(w, ANNOTATION_comm, w->s->text[b->comm]);
		perfetto_member(w, ANNOTATION_tid, b->tid);
		perfetto_member(w, ANNOTATION_ns, b->ns);
		proto_end(&w->p, one);
	}
	proto_end(&w->p, list);
	perfetto_count(w, ANNOTATION_others_ns, d->other_ns);
}

static void stack(struct perfetto *w, const struct single_detail *d)
{
	size_t list, one;

	if (!d->nr_kernel && !d->nr_user)
		return;
	list = proto_begin(&w->p, EVENT_ANNOTATION);
	proto_number(&w->p, ANNOTATION_NAME_IID, ANNOTATION_stack);
	for (size_t i = 0; i < d->nr_kernel + d->nr_user; i++) {
		one = proto_begin(&w->p, ANNOTATION_ELEMENT);
		proto_text(&w->p, ANNOTATION_TEXT, w->s->text[d->frame[i]]);
		proto_end(&w->p, one);
	}
	proto_end(&w->p, list);
}

static void describe(struct perfetto *w, const struct single *e)
{
	const char *const *text = w->s->text;

	perfetto_count(w, ANNOTATION_ns, e->to_ns - e->slice_ns);
	if (e->function) {
		perfetto_text(w, ANNOTATION_counted_as, text[e->population]);
		perfetto_count(w, ANNOTATION_delay_ns, e->slice_ns - e->from_ns);
	}
	perfetto_text(w, ANNOTATION_question, text[e->question]);
	perfetto_text(w, ANNOTATION_arm, text[e->arm]);
	cpu(w, ANNOTATION_cpu_before, e->cpu_before);
	cpu(w, ANNOTATION_cpu_queued, e->cpu_queued);
	cpu(w, ANNOTATION_cpu, e->cpu);
	if (e->migrations)
		perfetto_count(w, ANNOTATION_migrations, e->migrations);
	if (e->has_waker) {
		perfetto_text(w, ANNOTATION_waker, text[e->waker]);
		perfetto_count(w, ANNOTATION_waker_tid, e->waker_tid);
		cpu(w, ANNOTATION_waker_cpu, e->waker_cpu);
		perfetto_text(w, ANNOTATION_context, text[e->context]);
	}
	if (e->detail) {
		behind(w, e->detail);
		stack(w, e->detail);
	}
	whys(w, e);
}

/* What it did that began @e, and to whom. */
static void write_call(struct perfetto *w, const struct single *e)
{
	const char *comm = w->s->text[e->comm] ? w->s->text[e->comm] : "?";

	if (e->function)
		proto_joined(&w->p, EVENT_NAME, "queues ", w->s->text[e->function]);
	else
		proto_joined(&w->p, EVENT_NAME, perfetto_is_park(w, e) ? "parks " : "wakes ", comm);
}

void perfetto_write_mark(struct perfetto *w, const struct perfetto_mark *m, uint64_t track)
{
	const struct single *e = &w->s->single[m->single];
	const char *comm = w->s->text[e->comm] ? w->s->text[e->comm] : "?";

	perfetto_event(w, m->ns, PERFETTO_INSTANT, track);
	proto_number(&w->p, EVENT_CATEGORY_IID, e->kind);
	if (m->runs)
		proto_joined(&w->p, EVENT_NAME, "runs ", comm);
	else
		write_call(w, e);
	perfetto_count(w, ANNOTATION_tid, e->tid);
	if (!m->runs) {
		perfetto_text(w, ANNOTATION_context, w->s->text[e->context]);
		proto_fixed64(&w->p, EVENT_FLOW, m->single + 1);
	}
	perfetto_done(w);
}

/* ---- a slice with its parts ------------------------------------------------------------------ */

/* So many works within each other. */
#define MAX_DEPTH 8

/* Works that go on: when each ends, the outermost first. */
struct nest {
	uint64_t end_ns[MAX_DEPTH];
	size_t depth;
};

/* Where it is written, and the marks that come before what is written next. */
struct track {
	struct perfetto *w;
	uint64_t uuid;
	const struct perfetto_mark *mark;
	size_t nr;
	struct nest nest;
};

static void marks_before(struct track *t, uint64_t ns)
{
	for (; t->nr && t->mark->ns <= ns; t->mark++, t->nr--)
		perfetto_write_mark(t->w, t->mark, t->uuid);
}

static void begin(struct track *t, uint64_t ns, uint32_t kind, uint32_t name)
{
	marks_before(t, ns);
	perfetto_event(t->w, ns, PERFETTO_BEGIN, t->uuid);
	proto_number(&t->w->p, EVENT_CATEGORY_IID, kind);
	proto_number(&t->w->p, EVENT_NAME_IID, name);
}

static void end(struct track *t, uint64_t ns)
{
	marks_before(t, ns);
	perfetto_event(t->w, ns, PERFETTO_END, t->uuid);
	perfetto_done(t->w);
}

/* Those that have ended by @ns. */
static void end_works(struct track *t, uint64_t ns)
{
	while (t->nest.depth && t->nest.end_ns[t->nest.depth - 1] <= ns)
		end(t, t->nest.end_ns[--t->nest.depth]);
}

/* What part @name of an event is a part of itself; 0: not said */
static const char *part_of(const struct perfetto *w, const char *name)
{
	const struct report *r = w->r;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct record_layout *l =
			r->question[i].trace ? &r->question[i].trace->layout : NULL;

		for (size_t k = 0; l && k < l->nr_metrics; k++)
			if (!strcmp(l->metric[k].name, name))
				return l->metric[k].of;
	}
	/* A bench run has no layout; its phases are these. */
	return strcmp(name, report_phase_name[PHASE_PREMIG]) ? NULL : report_phase_name[PHASE_RUNQ];
}

static bool has_part(const struct perfetto *w, const struct single *e, const char *name)
{
	for (size_t i = 0; name && i < e->nr_phases; i++)
		if (!strcmp(w->s->text[w->s->phase[e->phase + i].name], name))
			return true;
	return false;
}

/* The parts of @whole (NULL: of the event), one after the other, and theirs; none ends after @to. */
static void parts(struct track *t, const struct single *e, const char *whole, uint64_t from,
		  uint64_t to, int depth)
{
	const struct singles *s = t->w->s;

	for (size_t i = 0; depth < RECORD_MAX_PHASES && i < e->nr_phases; i++) {
		const struct single_phase *p = &s->phase[e->phase + i];
		const char *name = s->text[p->name], *of = part_of(t->w, name);
		uint64_t until = p->ns < to - from ? from + p->ns : to;

		if (!has_part(t->w, e, of))
			of = NULL;
		if ((of != NULL) != (whole != NULL) || (of && strcmp(of, whole)))
			continue;
		begin(t, from, e->kind, p->name);
		perfetto_done(t->w);
		parts(t, e, name, from, until, depth + 1);
		end(t, until);
		from = until;
	}
}

static void slice(struct track *t, const struct single *e)
{
	size_t number = (size_t)(e - t->w->s->single);

	end_works(t, e->slice_ns);
	begin(t, e->slice_ns, e->kind, perfetto_name(t->w, e));
	describe(t->w, e);
	if (perfetto_has_call(t->w, e))
		proto_fixed64(&t->w->p, EVENT_LAST_OF_FLOW, number + 1);
	perfetto_done(t->w);
	/* Of a work it shows one part, how long it ran; others may come within. */
	if (e->function) {
		t->nest.end_ns[t->nest.depth++] = e->to_ns;
		return;
	}
	parts(t, e, NULL, e->from_ns, e->to_ns, 0);
	end(t, e->to_ns);
}

/* ---- a thread -------------------------------------------------------------------------------- */

/* What is still left over after as many tracks is at one moment each: nothing is left out. */
#define MAX_LANES 8

static void instant(struct track *t, const struct single *e)
{
	perfetto_event(t->w, e->slice_ns, PERFETTO_INSTANT, t->uuid);
	proto_number(&t->w->p, EVENT_CATEGORY_IID, e->kind);
	proto_number(&t->w->p, EVENT_NAME_IID, perfetto_name(t->w, e));
	describe(t->w, e);
	if (perfetto_has_call(t->w, e))
		proto_fixed64(&t->w->p, EVENT_LAST_OF_FLOW, (size_t)(e - t->w->s->single) + 1);
	perfetto_done(t->w);
}

/* A track as it fills: what goes on there, and when the last one that is not a work is over. */
struct lane {
	struct nest nest;
	uint64_t until_ns;
};

/* Is there room for @e, after what has ended, or within a work? */
static bool has_room(struct lane *l, const struct single *e)
{
	struct nest *n = &l->nest;

	while (n->depth && n->end_ns[n->depth - 1] <= e->slice_ns)
		n->depth--;
	return l->until_ns <= e->slice_ns &&
	       (!n->depth || (n->end_ns[n->depth - 1] >= e->to_ns && n->depth < MAX_DEPTH));
}

static void take_room(struct lane *l, const struct single *e)
{
	if (e->function)
		l->nest.end_ns[l->nest.depth++] = e->to_ns;
	else
		l->until_ns = e->to_ns;
}

/* The number of each one's lane, the thread's own being 0; they are in order of time. */
static int choose_lanes(const struct single *e, size_t nr, uint8_t *lane)
{
	struct lane lanes[MAX_LANES] = { 0 };
	int most = 0;

	for (size_t i = 0; i < nr; i++) {
		int at = 0;

		while (at < MAX_LANES && !has_room(&lanes[at], &e[i]))
			at++;
		if (at < MAX_LANES)
			take_room(&lanes[at], &e[i]);
		if (at > most)
			most = at;
		lane[i] = (uint8_t)at;
	}
	return most;
}

int perfetto_write_thread(struct perfetto *w, uint32_t tid, size_t first, size_t end_of,
			  const struct perfetto_mark *mark, size_t nr)
{
	const struct single *e = &w->s->single[first];
	uint64_t own = perfetto_uuid(TRACK_OF_THREAD, tid);
	struct track t = { .w = w, .uuid = own, .mark = mark, .nr = nr };
	uint8_t *lane = calloc(end_of - first + 1, sizeof(*lane));
	int most;

	if (!lane)
		return -ENOMEM;
	most = choose_lanes(e, end_of - first, lane);
	for (int at = 0; at <= most; at++) {
		if (at) {
			t.uuid = perfetto_uuid(TRACK_OF_LANE, ++w->nr_lanes);
			perfetto_track(w, t.uuid, own,
				       at < MAX_LANES ? "at the same time" : "more");
		}
		for (size_t i = 0; i < end_of - first; i++) {
			if (lane[i] != at)
				continue;
			if (at < MAX_LANES)
				slice(&t, &e[i]);
			else
				instant(&t, &e[i]);
		}
		end_works(&t, UINT64_MAX);
		marks_before(&t, UINT64_MAX);
	}
	free(lane);
	return 0;
}
