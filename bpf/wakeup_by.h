/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WAKEUP_BY_H
#define KT_BPF_WAKEUP_BY_H
/*
 * The loader's part of wakeup_subject.bpf.h: what the programs must know for a breakdown, and what
 * its subjects are called.
 */
#include "bpf/tracer_impl.h"

/* Zeroed memory is an empty one. */
struct wakeup_by {
	char **cgroup; /* by group: its path, kept for when it is gone; NULL: not looked up */
	uint32_t nr_groups;
	uint32_t nr_looked_at; /* subjects */
};

/* wakeup_by_open - before load; 0, or -errno with one sentence in @err */
int wakeup_by_open(struct tracer *t, char *err, size_t errlen);

/* wakeup_by_begin - after load; 0, or -errno with one sentence in @err */
int wakeup_by_begin(struct tracer *t, char *err, size_t errlen);

/* wakeup_by_poll - look what new subjects are called, while they are there; 0 or -errno */
int wakeup_by_poll(struct tracer *t, struct wakeup_by *b);

void wakeup_by_name(struct tracer *t, struct wakeup_by *b, const struct tracer_subject *s,
		    char *name, size_t size);
void wakeup_by_free(struct wakeup_by *b);
#endif
