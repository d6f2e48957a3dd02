/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_NAMES_BPF_H
#define KT_BPF_NAMES_BPF_H
/*
 * Full names of library threads: comm holds 15 characters, the probe kthread:create has all of
 * them.
 *
 * Define TRACER_THREAD_NAMES before bpf/common.bpf.h, include this after it, and attach both
 * programs where names matter (a name filter, subjects by thread). Threads older than the tracing
 * keep their comm.
 */
#include "bpf/common.bpf.h"
#include "bpf/filters.bpf.h"
#include <bpf/usdt.bpf.h>

SEC("?usdt")
int BPF_USDT(on_thread_created, int tid, char *name)
{
	struct task_struct *p = bpf_get_current_task_btf();
	struct tracer_thread key = { .tgid = p->tgid, .tid = tid };
	struct tracer_name n = {};

	if (!wanted_process(p) || bpf_probe_read_user_str(n.name, sizeof(n.name), name) <= 0)
		return 0;
	if (!bpf_map_update_elem(&thread_names, &key, &n, BPF_ANY))
		__sync_fetch_and_add(&control.names, 1);
	return 0;
}

/* The id may be given to another thread next. */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(on_named_thread_exit, struct task_struct *p)
{
	struct tracer_thread key = { .tgid = p->tgid, .tid = own_tid(p) };

	bpf_map_delete_elem(&thread_names, &key);
	return 0;
}
#endif
