// SPDX-License-Identifier: GPL-2.0-only
/*
 * work: how long works wait for their worker, and how long they run.
 *
 * Three sources with the same rules (work_state.h): the logs that the library's workers keep, the
 * USDTs of a library that is older than those, and the kernel's tracepoints. USDTs are attached for
 * all processes and filtered here.
 */
#define HIST_PREEMPTIBLE /* USDTs run in the thread's context */
#define TRACER_THREAD_NAMES
#include "bpf/common.bpf.h"
#include "bpf/filters.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/hist.bpf.h"
#include "bpf/names.bpf.h"
#include "bpf/subjects.bpf.h"
#include <bpf/usdt.bpf.h>

#include "bpf/slot_read.bpf.h"
#include "bpf/subject_func.h"
#include "bpf/work_episode.bpf.h"
#include "bpf/work_log.h"
#include "bpf/work_shared.h"
#include "bpf/work_state.h"

const volatile struct work_settings work_settings = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WORK_DEFAULT_PENDING);
	__type(key, struct work_key);
	__type(value, struct work_item);
} pending SEC(".maps");

/* By thread id in the initial namespace; an entry goes when its thread does. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WORK_MAX_THREADS);
	__type(key, __u32);
	__type(value, struct work_thread);
} threads SEC(".maps");

/* A thread of a traced process as the reader of logs knows it; one without a log may be a worker. */
struct log_thread {
	struct work_thread state;
	struct work_log log;
	struct slot_place place;
	struct work_delays delays; /* while episodes_on() */
	struct func_origin site;   /* of the probe that announced it; distance: its address */
	__u32 looked;		   /* its slot says that it has no log: a new one is announced */
};

/* By thread id in the initial namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WORK_MAX_THREADS);
	__type(key, __u32);
	__type(value, struct log_thread);
} log_threads SEC(".maps");

/* When this counting began, as the first event after saw it. */
struct {
	__u64 ns;
	__u32 session;
} since = {};

/* Where a file's barrier function lies, seen from its probe sites. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WORK_MAX_BARRIERS);
	__type(key, struct func_origin);
	__type(value, __u32);
} barriers SEC(".maps");

static __always_inline __u32 session_now(void)
{
	return *(volatile __u32 *)&control.session;
}

/* One event of the worker's: the thread, and the function it executes. */
struct execution {
	struct task_struct *p;
	__u64 func;
	struct func_origin origin;
};

static __always_inline __u32 group_of(const struct execution *e)
{
	struct tracer_subject s = {};

	if (settings.group != TRACER_GROUP_SUBJECT)
		return 0;
	if (work_settings.by == TRACER_BY_FUNC) {
		s.key[0] = e->func;
		s.key[1] = settings.kthreads ? 0 : (__u32)e->p->tgid;
		s.tid = settings.kthreads ? 0 : e->p->tgid;
		__builtin_memcpy(s.name, &e->origin, sizeof(e->origin));
	} else {
		subject_of_task(&s, e->p);
	}
	return subject_group(&s);
}

static __always_inline void record(const struct execution *e, __u32 metric, __u64 ns)
{
	if (wanted_cpu(bpf_get_smp_processor_id()))
		hist_record(group_of(e), metric - METRIC_DELAY_IDLE, ns);
}

static __always_inline void count_outcome(enum work_outcome o)
{
	if (o == WORK_SUPERSEDED)
		count(COUNTER_superseded);
	else if (o == WORK_UNMATCHED)
		count(COUNTER_unmatched);
	else if (o == WORK_NEGATIVE)
		count(COUNTER_negative);
}

static __always_inline int queued(struct work_key *key, __u64 func, __u64 worker, bool barrier)
{
	__u64 now = bpf_ktime_get_ns();
	struct work_item item = {}, *known;

	known = bpf_map_lookup_elem(&pending, key);
	if (known)
		item = *known;
	count_outcome(work_queued(&item, now, func, worker, barrier, session_now()));
	if (episodes_on() && !barrier) {
		struct queuer_key who = { .what = key->work, .tgid = key->tgid };

		queuer_note(&who);
	}
	if (bpf_map_update_elem(&pending, key, &item, BPF_ANY))
		return lose(COUNTER_map_full);
	return 0;
}

