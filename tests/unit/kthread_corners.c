// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corners of the contract that a review asked for. A mutation is named by its file in
 * tests/mutations/. Linked with the testing build: somebody else comes at a marked point.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "tests/unit/kthread_test.h"
#include "lib/probe/slot.h"

extern void (*kthread_test_delay)(const char *point);
extern void (*kthread_test_event)(const char *name, ...);

TestSuite(kthread_corners, .timeout = 60);

/* ---- workers that end, or freeze, while they are destroyed ----------------------------------- */
static struct task_struct *victim;
static unsigned int runs, started, go;

static void runs_once(struct kthread_work *work)
{
	(void)work;
	ADD(runs);
}

static void until_go(struct kthread_work *work)
{
	(void)work;
	ADD(started);
	WAIT_UNTIL(READ(go));
}

static void stop_at_destroy(const char *point)
{
	struct task_struct *k = NULL;

	if (!strcmp(point, "destroy"))
		k = __atomic_exchange_n(&victim, NULL, __ATOMIC_ACQ_REL);
	if (k)
		kthread_stop(k);
}

/* Mutation E01: destroy waits although nobody serves the worker any more. */
Test(kthread_corners, W16_the_thread_ends_between_destroys_look_and_its_flush)
{
	struct kthread_worker *w = kthread_run_worker(0, "corner");

	victim = w->task;
	__atomic_store_n(&kthread_test_delay, stop_at_destroy, __ATOMIC_RELEASE);
	kthread_destroy_worker(w);
	cr_expect_null(victim);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

static long stops(void *k)
{
	return kthread_stop(k);
}

static long destroys(void *w)
{
	kthread_destroy_worker(w);
	return 0;
}

/* The barrier of somebody who waits is a work, too: neither of ours. */
static unsigned int barriers;

static void count_barriers(const char *name, ...)
{
	void *work, *func;
	va_list ap;

	if (strcmp(name, "sched_kthread_work_queue_work"))
		return;
	va_start(ap, name);
	work = va_arg(ap, void *);
	func = va_arg(ap, void *);
	va_end(ap);
	if (work && func != (void *)runs_once && func != (void *)until_go)
		ADD(barriers);
}

/* Mutation E02: nobody lets those go who wait for works that will not run. */
Test(kthread_corners, W16_the_thread_is_stopped_while_destroy_waits)
{
	struct kthread_worker *w = kthread_run_worker(0, "corner");
	struct kthread_work gate, left;
	struct task_struct *k = w->task;
	struct call destroy, stop;

	get_task_struct(k);
	kthread_init_work(&gate, until_go);
	kthread_init_work(&left, runs_once);
	kthread_queue_work(w, &gate);
	cr_assert(WAIT_UNTIL(READ(started)));
	kthread_queue_work(w, &left);
	__atomic_store_n(&kthread_test_event, count_barriers, __ATOMIC_RELEASE);
	call_start(&destroy, destroys, w);
	cr_assert(WAIT_UNTIL(READ(barriers) == 1));
	call_start(&stop, stops, k);
	/* The worker is told to stop before it can look at the next work. */
	cr_assert(WAIT_UNTIL(signal_pending(k)));
	ADD(go);
	call_join(&destroy);
	call_join(&stop);
	cr_expect_eq(READ(runs), 0);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_WORKER_LEFTOVER), 1);
	cr_expect_null(left.worker, "it may be used again");
	put_task_struct(k);
}

