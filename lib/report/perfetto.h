/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_PERFETTO_H
#define KT_REPORT_PERFETTO_H
/*
 * What the files that write a Perfetto trace share. All packets are of one sequence; times are
 * CLOCK_MONOTONIC, which is also the trace's clock. Numbers of fields are those of Perfetto's
 * protos/perfetto/trace/; tests/cli/perfetto.proto has the ones that are used.
 */
#include <stdio.h>

#include "lib/report/proto.h"
#include "lib/report/report.h"
#include "lib/report/singles.h"

enum {
	TRACE_PACKET = 1,

	PACKET_CLOCK_SNAPSHOT = 6,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE = 10,
	PACKET_TRACK_EVENT = 11,
	PACKET_INTERNED_DATA = 12,
	PACKET_SEQUENCE_FLAGS = 13,
	PACKET_DEFAULTS = 59,
	PACKET_TRACK_DESCRIPTOR = 60,
	PACKET_FIRST_ON_SEQUENCE = 87,

	DEFAULTS_CLOCK = 58,

	SNAPSHOT_CLOCK = 1,
	SNAPSHOT_PRIMARY = 2,
	CLOCK_ID = 1,
	CLOCK_TIMESTAMP = 2,

	INTERNED_CATEGORY = 1,
	INTERNED_NAME = 2,
	INTERNED_ANNOTATION = 3,
	ENTRY_IID = 1,
	ENTRY_NAME = 2,

	TRACK_UUID = 1,
	TRACK_NAME = 2,
	TRACK_PROCESS = 3,
	TRACK_THREAD = 4,
	TRACK_PARENT = 5,
	PROCESS_PID = 1,
	PROCESS_NAME = 6,
	THREAD_PID = 1,
	THREAD_TID = 2,
	THREAD_NAME = 5,

	EVENT_CATEGORY_IID = 3,
	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_NAME_IID = 10,
	EVENT_TRACK = 11,
	EVENT_NAME = 23,
	EVENT_FLOW = 47,
	EVENT_LAST_OF_FLOW = 48,

	ANNOTATION_NAME_IID = 1,
	ANNOTATION_NUMBER = 3,
	ANNOTATION_TEXT = 6,
	ANNOTATION_ENTRY = 11,
	ANNOTATION_ELEMENT = 12,
};

enum { PERFETTO_BEGIN = 1, PERFETTO_END = 2, PERFETTO_INSTANT = 3 };
enum { PERFETTO_MONOTONIC = 3 }; /* of its built-in clocks */
enum { PERFETTO_STATE_CLEARED = 1, PERFETTO_NEEDS_STATE = 2 };

/* Interned once: annotations by this list, names of events and categories by their text's number. */
/* Laid out by hand: clang-format would do it anew each time. */
/* clang-format off */
#define PERFETTO_ANNOTATIONS(A)                                                             \
	A(recorded)                                                                         \
	A(ns)                                                                               \
	A(cpu) A(cpu_before) A(cpu_queued) A(migrations) A(waker) A(waker_tid) A(waker_cpu) \
		A(context) A(woken) A(tid) A(comm) A(ran_meanwhile) A(others_ns) A(stack)   \
			A(question) A(arm) A(counted_as) A(delay_ns)
/* clang-format on */
#define PERFETTO_ENUM(name) ANNOTATION_##name,
#define PERFETTO_NAME(name) #name,
enum perfetto_annotation { ANNOTATION_NONE, PERFETTO_ANNOTATIONS(PERFETTO_ENUM) NR_ANNOTATIONS };

/* Kinds of tracks; the number is made of it and what it is of. */
enum perfetto_track {
	TRACK_OF_PROCESS = 1,
	TRACK_OF_THREAD,
	TRACK_OF_CPU,
	TRACK_OF_CPUS,
	TRACK_OF_LANE
};

static inline uint64_t perfetto_uuid(enum perfetto_track kind, uint32_t of)
{
	return (uint64_t)kind << 32 | of;
}

/*
 * Something at one moment: the call of a waker, of one who queues or parks, on its thread's track or its
 * CPU's; a thread that runs.
 */
struct perfetto_mark {
	uint64_t ns;
	uint32_t where; /* thread, or CPU */
	uint32_t runs;	/* 1: it begins to run there */
	size_t single;
};

struct perfetto {
	FILE *out;
	const struct report *r;
	const struct singles *s;
	struct proto p;
	size_t packet, event; /* where the open ones began */
	size_t nr_on_threads, nr_on_cpus;
	struct perfetto_mark *on_thread, *on_cpu; /* by where, then in order of time */
	uint32_t nr_lanes;			  /* tracks beside the threads' own, by now */
};

/*
 * perfetto_is_thread - a thread woke that of @e: not an interrupt, whose thread is the one that it
 * interrupted; perfetto_has_call - or at least the CPU is known
 */
bool perfetto_is_thread(const struct perfetto *w, const struct single *e);
bool perfetto_has_call(const struct perfetto *w, const struct single *e);

/* perfetto_is_park - is @e a park? perfetto_name - the text that its slice is called by */
bool perfetto_is_park(const struct perfetto *w, const struct single *e);
uint32_t perfetto_name(const struct perfetto *w, const struct single *e);

/* perfetto_event - begin a packet with an event; perfetto_done() ends it */
void perfetto_event(struct perfetto *w, uint64_t ns, int type, uint64_t track);
void perfetto_done(struct perfetto *w);

void perfetto_count(struct perfetto *w, enum perfetto_annotation name, uint64_t value);
/* NULL: nothing */
void perfetto_text(struct perfetto *w, enum perfetto_annotation name, const char *text);

/* The same as members of an annotation that has several. */
void perfetto_member(struct perfetto *w, enum perfetto_annotation name, uint64_t value);
void perfetto_member_text(struct perfetto *w, enum perfetto_annotation name, const char *text);

/* perfetto_track - a track of that @name below @parent (0: none) */
void perfetto_track(struct perfetto *w, uint64_t uuid, uint64_t parent, const char *name);

/* perfetto_write_mark - on the track that @m is of */
void perfetto_write_mark(struct perfetto *w, const struct perfetto_mark *m, uint64_t track);

/*
 * perfetto_write_thread - events number @first to before @end, of thread @tid, and its @nr marks from @mark
 * on, in order of time. Return: 0, -ENOMEM
 */
int perfetto_write_thread(struct perfetto *w, uint32_t tid, size_t first, size_t end,
			  const struct perfetto_mark *mark, size_t nr);
#endif
