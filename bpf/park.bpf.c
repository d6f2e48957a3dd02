// SPDX-License-Identifier: GPL-2.0-only
/*
 * park: what park and unpark cost, for the caller and for the parked thread.
 *
 * Library threads by their USDTs, kernel threads by scheduler tracepoints alone; the rules are in
 * park_state.h.
 */
#define HIST_PREEMPTIBLE
#define TRACER_THREAD_NAMES
#include "bpf/common.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/hist.bpf.h"
#include "bpf/names.bpf.h"
#include "bpf/subjects.bpf.h"
#include <bpf/usdt.bpf.h>

#include "bpf/park_episode.bpf.h"
#include "bpf/park_shared.h"
#include "bpf/park_state.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PARK_MAX_THREADS);
	__type(key, struct tracer_thread);
	__type(value, struct park_target);
} targets SEC(".maps");

/* By thread id of the caller: what it is in the middle of. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PARK_MAX_THREADS);
	__type(key, __u32);
	__type(value, struct park_call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PARK_MAX_THREADS);
	__type(key, __u32);
	__type(value, struct park_kernel);
} kernel_threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PARK_MAX_THREADS);
	__type(key, __u32);
	__type(value, struct park_parker);
} parkers SEC(".maps");

static __always_inline __u32 session_now(void)
{
	return *(volatile __u32 *)&control.session;
}

/* May what ends now count? It is asked where it ends; a figure that is owed is paid elsewhere. */
static __always_inline bool ends_here(void)
{
	return wanted_cpu(bpf_get_smp_processor_id());
}

static __always_inline void put(__u32 group, __u32 metric, __u64 ns)
{
	if (group != TRACER_NO_GROUP)
		hist_record(group, metric - METRIC_PARK, ns);
}

static __always_inline void record(__u32 group, __u32 metric, __u64 ns)
{
	if (ends_here())
		put(group, metric, ns);
}

static __always_inline void count_answer(enum park_answer a)
{
	count(a == PARK_BACKWARDS ? COUNTER_negative : COUNTER_unmatched);
}

static __always_inline __u32 group_of(struct task_struct *p)
{
	struct tracer_subject s;

	if (settings.group != TRACER_GROUP_SUBJECT)
		return 0;
	subject_of_task(&s, p);
	return subject_group(&s);
}

/* ---- the library's probes -------------------------------------------------------------------- */

/* The state of thread @tid of the current process, fresh when it is of an earlier counting. */
static __always_inline struct park_target *target_of(struct task_struct *current, __u32 tid)
{
	struct tracer_thread key = { .tgid = current->tgid, .tid = tid };
	struct park_target *t = bpf_map_lookup_elem(&targets, &key), fresh = {};

	if (t && t->session == session_now())
		return t;
	fresh.session = session_now();
	if (bpf_map_update_elem(&targets, &key, &fresh, BPF_ANY)) {
		count(COUNTER_map_full);
		return NULL;
	}
	return bpf_map_lookup_elem(&targets, &key);
}

/*
 * The subject is the parked thread, and only its own probes identify it. @p: it, or NULL when
 * the event is another thread's. Return: its figures may be recorded now.
 */
static __always_inline bool target_known(struct park_target *t, struct task_struct *p)
{
	if (t->known)
		return true;
	if (p) {
		t->wanted = wanted(p);
		t->group = t->wanted ? group_of(p) : TRACER_NO_GROUP;
	} else if (settings.by_name || settings.by_thread ||
		   settings.group == TRACER_GROUP_SUBJECT) {
		return false;
	} else {
		t->wanted = 1;
		t->group = 0;
	}
	t->known = 1;
	return true;
}

static __always_inline void pay_owed(struct park_target *t)
{
	if (t->owed_park_ns)
		put(t->group, METRIC_PARK, t->owed_park_ns);
	if (t->owed_call_ns)
		put(t->group, METRIC_UNPARK_CALL, t->owed_call_ns);
	t->owed_park_ns = t->owed_call_ns = 0;
}

static __always_inline int call_begins(__u64 now, __u32 tid)
{
	struct park_call c = { .begin_ns = now, .target = tid, .session = session_now() };
	__u32 caller = (__u32)bpf_get_current_pid_tgid();

	if (bpf_map_update_elem(&calls, &caller, &c, BPF_ANY))
		return lose(COUNTER_map_full);
	return 0;
}

/* How long the call took, 0: its beginning is not known (counted). */
static __always_inline __u64 call_ends(__u64 now, __u32 tid)
{
	__u32 caller = (__u32)bpf_get_current_pid_tgid();
	struct park_call *known = bpf_map_lookup_elem(&calls, &caller), c;

	if (!known) {
		count(COUNTER_unmatched);
		return 0;
	}
	c = *known;
	bpf_map_delete_elem(&calls, &caller);
	if (c.session != session_now() || c.target != tid) {
		count(COUNTER_unmatched);
		return 0;
	}
	if (now <= c.begin_ns) {
		count(COUNTER_negative);
		return 0;
	}
	return now - c.begin_ns;
}

