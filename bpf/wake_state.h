/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_WAKE_STATE_H
#define KT_BPF_WAKE_STATE_H
/*
 * Wakeup latency of one task as a state machine: plain C, compiled into the BPF object and into its
 * unit test (tests/unit/wake_state.c).
 *
 * A wake is a chain of stamps: T0 request (user space), T1 sched_waking, T2 sched_wakeup, T3
 * switched in, T4 first instruction (user space). Each event goes into one function here, which
 * advances the state and says in struct wake_out what to count and what to record; the caller does
 * only that.
 *
 * A task that can run and does not waits, and each wait is somebody's: after a wake (WOKEN, T1 ->
 * T3), after preemption, after a slice or a yield, before a first run (each from the event that
 * queued it to T3). The parts of WOKEN come with it. The values of a whole wake with stamps come all
 * together at T4 or not at all, so that their counts agree; its WAKE, RUNQ and PREMIG are then
 * those of the whole.
 *
 * A woken task may block again before its T4, typically on a lock that the waker still holds: the
 * request is then carried out by several wakes, its links. They are one chain: of the whole, WAKE
 * and RUNQ are the sums over the links, RESUME follows the last one, and the time between a link's T3 and the
 * next one's T1 belongs to CALL, since it is the way the request takes, not the scheduler's.
 *
 * Which events may run together, as the kernel serialises them:
 *
 *   waking	the woken task's pi_lock
 *   wakeup, migrate, switch_in, switch_out	the run queue's lock; wakeup follows its waking
 *   stamped	the task itself is current
 *
 * Only waking can run beside another event of the same task (the one that is just blocking), so it
 * has a part of its own, and the decision is taken at the wakeup that follows: by then it
 * is known whether the task had blocked.
 */
#include "bpf/counters.h"
#include "bpf/events_shared.h"
#include "bpf/events_shared.h"
#include "bpf/wakeup_shared.h"
#include "lib/probe/slot.h"

/* What a waking could learn about the request. */
enum wake_stamp {
	WAKE_STAMP_NONE, /* no stamps exist for this task */
	WAKE_STAMP_OK,	 /* t0 is an unanswered request */
	WAKE_STAMP_NO_SLOT,
	WAKE_STAMP_NO_T0,
	WAKE_STAMP_STALE,    /* t0 is older than the last answer */
	WAKE_STAMP_REUSED,   /* t0 began an earlier chain already */
	WAKE_STAMP_IDLE,     /* waker is the idle task */
	WAKE_STAMP_FOREIGN,  /* waker has another address space */
	WAKE_STAMP_FAULT,    /* slot not readable */
	WAKE_STAMP_UNTAGGED, /* the slot names no arm, and only arms count */
};

enum wake_place { WAKE_UNKNOWN, WAKE_BLOCKED, WAKE_QUEUED, WAKE_RUNNING };
/* What a queued task waits after: the metric of that wait, where its beginning was seen. */
enum wake_wait { WAKE_WAIT_OTHER, WAKE_WAIT_PREEMPTED, WAKE_WAIT_REQUEUED, WAKE_WAIT_FIRST };
enum wake_chain {
	WAKE_IDLE,
	WAKE_WOKEN, /* T2 seen */
	WAKE_RAN,   /* T3 seen, T4 awaited */
	WAKE_AGAIN, /* blocked before T4: the next wake is a further link */
};

/* A chain of so many links is given up: its thread seems never to stamp T4. */
#define WAKE_LINKS_MAX 16

/*
 * The waking part: the waker's CPU alone writes to it, and looks at nothing else. Were it written to
 * when the task runs, or lay in a cache line that is, each wake from another CPU would wait for that
 * line to come from there.
 */
struct wake_waking {
	uint32_t session; /* the caller's */
	uint32_t nr;	  /* wakings so far */
	uint64_t t1;
	uint32_t stamp; /* enum wake_stamp */
	/* The rest is events.bpf.h's. */
	uint32_t cpu_before;
	struct events_waker waker;
};

/*
 * Zeroed memory is a task of which nothing is known yet. First what every wake needs, 56 bytes, then
 * what every switch needs, 64.
 */
struct wake_state {
	struct wake_waking w;

