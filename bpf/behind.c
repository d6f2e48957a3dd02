// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/behind.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Switches that the CPU may write while the log is read. */
#define MARGIN 256

static struct events_behind *place_of(struct behind *b, uint32_t tid)
{
	uint32_t first = (tid * 0x9e3779b9U) >> 16;

	for (uint32_t i = 0; i < BEHIND_PLACES; i++) {
		struct events_behind *at = &b->place[(first + i) & (BEHIND_PLACES - 1)];

		if (at->ns && at->who.tid == tid)
			return at;
		if (at->ns)
			continue;
		/* Half of them stay free, so that looking for one is short. */
		if (b->nr == BEHIND_PLACES / 2)
			return NULL;
		b->nr++;
		return at;
	}
	return NULL;
}

static void add(struct behind *b, const struct events_who *who, uint64_t ns)
{
	struct events_behind *at;

	if (!ns)
		return;
	at = place_of(b, who->tid);
	if (!at) {
		b->other_ns += ns;
		return;
	}
	at->who = *who;
	at->ns += ns;
}

bool behind_collect(const struct events_cpu *log, uint64_t from, uint64_t to, struct behind *b)
{
	uint64_t head = __atomic_load_n(&log->head, __ATOMIC_ACQUIRE), end = to, at = head;

	while (at && head - at < EVENTS_LOG_LEN - MARGIN && end > from) {
		const struct events_ran *r = &log->ran[--at & (EVENTS_LOG_LEN - 1)];
		uint64_t since = r->since_ns;

		if (since >= end)
			continue; /* later */
		if (since < from)
			since = from;
		add(b, &r->who, end - since);
		end = since;
	}
	if (end > from)
		b->other_ns += end - from;
	/* The reads come before: events_switched() in events.bpf.h raises head after it wrote. */
	atomic_thread_fence(memory_order_acquire);
	return __atomic_load_n(&log->head, __ATOMIC_RELAXED) - at < EVENTS_LOG_LEN;
}

static int longer_first(const void *a, const void *b)
{
	const struct events_behind *x = a, *y = b;

	return x->ns < y->ns ? 1 : x->ns > y->ns ? -1 : 0;
}

uint32_t behind_longest(struct behind *b, struct events_behind *out, uint32_t max)
{
	uint32_t nr = 0;

	/* Free places come last. */
	qsort(b->place, BEHIND_PLACES, sizeof(b->place[0]), longer_first);
	for (uint32_t i = 0; i < b->nr; i++) {
		if (nr < max)
			out[nr++] = b->place[i];
		else
			b->other_ns += b->place[i].ns;
	}
	return nr;
}