/* The state of thread @p, made when new; NULL when there is no room (counted). */
static __always_inline struct work_thread *thread_of(struct task_struct *p)
{
	struct work_thread *t, fresh = {};
	__u32 tid = p->pid;

	t = bpf_map_lookup_elem(&threads, &tid);
	if (t)
		return t;
	bpf_map_update_elem(&threads, &tid, &fresh, BPF_NOEXIST);
	t = bpf_map_lookup_elem(&threads, &tid);
	if (!t)
		count(COUNTER_map_full);
	return t;
}

static __always_inline int exec_started(const struct execution *e, struct work_key *key,
					bool barrier)
{
	__u64 delay, now = bpf_ktime_get_ns();
	struct work_item item = {}, *known;
	struct work_thread *t;
	enum work_outcome o;

	/* From here on the address may name another item: take it off, also when it is filtered. */
	known = bpf_map_lookup_elem(&pending, key);
	if (known) {
		item = *known;
		bpf_map_delete_elem(&pending, key);
	}
	if (!wanted(e->p))
		return lose(COUNTER_filtered);
	t = thread_of(e->p);
	if (!t)
		return 0;
	o = work_started(t, known ? &item : NULL, now, e->func, barrier, session_now(), &delay);
	if (episodes_on())
		work_episode_started(e->p, key, o, delay);
	/* One call: the verifier walks what it inlines once more for each. */
	if (o == WORK_IDLE || o == WORK_BUSY)
		record(e, o == WORK_IDLE ? METRIC_DELAY_IDLE : METRIC_DELAY_BUSY, delay);
	else if (o == WORK_BARRIER)
		count(COUNTER_flush_work);
	else
		count_outcome(o);
	return 0;
}

static __always_inline int exec_ended(struct execution *e)
{
	__u64 run, now = bpf_ktime_get_ns();
	struct work_thread *t;
	enum work_outcome o;

	if (!wanted(e->p))
		return lose(COUNTER_filtered);
	t = thread_of(e->p);
	if (!t)
		return 0;
	/* What it started: by now the memory of the work may hold something else. */
	e->func = t->func;
	o = work_ended(t, now, session_now(), &run);
	if (o == WORK_RAN)
		record(e, METRIC_RUN, run);
	else
		count_outcome(o);
	if (episodes_on() && o == WORK_RAN)
		work_episode_ended(e->p, e->func, &e->origin, now, run);
	return 0;
}

/* ---- logs of workers ------------------------------------------------------------------------- */

static __always_inline void note_session(__u64 now)
{
	__u32 session = session_now();

	/* CPUs that do so at the same time agree except for what is between them. */
	if (since.session == session)
		return;
	since.ns = now;
	since.session = session;
}

/* Apart: of each way out of the comparison of names the verifier would walk all that follows. */
__noinline int current_is_wanted(void)
{
	return wanted(bpf_get_current_task_btf());
}

/*
 * One item of current's log, which counts when @is_wanted. A function of its own: the verifier walks
 * it once, not for each item. It calls no large one: before 6.13 the stacks of all that have called
 * each other share 512 bytes.
 * Return: there may be a further one.
 */
__noinline int log_item(__u32 n, int is_wanted)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct log_thread *t = bpf_map_lookup_elem(&log_threads, &tid);
	struct execution e = {};
	struct kthread_log_entry entry;
	struct work_news news;
	__u64 ahead;

	if (!t)
		return 0;
	e.p = bpf_get_current_task_btf();
	if (bpf_probe_read_user(&entry, sizeof(entry),
				(void *)(t->log.addr +
					 __builtin_offsetof(struct kthread_work_log, entry) +
					 (n % KTHREAD_LOG_NR) * sizeof(entry)))) {
		count(COUNTER_slot_fault);
		return 0;
	}
	ahead = time_offset(&t->place, e.p);
	entry.start_ns -= ahead;
	if (entry.queued_ns)
		entry.queued_ns -= ahead;
	if (entry.end_ns)
		entry.end_ns -= ahead;
	e.func = entry.func;
	e.origin.cookie = t->site.cookie;
	e.origin.distance = entry.func - t->site.distance;
	work_log_item(&t->log, &t->state, n, &entry, since.ns, &news);
	if (episodes_on() && news.begun != WORK_NOTHING)
		work_delays_note(&t->delays, n, news.begun);
	if (news.begun == WORK_NOTHING && news.ended == WORK_NOTHING)
		return 1;
	if (!is_wanted) {
		count(COUNTER_filtered);
		return 1;
	}
	if (news.begun == WORK_IDLE || news.begun == WORK_BUSY)
		record(&e, news.begun == WORK_IDLE ? METRIC_DELAY_IDLE : METRIC_DELAY_BUSY,
		       news.delay_ns);
	else if (news.begun == WORK_BARRIER)
		count(COUNTER_flush_work);
	else
		count_outcome(news.begun);
	if (news.ended == WORK_RAN)
		record(&e, METRIC_RUN, news.run_ns);
	else
		count_outcome(news.ended);
	if (episodes_on() && news.ended == WORK_RAN) {
		struct queuer_key key = { .what = entry.queued_ns + ahead,
					  .which = entry.func,
					  .tgid = e.p->tgid };

		work_episode_logged(e.p, &entry, &key, work_delays_metric(&t->delays, n),
				    &e.origin);
	}
	return 1;
}

