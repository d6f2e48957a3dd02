/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_COMMON_BPF_H
#define KT_BPF_COMMON_BPF_H
/*
 * What every BPF object of ours has: settings, control word, counters, histograms, processes,
 * subjects.
 *
 * Include it first. Define HIST_PREEMPTIBLE before when a program that records can be preempted
 * (USDT, tracepoints outside of the scheduler's locks): min and max are then kept with
 * compare-and-swap, which needs Linux 5.12; without it every recorder must run with interrupts off.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/tracer_shared.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct tracer_settings settings = {};
struct tracer_control control = {};

/* Sizes marked 1 are set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_hist);
} hists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_extremes);
} extremes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_COUNTER_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TRACER_MAX_PROCESSES);
	__type(key, __u32);
	__type(value, struct tracer_process);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_subject);
} subjects SEC(".maps");

/* ---- counters -------------------------------------------------------------------------------- */

static __always_inline void count_n(__u32 id, __u64 n)
{
	__u64 *v = bpf_map_lookup_elem(&counters, &id);

	/* Atomic: an interrupt may run another of our programs on this CPU in between. */
	if (v)
		__sync_fetch_and_add(v, n);
}

static __always_inline void count(__u32 id)
{
	count_n(id, 1);
}

/* count and leave: `return lose(COUNTER_map_full);` */
static __always_inline int lose(__u32 id)
{
	count_n(id, 1);
	return 0;
}

/* started - is counting on? First statement of each program; counts the hit. */
static __always_inline bool started(void)
{
	if (!*(volatile __u32 *)&control.enabled)
		return false;
	count(COUNTER_EVENTS);
	return true;
}

/* ---- tasks ----------------------------------------------------------------------------------- */

/* Before 5.14 the member is called state and is a long. */
struct task_struct___state {
	long state;
} __attribute__((preserve_access_index));

static __always_inline __u32 state_field(struct task_struct *p)
{
	if (bpf_core_field_exists(struct task_struct, __state))
		return p->__state;
	return BPF_CORE_READ((struct task_struct___state *)p, state);
}

/* ---- filters --------------------------------------------------------------------------------- */

/* own_tid - what gettid() returns to @p */
static __always_inline __u32 own_tid(struct task_struct *p)
{
	struct pid *pid = NULL;
	struct upid *at;
	unsigned int level = 0;
	int nr = 0;

	/* As a number: to a typed pointer 6.1's verifier lets no unknown level be added. */
	bpf_core_read(&pid, sizeof(pid), &p->thread_pid);
	if (!pid)
		return 0;
	bpf_core_read(&level, sizeof(level), &pid->level);
	/* numbers[level]: the array's length is not part of its type */
	at = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
	     level * bpf_core_type_size(struct upid);
	bpf_core_read(&nr, sizeof(nr), &at->nr);
	return nr;
}

#ifdef TRACER_THREAD_NAMES
/*
 * Full names of library threads, from the probe of their creation; see names.bpf.h. Entries go with
 * their threads.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TRACER_MAX_NAMES);
	__type(key, struct tracer_thread);
	__type(value, struct tracer_name);
} thread_names SEC(".maps");

static __always_inline bool library_name(__u32 tgid, __u32 tid, char *buf, __u32 size)
{
	struct tracer_thread key = { .tgid = tgid, .tid = tid };
	struct tracer_name *n = bpf_map_lookup_elem(&thread_names, &key);

	return n && bpf_probe_read_kernel_str(buf, size, n->name) > 0;
}
#else
static __always_inline bool library_name(__u32 tgid, __u32 tid, char *buf, __u32 size)
{
	return false;
}
#endif

/* task_name - full name into @buf (zeroed), also where comm is too short for it */
static __always_inline void task_name(struct task_struct *p, char *buf, __u32 size)
{
	struct kthread *k = NULL;
	char *full = NULL;

	if (!(p->flags & PF_KTHREAD) && library_name(p->tgid, own_tid(p), buf, size))
		return;
	if (p->flags & PF_KTHREAD) {
		if (bpf_core_field_exists(struct task_struct, worker_private))
			k = p->worker_private;
		if (k && bpf_core_field_exists(struct kthread, full_name))
			bpf_core_read(&full, sizeof(full), &k->full_name);
	}
	if (!full || bpf_probe_read_kernel_str(buf, size, full) <= 0)
		bpf_probe_read_kernel_str(buf, size, p->comm);
}

/* text_matches - does @name, zero-terminated in TRACER_NAME_LEN bytes, match the pattern? */
static __always_inline bool text_matches(const char *name)
{
	__u64 state = 1;
	__u32 i;

	for (i = 0; i < TRACER_NAME_LEN; i++) {
		if (!name[i])
			break;
		state = glob_step(settings.glob.accept[(__u8)name[i]], settings.glob.star, state);
	}
	return state & settings.glob.final;
}

static __always_inline bool name_matches(struct task_struct *p)
{
	char name[TRACER_NAME_LEN] = {};

	task_name(p, name, sizeof(name));
	return text_matches(name);
}

static __always_inline struct tracer_process *process_of(struct task_struct *p)
{
	__u32 tgid = p->tgid;

	return bpf_map_lookup_elem(&processes, &tgid);
}

