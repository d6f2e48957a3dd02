/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_BEHIND_H
#define KT_BPF_BEHIND_H
/*
 * Who ran while a task waited, from the whole log of switches: BPF reads only its end, since it must
 * not take long. Good as long as the CPU has not written over it: a few thousand switches.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bpf/events_shared.h"

/* A power of two; those that find no place are among the others. */
#define BEHIND_PLACES 512

struct behind {
	uint32_t nr;
	uint64_t other_ns;
	struct events_behind place[BEHIND_PLACES]; /* ns 0: free */
};

/*
 * behind_collect - who ran on the CPU of @log from @from to @to, added to @b
 *
 * Return: false: the CPU wrote over it meanwhile, so that @b is not to be trusted.
 */
bool behind_collect(const struct events_cpu *log, uint64_t from, uint64_t to, struct behind *b);

/*
 * behind_longest - the @max that ran longest, the longest first, into @out; the rest is added to
 * @b->other_ns
 *
 * Return: how many there are.
 */
uint32_t behind_longest(struct behind *b, struct events_behind *out, uint32_t max);
#endif
