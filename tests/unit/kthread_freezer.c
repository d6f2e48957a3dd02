// SPDX-License-Identifier: GPL-2.0-only
/*
 * The freezer. Names begin with the scenario's id; the mutation that each test was seen to catch
 * stands above it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

#include "tests/unit/kthread_test.h"

#define LONG_ENOUGH ((long)test_patience() * HZ)

TestSuite(kthread_freezer, .timeout = 60);

struct freezable {
	unsigned int rounds, ready;
};

static int freezes(void *data)
{
	struct freezable *f = data;
	bool was_frozen;

	set_freezable();
	ADD(f->ready);
	while (!kthread_freezable_should_stop(&was_frozen)) {
		ADD(f->rounds);
		set_current_state(TASK_INTERRUPTIBLE);
		/* As drivers do it: a freeze that comes now is for the freezer's next round. */
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 100 + was_frozen;
}

/*
 * Mutation W22: kthread_freezable_should_stop() freezes FREEZE_UNTIL_THAW: the stop never returns.
 */
Test(kthread_freezer, W22_stop_of_a_frozen_thread_returns_and_it_was_frozen)
{
	struct freezable f = { .rounds = 0 };
	struct task_struct *k = kthread_run(freezes, &f, "w22");
	unsigned int rounds;
	int i;

	cr_assert(WAIT_UNTIL(READ(f.ready)));
	cr_assert_eq(kthread_freeze_all(LONG_ENOUGH), 0);
	cr_assert_eq(kthread_get_state(k), TASK_FROZEN);
	cr_assert(freezing(k));
	rounds = READ(f.rounds);
	for (i = 0; i < 1000; i++)
		cr_assert_eq(wake_up_process(k), 0, "ordinary wakes do not thaw");
	cr_assert_eq(READ(f.rounds), rounds);
	cr_assert_eq(kthread_stop(k), 101);
	kthread_thaw_all();
}

Test(kthread_freezer, freeze_and_thaw_again_and_again)
{
	struct freezable f[4] = { { .rounds = 0 } };
	struct task_struct *k[4];
	unsigned int i, j;

	for (j = 0; j < 4; j++)
		k[j] = kthread_run(freezes, &f[j], "again/%u", j);
	for (j = 0; j < 4; j++)
		cr_assert(WAIT_UNTIL(READ(f[j].ready)));
	for (i = 0; i < 1000; i++) {
		cr_assert_eq(kthread_freeze_all(LONG_ENOUGH), 0);
		for (j = 0; j < 4; j++)
			cr_assert_eq(kthread_get_state(k[j]), TASK_FROZEN);
		kthread_thaw_all();
		for (j = 0; j < 4; j++)
			cr_assert(!freezing(k[j]));
	}
	for (j = 0; j < 4; j++)
		cr_assert(kthread_stop(k[j]) >= 100);
}

static int late(void *data)
{
	set_freezable();
	ADD(*(unsigned int *)data);
	return until_stop(NULL);
}

/* Mutation F02: kthread_set_freezable() does not look at freezer.active. */
Test(kthread_freezer, a_thread_that_comes_during_a_freeze_freezes_at_once)
{
	unsigned int passed = 0;
	struct task_struct *k;

	cr_assert_eq(kthread_freeze_all(LONG_ENOUGH), 0);
	k = kthread_run(late, &passed, "late");
	cr_assert(WAIT_UNTIL(kthread_get_state(k) != TASK_UNINTERRUPTIBLE &&
			     kthread_get_state(k) != TASK_RUNNING));
	cr_assert_eq(kthread_get_state(k), TASK_FROZEN);
	cr_assert_eq(READ(passed), 0);
	kthread_thaw_all();
	cr_assert(WAIT_UNTIL(READ(passed)));
	cr_assert_eq(kthread_stop(k), 42);
}

static unsigned int let_go;

static int never_freezes(void *data)
{
	set_freezable();
	ADD(*(unsigned int *)data);
	while (!READ(let_go))
		sched_yield();
	return 0;
}

/* Mutation F03: kthread_freeze_all() does not thaw on failure: the other one stays frozen. */
Test(kthread_freezer, a_freeze_that_takes_too_long_fails_and_leaves_none_frozen)
{
	struct freezable f = { .rounds = 0 };
	unsigned int ready = 0, plain = 0;
	struct task_struct *good = kthread_run(freezes, &f, "good");
	struct task_struct *bad = kthread_run(never_freezes, &ready, "bad");
	struct task_struct *other = kthread_run(counting, &plain, "not freezable");

	get_task_struct(bad);
	cr_assert(WAIT_UNTIL(READ(f.ready) && READ(ready) && READ(plain)));
	cr_assert_eq(kthread_freeze_all(20), -EBUSY);
	cr_assert(!freezing(good));
	cr_assert(!freezing(bad));
	cr_assert_neq(kthread_get_state(good), TASK_FROZEN);

	/* One that ends need not be waited for; one that never agreed is left alone. */
	ADD(let_go);
	cr_assert_eq(kthread_freeze_all(LONG_ENOUGH), 0);
	cr_assert_eq(kthread_stop_put(bad), 0);
	cr_assert_neq(kthread_get_state(other), TASK_FROZEN);
	cr_assert_eq(kthread_stop(good), 101);
	kthread_thaw_all();
	cr_assert_eq(kthread_stop(other), 7);
}

static int parks_or_freezes(void *data)
{
	unsigned int *n = data;

	set_freezable();
	while (!kthread_should_stop()) {
		ADD(*n);
		try_to_freeze();
		kthread_parkme();
	}
	return 3;
}

