/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_REFINE_BPF_H
#define KT_BPF_REFINE_BPF_H
/*
 * --refine: programs beside those of wakeup.bpf.c, which includes this at its end. Without the
 * option none of them is loaded, and nothing of it costs anything. refine_state.h has the rules,
 * refine.c says what each needs.
 *
 * Values are recorded at sched_switch and sched_wakeup only, where interrupts are off.
 */
#include "bpf/refine_state.h"

/* By CPU; sized by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct refine_cpu);
} refine_cpus SEC(".maps");

/* By thread id in the initial namespace; an entry goes with the wake. Sized by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct refine_kick);
} refine_kicks SEC(".maps");

/* NULL: counting is off. */
static __always_inline struct refine_cpu *refine_cpu(__u32 cpu)
{
	if (!*(volatile __u32 *)&control.enabled)
		return NULL;
	return bpf_map_lookup_elem(&refine_cpus, &cpu);
}

static __always_inline __u32 refine_session(void)
{
	return *(volatile __u32 *)&control.session;
}

static __always_inline void refine_put(struct task_struct *p, __u32 metric, __u64 ns)
{
	struct wake_task *t = p->pid && ns ? task_find(p) : NULL;
	struct wake_out o;

	if (!t)
		return;
	sink(&o, t, p, block_of(0));
	if (!o.block)
		return;
	if (settings.group == TRACER_GROUP_SUBJECT)
		wake_record(o.group, metric, ns);
	else
		block_record(o.block, metric, ns);
}

/* ---- when a CPU is asked to reschedule, and does --------------------------------------------- */

/* The queue's lock is held, as it is at sched_switch. */
SEC("?tp_btf/sched_set_need_resched_tp")
int BPF_PROG(on_refine_asked, struct task_struct *running, int cpu, int flag)
{
	struct refine_cpu *c = refine_cpu(cpu);

	if (c)
		refine_asked(c, bpf_ktime_get_ns(), refine_session());
	return 0;
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(on_refine_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 state = settings.switch_has_state ? (__u32)ctx[3] : state_field(prev);
	struct refine_cpu *c = refine_cpu(bpf_get_smp_processor_id());
	struct wake_task *t;
	struct refine_out o;

	if (!c)
		return 0;
	refine_switched(c, bpf_ktime_get_ns(), prev->pid, next->pid, !preempt && !state,
			refine_session(), &o);
	if (o.negative)
		count(COUNTER_negative);
	if (o.yielded && prev->pid) {
		t = task_find(prev);
		if (t && counts(t))
			count(COUNTER_yielded);
	}
	refine_put(prev, METRIC_SWITCH, o.switch_ns);
	refine_put(next, METRIC_RESCHED, o.resched_ns);
	return 0;
}

/* Interrupts are on: nothing is recorded here. */
SEC("?tp_btf/sched_exit_tp")
int BPF_PROG(on_refine_done, bool switched)
{
	struct refine_cpu *c = refine_cpu(bpf_get_smp_processor_id());

	if (c)
		refine_done(c, bpf_ktime_get_ns(), switched, refine_session());
	return 0;
}

/* ---- by which interrupt another CPU was told to wake ----------------------------------------- */

SEC("?tp_btf/sched_waking")
int BPF_PROG(on_refine_waking, struct task_struct *p)
{
	struct refine_cpu *c = refine_cpu(bpf_get_smp_processor_id());
	__u32 tid = p->pid;

	if (!c)
		return 0;
	refine_fresh(c, refine_session());
	c->waking = task_find(p) ? tid : 0;
	/* An interrupt for something else, taken for that of an earlier wake. */
	if (c->waking && bpf_map_lookup_elem(&refine_kicks, &tid))
		bpf_map_delete_elem(&refine_kicks, &tid);
	return 0;
}

/*
 * Without a function it asks a CPU to reschedule, for a thread that is in its queue already. May
 * come with interrupts on, for something else: nothing is recorded here.
 */
SEC("?tp_btf/ipi_send_cpu")
int BPF_PROG(on_refine_interrupt, unsigned int cpu, unsigned long callsite, void *function)
{
	struct refine_cpu *c = refine_cpu(bpf_get_smp_processor_id());
	struct refine_kick k;
	__u32 tid;

	if (!c || !c->waking || !function)
		return 0;
	tid = refine_kicked(c, bpf_ktime_get_ns(), cpu, refine_session(), &k);
	if (tid && bpf_map_update_elem(&refine_kicks, &tid, &k, BPF_ANY))
		return lose(COUNTER_map_full);
	return 0;
}

/* An idle CPU that polls sees the request by itself. */
SEC("?tp_btf/sched_wake_idle_without_ipi")
int BPF_PROG(on_refine_polled, int cpu)
{
	struct refine_cpu *c = refine_cpu(bpf_get_smp_processor_id());

	if (!c || !c->waking)
		return 0;
	c->waking = 0;
	return lose(COUNTER_idle_polled);
}

/* On the waker's own CPU it needed none. */
SEC("?tp_btf/sched_wakeup")
int BPF_PROG(on_refine_wakeup, struct task_struct *p)
{
	__u32 cpu = bpf_get_smp_processor_id(), tid = p->pid;
	struct refine_cpu *c = refine_cpu(cpu);
	struct refine_kick *known;
	__u64 ns;

	if (!c)
		return 0;
	if (c->waking == tid)
		c->waking = 0;
	known = bpf_map_lookup_elem(&refine_kicks, &tid);
	if (!known)
		return 0;
	ns = refine_kick_ns(known, bpf_ktime_get_ns(), cpu, refine_session());
	bpf_map_delete_elem(&refine_kicks, &tid);
	refine_put(p, METRIC_IPI, ns);
	return 0;
}
#endif
