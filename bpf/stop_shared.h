/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_STOP_SHARED_H
#define KT_BPF_STOP_SHARED_H
/* What stop.bpf.c and stop.c agree on. */
#include "bpf/tracer_shared.h"

#define STOP_MAX_PENDING 4096

/* A stop under way, by the thread id of who stops. */
struct stop_pending {
	hist_u64 start_ns;
	hist_u32 group;
	hist_u32 session;
};
#endif
