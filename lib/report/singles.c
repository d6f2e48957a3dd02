// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/singles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/build.h"

/* ---- texts ----------------------------------------------------------------------------------- */

static size_t place_of(const struct singles *s, const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ULL; /* FNV-1a */
	size_t at;

	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3ULL;
	at = (size_t)(hash ^ hash >> 32) & (s->nr_slots - 1);
	while (s->slot[at] && strcmp(s->text[s->slot[at]], text))
		at = (at + 1) & (s->nr_slots - 1);
	return at;
}

static bool more_slots(struct singles *s)
{
	size_t nr = s->nr_slots ? 2 * s->nr_slots : 256;
	uint32_t *slot = calloc(nr, sizeof(*slot));

	if (!slot)
		return false;
	free(s->slot);
	s->slot = slot;
	s->nr_slots = nr;
	for (uint32_t i = 1; i < s->nr_texts; i++)
		s->slot[place_of(s, s->text[i])] = i;
	return true;
}

/* The number of @text, 0 for NULL; false: no memory. */
static bool number_of(struct singles *s, struct report *r, const char *text, uint32_t *number)
{
	const char *kept;
	size_t at;

	*number = 0;
	if (!text)
		return true;
	if (2 * s->nr_texts >= s->nr_slots && !more_slots(s))
		return false;
	at = place_of(s, text);
	*number = s->slot[at];
	if (*number)
		return true;
	kept = report_keep(r, text);
	if (!kept || !build_grow((void **)&s->text, s->nr_texts, &s->room_texts, sizeof(*s->text)))
		return false;
	*number = s->slot[at] = (uint32_t)s->nr_texts;
	s->text[s->nr_texts++] = kept;
	return true;
}

/* ---- events ---------------------------------------------------------------------------------- */

struct singles *singles_new(void)
{
	struct singles *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	if (!build_grow((void **)&s->text, 0, &s->room_texts, sizeof(*s->text))) {
		free(s);
		return NULL;
	}
	s->text[s->nr_texts++] = NULL;
	return s;
}

static uint32_t cpu_of(uint64_t cpu)
{
	return cpu < SINGLE_NO_CPU ? (uint32_t)cpu : SINGLE_NO_CPU;
}

static bool keep_phases(struct singles *s, struct report *r, struct single *to,
			const struct record_event *e)
{
	to->phase = s->nr_phases;
	to->nr_phases = (uint8_t)e->nr_phases;
	for (size_t i = 0; i < e->nr_phases; i++) {
		struct single_phase *p;

		if (!build_grow((void **)&s->phase, s->nr_phases, &s->room_phases,
				sizeof(*s->phase)))
			return false;
		p = &s->phase[s->nr_phases++];
		p->ns = e->phase[i].value;
		if (!number_of(s, r, e->phase[i].name, &p->name))
			return false;
	}
	return true;
}

static void detail_free(struct single_detail *d)
{
	if (d)
		free(d->frame);
	free(d);
}

static bool fill_detail(struct singles *s, struct report *r, struct single_detail *d,
			const struct record_event *e)
{
	d->nr_behind = e->nr_behind;
	d->other_ns = e->other_ns;
	for (size_t i = 0; i < e->nr_behind; i++) {
		const struct record_behind *by = &e->behind[i];

		d->behind[i].ns = by->ns;
		d->behind[i].tid = (uint32_t)by->task.tid;
		if (!number_of(s, r, by->task.tid ? by->task.comm : "an idle CPU",
			       &d->behind[i].comm))
			return false;
	}
	d->frame = calloc(e->kernel.nr + e->user.nr + 1, sizeof(*d->frame));
	if (!d->frame)
		return false;
	d->nr_kernel = e->kernel.nr;
	d->nr_user = e->user.nr;
	for (size_t i = 0; i < e->kernel.nr + e->user.nr; i++)
		if (!number_of(s, r,
			       i < e->kernel.nr ? e->kernel.frame[i]
						: e->user.frame[i - e->kernel.nr],
			       &d->frame[i]))
			return false;
	return true;
}

static bool keep_detail(struct singles *s, struct report *r, struct single *to,
			const struct record_event *e)
{
	if (!e->has_behind && !e->has_stack)
		return true;
	to->detail = calloc(1, sizeof(*to->detail));
	if (to->detail && fill_detail(s, r, to->detail, e))
		return true;
	detail_free(to->detail);
	return false;
}

static bool keep_texts(struct singles *s, struct report *r, struct single *to,
		       const struct record_event *e)
{
	return number_of(s, r, e->kind, &to->kind) &&
	       number_of(s, r, e->population, &to->population) &&
	       number_of(s, r, e->function, &to->function) &&
	       number_of(s, r, e->task.comm, &to->comm) &&
	       number_of(s, r, e->question, &to->question) &&
	       number_of(s, r, e->subject, &to->arm) &&
	       number_of(s, r, e->has_waker ? e->waker.task.comm : NULL, &to->waker) &&
	       number_of(s, r, e->has_waker ? e->waker.context : NULL, &to->context);
}

