// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wakeup latency from the scheduler's tracepoints, with the stamps that the threads' slots hold.
 *
 * State lives in task storage, made for every wanted task by the iterator when tracing begins and
 * when a thread is born; that a task has storage therefore means that it passed the filters of
 * wanted_class().
 */
#define TRACER_THREAD_NAMES
#include "bpf/common.bpf.h"
#include <bpf/usdt.bpf.h>

#include "bpf/bands.bpf.h"
#include "bpf/events.bpf.h"
#include "bpf/filters.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/hist.bpf.h"
#include "bpf/matrix.bpf.h"
#include "bpf/names.bpf.h"
#include "bpf/slot_read.bpf.h"
#include "bpf/subjects.bpf.h"
#include "bpf/wake_state.h"
#include "bpf/wakeup_shared.h"
#include "bpf/wakeup_subject.bpf.h"

/*
 * Task storage begins 8 bytes into a cache line, so that the first two parts of wake have one each.
 * Sessions: of struct tracer_control; of another one the state is void.
 */
struct wake_task {
	struct wake_state wake;
	struct slot_place place;
	struct events_task events;
	struct filter_memo memo;
	struct wakeup_subject subject;
	__u32 waker_cpu; /* + 1, for the matrix */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct wake_task);
} tasks SEC(".maps");

/* ---- helpers --------------------------------------------------------------------------------- */

/* Name and cgroup may have changed since. */
static __always_inline void look_again(struct wake_task *t, struct task_struct *p)
{
	subject_changed(&t->subject, p, memo_refresh(&t->memo, p, subject_memo()));
}

static __always_inline void task_refresh(struct wake_task *t, struct task_struct *p)
{
	__u32 session = *(volatile __u32 *)&control.session;

	if (t->wake.session == session)
		return;
	__builtin_memset(&t->wake, 0, sizeof(t->wake));
	t->wake.session = t->wake.w.session = session;
	look_again(t, p);
}

/* task_find - state of @p, NULL: not a subject (or new; see task_make) */
static __always_inline struct wake_task *task_find(struct task_struct *p)
{
	struct wake_task *t = bpf_task_storage_get(&tasks, p, NULL, 0);

	if (t)
		task_refresh(t, p);
	return t;
}

static __always_inline struct wake_task *task_make(struct task_struct *p)
{
	struct wake_task *t = bpf_task_storage_get(&tasks, p, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (t)
		task_refresh(t, p);
	else
		count(COUNTER_storage_failed);
	return t;
}

/* Once, not per metric: an own function keeps the verifier's work and the code small. */
__noinline int wake_record(__u32 group, __u32 metric, __u64 v)
{
	hist_record(group, metric, v);
	return 0;
}

/* Does what ends now count? */
static __always_inline bool counts(const struct wake_task *t)
{
	return memo_wanted(&t->memo) && wanted_cpu(bpf_get_smp_processor_id());
}

/* Where the values of an event go; an event that has none needs no place for them. */
static __always_inline void sink(struct wake_out *o, struct wake_task *t, struct task_struct *p,
				 struct tracer_block *own)
{
	o->block = NULL;
	o->group = TRACER_NO_GROUP;
	if (!counts(t))
		return;
	o->block = own;
	if (matrix_on())
		o->waker_cpu = t->waker_cpu;
	if (settings.group == TRACER_GROUP_ARM) {
		o->group = wake_arm(&t->wake);
		o->block = o->group < settings.nr_groups ? block_of(o->group) : NULL;
	}
	if (settings.group == TRACER_GROUP_SUBJECT)
		o->group = subject_now(&t->subject, &t->wake, p);
}

static __always_inline void put(struct wake_out *o, __u32 metric, __u64 v)
{
	if (!o->block)
		return;
	if (settings.group == TRACER_GROUP_SUBJECT)
		wake_record(o->group, metric, v);
	else
		block_record(o->block, metric, v);
}

WAKE_FN void wake_put(struct wake_out *o, uint32_t metric, uint64_t v)
{
	bool part = metric == METRIC_WAKE || metric == METRIC_RUNQ || metric == METRIC_PREMIG;

	/*
	 * Parts are counted over the same wakes as their whole: with arms that is the request, else
	 * T1 -> T3.
	 */
	if (settings.group == TRACER_GROUP_ARM ? !o->whole && metric != METRIC_WOKEN
					       : o->whole && part)
		return;
	put(o, metric, v);
	if (metric == METRIC_WOKEN && matrix_on() && o->block)
		matrix_record(settings.group == TRACER_GROUP_ARM ? o->group : 0, o->waker_cpu, v);
}

WAKE_FN void wake_put_whole(struct wake_out *o, const struct wake_state *s,
			    const struct kthread_slot *slot)
{
	if (settings.group == TRACER_GROUP_ARM && o->block)
		bands_record(s, slot);
}

static __always_inline void tell(struct wake_task *t, struct wake_out *o)
{
	if (!counts(t))
		return;
	if (o->fate < NR_COUNTERS)
		count(o->fate);
	if (o->edge < NR_COUNTERS)
		count(o->edge);
	if (o->spun)
		count_n(COUNTER_spun, o->spun);
	if (o->superseded)
		count_n(COUNTER_superseded, o->superseded);
}

/* read_own_slot - @p is current; true: @slot holds its slot */
static __always_inline bool read_own_slot(struct wake_task *t, struct task_struct *p, __u64 now,
					  struct kthread_slot *slot)
{
	return p->mm && slot_read(&t->place, p, now, slot) == SLOT_OK;
}

/* what the waker may learn of the request it carries out */
static __always_inline enum wake_stamp read_request(struct wake_task *t, struct task_struct *p,
						    struct task_struct *waker, __u64 now,
						    struct kthread_slot *slot)
{
	if (!registry_of(&t->place, p))
		return WAKE_STAMP_NONE;
	if (!waker->pid)
		return WAKE_STAMP_IDLE;
	if (waker->mm != p->mm)
		return WAKE_STAMP_FOREIGN;
	switch (slot_read(&t->place, p, now, slot)) {
	case SLOT_OK:
		break;
	case SLOT_FAULT:
		return WAKE_STAMP_FAULT;
	default:
		return WAKE_STAMP_NO_SLOT;
	}
	if (settings.group == TRACER_GROUP_ARM && slot->arm >= settings.nr_groups)
		return WAKE_STAMP_UNTAGGED;
	return WAKE_STAMP_OK;
}

/* ---- programs -------------------------------------------------------------------------------- */

SEC("iter/task")
int seed_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *p = ctx->task;

	if (p && wanted_class(p))
		task_make(p);
	return 0;
}

