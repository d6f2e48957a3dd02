// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the drivers wait: handoffs lose nothing, asleep means asleep, a crew is through when all are.
 */
#include "bench/drivers/crew.h"
#include "bench/drivers/driver.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

struct pingpong {
	struct handoff there, back;
	enum driver_side side;
	unsigned int nr, seen;
};

static void *answer(void *arg)
{
	struct pingpong *p = arg;

	for (unsigned int i = 0; i < p->nr; i++) {
		if (!handoff_take(&p->there, p->side))
			break;
		p->seen++;
		handoff_give(&p->back);
	}
	return NULL;
}

static void play(enum driver_side side)
{
	struct pingpong p = { .side = side, .nr = 20000 };
	pthread_t t;

	cr_assert_eq(pthread_create(&t, NULL, answer, &p), 0);
	for (unsigned int i = 1; i <= p.nr; i++) {
		handoff_give(&p.there);
		cr_assert(handoff_take(&p.back, side));
		cr_assert_eq(p.seen, i);
	}
	pthread_join(t, NULL);
}

Test(driver, handoff_by_looking_loses_nothing, .timeout = 60)
{
	play(OTHER_CPU);
}

Test(driver, handoff_by_sleeping_loses_nothing, .timeout = 60)
{
	play(SAME_CPU);
}

Test(driver, handoff_given_before_is_taken_at_once_and_only_once, .timeout = 60)
{
	struct handoff h = { 0 };

	handoff_give(&h);
	handoff_give(&h);
	cr_expect(handoff_take(&h, SAME_CPU));
	cr_expect_eq(h.word, 0);
}

/* A thread that is busy for a while and then sleeps, under a name that looks like a state. */
struct drowsy {
	pid_t tid;
	bool up, about_to_sleep;
	struct handoff wake;
};

static void *be_drowsy(void *arg)
{
	struct drowsy *d = arg;

	prctl(PR_SET_NAME, "a) S (b");
	d->tid = gettid();
	__atomic_store_n(&d->up, true, __ATOMIC_RELEASE);
	for (int i = 0; i < 3000; i++)
		sched_yield();
	__atomic_store_n(&d->about_to_sleep, true, __ATOMIC_RELEASE);
	handoff_take(&d->wake, SAME_CPU);
	return NULL;
}

static void wait_for_drowsy(enum driver_side side)
{
	struct drowsy d = { 0 };
	struct sleeper s;
	pthread_t t;

	cr_assert_eq(pthread_create(&t, NULL, be_drowsy, &d), 0);
	while (!__atomic_load_n(&d.up, __ATOMIC_ACQUIRE))
		sched_yield();
	cr_assert_eq(sleeper_open(&s, d.tid), 0);
	cr_assert(sleeper_wait(&s, side));
	cr_expect(__atomic_load_n(&d.about_to_sleep, __ATOMIC_ACQUIRE), "taken for asleep");
	handoff_give(&d.wake);
	pthread_join(t, NULL);
	cr_expect_not(sleeper_wait(&s, side), "asleep, and yet gone");
	sleeper_close(&s);
}

Test(driver, a_sleeper_counts_only_when_asleep, .timeout = 60)
{
	wait_for_drowsy(OTHER_CPU);
	wait_for_drowsy(SAME_CPU);
}

Test(driver, a_sleeper_that_is_no_thread_cannot_be_opened)
{
	struct sleeper s;

	cr_expect_lt(sleeper_open(&s, 0x3fffffff), 0);
	sleeper_close(&s);
}

static void *leave_late(void *arg)
{
	struct drowsy *d = arg;

	d->tid = gettid();
	__atomic_store_n(&d->up, true, __ATOMIC_RELEASE);
	for (int i = 0; i < 3000; i++)
		sched_yield();
	__atomic_store_n(&d->about_to_sleep, true, __ATOMIC_RELEASE);
	return NULL;
}

Test(driver, a_thread_ends_when_the_kernel_has_it_no_more, .timeout = 60)
{
	struct drowsy d = { 0 };
	pthread_t t;

	cr_assert_eq(pthread_create(&t, NULL, leave_late, &d), 0);
	while (!__atomic_load_n(&d.up, __ATOMIC_ACQUIRE))
		sched_yield();
	cr_assert(thread_ends(d.tid));
	cr_expect(__atomic_load_n(&d.about_to_sleep, __ATOMIC_ACQUIRE), "taken for gone");
	cr_expect_lt(sched_getscheduler(d.tid), 0);
	pthread_join(t, NULL);
}

#define CREW 12

struct shift {
	unsigned int calls[CREW];
	uint64_t ns[CREW];
};

static void work_shift(void *arg, unsigned int number)
{
	struct shift *s = arg;

	for (unsigned int i = 0; i < number; i++)
		sched_yield();
	s->calls[number]++;
	s->ns[number] = bench_now_ns();
}

Test(driver, each_of_a_crew_runs_once_a_round_and_the_end_is_that_of_the_last, .timeout = 60)
{
	struct shift s = { 0 };
	struct crew *c;
	uint64_t end;

	cr_assert_eq(crew_create(&c, CREW, work_shift, &s), 0);
	for (unsigned int round = 1; round <= 500; round++) {
		crew_go(c);
		end = crew_wait(c);
		cr_assert_gt(end, 0);
		for (unsigned int i = 0; i < CREW; i++) {
			cr_assert_eq(s.calls[i], round, "member %u", i);
			cr_assert_leq(s.ns[i], end, "member %u", i);
		}
	}
	crew_destroy(c);
	cr_expect_eq(s.calls[0], 500, "the end is no round");
}

Test(driver, a_crew_without_a_round_ends, .timeout = 60)
{
	struct shift s = { 0 };
	struct crew *c;

	cr_assert_eq(crew_create(&c, CREW, work_shift, &s), 0);
	crew_destroy(c);
	cr_expect_eq(s.calls[0], 0);
}
