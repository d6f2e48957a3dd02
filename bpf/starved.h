/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_STARVED_H
#define KT_BPF_STARVED_H
/*
 * Threads that were ready to run from the beginning of a trace to its end, and never did: their wait
 * is in no histogram, because it is not over. Of processes and threads that were named; the kernel's
 * own accounts say it (/proc/PID/task/TID/schedstat).
 */
#include <stdint.h>

#include "bpf/filter.h"

struct starved;

/* starved_watch - from now on; NULL: nobody was named, or the kernel keeps no accounts */
struct starved *starved_watch(const struct filter *f);

/*
 * starved_find - how many have waited ever since, the first of them by name in @text
 */
uint32_t starved_find(const struct starved *s, char *text, size_t size);

void starved_free(struct starved *s);
#endif