SEC("iter/task")
int find_waiting(struct bpf_iter__task *ctx)
{
	struct tracer_found *f = &control.found;
	struct task_struct *p = ctx->task;
	struct wake_task *t;
	__u64 since;

	/* Runnable, and not running. One that is about to sleep may be queued still. */
	if (!p || p->on_cpu || !p->on_rq || state_field(p) || !wanted(p))
		return 0;
	t = bpf_task_storage_get(&tasks, p, NULL, 0);
	if (!t)
		return 0;
	since = t->wake.session == control.session ? wake_waits_since(&t->wake, control.enabled_ns)
						   : control.enabled_ns;
	if (!since)
		return 0;
	if (!f->nr++ || since < f->since_ns) {
		f->since_ns = since;
		f->tid = p->pid;
		__builtin_memset(f->name, 0, sizeof(f->name));
		task_name(p, f->name, sizeof(f->name));
	}
	return 0;
}

/* The waker may itself have been woken and not been seen since: its T4 is looked for first. */
static __always_inline void look_for_stamp(struct task_struct *waker, __u64 now,
					   struct tracer_block *own)
{
	struct wake_task *t = task_find(waker);
	struct kthread_slot slot;
	struct wake_out o;

	if (!t || !wake_awaits_stamp(&t->wake) || !read_own_slot(t, waker, now, &slot))
		return;
	wake_out_init(&o);
	sink(&o, t, waker, own);
	wake_stamped(&t->wake, &slot, &o);
	tell(t, &o);
}

SEC("?tp_btf/sched_waking")
int BPF_PROG(on_sched_waking, struct task_struct *p)
{
	struct task_struct *waker;
	__u64 now = bpf_ktime_get_ns();
	struct kthread_slot slot;
	enum wake_stamp stamp;
	struct wake_task *t;
	struct tracer_block *own;

	/* It runs, and so do interrupts: not a place for plain adds, and no wake comes of it. */
	waker = bpf_get_current_task_btf();
	if (p == waker)
		return 0;
	own = started();
	if (!own)
		return 0;
	if (control.stamped && waker->pid)
		look_for_stamp(waker, now, own);

	t = bpf_task_storage_get(&tasks, p, NULL, 0);
	if (!t) {
		if (!wanted_class(p))
			return 0;
		t = task_make(p);
		if (!t)
			return 0;
	}
	/* Not wake.session: it lies where the task's own CPU writes to. */
	if (t->wake.w.session != *(volatile __u32 *)&control.session)
		task_refresh(t, p);
	look_again(t, p);
	if (!memo_wanted(&t->memo))
		count(COUNTER_filtered);
	stamp = read_request(t, p, waker, now, &slot);
	wake_waking(&t->wake, now, stamp, &slot);
	subject_waking(&t->subject, p, waker);
	matrix_waking(&t->waker_cpu, &t->wake);
	events_waking(ctx, &t->wake, p, waker);
	return 0;
}

