// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every function of the contract is there, with the kernel's type: the compiler says so. What the
 * macros are worth shows in the other tests; here each is used once.
 */
#include <criterion/criterion.h>
#include <errno.h>

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

/* ---- sleeping, giving way, signals, priorities, time ----------------------------------------- */
typedef void(set_nice_t)(task, long);
typedef int(set_cpus_t)(task, const struct cpumask *);
typedef void(signal_t_)(int);
typedef int(hrtimeout_t)(ktime_t *, const enum hrtimer_mode);
typedef int(hrtimeout_range_t)(ktime_t *, uint64_t, const enum hrtimer_mode);
TYPE(msleep, void(unsigned int));
TYPE(msleep_interruptible, unsigned long(unsigned int));
TYPE(ssleep, void(unsigned int));
TYPE(usleep_range, void(unsigned long, unsigned long));
TYPE(fsleep, void(unsigned long));
TYPE(schedule_hrtimeout, hrtimeout_t);
TYPE(schedule_hrtimeout_range, hrtimeout_range_t);
TYPE(schedule_timeout_idle, timeout_t);
TYPE(schedule_timeout_killable, timeout_t);
TYPE(need_resched, asks_t);
TYPE(cond_resched, int(void));
TYPE(tsk_is_kthread, struct kthread *(task));
TYPE(set_user_nice, set_nice_t);
TYPE(task_nice, task_int_t);
TYPE(sched_set_fifo, task_void_t);
TYPE(sched_set_fifo_low, task_void_t);
TYPE(sched_set_normal, void(task, int));
TYPE(set_cpus_allowed_ptr, set_cpus_t);
TYPE(allow_signal, signal_t_);
TYPE(disallow_signal, signal_t_);
TYPE(send_sig, int(int, task, int));
TYPE(flush_signals, task_void_t);
TYPE(signal_pending, task_bool_t);
TYPE(fatal_signal_pending, task_bool_t);
TYPE(get_jiffies_64, uint64_t(void));
TYPE(jiffies_to_nsecs, uint64_t(unsigned long));
TYPE(wait_for_completion_io, void(struct completion *));
TYPE(cpumask_of, const struct cpumask *(unsigned int));
TYPE(cpumask_first, unsigned int(const struct cpumask *));
TYPE(cpumask_and, bool(struct cpumask *, const struct cpumask *, const struct cpumask *));
TYPE(cpumask_copy, void(struct cpumask *, const struct cpumask *));
TYPE(wq_has_sleeper, bool(struct wait_queue_head *));
TYPE(add_wait_queue, void(struct wait_queue_head *, struct wait_queue_entry *));
TYPE(remove_wait_queue, void(struct wait_queue_head *, struct wait_queue_entry *));

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

/*
 * What the macros make is what the functions make, but for the generation of a forked process, which
 * no constant can be: the first use makes it good.
 */
static DEFINE_KTHREAD_WORKER(a_worker);
static struct kthread_worker another_worker = KTHREAD_WORKER_INIT(another_worker);

static bool same_list(const struct kthread_node *a, const struct kthread_node *b)
{
	return a->next == b->next && a->prev == b->prev;
}

/* All except fork_nr: in a forked child the first use of what a macro made sees to it. */
static bool same_worker(const struct kthread_worker *a, const struct kthread_worker *b)
{
	return a->flags == b->flags && a->lock == b->lock && a->task == b->task &&
	       a->current_work == b->current_work && a->mended == b->mended &&
	       a->submit_lock == b->submit_lock && a->idle == b->idle &&
	       a->first_delayed == b->first_delayed && a->nr_delayed == b->nr_delayed &&
	       a->next_order == b->next_order && a->first_due_ns == b->first_due_ns &&
	       a->sleep_until_ns == b->sleep_until_ns && a->quiet_second == b->quiet_second &&
	       same_list(&a->work_list, &b->work_list) &&
	       same_list(&a->delayed_work_list, &b->delayed_work_list) &&
	       same_list(&a->submitted, &b->submitted);
}

