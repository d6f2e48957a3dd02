/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_PROBE_SLOT_H
#define KT_PROBE_SLOT_H
/*
 * State slots: the trap-free channel between a measured thread and the tracer.
 *
 * Each thread that wants to be measured owns one cache line in its process's memory. The waker,
 * which asks it to run, stores a request stamp (T0) there, the thread itself the stamp of its first
 * instruction after the wait (T4), and the tracer reads both from the scheduler's tracepoints: T0
 * at sched_waking (the waker shares the address space), T4 at the thread's next scheduler event.
 * Nothing traps on the hot path.
 *
 * The tracer finds the registry by its symbol (or is given its address) and a thread's slot by its
 * thread id: open addressing over KTHREAD_SLOT_PROBES places, no place skipped, so that a slot
 * given back needs no tombstone. The layout is shared with BPF (bpf/slot_read.bpf.h) and asserted
 * below.
 *
 * Stamps cost a clock read, so they are written only while somebody looks: the USDT semaphore of
 * kthread:slot, raised by the kernel while a tracer is attached to that probe, or by the process
 * itself (slot_observe()). Builds for BPF and user space.
 *
 * Who writes what: tid, log, question, arm: the owner. t0: the waker, only while no request is
 * pending (t0 <= t4), so that the first of several requests counts. t4, e2e, seq: the owner. All
 * are single words, read one by one; BPF checks seq, and that t0 and t4 lie where they must, and
 * counts what does not fit.
 */
#include "lib/probe/types.h"

#define KTHREAD_SLOT_MAGIC   0x31544f4c53544b00ULL /* "\0KTSLOT1" */
#define KTHREAD_SLOT_VERSION 1
#define KTHREAD_SLOT_NR	     4096 /* power of two */
#define KTHREAD_SLOT_PROBES  16
#define KTHREAD_SLOT_NONE    0xffffffffU /* no question, no arm: not counted for any */

/* Times are CLOCK_MONOTONIC nanoseconds, the timeline of bpf_ktime_get_ns(). 0 means never. */
struct kthread_slot {
	uint32_t tid;	   /* as gettid() returns it (in its own pid namespace); 0: place is free */
	uint32_t seq;	   /* number of T4 stamps so far */
	uint64_t t0_ns;	   /* last request to run */
	uint64_t t4_ns;	   /* first instruction after the wait that the request ended */
	uint64_t e2e_ns;   /* the same span by the driver's own clock; 0: nobody measured it */
	uint64_t log;	   /* address of its struct kthread_work_log, 0: none */
	uint32_t question; /* question and arm of the benchmark, or KTHREAD_SLOT_NONE */
	uint32_t arm;
	uint64_t reserved[2];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct kthread_slot) == 64, "one cache line, and the layout BPF reads");

struct kthread_slot_registry {
	uint64_t magic; /* 0 until the first thread registers */
	uint32_t version;
	uint32_t nr;	   /* KTHREAD_SLOT_NR */
	uint32_t overflow; /* threads that found no free place */
	uint32_t reserved[11];
	struct kthread_slot slot[KTHREAD_SLOT_NR];
};

_Static_assert(sizeof(struct kthread_slot_registry) == 64 + 64 * KTHREAD_SLOT_NR,
	       "header is one cache line");

/* First place to look for @tid; then the next ones, wrapping, KTHREAD_SLOT_PROBES in all. */
static inline __attribute__((always_inline)) uint32_t slot_hash(uint32_t tid)
{
	return (tid * 0x9e3779b1U) >> 20 & (KTHREAD_SLOT_NR - 1);
}

#ifndef __bpf__
#include <time.h>

/*
 * One per process: weak, so that a program that links the harness and libkthread shares one
 * definition. Default visibility: the tracer looks the name up.
 */
extern struct kthread_slot_registry kthread_slot_registry;

/* Semaphore of the probe kthread:slot; non-zero while somebody reads the stamps. */
extern unsigned short kthread_slot_semaphore;

/**
 * slot_register - give the calling thread a slot
 *
 * Fires the probe kthread:slot (tid, address of the slot). A second call returns the same slot.
 * Return: the slot, or NULL when no place is free (counted in the registry); every function here
 * takes NULL.
 */
struct kthread_slot *slot_register(void);

/* slot_unregister - give the calling thread's slot back; the thread must not use it any more */
void slot_unregister(void);

/* slot_self - the calling thread's slot, NULL when it has none */
struct kthread_slot *slot_self(void);

/* slot_observe - raise (+1) or lower (-1) the process's own interest in the stamps */
void slot_observe(int by);

static inline bool slot_observed(void)
{
	return __atomic_load_n(&kthread_slot_semaphore, __ATOMIC_RELAXED) != 0;
}

static inline uint64_t slot_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/*
 * slot_request_at - the caller is about to wake the owner of @s; @now_ns is its clock
 *
 * Keeps an earlier request that has not been answered yet. Relaxed: the wake that follows enters
 * the kernel on this CPU, where the tracer reads it.
 */
static inline void slot_request_at(struct kthread_slot *s, uint64_t now_ns)
{
	if (s && __atomic_load_n(&s->t0_ns, __ATOMIC_RELAXED) <=
			 __atomic_load_n(&s->t4_ns, __ATOMIC_RELAXED))
		__atomic_store_n(&s->t0_ns, now_ns, __ATOMIC_RELAXED);
}

/* slot_request - the same with a clock read of its own, only while somebody looks */
static inline void slot_request(struct kthread_slot *s)
{
	if (__builtin_expect(slot_observed(), 0))
		slot_request_at(s, slot_clock_ns());
}

/*
 * slot_resume_at - the owner runs again, @now_ns is its clock, @e2e_ns what its driver measured (or
 * 0)
 *
 * May be called twice for one wake (by the library, then by the harness with the driver's figure):
 * the second call replaces the stamp and does not count again.
 */
static inline void slot_resume_at(struct kthread_slot *s, uint64_t now_ns, uint64_t e2e_ns)
{
	uint64_t t0;

	if (!s)
		return;
	t0 = __atomic_load_n(&s->t0_ns, __ATOMIC_RELAXED);
	if (__atomic_load_n(&s->t4_ns, __ATOMIC_RELAXED) < t0)
		__atomic_store_n(&s->seq, s->seq + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&s->e2e_ns, e2e_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&s->t4_ns, now_ns, __ATOMIC_RELAXED);
}

/* slot_resume - the same with a clock read of its own, only while somebody looks */
static inline void slot_resume(struct kthread_slot *s)
{
	if (__builtin_expect(slot_observed(), 0))
		slot_resume_at(s, slot_clock_ns(), 0);
}

/* slot_tag - what the owner is measured for; KTHREAD_SLOT_NONE twice: nothing */
static inline void slot_tag(struct kthread_slot *s, uint32_t question, uint32_t arm)
{
	if (!s)
		return;
	__atomic_store_n(&s->question, question, __ATOMIC_RELAXED);
	__atomic_store_n(&s->arm, arm, __ATOMIC_RELAXED);
}
#endif
#endif