/* A running task is told to go on: sched_waking and sched_wakeup with interrupts on. */
static __always_inline int woke_itself(struct task_struct *p)
{
	struct wake_task *t = bpf_task_storage_get(&tasks, p, NULL, 0);

	if (*(volatile __u32 *)&control.enabled && t && memo_wanted(&t->memo))
		count_shared(COUNTER_absorbed);
	return 0;
}

SEC("?tp_btf/sched_wakeup")
int BPF_PROG(on_sched_wakeup, struct task_struct *p)
{
	__u64 now = bpf_ktime_get_ns();
	struct wake_task *t;
	struct wake_out o;

	if (p == bpf_get_current_task_btf())
		return woke_itself(p);
	if (!started())
		return 0;
	t = task_find(p);
	if (!t)
		return 0;
	wake_out_init(&o);
	wake_wakeup(&t->wake, now, &o);
	tell(t, &o);
	return 0;
}

SEC("?tp_btf/sched_wakeup_new")
int BPF_PROG(on_sched_wakeup_new, struct task_struct *p)
{
	__u64 now = bpf_ktime_get_ns();
	struct wake_task *t;
	struct wake_out o;

	if (!started() || !wanted_class(p))
		return 0;
	t = task_make(p);
	if (!t)
		return 0;
	wake_out_init(&o);
	wake_new(&t->wake, now, &o);
	subject_woken_by(&t->subject, bpf_get_current_task_btf());
	tell(t, &o);
	return 0;
}

SEC("?tp_btf/sched_migrate_task")
int BPF_PROG(on_sched_migrate_task, struct task_struct *p)
{
	__u64 now = bpf_ktime_get_ns();
	struct wake_task *t;
	struct wake_out o;

	if (!started())
		return 0;
	t = task_find(p);
	if (!t)
		return 0;
	wake_out_init(&o);
	wake_migrate(&t->wake, now, &o);
	events_migrating(&t->events, &t->wake, p, now);
	tell(t, &o);
	return 0;
}

static __always_inline void leave(void *ctx, struct task_struct *prev, bool preempt,
				  __u32 prev_state, __u64 now, struct tracer_block *own)
{
	struct wake_task *t = task_find(prev);
	struct kthread_slot slot, *read = NULL;
	struct wake_out o;

	if (!t)
		return;
	if (wake_awaits_stamp(&t->wake) && read_own_slot(t, prev, now, &slot))
		read = &slot;
	wake_out_init(&o);
	sink(&o, t, prev, own);
	wake_switch_out(&t->wake, now, wake_leave_how(preempt, prev_state, TASK_PARKED), read, &o);
	subject_leaves(&t->subject);
	events_leaving(ctx, prev, preempt || !prev_state);
	tell(t, &o);
}

static __always_inline void enter(struct task_struct *next, __u64 now, struct tracer_block *own)
{
	struct wake_task *t = task_find(next);
	struct events_span span;
	struct wake_out o;

	if (!t)
		return;
	look_again(t, next);
	subject_enters(&t->subject);
	wake_out_init(&o);
	sink(&o, t, next, own);
	if (events_on()) {
		if (o.block && events_ending(&t->wake, now, &span))
			events_waited(&t->events, &t->wake, next, &span);
		events_over(&t->wake);
	}
	wake_switch_in(&t->wake, now, &o);
	tell(t, &o);
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(on_sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u64 now = bpf_ktime_get_ns();
	struct tracer_block *own = started();

	if (!own)
		return 0;
	/*
	 * The argument where there is one: the field may have changed since the decision was taken.
	 */
	if (prev->pid)
		leave(ctx, prev, preempt,
		      settings.switch_has_state ? (__u32)ctx[3] : state_field(prev), now, own);
	if (next->pid)
		enter(next, now, own);
	events_switched(next, now);
	return 0;
}

/*
 * Attached to kthread:slot for its semaphore, which lets the threads write their stamps. The probe
 * fires once per thread that registers. The first one of a traced process shows where its slots
 * are: a program is measured from its first wake on, also when it is over before the loader looks.
 * Where all processes are traced it is this that makes one known.
 */
SEC("?usdt")
int BPF_USDT(on_slot, int tid, void *slot)
{
	struct task_struct *p = bpf_get_current_task_btf();
	struct tracer_process *process = process_of(p), fresh = {};
	__u32 id = p->tgid;

	if (process ? process->registry : settings.by_process)
		return 0;
	fresh.registry = slot_registry_of(tid, (__u64)slot);
	if (!fresh.registry)
		return 0;
	if (process)
		process->registry = fresh.registry;
	else if (bpf_map_update_elem(&processes, &id, &fresh, BPF_ANY))
		return lose(COUNTER_processes_full);
	*(volatile __u32 *)&control.stamped = 1;
	__sync_fetch_and_add(&control.process_changes, 1);
	return 0;
}

#include "bpf/refine.bpf.h" /* programs of its own, by the helpers above */
