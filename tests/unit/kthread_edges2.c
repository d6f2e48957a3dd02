// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corners that a second review found broken: works that move, reports while a lock is held, threads
 * that end while somebody says where they should run, the environment of privileged programs.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/auxv.h>
#include <sys/wait.h>

#include <kthread/worker.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_edges2, .timeout = 60);

extern int (*kthread_test_fail)(const char *what);
extern void (*kthread_test_delay)(const char *point);

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

/* To the other worker as soon as one lets go. The armed one makes its queue take both locks. */
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

Test(kthread_edges2, work_that_moves_runs_each_time)
{
	struct kthread_worker *w[] = { kthread_run_worker(0, "from"), kthread_run_worker(0, "to") };

	move(w, queue_moved);
	move(w, queue_moved_later);
	kthread_destroy_worker(w[0]);
	kthread_destroy_worker(w[1]);
}

/* ---- reports --------------------------------------------------------------------------------- */

static struct kthread_worker *reported;
static unsigned int reports;

/* Whatever a hook does with the worker needs its locks. */
static void queues(enum kthread_warning w, const char *text)
{
	(void)w;
	(void)text;
	reports++;
	kthread_queue_work(reported, &moved);
}

/* Mutation G13: reported under the lock, this hangs. */
Test(kthread_edges2, hook_may_use_the_worker_that_is_reported)
{
	pid_t pid;
	int status;

	reported = kthread_run_worker(0, "edge");
	kthread_queue_work(reported, &moved);
	kthread_flush_worker(reported);
	pid = fork();
	if (!pid) {
		alarm(20);
		kthread_warn_hook(queues);
		kthread_flush_worker(reported);
		kthread_flush_work(&moved);
		_exit(reports != 1 || kthread_warn_count(KTHREAD_WARN_DEAD_FORK) != 2);
	}
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "status %x", (unsigned int)status);
	kthread_destroy_worker(reported);
}

static struct completion held, let_go;

static void holds(const char *point)
{
	if (strcmp(point, "queue"))
		return;
	complete(&held);
	wait_for_completion(&let_go);
}

static int queues_once(void *w)
{
	return kthread_queue_work(w, &moved);
}

/* Mutation G16: what somebody holds at the fork stays locked in the child. */
Test(kthread_edges2, child_destroys_a_worker_that_was_locked_at_the_fork)
{
	struct kthread_worker *w = kthread_run_worker(0, "edge");
	struct task_struct *k;
	int status;
	pid_t pid;

	init_completion(&held);
	init_completion(&let_go);
	__atomic_store_n(&kthread_test_delay, holds, __ATOMIC_RELEASE);
	k = kthread_run(queues_once, w, "holder");
	get_task_struct(k);
	wait_for_completion(&held);
	__atomic_store_n(&kthread_test_delay, NULL, __ATOMIC_RELEASE);
	pid = fork();
	if (!pid) {
		alarm(20);
		kthread_flush_worker(w);
		kthread_destroy_worker(w);
		_exit(kthread_warn_count(KTHREAD_WARN_DEAD_FORK) != 2);
	}
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "status %x", (unsigned int)status);
	complete(&let_go);
	cr_expect_eq(kthread_stop_put(k), 1);
	kthread_destroy_worker(w);
}

/* ---- where a thread runs --------------------------------------------------------------------- */

static struct task_struct *ending;

static int ends_now(const char *what)
{
	if (!strcmp(what, "affinity")) {
		kthread_test_fail = NULL;
		kthread_stop(ending);
	}
	return 0;
}

/* Mutation G14: the handle stays listed, and is looked at when it is freed (address sanitizer). */
Test(kthread_edges2, thread_that_ends_meanwhile_is_not_listed)
{
	struct cpumask mask;

	cpumask_setall(&mask);
	ending = kthread_create(until_stop, NULL, "ending");
	get_task_struct(ending);
	kthread_test_fail = ends_now;
	cr_expect_eq(kthread_affine_preferred(ending, &mask), -EINVAL);
	put_task_struct(ending);
	kthread_refresh_affinity();
}

/* ---- the environment ------------------------------------------------------------------------- */

#define SKIPPED 77

/* What the test below runs: 0 if the environment was not looked at. */
__attribute__((constructor)) static void privileged(int argc, char **argv)
{
	if (argc != 2 || strcmp(argv[1], "--privileged"))
		return;
	if (!getauxval(AT_SECURE))
		_exit(SKIPPED);
	_exit(!IS_ERR(kthread_create_worker_on_cpu(-1, 0, "none/%d")));
}

/* Mutation G15: an older kernel's way is chosen by whoever runs the program. */
Test(kthread_edges2, privileged_program_does_not_look_at_the_environment)
{
	char *argv[] = { "/proc/self/exe", "--privileged", NULL };
	char *env[] = { "KTHREAD_PROFILE=6.1", NULL };
	pid_t pid = fork();
	int status;

	if (!pid) {
		/* Another real than effective user: as if by a set-user-ID program. */
		if (setresuid(65534, 0, 0))
			_exit(SKIPPED);
		execve(argv[0], argv, env);
		_exit(SKIPPED);
	}
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status));
	cr_expect(!WEXITSTATUS(status) || WEXITSTATUS(status) == SKIPPED, "%d",
		  WEXITSTATUS(status));
}
