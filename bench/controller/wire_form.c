// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/wire_form.h"

#include <string.h>

/* Frozen: builds of then have these sizes and places compiled in. */
_Static_assert(sizeof(struct wire_1) == 35560, "version 1");
_Static_assert(sizeof(struct wire_2_unnumbered) == 35568, "version 2, before calls had numbers");
_Static_assert(sizeof(struct wire_3) == 35576, "versions 2 and 3");
_Static_assert(offsetof(struct wire_1, status) == 48 && offsetof(struct wire_1, hist) == 696 &&
		       offsetof(struct wire_2_unnumbered, hist) == 704 &&
		       offsetof(struct wire_3, hist) == 712,
	       "places");
_Static_assert(sizeof(struct hist) == 34864 && offsetof(struct hist, bucket) == 48,
	       "the histogram of versions 1 to 4");
_Static_assert(offsetof(struct wire, call) == offsetof(struct wire_3, call) &&
		       offsetof(struct wire, answered) == offsetof(struct wire_3, answered),
	       "numbers of calls");

/* What all of them answer. */
#define COPY_ANSWER(to, from)                                                    \
	do {                                                                     \
		(to)->cmd = (from)->head.cmd;                                    \
		(to)->question = (from)->head.question;                          \
		(to)->arm = (from)->head.arm;                                    \
		(to)->observe = (from)->head.observe;                            \
		(to)->iterations = (from)->head.iterations;                      \
		(to)->status = (from)->status;                                   \
		(to)->registry_addr = (from)->registry_addr;                     \
		(to)->start_ns = (from)->start_ns;                               \
		(to)->end_ns = (from)->end_ns;                                   \
		(to)->cpu_ns = (from)->cpu_ns;                                   \
		(to)->nvcsw = (from)->nvcsw;                                     \
		(to)->nivcsw = (from)->nivcsw;                                   \
		(to)->minflt = (from)->minflt;                                   \
		(to)->nr_counters = (from)->nr_counters;                         \
		memcpy((to)->message, (from)->message, sizeof((from)->message)); \
		memcpy((to)->counter, (from)->counter, sizeof((from)->counter)); \
		(to)->hist = (from)->hist;                                       \
	} while (0)

static void begin_picture(struct wire *w)
{
	memset(w, 0, offsetof(struct wire, hist));
	w->magic = WIRE_MAGIC;
	w->version = WIRE_VERSION;
	w->size = sizeof(*w);
	w->turn = WIRE_CONTROLLER;
	w->oldest = WIRE_FORM_OLDEST;
	w->worker_oldest = w->worker_newest = w->spoken = 0;
}

static void from_1(struct wire *w, const union wire_page *page)
{
	begin_picture(w);
	COPY_ANSWER(w, &page->v1);
	w->spoken = 1;
}

static void from_2_unnumbered(struct wire *w, const union wire_page *page)
{
	begin_picture(w);
	COPY_ANSWER(w, &page->v2_unnumbered);
	w->nr_impossible = page->v2_unnumbered.nr_impossible;
	w->spoken = 2;
}

static void from_2(struct wire *w, const union wire_page *page)
{
	begin_picture(w);
	COPY_ANSWER(w, &page->v3);
	w->nr_impossible = page->v3.nr_impossible;
	w->spoken = 2;
}

static void from_3(struct wire *w, const union wire_page *page)
{
	from_2(w, page);
	w->changed = page->v3.changed;
	w->spoken = 3;
}

const struct wire_form wire_forms[] = {
	{ WIRE_VERSION, sizeof(struct wire), true, NULL },
	{ 3, sizeof(struct wire_3), true, from_3 },
	{ 2, sizeof(struct wire_3), true, from_2 },
	{ 2, sizeof(struct wire_2_unnumbered), false, from_2_unnumbered },
	{ 1, sizeof(struct wire_1), false, from_1 },
};
const size_t wire_nr_forms = sizeof(wire_forms) / sizeof(wire_forms[0]);

void wire_form_begin(const struct wire_form *form, union wire_page *page)
{
	page->head.magic = WIRE_MAGIC;
	page->head.version = form->version;
	page->head.size = form->size;
	page->head.turn = WIRE_CONTROLLER;
	if (!form->translate)
		page->now.oldest = WIRE_FORM_OLDEST;
}
