// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single events as a trace for Perfetto's viewer: a track for each thread that waited, worked, was parked
 * or did that to another, one for each CPU. Waits and parks are slices with their parts in them, works
 * slices as long as they ran; a flow leads from each waker to whom it woke, from who queued a work to
 * that work, and from who asked for a park to that park.
 */
#include "lib/report/perfetto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- packets --------------------------------------------------------------------------------- */

static void begin_packet(struct perfetto *w, int flags)
{
	w->packet = proto_begin(&w->p, TRACE_PACKET);
	proto_number(&w->p, PACKET_SEQUENCE, 1);
	proto_number(&w->p, PACKET_SEQUENCE_FLAGS, (uint64_t)flags);
}

static void end_packet(struct perfetto *w)
{
	proto_end(&w->p, w->packet);
	proto_flush(&w->p, w->out);
}

void perfetto_event(struct perfetto *w, uint64_t ns, int type, uint64_t track)
{
	begin_packet(w, PERFETTO_NEEDS_STATE);
	proto_number(&w->p, PACKET_TIMESTAMP, ns);
	w->event = proto_begin(&w->p, PACKET_TRACK_EVENT);
	proto_number(&w->p, EVENT_TYPE, (uint64_t)type);
	proto_number(&w->p, EVENT_TRACK, track);
}

void perfetto_done(struct perfetto *w)
{
	proto_end(&w->p, w->event);
	end_packet(w);
}

static void annotate(struct perfetto *w, uint32_t field, enum perfetto_annotation name,
		     uint64_t value)
{
	size_t at = proto_begin(&w->p, field);

	proto_number(&w->p, ANNOTATION_NAME_IID, name);
	proto_number(&w->p, ANNOTATION_NUMBER, value);
	proto_end(&w->p, at);
}

static void annotate_text(struct perfetto *w, uint32_t field, enum perfetto_annotation name,
			  const char *text)
{
	size_t at;

	if (!text)
		return;
	at = proto_begin(&w->p, field);
	proto_number(&w->p, ANNOTATION_NAME_IID, name);
	proto_text(&w->p, ANNOTATION_TEXT, text);
	proto_end(&w->p, at);
}

void perfetto_count(struct perfetto *w, enum perfetto_annotation name, uint64_t value)
{
	annotate(w, EVENT_ANNOTATION, name, value);
}

void perfetto_text(struct perfetto *w, enum perfetto_annotation name, const char *text)
{
	annotate_text(w, EVENT_ANNOTATION, name, text);
}

void perfetto_member(struct perfetto *w, enum perfetto_annotation name, uint64_t value)
{
	annotate(w, ANNOTATION_ENTRY, name, value);
}

void perfetto_member_text(struct perfetto *w, enum perfetto_annotation name, const char *text)
{
	annotate_text(w, ANNOTATION_ENTRY, name, text);
}

/* ---- the head -------------------------------------------------------------------------------- */

static void write_clock(struct perfetto *w)
{
	size_t snapshot, clock;

	begin_packet(w, PERFETTO_NEEDS_STATE);
	snapshot = proto_begin(&w->p, PACKET_CLOCK_SNAPSHOT);
	clock = proto_begin(&w->p, SNAPSHOT_CLOCK);
	proto_number(&w->p, CLOCK_ID, PERFETTO_MONOTONIC);
	proto_number(&w->p, CLOCK_TIMESTAMP, w->r->run[w->s->run].header.start_ns);
	proto_end(&w->p, clock);
	proto_number(&w->p, SNAPSHOT_PRIMARY, PERFETTO_MONOTONIC);
	proto_end(&w->p, snapshot);
	end_packet(w);
}

static void intern(struct perfetto *w, uint32_t list, uint64_t iid, const char *name)
{
	size_t at = proto_begin(&w->p, list);

	proto_number(&w->p, ENTRY_IID, iid);
	proto_text(&w->p, ENTRY_NAME, name);
	proto_end(&w->p, at);
}

/* Which texts are names of events or categories. */
static void mark_names(const struct perfetto *w, bool *is_name, bool *is_category)
{
	const struct singles *s = w->s;

	for (size_t i = 0; i < s->nr; i++) {
		is_name[perfetto_name(w, &s->single[i])] = true;
		is_category[s->single[i].kind] = true;
	}
	for (size_t i = 0; i < s->nr_phases; i++)
		is_name[s->phase[i].name] = true;
}