/* What current's log says since the last time. */
static __always_inline void log_read(struct log_thread *t, struct task_struct *p)
{
	struct kthread_log_head head;
	__u32 i, nr, first, lost;
	int is_wanted;

	if (!t->log.addr)
		return;
	if (!t->place.tid)
		t->place.tid = own_tid(p);
	if (bpf_probe_read_user(&head, sizeof(head), (void *)t->log.addr)) {
		count(COUNTER_slot_fault);
		return;
	}
	nr = work_log_look(&t->log, &head, t->place.tid, &lost);
	if (lost && since.ns)
		count_n(COUNTER_log_overrun, lost);
	if (!nr)
		return;
	is_wanted = current_is_wanted();
	first = t->log.ended;
	for (i = 0; i < KTHREAD_LOG_NR; i++)
		if (i >= nr || !log_item(first + i, is_wanted))
			break;
}

/* Not on the stack: what reads a log needs that. */
static const struct log_thread log_thread_fresh;

static __always_inline struct log_thread *log_thread_make(__u32 tid)
{
	struct log_thread *t = bpf_map_lookup_elem(&log_threads, &tid);

	if (t)
		return t;
	bpf_map_update_elem(&log_threads, &tid, &log_thread_fresh, BPF_NOEXIST);
	t = bpf_map_lookup_elem(&log_threads, &tid);
	if (!t)
		count(COUNTER_map_full);
	return t;
}

/* A log that was there before us: its thread's slot says where. */
static __always_inline struct log_thread *log_thread_find(struct task_struct *p, __u64 now)
{
	struct tracer_process *process = process_of(p);
	struct kthread_slot slot;
	struct log_thread *t;

	if (!process || !process->registry)
		return NULL;
	t = log_thread_make(p->pid);
	if (!t || t->looked || slot_read(&t->place, p, now, &slot) != SLOT_OK)
		return t;
	t->looked = 1;
	if (!t->log.addr)
		t->log.addr = slot.log;
	return t;
}

/* Current leaves its CPU. */
SEC("?tp_btf/sched_switch")
int BPF_PROG(on_log_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 tid = prev->pid;
	__u64 now = bpf_ktime_get_ns();
	struct log_thread *t;

	if (!*(volatile __u32 *)&control.enabled)
		return 0;
	note_session(now);
	if (!prev->mm || prev->flags & PF_KTHREAD)
		return 0;
	t = bpf_map_lookup_elem(&log_threads, &tid);
	if (!t || (!t->log.addr && !t->looked))
		t = control.stamped ? log_thread_find(prev, now) : NULL;
	if (!t || !t->log.addr)
		return 0;
	count(COUNTER_EVENTS);
	log_read(t, prev);
	return 0;
}

SEC("?usdt")
int BPF_USDT(on_work_log, void *log, int last)
{
	struct task_struct *p = bpf_get_current_task_btf();
	struct log_thread *t;
	__u32 tid = p->pid;

	if (!wanted_process(p))
		return 0;
	t = last ? bpf_map_lookup_elem(&log_threads, &tid) : log_thread_make(tid);
	if (!t)
		return 0;
	if (t->log.addr != (__u64)log) {
		t->log.addr = (__u64)log;
		t->log.begun = t->log.ended = 0;
	}
	t->site.cookie = bpf_usdt_cookie(ctx);
	t->site.distance = PT_REGS_IP(ctx);
	if (started()) {
		note_session(bpf_ktime_get_ns());
		log_read(t, p);
	}
	if (last)
		t->log.addr = 0;
	return 0;
}

