/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_KTHREAD_H
#define KTHREAD_KTHREAD_H
/*
 * libkthread: the Linux kernel's kthread interface in user space.
 *
 * Names and behaviour are those of the newest kernels, or of an older one on request
 * (<kthread/profile.h>); where a function does better than the kernel (where that hangs, say), its
 * comment says so. Threads are made by a thread of the library's own, so that nothing of the caller
 * leaks into them: all signals except the synchronous faults are blocked, the affinity is all CPUs,
 * the policy SCHED_OTHER, nice 0, the timer slack 50 us, the memory policy the default. Nice and
 * SCHED_IDLE of the thread that creates first stay, and are reported, where the privilege to reset
 * them is missing.
 *
 * errno is left alone by all functions except those that create, as kernel code has none.
 *
 * Each thread has one word that holds its state and all requests to it. It is changed by atomic
 * read-modify-write only, and the thread also sleeps on it. All that two threads do to it is
 * therefore totally ordered, and each sees what the other wrote before.
 *
 * Handles: a thread holds a reference on its own handle until it exits. Whoever uses a handle
 * must know that the thread lives or hold a reference (get_task_struct()).
 *
 * fork(): the child has none of the threads; the library starts anew there at the first create.
 * Handles of the parent's threads are dead in the child: stop gives -ESRCH, park -ENOSYS.
 *
 * Not provided, since user space cannot: kthread_use_mm(), kthread_associate_blkcg(), calls
 * from signal handlers, stopping a thread that blocks in a system call of its own unless it polls
 * kthread_notify_fd().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kthread/bug.h>
#include <kthread/completion.h>
#include <kthread/cpumask.h>
#include <kthread/delay.h>
#include <kthread/err.h>
#include <kthread/freezer.h>
#include <kthread/hrtimer.h>
#include <kthread/jiffies.h>
#include <kthread/notify.h>
#include <kthread/profile.h>
#include <kthread/sched.h>
#include <kthread/sched/prio.h>
#include <kthread/smp.h>
#include <kthread/smpboot.h>
#include <kthread/topology.h>
#include <kthread/wait.h>
#include <kthread/warn.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/**
 * kthread_create_on_node - make a thread, not started yet
 * @threadfn: what it runs; its result becomes that of kthread_stop()
 * @data: argument of @threadfn
 * @node: NUMA node to be near to, or NUMA_NO_NODE
 * @namefmt: printf format of its name, of any length; other programs see the first 15 bytes
 *
 * The thread sleeps until wake_up_process(), kthread_park() or kthread_stop().
 *
 * The node gets the stack, as far as it has memory to spare (the handle is where the caller
 * allocates), and a thread that nobody binds or gives preferred CPUs (kthread_affine_preferred())
 * prefers those of the node. A node that does not exist is reported and ignored; where there is
 * only one it has no effect.
 *
 * Ordering: what the caller wrote before the first wake is visible to @threadfn.
 * Return: the handle, valid until the thread exits; ERR_PTR(-ENOMEM), or the error of thread
 * creation (-EAGAIN: a limit on threads or memory).
 * Tests: L1, L10, L13 to L16.
 */
struct task_struct *kthread_create_on_node(int (*threadfn)(void *data), void *data, int node,
					   const char *namefmt, ...)
	__attribute__((format(printf, 4, 5)));

/* kthread_create - without a node; namefmt and its arguments follow @data */
#define kthread_create(threadfn, data, ...) \
	kthread_create_on_node(threadfn, data, NUMA_NO_NODE, __VA_ARGS__)

/* kthread_create_on_cpu - the same, bound to @cpu; @namefmt gets it as its one argument ("x/%u") */
struct task_struct *kthread_create_on_cpu(int (*threadfn)(void *data), void *data, unsigned int cpu,
					  const char *namefmt);

/*
 * What cancels creates (our extension; the kernel's creates end when the caller is killed). One may
 * serve several creates at once; it must outlive them and the calls of kthread_cancel_create().
 */
struct kthread_cancel {
	uint32_t lock;
	bool cancelled;
	struct kt_create *creates;
};