/*
 * wanted_process - for probes, which fire in all processes: is the current one to be looked at? The
 * thread that fires a probe need not be the subject, so nothing else of it is asked.
 */
static __always_inline bool wanted_process(struct task_struct *p)
{
	if (p->tgid == (int)settings.self_tgid)
		return false;
	return !settings.by_process || process_of(p);
}

/*
 * wanted_class - the restrictions that hold for a task's whole life, except that its process may
 * join
 */
static __always_inline bool wanted_class(struct task_struct *p)
{
	if (!p->pid || p->tgid == (int)settings.self_tgid)
		return false;
	if (!!(p->flags & PF_KTHREAD) != settings.kthreads)
		return false;
	if (settings.tid && p->pid != (int)settings.tid)
		return false;
	return !settings.by_process || process_of(p);
}

/* wanted - every restriction asked for holds for @p (the subject, never the waker) */
static __always_inline bool wanted(struct task_struct *p)
{
	return wanted_class(p) && (!settings.by_name || name_matches(p));
}

/* ---- subjects -------------------------------------------------------------------------------- */

/*
 * subject_group - the group of @s (key, name filled in), made when new
 *
 * Open addressing by index; BPF_NOEXIST claims a free index, so two CPUs never take the same one.
 * Return: the group, or settings.nr_groups when all are taken (counted).
 */
static __always_inline __u32 subject_group(struct tracer_subject *s)
{
	__u64 h = (s->key[0] ^ (s->key[1] << 1)) * 0x9e3779b97f4a7c15ULL;
	__u32 i, index, first = h >> 33;

	for (i = 0; i < TRACER_GROUP_PROBES && i < settings.nr_groups; i++) {
		struct tracer_subject *known;

		/*
		 * Not by wrapping around at the end: the verifier would follow each wrap on its
		 * own.
		 */
		index = (first + i) % (settings.nr_groups ?: 1);
		known = bpf_map_lookup_elem(&subjects, &index);
		if (!known) {
			if (!bpf_map_update_elem(&subjects, &index, s, BPF_NOEXIST))
				return index;
			known = bpf_map_lookup_elem(&subjects, &index);
		}
		if (known && known->key[0] == s->key[0] && known->key[1] == s->key[1])
			return index;
	}
	count(COUNTER_groups_full);
	return settings.nr_groups;
}

/*
 * subject_of_task - @p as a subject: identity (thread id, start time), so that a reused id is
 * another
 */
static __always_inline void subject_of_task(struct tracer_subject *s, struct task_struct *p)
{
	__builtin_memset(s, 0, sizeof(*s));
	s->key[0] = (__u32)p->pid;
	s->key[1] = p->start_boottime;
	s->tid = p->pid;
	task_name(p, s->name, sizeof(s->name));
}

/* ---- histograms ------------------------------------------------------------------------------ */

static __always_inline void keep_larger(__u64 *at, __u64 v)
{
#ifdef HIST_PREEMPTIBLE
	__u64 old = *at;
	int i;

	/*
	 * Another task of this CPU may record in between; it can do so only a few times in a row.
	 */
	for (i = 0; i < 8 && old < v; i++) {
		__u64 seen = __sync_val_compare_and_swap(at, old, v);

		if (seen == old)
			return;
		old = seen;
	}
#else
	if (*at < v)
		*at = v;
#endif
}

/*
 * bank_now - the bank to record in: read once per program, so that one event's values stay together
 */
static __always_inline __u32 bank_now(void)
{
	return *(volatile __u32 *)&control.bank & 1;
}

/* hist_record - add @v to the metric @metric (counted from the kind's first) of @group in @bank */
static __always_inline void hist_record(__u32 bank, __u32 group, __u32 metric, __u64 v)
{
	__u32 cell = (bank * settings.nr_groups + group) * settings.nr_metrics + metric;
	__u32 cpu = bpf_get_smp_processor_id(), bucket = hist_index(v, HIST_K_BPF), index;
	struct tracer_extremes *e;
	struct tracer_hist *h;
	__u64 *at;

	index = cell * settings.nr_shards + cpu % (settings.nr_shards ?: 1);
	h = bpf_map_lookup_elem(&hists, &index);
	if (!h || bucket >= HIST_NR_BUCKETS_BPF || group >= settings.nr_groups) {
		count(COUNTER_record_failed);
		return;
	}
	/*
	 * As a pointer: of a number that was checked and then spilled 6.1's verifier forgets the
	 * bound.
	 */
	at = &h->bucket[bucket];
	barrier_var(at);
	e = &h->extremes;
#ifndef HIST_PREEMPTIBLE
	if (!settings.shard_owned) {
		e = bpf_map_lookup_elem(&extremes, &cell);
		if (!e) {
			count(COUNTER_record_failed);
			return;
		}
	}
#endif
	keep_larger(&e->max, v);
	keep_larger(&e->inv_min, ~v);
#ifndef HIST_PREEMPTIBLE
	if (settings.shard_owned) {
		h->sum += v;
		(*at)++;
		h->overflow += v >> HIST_MAX_BITS != 0;
		return;
	}
#endif
	__sync_fetch_and_add(&h->sum, v);
	__sync_fetch_and_add(at, 1);
	if (v >> HIST_MAX_BITS)
		__sync_fetch_and_add(&h->overflow, 1);
}
#endif
