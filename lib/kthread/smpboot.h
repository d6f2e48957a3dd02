/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_SMPBOOT_H
#define KTHREAD_SMPBOOT_H
/*
 * Sets of per-CPU threads: one thread bound to each CPU, parked while its CPU is not used.
 *
 * The loop of each thread is the library's; the callbacks run in it, on the thread's CPU, except
 * create: setup once before all else, then thread_fn whenever thread_should_run says so, park and
 * unpark around each park, cleanup before it ends if setup has run. A stop wins over a park.
 *
 * A thread that finds itself on another CPU is counted
 * (kthread_warn_count(KTHREAD_WARN_WRONG_CPU)), where the kernel would stop the machine, and goes
 * back.
 *
 * User space does not learn of hotplug: CPUs come and go by kthread_cpu_online() and
 * kthread_cpu_offline(), called by whoever knows. At the start the CPUs that the process may run on
 * are online.
 *
 * A forked child begins without sets: those of its parent are not to be unregistered there.
 */
#include <stdbool.h>

#include <kthread/sched.h>

struct smp_hotplug_thread {
	struct task_struct **store; /* one per CPU, for the caller's wakes; or NULL */
	struct smp_hotplug_thread *next;
	int (*thread_should_run)(unsigned int cpu);
	void (*thread_fn)(unsigned int cpu);
	void (*create)(unsigned int cpu); /* by the caller, while the thread is parked */
	void (*setup)(unsigned int cpu);
	void (*cleanup)(unsigned int cpu, bool online);
	void (*park)(unsigned int cpu);
	void (*unpark)(unsigned int cpu);
	bool selfparking;	 /* parks itself: kthread_cpu_offline() does not park it */
	const char *thread_comm; /* gets the CPU: "name/%u" */
	struct kthread_smp_thread *threads;
};

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/**
 * kthread_smpboot_register - make the threads of @set, one for each online CPU
 *
 * @set must live until it is unregistered. Kernel name: smpboot_register_percpu_thread().
 *
 * Context: may sleep; not from a callback.
 * Return: 0; the error of creation or of binding: then no thread is left.
 * Tests: P14.
 */
int kthread_smpboot_register(struct smp_hotplug_thread *set);

/* kthread_smpboot_unregister - stop them all, including parked ones */
void kthread_smpboot_unregister(struct smp_hotplug_thread *set);

/*
 * kthread_cpu_online - @cpu is used from now on: each set's thread of it is made or unparked
 *
 * Return: 0; -EINVAL if there is no such CPU; the error of creation or of binding: then it is not
 * online.
 */
int kthread_cpu_online(unsigned int cpu);

/* kthread_cpu_offline - @cpu is not used any more: its threads are parked. Return: 0 or -EINVAL */
int kthread_cpu_offline(unsigned int cpu);

#pragma GCC visibility pop

static inline int smpboot_register_percpu_thread(struct smp_hotplug_thread *set)
{
	return kthread_smpboot_register(set);
}

static inline void smpboot_unregister_percpu_thread(struct smp_hotplug_thread *set)
{
	kthread_smpboot_unregister(set);
}

#ifdef __cplusplus
}
#endif
#endif