Test(kthread_names, workers_of_ones_own)
{
	DEFINE_KTHREAD_WORKER_ONSTACK(on_stack);
	worker w[3] = { &a_worker, &another_worker, &on_stack };
	struct kthread_worker made;
	task k;
	int i;

	for (i = 0; i < 3; i++) {
		/* In the same place: lists point to themselves. */
		made = *w[i];
		kthread_init_worker(w[i]);
		cr_expect(same_worker(&made, w[i]), "number %d", i);
		*w[i] = made;
		runs = 0;
		cr_expect(kthread_queue_work(w[i], &a_work));
		k = kthread_run(kthread_worker_fn, w[i], "own");
		cr_assert(WAIT_UNTIL(READ(w[i]->task)));
		kthread_flush_worker(w[i]);
		cr_expect_eq(READ(runs), 1);
		kthread_stop(k);
		kthread_init_work(&a_work, once);
	}
}

/* Up to 6.13 the caller gave the arguments of the name; since then it is the CPU. */
Test(kthread_names, workers_on_a_cpu_old_and_new)
{
	unsigned int cpu = cpumask_first(cpu_online_mask);
	worker w[4] = { kthread_create_worker_on_cpu((int)cpu, 0, "helper/%u"),
			kthread_create_worker_on_cpu((int)cpu, 0, "helper/%u", cpu),
			kthread_create_worker_on_cpu((int)cpu, KTW_FREEZABLE, "%s-%d/%u", "odd", 7,
						     cpu),
			kthread_create_worker_on_cpu((int)cpu, 0, "plain") };
	char want[4][32];
	int i;

	snprintf(want[0], sizeof(want[0]), "helper/%u", cpu);
	snprintf(want[1], sizeof(want[1]), "helper/%u", cpu);
	snprintf(want[2], sizeof(want[2]), "odd-7/%u", cpu);
	snprintf(want[3], sizeof(want[3]), "plain");
	for (i = 0; i < 4; i++) {
		cr_assert(!IS_ERR(w[i]));
		cr_expect_str_eq(w[i]->task->comm, want[i]);
		kthread_destroy_worker(w[i]);
	}
	cr_expect_eq(PTR_ERR(kthread_create_worker_on_cpu(-1, 0, "x/%u", 1)), -EINVAL);
}

Test(kthread_names, time)
{
	unsigned long now = jiffies;
	uint64_t now_64 = get_jiffies_64();

	cr_expect(time_is_before_eq_jiffies(now));
	cr_expect(time_is_before_jiffies(now - 1));
	cr_expect(time_is_after_jiffies(now + 3600 * HZ));
	cr_expect(time_is_after_eq_jiffies(now + 3600 * HZ));
	cr_expect(!time_is_after_jiffies(now - 1));
	cr_expect(time_before_eq64(now_64, jiffies_64));
	cr_expect(time_after64(now_64 + 1, now_64));
	cr_expect(time_in_range(now, now - 1, now + 1));
	cr_expect(time_in_range(now, now - 1, now));
	cr_expect(!time_in_range_open(now, now - 1, now));
	cr_expect_eq(jiffies_to_nsecs(3), 3000000);
	cr_expect_eq(jiffies64_to_nsecs(5000000000ULL), 5000000000000000ULL);
	cr_expect_eq(nsecs_to_jiffies64(5999999), 5);
	cr_expect_eq(ktime_to_ms(ktime_set(2, 5000000)), 2005);
	cr_expect_eq(ktime_set(INT64_MAX, 1), KTIME_MAX);
	cr_expect_eq(ktime_to_us(ktime_sub(ktime_add_us(7000, 3), 1000)), 9);
	cr_expect_eq(ktime_us_delta(5000, 2000), 3);
	cr_expect_eq(ktime_compare(1, 2), -1);
	cr_expect(ktime_after(2, 1) && ktime_before(1, 2));
}

Test(kthread_names, completions_for_io)
{
	DECLARE_COMPLETION(c);

	complete_all(&c);
	wait_for_completion_io(&c);
	cr_expect_eq(wait_for_completion_io_timeout(&c, 5), 5);
	cr_expect_eq(wait_for_completion_killable(&c), 0);
}

Test(kthread_names, is_it_a_kthread)
{
	task k = kthread_create(until_stop, NULL, "is");

	cr_expect(tsk_is_kthread(k));
	cr_expect(!tsk_is_kthread(current));
	kthread_stop(k);
}
