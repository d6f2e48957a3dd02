// SPDX-License-Identifier: GPL-2.0-only
/* Forks of a program that used the library before main(). */
#include <criterion/criterion.h>
#include <sys/wait.h>

#include "tests/unit/kthread_test.h"
#include "tests/unit/sanitizer.h"

TestSuite(kthread_fork, .timeout = 60);

static bool early_done;
static int early_status;

/*
 * In a static program the library's own constructors come after this one where the order of objects
 * decides. The child knows itself by its own id only if the handlers of fork ran. Mutation: G17.
 */
static __attribute__((constructor)) void fork_early(void)
{
	struct task_struct *me = kthread_current();
	pid_t child = fork();

	if (!child)
		_exit(kthread_current() == me && me->pid == gettid() && me->tgid == getpid() ? 0
											     : 1);
	early_done = child > 0 && waitpid(child, &early_status, 0) == child;
}

Test(kthread_fork, L14_a_constructor_may_fork)
{
	cr_assert(early_done);
	cr_assert(WIFEXITED(early_status));
	cr_assert_eq(WEXITSTATUS(early_status), 0, "the child has its parent's id");
}

#if !WITH_TSAN /* which ends a forked child that makes threads */
static bool made;
static int made_result;

static int answer(void *data)
{
	(void)data;
	while (!kthread_should_stop())
		schedule();
	return 42;
}

static __attribute__((constructor)) void make_early(void)
{
	struct task_struct *k = kthread_run(answer, NULL, "early");

	made = !IS_ERR(k);
	if (made)
		made_result = kthread_stop(k);
}

Test(kthread_fork, L14_a_constructor_may_make_threads)
{
	struct task_struct *k;

	cr_assert(made);
	cr_assert(made_result == 42 || made_result == -EINTR, "%d", made_result);
	k = kthread_run(answer, NULL, "later");
	cr_assert(!IS_ERR(k));
	kthread_stop(k);
}
#endif
