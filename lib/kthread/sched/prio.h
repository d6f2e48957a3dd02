/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_SCHED_PRIO_H
#define KTHREAD_SCHED_PRIO_H
/*
 * Nice, policy and affinity of threads. They are the system's: other programs see the change, and
 * may change them as well; reading asks the system.
 *
 * The privileges are a process's (CAP_SYS_NICE, or RLIMIT_NICE and RLIMIT_RTPRIO), where a kernel
 * thread has all: what is refused is reported (KTHREAD_WARN_PRIORITY), and nothing changes. A
 * thread that has ended is left alone.
 */
#include <sched.h>
#include <stdbool.h>

#include <kthread/cpumask.h>
#include <kthread/sched.h>

#define MAX_NICE     19
#define MIN_NICE     (-20)
#define MAX_RT_PRIO  100
#define SCHED_NORMAL 0

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

void kthread_set_nice(struct task_struct *p, long nice);
int kthread_get_nice(struct task_struct *p);
int kthread_set_policy(struct task_struct *p, int policy, int priority, const char *func);
int kthread_set_cpus(struct task_struct *p, const struct cpumask *mask);

/* kthread_get_policy - SCHED_NORMAL, SCHED_FIFO, ...; -ESRCH if @p has ended (our extension) */
int kthread_get_policy(struct task_struct *p);

/* kthread_get_priority - 1 to 99 under SCHED_FIFO and SCHED_RR, else 0 (our extension) */
int kthread_get_priority(struct task_struct *p);

/*
 * kthread_get_cpus - the CPUs on which @p may run (our extension; the kernel has p->cpus_ptr)
 *
 * Return: 0; -ESRCH if @p has ended.
 */
int kthread_get_cpus(struct task_struct *p, struct cpumask *mask);

/* set_user_nice - MIN_NICE to MAX_NICE; others are ignored. task_nice: read it; 0 after the end */
static inline void set_user_nice(struct task_struct *p, long nice)
{
	kthread_set_nice(p, nice);
}

static inline int task_nice(struct task_struct *p)
{
	return kthread_get_nice(p);
}

/* sched_set_fifo - real time, in the middle: SCHED_FIFO at MAX_RT_PRIO / 2; _low: at 1 */
static inline void sched_set_fifo(struct task_struct *p)
{
	kthread_set_policy(p, SCHED_FIFO, MAX_RT_PRIO / 2, "sched_set_fifo");
}

static inline void sched_set_fifo_low(struct task_struct *p)
{
	kthread_set_policy(p, SCHED_FIFO, 1, "sched_set_fifo_low");
}

/* sched_set_normal - SCHED_NORMAL with @nice */
static inline void sched_set_normal(struct task_struct *p, int nice)
{
	if (!kthread_set_policy(p, SCHED_NORMAL, 0, "sched_set_normal"))
		kthread_set_nice(p, nice);
}

/*
 * sched_setscheduler_nocheck - any policy and priority. Return: 0, -EINVAL, -EPERM, -ESRCH
 *
 * The kernel's sched_setscheduler() and sched_setattr() are not provided: libc has the names.
 */
static inline int sched_setscheduler_nocheck(struct task_struct *p, int policy,
					     const struct sched_param *param)
{
	return kthread_set_policy(p, policy, param->sched_priority, "sched_setscheduler_nocheck");
}

/* rt_task - has @p a real-time policy? */
static inline bool rt_task(struct task_struct *p)
{
	int policy = kthread_get_policy(p);

	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/**
 * set_cpus_allowed_ptr - let @p run on the CPUs of @mask only
 *
 * At any time, unlike kthread_bind(), and as in the kernel also of a thread that is bound. Better
 * than in kernels since 6.14, which forget it when the thread starts, also before that. A per-CPU
 * thread goes back to its CPU when it is unparked, and one that has preferred CPUs to
 * these at the next kthread_refresh_affinity().
 *
 * Return: 0; -EINVAL if none of the CPUs can be had, -ESRCH if @p has ended.
 */
static inline int set_cpus_allowed_ptr(struct task_struct *p, const struct cpumask *mask)
{
	return kthread_set_cpus(p, mask);
}

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