	uint32_t session; /* the caller's */
	uint8_t place;	  /* enum wake_place */
	uint8_t wait;	  /* enum wake_wait; the wait of a chain is OTHER */
	uint8_t chain;	  /* enum wake_chain */
	uint8_t stamp;	  /* enum wake_stamp of the chain */
	uint64_t since;	  /* when the place became QUEUED (but by a wake) or RUNNING, 0: not seen */
	uint64_t t1, t2;
	uint64_t migrated; /* last move to another queue, 0: none */
	uint32_t taken;	   /* of the wakings; more: one is open */
	uint16_t moves;	   /* to other queues since the last wait: events_state.h */
	uint8_t primed;	   /* the chain began when the place was known */
	uint8_t reserved;
	uint32_t seq; /* slot's sequence when the chain began */
	uint32_t arm; /* arm of the chain, or KTHREAD_SLOT_NONE */
	uint64_t t3;

	/* of the waking part, where the slot was read */
	uint64_t w_t0;
	uint32_t w_seq;
	uint32_t w_arm;

	uint32_t last_seq; /* the last sequence accounted for */
	uint32_t seq_known;
	uint32_t owed; /* an answer will come to a wake that is not a chain: it was not a spin */
	uint32_t links;
	uint64_t t0;
	uint64_t last_t0; /* the last T0 that began a chain */
	/* earlier links of the chain */
	uint64_t more_wake, more_runq, more_premig;
};

_Static_assert(METRIC_CALL == 0, "the values of a wake are indexed by their metrics");

#ifdef __bpf__
struct tracer_block;
#endif

/* What a whole wake consists of, by metric. */
struct wake_whole {
	uint64_t value[METRIC_UNATTRIBUTED + 1];
};

/* What an event means; counter NR_COUNTERS: nothing. */
struct wake_out {
	uint32_t fate;	     /* counter: what became of a wake */
	uint32_t edge;	     /* counter: what kind of switch, or of stamp */
	uint32_t spun;	     /* answers given with no sched_waking */
	uint32_t superseded; /* wakings that no sched_wakeup followed */
	bool whole;	     /* the values are of a whole wake: CALL and all its parts */
#ifdef __bpf__
	struct tracer_block *block; /* where values go, NULL: nowhere */
	uint32_t group;		    /* ... with subjects */
	uint32_t waker_cpu;	    /* + 1, for the matrix */
#else
	uint32_t record; /* bit per metric, METRIC_CALL..METRIC_RAN */
	uint64_t value[METRIC_RAN + 1];
	struct wake_whole of_whole;
#endif
};

#define WAKE_BIT(metric) (1U << (metric))
#define WAKE_FN		 static inline __attribute__((always_inline))

/*
 * wake_put - @v is a value of @metric
 *
 * In BPF it is recorded at once (wakeup.bpf.c): what is kept for later is one more thing that the
 * verifier follows through every way on from here.
 */
#ifdef __bpf__
WAKE_FN void wake_put(struct wake_out *o, uint32_t metric, uint64_t v);
/* wake_put_whole - the values put since the last one are those of one wake of the task's arm */
WAKE_FN void wake_put_whole(struct wake_out *o, const struct wake_state *s,
			    const struct kthread_slot *slot);
#else
WAKE_FN void wake_put(struct wake_out *o, uint32_t metric, uint64_t v)
{
	o->record |= WAKE_BIT(metric);
	o->value[metric] = v;
}
#endif

WAKE_FN void wake_out_init(struct wake_out *o)
{
	o->fate = o->edge = NR_COUNTERS;
	o->spun = o->superseded = 0;
	o->whole = false;
#ifdef __bpf__
	o->waker_cpu = 0;
#else
	o->record = 0;
#endif
}

WAKE_FN bool wake_before(uint64_t a, uint64_t b)
{
	return (long long)(a - b) < 0;
}

/* wake_new - sched_wakeup_new: a thread that has never run; nobody requests, nothing wakes */
WAKE_FN void wake_new(struct wake_state *s, uint64_t now, struct wake_out *o)
{
	s->place = WAKE_QUEUED;
	s->wait = WAKE_WAIT_FIRST;
	s->since = now;
	s->chain = WAKE_IDLE;
	o->fate = COUNTER_new_task;
}

/*
 * wake_waking - T1; @stamp says what @slot (read now, or NULL) is good for
 *
 * The caller passes WAKE_STAMP_OK for a slot it could read; whether T0 in it is usable is decided
 * here.
 */
