// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nice, policy and affinity of running threads. They are asked of the system by thread id, which
 * belongs to somebody else once the thread has ended: so the thread is kept from ending meanwhile.
 */
#include <kthread/sched/prio.h>

#include "lib/kthread/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

/* A system call about @t. Return: its result, -errno, -ESRCH: it has ended */
#define ABOUT(t, call)                              \
	({                                          \
		int about_saved = errno;            \
		long about_ret = -ESRCH;            \
		if (kt_affine_hold(t)) {            \
			about_ret = (call);         \
			if (about_ret < 0)          \
				about_ret = -errno; \
			kt_affine_release();        \
		}                                   \
		errno = about_saved;                \
		about_ret;                          \
	})

static void refused(const char *func, struct kt_task *t, const char *limit)
{
	kthread_warn(KTHREAD_WARN_PRIORITY,
		     "%s: not permitted for %s: CAP_SYS_NICE or %s is needed", func, t->task.comm,
		     limit);
}

void kthread_set_nice(struct task_struct *p, long nice)
{
	struct kt_task *t = kt_task(p);
	long ret;

	if (nice < MIN_NICE || nice > MAX_NICE)
		return;
	ret = ABOUT(t, syscall(SYS_setpriority, PRIO_PROCESS, p->pid, (int)nice));
	if (ret == -EACCES || ret == -EPERM)
		refused("set_user_nice", t, "RLIMIT_NICE");
}

int kthread_get_nice(struct task_struct *p)
{
	/* The system call says 20 - nice, so that it is never negative. */
	long ret = ABOUT(kt_task(p), syscall(SYS_getpriority, PRIO_PROCESS, p->pid));

	return ret < 0 ? 0 : 20 - (int)ret;
}

int kthread_set_policy(struct task_struct *p, int policy, int priority, const char *func)
{
	struct sched_param param = { .sched_priority = priority };
	struct kt_task *t = kt_task(p);
	long ret = ABOUT(t, syscall(SYS_sched_setscheduler, p->pid, policy, &param));

	if (ret == -EPERM)
		refused(func, t,
			policy == SCHED_FIFO || policy == SCHED_RR ? "RLIMIT_RTPRIO"
								   : "RLIMIT_NICE");
	return (int)ret;
}

int kthread_get_policy(struct task_struct *p)
{
	long ret = ABOUT(kt_task(p), syscall(SYS_sched_getscheduler, p->pid));

	return ret < 0 ? (int)ret : (int)ret & ~SCHED_RESET_ON_FORK;
}

int kthread_get_priority(struct task_struct *p)
{
	struct sched_param param = { .sched_priority = 0 };

	(void)ABOUT(kt_task(p), syscall(SYS_sched_getparam, p->pid, &param));
	return param.sched_priority;
}

int kthread_set_cpus(struct task_struct *p, const struct cpumask *mask)
{
	return (int)ABOUT(kt_task(p),
			  syscall(SYS_sched_setaffinity, p->pid, sizeof(mask->bits), mask->bits));
}

int kthread_get_cpus(struct task_struct *p, struct cpumask *mask)
{
	long ret;

	cpumask_clear(mask);
	ret = ABOUT(kt_task(p),
		    syscall(SYS_sched_getaffinity, p->pid, sizeof(mask->bits), mask->bits));
	return ret < 0 ? (int)ret : 0;
}
