// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 2004 engine: that it works as far as it did. Names begin with the property of keventd.h; the
 * chain of a creation is in keventd_chain.c, where it hung in keventd_hangs.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include "lib/keventd/keventd.h"

#include "tests/unit/await.h"

TestSuite(keventd, .timeout = 60);

static int until_stop(void *data)
{
	if (data)
		__atomic_fetch_add((unsigned int *)data, 1, __ATOMIC_ACQ_REL);
	while (!keventd_should_stop()) {
		keventd_set_state(KEVENTD_INTERRUPTIBLE);
		if (!keventd_should_stop())
			keventd_schedule();
	}
	keventd_set_state(KEVENTD_RUNNING);
	return 42;
}

static bool wait_for(unsigned int *n, unsigned int value)
{
	return WAIT_UNTIL(READ(*n) >= value);
}

static void cycles(unsigned int n)
{
	unsigned int starts = 0, ran = 0, i;
	struct keventd_task *k;
	int err, ret;

	for (i = 0; i < n; i++) {
		k = keventd_run(&err, until_stop, &starts, "k/%u", i);
		cr_assert(k, "%d", err);
		ret = keventd_stop(k);
		cr_assert(ret == 42 || ret == -EINTR, "%d", ret);
		ran += ret == 42;
	}
	cr_assert_eq(ran, starts);
}

Test(keventd, creation_runs_inline_before_the_helper_is_up)
{
	cycles(500);
}

Test(keventd, creation_through_the_helper)
{
	cr_assert_eq(keventd_init(), 0);
	cr_assert_eq(keventd_init(), 0, "once");
	cycles(2000);
}

Test(keventd, stop_before_the_first_wake_never_calls_the_function)
{
	unsigned int starts = 0;
	struct keventd_task *k;
	int err = 1;

	keventd_init();
	k = keventd_create(&err, until_stop, &starts, "%s", "sixteen bytes or more");
	cr_assert(k);
	cr_assert_eq(err, 0);
	cr_assert_str_eq(keventd_comm(k), "sixteen bytes o");
	cr_assert_gt(keventd_tid(k), 0);
	cr_assert_eq(keventd_stop(k), -EINTR);
	cr_assert_eq(starts, 0);
}

static void *creates(void *arg)
{
	(void)arg;
	cycles(300);
	return NULL;
}

Test(keventd, creators_and_stoppers_queue_behind_each_other)
{
	pthread_t t[4];
	int i;

	keventd_init();
	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, creates, NULL);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

static int notes_cpu(void *data)
{
	__atomic_store_n((unsigned int *)data, (unsigned int)sched_getcpu() + 1, __ATOMIC_RELEASE);
	return until_stop(NULL);
}

Test(keventd, bind)
{
	unsigned int cpu = 0;
	struct keventd_task *k = keventd_create(NULL, notes_cpu, &cpu, "bind");

	cr_assert_eq(keventd_bind(k, 0), 0);
	cr_assert_eq(keventd_bind(k, -1), -EINVAL);
	cr_assert_eq(keventd_wake_up(k), 1);
	cr_assert(wait_for(&cpu, 1));
	cr_assert_eq(cpu, 1);
	cr_assert_eq(keventd_stop(k), 42);
}

static unsigned int spinning, enough;

static int spins(void *data)
{
	(void)data;
	ADD(spinning);
	while (!READ(enough))
		sched_yield();
	return until_stop(NULL);
}

/* What was BUG_ON(k->state != TASK_INTERRUPTIBLE). Mutation M17: nobody looks. */
Test(keventd, bind_of_a_thread_that_runs)
{
	struct keventd_task *k = keventd_create(NULL, spins, NULL, "spins");

	keventd_wake_up(k);
	cr_assert(WAIT_UNTIL(READ(spinning)));
	cr_assert_eq(keventd_bind(k, 0), -EBUSY);
	ADD(enough);
	cr_assert_eq(keventd_stop(k), 42);
}

/* It is bound when it is off its CPU: right after the create it may not be yet. */
Test(keventd, bind_waits_until_it_is_inactive)
{
	int i;

	keventd_init();
	for (i = 0; i < 300; i++) {
		struct keventd_task *k = keventd_create(NULL, until_stop, NULL, "bind");

		cr_assert_eq(keventd_bind(k, 0), 0);
		cr_assert_eq(keventd_stop(k), -EINTR);
	}
}

static bool falls_asleep(pid_t tid)
{
	char state;

	return WAIT_UNTIL((state = thread_state(tid)) == 'S' || !state) && state;
}

/* ---- stops queue behind each other ----------------------------------------------------------- */

struct slow {
	unsigned int noticed, may_end;
};