/* Mutation F04: kt_parkme() does not freeze at its end: the thread counts on. */
Test(kthread_freezer, a_parked_thread_is_as_good_as_frozen_also_when_unparked)
{
	unsigned int n = 0, seen, i;
	struct task_struct *k = kthread_run(parks_or_freezes, &n, "parks");

	cr_assert(WAIT_UNTIL(READ(n)));
	cr_assert_eq(kthread_park(k), 0);
	cr_assert_eq(kthread_freeze_all(LONG_ENOUGH), 0);
	seen = READ(n);
	cr_assert_eq(kthread_get_state(k), TASK_PARKED);
	kthread_unpark(k);
	cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_FROZEN || READ(n) != seen));
	for (i = 0; i < 100; i++)
		cr_assert_eq(READ(n), seen);
	kthread_thaw_all();
	cr_assert(WAIT_UNTIL(READ(n) > seen));
	cr_assert_eq(kthread_stop(k), 3);
}

static long stops(void *k)
{
	return kthread_stop(k);
}

static int only_tries(void *data)
{
	set_freezable();
	while (!kthread_should_stop()) {
		ADD(*(unsigned int *)data);
		try_to_freeze();
	}
	return 0;
}

/* Mutation F05: kthread_try_to_freeze() freezes FREEZE_UNTIL_STOP: the stop returns too early. */
Test(kthread_freezer, a_stop_of_try_to_freeze_waits_for_the_thaw)
{
	unsigned int n = 0;
	struct task_struct *k = get_task_struct(kthread_run(only_tries, &n, "tries"));
	struct call stop;

	cr_assert(WAIT_UNTIL(READ(n)));
	cr_assert_eq(kthread_freeze_all(LONG_ENOUGH), 0);
	call_start(&stop, stops, k);
	/* The stop ends its sleep, and it goes back to it; or it ends. */
	cr_assert(WAIT_UNTIL(signal_pending(k)));
	cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_FROZEN || !thread_state(k->pid)));
	cr_assert_eq(kthread_get_state(k), TASK_FROZEN);
	cr_assert_eq(READ(stop.returned), 0);
	kthread_thaw_all();
	cr_assert_eq(call_join(&stop), 0);
	put_task_struct(k);
}

static unsigned int works;

static void count_work(struct kthread_work *work)
{
	(void)work;
	ADD(works);
}

/* Mutation W21c: FROZEN is among the states that the wake of a new work ends. */
Test(kthread_freezer, W21_a_work_queued_around_the_freeze_runs_after_the_thaw)
{
	struct kthread_worker *w = kthread_run_worker(KTW_FREEZABLE, "w21");
	DEFINE_KTHREAD_WORK(work, count_work);
	unsigned int i, before;
	bool queued;

	/* Idle, and asleep in the freeze: nobody else would set the state again. */
	cr_assert(WAIT_UNTIL(kthread_get_state(w->task) == TASK_INTERRUPTIBLE));
	cr_assert_eq(kthread_freeze_all(LONG_ENOUGH), 0);
	cr_assert(WAIT_UNTIL(thread_state(w->task->pid) == 'S'));
	cr_assert(kthread_queue_work(w, &work));
	cr_assert_eq(kthread_get_state(w->task), TASK_FROZEN);
	cr_assert_eq(READ(works), 0);
	kthread_thaw_all();
	kthread_flush_work(&work);
	for (i = 0; i < 2000; i++) {
		/* Every other time the wake comes just before the freeze. */
		queued = i & 1;
		if (queued)
			cr_assert(kthread_queue_work(w, &work));
		cr_assert_eq(kthread_freeze_all(LONG_ENOUGH), 0);
		cr_assert_eq(kthread_get_state(w->task), TASK_FROZEN);
		before = READ(works);
		queued = kthread_queue_work(w, &work) || queued;
		cr_assert(queued);
		cr_assert_eq(kthread_get_state(w->task), TASK_FROZEN);
		cr_assert_eq(READ(works), before);
		kthread_thaw_all();
		kthread_flush_work(&work);
	}
	cr_assert_geq(READ(works), 2001);
	kthread_destroy_worker(w);
}

/* Mutation W21d: all workers agree to be frozen. */
Test(kthread_freezer, W21_a_worker_without_the_flag_does_not_freeze)
{
	struct kthread_worker *w = kthread_run_worker(0, "w21");
	DEFINE_KTHREAD_WORK(work, count_work);

	cr_assert_eq(kthread_freeze_all(LONG_ENOUGH), 0);
	cr_assert(kthread_queue_work(w, &work));
	kthread_flush_work(&work);
	kthread_thaw_all();
	kthread_destroy_worker(w);
}

/*
 * Mutation F06: kt_freezer_fork_child() leaves the list: the child waits for the parent's threads.
 */
Test(kthread_freezer, a_forked_child_begins_with_an_empty_freezer)
{
	struct freezable f = { .rounds = 0 };
	struct task_struct *k = kthread_run(freezes, &f, "parent's");
	int status = 0;
	pid_t pid;

	cr_assert(WAIT_UNTIL(READ(f.ready)));
	pid = fork();
	if (!pid)
		_exit(kthread_freeze_all(0) != 0);
	waitpid(pid, &status, 0);
	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 0);
	cr_assert_eq(kthread_stop(k), 100);
}

Test(kthread_freezer, only_a_kthread_can_be_frozen)
{
	cr_assert(!set_freezable());
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_NOT_KTHREAD), 1);
	cr_assert(!try_to_freeze());
	cr_assert(!freezing(current));
}
