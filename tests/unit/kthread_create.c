// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creates that are cancelled. The mutation that each test was seen to catch stands above it. Linked
 * with the testing build: the cancel comes at a marked point.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "tests/unit/hold.h"

extern int (*kthread_test_fail)(const char *what);

TestSuite(kthread_create, .timeout = 60);

static const char *cancel_at;
static struct kthread_cancel *to_cancel;
static unsigned int starts, cancels, hold;

static void cancel_here(const char *point)
{
	const char *at = READ(cancel_at);

	if (READ(hold) && !strcmp(point, "wait answer"))
		WAIT_UNTIL(READ(cancels));
	if (at && !strcmp(point, at)) {
		__atomic_store_n(&cancel_at, NULL, __ATOMIC_RELEASE);
		kthread_cancel_create(to_cancel);
		ADD(cancels);
	}
}

/*
 * Wait until no more threads are left than before: an orphan ends on its own. The count before may
 * have had one more, that was joined: a join returns before the kernel, or an emulator, has let go
 * of it.
 */
static bool threads_left(unsigned int n)
{
	return WAIT_UNTIL(nr_threads() <= n);
}

static void cancelled_at(const char *point)
{
	unsigned int before, i;

	kthread_stop(kthread_create(until_stop, NULL, "the creator is up"));
	before = nr_threads();
	__atomic_store_n(&kthread_test_delay, cancel_here, __ATOMIC_RELEASE);
	for (i = 0; i < 200; i++) {
		struct kthread_cancel cancel = KTHREAD_CANCEL_INIT;
		struct task_struct *k;

		to_cancel = &cancel;
		__atomic_store_n(&cancel_at, point, __ATOMIC_RELEASE);
		k = kthread_create_cancellable(&cancel, until_stop, &starts,
					       "a name longer than fifteen bytes %u", i);
		cr_assert_eq(PTR_ERR_OR_ZERO(k), -EINTR, "%s", point);
		cr_assert(WAIT_UNTIL(READ(cancels) == i + 1));
		cr_assert_null(cancel.creates);
		k = kthread_create_cancellable(&cancel, until_stop, &starts, "later");
		cr_assert_eq(PTR_ERR_OR_ZERO(k), -EINTR, "it stays cancelled");
	}
	__atomic_store_n(&kthread_test_delay, NULL, __ATOMIC_RELEASE);
	cr_assert(threads_left(before));
	cr_assert_eq(READ(starts), 0);
	cr_assert_eq(kthread_stop(kthread_create(until_stop, NULL, "works")), -EINTR);
}

/*
 * Mutation L11: the caller frees the task after an abandoned create, too: it is freed twice (seen
 * by the address sanitizer).
 */
Test(kthread_create, L11_cancelled_before_the_creator_takes_the_request)
{
	cancelled_at("submit");
}

/* Mutation L11b: answer() drops the request twice. */
Test(kthread_create, L11_cancelled_when_the_creator_has_taken_the_request)
{
	cancelled_at("request");
}

/* Mutation L11c: thread_main() goes on although nobody wants it: the thread never ends. */
Test(kthread_create, L11_cancelled_when_the_thread_is_there)
{
	cancelled_at("born");
}

/* Mutation L11d: decide() overwrites DONE_YES: the thread is lost. */
Test(kthread_create, L11_a_cancel_that_comes_late_changes_nothing)
{
	struct kthread_cancel cancel = KTHREAD_CANCEL_INIT;
	struct task_struct *k;

	to_cancel = &cancel;
	cancel_at = "newborn";
	/* The caller has not seen the answer yet. */
	hold = 1;
	__atomic_store_n(&kthread_test_delay, cancel_here, __ATOMIC_RELEASE);
	k = kthread_create_cancellable(&cancel, until_stop, &starts, "late");
	cr_assert(!IS_ERR(k) || PTR_ERR(k) == -EINTR);
	cr_assert(WAIT_UNTIL(READ(cancels)));
	__atomic_store_n(&kthread_test_delay, NULL, __ATOMIC_RELEASE);
	cr_assert(!IS_ERR(k), "it was answered first");
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(starts)));
	cr_assert_eq(kthread_stop(k), 42);
}

static struct hold created = { .point = "created" };
static struct hold newborn = { .point = "newborn", .go = 1 };

static long creates_cancellably(void *cancel)
{
	return (long)kthread_create_cancellable(cancel, until_stop, &starts, "answered");
}

/*
 * The creator goes on when both the caller and the thread are done with the request. Mutation L12:
 * the creator reads a request that it has answered (seen by the address sanitizer).
 */
