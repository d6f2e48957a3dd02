/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_FILTERS_BPF_H
#define KT_BPF_FILTERS_BPF_H
/*
 * Which tasks a tracer looks at.
 *
 * Filters of one sort add up, sorts narrow. A filter always asks about the subject (the woken
 * thread), never about current, which may be its waker or whoever ran before it.
 */
#include "bpf/common.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TRACER_MAX_PROCESSES);
	__type(key, __u32);
	__type(value, struct tracer_process);
} processes SEC(".maps");

/* With settings.by_thread; sized by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tracer_thread);
	__type(value, __u32);
} wanted_threads SEC(".maps");

/* With settings.by_cgroup, key: id; sized by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u32);
} wanted_cgroups SEC(".maps");

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

/*
 * text_matches - does @name, zero-terminated in TRACER_NAME_LEN bytes, match one of the patterns?
 *
 * All words of patterns go along together: one after the other, the verifier would follow each
 * length of the name in each of them.
 */
static __always_inline bool text_matches(const char *name)
{
	__u64 state[TRACER_MAX_GLOBS], matched = 0;
	__u32 g, i;

#pragma unroll
	for (g = 0; g < TRACER_MAX_GLOBS; g++)
		state[g] = settings.glob[g].begin;
	for (i = 0; i < TRACER_NAME_LEN; i++) {
		__u8 c = name[i];

		if (!c)
			break;
#pragma unroll
		for (g = 0; g < TRACER_MAX_GLOBS; g++)
			if (g < settings.nr_globs)
				state[g] = glob_step(settings.glob[g].accept[c],
						     settings.glob[g].star, state[g]);
	}
#pragma unroll
	for (g = 0; g < TRACER_MAX_GLOBS; g++)
		matched |= state[g] & settings.glob[g].final;
	return matched;
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

/* wanted_thread - thread @tid, as gettid() returns it, of process @tgid */
static __always_inline bool wanted_thread(__u32 tgid, __u32 tid)
{
	struct tracer_thread key = { .tgid = tgid, .tid = tid };

	return !settings.by_thread || bpf_map_lookup_elem(&wanted_threads, &key);
}

/* wanted_cpu - may what ends on this CPU count? */
static __always_inline bool wanted_cpu(__u32 cpu)
{
	return !settings.by_cpu ||
	       (cpu < FILTER_MAX_CPUS && settings.cpus[cpu / 64] >> cpu % 64 & 1);
}

/* cgroup_of - of @p, in the hierarchy that is asked about */
static __always_inline struct cgroup *cgroup_of(struct task_struct *p)
{
	struct css_set *set = p->cgroups;
	struct cgroup_subsys_state *css = NULL;
	__u32 controller = settings.cgroup_controller;
	void *at;

	if (!set)
		return NULL;
	if (!controller)
		return BPF_CORE_READ(set, dfl_cgrp);
	/* subsys[controller]: the array's length is not part of its type */
	at = (void *)set + bpf_core_field_offset(struct css_set, subsys) +
	     (controller - 1) * sizeof(css);
	bpf_probe_read_kernel(&css, sizeof(css), at);
	return css ? BPF_CORE_READ(css, cgroup) : NULL;
}

/* Nobody nests them deeper. */
#define CGROUP_LEVELS 64

/* Is one of its ancestors, or itself, among those asked for? */
static __always_inline bool cgroup_matches(struct cgroup *c)
{
	struct cgroup_subsys_state *up;
	__u32 i;

	for (i = 0; c && i < CGROUP_LEVELS; i++) {
		__u64 id = BPF_CORE_READ(c, kn, id);

		if (bpf_map_lookup_elem(&wanted_cgroups, &id))
			return true;
		up = BPF_CORE_READ(c, self.parent);
		c = up ? (void *)up - bpf_core_field_offset(struct cgroup, self) : NULL;
	}
	return false;
}

static __always_inline bool wanted_cgroup(struct task_struct *p)
{
	return !settings.by_cgroup || cgroup_matches(cgroup_of(p));
}

/*
 * wanted_process - for probes, which fire in all processes: is the current one to be looked at? The
 * thread that fires a probe need not be the subject, so nothing is asked of it that differs between
 * threads of a process (cgroups seldom do).
 */
static __always_inline bool wanted_process(struct task_struct *p)
{
	if (p->tgid == (int)settings.self_tgid)
		return false;
	return (!settings.by_process || process_of(p)) && wanted_cgroup(p);
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
	if (settings.by_process && !process_of(p))
		return false;
	return !settings.by_thread || wanted_thread(p->tgid, own_tid(p));
}

/* wanted - every restriction asked for holds for @p (the subject, never the waker) */
static __always_inline bool wanted(struct task_struct *p)
{
	return wanted_class(p) && (!settings.by_name || name_matches(p)) && wanted_cgroup(p);
}

/* What was found out of a task and may change: its name, its cgroup. Zeroed memory knows nothing. */
struct filter_memo {
	__u64 comm[2]; /* as it was */
	__u64 css_set; /* address of its cgroups, as it was: they are replaced, not changed */
	__u32 names;   /* control.names + 1 */
	bool other_name, other_cgroup;
};

enum { MEMO_NAME = 1, MEMO_CGROUP = 2 }; /* what was found to be new */

static __always_inline __u32 memo_name(struct filter_memo *m, struct task_struct *p)
{
	const __u64 *comm = (const __u64 *)p->comm;
	__u32 names = *(volatile __u32 *)&control.names + 1;

	if (m->comm[0] == comm[0] && m->comm[1] == comm[1] && m->names == names)
		return 0;
	m->comm[0] = comm[0];
	m->comm[1] = comm[1];
	m->names = names;
	m->other_name = settings.by_name && !name_matches(p);
	/* Nothing counts under a name that is filtered out, so nothing is to be called by it. */
	return m->other_name ? 0 : MEMO_NAME;
}

static __always_inline __u32 memo_cgroup(struct filter_memo *m, struct task_struct *p)
{
	__u64 set = (__u64)p->cgroups;

	if (m->css_set == set)
		return 0;
	m->css_set = set;
	m->other_cgroup = !wanted_cgroup(p);
	return MEMO_CGROUP;
}

/*
 * memo_refresh - look whether @p is called otherwise, or lies elsewhere, than when it was last asked
 * @needs: MEMO_* that matter beside the filters
 */
static __always_inline __u32 memo_refresh(struct filter_memo *m, struct task_struct *p, __u32 needs)
{
	__u32 is_new = 0;

	if (settings.by_name || needs & MEMO_NAME)
		is_new |= memo_name(m, p);
	if (settings.by_cgroup || needs & MEMO_CGROUP)
		is_new |= memo_cgroup(m, p);
	return is_new;
}

/* memo_wanted - what wanted() says beside wanted_class(), as of the last look */
static __always_inline bool memo_wanted(const struct filter_memo *m)
{
	return !(settings.by_name && m->other_name) && !(settings.by_cgroup && m->other_cgroup);
}
#endif
