// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workers: what happens between two steps of the library, once, and by force: hold.h. The same
 * races by repetition and chance are in kthread_worker_races.c and kthread_delayed_chaos.c. Names
 * begin with the scenario's id; mutations are those of tests/mutations/.
 */
#include <criterion/criterion.h>

#include <kthread/delayed.h>

#include "tests/unit/hold.h"

TestSuite(kthread_worker_windows, .timeout = 60);

#define LONG_TIME 1000000 /* jiffies: longer than any test */

static unsigned int runs;

static void count(struct kthread_work *work)
{
	(void)work;
	ADD(runs);
}

static long parks(void *k)
{
	return kthread_park(k);
}

static long destroys(void *w)
{
	kthread_destroy_worker(w);
	return 0;
}

/* A worker that sleeps, and does not spin before. */
static struct kthread_worker *idle_worker(void)
{
	struct kthread_worker *w = kthread_create_worker(0, "window");

	kthread_set_spin(w->task, 0);
	wake_up_process(w->task);
	cr_assert(WAIT_UNTIL(kthread_get_state(w->task) == TASK_INTERRUPTIBLE &&
			     thread_state(w->task->pid) == 'S'));
	return w;
}

/* ---- taking a work --------------------------------------------------------------------------- */

static struct hold takes = { .point = "take" };

/*
 * A work moves to another worker while its own one takes it: it is off the list, and not yet let
 * go. Mutation G12: a look at the node alone finds it free before that.
 */
Test(kthread_worker_windows, a_work_that_is_being_taken_is_pending)
{
	struct kthread_worker *from = idle_worker(), *to = idle_worker();
	struct kthread_delayed_work d;

	kthread_init_delayed_work(&d, count);
	hold_begin(&takes);
	cr_assert(kthread_queue_delayed_work(from, &d, 0));
	cr_assert(hold_came(&takes));
	cr_assert_not(kthread_queue_delayed_work(to, &d, 1));
	hold_end(&takes);
	kthread_flush_delayed_work(&d);
	cr_assert_eq(READ(runs), 1);
	kthread_destroy_worker(from);
	kthread_destroy_worker(to);
	cr_assert_eq(READ(runs), 1);
}

/* ---- going to sleep -------------------------------------------------------------------------- */

static struct hold looks = { .point = "look" };

/*
 * Nobody else wakes the worker here: a request that it overlooks on its way to sleep stays so.
 * Mutation P15r: it looks for requests before it sets its state, not behind.
 */
Test(kthread_worker_windows, P15_park_of_a_worker_about_to_sleep)
{
	struct kthread_worker *w = idle_worker();
	struct call park;

	hold_begin(&looks);
	wake_up_process(w->task);
	cr_assert(hold_came(&looks));
	call_start(&park, parks, w->task);
	cr_assert(call_sleeps(&park));
	hold_end(&looks);
	cr_assert_eq(call_join(&park), 0);
	kthread_unpark(w->task);
	kthread_destroy_worker(w);
}

/* ---- the end of a worker --------------------------------------------------------------------- */

/* Of two works that are queued it has not taken any. Mutation R04: destroy does not flush. */
Test(kthread_worker_windows, W16_destroy_waits_for_all_that_is_queued)
{
	DEFINE_KTHREAD_WORK(first, count);
	DEFINE_KTHREAD_WORK(second, count);
	struct kthread_worker *w = idle_worker();
	struct call destroy;

	hold_begin(&looks);
	cr_assert(kthread_queue_work(w, &first));
	cr_assert(kthread_queue_work(w, &second));
	cr_assert(hold_came(&looks));
	call_start(&destroy, destroys, w);
	cr_assert(call_sleeps(&destroy));
	hold_end(&looks);
	call_join(&destroy);
	cr_assert_eq(READ(runs), 2);
}

/* ---- changing a deadline --------------------------------------------------------------------- */

static struct hold mods = { .point = "mod" };
static struct kthread_worker *worker;

static long modifies(void *d)
{
	return kthread_mod_delayed_work(worker, d, LONG_TIME);
}

/*
 * The second one comes when the first has looked at the work. Mutation W12e: mod that lets go of
 * the lock after its look.
 */
Test(kthread_worker_windows, W12_of_two_mods_at_once_one_queues)
{
	struct kthread_delayed_work d;
	struct call first, second;

	worker = idle_worker();
	kthread_init_delayed_work(&d, count);
	hold_begin(&mods);
	call_start(&first, modifies, &d);
	cr_assert(hold_came(&mods));
	call_start(&second, modifies, &d);
	/* On the lock, if it may not go on. */
	call_sleeps(&second);
	hold_end(&mods);
	cr_assert_eq(call_join(&first) + call_join(&second), 1);
	cr_assert(kthread_cancel_delayed_work_sync(&d));
	kthread_destroy_worker(worker);
	cr_assert_eq(READ(runs), 0);
}
