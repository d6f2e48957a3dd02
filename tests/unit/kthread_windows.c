// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads: what happens between two steps of the library, once, and by force: hold.h. The same
 * races by repetition and chance are in kthread_races.c. Names begin with the scenario's id;
 * mutations are those of tests/mutations/.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/syscall.h>

#include "tests/unit/hold.h"

TestSuite(kthread_windows, .timeout = 60);

static long parks(void *k)
{
	return kthread_park(k);
}

static long unparks(void *k)
{
	kthread_unpark(k);
	return 0;
}

static long stops(void *k)
{
	return kthread_stop(k);
}

static long wakes(void *k)
{
	return wake_up_process(k);
}

/* A thread in its wait for a stop. */
static struct task_struct *sleeper(void)
{
	unsigned int starts = 0;
	struct task_struct *k = kthread_run(until_stop, &starts, "window");

	cr_assert(WAIT_UNTIL(READ(starts) && thread_state(k->pid) == 'S'));
	return k;
}

/* ---- states ---------------------------------------------------------------------------------- */

static struct hold changes = { .point = "change", .until = kthread_should_stop };

/*
 * A thread is told to stop while it sets its state. Mutation T02: the state is a plain store, which
 * takes the stop back.
 */
Test(kthread_windows, a_request_outlives_a_change_of_state)
{
	struct task_struct *k = sleeper();

	changes.tid = k->pid;
	hold_begin(&changes);
	wake_up_process(k);
	cr_assert(hold_came(&changes));
	cr_assert_eq(kthread_stop(k), 42);
}

static struct hold waking = { .point = "waking" };

/*
 * A thread parks between a waker's look at it and the change. Mutation P05: a wake is a load and a
 * store: it undoes the park.
 */
Test(kthread_windows, P5_a_wake_that_comes_late_does_not_end_a_park)
{
	struct task_struct *k = sleeper();
	struct call wake;

	hold_begin(&waking);
	call_start(&wake, wakes, k);
	cr_assert(hold_came(&waking));
	cr_assert_eq(kthread_park(k), 0);
	hold_end(&waking);
	cr_assert_eq(call_join(&wake), 0, "it was awake by then");
	cr_assert_eq(kthread_get_state(k), TASK_PARKED);
	cr_assert_eq(kthread_stop(k), 42);
}

static struct hold asleep = { .point = "asleep" };

/*
 * The wake comes between the last look and the futex. Mutation R02: the thread goes to sleep on a
 * word in which it has not looked for a wake.
 */
Test(kthread_windows, a_wake_right_before_the_futex_is_not_lost)
{
	struct task_struct *k = sleeper();

	asleep.tid = k->pid;
	hold_begin(&asleep);
	wake_up_process(k);
	cr_assert(hold_came(&asleep));
	cr_assert_eq(wake_up_process(k), 1);
	hold_end(&asleep);
	cr_assert_eq(kthread_stop(k), 42);
}

/* ---- parking --------------------------------------------------------------------------------- */

static struct hold asked = { .point = "park" };
static struct hold parking = { .point = "parking" };
static struct hold waits = { .point = "controller", .go = 1 };

/*
 * The parker goes to sleep while the thread sets PARKED. Mutation P05b: parking is a load and a
 * store: it forgets that a controller waits.
 */
Test(kthread_windows, P5_parking_does_not_forget_who_waits)
{
	struct task_struct *k = sleeper();
	struct call park;

	hold_begin(&asked);
	hold_begin(&parking);
	hold_begin(&waits);
	call_start(&park, parks, k);
	cr_assert(hold_came(&asked));
	/* Its look at the word comes before the parker's WAITED. */
	wake_up_process(k);
	cr_assert(hold_came(&parking));
	hold_end(&asked);
	cr_assert(hold_came(&waits));
	cr_assert(call_sleeps(&park));
	hold_end(&parking);
	cr_assert_eq(call_join(&park), 0);
	cr_assert_eq(kthread_get_state(k), TASK_PARKED);
	cr_assert_eq(kthread_stop(k), 42);
}

