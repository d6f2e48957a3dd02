/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_PARK_SHARED_H
#define KT_BPF_PARK_SHARED_H
/* What park.bpf.c and park.c agree on. */
#include "bpf/tracer_shared.h"

#define PARK_MAX_THREADS 4096

struct park_call {
	uint64_t begin_ns;
	uint32_t target;
	uint32_t session;
};
#endif
