/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WORK_SHARED_H
#define KT_BPF_WORK_SHARED_H
/* What work.bpf.c and work.c agree on. */
#include "bpf/tracer_shared.h"

#define WORK_DEFAULT_PENDING 16384
#define WORK_MAX_THREADS     4096
#define WORK_MAX_BARRIERS    1024

struct work_settings {
	hist_u64 kernel_barrier; /* address of kthread_flush_work_fn, 0: not known */
	hist_u32 by;		 /* enum tracer_by */
	hist_u32 reserved;
};

/* An item from queue to start; the kernel's have tgid 0. */
struct work_key {
	hist_u64 work;
	hist_u32 tgid;
	hist_u32 reserved;
};

#endif
