/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_EPISODES_H
#define KT_BPF_EPISODES_H
/*
 * Single works and parks on the loader's side: from the ring of episodes.bpf.h to struct
 * record_event, for the caller of the tracer. The core calls these for each kind; one whose object
 * has no such ring hands over nothing.
 */
#include <stdbool.h>
#include <stddef.h>

#include "bpf/tracer.h"

/* episodes_asked - does @o want single works or parks? */
static inline bool episodes_asked(const struct tracer_opts *o)
{
	return o->events.stream || o->events.slower_ns;
}

/* episodes_open - the skeleton is open and not yet loaded: settings and sizes from t->opts.events */
int episodes_open(struct tracer *t, char *err, size_t errlen);

/* episodes_begin - it is loaded */
int episodes_begin(struct tracer *t, char *err, size_t errlen);

/* episodes_poll - as events_poll() */
int episodes_poll(struct tracer *t);

void episodes_close(struct tracer *t);
#endif
