// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every function of the contract is there, with the kernel's type: the compiler says so. What the
 * macros are worth shows in the other tests; here each is used once.
 */
#include <criterion/criterion.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_names, .timeout = 60);

#define TYPE(name, ...)                                                                         \
	_Static_assert(__builtin_types_compatible_p(__typeof__(name), __typeof__(__VA_ARGS__)), \
		       #name " has the kernel's type")

typedef struct task_struct *task;
typedef int(threadfn_t)(void *);
typedef struct kthread_worker *worker;

/* ---- creating -------------------------------------------------------------------------------- */
typedef task(create_on_node_t)(threadfn_t *, void *, int, const char *, ...);
typedef task(create_on_cpu_t)(threadfn_t *, void *, unsigned int, const char *);
TYPE(kthread_create_on_node, create_on_node_t);
TYPE(kthread_create_on_cpu, create_on_cpu_t);
TYPE(kthread_run_on_cpu, create_on_cpu_t);

/* ---- starting, stopping, ending -------------------------------------------------------------- */
typedef int(task_int_t)(task);
typedef void(task_void_t)(task);
typedef bool(task_bool_t)(task);
typedef bool(asks_t)(void);
typedef void *(task_pointer_t)(task);
typedef int(wake_state_t)(task, unsigned int);
typedef void(void_t)(void);
typedef long(timeout_t)(long);
typedef void(exit_t)(long);
typedef void(complete_and_exit_t)(struct completion *, long);
TYPE(wake_up_process, task_int_t);
TYPE(wake_up_state, wake_state_t);
TYPE(schedule, void_t);
TYPE(schedule_timeout, timeout_t);
TYPE(schedule_timeout_interruptible, timeout_t);
TYPE(schedule_timeout_uninterruptible, timeout_t);
TYPE(kthread_should_stop, asks_t);
TYPE(kthread_should_stop_or_park, asks_t);
TYPE(kthread_stop, task_int_t);
TYPE(kthread_stop_put, task_int_t);
TYPE(kthread_exit, exit_t);
TYPE(kthread_complete_and_exit, complete_and_exit_t);
TYPE(get_task_struct, task(task));
TYPE(put_task_struct, task_void_t);

/* ---- parking, binding, asking ---------------------------------------------------------------- */
typedef void(bind_t)(task, unsigned int);
typedef void(bind_mask_t)(task, const struct cpumask *);
typedef void(set_per_cpu_t)(task, int);
typedef int(affine_t)(task, const struct cpumask *);
typedef void(get_comm_t)(char *, size_t, task);
TYPE(kthread_should_park, asks_t);
TYPE(kthread_parkme, void_t);
TYPE(kthread_park, task_int_t);
TYPE(kthread_unpark, task_void_t);
TYPE(kthread_bind, bind_t);
TYPE(kthread_bind_mask, bind_mask_t);
TYPE(kthread_set_per_cpu, set_per_cpu_t);
TYPE(kthread_is_per_cpu, task_bool_t);
TYPE(kthread_affine_preferred, affine_t);
TYPE(kthreads_update_housekeeping, int(void));
TYPE(kthread_data, task_pointer_t);
TYPE(kthread_probe_data, task_pointer_t);
TYPE(kthread_func, task_pointer_t);
TYPE(get_kthread_comm, get_comm_t);

/* ---- the freezer ----------------------------------------------------------------------------- */
TYPE(kthread_freezable_should_stop, bool(bool *));
TYPE(set_freezable, asks_t);
TYPE(try_to_freeze, asks_t);
TYPE(freezing, task_bool_t);

/* ---- workers --------------------------------------------------------------------------------- */
typedef void(work_void_t)(struct kthread_work *);
typedef bool(work_bool_t)(struct kthread_work *);
typedef void(worker_void_t)(worker);
typedef bool(queue_t)(worker, struct kthread_work *);
typedef bool(queue_delayed_t)(worker, struct kthread_delayed_work *, unsigned long);
typedef bool(delayed_bool_t)(struct kthread_delayed_work *);
typedef worker(worker_on_node_t)(unsigned int, int, const char *, ...);
typedef worker(worker_on_cpu_t)(int, unsigned int, const char *);
TYPE(kthread_init_worker, worker_void_t);
TYPE(kthread_worker_fn, threadfn_t);
TYPE(kthread_create_worker_on_node, worker_on_node_t);
TYPE(kthread_create_worker_on_cpu, worker_on_cpu_t);
TYPE(kthread_run_worker_on_cpu, worker_on_cpu_t);
TYPE(kthread_queue_work, queue_t);
TYPE(kthread_queue_delayed_work, queue_delayed_t);
TYPE(kthread_mod_delayed_work, queue_delayed_t);
TYPE(kthread_flush_work, work_void_t);
TYPE(kthread_flush_worker, worker_void_t);
TYPE(kthread_cancel_work_sync, work_bool_t);
TYPE(kthread_cancel_delayed_work_sync, delayed_bool_t);
TYPE(kthread_destroy_worker, worker_void_t);

/* ---- sets of per-CPU threads ----------------------------------------------------------------- */
typedef int(register_t_)(struct smp_hotplug_thread *);
typedef void(unregister_t)(struct smp_hotplug_thread *);
TYPE(smpboot_register_percpu_thread, register_t_);
TYPE(smpboot_unregister_percpu_thread, unregister_t);

/* Fields that users name. */
TYPE(((worker)0)->task, task);
TYPE(((worker)0)->current_work, struct kthread_work *);
TYPE(((struct kthread_work *)0)->func, work_void_t *);
TYPE(((struct kthread_work *)0)->worker, worker);
TYPE(((struct kthread_delayed_work *)0)->work, struct kthread_work);

static unsigned int runs;

static void once(struct kthread_work *work)
{
	(void)work;
	ADD(runs);
}

static DEFINE_KTHREAD_WORK(a_work, once);
static struct kthread_work another_work = KTHREAD_WORK_INIT(another_work, once);
static DEFINE_KTHREAD_DELAYED_WORK(a_delayed_work, once);
static struct kthread_delayed_work another_delayed_work =
	KTHREAD_DELAYED_WORK_INIT(another_delayed_work, once);

Test(kthread_names, the_macros_are_expressions)
{
	task k[2] = { kthread_create(until_stop, NULL, "plain"),
		      kthread_run(until_stop, NULL, "with %d", 1) };
	worker w[2] = { kthread_create_worker(0, "plain"),
			kthread_run_worker(KTW_FREEZABLE, "%d", 2) };
	int i;

	cond_resched();
	cr_expect_str_eq(k[1]->comm, "with 1");
	for (i = 0; i < 2; i++) {
		cr_assert(!IS_ERR(k[i]) && !IS_ERR(w[i]));
		kthread_stop(k[i]);
		kthread_queue_work(w[i], i ? &a_work : &another_work);
		kthread_queue_delayed_work(w[i], i ? &a_delayed_work : &another_delayed_work, 0);
		kthread_flush_worker(w[i]);
		kthread_destroy_worker(w[i]);
	}
	cr_expect_eq(READ(runs), 4);
}
