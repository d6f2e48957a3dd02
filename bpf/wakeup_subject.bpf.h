/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WAKEUP_SUBJECT_BPF_H
#define KT_BPF_WAKEUP_SUBJECT_BPF_H
/*
 * For whom a wait counts, and what runs after it: --by of wakeup.
 *
 * A thread, its name and its cgroup are the task's own and change seldom. The CPU, the waker and
 * the placement are the stint's: taken when it is switched in, and kept until it leaves, so that
 * what ran is counted beside what waited for it.
 */
#include "bpf/common.bpf.h"

#include "bpf/events.bpf.h"
#include "bpf/filters.bpf.h"
#include "bpf/subjects.bpf.h"
#include "bpf/wake_state.h"

/* By CPU, with --by placement; sized by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wakeup_near);
} near SEC(".maps");

/* Zeroed memory knows nothing yet. */
struct wakeup_subject {
	__u64 waker[2]; /* its comm, of the wake that is under way */
	__u32 context;	/* enum events_context: what it woke out of */
	__u32 last_cpu; /* where it last ran + 1 */
	__u32 group;	/* + 1, 0: not asked yet */
	__u32 tid;	/* the task's, when it was last asked */
};

/* Is it this that subjects are? Constants: what is not asked for is not even there. */
static __always_inline bool subject_is(enum tracer_by by)
{
	return settings.group == TRACER_GROUP_SUBJECT && settings.by == by;
}

static __always_inline bool subject_is_of_stint(void)
{
	return subject_is(TRACER_BY_CPU) || subject_is(TRACER_BY_WAKER) ||
	       subject_is(TRACER_BY_PLACEMENT);
}

/* subject_memo - what of the task is to be looked at again and again, as memo_refresh() takes it */
static __always_inline __u32 subject_memo(void)
{
	if (subject_is(TRACER_BY_THREAD) || subject_is(TRACER_BY_COMM))
		return MEMO_NAME;
	return subject_is(TRACER_BY_CGROUP) ? MEMO_CGROUP : 0;
}

/* subject_changed - memo_refresh() found something new of @p */
static __always_inline void subject_changed(struct wakeup_subject *w, struct task_struct *p,
					    __u32 is_new)
{
	/* Whoever calls exec becomes the first thread of its process, whichever it was. */
	if (subject_is(TRACER_BY_THREAD) && w->tid != (__u32)p->pid) {
		w->tid = p->pid;
		w->group = 0;
	}
	if (!w->group)
		return;
	if (subject_is(TRACER_BY_THREAD) && is_new & MEMO_NAME)
		subject_rename(w->group - 1, p);
	if ((subject_is(TRACER_BY_COMM) && is_new & MEMO_NAME) ||
	    (subject_is(TRACER_BY_CGROUP) && is_new & MEMO_CGROUP))
		w->group = 0;
}

/* subject_woken_by - @waker, which is current, wakes it, or has made it */
static __always_inline void subject_woken_by(struct wakeup_subject *w, struct task_struct *waker)
{
	if (!subject_is(TRACER_BY_WAKER))
		return;
	w->waker[0] = ((const __u64 *)waker->comm)[0];
	w->waker[1] = ((const __u64 *)waker->comm)[1];
	w->context = waker_context(waker);
	/* The idle task wakes nobody but on behalf of an interrupt. */
	if (w->context == EVENTS_CONTEXT_UNKNOWN && !waker->pid)
		w->context = EVENTS_CONTEXT_INTERRUPT;
}

/* subject_waking - at sched_waking of @p by @waker */
static __always_inline void subject_waking(struct wakeup_subject *w, struct task_struct *p,
					   struct task_struct *waker)
{
	subject_woken_by(w, waker);
	/* Asleep since before the trace: the kernel knows where it last ran. */
	if (subject_is(TRACER_BY_PLACEMENT) && !w->last_cpu)
		w->last_cpu = cpu_of(p) + 1;
}

