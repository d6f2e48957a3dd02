/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_PROBE_TYPES_H
#define KT_PROBE_TYPES_H
/*
 * Fixed-width types and bool, by C's own names, for what is built for BPF and for user space.
 *
 * BPF has no C library, so no <stdint.h>; there the names stand for the kernel's types, which the
 * programs themselves use: pointers of both spellings go together.
 */
#include <stdbool.h>

#ifdef __bpf__
#include <linux/types.h>

typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
#else
#include <stdint.h>
#endif
#endif
