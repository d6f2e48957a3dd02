/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_SCHED_H
#define KTHREAD_SCHED_H
/*
 * Tasks, their states, sleeping and waking: the part of the kernel's scheduler interface that every
 * kthread's loop uses.
 *
 *	set_current_state(TASK_INTERRUPTIBLE);
 *	while (!condition && !kthread_should_stop()) {
 *		schedule();
 *		set_current_state(TASK_INTERRUPTIBLE);
 *	}
 *	__set_current_state(TASK_RUNNING);
 *
 * Every thread of the process may sleep and be woken this way: one that libkthread did not create
 * gets a handle at its first use of `current`.
 *
 * `current` is a macro: C++ programs include the headers of the standard library first.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <kthread/jiffies.h>

#define TASK_RUNNING	     0x0000
#define TASK_INTERRUPTIBLE   0x0001
#define TASK_UNINTERRUPTIBLE 0x0002
#define TASK_WAKEKILL	     0x0010 /* SIGKILL, if the thread allows it, ends the wait */
#define TASK_PARKED	     0x0040
#define TASK_FROZEN	     0x0080 /* see <kthread/freezer.h> */
#define TASK_NOLOAD	     0x0400 /* accepted, without effect: no load average to stay out of */
#define TASK_KILLABLE	     (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE	     (TASK_NOLOAD | TASK_UNINTERRUPTIBLE)
#define TASK_NORMAL	     (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

#define TASK_COMM_LEN 16
#define NUMA_NO_NODE  (-1)

struct kthread;

/* What one may read of a thread; the rest is the library's. */
struct task_struct {
	pid_t pid;		  /* thread id */
	pid_t tgid;		  /* process id */
	char comm[TASK_COMM_LEN]; /* the name's first 15 bytes; all of it: get_kthread_comm() */
};

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)
struct task_struct *kthread_current(void);
int kthread_wake_state(struct task_struct *p, unsigned int state);
void kthread_set_state(unsigned int state);
void kthread_set_state_relaxed(unsigned int state);
unsigned int kthread_get_state(struct task_struct *p);
void kthread_schedule(void);
bool kthread_need_resched(void);
int kthread_cond_resched(void);
long kthread_schedule_timeout(long timeout);
bool kthread_signal_pending(struct task_struct *p); /* see <kthread/sched/signal.h> */
struct task_struct *kthread_get_task(struct task_struct *p);
void kthread_put_task(struct task_struct *p);
bool kthread_is_kthread(struct task_struct *p);
#pragma GCC visibility pop

/* current - the calling thread; made at the first use in a thread that is not a kthread */
#ifndef current
#define current kthread_current()
#endif

/**
 * wake_up_process - make @p run if it sleeps (but not if it is parked)
 * @p: a thread that cannot vanish during the call
 *
 * No system call unless @p is asleep in the kernel.
 *
 * Context: any thread; not a signal handler.
 * Ordering: what the caller wrote before is visible to @p after its wait, and to @p's look at its
 * condition after set_current_state(): the store of either side is seen by the other.
 * Return: 1 if @p was asleep or about to sleep, else 0.
 */
static inline int wake_up_process(struct task_struct *p)
{
	return kthread_wake_state(p, TASK_NORMAL);
}

/* wake_up_state - the same, only if the state of @p is in the mask @state */
static inline int wake_up_state(struct task_struct *p, unsigned int state)
{
	return kthread_wake_state(p, state);
}

/*
 * set_current_state - announce that the caller is about to sleep, before it looks at its condition
 *
 * Ordered before all later loads of the caller. __set_current_state() orders nothing.
 */
#define set_current_state(state)   kthread_set_state(state)
#define __set_current_state(state) kthread_set_state_relaxed(state)
#define get_current_state()	   kthread_get_state(current)

/**
 * schedule - sleep until woken, if set_current_state() announced it and no wake came since
 *
 * Returns with the state TASK_RUNNING, never without a reason: a wake, or, in TASK_INTERRUPTIBLE, a
 * signal or a request to stop. Where no state was announced it gives way to other threads that want
 * the CPU, and returns. May spin for a moment first, see kthread_set_spin().
 *
 * Neither this nor any other wait of the library is a cancellation point: pthread_cancel() of a
 * thread that waits takes effect at a later cancellation point of the thread's own, and a kthread
 * is better ended by kthread_stop().
 */
static inline void schedule(void)
{
	kthread_schedule();
}

/**
 * schedule_timeout - schedule() for at most @timeout jiffies
 *
 * Never early. MAX_SCHEDULE_TIMEOUT: no limit. In TASK_RUNNING it gives way, as schedule().
 * Return: the jiffies left when woken (at least 1), 0 when the time is over.
 */
static inline long schedule_timeout(long timeout)
{
	return kthread_schedule_timeout(timeout);
}

static inline long schedule_timeout_interruptible(long timeout)
{
	__set_current_state(TASK_INTERRUPTIBLE);
	return kthread_schedule_timeout(timeout);
}

static inline long schedule_timeout_uninterruptible(long timeout)
{
	__set_current_state(TASK_UNINTERRUPTIBLE);
	return kthread_schedule_timeout(timeout);
}

static inline long schedule_timeout_killable(long timeout)
{
	__set_current_state(TASK_KILLABLE);
	return kthread_schedule_timeout(timeout);
}

static inline long schedule_timeout_idle(long timeout)
{
	__set_current_state(TASK_IDLE);
	return kthread_schedule_timeout(timeout);
}

/*
 * need_resched - has the caller run for longer than KTHREAD_SLICE_NS since it last called
 * schedule(), or gave way in cond_resched()?
 *
 * That is time on the CPU. The first question of a thread counts from its start. User space is not
 * told whether another thread wants the CPU, so that the slice is all there is to go by; a thread
 * that never asks pays nothing for it. True until it has called schedule() or cond_resched().
 */
static inline bool need_resched(void)
{
	return kthread_need_resched();
}
#define KTHREAD_SLICE_NS 3000000

/*
 * cond_resched - give way to other threads if need_resched(); the state stays as it is
 *
 * User space is preempted anyway. Return: 1 if it gave way, else 0.
 */
static inline int cond_resched(void)
{
	return kthread_cond_resched();
}

/* tsk_is_kthread - not NULL if @p is one of the library's threads; nobody can look inside */
static inline struct kthread *tsk_is_kthread(struct task_struct *p)
{
	return kthread_is_kthread(p) ? (struct kthread *)p : NULL;
}

static inline struct task_struct *get_task_struct(struct task_struct *p)
{
	return kthread_get_task(p);
}

/* put_task_struct - drop a reference; never waits for the thread */
static inline void put_task_struct(struct task_struct *p)
{
	kthread_put_task(p);
}

static inline pid_t task_pid_nr(struct task_struct *p)
{
	return p->pid;
}

#ifdef __cplusplus
}
#endif

#include <kthread/sched/signal.h>
#endif
