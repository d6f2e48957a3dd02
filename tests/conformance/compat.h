/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONFORMANCE_COMPAT_H
#define CONFORMANCE_COMPAT_H
/*
 * What the scenarios need beside the kthread interface, in the kernel and in user space, and the
 * kthread calls that some kernels lack or spell differently. SINCE(5, 17): has this kernel what
 * came then? The library has it all.
 */
#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/prio.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/smpboot.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/version.h>
#include <linux/wait.h>

#define SINCE(major, minor) (LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

static inline void *alloc(size_t size)
{
	return kzalloc(size, GFP_KERNEL | __GFP_NOFAIL);
}

/*
 * How long a call must not return to be taken to wait, or to hang; and how long to look for what
 * happens in kernels only. Where something is expected the bound is long, where nothing is, short.
 */
#define WAIT_MS	 400
#define HANG_MS	 400
#define EARLY_MS 20000

#define release(p)     kfree(p)
#define nap_ms(ms)     usleep_range((ms)*1000, (ms)*1000 + 200)
#define this_cpu()     ((int)raw_smp_processor_id())
#define nr_bound(k)    ((int)cpumask_weight((k)->cpus_ptr))
#define mask_of(cpu)   cpumask_of(cpu)
#define last_cpu()     ((int)cpumask_last(cpu_online_mask))
#define policy_of(k)   ((int)(k)->policy)
#define priority_of(k) ((int)(k)->rt_priority)

static inline unsigned int state_of(struct task_struct *k)
{
#if SINCE(5, 14)
	return READ_ONCE(k->__state);
#else
	return READ_ONCE(k->state);
#endif
}

static inline bool has_exited(struct task_struct *k)
{
	return READ_ONCE(k->exit_state) != 0;
}

/* Is it off its CPU and asleep, this moment? */
static inline bool seems_blocked(struct task_struct *k)
{
	return state_of(k) != TASK_RUNNING;
}

#if !SINCE(5, 17)
#define kthread_complete_and_exit(comp, code) complete_and_exit(comp, code)
#endif
#if !SINCE(6, 8)
#define kthread_exit(code) kthread_complete_and_exit(NULL, code)
#endif
#if SINCE(6, 14)
#define start_worker(flags, ...)	     kthread_run_worker(flags, __VA_ARGS__)
#define start_worker_on_cpu(cpu, flags, fmt) kthread_run_worker_on_cpu(cpu, flags, fmt)
#else
#define start_worker(flags, ...)	     kthread_create_worker(flags, __VA_ARGS__)
#define start_worker_on_cpu(cpu, flags, fmt) kthread_create_worker_on_cpu(cpu, flags, fmt, cpu)
#endif
#define init_dwork(dwork, fn) kthread_init_delayed_work(dwork, fn)
#define is_armed(dwork)	      timer_pending(&(dwork)->timer)
#if SINCE(6, 2)
#define disarm(dwork) timer_delete_sync(&(dwork)->timer)
#else
#define disarm(dwork) del_timer_sync(&(dwork)->timer)
#endif

#else /* user space */
#include <kthread/kthread.h>

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SINCE(major, minor) 1
#define WAIT_MS		    60
#define HANG_MS		    20000
#define EARLY_MS	    60

typedef struct {
	int counter;
} atomic_t;

#define atomic_read(v)	     __atomic_load_n(&(v)->counter, __ATOMIC_SEQ_CST)
#define atomic_set(v, i)     __atomic_store_n(&(v)->counter, i, __ATOMIC_SEQ_CST)
#define atomic_inc(v)	     ((void)__atomic_add_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST))
#define atomic_inc_return(v) __atomic_add_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST)
#define READ_ONCE(x)	     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)     (*(volatile __typeof__(x) *)&(x) = (v))

void *alloc(size_t size);
#define release(p)	     free(p)
void nap_ms(unsigned int ms);
int this_cpu(void);
int nr_bound(struct task_struct *k);
const struct cpumask *mask_of(int cpu);
int last_cpu(void);
#define policy_of(k)	     kthread_get_policy(k)
#define priority_of(k)	     kthread_get_priority(k)

typedef pthread_mutex_t spinlock_t;

#define spin_lock_init(lock)  pthread_mutex_init(lock, NULL)
#define spin_lock_irq(lock)   pthread_mutex_lock(lock)
#define spin_unlock_irq(lock) pthread_mutex_unlock(lock)
#define spin_trylock(lock)    (!pthread_mutex_trylock(lock))
#define spin_unlock(lock)     pthread_mutex_unlock(lock)
#define state_of(k)	      kthread_get_state(k)
bool has_exited(struct task_struct *k);
bool seems_blocked(struct task_struct *k);

#define start_worker(flags, ...)	     kthread_run_worker(flags, __VA_ARGS__)
#define start_worker_on_cpu(cpu, flags, fmt) kthread_run_worker_on_cpu(cpu, flags, fmt)
#define init_dwork(dwork, fn)		     kthread_init_delayed_work(dwork, fn)
#define is_armed(dwork)			     ((dwork)->work.armed)
#define disarm(dwork)			     ((void)0)
#endif

/* ---- the same names, each in its own entry file (entry_kernel.c, entry_user.c) --------------- */

/* Send a signal that ends a process, but not a kthread. */
void send_term(struct task_struct *k);
/* One create whose caller is being killed. Return: what kthread_create() returned */
struct task_struct *create_killed(int (*fn)(void *data), void *data);
/* Let the caller run on @cpu only. */
void set_affinity_of_current(int cpu);
/* Try to move @k to @cpu as another program would. Return: 0 or -EINVAL */
int move_from_outside(struct task_struct *k, int cpu);
/* The caller's nice value; and set it. */
int nice_of_current(void);
void set_nice_of_current(int nice);
bool policy_is_normal(void);
/* Let @k be among those who are frozen; freeze them; let them go. Return: 0 or -errno */
int freeze_prepare(struct task_struct *k);
int freeze_now(void);
int thaw_now(void);
int cpu_off(int cpu);
int cpu_on(int cpu);
#endif