static int ends_late(void *data)
{
	struct slow *s = data;

	until_stop(NULL);
	__atomic_store_n(&s->noticed, 1, __ATOMIC_RELEASE);
	return wait_for(&s->may_end, 1) ? 1 : -1;
}

struct stopper {
	struct keventd_task *k;
	unsigned int tid;
	int ret;
};

static void *stops(void *arg)
{
	struct stopper *s = arg;

	__atomic_store_n(&s->tid, (unsigned int)gettid(), __ATOMIC_RELEASE);
	s->ret = keventd_stop(s->k);
	return NULL;
}

/* Mutation M05: a stop waits without the lock. */
Test(keventd, M5_a_stop_does_not_even_begin_while_another_waits)
{
	struct slow slow = { 0 }, fast = { .may_end = 1 };
	struct stopper first, second;
	pthread_t t[2];

	cr_assert_eq(keventd_init(), 0);
	first = (struct stopper){ .k = keventd_run(NULL, ends_late, &slow, "slow") };
	second = (struct stopper){ .k = keventd_run(NULL, ends_late, &fast, "fast") };
	cr_assert(falls_asleep(keventd_tid(first.k)) && falls_asleep(keventd_tid(second.k)));
	pthread_create(&t[0], NULL, stops, &first);
	cr_assert(wait_for(&slow.noticed, 1));
	pthread_create(&t[1], NULL, stops, &second);
	cr_assert(wait_for(&second.tid, 1));
	cr_assert(falls_asleep((pid_t)second.tid), "the second stop is on its way");
	cr_assert_eq(thread_state(keventd_tid(second.k)), 'S');
	cr_assert_eq(__atomic_load_n(&fast.noticed, __ATOMIC_ACQUIRE), 0, "it was asked already");

	__atomic_store_n(&slow.may_end, 1, __ATOMIC_RELEASE);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	cr_expect_eq(first.ret, 1);
	cr_expect_eq(second.ret, 1);
}

#define NR_SLOW 4

static unsigned int nr_noticed(struct slow *s)
{
	unsigned int n = 0;

	for (int i = 0; i < NR_SLOW; i++)
		n += __atomic_load_n(&s[i].noticed, __ATOMIC_ACQUIRE);
	return n;
}

/*
 * As many stoppers as threads, and yet each thread is asked only when the one before has ended.
 * Mutation M04: a stop waits without the lock.
 */
Test(keventd, M4_stops_of_many_threads_are_done_one_after_the_other)
{
	struct slow slow[NR_SLOW] = { { 0 } };
	struct stopper s[NR_SLOW];
	pthread_t t[NR_SLOW];
	unsigned int round;
	int i;

	cr_assert_eq(keventd_init(), 0);
	for (i = 0; i < NR_SLOW; i++) {
		s[i] = (struct stopper){ .k = keventd_run(NULL, ends_late, &slow[i], "m4") };
		cr_assert(falls_asleep(keventd_tid(s[i].k)));
	}
	for (i = 0; i < NR_SLOW; i++) {
		pthread_create(&t[i], NULL, stops, &s[i]);
		cr_assert(wait_for(&s[i].tid, 1));
		cr_assert(falls_asleep((pid_t)s[i].tid));
	}
	for (round = 1; round <= NR_SLOW; round++) {
		WAIT_UNTIL(nr_noticed(slow) >= round);
		for (i = 0; i < 20; i++) {
			cr_assert_eq(nr_noticed(slow), round, "one at a time");
			sched_yield();
		}
		for (i = 0; i < NR_SLOW; i++)
			if (__atomic_load_n(&slow[i].noticed, __ATOMIC_ACQUIRE))
				__atomic_store_n(&slow[i].may_end, 1, __ATOMIC_RELEASE);
	}
	for (i = 0; i < NR_SLOW; i++) {
		pthread_join(t[i], NULL);
		cr_expect_eq(s[i].ret, 1);
	}
}

/* ---- the record that all ask ----------------------------------------------------------------- */

struct poller {
	unsigned int polls, asked, may_end, begun;
};

static int polls(void *data)
{
	struct poller *p = data;

	while (!keventd_should_stop())
		__atomic_fetch_add(&p->polls, 1, __ATOMIC_ACQ_REL);
	__atomic_store_n(&p->asked, 1, __ATOMIC_RELEASE);
	/* It stands in the record until we have ended. */
	while (!__atomic_load_n(&p->may_end, __ATOMIC_ACQUIRE))
		if (!keventd_should_stop())
			return -1;
	return 5;
}

/* Its stop stands in the record until the other one has asked once more. */
static int until_it_was_asked(void *data)
{
	struct poller *p = data;
	unsigned int before;

	until_stop(&p->begun);
	before = READ(p->polls);
	WAIT_UNTIL(READ(p->polls) > before + 1 || READ(p->asked));
	return 43;
}