/* Mutation E03: a stop instead of the flush, which ends the freeze and leaves the work. */
Test(kthread_corners, W16_a_frozen_worker_is_destroyed_after_the_thaw)
{
	struct kthread_worker *w = kthread_run_worker(KTW_FREEZABLE, "corner");
	struct kthread_work work;
	struct call destroy;

	cr_assert(WAIT_UNTIL(kthread_get_state(w->task) == TASK_INTERRUPTIBLE));
	cr_assert_eq(kthread_freeze_all(20000), 0);
	cr_assert_eq(kthread_get_state(w->task), TASK_FROZEN);
	kthread_init_work(&work, runs_once);
	cr_expect(kthread_queue_work(w, &work));
	__atomic_store_n(&kthread_test_event, count_barriers, __ATOMIC_RELEASE);
	call_start(&destroy, destroys, w);
	cr_assert(WAIT_UNTIL(READ(barriers) || READ(destroy.returned)));
	cr_assert_eq(READ(barriers), 1);
	cr_expect_eq(kthread_get_state(w->task), TASK_FROZEN);
	cr_expect_eq(READ(runs), 0, "nothing runs before the thaw");
	kthread_thaw_all();
	call_join(&destroy);
	cr_expect_eq(READ(runs), 1);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

/* ---- a set's thread that somebody moves ------------------------------------------------------ */
static struct task_struct *threads[KTHREAD_NR_CPUS];
static unsigned int wanted, on_its_own;

static int should_run(unsigned int cpu)
{
	return cpu == 0 && READ(wanted) != READ(runs);
}

static void run(unsigned int cpu)
{
	if (sched_getcpu() == (int)cpu)
		ADD(on_its_own);
	ADD(runs);
}

static struct smp_hotplug_thread set = {
	.store = threads,
	.thread_should_run = should_run,
	.thread_fn = run,
	.thread_comm = "corner/%u",
};

/* Mutations E04: nobody looks where it runs. E05: it does not go back. */
Test(kthread_corners, a_sets_thread_on_a_wrong_cpu_is_counted_and_goes_back)
{
	struct cpumask one, allowed;

	cpumask_clear(&allowed);
	syscall(SYS_sched_getaffinity, 0, sizeof(allowed), &allowed);
	if (!cpumask_test_cpu(0, &allowed) || !cpumask_test_cpu(1, &allowed))
		cr_skip_test("may not run on CPU 0 and CPU 1");
	cr_assert_eq(smpboot_register_percpu_thread(&set), 0);
	ADD(wanted);
	wake_up_process(threads[0]);
	cr_assert(WAIT_UNTIL(READ(runs) == 1));
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_WRONG_CPU), 0);

	/* Asleep: behind its look at the CPU it would run where it is. */
	cr_assert(WAIT_UNTIL(kthread_get_state(threads[0]) == TASK_INTERRUPTIBLE &&
			     thread_state(threads[0]->pid) == 'S'));
	cpumask_clear(&one);
	cpumask_set_cpu(1, &one);
	cr_assert_eq(syscall(SYS_sched_setaffinity, threads[0]->pid, sizeof(one), &one), 0);
	ADD(wanted);
	wake_up_process(threads[0]);
	cr_assert(WAIT_UNTIL(READ(runs) == 2));
	cr_expect_geq(kthread_warn_count(KTHREAD_WARN_WRONG_CPU), 1);
	cr_expect_eq(READ(on_its_own), 2, "it went back before it ran");
	smpboot_unregister_percpu_thread(&set);
}

/* ---- errno ----------------------------------------------------------------------------------- */

/*
 * Mutations E06: a wait that ends by itself, E07: a notification, E08: one that is not there, E09:
 * a refused CPU changes errno.
 */
Test(kthread_corners, errno_is_left_alone)
{
	struct kthread_worker *w = kthread_run_worker(0, "corner");
	struct kthread_delayed_work d;
	struct completion never;
	struct task_struct *k;
	uint64_t full = UINT64_MAX - 1;
	int fd = kthread_notify_fd();

	cr_assert_geq(fd, 0);
	kthread_init_delayed_work(&d, runs_once);
	init_completion(&never);
	errno = 77;
	cr_expect_eq(schedule_timeout_interruptible(1), 0);
	cr_expect_eq(errno, 77, "schedule_timeout");
	cr_expect_eq(wait_for_completion_timeout(&never, 1), 0);
	cr_expect_eq(errno, 77, "wait_for_completion_timeout");
	kthread_queue_delayed_work(w, &d, 1);
	kthread_flush_delayed_work(&d);
	kthread_flush_worker(w);
	cr_expect_eq(errno, 77, "flush");
	kthread_notify_clear();
	kthread_notify_clear();
	cr_expect_eq(errno, 77, "nothing to clear");
	cr_assert_eq(write(fd, &full, sizeof(full)), (ssize_t)sizeof(full));
	wake_up_process(current);
	cr_expect_eq(errno, 77, "no place for a notification");
	kthread_destroy_worker(w);
	k = kthread_create(until_stop, NULL, "corner");
	errno = 77;
	kthread_bind(k, KTHREAD_NR_CPUS - 1);
	cr_expect_eq(errno, 77, "bind");
	cr_expect_eq(kthread_bind_error(k), -EINVAL);
	kthread_stop(k);
	cr_expect_eq(errno, 77, "stop");
}

