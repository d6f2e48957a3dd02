// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single waits: who waited, where, woken by whom, and who ran there meanwhile. And single works and
 * parks.
 */
#include "lib/record/types.h"

#include <errno.h>
#include <string.h>

#include "lib/record/field.h"
#include "lib/record/named.h"
#include "lib/record/record.h"

static const char *const whys[NR_RECORD_WHYS] = {
	[RECORD_WORST] = "worst",
	[RECORD_SLOW] = "slow",
	[RECORD_STREAM] = "stream",
	[RECORD_FLIGHT] = "flight",
};

const char *record_why_name(enum record_why why)
{
	return why < NR_RECORD_WHYS ? whys[why] : NULL;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put_task(json_t **object, const struct record_task *t)
{
	field_put_text(object, "comm", t->comm);
	field_put_count(object, "tgid", t->tgid);
	field_put_count(object, "tid", t->tid);
}

static void put_cpu(json_t **object, const char *key, uint64_t cpu)
{
	field_put(object, key, cpu == RECORD_NO_CPU ? json_null() : field_count(cpu));
}

static json_t *task_json(const struct record_task *t)
{
	json_t *task = json_object();

	put_task(&task, t);
	return task;
}

static json_t *waker_json(const struct record_waker *w)
{
	json_t *waker = json_object();

	put_task(&waker, &w->task);
	field_put_text(&waker, "context", w->context);
	put_cpu(&waker, "cpu", w->cpu);
	return waker;
}

static json_t *behind_json(const struct record_event *e)
{
	json_t *behind = json_array();

	for (size_t i = 0; i < e->nr_behind; i++) {
		json_t *one = json_object();

		put_task(&one, &e->behind[i].task);
		field_put_count(&one, "ns", e->behind[i].ns);
		field_append(&behind, one);
	}
	return behind;
}

static json_t *frames_json(const struct record_stack *s)
{
	json_t *frames = json_array();

	for (size_t i = 0; i < s->nr; i++)
		field_append(&frames, record_string(s->frame[i] ? s->frame[i] : ""));
	return frames;
}

static json_t *stacks_json(const struct record_event *e)
{
	json_t *stacks = json_object();

	field_put(&stacks, "kernel", frames_json(&e->kernel));
	field_put(&stacks, "user", frames_json(&e->user));
	return stacks;
}

int record_write_event(struct record_writer *w, const struct record_event *e)
{
	json_t *record;

	if (!e->kind || !e->population || e->why >= NR_RECORD_WHYS ||
	    e->nr_phases > RECORD_MAX_PHASES || e->nr_behind > RECORD_MAX_BEHIND ||
	    e->kernel.nr > RECORD_MAX_FRAMES || e->user.nr > RECORD_MAX_FRAMES)
		return -EINVAL;
	record = field_record("event");
	field_put_text(&record, "kind", e->kind);
	field_put_text(&record, "question", e->question);
	field_put_text(&record, "subject", e->subject);
	field_put_text(&record, "why", record_why_name(e->why));
	field_put_text(&record, "population", e->population);
	/* Most events are waits, of which there may be millions. */
	if (e->function)
		field_put_text(&record, "function", e->function);
	field_put_count(&record, "time_ns", e->time_ns);
	field_put_count(&record, "ns", e->ns);
	field_put(&record, "phases", named_counts_json(e->phase, e->nr_phases));
	field_put(&record, "task", task_json(&e->task));
	put_cpu(&record, "cpu_before", e->cpu_before);
	put_cpu(&record, "cpu_queued", e->cpu_queued);
	put_cpu(&record, "cpu", e->cpu);
	field_put_count(&record, "migrations", e->migrations);
	field_put(&record, "waker", e->has_waker ? waker_json(&e->waker) : json_null());
	field_put(&record, "behind", e->has_behind ? behind_json(e) : json_null());
	field_put_count(&record, "other_ns", e->other_ns);
	field_put(&record, "stack", e->has_stack ? stacks_json(e) : json_null());
	return record_write(w, record);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool get_task(const struct field_source *s, struct record_task *t)
{
	return field_get_text(s, "comm", &t->comm) && field_get_count(s, "tgid", &t->tgid) &&
	       field_get_count(s, "tid", &t->tid);
}

static bool get_cpu(const struct field_source *s, const char *key, uint64_t *cpu)
{
	bool there =
		json_object_get(s->object, key) && !json_is_null(json_object_get(s->object, key));

	if (!field_get_count(s, key, cpu))
		return false;
	if (!there)
		*cpu = RECORD_NO_CPU;
	return true;
}

/* An object within that of @s; @inner->object is NULL where there is none. */
static bool get_inner(const struct field_source *s, const char *key, struct field_source *inner)
{
	json_t *object;

	*inner = (struct field_source){ .why = s->why, .whylen = s->whylen };
	if (!field_get_object(s, key, SIZE_MAX, &object))
		return false;
	inner->object = object;
	return true;
}

static bool get_waker(const struct field_source *s, struct record_event *e)
{
	struct field_source waker;

	if (!get_inner(s, "waker", &waker))
		return false;
	e->has_waker = waker.object;
	e->waker.cpu = RECORD_NO_CPU;
	return !e->has_waker || (get_task(&waker, &e->waker.task) &&
				 field_get_text(&waker, "context", &e->waker.context) &&
				 get_cpu(&waker, "cpu", &e->waker.cpu));
}

static bool get_behind(const struct field_source *s, struct record_event *e)
{
	json_t *behind, *one;
	size_t i;

	if (!field_get_array(s, "behind", RECORD_MAX_BEHIND, &behind))
		return false;
	e->has_behind = behind;
	json_array_foreach (behind, i, one) {
		const struct field_source inner = { one, s->why, s->whylen };
		struct record_behind *b = &e->behind[e->nr_behind++];

		if (!json_is_object(one)) {
			field_refuse(s, "a member of behind is not an object");
			return false;
		}
		if (!get_task(&inner, &b->task) || !field_get_count(&inner, "ns", &b->ns))
			return false;
	}
	return true;
}

static bool get_frames(const struct field_source *s, const char *key, struct record_stack *stack)
{
	json_t *frames, *frame;
	size_t i;

	if (!field_get_array(s, key, RECORD_MAX_FRAMES, &frames))
		return false;
	json_array_foreach (frames, i, frame) {
		if (!json_is_string(frame)) {
			field_refuse(s, "a frame of %s is not a string", key);
			return false;
		}
		stack->frame[stack->nr++] = json_string_value(frame);
	}
	return true;
}

static bool get_stacks(const struct field_source *s, struct record_event *e)
{
	struct field_source stacks;

	if (!get_inner(s, "stack", &stacks))
		return false;
	e->has_stack = stacks.object;
	return !e->has_stack ||
	       (get_frames(&stacks, "kernel", &e->kernel) && get_frames(&stacks, "user", &e->user));
}

static bool get_why(const struct field_source *s, struct record_event *e)
{
	const char *name;

	if (!field_need_text(s, "why", &name))
		return false;
	for (e->why = 0; e->why < NR_RECORD_WHYS; e->why++)
		if (!strcmp(name, whys[e->why]))
			return true;
	field_refuse(s, "why is not one of worst, slow, stream, flight");
	return false;
}

int record_read_event(const json_t *record, struct record_event *e, char *why, size_t whylen)
{
	const struct field_source s = { record, why, whylen };
	struct field_source task;

	memset(e, 0, sizeof(*e));
	if (!field_need_text(&s, "kind", &e->kind) ||
	    !field_get_text(&s, "question", &e->question) ||
	    !field_get_text(&s, "subject", &e->subject) || !get_why(&s, e) ||
	    !field_need_text(&s, "population", &e->population) ||
	    !field_get_text(&s, "function", &e->function) ||
	    !field_get_count(&s, "time_ns", &e->time_ns) || !field_need_count(&s, "ns", &e->ns) ||
	    !get_inner(&s, "task", &task) || !get_task(&task, &e->task) ||
	    !get_cpu(&s, "cpu_before", &e->cpu_before) ||
	    !get_cpu(&s, "cpu_queued", &e->cpu_queued) || !get_cpu(&s, "cpu", &e->cpu) ||
	    !field_get_count(&s, "migrations", &e->migrations) || !get_waker(&s, e) ||
	    !get_behind(&s, e) || !field_get_count(&s, "other_ns", &e->other_ns) ||
	    !get_stacks(&s, e))
		return -EINVAL;
	if (json_object_size(json_object_get(record, "phases")) > RECORD_MAX_PHASES)
		return field_refuse(&s, "phases has more than %d members", RECORD_MAX_PHASES);
	return named_get_counts(&s, "phases", e->phase, &e->nr_phases) ? 0 : -EINVAL;
}
