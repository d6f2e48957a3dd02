// SPDX-License-Identifier: GPL-2.0-only
/* Counters of a tracer, seen from user space, and what the kernel counts about its programs. */
#include <errno.h>
#include <stdlib.h>

#include "bpf/tracer_impl.h"

static uint64_t counter_now(const struct tracer *t, uint32_t id)
{
	uint64_t sum = 0;

	for (uint32_t shard = 0; shard < t->nr_shards; shard++)
		sum += __atomic_load_n(&t->blocks[shard].counter[id], __ATOMIC_RELAXED);
	return sum;
}

/* What the kernel itself counts about our programs; members that an old kernel lacks stay 0. */
static void programs_now(struct tracer *t, uint64_t *missed, uint64_t *bpf_ns)
{
	struct bpf_program *p;

	*missed = *bpf_ns = 0;
	bpf_object__for_each_program(p, t->obj)
	{
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);

		if (bpf_program__fd(p) < 0 ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
			continue;
		*missed += info.recursion_misses;
		*bpf_ns += info.run_time_ns;
	}
}

void counts_start(struct tracer *t)
{
	programs_now(t, &t->last_missed, &t->last_bpf_ns);
}

static uint64_t since(uint64_t now, uint64_t *last)
{
	uint64_t d = now - *last;

	*last = now;
	return d;
}

int counts_read(struct tracer *t, struct tracer_snapshot *s)
{
#define COUNTER_LOSS(n, ...) { #n, true, 0 },
#define COUNTER_NOTE(n)	     { #n, false, 0 },
	static const struct tracer_counter names[NR_COUNTERS] = { TRACER_COUNTERS(COUNTER_LOSS,
										  COUNTER_NOTE) };
	uint64_t missed, bpf_ns, mine = t->ops->counters | COUNTERS_ALL_KINDS;

	s->counter = calloc(NR_COUNTERS, sizeof(*s->counter));
	if (!s->counter)
		return -ENOMEM;
	programs_now(t, &missed, &bpf_ns);
	missed = since(missed, &t->last_missed);
	s->bpf_ns = since(bpf_ns, &t->last_bpf_ns);
	for (uint32_t id = 0; id < NR_COUNTERS; id++) {
		uint64_t v = since(counter_now(t, id), &t->last_counter[id]);

		if (id == COUNTER_recursion_missed)
			v += missed;
		if (!v && !(mine >> id & 1))
			continue;
		s->counter[s->nr_counters] = names[id];
		s->counter[s->nr_counters++].value = v;
	}
	s->events = since(counter_now(t, COUNTER_EVENTS), &t->last_counter[COUNTER_EVENTS]);
	return 0;
}