WAKE_FN void wake_waking(struct wake_state *s, uint64_t now, uint32_t stamp,
			 const struct kthread_slot *slot)
{
	if (stamp == WAKE_STAMP_OK && slot) {
		s->w_t0 = slot->t0_ns;
		s->w_seq = slot->seq;
		s->w_arm = slot->arm;
		if (!slot->t0_ns)
			stamp = WAKE_STAMP_NO_T0;
		else if (!wake_before(slot->t4_ns, slot->t0_ns))
			stamp = WAKE_STAMP_STALE;
	}
	s->w.stamp = stamp;
	s->w.t1 = now;
	s->w.nr++;
}

WAKE_FN uint32_t wake_stamp_counter(uint32_t stamp)
{
	switch (stamp) {
	case WAKE_STAMP_NO_SLOT:
		return COUNTER_no_slot;
	case WAKE_STAMP_NO_T0:
		return COUNTER_no_t0;
	case WAKE_STAMP_STALE:
		return COUNTER_stale_t0;
	case WAKE_STAMP_REUSED:
		return COUNTER_t0_reused;
	case WAKE_STAMP_IDLE:
		return COUNTER_idle_waker;
	case WAKE_STAMP_FOREIGN:
		return COUNTER_foreign_waker;
	case WAKE_STAMP_FAULT:
		return COUNTER_slot_fault;
	case WAKE_STAMP_UNTAGGED:
		return COUNTER_untagged;
	default:
		return NR_COUNTERS;
	}
}

/* answers that no chain accounts for, up to @seq; a step back is a slot begun anew */
WAKE_FN uint32_t wake_seq_advance(struct wake_state *s, uint32_t seq)
{
	uint32_t by = s->seq_known ? seq - s->last_seq : 0;

	s->last_seq = seq;
	s->seq_known = 1;
	return by > 0x7fffffff ? 0 : by;
}

WAKE_FN bool wake_in_chain(const struct wake_state *s, uint64_t t0)
{
	return s->chain != WAKE_IDLE && s->stamp == WAKE_STAMP_OK && s->t0 == t0;
}

/* A further link: the same request is open still, or the waker (an interrupt, say) cannot tell. */
WAKE_FN bool wake_is_link(const struct wake_state *s, uint32_t stamp)
{
	if (s->chain != WAKE_AGAIN)
		return false;
	if (stamp == WAKE_STAMP_OK)
		return s->w_t0 == s->t0 && s->w_seq == s->seq;
	return stamp == WAKE_STAMP_IDLE || stamp == WAKE_STAMP_FOREIGN || stamp == WAKE_STAMP_FAULT;
}

/* Was the slot read at a waking with @stamp? What is kept of it means nothing otherwise. */
WAKE_FN bool wake_read_slot(uint32_t stamp)
{
	return stamp == WAKE_STAMP_OK || stamp == WAKE_STAMP_NO_T0 || stamp == WAKE_STAMP_STALE ||
	       stamp == WAKE_STAMP_REUSED;
}

/* wake_arm - whose wake the last chain was, KTHREAD_SLOT_NONE: it is not known */
WAKE_FN uint32_t wake_arm(const struct wake_state *s)
{
	return wake_read_slot(s->stamp) ? s->arm : KTHREAD_SLOT_NONE;
}

