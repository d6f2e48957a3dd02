/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_WATCHED_H
#define KT_RECORD_WATCHED_H
/*
 * Who else watches the kernel: BPF programs, tracers, profilers. What they do at each switch and each
 * wake is in every figure that is measured meanwhile. For lib/record only.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * watched_json - {bpf_programs, tracer, events}: BPF programs that trace, other than this process's;
 * the current tracer of tracefs; its events that are switched on. Null where they are not shown.
 */
json_t *watched_json(void);

/* Processes that are in the way, or were not looked at. */
struct watched_processes {
	bool all_shown; /* the descriptors of each process could be read */
	size_t nr_profilers;
	char profiler[64]; /* the first one that has perf events open: "perf 1234" */
	bool irqbalance;
};

/* watched_look - read all of /proc, which takes about 20 us per process */
void watched_look(struct watched_processes *w);
#endif
