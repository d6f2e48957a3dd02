/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_PARK_EPISODE_BPF_H
#define KT_BPF_PARK_EPISODE_BPF_H
/* Single parks: who asked for each, and when the thread had parked. Only while episodes_on(). */
#include "bpf/episodes.bpf.h"

#include "bpf/park_shared.h"
#include "bpf/park_state.h"

/* A thread that is asked to park, or parked. */
struct park_course {
	__u32 session;
	__u32 has_asker;	   /* of the request that stands */
	struct events_waker asker; /* likewise */
	struct events_waker by;	   /* of the park that goes on */
	__u32 has_by;
	__u32 asked;		   /* its request was seen */
	__u64 begin_ns, parked_ns; /* likewise; parked_ns 0: none goes on */
};

/* Size set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tracer_thread);
	__type(value, struct park_course);
} courses SEC(".maps");

static __always_inline struct park_course *course_of(const struct tracer_thread *thread)
{
	struct park_course *c = bpf_map_lookup_elem(&courses, thread), fresh = {};
	__u32 session = *(volatile __u32 *)&control.session;

	if (c && c->session == session)
		return c;
	fresh.session = session;
	if (bpf_map_update_elem(&courses, thread, &fresh, BPF_ANY)) {
		count(COUNTER_map_full);
		return NULL;
	}
	return bpf_map_lookup_elem(&courses, thread);
}

/* park_episode_asked - current asks @thread to park */
static __always_inline void park_episode_asked(const struct tracer_thread *thread)
{
	struct park_course *c = course_of(thread);

	if (!c)
		return;
	episode_by(&c->asker);
	c->has_asker = 1;
}

/* park_episode_parked - it has, @react_ns after the request when that was seen */
static __always_inline void park_episode_parked(const struct tracer_thread *thread, __u64 now,
						bool asked, __u64 react_ns)
{
	struct park_course *c = course_of(thread);

	if (!c)
		return;
	c->parked_ns = now;
	c->begin_ns = asked ? now - react_ns : now;
	c->asked = asked;
	c->has_by = asked && c->has_asker;
	c->by = c->asker;
	c->has_asker = 0;
}

/* park_episode_over - @p, which @thread is, runs again, @unpark_ns after its release when that was seen */
static __always_inline void park_episode_over(const struct tracer_thread *thread,
					      struct task_struct *p, __u64 now, bool released,
					      __u64 unpark_ns)
{
	struct park_course *c = course_of(thread);
	__u64 react, parked;
	struct episode *e;

	if (!c || !c->parked_ns || now < c->parked_ns)
		return;
	react = c->parked_ns - c->begin_ns;
	parked = now - c->parked_ns;
	/* Released before its own probe said that it had parked. */
	parked = released ? (parked > unpark_ns ? parked - unpark_ns : 0) : parked;
	e = episode_begin(p, now, react > unpark_ns ? react : unpark_ns);
	if (e) {
		e->metric = c->asked ? METRIC_PARK_REACT : METRIC_UNPARK;
		e->begin_ns = c->begin_ns;
		e->has_by = c->has_by;
		e->by = c->by;
		episode_stage(&e->stage[0], c->asked ? METRIC_PARK_REACT : EPISODE_NO_METRIC,
			      react);
		episode_stage(&e->stage[1], EPISODE_PARKED, parked);
		episode_stage(&e->stage[2], released ? METRIC_UNPARK : EPISODE_NO_METRIC,
			      unpark_ns);
		episode_done(e);
	}
	c->parked_ns = 0;
}
#endif
