// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preferred CPUs. Unlike a binding they are a wish that follows what the system offers: the kernel
 * takes those of them that are online and allowed, and where it finds none, all are taken. Threads
 * with such a wish are listed, so that it can be granted anew; each leaves the list before it ends.
 */
#include "lib/kthread/internal.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/kthread/lock.h"
#include "lib/kthread/testing.h"

static struct {
	uint32_t lock;
	struct kt_task *first;
} affine;

/* Its other threads are the parent's; nobody frees a held lock. */
void kt_affine_fork_child(void)
{
	struct kt_task *t = kt_self && kt_self->preferred_listed ? kt_self : NULL;

	affine.lock = 0;
	affine.first = t;
	if (t)
		t->preferred_next = NULL;
}

static void apply_locked(struct kt_task *t)
{
	struct cpumask all;
	int saved = errno;

	if (t->bound)
		return;
	if (syscall(SYS_sched_setaffinity, t->task.pid, sizeof(t->preferred->bits),
		    t->preferred->bits) < 0) {
		cpumask_setall(&all);
		syscall(SYS_sched_setaffinity, t->task.pid, sizeof(all.bits), all.bits);
	}
	errno = saved;
}

static int prefer(struct kt_task *t, const struct cpumask *mask)
{
	struct cpumask *copy = NULL;

	if (!t->preferred) {
		copy = KT_FAIL("affinity") ? NULL : malloc(sizeof(*copy));
		if (!copy)
			return -ENOMEM;
	}
	kt_lock(&affine.lock);
	if (t->preferred_over) {
		kt_unlock(&affine.lock);
		free(copy);
		return -EINVAL;
	}
	if (copy)
		t->preferred = copy;
	*t->preferred = *mask;
	if (!t->preferred_listed) {
		t->preferred_listed = true;
		t->preferred_next = affine.first;
		affine.first = t;
	}
	apply_locked(t);
	kt_unlock(&affine.lock);
	return 0;
}

int kthread_affine_preferred(struct task_struct *k, const struct cpumask *mask)
{
	struct kt_task *t = kt_task(k);

	if (kt_check_kthread(t, "kthread_affine_preferred"))
		return -EINVAL;
	if (__atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) & (PHASE_STARTED | PHASE_EXITED) ||
	    t->bound) {
		kthread_warn(KTHREAD_WARN_AFFINE,
			     "kthread_affine_preferred: %s has already been %s", k->comm,
			     t->bound ? "bound" : "started");
		return -EINVAL;
	}
	if (t->preferred)
		kthread_warn(KTHREAD_WARN_AFFINE, "kthread_affine_preferred: called twice for %s",
			     k->comm);
	return prefer(t, mask);
}

/* After the first wake, by the thread itself: nobody has bound it or said what it prefers. */
void kt_affine_node(struct kt_task *t)
{
	struct cpumask cpus;
	int saved = errno;

	if (t->bound || t->preferred || kt_profile_has(PROFILE_NODE_MEMORY_ONLY))
		return;
	if (kt_node_cpus(t->node, &cpus))
		prefer(t, &cpus);
	errno = saved;
}

/* A refresh that runs meanwhile is over, and later ones see it: none moves @t any more. */
void kt_affine_bound(struct kt_task *t)
{
	kt_lock(&affine.lock);
	t->bound = true;
	kt_unlock(&affine.lock);
}

/* @t ends. Also of one that is not listed: somebody may be about to list it. */
void kt_affine_leave(struct kt_task *t)
{
	struct kt_task **p;

	kt_lock(&affine.lock);
	t->preferred_over = true;
	for (p = &affine.first; *p && *p != t; p = &(*p)->preferred_next)
		;
	if (*p)
		*p = t->preferred_next;
	kt_unlock(&affine.lock);
}

bool kt_affine_hold(struct kt_task *t)
{
	kt_lock(&affine.lock);
	if (!t->preferred_over && t->fork_nr == kt_fork_nr)
		return true;
	kt_unlock(&affine.lock);
	return false;
}

void kt_affine_release(void)
{
	kt_unlock(&affine.lock);
}

void kthread_refresh_affinity(void)
{
	struct kt_task *t;

	kt_lock(&affine.lock);
	for (t = affine.first; t; t = t->preferred_next)
		apply_locked(t);
	kt_unlock(&affine.lock);
}
