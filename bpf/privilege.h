/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_PRIVILEGE_H
#define KT_BPF_PRIVILEGE_H
/*
 * What this process may do, as sets of capabilities, and how it stops being allowed to. For
 * processes of one thread: the kernel keeps capabilities by thread.
 */
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

struct caller;

/* Linux 5.9; the headers may be older. */
#define PRIVILEGE_CHECKPOINT_RESTORE 40

#define PRIVILEGE_BIT(cap) (1ULL << (cap))

/* privilege_now - the effective capabilities */
uint64_t privilege_now(void);

static inline bool privilege_has(int cap)
{
	return privilege_now() & PRIVILEGE_BIT(cap);
}

/* privilege_permitted - those that it may make effective */
uint64_t privilege_permitted(void);

/* privilege_use - make exactly those of @caps effective that are permitted. Return: 0 or -errno */
int privilege_use(uint64_t caps);

/*
 * privilege_keep - give up for good what is not in @keep, and become @who when kt runs for somebody
 * @runs: commands will be executed later, with what their user has; otherwise an exec brings
 *	nothing back
 *
 * Return: 0, or -errno: then it still has what it had, or less.
 */
int privilege_keep(uint64_t keep, const struct caller *who, bool runs);
#endif
