/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_SUBJECTS_BPF_H
#define KT_BPF_SUBJECTS_BPF_H
/*
 * For whom a value counts: the subjects of --by, made as they turn up, each with a group of
 * histograms.
 */
#include "bpf/common.bpf.h"
#include "bpf/filters.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_subject);
} subjects SEC(".maps");

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
#endif