/* The log does not say who queued. The library has noted the time of it in the work by then. */
SEC("?usdt")
int BPF_USDT(on_log_queue, void *work, void *func, void *worker)
{
	struct task_struct *p = bpf_get_current_task_btf();
	struct queuer_key key = { .which = (__u64)func, .tgid = p->tgid };

	if (!started() || !wanted_process(p))
		return 0;
	if (!bpf_probe_read_user(&key.what, sizeof(key.what), work + KTHREAD_WORK_QUEUED_AT))
		queuer_note(&key);
	return 0;
}

/* The log has only what begins. */
SEC("?usdt")
int BPF_USDT(on_log_cancel, void *work, void *func, void *worker)
{
	if (started() && wanted_process(bpf_get_current_task_btf()))
		count(COUNTER_cancelled);
	return 0;
}

/* ---- the library's probes -------------------------------------------------------------------- */

static __always_inline struct func_origin origin_of(struct pt_regs *ctx, __u64 func)
{
	return (struct func_origin){
		.cookie = bpf_usdt_cookie(ctx),
		.distance = func - PT_REGS_IP(ctx),
	};
}

static __always_inline bool is_barrier(const struct func_origin *o)
{
	return bpf_map_lookup_elem(&barriers, o);
}

SEC("?usdt")
int BPF_USDT(on_usdt_queue, void *work, void *func, void *worker)
{
	struct task_struct *p = bpf_get_current_task_btf();
	struct work_key key = { .work = (__u64)work, .tgid = p->tgid };
	struct func_origin origin = origin_of(ctx, (__u64)func);

	if (!started() || !wanted_process(p))
		return 0;
	return queued(&key, (__u64)func, (__u64)worker, is_barrier(&origin));
}

SEC("?usdt")
int BPF_USDT(on_usdt_start, void *work, void *func)
{
	struct execution e = {
		.p = bpf_get_current_task_btf(),
		.func = (__u64)func,
		.origin = origin_of(ctx, (__u64)func),
	};
	struct work_key key = { .work = (__u64)work, .tgid = e.p->tgid };

	if (!started() || !wanted_process(e.p))
		return 0;
	return exec_started(&e, &key, is_barrier(&e.origin));
}

SEC("?usdt")
int BPF_USDT(on_usdt_end, void *work, void *func)
{
	struct execution e = {
		.p = bpf_get_current_task_btf(),
		.origin = origin_of(ctx, (__u64)func),
	};

	if (!started() || !wanted_process(e.p))
		return 0;
	return exec_ended(&e);
}

SEC("?usdt")
int BPF_USDT(on_usdt_cancel, void *work, void *func, void *worker)
{
	struct task_struct *p = bpf_get_current_task_btf();
	struct work_key key = { .work = (__u64)work, .tgid = p->tgid };

	if (!started() || !wanted_process(p))
		return 0;
	if (!bpf_map_delete_elem(&pending, &key))
		count(COUNTER_cancelled);
	return 0;
}

/* ---- the kernel's tracepoints ---------------------------------------------------------------- */

SEC("?tp_btf/sched_kthread_work_queue_work")
int BPF_PROG(on_kernel_queue, struct kthread_worker *worker, struct kthread_work *work)
{
	struct work_key key = { .work = (__u64)work };
	__u64 func = (__u64)work->func;

	if (!started())
		return 0;
	return queued(&key, func, (__u64)worker, func == work_settings.kernel_barrier);
}

SEC("?tp_btf/sched_kthread_work_execute_start")
int BPF_PROG(on_kernel_start, struct kthread_work *work)
{
	struct execution e = {
		.p = bpf_get_current_task_btf(),
		.func = (__u64)work->func,
	};
	struct work_key key = { .work = (__u64)work };

	if (!started())
		return 0;
	return exec_started(&e, &key, e.func == work_settings.kernel_barrier);
}

/*
 * raw_tp: the verifier of kernels before 7.2 refuses tp_btf here (a function pointer among the
 * arguments). The work may be freed by now and is not looked at.
 */
SEC("?raw_tp/sched_kthread_work_execute_end")
int on_kernel_end(void *ctx)
{
	struct execution e = { .p = bpf_get_current_task_btf() };

	if (!started())
		return 0;
	return exec_ended(&e);
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(on_thread_exit, struct task_struct *p)
{
	__u32 tid = p->pid;

	bpf_map_delete_elem(&threads, &tid);
	bpf_map_delete_elem(&log_threads, &tid);
	if (episodes_on())
		bpf_map_delete_elem(&running, &tid);
	return 0;
}
