/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_EVENTS_H
#define KT_BPF_EVENTS_H
/*
 * Single waits on the loader's side: from the maps of events.bpf.h to struct record_event, for the
 * caller of the tracer. The core calls these for each kind; one whose object has no such maps hands
 * over nothing.
 */
#include <stddef.h>
#include <stdint.h>

struct tracer;
struct tracer_opts;

/* events_open - the skeleton is open and not yet loaded: settings and sizes from t->opts.events */
int events_open(struct tracer *t, char *err, size_t errlen);

/* events_ring_bytes - of a ring for what @o asks for: a power of two of pages, as the kernel wants it */
uint32_t events_ring_bytes(const struct tracer_opts *o);

/* events_context_name - enum events_context as records have it; NULL: not known */
const char *events_context_name(uint32_t context);

/* events_begin - it is loaded */
int events_begin(struct tracer *t, char *err, size_t errlen);

/*
 * events_poll - hand over what the ring holds: while tracing at most a ring's worth, so that a
 * flood does not keep the caller
 *
 * Return: 0, or what the caller's function returned.
 */
int events_poll(struct tracer *t);

/* events_hand_worst - hand over the longest since the last time, the longest first */
int events_hand_worst(struct tracer *t);

void events_close(struct tracer *t);
#endif
