/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_REFINE_STATE_H
#define KT_BPF_REFINE_STATE_H
/*
 * What a wait for a CPU consists of beyond the phases, from events that only newer kernels have:
 * plain C, compiled into BPF and into a unit test.
 *
 * Of each CPU: when it was asked to reschedule, when it switched and when it had done so. A request
 * that ends without a switch (the same thread goes on) is dropped. What is found out of the
 * thread that a switch puts in is known only after it, in its own context; it is kept until the
 * next switch takes the thread off. Of each woken thread: the interrupt by which its waker had
 * another CPU put it into its queue. Times may step back by a few ns between CPUs.
 */
#include "lib/probe/types.h"

/* Zeroed: nothing is known. */
struct refine_cpu {
	uint64_t asked_ns;    /* to reschedule, and has not yet; 0: it is not asked */
	uint64_t switched_ns; /* to the thread that runs, 0: not seen */
	uint64_t done_ns;     /* when that switch was over, 0: not seen */
	uint32_t session;
	uint32_t running; /* thread id: the one that it switched to */
	uint32_t waking;  /* thread id: whom its last sched_waking was about, 0: that is over */
};

/* The interrupt sent for a thread that is woken. */
struct refine_kick {
	uint64_t sent_ns;
	uint32_t cpu; /* which it was sent to */
	uint32_t session;
};

/* What a switch shows. */
struct refine_out {
	uint64_t resched_ns; /* from being asked to the switch; 0: it was not asked */
	uint64_t switch_ns;  /* how long the switch to the thread that leaves took; 0: not known */
	uint32_t yielded;    /* the thread that leaves could run on, and nobody asked for it */
	uint32_t negative;   /* stamps out of order: dropped */
};

static inline __attribute__((always_inline)) void refine_fresh(struct refine_cpu *c,
							       uint32_t session)
{
	const struct refine_cpu none = { 0 };

	if (c->session == session)
		return;
	*c = none;
	c->session = session;
}

/* refine_asked - the CPU is asked to reschedule; a further request changes nothing */
static inline __attribute__((always_inline)) void refine_asked(struct refine_cpu *c, uint64_t now,
							       uint32_t session)
{
	refine_fresh(c, session);
	if (!c->asked_ns)
		c->asked_ns = now;
}

/*
 * refine_switched - the CPU switches from thread @from to thread @to
 * @runnable: the thread that leaves was neither blocked nor preempted in the kernel
 *
 * Switches may be missed: what is known of another thread is not said of @from.
 */
static inline __attribute__((always_inline)) void
refine_switched(struct refine_cpu *c, uint64_t now, uint32_t from, uint32_t to, uint32_t runnable,
		uint32_t session, struct refine_out *o)
{
	const struct refine_out nothing = { 0 };

	*o = nothing;
	refine_fresh(c, session);
	if (c->asked_ns) {
		o->negative = now < c->asked_ns;
		o->resched_ns = o->negative ? 0 : now - c->asked_ns;
	}
	/* Before the first switch that is seen it may have been asked unseen. */
	o->yielded = runnable && !c->asked_ns && c->switched_ns && c->running == from;
	if (c->done_ns > c->switched_ns && c->running == from)
		o->switch_ns = c->done_ns - c->switched_ns;
	c->asked_ns = 0;
	c->switched_ns = now;
	c->done_ns = 0;
	c->running = to;
	c->waking = 0;
}

/*
 * refine_done - the scheduler returns to the thread that runs
 * @switched: it had switched to it; else the same thread goes on
 *
 * The first return after a switch is that of the switch, of a new thread as well. Without a switch
 * the queue is unlocked by now: a request that another CPU makes at this very moment is dropped as
 * well, so that its switch seems to be a yield (a few in a thousand where CPUs compete).
 */
static inline __attribute__((always_inline)) void refine_done(struct refine_cpu *c, uint64_t now,
							      uint32_t switched, uint32_t session)
{
	refine_fresh(c, session);
	if (!switched)
		c->asked_ns = 0;
	else if (c->switched_ns && !c->done_ns)
		c->done_ns = now;
}

/* refine_kicked - the kick that an interrupt from here to @cpu is; tid 0 is returned: it is none */
static inline __attribute__((always_inline)) uint32_t refine_kicked(struct refine_cpu *c,
								    uint64_t now, uint32_t cpu,
								    uint32_t session,
								    struct refine_kick *k)
{
	uint32_t tid = c->session == session ? c->waking : 0;

	c->waking = 0;
	k->sent_ns = now;
	k->cpu = cpu;
	k->session = session;
	return tid;
}

/*
 * refine_kick_ns - from the interrupt until CPU @cpu has put the thread into its queue; 0: it was
 * not this CPU that was interrupted for it
 */
static inline __attribute__((always_inline)) uint64_t
refine_kick_ns(const struct refine_kick *k, uint64_t now, uint32_t cpu, uint32_t session)
{
	return k->session == session && k->cpu == cpu && now > k->sent_ns ? now - k->sent_ns : 0;
}
#endif
