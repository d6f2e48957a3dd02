/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_QUEUERS_BPF_H
#define KT_BPF_QUEUERS_BPF_H
/* Who queued the works that wait. Only while episodes_on(). */
#include "bpf/episodes.bpf.h"

/* A work that waits: what tells it from all others is the kind's. */
struct queuer_key {
	__u64 what, which;
	__u32 tgid;
	__u32 reserved;
};

/* Size set by the loader. A work that is cancelled leaves its entry to grow old. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct queuer_key);
	__type(value, struct events_waker);
} queuers SEC(".maps");

/* queuer_note - current queues it */
static __always_inline void queuer_note(const struct queuer_key *key)
{
	struct events_waker by = {};

	episode_by(&by);
	bpf_map_update_elem(&queuers, key, &by, BPF_ANY);
}

/* queuer_take - it waits no more */
static __always_inline void queuer_take(const struct queuer_key *key, struct events_waker *by,
					__u32 *has_by)
{
	struct events_waker *known = bpf_map_lookup_elem(&queuers, key);

	*has_by = known != NULL;
	if (!known)
		return;
	*by = *known;
	bpf_map_delete_elem(&queuers, key);
}
#endif
