// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profiles: each difference between kernel versions, on both sides of the version where it lies. A
 * mutation is named by its file in tests/mutations/.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_profile, .timeout = 60);

static char reported[512];
static unsigned int reports;

static void note_report(enum kthread_warning w, const char *text)
{
	if (w != KTHREAD_WARN_PROFILE)
		return;
	reports++;
	snprintf(reported, sizeof(reported), "%s", text);
}

/* ---- which ----------------------------------------------------------------------------------- */

/* Mutation V11: the rest of the text is not looked at. */
Test(kthread_profile, versions_that_are_known_and_others)
{
	static const char *const good[] = {
		"5.10",	  "5.10.0", "5.10.250", "5.19", "6.0", "6.1",
		"6.12.7", "6.19",   "7.0",	"7.1",	"7.x", "newest"
	};
	static const char *const bad[] = { "",	      "6",    "6.",	"6.1.", "6.1.2.3",
					   "6.1-rc1", "v6.1", " 6.1",	"6.1 ", "5.9",
					   "5.20",    "4.19", "6.20",	"8.0",	"6.12345",
					   "6.x",     "-6.1", "oldest", "0.0",	"99999999999.1" };
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect_eq(kthread_set_profile(good[i]), 0, "%s", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(kthread_set_profile(bad[i]), -EINVAL, "%s", bad[i]);
	cr_expect_eq(kthread_set_profile(NULL), -EINVAL);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

/* Does a created worker run before anything is queued? */
static bool worker_starts(void)
{
	struct kthread_worker *w = kthread_create_worker(0, "profile");
	struct task_struct *k = w->task;
	int ret;

	get_task_struct(k);
	/* Only a thread that has begun to serve sleeps so. */
	if (kthread_get_state(k) != TASK_UNINTERRUPTIBLE)
		cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_INTERRUPTIBLE));
	ret = kthread_stop_put(k);
	cr_assert(ret == 0 || ret == -EINTR);
	kthread_destroy_worker(w);
	return ret == 0;
}

/* Mutation V07: the profile may change after the first create. */
Test(kthread_profile, the_first_create_decides)
{
	cr_assert_eq(kthread_set_profile("5.10"), 0);
	cr_assert_eq(kthread_set_profile("6.1"), 0, "nothing is decided yet");
	cr_assert(worker_starts());
	cr_expect_eq(kthread_set_profile("newest"), -EBUSY);
	cr_expect_eq(kthread_set_profile("6.1"), -EBUSY);
	cr_expect_eq(kthread_set_profile("nonsense"), -EINVAL);
	cr_expect(worker_starts(), "a call that fails changes nothing");
}

/* Mutation V08: the environment is not read. */
Test(kthread_profile, the_environment_decides)
{
	setenv("KTHREAD_PROFILE", "6.12", 1);
	cr_expect(worker_starts());
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_PROFILE), 0);
}

/* Mutation V09: the environment wins. */
Test(kthread_profile, a_call_wins_over_the_environment)
{
	setenv("KTHREAD_PROFILE", "5.10", 1);
	cr_assert_eq(kthread_set_profile("6.14"), 0);
	cr_expect_not(worker_starts());
}

/* Mutation V10: the report is left out. */
Test(kthread_profile, a_bad_value_is_reported_once_and_the_newest_taken)
{
	setenv("KTHREAD_PROFILE", "6.l", 1);
	kthread_warn_hook(note_report);
	cr_expect_not(worker_starts());
	cr_expect_not(worker_starts());
	cr_expect_eq(reports, 1);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_PROFILE), 1);
	cr_expect(strstr(reported, "KTHREAD_PROFILE: unknown kernel version '6.l'"), "%s",
		  reported);
	cr_expect(strstr(reported, "5.10 to 7.x"), "%s", reported);
	cr_expect_null(strchr(reported, '\n'));
}

Test(kthread_profile, a_child_keeps_it)
{
	pid_t pid;
	int status;

	cr_assert_eq(kthread_set_profile("6.1"), 0);
	cr_assert(worker_starts());
	pid = fork();
	if (!pid)
		_exit(kthread_set_profile("newest") == -EBUSY && worker_starts() ? 0 : 1);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0);
}

/* ---- 6.14: a created worker is not started --------------------------------------------------- */

/* Mutation V03: a created worker is never started. */
Test(kthread_profile, before_6_14_create_worker_starts_it)
{
	struct kthread_worker *w;

	cr_assert_eq(kthread_set_profile("6.13"), 0);
	cr_expect(worker_starts());
	w = kthread_create_worker_on_cpu(0, 0, "profile/%u");
	cr_assert(!IS_ERR(w));
	cr_expect(WAIT_UNTIL(kthread_get_state(w->task) == TASK_INTERRUPTIBLE));
	kthread_destroy_worker(w);
	/* Starting it once more does no harm. */
	w = kthread_run_worker(0, "profile");
	cr_assert(!IS_ERR(w));
	kthread_destroy_worker(w);
}

/* Mutation V04: a created worker is always started. */
Test(kthread_profile, from_6_14_on_the_first_work_starts_it)
{
	cr_assert_eq(kthread_set_profile("6.14"), 0);
	cr_expect_not(worker_starts());
}

