// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corners that a second review found broken: works that move, reports while a lock is held, threads
 * that end while somebody says where they should run, the environment of privileged programs.
 */
#include <criterion/criterion.h>
#include <sys/wait.h>

#include <kthread/worker.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_edges2, .timeout = 60);

extern int (*kthread_test_fail)(const char *what);

#define NR_MOVES 100000

static unsigned int runs;

static void count(struct kthread_work *work)
{
	(void)work;
	ADD(runs);
}

static DEFINE_KTHREAD_WORK(moved, count);
static DEFINE_KTHREAD_DELAYED_WORK(far, count);
static DEFINE_KTHREAD_DELAYED_WORK(moved_later, count);

/* ---- works that move ------------------------------------------------------------------------- */

/* To the other worker as soon as it lets go. The armed one is what makes its queue take both locks. */
static void move(struct kthread_worker **w, bool (*queue)(struct kthread_worker *w))
{
	unsigned int i;

	runs = 0;
	kthread_queue_delayed_work(w[1], &far, 3600 * HZ);
	for (i = 0; i < NR_MOVES; i++)
		while (!queue(w[i % 2]))
			;
	cr_expect(WAIT_UNTIL(READ(runs) == NR_MOVES), "%u of %u", READ(runs), NR_MOVES);
	cr_expect(kthread_cancel_delayed_work_sync(&far));
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_WORK_REINIT), 0, "a list was torn");
}

static bool queue_moved(struct kthread_worker *w)
{
	return kthread_queue_work(w, &moved);
}

static bool queue_moved_later(struct kthread_worker *w)
{
	return kthread_queue_delayed_work_ns(w, &moved_later, 1);
}

/* Mutation G12: a look at the node alone finds it empty before the other worker has let go. */
Test(kthread_edges2, work_that_moves_runs_each_time)
{
	struct kthread_worker *w[] = { kthread_run_worker(0, "from"), kthread_run_worker(0, "to") };

	move(w, queue_moved);
	move(w, queue_moved_later);
	kthread_destroy_worker(w[0]);
	kthread_destroy_worker(w[1]);
}
