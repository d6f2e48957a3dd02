/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_STACKS_H
#define KT_BPF_STACKS_H
/*
 * Stacks as text: addresses of the kernel and of processes, named when they are recorded, since
 * the process may be gone by the time somebody reads them.
 *
 * A process's files are looked at when it is first met, so that the names of one that ends right
 * afterwards are found. What has no name is its address.
 */
#include <stdint.h>

#include "bpf/events_shared.h"

struct stacks;
struct record_event;

/* stacks_new - NULL: out of memory */
struct stacks *stacks_new(void);
void stacks_free(struct stacks *s);

/* stacks_meet - look at process @tgid (as the kernel's first pid namespace shows it) now */
void stacks_meet(struct stacks *s, uint32_t tgid);

/* stacks_name - @stack into @e; the texts are valid until the next call */
void stacks_name(struct stacks *s, const struct events_stack *stack, struct record_event *e);
#endif