/* ---- what the first creator has -------------------------------------------------------------- */
static void lose_the_privilege(void)
{
	static const struct rlimit none;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	setrlimit(RLIMIT_NICE, &none);
	cr_assert_eq(syscall(SYS_capget, &head, caps), 0);
	caps[0].effective &= ~(1U << CAP_SYS_NICE);
	caps[0].permitted &= ~(1U << CAP_SYS_NICE);
	caps[0].inheritable &= ~(1U << CAP_SYS_NICE);
	cr_assert_eq(syscall(SYS_capset, &head, caps), 0);
}

static void *creates_nicely(void *nice)
{
	setpriority(PRIO_PROCESS, (id_t)gettid(), *(int *)nice);
	return kthread_create(until_stop, NULL, "nice");
}

static int nice_of(struct task_struct *k)
{
	return getpriority(PRIO_PROCESS, (id_t)k->pid);
}

/* Mutation E10: nobody looks whether the nice went. */
Test(kthread_corners, L16_a_nice_that_cannot_be_taken_off_is_reported)
{
	struct task_struct *k;
	int nice = 5;
	pthread_t t;

	lose_the_privilege();
	pthread_create(&t, NULL, creates_nicely, &nice);
	pthread_join(t, (void **)&k);
	cr_assert(!IS_ERR(k));
	cr_expect_eq(nice_of(k), getpriority(PRIO_PROCESS, 0) + 5);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_INHERITED), 1);
	kthread_stop(k);
}

/* Mutation E11: that of the whole process is reported, too. */
Test(kthread_corners, L16_the_nice_of_the_process_is_no_leak)
{
	struct task_struct *k;

	setpriority(PRIO_PROCESS, 0, 7);
	lose_the_privilege();
	k = kthread_create(until_stop, NULL, "nice");
	cr_assert(!IS_ERR(k));
	cr_expect_eq(nice_of(k), 7);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
	kthread_stop(k);
}

/* Mutation E12: the create fails. */
Test(kthread_corners, L16_a_policy_that_cannot_be_taken_off_is_reported)
{
	static const struct sched_param zero;
	struct task_struct *k;

	lose_the_privilege();
	cr_assert_eq(sched_setscheduler(0, SCHED_IDLE, &zero), 0);
	k = kthread_create(until_stop, NULL, "idle");
	cr_assert(!IS_ERR(k), "%ld", PTR_ERR(k));
	if (sched_getscheduler(k->pid) == SCHED_IDLE)
		cr_expect_eq(kthread_warn_count(KTHREAD_WARN_INHERITED), 1);
	kthread_stop(k);
}

/* ---- slots of threads that are not the library's --------------------------------------------- */

/* Mutation E13: whoever has the place now is stamped. */
Test(kthread_corners, a_slot_that_was_given_back_is_not_stamped)
{
	struct kthread_slot *s = slot_register();
	struct task_struct *me = current;

	cr_assert_not_null(s);
	slot_observe(1);
	set_current_state(TASK_INTERRUPTIBLE);
	wake_up_process(me);
	cr_expect_neq(s->t0_ns, 0, "it is stamped while it is ours");
	slot_unregister();
	/* As if a thread with another id had found the free place. */
	s->tid = (uint32_t)me->pid + 1;
	s->t0_ns = s->t4_ns = 0;
	set_current_state(TASK_INTERRUPTIBLE);
	wake_up_process(me);
	schedule();
	cr_expect_eq(s->t0_ns, 0);
	cr_expect_eq(s->t4_ns, 0);
	s->tid = 0;
	slot_observe(-1);
}
