// SPDX-License-Identifier: GPL-2.0-only
/*
 * workqueue: how long the kernel's ordinary works wait for a kworker, and how long they run.
 *
 * The rules are in workqueue_state.h. Names are copied out when a work is queued: by the time it
 * starts its workqueue may be another one at the same address.
 */
#define HIST_PREEMPTIBLE /* works start and end in the worker's context */
#include "bpf/common.bpf.h"

#include "bpf/filters.bpf.h"
#include "bpf/hist.bpf.h"
#include "bpf/subjects.bpf.h"
#include "bpf/workqueue_episode.bpf.h"
#include "bpf/workqueue_shared.h"
#include "bpf/workqueue_state.h"

const volatile struct workqueue_settings workqueue_settings = {};
struct workqueue_control workqueue_control = {};

/* By the address of the work. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WORKQUEUE_DEFAULT_PENDING);
	__type(key, __u64);
	__type(value, struct workqueue_item);
} pending SEC(".maps");

/* By thread id in the initial namespace; an entry goes when its thread does. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WORKQUEUE_MAX_WORKERS);
	__type(key, __u32);
	__type(value, struct workqueue_run);
} workers SEC(".maps");

/* What each CPU's softirqs execute: it interrupts a worker, and nothing of its kind interrupts it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct workqueue_run);
} softirqs SEC(".maps");

static __always_inline __u32 session_now(void)
{
	return *(volatile __u32 *)&control.session;
}

/* ---- what the kernel says of works, workers and pools ---------------------------------------- */

/*
 * The pool wakes no worker for a work that becomes ready now: one is at work and will look, or none
 * is idle. The pool's lock is held.
 */
static __always_inline bool pool_is_busy(const struct worker_pool *pool)
{
	int nr_running = 0, nr_idle = 0;

	if (bpf_core_field_exists(pool->nr_running))
		bpf_core_read(&nr_running, sizeof(nr_running), &pool->nr_running);
	else
		bpf_core_read(&nr_running, sizeof(nr_running),
			      &((struct worker_pool___atomic *)pool)->nr_running.counter);
	bpf_core_read(&nr_idle, sizeof(nr_idle), &pool->nr_idle);
	return nr_running || !nr_idle;
}

static __always_inline bool work_bit(const struct work_struct *work, int bit)
{
	return work->data.counter >> bit & 1;
}

/*
 * Is it a softirq that begins @work? Data of a work that is not queued names the kind of its pool;
 * what is queued again points to elsewhere, then its item knows.
 */
static __always_inline bool in_softirq(const struct task_struct *p, const struct work_struct *work,
				       const struct workqueue_item *i)
{
	if (!(p->flags & PF_WQ_WORKER))
		return true;
	if (i)
		return i->softirq;
	if (!bpf_core_enum_value_exists(enum work_bits, WORK_OFFQ_BH_BIT) ||
	    work_bit(work, WORK_STRUCT_PENDING_BIT))
		return false;
	return work_bit(work, bpf_core_enum_value(enum work_bits, WORK_OFFQ_BH_BIT));
}

/* The workqueue whose work kworker @p executes. */
static __always_inline void name_of_current(struct task_struct *p, char *name)
{
	struct pool_workqueue *pwq = NULL;
	struct kthread *k = NULL;
	struct worker *w = NULL;

	if (bpf_core_field_exists(struct task_struct, worker_private))
		k = p->worker_private;
	else
		k = (struct kthread *)p->set_child_tid;
	if (!k || bpf_core_read(&w, sizeof(w), &k->data) || !w ||
	    bpf_core_read(&pwq, sizeof(pwq), &w->current_pwq) || !pwq)
		return;
	bpf_probe_read_kernel_str(name, WORKQUEUE_NAME_LEN, BPF_CORE_READ(pwq, wq, name));
}

/* ---- recording ------------------------------------------------------------------------------- */

/* Once, not per metric: an own function keeps the verifier's work small. */
__noinline int record(__u32 group, __u32 metric, __u64 ns)
{
	if (group != TRACER_NO_GROUP)
		hist_record(group, metric - METRIC_HELD, ns);
	return 0;
}

static __always_inline void count_outcome(enum workqueue_outcome o)
{
	if (o == WORKQUEUE_UNMATCHED)
		count(COUNTER_unmatched);
	else if (o == WORKQUEUE_NEGATIVE)
		count(COUNTER_negative);
}