/* Ids as kernels have them, and a time that fits: all else is not of a tracer. */
static bool is_odd(const struct record_event *e)
{
	const uint64_t most = INT32_MAX;

	return !e->task.tid || e->task.tid > most || e->task.tgid > most || e->ns > e->time_ns ||
	       e->time_ns > INT64_MAX ||
	       (e->has_waker && (e->waker.task.tid > most || e->waker.task.tgid > most));
}

/* A work waits in its worker's list, where others may wait at the same time, until it runs. */
static uint64_t slice_of(const struct record_event *e)
{
	for (size_t i = 0; e->function && i < e->nr_phases; i++)
		if (!strcmp(e->phase[i].name, "run") && e->phase[i].value <= e->ns)
			return e->time_ns - e->phase[i].value;
	return e->time_ns - e->ns;
}

/* Is run number @run the first one, or of the same boot? Then their times are of one clock. */
static bool is_of_this(const struct singles *s, size_t run, const char *boot)
{
	return run == s->run || (boot && *boot && s->boot && !strcmp(boot, s->boot));
}

int singles_add(struct singles *s, struct report *r, size_t run, const char *boot,
		const struct record_event *e)
{
	struct single *to;

	if (!s->begun) {
		s->run = run;
		s->boot = report_keep(r, boot ? boot : "");
	}
	s->begun = true;
	if (!is_of_this(s, run, boot)) {
		s->nr_foreign++;
		return 0;
	}
	if (is_odd(e)) {
		s->nr_odd++;
		return 0;
	}
	if (!build_grow((void **)&s->single, s->nr, &s->room, sizeof(*s->single)))
		return -ENOMEM;
	to = &s->single[s->nr];
	*to = (struct single){
		.from_ns = e->time_ns - e->ns,
		.to_ns = e->time_ns,
		.slice_ns = slice_of(e),
		.tgid = (uint32_t)(e->task.tgid ? e->task.tgid : e->task.tid),
		.tid = (uint32_t)e->task.tid,
		.cpu_before = cpu_of(e->cpu_before),
		.cpu_queued = cpu_of(e->cpu_queued),
		.cpu = cpu_of(e->cpu),
		.migrations = (uint32_t)e->migrations,
		.waker_tgid =
			(uint32_t)(e->waker.task.tgid ? e->waker.task.tgid : e->waker.task.tid),
		.waker_tid = (uint32_t)e->waker.task.tid,
		.waker_cpu = e->has_waker ? cpu_of(e->waker.cpu) : SINGLE_NO_CPU,
		.has_waker = e->has_waker,
		.whys = (uint8_t)(1u << e->why),
	};
	if (!keep_texts(s, r, to, e) || !keep_phases(s, r, to, e) || !keep_detail(s, r, to, e))
		return -ENOMEM;
	s->nr++;
	return 0;
}

/* ---- order ----------------------------------------------------------------------------------- */

static int difference(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Of equal times the longer one first: it holds the other. Then the one that says more. */
static int in_order(const void *a, const void *b)
{
	const struct single *x = a, *y = b;
	int d = difference(x->tid, y->tid);

	if (!d)
		d = difference(x->slice_ns, y->slice_ns);
	if (!d)
		d = difference(y->to_ns, x->to_ns);
	if (!d)
		d = difference(x->from_ns, y->from_ns);
	if (!d)
		d = difference(x->population, y->population);
	if (!d)
		d = (y->detail != NULL) - (x->detail != NULL);
	return d ? d : difference(x->phase, y->phase);
}

static bool is_same(const struct single *x, const struct single *y)
{
	return x->tid == y->tid && x->from_ns == y->from_ns && x->to_ns == y->to_ns &&
	       x->population == y->population && x->kind == y->kind && x->function == y->function;
}

void singles_finish(struct singles *s)
{
	size_t nr = 0;

	if (s->nr)
		qsort(s->single, s->nr, sizeof(*s->single), in_order);
	for (size_t i = 0; i < s->nr; i++) {
		if (nr && is_same(&s->single[nr - 1], &s->single[i])) {
			s->single[nr - 1].whys |= s->single[i].whys;
			detail_free(s->single[i].detail);
		} else {
			s->single[nr++] = s->single[i];
		}
	}
	s->nr = nr;
}

void singles_free(struct singles *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nr; i++)
		detail_free(s->single[i].detail);
	free(s->single);
	free(s->phase);
	free(s->text);
	free(s->slot);
	free(s);
}