#define KTHREAD_CANCEL_INIT    \
	{                      \
		0, false, NULL \
	}

/**
 * kthread_create_cancellable - kthread_create() that kthread_cancel_create(@cancel) ends
 *
 * Return: as kthread_create(), or ERR_PTR(-EINTR) when it was cancelled, before or meanwhile. Then
 * a thread that was made all the same ends without calling @threadfn, and nothing is left. Tests:
 * L11, L12.
 */
struct task_struct *kthread_create_cancellable(struct kthread_cancel *cancel,
					       int (*threadfn)(void *data), void *data,
					       const char *namefmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * kthread_cancel_create - end all creates with @cancel, now and later; any thread, no signal
 * handler
 */
void kthread_cancel_create(struct kthread_cancel *cancel);

/* kthread_run - kthread_create() and the first wake */
#define kthread_run(threadfn, data, ...)                                                         \
	__extension__({                                                                          \
		struct task_struct *kthread_run_k = kthread_create(threadfn, data, __VA_ARGS__); \
		if (!IS_ERR(kthread_run_k))                                                      \
			wake_up_process(kthread_run_k);                                          \
		kthread_run_k;                                                                   \
	})

static inline struct task_struct *kthread_run_on_cpu(int (*threadfn)(void *data), void *data,
						     unsigned int cpu, const char *namefmt)
{
	struct task_struct *k = kthread_create_on_cpu(threadfn, data, cpu, namefmt);

	if (!IS_ERR(k))
		wake_up_process(k);
	return k;
}

/**
 * kthread_bind - pin @k to @cpu
 *
 * Before the first wake only; later it warns and changes nothing (the kernel also warns, but still
 * binds a thread that sleeps uninterruptibly then). The wish is remembered and applied again by
 * kthread_unpark(); kthread_bind_error() says whether the kernel agreed.
 */
void kthread_bind(struct task_struct *k, unsigned int cpu);
void kthread_bind_mask(struct task_struct *k, const struct cpumask *mask);

/**
 * kthread_affine_preferred - let @k run on the CPUs of @mask as long as one of them can be had
 *
 * Before the first wake only, and not of a thread that is bound. The kernel picks those that are
 * online and allowed; when there are none, all CPUs are taken. That is done now and by
 * kthread_refresh_affinity(): the library is not notified of CPU hotplug except through
 * kthread_cpu_online().
 *
 * Return: 0; -EINVAL if @k has been started, is bound or is not a kthread; -ENOMEM. A second call
 * is reported, and its mask taken.
 */
int kthread_affine_preferred(struct task_struct *k, const struct cpumask *mask);

/* kthread_refresh_affinity - check again which of their preferred CPUs the threads can have */
void kthread_refresh_affinity(void);

/* kthreads_update_housekeeping - the same under the kernel's name. Return: 0 */
static inline int kthreads_update_housekeeping(void)
{
	kthread_refresh_affinity();
	return 0;
}

/* kthread_bind_error - 0 or -errno of the last try to apply the affinity of @k (our extension) */
int kthread_bind_error(struct task_struct *k);

/* kthread_set_per_cpu - mark @k, bound before, as the thread of @cpu; negative: no longer */
void kthread_set_per_cpu(struct task_struct *k, int cpu);
bool kthread_is_per_cpu(struct task_struct *k);

/*
 * kthread_should_stop, kthread_should_park - has the caller been asked to?
 *
 * Look after set_current_state() and before schedule(). False in a thread that is not a kthread.
 */
bool kthread_should_stop(void);
bool kthread_should_park(void);
bool kthread_should_stop_or_park(void);

/**
 * kthread_stop - ask @k to end, and wait until it has
 * @k: a thread that has not ended, or on which the caller holds a reference
 *
 * Unparks @k, wakes it, and breaks its interruptible waits. The thread is joined before
 * the call returns: neither its function nor its thread-local destructors run any more.
 *
 * Better than the kernel: several callers all get the result, where the second one hangs; stopping
 * oneself is refused. As in the kernel: a thread that was woken may be stopped before its function
 * runs, which then never does; and two threads that stop each other wait for ever.
 *
 * Context: may sleep.
 * Ordering: what @k wrote is visible to the caller.
 * Return: the result of its function or of kthread_exit(), -ECANCELED when it ended by
 * pthread_exit() or cancellation; -EINTR if its function never ran (also possible right after the
 * first wake); -EDEADLK for the caller itself, -ESRCH in a forked child, -EINVAL if @k is not a
 * kthread. Tests: L1 to L7, L18, L19, P2.
 */
int kthread_stop(struct task_struct *k);

/* kthread_stop_put - kthread_stop(), then drop the caller's own reference */
int kthread_stop_put(struct task_struct *k);

/* kthread_exit - end the calling kthread; kthread_stop() returns @result */
void kthread_exit(long result) __attribute__((noreturn));

/*
 * kthread_complete_and_exit - complete @comp if not NULL, then kthread_exit(@code)
 *
 * After the completion only the library's code runs in the thread, and, unlike in the kernel, the
 * thread-local destructors and cleanup handlers that the user has set.
 */
void kthread_complete_and_exit(struct completion *comp, long code) __attribute__((noreturn));

/**
 * kthread_park - ask @k to park and wait until it has
 * @k: a thread that has not ended, or on which the caller holds a reference
 *
 * Wakes @k. Also legal before the first wake: then @k parks without calling its function.
 * Called by @k itself it only sets the request.
 *
 * Better than the kernel, where these hang: a worker parks between two works; if @k exits, or is
 * told to stop, instead of parking, the call returns. And nothing is counted, so that a park of @k
 * by itself does not let a later call return too early.
 *
 * Context: may sleep.
 * Ordering: what @k wrote before parking is visible to the caller afterwards.
 * Return: 0 when @k runs no more of its code until unparked; -EBUSY if a park is pending, -ENOSYS
 * if @k has exited or was told to stop, -EINVAL if it is not a kthread.
 * Tests: P1 to P3, P5 to P7, P10 to P13, P15.
 */
int kthread_park(struct task_struct *k);

/**
 * kthread_unpark - let @k go on; does nothing if no park is pending
 *
 * A per-CPU thread is bound again before it goes on. Does not wait for it.
 * Ordering: what the caller wrote before is visible to @k after kthread_parkme().
 * Tests: P1, P4, P7, P8.
 */
void kthread_unpark(struct task_struct *k);

/* kthread_parkme - park here if asked to; returns when unparked or told to stop */
void kthread_parkme(void);

/*
 * kthread_data, kthread_func - as given at creation, @k being a kthread; kthread_probe_data: or
 * NULL
 */
void *kthread_data(struct task_struct *k);
void *kthread_probe_data(struct task_struct *k);
void *kthread_func(struct task_struct *k);

void kthread_get_comm(char *buf, size_t size, struct task_struct *k);

/* get_kthread_comm - the full name of @k, cut to @size bytes with the final 0 */
static inline void get_kthread_comm(char *buf, size_t size, struct task_struct *k)
{
	kthread_get_comm(buf, size, k);
}

/**
 * kthread_set_stack_size - stacks of all threads made later (our extension)
 * @bytes: size of each; 0: as pthreads have it, by RLIMIT_STACK usually 8 MiB (the default)
 *
 * Address space, not memory: of a stack only what was used is there. With 128 KiB ten thousand
 * threads live in 2 GiB. Thread-local storage is in it too.
 *
 * Return: 0; -EINVAL: less than PTHREAD_STACK_MIN, or libc cannot have such a size.
 */
int kthread_set_stack_size(size_t bytes);

/**
 * kthread_set_spin - how long schedule() may spin before it sleeps (our extension)
 * @k: the thread, or NULL for all threads made later
 * @max_ns: upper bound of one spin; 0 switches spinning off
 *
 * Spinning happens only while recent waits were short and wakes came from another CPU, and
 * backs off when it fails. The default is KTHREAD_SPIN_NS.
 */
void kthread_set_spin(struct task_struct *k, unsigned int max_ns);
#define KTHREAD_SPIN_NS 20000

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#include <kthread/worker.h>
#endif
