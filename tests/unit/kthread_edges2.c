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

static void says_nothing(enum kthread_warning w, const char *text)
{
	(void)w;
	(void)text;
}

static int child_queues(struct kthread_worker *w)
{
	DEFINE_KTHREAD_WORK(work, count);

	alarm(20);
	kthread_warn_hook(says_nothing);
	return !kthread_queue_work(w, &work) || !kthread_cancel_work_sync(&work);
}

/*
 * Also the call that needs only one of the two locks, and also where nobody serves the worker.
 * Mutations G22, G23: it takes what was locked at the fork as locked; it looks only at workers that
 * are served.
 */
Test(kthread_edges2, child_queues_on_a_worker_that_was_locked_at_the_fork)
{
	struct kthread_worker mine, *w[] = { &mine, kthread_run_worker(0, "edge") };
	struct task_struct *k;
	int i, status;
	pid_t pid;

	kthread_init_worker(&mine);
	for (i = 0; i < 2; i++) {
		init_completion(&held);
		init_completion(&let_go);
		kthread_init_work(&moved, count);
		__atomic_store_n(&kthread_test_delay, holds, __ATOMIC_RELEASE);
		k = get_task_struct(kthread_run(queues_once, w[i], "holder"));
		wait_for_completion(&held);
		__atomic_store_n(&kthread_test_delay, NULL, __ATOMIC_RELEASE);
		pid = fork();
		if (!pid)
			_exit(child_queues(w[i]));
		waitpid(pid, &status, 0);
		cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "%d: status %x", i,
			  (unsigned int)status);
		complete(&let_go);
		cr_expect_eq(kthread_stop_put(k), 1);
		if (w[i] == &mine)
			cr_expect(kthread_cancel_work_sync(&moved));
	}
	kthread_destroy_worker(w[1]);
}

/* ---- signals --------------------------------------------------------------------------------- */
static pid_t sender;

static void holds_sender(const char *point)
{
	if (strcmp(point, "change") || gettid() != READ(sender))
		return;
	__atomic_store_n(&sender, 0, __ATOMIC_RELEASE);
	complete(&held);
	wait_for_completion(&let_go);
}

static int sends(void *k)
{
	__atomic_store_n(&sender, gettid(), __ATOMIC_RELEASE);
	return send_sig(SIGUSR1, k, 0);
}

static int allows(void *ready)
{
	allow_signal(SIGUSR1);
	complete(ready);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return signal_pending(current);
}

/* Mutation S07: the lock stays what it was at the fork. */
Test(kthread_edges2, child_of_a_fork_amid_a_signal)
{
	struct completion ready;
	struct task_struct *k, *s;
	int status;
	pid_t pid;

	init_completion(&ready);
	init_completion(&held);
	init_completion(&let_go);
	k = kthread_run(allows, &ready, "allows");
	wait_for_completion(&ready);
	__atomic_store_n(&kthread_test_delay, holds_sender, __ATOMIC_RELEASE);
	s = get_task_struct(kthread_run(sends, k, "sends"));
	wait_for_completion(&held);
	__atomic_store_n(&kthread_test_delay, NULL, __ATOMIC_RELEASE);
	pid = fork();
	if (!pid) {
		alarm(20);
		allow_signal(SIGUSR1);
		flush_signals(current);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "status %x", (unsigned int)status);
	complete(&let_go);
	cr_expect_eq(kthread_stop_put(s), 0);
	cr_expect(signal_pending(k));
	cr_expect_eq(kthread_stop(k), 1);
}

/* ---- lists that a fork found half-changed ---------------------------------------------------- */
#define NR_WORKS 4
static struct kthread_work works[NR_WORKS];
static struct kthread_delayed_work dworks[NR_WORKS];
static unsigned int ran;

static void counts(struct kthread_work *work)
{
	(void)work;
	ADD(ran);
}

/* The first @steps stores of what a thread does that takes over what was submitted. */
static void collect_halfway(struct kthread_worker *w, unsigned int steps)
{
	struct kthread_node *head = &w->submitted, *first = head->next, *last = head->prev;
	struct kthread_node *tail = w->work_list.prev;

	switch (steps) {
	case 6:
	case 5:
		head->next = head;
		/* fall through */
	case 4:
		w->work_list.prev = last;
		/* fall through */
	case 3:
		last->next = &w->work_list;
		/* fall through */
	case 2:
		tail->next = first;
		/* fall through */
	case 1:
		first->prev = tail;
	}
	if (steps == 6)
		head->prev = head;
}