SEC("?usdt")
int BPF_USDT(on_park_begin, int tid)
{
	struct task_struct *p = bpf_get_current_task_btf();
	__u64 now = bpf_ktime_get_ns();
	struct park_target *t;

	if (!started() || !wanted_process(p))
		return 0;
	t = target_of(p, tid);
	if (!t)
		return 0;
	if (episodes_on() && !t->asked) {
		struct tracer_thread thread = { .tgid = p->tgid, .tid = tid };

		park_episode_asked(&thread);
	}
	park_asked(t, now, p->pid);
	return call_begins(now, tid);
}

SEC("?usdt")
int BPF_USDT(on_park_end, int tid, int ret)
{
	struct task_struct *p = bpf_get_current_task_btf();
	__u64 took, now = bpf_ktime_get_ns();
	struct park_target *t;

	if (!started() || !wanted_process(p))
		return 0;
	t = target_of(p, tid);
	took = call_ends(now, tid);
	if (!t)
		return 0;
	if (ret) {
		park_refused(t, p->pid);
		return lose(COUNTER_park_refused);
	}
	/* By itself it only sets the request: no park was waited for. */
	if (!took || own_tid(p) == tid)
		return 0;
	if (target_known(t, NULL))
		record(t->group, METRIC_PARK, took);
	else
		t->owed_park_ns = ends_here() ? took : 0;
	return 0;
}

SEC("?usdt")
int BPF_USDT(on_parked, int tid)
{
	struct task_struct *p = bpf_get_current_task_btf();
	__u64 react, now = bpf_ktime_get_ns();
	struct park_target *t;
	enum park_answer a;
	__u32 stale;

	if (!started() || !wanted_process(p))
		return 0;
	t = target_of(p, tid);
	if (!t)
		return 0;
	target_known(t, p);
	pay_owed(t);
	a = park_parked(t, now, &react, &stale);
	if (!t->wanted)
		return lose(COUNTER_filtered);
	if (stale)
		count(COUNTER_superseded);
	if (a == PARK_ANSWERED)
		record(t->group, METRIC_PARK_REACT, react);
	else
		count_answer(a);
	if (episodes_on()) {
		struct tracer_thread thread = { .tgid = p->tgid, .tid = tid };

		park_episode_parked(&thread, now, a == PARK_ANSWERED, react);
	}
	return 0;
}

SEC("?usdt")
int BPF_USDT(on_unpark_begin, int tid)
{
	struct task_struct *p = bpf_get_current_task_btf();
	__u64 now = bpf_ktime_get_ns();
	struct park_target *t;

	if (!started() || !wanted_process(p))
		return 0;
	t = target_of(p, tid);
	if (!t)
		return 0;
	park_released(t, now);
	return call_begins(now, tid);
}

SEC("?usdt")
int BPF_USDT(on_unpark_end, int tid)
{
	struct task_struct *p = bpf_get_current_task_btf();
	__u64 took, now = bpf_ktime_get_ns();
	struct park_target *t;

	if (!started() || !wanted_process(p))
		return 0;
	t = target_of(p, tid);
	took = call_ends(now, tid);
	if (!t || !took)
		return 0;
	if (target_known(t, NULL))
		record(t->group, METRIC_UNPARK_CALL, took);
	else
		t->owed_call_ns = ends_here() ? took : 0;
	return 0;
}

SEC("?usdt")
int BPF_USDT(on_unparked, int tid)
{
	struct task_struct *p = bpf_get_current_task_btf();
	__u64 unpark, now = bpf_ktime_get_ns();
	struct park_target *t;
	enum park_answer a;

	if (!started() || !wanted_process(p))
		return 0;
	t = target_of(p, tid);
	if (!t)
		return 0;
	target_known(t, p);
	pay_owed(t);
	a = park_unparked(t, now, &unpark);
	if (!t->wanted)
		return lose(COUNTER_filtered);
	if (a == PARK_ANSWERED)
		record(t->group, METRIC_UNPARK, unpark);
	else
		count_answer(a);
	if (episodes_on()) {
		struct tracer_thread thread = { .tgid = p->tgid, .tid = tid };

		park_episode_over(&thread, p, now, a == PARK_ANSWERED, unpark);
	}
	return 0;
}

/* ---- the scheduler's tracepoints, for kernel threads ----------------------------------------- */

/* struct kthread hangs off the task; which member it is changed in 5.17. */
static __always_inline bool should_park(struct task_struct *p)
{
	struct kthread *k = NULL;
	unsigned long flags = 0;

	if (bpf_core_field_exists(struct task_struct, worker_private))
		k = p->worker_private;
	else
		k = (struct kthread *)p->set_child_tid;
	if (!k || bpf_core_read(&flags, sizeof(flags), &k->flags))
		return false;
	return flags >> bpf_core_enum_value(enum KTHREAD_BITS, KTHREAD_SHOULD_PARK) & 1;
}

static __always_inline struct park_kernel *kernel_of(__u32 tid, bool make)
{
	struct park_kernel *k = bpf_map_lookup_elem(&kernel_threads, &tid), fresh = {};

	if (k && k->session == session_now())
		return k;
	if (!make)
		return NULL;
	fresh.session = session_now();
	if (bpf_map_update_elem(&kernel_threads, &tid, &fresh, BPF_ANY)) {
		count(COUNTER_map_full);
		return NULL;
	}
	return bpf_map_lookup_elem(&kernel_threads, &tid);
}

