/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_DOCTOR_H
#define KT_BPF_DOCTOR_H
/*
 * What this machine lets the tracers do, found by trying it: by BTF, by loading a small program, by
 * opening an event. Never by the kernel's version. Prints nothing and changes nothing.
 */
#include <stddef.h>

enum capability_state {
	CAPABILITY_OK,
	CAPABILITY_ABSENT,	   /* the kernel or machine has none */
	CAPABILITY_FORBIDDEN,	   /* it has, but not for us: why says what stands in the way */
	CAPABILITY_NOT_CONFIGURED, /* it could be had: not mounted, not switched on, not installed
				    */
};

struct capability {
	const char *name;
	enum capability_state state;
	char why[160];	    /* what was found, also when ok; "" when there is nothing to say */
	char costs[160];    /* what is lost without it */
	const char *remedy; /* a command or setting that brings it, NULL: none */
};

#define DOCTOR_MAX_CAPABILITIES 40

struct doctor {
	size_t nr;
	struct capability capability[DOCTOR_MAX_CAPABILITIES];
};

/* doctor_examine - try everything; takes some ten milliseconds */
void doctor_examine(struct doctor *d);

/* capability_state_name - "ok", "absent", "forbidden", "not configured" */
const char *capability_state_name(enum capability_state s);
#endif
