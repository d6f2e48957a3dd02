// SPDX-License-Identifier: GPL-2.0-only
/* Making and ending workers. Everything about one changes under its locks: see queue.h. */
#include <kthread/worker.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/kthread/queue.h"
#include "lib/kthread/stamp.h"

/* In flags: made by kthread_create_worker(), freed by destroy. */
#define WORKER_ALLOCATED 0x80000000U

void kthread_init_worker(struct kthread_worker *worker)
{
	memset(worker, 0, sizeof(*worker));
	worker->work_list.next = worker->work_list.prev = &worker->work_list;
	worker->delayed_work_list.next = worker->delayed_work_list.prev =
		&worker->delayed_work_list;
	worker->submitted.next = worker->submitted.prev = &worker->submitted;
	worker->sleep_until_ns = NEVER_NS;
	worker->first_due_ns = NEVER_NS;
	worker->fork_nr = kt_fork_nr;
}

static struct kthread_worker *create_worker(unsigned int flags, int cpu, int node, char *name)
{
	/* Whole cache lines: the thread uses the first one, kthread_queue_work() the third. */
	size_t size = (sizeof(struct kthread_worker) + 63) & ~63UL;
	struct kthread_worker *w = KT_FAIL("worker") ? NULL : aligned_alloc(64, size);
	struct task_struct *k;

	if (!w) {
		free(name);
		return ERR_PTR(-ENOMEM);
	}
	kthread_init_worker(w);
	w->flags = flags | WORKER_ALLOCATED;
	k = kt_create_thread(kthread_worker_fn, w, name, node);
	if (IS_ERR(k)) {
		free(w);
		return ERR_CAST(k);
	}
	if (cpu >= 0)
		kthread_bind(k, (unsigned int)cpu);
	/*
	 * From the start: a thread that is stopped before its function runs also leaves its worker.
	 */
	kt_task(k)->worker = w;
	w->task = k;
	w->idle = 1; /* so that the first work starts it */
	if (kt_profile_has(PROFILE_WORKER_STARTS))
		wake_up_process(k);
	return w;
}

struct kthread_worker *kthread_create_worker_on_node(unsigned int flags, int node,
						     const char *namefmt, ...)
{
	va_list ap;
	char *name;

	node = kt_node_check(node, "kthread_create_worker_on_node");
	va_start(ap, namefmt);
	name = kt_format_name(namefmt, ap);
	va_end(ap);
	return create_worker(flags, -1, node, name);
}

/* Takes @name. */
static struct kthread_worker *create_worker_on_cpu(unsigned int flags, int cpu, char *name)
{
	if (cpu < 0 && kt_profile_has(PROFILE_WORKER_STARTS))
		return create_worker(flags, -1, NUMA_NO_NODE, name);
	if (cpu < 0 || cpu >= KTHREAD_NR_CPUS || cpu >= sysconf(_SC_NPROCESSORS_CONF)) {
		free(name);
		return ERR_PTR(-EINVAL);
	}
	return create_worker(flags, cpu, kt_node_of_cpu((unsigned int)cpu), name);
}

/* In parentheses: the name is also that of a macro, for the form of older kernels. */
struct kthread_worker *(kthread_create_worker_on_cpu)(int cpu, unsigned int flags,
						      const char *namefmt)
{
	return create_worker_on_cpu(flags, cpu, kt_format_cpu(namefmt, (unsigned int)cpu));
}

struct kthread_worker *kthread_create_worker_on_cpu_named(int cpu, unsigned int flags,
							  const char *namefmt, ...)
{
	va_list ap;
	char *name;

	va_start(ap, namefmt);
	name = kt_format_name(namefmt, ap);
	va_end(ap);
	return create_worker_on_cpu(flags, cpu, name);
}

/*
 * Nobody will run these: they belong to no worker, and may be used again. Return: were there any?
 */
static bool drop_all_locked(struct kthread_worker *w, struct kthread_node *head)
{
	bool any = !is_empty(head);
	struct kthread_work *work;

	while (!is_empty(head)) {
		if (!is_sound(head))
			kt_mend_locked(w);
		if (is_empty(head))
			break;
		work = work_of(head->next);
		withdraw_locked(w, work);
		__atomic_store_n(&work->worker, NULL, __ATOMIC_RELAXED);
	}
	return any;
}

static void drop_leftovers(struct kthread_worker *w)
{
	bool ready, armed;

	lock_both(w);
	ready = drop_all_locked(w, &w->work_list);
	armed = drop_all_locked(w, &w->delayed_work_list);
	unlock_worker(w);
	if (ready)
		kthread_warn(KTHREAD_WARN_WORKER_LEFTOVER,
			     "kthread_destroy_worker: works are still queued");
	if (armed)
		kthread_warn(KTHREAD_WARN_WORKER_ARMED,
			     "kthread_destroy_worker: delayed works are still armed");
}

void kthread_destroy_worker(struct kthread_worker *worker)
{
	struct task_struct *k;

	lock_worker(worker);
	k = worker->task;
	if (k)
		get_task_struct(k);
	unlock_worker(worker);

	if (k && kt_task(k) == kt_self) {
		kthread_warn(KTHREAD_WARN_WORKER_SELF,
			     "kthread_destroy_worker: called by the worker itself");
		put_task_struct(k);
		return;
	}
	if (k && kt_check_kthread(kt_task(k), "kthread_destroy_worker")) {
		/* Left behind by fork(): there is nobody to wait for. */
		put_task_struct(k);
	} else if (k) {
		/* A parked worker would never come to what is queued. */
		if (__atomic_load_n(&kt_task(k)->phase, __ATOMIC_ACQUIRE) & PHASE_SHOULD_PARK)
			kthread_unpark(k);
		KT_DELAY("destroy");
		kt_flush_worker(worker, true);
		kthread_stop_put(k);
	} else {
		kthread_warn(KTHREAD_WARN_WORKER_NONE,
			     "kthread_destroy_worker: the worker has no thread");
	}
	drop_leftovers(worker);
	if (worker->flags & WORKER_ALLOCATED)
		free(worker);
}