/* The first @steps of queueing @work, at the end of @head; the last one says that it is pending. */
static void insert_halfway(struct kthread_node *head, struct kthread_work *work, unsigned int steps)
{
	struct kthread_node *n = &work->node, *tail = head->prev;

	if (steps > 0)
		n->prev = tail;
	if (steps > 1)
		n->next = head;
	if (steps > 2)
		tail->next = n;
	if (steps > 3)
		head->prev = n;
}

/* The first @steps of taking the second node off. */
static void remove_halfway(struct kthread_node *head, unsigned int steps)
{
	struct kthread_node *n = head->next->next;

	if (steps > 0)
		n->prev->next = n->next;
	if (steps > 1)
		n->next->prev = n->prev;
}

/* In the child: nothing is reported but that the thread is gone, and every work can be used. */
static int child_uses_all(struct kthread_worker *w, bool is_listed)
{
	DEFINE_KTHREAD_WORKER_ONSTACK(mine); /* without a thread: a sanitizer may forbid it here */
	int i;

	alarm(20);
	kthread_warn_hook(says_nothing);
	kthread_flush_worker(w);
	if (kthread_queue_work(w, &works[NR_WORKS - 1]) == is_listed)
		return 3;
	kthread_destroy_worker(w);
	if (kthread_warn_count(KTHREAD_WARN_WORK_REINIT))
		return 2;
	for (i = 0; i < NR_WORKS; i++)
		if (!kthread_queue_work(&mine, &works[i]) ||
		    !kthread_queue_delayed_work(&mine, &dworks[i], HZ))
			return 10 + i;
	for (i = 0; i < NR_WORKS; i++)
		if (!kthread_cancel_work_sync(&works[i]) ||
		    !kthread_cancel_delayed_work_sync(&dworks[i]))
			return 20 + i;
	return kthread_warn_count(KTHREAD_WARN_WORK_REINIT) != 0;
}

enum change { COLLECT, INSERT, REMOVE, DISARM, NR_CHANGES };

static void change_halfway(struct kthread_worker *w, enum change change, unsigned int steps)
{
	switch (change) {
	case COLLECT:
		collect_halfway(w, steps);
		break;
	case INSERT:
		insert_halfway(&w->submitted, &works[NR_WORKS - 1], steps);
		break;
	case REMOVE:
		remove_halfway(&w->work_list, steps);
		break;
	default:
		remove_halfway(&w->delayed_work_list, steps);
		break;
	}
}

/*
 * Mutations G19: what is torn is blamed on the user. G20: the walk does not stop at the other list.
 * G21: what was put on a list is not taken for pending.
 */
Test(kthread_edges2, child_mends_what_was_half_changed)
{
	static const unsigned int nr_steps[NR_CHANGES] = { 6, 4, 1, 1 };
	/* Parked, it runs nothing, and all stays where it is. */
	struct kthread_worker *w = kthread_create_worker(0, "torn");
	unsigned int change, steps;
	int i, status;
	pid_t pid;

	kthread_park(w->task);
	for (i = 0; i < NR_WORKS; i++) {
		kthread_init_work(&works[i], counts);
		kthread_init_delayed_work(&dworks[i], counts);
	}
	for (i = 0; i < 2; i++)
		kthread_queue_work(w, &works[i]);
	for (i = 0; i < NR_WORKS; i++)
		kthread_queue_delayed_work(w, &dworks[i], 3600 * HZ); /* these make one list */
	for (change = 0; change < NR_CHANGES; change++)
		for (steps = 0; steps <= nr_steps[change]; steps++) {
			pid = fork();
			if (!pid) {
				/* Submitted, as while no delayed work is armed. */
				works[2].node.prev = works[2].node.next = &w->submitted;
				w->submitted.next = w->submitted.prev = &works[2].node;
				works[2].pending = 1;
				works[2].worker = w;
				change_halfway(w, change, steps);
				_exit(child_uses_all(w, change == INSERT && steps > 2));
			}
			waitpid(pid, &status, 0);
			cr_expect(WIFEXITED(status) && !WEXITSTATUS(status),
				  "change %u, step %u: status %x", change, steps,
				  (unsigned int)status);
		}
	kthread_unpark(w->task);
	for (i = 0; i < NR_WORKS; i++)
		kthread_cancel_delayed_work_sync(&dworks[i]);
	kthread_destroy_worker(w);
	cr_expect_eq(READ(ran), 2);
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
