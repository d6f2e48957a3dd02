/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_DOCTOR_H
#define KT_BPF_DOCTOR_H
/*
 * What this machine lets the tracers do, found by trying it: by BTF, by loading a small program, by
 * opening an event or a file. Never by the kernel's version. Prints nothing and leaves nothing.
 */
#include <stddef.h>

#include "lib/record/doctor.h"

#include "bpf/availability.h"

struct capability {
	const char *name;
	enum availability state;
	char why[192];	  /* what was found, also when ok; "" when there is nothing to say */
	char costs[192];  /* what is lost without it; "" when ok */
	char remedy[352]; /* a command or setting that helps; "": none is known */
};

#define DOCTOR_MAX_CAPABILITIES 48
#define DOCTOR_MAX_WARNINGS	16

struct doctor {
	size_t nr;
	struct capability capability[DOCTOR_MAX_CAPABILITIES];
	size_t nr_warnings;
	struct record_warning warning[DOCTOR_MAX_WARNINGS]; /* of the machine */
};

/* doctor_examine - try everything; takes some tenths of a second */
void doctor_examine(struct doctor *d);
#endif