static int write_names(struct perfetto *w)
{
	static const char *const annotation[] = { NULL, PERFETTO_ANNOTATIONS(PERFETTO_NAME) };
	const struct singles *s = w->s;
	bool *is_name = calloc(2 * s->nr_texts, sizeof(*is_name));
	size_t at;

	if (!is_name)
		return -ENOMEM;
	mark_names(w, is_name, is_name + s->nr_texts);
	begin_packet(w, PERFETTO_STATE_CLEARED);
	proto_number(&w->p, PACKET_FIRST_ON_SEQUENCE, 1);
	at = proto_begin(&w->p, PACKET_DEFAULTS);
	proto_number(&w->p, DEFAULTS_CLOCK, PERFETTO_MONOTONIC);
	proto_end(&w->p, at);
	at = proto_begin(&w->p, PACKET_INTERNED_DATA);
	for (size_t i = 1; i < s->nr_texts; i++) {
		if (is_name[i])
			intern(w, INTERNED_NAME, i, s->text[i]);
		if (is_name[s->nr_texts + i])
			intern(w, INTERNED_CATEGORY, i, s->text[i]);
	}
	for (size_t i = 1; i < NR_ANNOTATIONS; i++)
		intern(w, INTERNED_ANNOTATION, i, annotation[i]);
	proto_end(&w->p, at);
	end_packet(w);
	free(is_name);
	return 0;
}

/* ---- tracks ---------------------------------------------------------------------------------- */

void perfetto_track(struct perfetto *w, uint64_t uuid, uint64_t parent, const char *name)
{
	size_t at;

	begin_packet(w, PERFETTO_NEEDS_STATE);
	at = proto_begin(&w->p, PACKET_TRACK_DESCRIPTOR);
	proto_number(&w->p, TRACK_UUID, uuid);
	if (parent)
		proto_number(&w->p, TRACK_PARENT, parent);
	proto_text(&w->p, TRACK_NAME, name);
	proto_end(&w->p, at);
	end_packet(w);
}

/* A thread as it was called at some time. */
struct seen {
	uint32_t tgid, tid, comm;
	uint64_t ns;
};

static int by_id(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

bool perfetto_is_thread(const struct perfetto *w, const struct single *e)
{
	const char *context = w->s->text[e->context];

	return e->has_waker && e->waker_tid && context && !strcmp(context, "task");
}

bool perfetto_has_call(const struct perfetto *w, const struct single *e)
{
	return perfetto_is_thread(w, e) || (e->has_waker && e->waker_cpu != SINGLE_NO_CPU);
}

bool perfetto_is_park(const struct perfetto *w, const struct single *e)
{
	return !strcmp(w->s->text[e->kind], "park");
}

uint32_t perfetto_name(const struct perfetto *w, const struct single *e)
{
	return e->function ? e->function : perfetto_is_park(w, e) ? e->kind : e->population;
}

static void write_process(struct perfetto *w, const struct seen *t)
{
	size_t at, inner;

	begin_packet(w, PERFETTO_NEEDS_STATE);
	at = proto_begin(&w->p, PACKET_TRACK_DESCRIPTOR);
	proto_number(&w->p, TRACK_UUID, perfetto_uuid(TRACK_OF_PROCESS, t->tgid));
	inner = proto_begin(&w->p, TRACK_PROCESS);
	proto_number(&w->p, PROCESS_PID, t->tgid);
	/* The first thread has the name of the process; it may not be here. */
	if (t->tid == t->tgid)
		proto_text(&w->p, PROCESS_NAME, w->s->text[t->comm]);
	proto_end(&w->p, inner);
	proto_end(&w->p, at);
	end_packet(w);
}

static void write_thread(struct perfetto *w, const struct seen *t)
{
	size_t at, inner;

	begin_packet(w, PERFETTO_NEEDS_STATE);
	at = proto_begin(&w->p, PACKET_TRACK_DESCRIPTOR);
	proto_number(&w->p, TRACK_UUID, perfetto_uuid(TRACK_OF_THREAD, t->tid));
	proto_number(&w->p, TRACK_PARENT, perfetto_uuid(TRACK_OF_PROCESS, t->tgid));
	inner = proto_begin(&w->p, TRACK_THREAD);
	proto_number(&w->p, THREAD_PID, t->tgid);
	proto_number(&w->p, THREAD_TID, t->tid);
	proto_text(&w->p, THREAD_NAME, w->s->text[t->comm]);
	proto_end(&w->p, inner);
	proto_end(&w->p, at);
	end_packet(w);
}

/* Threads by the last name that they had. A thread that execs or is born anew keeps its track. */
static int write_threads(struct perfetto *w)
{
	const struct singles *s = w->s;
	struct seen *seen = calloc(2 * s->nr, sizeof(*seen));
	uint32_t process = 0;
	size_t nr = 0;

	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < s->nr; i++) {
		const struct single *e = &s->single[i];

		seen[nr++] = (struct seen){ e->tgid, e->tid, e->comm, e->to_ns };
		if (perfetto_is_thread(w, e))
			seen[nr++] =
				(struct seen){ e->waker_tgid, e->waker_tid, e->waker, e->from_ns };
	}
	qsort(seen, nr, sizeof(*seen), by_id);
	for (size_t i = 0; i < nr; i++) {
		if (i + 1 < nr && seen[i + 1].tid == seen[i].tid &&
		    seen[i + 1].tgid == seen[i].tgid)
			continue;
		if (seen[i].tgid != process)
			write_process(w, &seen[i]);
		process = seen[i].tgid;
		write_thread(w, &seen[i]);
	}
	free(seen);
	return 0;
}

