/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_WIRE_FORM_H
#define KT_CONTROLLER_WIRE_FORM_H
/*
 * The forms that the page shared with a worker (bench/harness/wire.h) has had, so that suites of
 * old builds can be measured beside new ones.
 *
 * The controller knows one picture of it, today's struct wire. A worker of version 1 to 3 gets a
 * page laid out as it was then, frozen here, and each of its answers is put into today's picture.
 * Newer workers choose a version themselves and have the page as it is.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/harness/wire.h"

/* The oldest version that the controller speaks. */
#define WIRE_FORM_OLDEST 1

/* What all forms begin with, and all that a controller writes except the number of a call. */
struct wire_head {
	uint64_t magic;
	uint32_t version, size;
	uint32_t turn;
	uint32_t cmd, question, arm, observe;
	uint64_t iterations;
};

/* From the beginning of version 1 to the first commit of version 2, which had one more count. */
struct wire_1 {
	struct wire_head head;
	uint32_t status;
	uint64_t registry_addr;
	uint64_t start_ns, end_ns;
	uint64_t cpu_ns;
	uint64_t nvcsw, nivcsw, minflt;
	char message[256];
	uint32_t nr_counters;
	struct wire_counter counter[8];
	struct hist hist;
};

struct wire_2_unnumbered {
	struct wire_head head;
	uint32_t status;
	uint64_t registry_addr;
	uint64_t start_ns, end_ns;
	uint64_t cpu_ns;
	uint64_t nvcsw, nivcsw, minflt;
	uint64_t nr_impossible;
	char message[256];
	uint32_t nr_counters;
	struct wire_counter counter[8];
	struct hist hist;
};

/* Versions 2 and 3; `changed` was a hole in 2. */
struct wire_3 {
	struct wire_head head;
	uint32_t call;
	uint32_t answered;
	uint32_t status;
	uint32_t changed;
	uint64_t registry_addr;
	uint64_t start_ns, end_ns;
	uint64_t cpu_ns;
	uint64_t nvcsw, nivcsw, minflt;
	uint64_t nr_impossible;
	char message[256];
	uint32_t nr_counters;
	struct wire_counter counter[8];
	struct hist hist;
};

/* The shared memory, or a copy of it. */
union wire_page {
	struct wire_head head;
	struct wire_1 v1;
	struct wire_2_unnumbered v2_unnumbered;
	struct wire_3 v3;
	struct wire now;
};

struct wire_form {
	uint32_t version;
	uint32_t size; /* as the page says it */
	bool numbered; /* a call has a number, which its answer repeats; at the same place in all */
	/* today's picture of @page; NULL: it is one already */
	void (*translate)(struct wire *picture, const union wire_page *page);
};

/* All forms, the newest first. */
extern const struct wire_form wire_forms[];
extern const size_t wire_nr_forms;

/* wire_form_begin - words of a new page, which is zeros */
void wire_form_begin(const struct wire_form *form, union wire_page *page);
#endif