/* Identity by name: a workqueue that is made again is the same subject. */
static __always_inline void subject_of_name(struct tracer_subject *s, const char *name)
{
	__u64 h = 0xcbf29ce484222325ULL;
	__u32 i;

	for (i = 0; i < WORKQUEUE_NAME_LEN; i++) {
		if (!name[i])
			break;
		h = (h ^ (__u8)name[i]) * 0x100000001b3ULL;
		s->name[i] = name[i];
	}
	s->key[0] = h;
	s->key[1] = 1;
}

static __always_inline bool name_wanted(const char *name)
{
	char text[TRACER_NAME_LEN] = {};

	if (!settings.by_name)
		return true;
	__builtin_memcpy(text, name, WORKQUEUE_NAME_LEN);
	return text_matches(text);
}

static __always_inline __u32 group_of(struct task_struct *p, bool softirq, __u64 func,
				      const char *name)
{
	struct tracer_subject s = {};

	if (settings.group != TRACER_GROUP_SUBJECT)
		return 0;
	if (settings.by == TRACER_BY_FUNC) {
		s.key[0] = func;
	} else if (settings.by == TRACER_BY_WORKQUEUE) {
		subject_of_name(&s, name);
	} else if (softirq) {
		s.key[0] = bpf_get_smp_processor_id();
		s.key[1] = WORKQUEUE_SUBJECT_SOFTIRQ;
	} else {
		subject_of_task(&s, p);
	}
	return subject_group(&s);
}

/* ---- programs -------------------------------------------------------------------------------- */

SEC("?tp_btf/workqueue_queue_work")
int BPF_PROG(on_queue, int cpu, struct pool_workqueue *pwq, struct work_struct *work)
{
	__u64 now = bpf_ktime_get_ns(), key = (__u64)work;
	struct workqueue_item item = {}, *known, *i;
	struct workqueue_struct *wq = pwq->wq;

	if (!started())
		return 0;
	known = bpf_map_lookup_elem(&pending, &key);
	i = known ?: &item;
	i->pool = (__u64)pwq->pool;
	i->softirq =
		bpf_core_enum_value_exists(enum work_bits, WORK_OFFQ_BH_BIT) && wq->flags & WQ_BH;
	bpf_probe_read_kernel_str(i->name, sizeof(i->name), wq->name);
	workqueue_queued(i, now, pool_is_busy(pwq->pool), session_now());
	if (episodes_on())
		workqueue_episode_queued(key, now);
	if (known || !bpf_map_update_elem(&pending, &key, &item, BPF_ANY))
		return 0;
	workqueue_control.full = 1;
	return lose(COUNTER_map_full);
}

/*
 * Said of each work as it becomes ready; those that max_active held back carry a mark until just
 * after it. The others have just been queued.
 */
SEC("?tp_btf/workqueue_activate_work")
int BPF_PROG(on_activate, struct work_struct *work)
{
	__u64 now = bpf_ktime_get_ns(), key = (__u64)work;
	struct workqueue_item *known;

	if (!work_bit(work, WORK_STRUCT_INACTIVE_BIT) || !started())
		return 0;
	known = bpf_map_lookup_elem(&pending, &key);
	if (known)
		workqueue_readied(known, now, pool_is_busy((void *)known->pool),
				  (__u32)bpf_get_current_pid_tgid());
	return 0;
}

/* Who executes what begins now, made when new; NULL when there is no room (counted). */
static __always_inline struct workqueue_run *runner(struct task_struct *p, bool softirq)
{
	struct workqueue_run *r, fresh = {};
	__u32 tid = p->pid, zero = 0;

	if (softirq)
		return bpf_map_lookup_elem(&softirqs, &zero);
	r = bpf_map_lookup_elem(&workers, &tid);
	if (r)
		return r;
	fresh.tid = tid;
	bpf_map_update_elem(&workers, &tid, &fresh, BPF_NOEXIST);
	r = bpf_map_lookup_elem(&workers, &tid);
	if (!r)
		count(COUNTER_map_full);
	return r;
}

/* What the start of a work finds at its address. */
struct found {
	struct workqueue_item item;
	struct workqueue_wait wait;
	bool is_item, is_wait;
	__u32 superseded;
};