/* wake_wakeup - T2: the task is on a run queue, or never left it */
WAKE_FN void wake_wakeup(struct wake_state *s, uint64_t now, struct wake_out *o)
{
	uint32_t stamp = s->w.stamp, open = s->w.nr - s->taken;

	s->taken = s->w.nr;
	if (open > 1)
		o->superseded = open - 1; /* their sched_wakeup was not seen */
	if (!open) {
		o->fate = COUNTER_unmatched;
		if (s->place == WAKE_UNKNOWN || s->place == WAKE_BLOCKED) {
			s->place = WAKE_QUEUED;
			s->wait = WAKE_WAIT_OTHER;
		}
		return;
	}
	if (s->place == WAKE_RUNNING || s->place == WAKE_QUEUED) {
		/* It had set a sleep state and was still running, or preempted before it slept. */
		o->fate = COUNTER_absorbed;
		s->owed |= stamp == WAKE_STAMP_OK && !wake_in_chain(s, s->w_t0);
		return;
	}
	s->wait = WAKE_WAIT_OTHER;
	if (wake_is_link(s, stamp)) {
		s->t1 = s->w.t1;
		s->t2 = now;
		s->migrated = 0;
		s->place = WAKE_QUEUED;
		s->chain = WAKE_WOKEN;
		return;
	}
	if (s->chain == WAKE_AGAIN)
		o->fate = COUNTER_no_t4; /* the request before was never answered */
	if (wake_read_slot(stamp)) {
		o->spun = wake_seq_advance(s, s->w_seq);
		if (o->spun && s->owed) {
			o->spun--;
			s->owed = 0;
		}
	}
	if (stamp == WAKE_STAMP_OK) {
		if (s->w_t0 == s->last_t0) {
			stamp = WAKE_STAMP_REUSED;
			s->owed = 1;
		}
		s->last_t0 = s->w_t0;
	}
	o->edge = wake_stamp_counter(stamp);
	s->stamp = stamp;
	s->t1 = s->w.t1;
	s->t2 = now;
	s->migrated = 0;
	if (wake_read_slot(stamp)) {
		s->t0 = s->w_t0;
		s->seq = s->w_seq;
		s->arm = s->w_arm;
		s->more_wake = s->more_runq = s->more_premig = 0;
		s->links = 1;
	}
	s->primed = s->place == WAKE_BLOCKED;
	s->place = WAKE_QUEUED;
	s->chain = WAKE_WOKEN;
}

/* wake_migrate - T2a: moved to another queue; between T1 and T2 it is placement, part of WAKE */
WAKE_FN void wake_migrate(struct wake_state *s, uint64_t now, struct wake_out *o)
{
	if (s->chain != WAKE_WOKEN)
		return;
	s->migrated = now;
	o->edge = COUNTER_migrated;
}

WAKE_FN uint64_t wake_premig(const struct wake_state *s)
{
	return s->migrated && !wake_before(s->migrated, s->t2) ? s->migrated - s->t2 : 0;
}

/* The parts between T1 and @t3, and what they come to in earlier links */
WAKE_FN void wake_put_parts(const struct wake_state *s, uint64_t t3, uint64_t more_wake,
			    uint64_t more_runq, uint64_t more_premig, struct wake_out *o)
{
	uint64_t premig = more_premig + wake_premig(s);

	wake_put(o, METRIC_WAKE, more_wake + (s->t2 - s->t1));
	wake_put(o, METRIC_RUNQ, more_runq + (t3 - s->t2));
	if (premig)
		wake_put(o, METRIC_PREMIG, premig);
}

/* The end of a wait that no wake began */
WAKE_FN void wake_put_wait(const struct wake_state *s, uint64_t now, struct wake_out *o)
{
	if (!s->since || s->wait == WAKE_WAIT_OTHER)
		return;
	if (wake_before(now, s->since)) {
		o->fate = COUNTER_negative;
		return;
	}
	/* Not by an index: the verifier knows each of these, but no computed one. */
	if (s->wait == WAKE_WAIT_PREEMPTED)
		wake_put(o, METRIC_PREEMPTED, now - s->since);
	else if (s->wait == WAKE_WAIT_REQUEUED)
		wake_put(o, METRIC_REQUEUED, now - s->since);
	else
		wake_put(o, METRIC_FIRST_RUN, now - s->since);
}

/* wake_switch_in - T3: consumes what is pending, whatever becomes of it */
WAKE_FN void wake_switch_in(struct wake_state *s, uint64_t now, struct wake_out *o)
{
	uint32_t came_from = s->place;

	if (came_from == WAKE_QUEUED)
		wake_put_wait(s, now, o);
	s->place = WAKE_RUNNING;
	s->since = now;
	if (s->chain != WAKE_WOKEN) {
		/*
		 * RAN: preempted before T4, goes on. Queued without a chain: preempted, new or
		 * its beginning was not seen.
		 */
		if (s->chain == WAKE_AGAIN)
			s->chain = WAKE_IDLE; /* the wake between was not seen */
		if (came_from == WAKE_UNKNOWN || came_from == WAKE_BLOCKED)
			o->fate = COUNTER_unmatched;
		else if (came_from == WAKE_RUNNING)
			o->fate = COUNTER_switch_missed; /* that it left */
		return;
	}
	s->chain = WAKE_IDLE;
	if (wake_before(s->t2, s->t1) || wake_before(now, s->t2)) {
		o->fate = COUNTER_negative;
		return;
	}
	wake_put(o, METRIC_WOKEN, now - s->t1);
	wake_put_parts(s, now, 0, 0, 0, o);
	if (s->stamp != WAKE_STAMP_OK)
		return;
	s->t3 = now;
	s->chain = WAKE_RAN;
}