/* Mutation P06r: park returns as soon as it has asked. */
Test(kthread_windows, P6_park_waits_until_the_thread_is_parked)
{
	struct task_struct *k = sleeper();
	struct call park;

	hold_begin(&parking);
	call_start(&park, parks, k);
	cr_assert(hold_came(&parking));
	cr_assert(call_sleeps(&park), "it did not wait");
	hold_end(&parking);
	cr_assert_eq(call_join(&park), 0);
	cr_assert_eq(kthread_stop(k), 42);
}

static struct hold sleeps = { .point = "sleep" };
static struct hold unparking = { .point = "unparking" };
static struct hold in_futex = { .point = "asleep", .go = 1 };

/*
 * The thread falls asleep between the unparker's look at it and the change. Mutation P07: an unpark
 * is a load and a store: it forgets that the thread sleeps in the kernel.
 */
Test(kthread_windows, P7_unpark_of_a_thread_that_falls_asleep)
{
	unsigned int n = 0;
	struct task_struct *k = kthread_run(counting, &n, "window");
	struct call unpark;

	cr_assert(WAIT_UNTIL(READ(n)));
	sleeps.tid = in_futex.tid = k->pid;
	hold_begin(&sleeps);
	hold_begin(&in_futex);
	hold_begin(&unparking);
	cr_assert_eq(kthread_park(k), 0);
	cr_assert(hold_came(&sleeps));
	call_start(&unpark, unparks, k);
	cr_assert(hold_came(&unparking));
	hold_end(&sleeps);
	cr_assert(hold_came(&in_futex));
	cr_assert(WAIT_UNTIL(thread_state(k->pid) == 'S'));
	hold_end(&unparking);
	call_join(&unpark);
	cr_assert_eq(kthread_stop(k), 7);
}

static void cpus_of(pid_t tid, struct cpumask *m)
{
	cpumask_clear(m);
	cr_assert_geq(syscall(SYS_sched_getaffinity, tid, sizeof(m->bits), m->bits), 0);
}

/* Before the word is changed. Mutation P04r: the thread is bound when it has been released. */
Test(kthread_windows, P4_a_per_cpu_thread_is_bound_before_its_release)
{
	struct cpumask all, other, now;
	struct task_struct *k;
	struct call unpark;

	cpus_of(0, &all);
	if (!cpumask_test_cpu(0, &all) || !cpumask_test_cpu(1, &all))
		cr_skip_test("needs two CPUs");
	k = kthread_create_on_cpu(until_stop, NULL, 0, "window/%u");
	kthread_set_per_cpu(k, 0);
	wake_up_process(k);
	cr_assert_eq(kthread_park(k), 0);
	/* What CPU hotplug does to a bound thread. */
	cpumask_clear(&other);
	cpumask_set_cpu(1, &other);
	cr_assert_eq(syscall(SYS_sched_setaffinity, k->pid, sizeof(other), &other), 0);
	hold_begin(&unparking);
	call_start(&unpark, unparks, k);
	cr_assert(hold_came(&unparking));
	cpus_of(k->pid, &now);
	cr_assert(cpumask_test_cpu(0, &now) && !cpumask_test_cpu(1, &now));
	hold_end(&unparking);
	call_join(&unpark);
	cr_assert_eq(kthread_stop(k), 42);
}

static int busy(void *gate)
{
	wait_for_completion(gate);
	return 5;
}

/* A thread that does not look for requests until @gate is open. */
static struct task_struct *busy_thread(struct completion *gate)
{
	struct task_struct *k;

	init_completion(gate);
	k = get_task_struct(kthread_run(busy, gate, "window"));
	cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_RUNNING && thread_state(k->pid) == 'S'));
	return k;
}

