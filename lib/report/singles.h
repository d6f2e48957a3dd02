/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_SINGLES_H
#define KT_REPORT_SINGLES_H
/*
 * Every single event of a record, for formats that show each by itself (struct report_format.singles);
 * other reports keep the longest few. There may be millions: texts are numbers into one list, and an
 * event that stands in the record for several reasons is one, with all that is known of it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/record/types.h"

/* A part of an event. */
struct single_phase {
	uint32_t name;
	uint64_t ns;
};

struct single_behind {
	uint32_t comm, tid; /* comm 0: not known */
	uint64_t ns;
};

/* What few events have. */
struct single_detail {
	size_t nr_behind, nr_kernel, nr_user;
	struct single_behind behind[RECORD_MAX_BEHIND];
	uint64_t other_ns;
	uint32_t *frame; /* those of the kernel first, from the innermost on */
};

#define SINGLE_NO_CPU UINT32_MAX

struct single {
	uint64_t from_ns, to_ns;
	uint64_t slice_ns;		 /* when it took its thread: a work waits before that */
	uint32_t kind, population, comm; /* texts */
	uint32_t function;		 /* text; 0: not a work */
	uint32_t tgid, tid;
	uint32_t question, arm;		      /* texts; 0: of a trace */
	uint32_t cpu_before, cpu_queued, cpu; /* SINGLE_NO_CPU: not known */
	uint32_t migrations;
	uint32_t waker, context; /* texts; 0: not known */
	uint32_t waker_tgid, waker_tid, waker_cpu;
	bool has_waker;
	uint8_t whys; /* bits by enum record_why */
	uint8_t nr_phases;
	size_t phase;		      /* the first of them */
	struct single_detail *detail; /* NULL: nothing more is known */
};

struct singles {
	size_t nr, room;
	struct single *single; /* finished: by thread, then in order of slice_ns */
	size_t nr_phases, room_phases;
	struct single_phase *phase;
	size_t nr_texts, room_texts;
	const char **text; /* text[0] is NULL */
	size_t nr_slots;   /* a power of two */
	uint32_t *slot;	   /* texts by hash: number, 0: free */
	/* What cannot be shown: of a run that is not of the same boot; with ids that no kernel has. */
	size_t nr_foreign, nr_odd;
	bool begun;
	size_t run;	  /* the first one with events */
	const char *boot; /* that it is of */
};

struct report;

/* singles_new - empty; NULL: no memory */
struct singles *singles_new(void);

/*
 * singles_add - @e of run number @run of @r, which owns the texts
 * @boot: what tells the boot that it is of from others; NULL: not known
 *
 * Return: 0, -ENOMEM
 */
int singles_add(struct singles *s, struct report *r, size_t run, const char *boot,
		const struct record_event *e);

/* singles_finish - all are there: sort them, and make one of those that are the same */
void singles_finish(struct singles *s);

void singles_free(struct singles *s);
#endif