/* Mutation V12: a negative CPU is always refused. */
Test(kthread_profile, before_6_14_a_negative_cpu_binds_nowhere)
{
	struct kthread_worker *w;

	cr_assert_eq(kthread_set_profile("6.12"), 0);
	w = kthread_create_worker_on_cpu(-1, 0, "unbound");
	cr_assert(!IS_ERR(w));
	cr_expect_str_eq(w->task->comm, "unbound");
	kthread_destroy_worker(w);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

Test(kthread_profile, from_6_14_on_a_negative_cpu_is_refused)
{
	cr_expect_eq(PTR_ERR_OR_ZERO(kthread_create_worker_on_cpu(-1, 0, "x/%u")), -EINVAL);
}

/* ---- 6.1: a stop breaks interruptible waits -------------------------------------------------- */
struct waiter {
	struct wait_queue_head wq;
	struct completion done;
	unsigned int looks, over;
	int event, completion;
	long left;
	bool pending;
};

static int waits_three_times(void *data)
{
	struct waiter *w = data;

	w->event = wait_event_interruptible(w->wq, (ADD(w->looks), READ(w->over)));
	w->completion = wait_for_completion_interruptible(&w->done);
	w->left = schedule_timeout_interruptible(2);
	w->pending = signal_pending(current);
	return kthread_should_stop() ? 5 : 6;
}

static void *stops(void *k)
{
	return (void *)(long)kthread_stop(k);
}

static void stop_while_it_waits(struct waiter *w)
{
	struct task_struct *k;
	pthread_t stopper;
	void *ret;

	init_waitqueue_head(&w->wq);
	init_completion(&w->done);
	k = kthread_run(waits_three_times, w, "profile");
	cr_assert(WAIT_UNTIL(READ(w->looks) >= 2 && kthread_get_state(k) == TASK_INTERRUPTIBLE));
	pthread_create(&stopper, NULL, stops, k);
	/* Woken by the stop it looks once more; then it sleeps again, or is on its way out. */
	cr_assert(WAIT_UNTIL(READ(w->looks) >= 3));
	__atomic_store_n(&w->over, 1, __ATOMIC_RELEASE);
	wake_up(&w->wq);
	complete(&w->done);
	pthread_join(stopper, &ret);
	cr_expect_eq((long)ret, 5, "it was told to stop");
}

/* Mutations V01: a sleep, V02: signal_pending() does not look at the profile. */
Test(kthread_profile, before_6_1_stop_leaves_interruptible_waits_alone)
{
	struct waiter w = { .over = 0 };

	cr_assert_eq(kthread_set_profile("6.0"), 0);
	stop_while_it_waits(&w);
	cr_expect_eq(w.event, 0);
	cr_expect_eq(w.completion, 0);
	cr_expect_eq(w.left, 0, "the whole time");
	cr_expect_not(w.pending);
}

Test(kthread_profile, from_6_1_on_stop_breaks_interruptible_waits)
{
	struct waiter w = { .over = 0 };

	cr_assert_eq(kthread_set_profile("6.1"), 0);
	stop_while_it_waits(&w);
	cr_expect_eq(w.event, -ERESTARTSYS);
	cr_expect_neq(w.left, 0, "at once");
	cr_expect(w.pending);
}

/* ---- 5.14: what mod says while somebody cancels ---------------------------------------------- */
static struct completion go;
static unsigned int started;

static void until_go(struct kthread_work *work)
{
	(void)work;
	ADD(started);
	wait_for_completion(&go);
}

static void *cancels(void *dwork)
{
	return (void *)(long)kthread_cancel_delayed_work_sync(dwork);
}

static bool mod_against_a_cancel(const char *version)
{
	struct kthread_delayed_work d;
	struct kthread_worker *w;
	pthread_t t;
	bool ret;

	cr_assert_eq(kthread_set_profile(version), 0);
	w = kthread_run_worker(0, "profile");
	init_completion(&go);
	kthread_init_delayed_work(&d, until_go);
	cr_assert(kthread_queue_delayed_work(w, &d, 0));
	cr_assert(WAIT_UNTIL(READ(started)));
	/* What does not depend on it. */
	cr_expect_not(kthread_mod_delayed_work(w, &d, 60000), "idle: queued");
	cr_expect(kthread_mod_delayed_work(w, &d, 60000), "armed again");
	pthread_create(&t, NULL, cancels, &d);
	cr_assert(WAIT_UNTIL(PEEK(d.work.canceling) == 1));
	ret = kthread_mod_delayed_work(w, &d, 0);
	complete_all(&go);
	pthread_join(t, NULL);
	kthread_destroy_worker(w);
	cr_expect_eq(READ(started), 1, "nothing ran again");
	return ret;
}

#define MOD(name, version, result)                                   \
	Test(kthread_profile, mod_against_a_cancel_in_##name)        \
	{                                                            \
		cr_expect_eq(mod_against_a_cancel(version), result); \
	}

/* Mutations V05: mod does not look at the profile. V06: nor at the stable releases. */
MOD(5_10_49, "5.10.49", false)
MOD(5_10_50, "5.10.50", true)
MOD(5_10, "5.10", true)
MOD(5_11, "5.11", false)
MOD(5_12_16, "5.12.16", false)
MOD(5_13_1, "5.13.1", false)
MOD(5_13, "5.13", true)
MOD(5_14_0, "5.14.0", true)
MOD(newest, "newest", true)