/* Mutation R01: an unpark that withdraws a park does not wake who waits for it. */
Test(kthread_windows, a_park_that_is_withdrawn_returns)
{
	struct completion gate;
	struct task_struct *k = busy_thread(&gate);
	struct call park;

	hold_begin(&waits);
	call_start(&park, parks, k);
	cr_assert(hold_came(&waits));
	cr_assert(call_sleeps(&park));
	kthread_unpark(k);
	cr_assert_eq(call_join(&park), 0);
	complete(&gate);
	cr_assert_eq(kthread_stop_put(k), 5);
}

/* Mutation P11: a thread that ends does not wake who waits for it to park. */
Test(kthread_windows, P11_a_park_of_a_thread_that_ends_returns)
{
	struct completion gate;
	struct task_struct *k = busy_thread(&gate);
	struct call park;

	hold_begin(&waits);
	call_start(&park, parks, k);
	cr_assert(hold_came(&waits));
	cr_assert(call_sleeps(&park));
	complete(&gate);
	cr_assert_eq(call_join(&park), -ENOSYS);
	cr_assert_eq(kthread_stop_put(k), 5);
}

/* Mutation P13b: stop takes it from the parkers that they are to be woken. */
Test(kthread_windows, P13_a_park_that_a_stop_overtakes_returns)
{
	struct completion gate;
	struct task_struct *k = busy_thread(&gate);
	struct call park, stop;

	hold_begin(&waits);
	call_start(&park, parks, k);
	cr_assert(hold_came(&waits));
	cr_assert(call_sleeps(&park));
	call_start(&stop, stops, k);
	cr_assert_eq(call_join(&park), -ENOSYS);
	complete(&gate);
	cr_assert_eq(call_join(&stop), 5);
	put_task_struct(k);
}

static struct hold started = { .point = "started" };

/*
 * The thread has looked for a stop, and not yet for a park. Mutation P13: a park that comes after
 * the stop is not refused: nobody ends it.
 */
Test(kthread_windows, P13_a_park_behind_a_stop_is_refused)
{
	unsigned int starts = 0;
	struct task_struct *k = get_task_struct(kthread_create(until_stop, &starts, "window"));
	struct call stop, park;

	hold_begin(&started);
	wake_up_process(k);
	cr_assert(hold_came(&started));
	call_start(&stop, stops, k);
	cr_assert(WAIT_UNTIL(signal_pending(k)));
	call_start(&park, parks, k);
	cr_assert(WAIT_UNTIL(READ(park.returned)), "it waits");
	cr_assert_eq(call_join(&park), -ENOSYS);
	hold_end(&started);
	cr_assert_eq(call_join(&stop), 42);
	put_task_struct(k);
}

/* ---- the end --------------------------------------------------------------------------------- */

static struct hold ends = { .point = "exit" };

/* In the exit funnel, behind its function. Mutation L02r: stop asks and does not wait. */
Test(kthread_windows, L2_stop_waits_for_the_exit_funnel)
{
	struct task_struct *k = sleeper();
	struct call stop;

	hold_begin(&ends);
	call_start(&stop, stops, k);
	cr_assert(hold_came(&ends));
	cr_assert(call_sleeps(&stop), "it did not wait");
	hold_end(&ends);
	cr_assert_eq(call_join(&stop), 42);
}

static struct hold joined = { .point = "joined" };

/*
 * Between the end of the join and its announcement. Mutation L05r: who joins does not wake the
 * other stoppers.
 */
Test(kthread_windows, L5_a_stopper_that_comes_when_the_thread_is_joined)
{
	struct task_struct *k = get_task_struct(sleeper());
	struct call first, second;

	hold_begin(&joined);
	hold_begin(&waits);
	call_start(&first, stops, k);
	cr_assert(hold_came(&joined));
	call_start(&second, stops, k);
	cr_assert(hold_came(&waits));
	cr_assert(call_sleeps(&second));
	hold_end(&joined);
	cr_assert_eq(call_join(&first), 42);
	cr_assert_eq(call_join(&second), 42);
	put_task_struct(k);
}

/* ---- completions ----------------------------------------------------------------------------- */

static struct hold leaves = { .point = "leave" };

