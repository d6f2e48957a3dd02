/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_GLOB_H
#define KT_BPF_GLOB_H
/*
 * A shell pattern (* ? [a-z] [!x] \x) in a form that BPF can match: one step per character, no
 * backtracking.
 *
 * State bit j means "the first j single-character tokens are matched". Reading c moves bit j to j+1
 * when token j accepts c, and keeps it when a '*' stands before token j. The pattern matches when
 * bit nr_tokens is set at the end. Names are matched as bytes.
 *
 * Several patterns share the word side by side, each from the bit after the last one's end on: no
 * token is accepted at an end, so nothing flows from one into the next.
 */
#include "lib/probe/types.h"

#define GLOB_MAX_TOKENS 63

struct glob {
	uint64_t accept[256]; /* bit j: token j accepts this byte */
	uint64_t star;	/* bit j: a '*' stands before token j (or at the end, j = nr_tokens) */
	uint64_t begin; /* the first bit of each pattern */
	uint64_t final; /* bit nr_tokens of each */
};

/* glob_step - state after @c; start with glob.begin, matched when (state & final) */
static inline __attribute__((always_inline)) uint64_t glob_step(uint64_t accept, uint64_t star,
								uint64_t state)
{
	return (state & accept) << 1 | (state & star);
}

#ifndef __bpf__
/* glob_compile - Return: 0, or -EINVAL: unfinished bracket, or more than GLOB_MAX_TOKENS tokens */
int glob_compile(struct glob *g, const char *pattern);

/* glob_add - one more pattern into the same word; -ENOSPC: no room left there, nothing is changed */
int glob_add(struct glob *g, const char *pattern);

/* glob_match - what BPF computes, for user space */
int glob_match(const struct glob *g, const char *text);
#endif
#endif