/*
 * wake_whole_of - what the wake consists of that @slot answers; UNATTRIBUTED is 0 without a clock of
 * its own, PREMIG where it did not move
 */
WAKE_FN void wake_whole_of(const struct wake_state *s, const struct kthread_slot *slot,
			   struct wake_whole *w)
{
	uint64_t t4 = slot->t4_ns, sum = t4 - s->t0, e2e = slot->e2e_ns ? slot->e2e_ns : sum;

	w->value[METRIC_WAKE] = s->more_wake + (s->t2 - s->t1);
	w->value[METRIC_RUNQ] = s->more_runq + (s->t3 - s->t2);
	w->value[METRIC_PREMIG] = s->more_premig + wake_premig(s);
	w->value[METRIC_CALL] = s->t1 - s->t0 - (s->more_wake + s->more_runq);
	w->value[METRIC_RESUME] = t4 - s->t3;
	w->value[METRIC_END_TO_END] = e2e;
	w->value[METRIC_UNATTRIBUTED] = wake_before(e2e, sum) ? sum - e2e : e2e - sum;
}

#ifndef __bpf__
WAKE_FN void wake_put_whole(struct wake_out *o, const struct wake_state *s,
			    const struct kthread_slot *slot)
{
	wake_whole_of(s, slot, &o->of_whole);
}
#endif

/* T4 is there: the values of the whole wake */
WAKE_FN void wake_finish(struct wake_state *s, const struct kthread_slot *slot, struct wake_out *o)
{
	uint64_t t4 = slot->t4_ns, call, resume, sum, e2e;

	s->chain = WAKE_IDLE;
	if (wake_before(s->t1, s->t0) || wake_before(t4, s->t3) || wake_before(t4, s->t0) ||
	    (long long)slot->e2e_ns < 0) {
		o->fate = COUNTER_negative;
		return;
	}
	o->whole = true;
	wake_put_parts(s, s->t3, s->more_wake, s->more_runq, s->more_premig, o);
	/* From the last T1 back to T0 lies the call, and the earlier links within it. */
	call = s->t1 - s->t0 - (s->more_wake + s->more_runq);
	resume = t4 - s->t3;
	wake_put(o, METRIC_CALL, call);
	wake_put(o, METRIC_RESUME, resume);
	sum = s->t3 - s->t0 + resume;
	e2e = slot->e2e_ns ? slot->e2e_ns : t4 - s->t0;
	wake_put(o, METRIC_END_TO_END, e2e);
	/* Without a clock of its own it would be 0 by the way it is reckoned. */
	if (slot->e2e_ns)
		wake_put(o, METRIC_UNATTRIBUTED, wake_before(e2e, sum) ? sum - e2e : e2e - sum);
	wake_put_whole(o, s, slot);
}

/*
 * wake_stamped - the task is current and its slot could be read: is T4 there?
 *
 * Nothing happens unless a chain awaits it.
 */
WAKE_FN void wake_stamped(struct wake_state *s, const struct kthread_slot *slot, struct wake_out *o)
{
	uint32_t by = slot->seq - s->seq;

	if (s->chain != WAKE_RAN || !by)
		return;
	if (by == 1) {
		s->last_seq = slot->seq;
		wake_finish(s, slot, o);
		return;
	}
	s->chain = WAKE_IDLE;
	o->spun = wake_seq_advance(s, slot->seq);
	if (o->spun) {
		o->spun--; /* one of them answered this wake */
		o->fate = COUNTER_t4_overrun;
	} else {
		o->fate = COUNTER_no_t4; /* the slot was given back and taken anew */
	}
}

/* How a task leaves the CPU. */
enum wake_leave {
	WAKE_LEAVE_BLOCKED,
	WAKE_LEAVE_PARKED,
	WAKE_LEAVE_PREEMPTED,
	WAKE_LEAVE_REQUEUED
};