/* ---- marks ----------------------------------------------------------------------------------- */

static int by_where(const void *a, const void *b)
{
	const struct perfetto_mark *x = a, *y = b;

	if (x->where != y->where)
		return x->where < y->where ? -1 : 1;
	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->single < y->single ? -1 : x->single > y->single;
}

static int make_marks(struct perfetto *w)
{
	const struct singles *s = w->s;

	w->on_thread = calloc(s->nr, sizeof(*w->on_thread));
	w->on_cpu = calloc(2 * s->nr, sizeof(*w->on_cpu));
	if (!w->on_thread || !w->on_cpu)
		return -ENOMEM;
	for (size_t i = 0; i < s->nr; i++) {
		const struct single *e = &s->single[i];

		if (perfetto_is_thread(w, e))
			w->on_thread[w->nr_on_threads++] =
				(struct perfetto_mark){ e->from_ns, e->waker_tid, 0, i };
		else if (perfetto_has_call(w, e))
			w->on_cpu[w->nr_on_cpus++] =
				(struct perfetto_mark){ e->from_ns, e->waker_cpu, 0, i };
		/* A work ends there. */
		if (e->cpu != SINGLE_NO_CPU && !e->function)
			w->on_cpu[w->nr_on_cpus++] =
				(struct perfetto_mark){ e->to_ns, e->cpu, 1, i };
	}
	qsort(w->on_thread, w->nr_on_threads, sizeof(*w->on_thread), by_where);
	qsort(w->on_cpu, w->nr_on_cpus, sizeof(*w->on_cpu), by_where);
	return 0;
}

static void write_cpus(struct perfetto *w)
{
	uint64_t all = perfetto_uuid(TRACK_OF_CPUS, 0);
	char name[24];

	if (w->nr_on_cpus)
		perfetto_track(w, all, 0, "CPUs");
	for (size_t i = 0; i < w->nr_on_cpus; i++) {
		const struct perfetto_mark *m = &w->on_cpu[i];

		if (!i || m->where != m[-1].where) {
			snprintf(name, sizeof(name), "CPU %u", m->where);
			perfetto_track(w, perfetto_uuid(TRACK_OF_CPU, m->where), all, name);
		}
		perfetto_write_mark(w, m, perfetto_uuid(TRACK_OF_CPU, m->where));
	}
}

/* ---- all ------------------------------------------------------------------------------------- */

/* Both lists are in order of threads. */
static int write_events(struct perfetto *w)
{
	size_t at = 0, mark = 0;
	int ret = 0;

	while (!ret && (at < w->s->nr || mark < w->nr_on_threads)) {
		uint32_t tid = at < w->s->nr ? w->s->single[at].tid : UINT32_MAX;
		size_t end = at, marks = mark;

		if (mark < w->nr_on_threads && w->on_thread[mark].where < tid)
			tid = w->on_thread[mark].where;
		while (end < w->s->nr && w->s->single[end].tid == tid)
			end++;
		while (marks < w->nr_on_threads && w->on_thread[marks].where == tid)
			marks++;
		ret = perfetto_write_thread(w, tid, at, end, w->on_thread + mark, marks - mark);
		at = end;
		mark = marks;
	}
	return ret;
}

static int render(FILE *out, const struct report *r, const struct terminal_style *style)
{
	struct perfetto w = { .out = out, .r = r, .s = r->singles };
	int ret;

	(void)style;
	errno = 0;
	ret = make_marks(&w);
	if (!ret)
		ret = write_names(&w);
	if (!ret) {
		write_clock(&w);
		ret = write_threads(&w);
	}
	if (!ret)
		ret = write_events(&w);
	if (!ret)
		write_cpus(&w);
	if (!ret && w.p.failed)
		ret = -ENOMEM;
	if (!ret && (fflush(out) || ferror(out)))
		ret = errno ? -errno : -EIO;
	proto_free(&w.p);
	free(w.on_thread);
	free(w.on_cpu);
	return ret;
}

static const char *refuses(const struct report *r)
{
	if (!r->singles || (!r->singles->nr && !r->singles->nr_odd))
		return "no single events are recorded here; kt trace wakeup, work, workqueue and park record them with "
		       "--stream or --slower-than, wakeup also with --flight";
	if (r->singles->nr_foreign)
		return "these are events of several runs that are not of one boot, as far as is known: their clocks have nothing in common; "
		       "give one run";
	if (r->singles->nr_odd)
		return "events have times or ids that no kernel has";
	return NULL;
}

const struct report_format report_format_perfetto = {
	.name = "perfetto",
	.help = "single events, for ui.perfetto.dev",
	.suffix = { ".pftrace", ".perfetto-trace" },
	.binary = true,
	.singles = true,
	.refuses = refuses,
	.render = render,
};