/*
 * Stops of others come and go in the record while a thread asks: it sees none but its own. Mutation
 * M06: any stop is taken for the own one.
 */
Test(keventd, M6_who_asks_sees_no_stop_but_its_own)
{
	struct poller p[2] = { { 0 } };
	struct stopper s;
	pthread_t t;
	int i;

	cr_assert_eq(keventd_init(), 0);
	s = (struct stopper){ .k = keventd_run(NULL, polls, &p[0], "m6") };
	cr_assert(wait_for(&p[0].polls, 1));
	for (i = 0; i < 200; i++) {
		unsigned int before = __atomic_load_n(&p[0].polls, __ATOMIC_ACQUIRE);
		struct keventd_task *k = keventd_run(NULL, until_it_was_asked, &p[0], "m6/other");

		/* In its function: a newborn sleeps too, and a stop then comes before it begins. */
		cr_assert(wait_for(&p[0].begun, (unsigned int)i + 1));
		cr_assert(falls_asleep(keventd_tid(k)));
		cr_assert_eq(keventd_stop(k), 43);
		cr_assert(wait_for(&p[0].polls, before + 1));
		cr_assert_eq(__atomic_load_n(&p[0].asked, __ATOMIC_ACQUIRE), 0);
	}
	pthread_create(&t, NULL, stops, &s);
	cr_assert(wait_for(&p[0].asked, 1));
	cr_assert(!keventd_should_stop(), "we are none of its threads");
	__atomic_store_n(&p[0].may_end, 1, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	cr_expect_eq(s.ret, 5);
	/* The record is cleared: who comes next is not taken for the one before. */
	p[1].may_end = 1;
	s.k = keventd_run(NULL, polls, &p[1], "m6/next");
	cr_assert(wait_for(&p[1].polls, 1));
	cr_expect_eq(keventd_stop(s.k), 5);
}

/* ---- what users did instead of parks and workers --------------------------------------------- */

static pid_t waits_for_stop;
static unsigned int has_stopped;

/* It ends when the stop sleeps, or has not waited. */
static int counts_up(void *data)
{
	while (!keventd_should_stop() && !READ(has_stopped)) {
		__atomic_fetch_add((unsigned int *)data, 1, __ATOMIC_ACQ_REL);
		sched_yield();
	}
	WAIT_UNTIL(READ(has_stopped) || thread_state(waits_for_stop) == 'S');
	return 6;
}

/* Mutation M15: a stop does not wait. */
Test(keventd, M15_a_pause_is_a_stop_and_a_create)
{
	unsigned int n = 0, seen;
	struct keventd_task *k;
	pid_t first, second;
	int i, ret;

	waits_for_stop = gettid();
	cr_assert_eq(keventd_init(), 0);
	k = keventd_get(keventd_run(NULL, counts_up, &n, "m15"));
	first = keventd_tid(k);
	cr_assert(wait_for(&n, 1));
	ret = keventd_stop(k);
	__atomic_store_n(&has_stopped, ret != 6, __ATOMIC_RELEASE);
	cr_assert_eq(ret, 6);
	seen = __atomic_load_n(&n, __ATOMIC_ACQUIRE);
	for (i = 0; i < 100; i++) {
		cr_assert_eq(__atomic_load_n(&n, __ATOMIC_ACQUIRE), seen);
		sched_yield();
	}
	keventd_put(k);
	k = keventd_create(NULL, counts_up, &n, "m15");
	second = keventd_tid(k);
	cr_expect_neq(first, second, "not the same thread goes on");
	cr_assert_eq(__atomic_load_n(&n, __ATOMIC_ACQUIRE), seen);
	cr_assert_eq(keventd_wake_up(k), 1);
	cr_assert(wait_for(&n, seen + 1));
	cr_assert_eq(keventd_stop(k), 6);
}

#define NR_WORKS 2000

static struct {
	pthread_mutex_t lock;
	unsigned int work[NR_WORKS], nr, done;
	bool in_order;
} list = { .lock = PTHREAD_MUTEX_INITIALIZER, .in_order = true };

static int works_by_hand(void *data)
{
	(void)data;
	while (!keventd_should_stop()) {
		unsigned int next;
		bool any;

		keventd_set_state(KEVENTD_INTERRUPTIBLE);
		pthread_mutex_lock(&list.lock);
		any = list.done < list.nr;
		next = any ? list.work[list.done] : 0;
		pthread_mutex_unlock(&list.lock);
		if (any) {
			keventd_set_state(KEVENTD_RUNNING);
			list.in_order = list.in_order && next == list.done;
			__atomic_fetch_add(&list.done, 1, __ATOMIC_ACQ_REL);
		} else if (!keventd_should_stop()) {
			keventd_schedule();
		}
	}
	keventd_set_state(KEVENTD_RUNNING);
	return 7;
}

/*
 * A wake for each work, since there is nobody who knows that the thread is busy. Mutation M16:
 * nobody is woken in the kernel.
 */
Test(keventd, M16_a_loop_made_by_hand_does_its_works_in_order)
{
	unsigned int wakes = 0;
	struct keventd_task *k;

	cr_assert_eq(keventd_init(), 0);
	k = keventd_run(NULL, works_by_hand, NULL, "m16");
	for (unsigned int i = 0; i < NR_WORKS; i++) {
		pthread_mutex_lock(&list.lock);
		list.work[list.nr++] = i;
		pthread_mutex_unlock(&list.lock);
		wakes += (unsigned int)keventd_wake_up(k);
		if (i % 100 == 0)
			cr_assert(wait_for(&list.done, i + 1), "a wake was lost");
	}
	cr_assert(wait_for(&list.done, NR_WORKS));
	cr_assert_eq(keventd_stop(k), 7);
	cr_expect(list.in_order);
	cr_expect_leq(wakes, NR_WORKS);
}

/* ---- creation -------------------------------------------------------------------------------- */

static void *creates_although_cancelled(void *arg)
{
	pthread_cancel(pthread_self());
	*(struct keventd_task **)arg = keventd_create(NULL, until_stop, NULL, "m10");
	pthread_testcancel();
	return arg;
}

/* Mutation M10: the wait is a point of cancellation. */
Test(keventd, M10_a_waiting_creator_cannot_be_cancelled)
{
	struct keventd_task *k = NULL;
	pthread_t t;
	void *ret;

	cr_assert_eq(keventd_init(), 0);
	pthread_create(&t, NULL, creates_although_cancelled, &k);
	pthread_join(t, &ret);
	cr_assert_eq(ret, PTHREAD_CANCELED);
	cr_assert(k);
	cr_expect_eq(keventd_stop(k), -EINTR);
}

static void check_comm(pid_t tid, const char *name)
{
	char path[64], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", (int)tid);
	f = fopen(path, "r");
	cr_assert(f);
	cr_assert(fgets(text, sizeof(text), f));
	fclose(f);
	text[strcspn(text, "\n")] = 0;
	cr_expect_str_eq(text, name);
}

/* Mutations: M12 names it at birth, M14 does not say that it was woken. */
Test(keventd, M12_M14_a_newborn_sleeps_under_the_name_of_the_helper)
{
	unsigned int starts = 0;
	struct keventd_task *k;

	cr_assert_eq(keventd_init(), 0);
	k = keventd_create(NULL, until_stop, &starts, "m12");
	cr_assert(falls_asleep(keventd_tid(k)));
	check_comm(keventd_tid(k), "kthread");
	cr_expect_str_eq(keventd_comm(k), "m12");
	cr_expect_eq(keventd_wake_up(k), 1, "any wake starts it");
	cr_assert(wait_for(&starts, 1));
	check_comm(keventd_tid(k), "m12");
	cr_expect_eq(keventd_stop(k), 42);
}

struct found {
	unsigned int seen;
	int nice, nr_cpus, blocked;
};

static int notes_environment(void *data)
{
	struct found *f = data;
	cpu_set_t set;
	sigset_t mask;

	f->nice = getpriority(PRIO_PROCESS, (id_t)gettid());
	sched_getaffinity(0, sizeof(set), &set);
	f->nr_cpus = CPU_COUNT(&set);
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	f->blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGUSR1);
	__atomic_store_n(&f->seen, 1, __ATOMIC_RELEASE);
	return until_stop(NULL);
}

/* What a thread finds that was created by a caller with a nice value, pinned to one CPU. */
static struct found environment(void)
{
	struct found f = { 0 };
	cpu_set_t old, one;
	struct keventd_task *k;

	cr_assert_eq(setpriority(PRIO_PROCESS, (id_t)gettid(), 5), 0);
	cr_assert_eq(sched_getaffinity(0, sizeof(old), &old), 0);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	cr_assert_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	k = keventd_run(NULL, notes_environment, &f, "m13");
	cr_assert(k);
	cr_assert(wait_for(&f.seen, 1));
	cr_assert_eq(keventd_stop(k), 42);
	cr_expect_eq(f.nr_cpus, CPU_COUNT(&old));
	cr_expect(f.blocked);
	return f;
}

Test(keventd, M13_the_nice_value_of_the_helper_is_inherited)
{
	cr_assert_eq(setpriority(PRIO_PROCESS, (id_t)gettid(), 2), 0);
	cr_assert_eq(keventd_init(), 0);
	cr_expect_eq(environment().nice, 2);
}

/* Mutation M13: affinity is not reset. */
Test(keventd, M13_without_the_helper_the_nice_value_of_the_caller_leaks_in)
{
	cr_expect_eq(environment().nice, 5);
}