/*
 * Taken off the map: from here on the address may name another work. Not while it is pending, when
 * another CPU may write to the item.
 */
static __always_inline void take_off(const struct work_struct *work, struct found *f)
{
	__u64 key = (__u64)work;
	struct workqueue_item *known = bpf_map_lookup_elem(&pending, &key);
	__u32 nr_open;
	bool again;

	if (!known)
		return;
	nr_open = workqueue_nr_open(known, session_now());
	again = work_bit(work, WORK_STRUCT_PENDING_BIT);
	if (nr_open)
		f->superseded = workqueue_take(known, nr_open, again, &f->wait);
	f->item = *known;
	if (!again)
		bpf_map_delete_elem(&pending, &key);
	f->is_item = true;
	f->is_wait = nr_open;
}

SEC("?tp_btf/workqueue_execute_start")
int BPF_PROG(on_start, struct work_struct *work)
{
	struct task_struct *p = bpf_get_current_task_btf();
	__u64 now = bpf_ktime_get_ns(), func;
	struct workqueue_started s;
	struct workqueue_run *r;
	enum workqueue_outcome o;
	struct found f = {};
	bool softirq;

	if (!started())
		return 0;
	func = (__u64)work->func;
	take_off(work, &f);
	softirq = in_softirq(p, work, f.is_item ? &f.item : NULL);
	r = runner(p, softirq);
	if (!r)
		return 0;
	o = workqueue_started(r, f.is_wait ? &f.wait : NULL, now, func,
			      func == workqueue_settings.barrier, session_now(), &s);
	if (!f.is_item && !softirq)
		name_of_current(p, f.item.name);
	if (!name_wanted(f.item.name) || !wanted_cpu(bpf_get_smp_processor_id())) {
		r->group = TRACER_NO_GROUP;
		if (episodes_on() && r->tid)
			workqueue_episode_forget(r->tid);
		return lose(COUNTER_filtered);
	}
	r->group = group_of(p, softirq, func, f.item.name);
	if (episodes_on() && r->tid)
		workqueue_episode_started(r->tid, (__u64)work, f.is_wait ? &f.wait : NULL, o, &s);
	if (f.superseded)
		count_n(COUNTER_superseded, f.superseded);
	if (s.was_held)
		record(r->group, METRIC_HELD, s.held_ns);
	/* One call: the verifier walks what it inlines once more for each. */
	if (o == WORKQUEUE_IDLE || o == WORKQUEUE_BUSY)
		record(r->group, o == WORKQUEUE_IDLE ? METRIC_READY_IDLE : METRIC_READY_BUSY,
		       s.wait_ns);
	else if (o == WORKQUEUE_BARRIER)
		count(COUNTER_flush_work);
	else
		count_outcome(o);
	return 0;
}

/*
 * raw_tp: the verifier of kernels before 7.2 refuses tp_btf here (a function pointer among the
 * arguments). The work may be freed by now and is not looked at.
 */
SEC("?raw_tp/workqueue_execute_end")
int on_end(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 now = bpf_ktime_get_ns(), func = ctx->args[1], run;
	struct task_struct *p = bpf_get_current_task_btf();
	__u32 tid = p->pid, zero = 0;
	enum workqueue_outcome o;
	struct workqueue_run *r;

	if (!started())
		return 0;
	/* What a softirq executes ends before what it interrupted does. */
	r = bpf_map_lookup_elem(&softirqs, &zero);
	if (!r || !r->start_ns || r->session != session_now() || r->func != func)
		r = bpf_map_lookup_elem(&workers, &tid);
	if (!r)
		return lose(COUNTER_unmatched);
	o = workqueue_ended(r, func, now, session_now(), &run);
	if (o == WORKQUEUE_RAN)
		record(r->group, METRIC_WORKQUEUE_RUN, run);
	else
		count_outcome(o);
	if (episodes_on() && o == WORKQUEUE_RAN && r->tid)
		workqueue_episode_ended(p, func, now, run);
	return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(on_worker_exit, struct task_struct *p)
{
	__u32 tid = p->pid;

	if (!(p->flags & PF_WQ_WORKER))
		return 0;
	bpf_map_delete_elem(&workers, &tid);
	if (episodes_on())
		workqueue_episode_forget(tid);
	return 0;
}
