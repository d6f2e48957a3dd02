/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_EVENTS_STATE_H
#define KT_BPF_EVENTS_STATE_H
/*
 * What makes a single wait: which one ends, where it was queued, who ran there meanwhile. Plain C,
 * compiled into the BPF object and into its unit test (tests/unit/events_state.c).
 */
#include "bpf/events_shared.h"
#include "bpf/wake_state.h"

/* A wait that ends now. */
struct events_span {
	uint32_t population;
	uint64_t end_ns, ns;
	uint64_t queued_ns; /* since when it was in a queue */
	uint64_t wake_ns, premig_ns;
	uint32_t arm; /* where arms count: of its last wake */
};

/*
 * events_ending - the wait that ends when the task is switched in now; before wake_switch_in(),
 * which records the same one
 *
 * Return: false: none whose beginning was seen.
 */
WAKE_FN bool events_ending(const struct wake_state *s, uint64_t now, struct events_span *e)
{
	e->end_ns = now;
	e->arm = s->arm;
	if (s->chain == WAKE_WOKEN) {
		if (wake_before(s->t2, s->t1) || wake_before(now, s->t2))
			return false;
		e->population = EVENTS_WOKEN;
		e->ns = now - s->t1;
		e->queued_ns = s->t2;
		e->wake_ns = s->t2 - s->t1;
		e->premig_ns = wake_premig(s);
		return true;
	}
	if (s->place != WAKE_QUEUED || !s->since || wake_before(now, s->since))
		return false;
	if (s->wait == WAKE_WAIT_PREEMPTED)
		e->population = EVENTS_PREEMPTED;
	else if (s->wait == WAKE_WAIT_REQUEUED)
		e->population = EVENTS_REQUEUED;
	else if (s->wait == WAKE_WAIT_FIRST)
		e->population = EVENTS_FIRST_RUN;
	else
		return false;
	e->ns = now - s->since;
	e->queued_ns = s->since;
	e->wake_ns = e->premig_ns = 0;
	return true;
}

/*
 * events_wakes - may the waking that comes now end a sleep? A task in a queue was preempted before it
 * slept: the wait that ends is that of its preemption, with that stack.
 */
WAKE_FN bool events_wakes(const struct wake_state *s)
{
	return s->place != WAKE_QUEUED;
}

/* events_moved - the task leaves the queue of @cpu for that of another */
WAKE_FN void events_moved(struct events_task *e, struct wake_state *s, uint32_t cpu, uint64_t now)
{
	uint32_t at = s->moves & (EVENTS_MAX_MOVES - 1);

	e->move_cpu[at] = cpu;
	e->move_ns[at] = now;
	/* Never back to few; the next place is the right one. */
	s->moves = s->moves == 0xffff ? 0x8000 : s->moves + 1;
}

/* events_over - the task is switched in: the next wait has moves of its own */
WAKE_FN void events_over(struct wake_state *s)
{
	s->moves = 0;
}

/* How many moves came since @queued_ns; those before belong to the choice of a CPU. */
WAKE_FN uint32_t events_moves_since(const struct events_task *e, const struct wake_state *s,
				    uint64_t queued_ns)
{
	uint32_t nr = s->moves, i;

	for (i = 0; i < EVENTS_MAX_MOVES; i++) {
		/* The oldest that is at hand comes first. */
		uint32_t back = EVENTS_MAX_MOVES - i;

		if (back > s->moves)
			continue;
		if (wake_before(e->move_ns[(s->moves - back) & (EVENTS_MAX_MOVES - 1)], queued_ns))
			nr = back - 1;
	}
	return nr;
}

/* A place for @who among those that ran, by four probes; NULL: all are taken. */
WAKE_FN struct events_behind *events_place(struct events_around *a, uint32_t tid)
{
	uint32_t first = (tid * 0x9e3779b9U) >> 16, i;

	for (i = 0; i < 4; i++) {
		struct events_behind *b = &a->behind[(first + i) & (EVENTS_MAX_BEHIND - 1)];

		if (!b->ns || b->who.tid == tid)
			return b;
	}
	return 0;
}

/*
 * events_collect_log - who ran on the CPU of @log from @from to @to, added to @a
 *
 * The last one that was logged runs still. What the log does not reach, or finds no place, is
 * other_ns.
 */
WAKE_FN void events_collect_log(const struct events_cpu *log, uint64_t from, uint64_t to,
				struct events_around *a)
{
	uint64_t head = *(const volatile uint64_t *)&log->head, end = to;
	uint32_t i;

	for (i = 1; i <= EVENTS_LOG_REACH; i++) {
		const struct events_ran *r = &log->ran[(head - i) & (EVENTS_LOG_LEN - 1)];
		uint64_t since = r->since_ns;
		struct events_behind *b;

		if (i > head || !wake_before(from, end))
			break;
		if (!wake_before(since, end))
			continue; /* later */
		if (wake_before(since, from))
			since = from;
		b = events_place(a, r->who.tid);
		if (b) {
			b->who = r->who;
			b->ns += end - since;
		} else {
			a->other_ns += end - since;
		}
		end = since;
	}
	if (wake_before(from, end))
		a->other_ns += end - from;
}
#endif