/* wake_leave_how - from sched_switch's arguments; a sleep state means nothing when preempted */
WAKE_FN uint32_t wake_leave_how(bool preempt, uint32_t prev_state, uint32_t parked_bit)
{
	if (preempt)
		return WAKE_LEAVE_PREEMPTED;
	if (!prev_state)
		return WAKE_LEAVE_REQUEUED;
	return prev_state & parked_bit ? WAKE_LEAVE_PARKED : WAKE_LEAVE_BLOCKED;
}

/* T3 seen, and now it blocks without T4 */
WAKE_FN void wake_block_again(struct wake_state *s, const struct kthread_slot *slot,
			      struct wake_out *o)
{
	s->chain = WAKE_IDLE;
	if (!slot || s->links >= WAKE_LINKS_MAX) {
		o->fate = COUNTER_no_t4;
		return;
	}
	o->fate = COUNTER_reblocked;
	s->more_wake += s->t2 - s->t1;
	s->more_runq += s->t3 - s->t2;
	s->more_premig += wake_premig(s);
	s->links++;
	s->chain = WAKE_AGAIN;
}

/*
 * wake_switch_out - the task leaves its CPU
 *
 * @slot: read now, needed only while wake_awaits_stamp(); NULL: could not be read
 */
WAKE_FN void wake_switch_out(struct wake_state *s, uint64_t now, uint32_t how,
			     const struct kthread_slot *slot, struct wake_out *o)
{
	bool blocks = how == WAKE_LEAVE_BLOCKED || how == WAKE_LEAVE_PARKED;

	if (s->place == WAKE_UNKNOWN)
		o->edge = COUNTER_unmatched;
	else if (how == WAKE_LEAVE_PREEMPTED)
		o->edge = COUNTER_preempted;
	else if (how == WAKE_LEAVE_REQUEUED)
		o->edge = COUNTER_requeued;
	else if (how == WAKE_LEAVE_PARKED)
		o->edge = COUNTER_parked;

	if (s->place == WAKE_RUNNING && s->since && !wake_before(now, s->since))
		wake_put(o, METRIC_RAN, now - s->since);
	if (s->chain == WAKE_WOKEN) {
		/*
		 * No T3. Either it was woken before we knew its place and ran all the time, or the
		 * kernel did not report that it was switched in: seen on a virtual machine, with
		 * the switches of one certain task.
		 */
		o->fate = s->primed ? COUNTER_switch_missed : COUNTER_absorbed;
		s->chain = WAKE_IDLE;
		if (slot) {
			o->spun = wake_seq_advance(s, slot->seq);
			o->spun -= o->spun && s->primed; /* this wake's own answer */
		}
	} else if (s->place == WAKE_BLOCKED || s->place == WAKE_QUEUED) {
		o->fate = COUNTER_switch_missed; /* that it came back */
	}
	if (s->chain == WAKE_RAN && slot)
		wake_stamped(s, slot, o);
	if (s->chain == WAKE_AGAIN)
		s->chain = WAKE_IDLE; /* neither its wake nor its return was seen */
	if (s->chain == WAKE_RAN && blocks)
		wake_block_again(s, slot, o);
	s->place = blocks ? WAKE_BLOCKED : WAKE_QUEUED;
	s->wait = how == WAKE_LEAVE_PREEMPTED ? WAKE_WAIT_PREEMPTED : WAKE_WAIT_REQUEUED;
	s->since = now;
}

/*
 * wake_waits_since - the task is queued and not on its CPU: since when, 0: it was not a moment ago
 * @begin: when this state began to be kept; a task that no event was of has waited since then
 */
WAKE_FN uint64_t wake_waits_since(const struct wake_state *s, uint64_t begin)
{
	if (s->place == WAKE_UNKNOWN)
		return begin;
	if (s->place != WAKE_QUEUED)
		return 0;
	if (s->chain == WAKE_WOKEN)
		return s->t1;
	return s->wait == WAKE_WAIT_OTHER || !s->since ? begin : s->since;
}

/* wake_awaits_stamp - would a look into the slot help now? */
WAKE_FN bool wake_awaits_stamp(const struct wake_state *s)
{
	return s->chain != WAKE_IDLE;
}
#endif
