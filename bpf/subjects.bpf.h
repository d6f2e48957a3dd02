/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_SUBJECTS_BPF_H
#define KT_BPF_SUBJECTS_BPF_H
/*
 * For whom a value counts: the subjects of --by, made as they turn up, each with a group of
 * histograms.
 */
#include "bpf/common.bpf.h"
#include "bpf/filters.bpf.h"

/* By group; sized by the loader, as is the next one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_subject);
} subjects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tracer_subject_key);
	__type(value, __u32);
} groups SEC(".maps");

/*
 * subject_group - the group of @s (key, name filled in), made when new
 *
 * Groups are numbered as subjects turn up. Of two CPUs that see a new subject at the same time one
 * gives its number up: it stays without a subject.
 *
 * Return: the group, or settings.nr_groups when all are taken: that is the subject `others`.
 */
static __always_inline __u32 subject_group(struct tracer_subject *s)
{
	struct tracer_subject_key key = { { s->key[0], s->key[1] } };
	__u32 *known = bpf_map_lookup_elem(&groups, &key), group;
	struct tracer_subject *own;

	if (known)
		return *known;
	if (*(volatile __u32 *)&control.nr_subjects >= settings.nr_groups)
		return settings.nr_groups;
	group = __sync_fetch_and_add(&control.nr_subjects, 1);
	own = bpf_map_lookup_elem(&subjects, &group);
	if (!own)
		return settings.nr_groups;
	s->group = group;
	*own = *s;
	if (!bpf_map_update_elem(&groups, &key, &group, BPF_NOEXIST))
		return group;
	__builtin_memset(own->key, 0, sizeof(own->key));
	known = bpf_map_lookup_elem(&groups, &key);
	return known ? *known : settings.nr_groups;
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

/* subject_rename - @p is called otherwise than when @group was made for it */
static __always_inline void subject_rename(__u32 group, struct task_struct *p)
{
	struct tracer_subject *s = bpf_map_lookup_elem(&subjects, &group);

	if (s && s->tid == (__u32)p->pid) {
		__builtin_memset(s->name, 0, sizeof(s->name));
		task_name(p, s->name, sizeof(s->name));
	}
}

/* subject_of_number - a subject that is known by a number above 0, and named by the loader */
static __always_inline void subject_of_number(struct tracer_subject *s, __u64 number)
{
	__builtin_memset(s, 0, sizeof(*s));
	s->key[0] = number;
}

/* subject_of_comm - by the 16 bytes of a comm, of which the last one is 0 */
static __always_inline void subject_of_comm(struct tracer_subject *s, const __u64 *comm)
{
	__builtin_memset(s, 0, sizeof(*s));
	s->key[0] = comm[0];
	s->key[1] = comm[1];
	__builtin_memcpy(s->name, comm, TASK_COMM_LEN);
	/* A thread may have an empty name, a subject not. */
	if (!s->key[0] && !s->key[1])
		s->key[1] = 1ULL << 63;
}

/* subject_of_word - what is not a thread, @word of at most 15 characters; no comm equals it */
static __always_inline void subject_of_word(struct tracer_subject *s,
					    const char word[TASK_COMM_LEN])
{
	__builtin_memset(s, 0, sizeof(*s));
	__builtin_memcpy(s->name, word, TASK_COMM_LEN);
	__builtin_memcpy(s->key, word, TASK_COMM_LEN);
	s->key[1] |= 1ULL << 63;
}

/* subject_of_cgroup - by its id; the loader finds its path, while it is there, from that */
static __always_inline void subject_of_cgroup(struct tracer_subject *s, struct cgroup *c)
{
	const char *name = NULL;

	__builtin_memset(s, 0, sizeof(*s));
	s->key[1] = 1;
	if (!c)
		return;
	s->key[0] = BPF_CORE_READ(c, kn, id);
	name = BPF_CORE_READ(c, kn, name);
	if (name)
		bpf_probe_read_kernel_str(s->name, sizeof(s->name), name);
}
#endif