/* No process of users has such an id. */
static __always_inline struct tracer_thread kernel_thread(struct task_struct *p)
{
	return (struct tracer_thread){ .tgid = 0, .tid = p->pid };
}

static __always_inline void kernel_asked(struct task_struct *p)
{
	struct tracer_thread thread = kernel_thread(p);

	park_episode_asked(&thread);
}

/* The parker's completion: the thread it asked wakes it. */
static __always_inline void parker_waking(struct task_struct *p, __u32 waker)
{
	__u32 tid = p->pid;
	struct park_parker *w = bpf_map_lookup_elem(&parkers, &tid);

	if (w && w->thread == waker)
		w->answered = 1;
}

SEC("?tp_btf/sched_waking")
int BPF_PROG(on_sched_waking, struct task_struct *p)
{
	__u32 waker = (__u32)bpf_get_current_pid_tgid();
	struct park_parker w = {};
	struct park_kernel *k;
	bool is_parked;
	__u64 now;

	if (!*(volatile __u32 *)&control.enabled)
		return 0;
	parker_waking(p, waker);
	if (!(p->flags & PF_KTHREAD))
		return 0;
	is_parked = state_field(p) & TASK_PARKED;
	if ((!is_parked && !should_park(p)) || !wanted(p))
		return 0;
	now = bpf_ktime_get_ns();
	count(COUNTER_EVENTS);
	k = kernel_of(p->pid, true);
	if (!k || park_kernel_waking(k, now, is_parked, !is_parked) != PARK_WAKE_NUDGE)
		return 0;
	if (episodes_on() && k->nudged_ns == now)
		kernel_asked(p);
	if (!waker)
		return 0;
	w.asked_ns = k->nudged_ns;
	w.thread = p->pid;
	w.session = session_now();
	w.group = group_of(p);
	if (bpf_map_update_elem(&parkers, &waker, &w, BPF_ANY))
		return lose(COUNTER_map_full);
	return 0;
}

static __always_inline void switched_out(struct task_struct *prev, __u32 state, __u64 now)
{
	struct park_kernel *k;
	enum park_answer a;
	__u64 react;

	if (!(prev->flags & PF_KTHREAD) || !(state & TASK_PARKED) || !wanted(prev))
		return;
	count(COUNTER_EVENTS);
	k = kernel_of(prev->pid, true);
	if (!k)
		return;
	a = park_kernel_parked(k, now, &react);
	if (a == PARK_ANSWERED)
		record(group_of(prev), METRIC_PARK_REACT, react);
	else
		count(a == PARK_UNASKED ? COUNTER_no_nudge : COUNTER_negative);
	if (episodes_on()) {
		struct tracer_thread thread = kernel_thread(prev);

		park_episode_parked(&thread, now, a == PARK_ANSWERED, react);
	}
}

static __always_inline void switched_in(struct task_struct *next, __u64 now)
{
	__u32 tid = next->pid;
	struct park_parker *w = bpf_map_lookup_elem(&parkers, &tid);
	struct park_kernel *k;
	__u64 unpark;

	if (w && w->answered) {
		if (w->session == session_now() && now > w->asked_ns)
			record(w->group, METRIC_PARK, now - w->asked_ns);
		bpf_map_delete_elem(&parkers, &tid);
	}
	if (!(next->flags & PF_KTHREAD))
		return;
	k = kernel_of(tid, false);
	if (!k || park_kernel_running(k, now, &unpark) != PARK_ANSWERED)
		return;
	record(group_of(next), METRIC_UNPARK, unpark);
	if (episodes_on()) {
		struct tracer_thread thread = kernel_thread(next);

		park_episode_over(&thread, next, now, true, unpark);
	}
}

SEC("?tp_btf/sched_switch")
int on_sched_switch(__u64 *ctx)
{
	struct task_struct *prev = (struct task_struct *)ctx[1],
			   *next = (struct task_struct *)ctx[2];
	bool preempt = ctx[0];
	__u32 state;

	if (!*(volatile __u32 *)&control.enabled)
		return 0;
	state = settings.switch_has_state ? (__u32)ctx[3] : state_field(prev);
	if (!preempt)
		switched_out(prev, state, bpf_ktime_get_ns());
	switched_in(next, bpf_ktime_get_ns());
	return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(on_thread_exit, struct task_struct *p)
{
	struct tracer_thread key = { .tgid = p->tgid, .tid = own_tid(p) };
	__u32 tid = p->pid;

	bpf_map_delete_elem(&targets, &key);
	bpf_map_delete_elem(&calls, &tid);
	bpf_map_delete_elem(&kernel_threads, &tid);
	bpf_map_delete_elem(&parkers, &tid);
	if (episodes_on()) {
		bpf_map_delete_elem(&courses, &key);
		key = kernel_thread(p);
		bpf_map_delete_elem(&courses, &key);
	}
	return 0;
}
