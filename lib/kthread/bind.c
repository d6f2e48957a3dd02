// SPDX-License-Identifier: GPL-2.0-only
/*
 * Affinity. The wish is remembered: the kernel may refuse it now (CPU offline) and grant it later.
 */
#include "lib/kthread/internal.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/kthread/testing.h"

int kt_apply_affinity(struct kt_task *t)
{
	int saved = errno;

	if (!t->affinity)
		return 0;
	t->bind_error = syscall(SYS_sched_setaffinity, t->task.pid, sizeof(t->affinity->bits),
				t->affinity->bits) < 0
				? -errno
				: 0;
	errno = saved;
	return t->bind_error;
}

void kthread_bind_mask(struct task_struct *k, const struct cpumask *mask)
{
	struct kt_task *t = kt_task(k);

	if (kt_check_kthread(t, "kthread_bind"))
		return;
	if (__atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) & (PHASE_STARTED | PHASE_EXITED)) {
		kthread_warn(KTHREAD_WARN_BIND_STARTED, "kthread_bind: %s has been started",
			     t->task.comm);
		return;
	}
	if (!t->affinity)
		t->affinity = KT_FAIL("affinity") ? NULL : malloc(sizeof(*t->affinity));
	if (!t->affinity) {
		t->bind_error = -ENOMEM;
		kthread_warn(KTHREAD_WARN_BIND_FAILED, "kthread_bind: no memory");
		return;
	}
	*t->affinity = *mask;
	kt_affine_bound(t);
	if (kt_apply_affinity(t))
		kthread_warn(KTHREAD_WARN_BIND_FAILED, "kthread_bind: %s: error %d", t->task.comm,
			     t->bind_error);
}

void kthread_bind(struct task_struct *k, unsigned int cpu)
{
	struct cpumask mask;

	cpumask_clear(&mask);
	if (cpu < KTHREAD_NR_CPUS)
		cpumask_set_cpu(cpu, &mask);
	kthread_bind_mask(k, &mask);
}

int kthread_bind_error(struct task_struct *k)
{
	return kt_task(k)->bind_error;
}

void kthread_set_per_cpu(struct task_struct *k, int cpu)
{
	struct kt_task *t = kt_task(k);

	if (kt_check_kthread(t, "kthread_set_per_cpu"))
		return;
	if (cpu < 0) {
		__atomic_store_n(&t->per_cpu, -1, __ATOMIC_RELAXED);
		return;
	}
	if (!t->bound)
		kthread_warn(KTHREAD_WARN_PER_CPU_UNBOUND, "kthread_set_per_cpu: %s is not bound",
			     t->task.comm);
	__atomic_store_n(&t->per_cpu, cpu, __ATOMIC_RELAXED);
}

bool kthread_is_per_cpu(struct task_struct *k)
{
	return kt_task(k)->is_kthread &&
	       __atomic_load_n(&kt_task(k)->per_cpu, __ATOMIC_RELAXED) >= 0;
}

/*
 * Before a parked per-CPU thread goes on: its first statement runs where it belongs. Only one that
 * is parked: any other may have ended, and its id may be that of a stranger.
 */
void kt_rebind(struct kt_task *t)
{
	if (__atomic_load_n(&t->per_cpu, __ATOMIC_RELAXED) >= 0 &&
	    __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) & PHASE_PARKED)
		kt_apply_affinity(t);
}