/* subject_leaves - it leaves this CPU */
static __always_inline void subject_leaves(struct wakeup_subject *w)
{
	if (subject_is(TRACER_BY_PLACEMENT))
		w->last_cpu = bpf_get_smp_processor_id() + 1;
}

static __always_inline __u64 placement_of(const struct wakeup_subject *w,
					  const struct wake_state *s)
{
	__u32 cpu = bpf_get_smp_processor_id(), last = w->last_cpu - 1;
	struct wakeup_near *here, *there;

	if (!w->last_cpu)
		return s->place == WAKE_QUEUED && s->wait == WAKE_WAIT_FIRST ? PLACEMENT_FIRST_RUN
									     : PLACEMENT_UNKNOWN;
	if (cpu == last)
		return PLACEMENT_SAME_CPU;
	here = bpf_map_lookup_elem(&near, &cpu);
	there = bpf_map_lookup_elem(&near, &last);
	if (!here || !there)
		return PLACEMENT_UNKNOWN;
	if (here->cache && here->cache == there->cache)
		return PLACEMENT_SAME_CACHE;
	if (!here->node || !there->node)
		return PLACEMENT_UNKNOWN;
	return here->node == there->node ? PLACEMENT_SAME_NODE : PLACEMENT_REMOTE;
}

static __always_inline void subject_of_waker(struct tracer_subject *s,
					     const struct wakeup_subject *w,
					     const struct wake_state *wake)
{
	const char interrupt[TASK_COMM_LEN] = "interrupt";
	const char softirq[TASK_COMM_LEN] = "softirq";
	const char idle[TASK_COMM_LEN] = "idle";
	const char none[TASK_COMM_LEN] = "not woken";

	if (wake->chain != WAKE_WOKEN &&
	    !(wake->place == WAKE_QUEUED && wake->wait == WAKE_WAIT_FIRST))
		subject_of_word(s, none);
	else if (w->context == EVENTS_CONTEXT_INTERRUPT)
		subject_of_word(s, interrupt);
	else if (w->context == EVENTS_CONTEXT_SOFTIRQ)
		subject_of_word(s, softirq);
	else if (w->context == EVENTS_CONTEXT_IDLE)
		subject_of_word(s, idle);
	else
		subject_of_comm(s, w->waker);
}

/* An own function: its ways are many, and it is called from three programs. */
static __noinline void subject_find(struct wakeup_subject *w, struct wake_state *wake,
				    struct task_struct *p)
{
	struct tracer_subject s;

	if (settings.by == TRACER_BY_COMM)
		subject_of_comm(&s, (const __u64 *)p->comm);
	else if (settings.by == TRACER_BY_CPU)
		subject_of_number(&s, bpf_get_smp_processor_id() + 1);
	else if (settings.by == TRACER_BY_CGROUP)
		subject_of_cgroup(&s, cgroup_of(p));
	else if (settings.by == TRACER_BY_WAKER)
		subject_of_waker(&s, w, wake);
	else if (settings.by == TRACER_BY_PLACEMENT)
		subject_of_number(&s, placement_of(w, wake));
	else
		subject_of_task(&s, p);
	w->group = subject_group(&s) + 1;
	/* Known already where the first thread was that called exec no more. */
	if (settings.by == TRACER_BY_THREAD)
		subject_rename(w->group - 1, p);
}

/* subject_enters - @p is switched in now; before wake_switch_in() */
static __always_inline void subject_enters(struct wakeup_subject *w)
{
	if (subject_is_of_stint())
		w->group = 0;
}

/* subject_now - the group of @p as it is now */
static __always_inline __u32 subject_now(struct wakeup_subject *w, struct wake_state *wake,
					 struct task_struct *p)
{
	if (!w->group)
		subject_find(w, wake, p);
	/* Read anew: the verifier forgets the ways that led here, and walks the rest once. */
	return *(volatile __u32 *)&w->group - 1;
}
#endif