static int waits_for(void *c)
{
	return wait_for_completion_interruptible(c) ? 1 : 2;
}

/*
 * A "done" that comes when the wait has been interrupted, before the waiter has left. Mutation
 * L18r: it is taken, and the wait does not say so.
 */
Test(kthread_windows, L18_a_done_that_comes_with_the_stop)
{
	struct task_struct *k;
	struct completion c;
	struct call stop;

	init_completion(&c);
	k = kthread_run(waits_for, &c, "window");
	cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_INTERRUPTIBLE &&
			     thread_state(k->pid) == 'S'));
	hold_begin(&leaves);
	call_start(&stop, stops, k);
	cr_assert(hold_came(&leaves));
	complete(&c);
	hold_end(&leaves);
	cr_assert_eq(call_join(&stop), 2, "it has been told");
	cr_assert(!try_wait_for_completion(&c));
}

static long waits_a_jiffy(void *c)
{
	return (long)wait_for_completion_timeout(c, 1);
}

/* The same with the end of the time. Mutation R03: it is taken, and the wait does not say so. */
Test(kthread_windows, a_done_that_comes_with_the_timeout)
{
	struct completion c;
	struct call wait;

	init_completion(&c);
	hold_begin(&leaves);
	call_start(&wait, waits_a_jiffy, &c);
	cr_assert(hold_came(&leaves));
	complete(&c);
	hold_end(&leaves);
	cr_assert_gt(call_join(&wait), 0);
	cr_assert(!try_wait_for_completion(&c));
}

/* ---- the freezer ----------------------------------------------------------------------------- */

static struct hold freezer = { .point = "freezer", .go = 1 };

static int sleeps_when_asked(void *ready)
{
	set_freezable();
	ADD(*(unsigned int *)ready);
	/* The freezer has woken it in vain, and waits. */
	hold_came(&freezer);
	set_current_state(TASK_INTERRUPTIBLE);
	schedule();
	try_to_freeze();
	return until_stop(NULL);
}

/* Mutation F01: kthread_freeze_all() wakes only those it has not asked yet: this one sleeps on. */
Test(kthread_windows, a_thread_that_was_about_to_sleep_is_woken_again)
{
	unsigned int ready = 0;
	struct task_struct *k = kthread_run(sleeps_when_asked, &ready, "sleeps");

	cr_assert(WAIT_UNTIL(READ(ready)));
	hold_begin(&freezer);
	cr_assert_eq(kthread_freeze_all((long)test_patience() * HZ), 0);
	cr_assert_eq(kthread_get_state(k), TASK_FROZEN);
	kthread_thaw_all();
	cr_assert_eq(kthread_stop(k), 42);
}

/* ---- creation -------------------------------------------------------------------------------- */
#define NR_FIRST 8

extern int (*kthread_test_fail)(const char *what);

static struct hold start_creator = { .point = "start creator", .nr = NR_FIRST };
static unsigned int nr_creators;

static int count_creators(const char *what)
{
	if (!strcmp(what, "creator"))
		ADD(nr_creators);
	return 0;
}

static long creates_and_stops(void *arg)
{
	struct task_struct *k = kthread_create(until_stop, arg, "first");

	return IS_ERR(k) ? 1 : kthread_stop(k);
}

/*
 * All have seen that there is none. Mutation L14: who waited for the lock does not look whether the
 * creator is there by now.
 */
Test(kthread_windows, L14_first_creates_at_once_start_one_creator)
{
	struct call first[NR_FIRST];
	int i;

	kthread_test_fail = count_creators;
	hold_begin(&start_creator);
	for (i = 0; i < NR_FIRST; i++)
		call_start(&first[i], creates_and_stops, NULL);
	cr_assert(hold_came(&start_creator));
	hold_end(&start_creator);
	for (i = 0; i < NR_FIRST; i++)
		cr_assert_eq(call_join(&first[i]), -EINTR);
	cr_assert_eq(READ(nr_creators), 1);
}
