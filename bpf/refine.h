/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_REFINE_H
#define KT_BPF_REFINE_H
/*
 * Refinements of wakeup, --refine: what the kernel's newer events add to it. Each is asked for in
 * the kernel's types, never by its version; a trace takes those that are there.
 */
#include <stddef.h>

#include "bpf/tracer_impl.h"

struct refinement {
	const char *name;	/* of its tracepoint */
	const char *adds;	/* to the figures of kt trace wakeup --refine */
	const char *since;	/* "Linux 6.16 or later" */
	const char *program[5]; /* attached in this order */
	const char *also;	/* a further tracepoint that it cannot do without, or NULL */
};

#define NR_REFINEMENTS 3
extern const struct refinement refinements[NR_REFINEMENTS];

/* refinement_there - does this kernel have its events? */
bool refinement_there(const struct refinement *r);

/*
 * refine_open - of wakeup's object: have the programs loaded that the options ask for and that this
 * kernel has; 0, or -ENOTSUP when it has none of them
 */
int refine_open(struct tracer *t, char *err, size_t errlen);
int refine_attach(struct tracer *t, char *err, size_t errlen);
#endif
