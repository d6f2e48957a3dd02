/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_PERCPU_H
#define KT_BPF_PERCPU_H
/* Where the kernel's per-CPU variables lie, by its types: also where kallsyms has no data. */
#include <stdint.h>

/*
 * percpu_preempt_count - how far beyond its run queue a CPU's preempt count lies, modulo 2^64
 *
 * Return: 0; -ENOENT when this kernel does not say, or keeps it elsewhere; or another -errno.
 */
int percpu_preempt_count(uint64_t *distance);
#endif