Test(kthread_create, L12_a_request_that_is_answered_is_not_looked_at)
{
	struct kthread_cancel cancel = KTHREAD_CANCEL_INIT;
	struct call create;

	hold_begin(&created);
	hold_begin(&newborn);
	call_start(&create, creates_cancellably, &cancel);
	cr_assert(hold_came(&created));
	cr_assert(hold_came(&newborn));
	cr_assert_eq(kthread_stop((void *)call_join(&create)), -EINTR);
	hold_end(&created);
	cr_assert_eq(kthread_stop(kthread_create(until_stop, NULL, "the creator goes on")), -EINTR);
}

/* ---- the storm ------------------------------------------------------------------------------- */
#define NR_CREATORS 4
#define ROUNDS	    300

static struct kthread_cancel tokens[NR_CREATORS][ROUNDS];
static unsigned int at[NR_CREATORS], made, given_up, refused;

static unsigned int requests, births;

/*
 * Chance must not leave it out: the first request, and more of them, is given up when the creator
 * has taken it, and the first birth, and more, when the thread is there. It is some creator's last.
 */
static void gives_up_some(const char *point)
{
	unsigned int c;

	if ((strcmp(point, "request") || ADD(requests) % 50) &&
	    (strcmp(point, "born") || ADD(births) % 50))
		return;
	for (c = 0; c < NR_CREATORS; c++)
		kthread_cancel_create(&tokens[c][READ(at[c])]);
}

static void *creates(void *arg)
{
	unsigned int c = (unsigned int)(uintptr_t)arg, i;

	for (i = 0; i < ROUNDS; i++) {
		struct task_struct *k;

		__atomic_store_n(&at[c], i, __ATOMIC_RELEASE);
		k = kthread_create_cancellable(&tokens[c][i], until_stop, &starts, "storm %u/%u", c,
					       i);
		if (!IS_ERR(k)) {
			ADD(made);
			kthread_stop(k);
		} else if (PTR_ERR(k) == -EINTR) {
			ADD(given_up);
		} else if (PTR_ERR(k) == -ENOMEM || PTR_ERR(k) == -EAGAIN) {
			ADD(refused);
		}
	}
	return NULL;
}

/* Memory and threads are short: one in sixteen is refused, whatever it is. */
static int refuses(const char *what)
{
	static unsigned int calls;

	(void)what;
	return ADD(calls) % 16 == 15 ? EAGAIN : 0;
}

static void *spins(void *arg)
{
	while (!READ(*(unsigned int *)arg))
		;
	return NULL;
}

static void *cancels_all(void *arg)
{
	unsigned int c, x = 1;

	(void)arg;
	WAIT_UNTIL(READ(requests) && READ(births));
	while (READ(made) + READ(given_up) + READ(refused) < NR_CREATORS * ROUNDS) {
		x = x * 1103515245 + 12345;
		c = (x >> 16) % NR_CREATORS;
		if (x >> 24 & 1)
			kthread_cancel_create(&tokens[c][READ(at[c])]);
		else
			sched_yield();
	}
	return NULL;
}

/*
 * Mutation L12b: thread_main() goes on although nobody wants it: threads are left.
 * Mutation L12c: the handle of an abandoned create is nobody's (seen by the address sanitizer).
 */
Test(kthread_create, L12_a_storm_of_cancels_never_stalls_the_creator)
{
	unsigned int before, i, end = 0;
	pthread_t p[NR_CREATORS], q, s[2];

	kthread_stop(kthread_create(until_stop, NULL, "the creator is up"));
	before = nr_threads();
	kthread_test_fail = refuses;
	__atomic_store_n(&kthread_test_delay, gives_up_some, __ATOMIC_RELEASE);
	for (i = 0; i < 2; i++)
		pthread_create(&s[i], NULL, spins, &end);
	for (i = 0; i < NR_CREATORS; i++)
		pthread_create(&p[i], NULL, creates, (void *)(uintptr_t)i);
	pthread_create(&q, NULL, cancels_all, NULL);
	for (i = 0; i < NR_CREATORS; i++)
		pthread_join(p[i], NULL);
	pthread_join(q, NULL);
	ADD(end);
	for (i = 0; i < 2; i++)
		pthread_join(s[i], NULL);
	cr_assert_eq(made + given_up + refused, NR_CREATORS * ROUNDS);
	cr_assert_gt(given_up, 0);
	cr_assert_gt(refused, 0);
	cr_assert_eq(READ(starts), 0, "none was started");
	cr_assert(threads_left(before));
}
