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
#endif
