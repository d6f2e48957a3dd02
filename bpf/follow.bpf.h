/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_FOLLOW_BPF_H
#define KT_BPF_FOLLOW_BPF_H
/*
 * Process following: keeps the map `processes` while traced processes fork, exec and exit.
 *
 * Each object that filters by process includes it; the loader attaches the programs when
 * settings.by_process is on, or where all processes are traced by a kind that reads their slots:
 * then the map has those that have slots. A forked child has its parent's memory layout, so it
 * inherits the registry address; exec voids it, and the loader looks for the new one when
 * process_changes has moved.
 */
#include "bpf/common.bpf.h"
#include "bpf/filters.bpf.h"

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(on_process_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 from = parent->tgid, to = child->tgid;
	struct tracer_process *known, copy;

	if (from == to || (settings.by_process && !settings.follow))
		return 0;
	known = bpf_map_lookup_elem(&processes, &from);
	if (!known)
		return 0;
	copy = *known;
	if (bpf_map_update_elem(&processes, &to, &copy, BPF_ANY))
		return lose(COUNTER_processes_full);
	__sync_fetch_and_add(&control.process_changes, 1);
	return 0;
}

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(on_process_exec, struct task_struct *p)
{
	struct tracer_process *known = process_of(p);

	if (!known)
		return 0;
	known->registry = 0;
	known->execs++;
	__sync_fetch_and_add(&control.process_changes, 1);
	return 0;
}

/* How far up an ancestor is looked for; what is deeper is found by running once more. */
#define ANCESTORS_MAX 32

/* Descendants that were there before: those of which an ancestor is in the map. */
SEC("?iter/task")
int seed_children(struct bpf_iter__task *ctx)
{
	struct task_struct *p = ctx->task, *up = p;
	struct tracer_process fresh = {};
	__u32 id, i;

	if (!p || p->pid != p->tgid || p->flags & PF_KTHREAD || process_of(p))
		return 0;
	for (i = 0; i < ANCESTORS_MAX; i++) {
		up = BPF_CORE_READ(up, real_parent);
		id = up ? BPF_CORE_READ(up, tgid) : 0;
		if (!id)
			return 0;
		if (bpf_map_lookup_elem(&processes, &id))
			break;
	}
	if (i == ANCESTORS_MAX)
		return 0;
	id = p->tgid;
	/* Its fork may have been seen in between, then it is there already. */
	if (!bpf_map_update_elem(&processes, &id, &fresh, BPF_NOEXIST)) {
		control.children_found++;
		__sync_fetch_and_add(&control.process_changes, 1);
	} else if (!process_of(p)) {
		count(COUNTER_processes_full);
	}
	return 0;
}

/* Free, not exit: the last threads of a process still switch and are counted until then. */
SEC("?tp_btf/sched_process_free")
int BPF_PROG(on_process_free, struct task_struct *p)
{
	__u32 tgid = p->tgid;

	if (p->pid != p->tgid || bpf_map_delete_elem(&processes, &tgid))
		return 0;
	__sync_fetch_and_add(&control.process_changes, 1);
	return 0;
}
#endif
